"""YAML 1.1, as Jekyll reads it, with the speed of libyaml where PyYAML has it."""

from __future__ import annotations

from typing import Any

import yaml

Error = yaml.YAMLError
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str | bytes) -> Any:  # noqa: ANN401 - YAML holds anything
    """Return what *text* means; raise `Error` or `ValueError` if it means nothing."""
    return yaml.load(text, _Loader)  # noqa: S506 - both are safe loaders


def dump(value: object, *, style: str | None = None, flow: bool = False) -> str:
    """Return *value* on one line."""
    options: dict[str, Any] = {"default_style": style, "default_flow_style": flow, "sort_keys": False, "width": 1 << 30}
    text: str = yaml.safe_dump(value, allow_unicode=True, **options)
    if not text.replace("\n", "").isprintable():  # PyYAML writes line ends such as U+0085 that it then reads as spaces
        text = yaml.safe_dump(value, allow_unicode=False, **options)
    return text.removesuffix("\n").removesuffix("\n...")
