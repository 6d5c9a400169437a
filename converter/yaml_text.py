"""YAML 1.1, as Jekyll reads it, with the speed of libyaml where PyYAML has it."""

from __future__ import annotations

import re
from typing import Any

import yaml

Error = yaml.YAMLError
_QUOTES = re.compile(r"""(?<![^\s\[{,:-])["']""")
"""What may open a quote: it has nothing before it that belongs to a word."""
_END = re.compile(r"[\s\]},]*$")
_MOST_LINES = 300
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str | bytes) -> Any:  # noqa: ANN401 - YAML holds anything
    """Return what *text* means; raise `Error` or `ValueError` if it means nothing."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - both are safe loaders
    except (AttributeError, LookupError, TypeError) as error:  # PyYAML's, of tags such as `!!bool maybe`
        raise Error(f"a tag does not fit its value ({error})") from error


def unclosed(text: str) -> tuple[int, str] | None:
    """Return the line, from 0, and the mark of the quote that is never closed in *text*, which is no YAML.

    None if that is not what is wrong with it: closed at the end of its line, it has to make YAML of the whole.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines[:_MOST_LINES]):
        for quote in _QUOTES.findall(line):
            if line.count(quote) % 2 == 0:
                continue
            closed = _END.sub(rf"{quote}\g<0>", line, count=1)
            try:
                load("\n".join([*lines[:number], closed, *lines[number + 1 :]]))
            except (Error, ValueError):
                continue
            return number, quote
    return None


def dump(value: object, *, style: str | None = None, flow: bool = False) -> str:
    """Return *value* on one line."""
    options: dict[str, Any] = {"default_style": style, "default_flow_style": flow, "sort_keys": False, "width": 1 << 30}
    text: str = yaml.safe_dump(value, allow_unicode=True, **options)
    if not text.replace("\n", "").isprintable():  # PyYAML writes line ends such as U+0085 that it then reads as spaces
        text = yaml.safe_dump(value, allow_unicode=False, **options)
    return text.removesuffix("\n").removesuffix("\n...")
