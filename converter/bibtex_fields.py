"""Fields of BibTeX entries: where a value ends, and what it is put together from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_RUN_ON = re.compile(r"\s*(?P<name>[A-Za-z][\w-]*)\s*=\s*")
"""What stands behind a value where the comma is missing: the next field."""


def apart(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the field *name* with its value, and those behind it in its *text* that no comma separates."""
    text = text.strip()
    while run_on := _RUN_ON.match(text, _closed(text)):
        yield name, text[: run_on.start()]
        name, text = run_on["name"], text[run_on.end() :]
    yield name, text


def _closed(text: str) -> int:
    """Return where the brace or quote ends that *text* begins with; its length if it begins with neither."""
    closing = {"{": "}", '"': '"'}.get(text[:1])
    depth = 0
    for index, char in enumerate(text if closing else ""):
        if char in "{}" and text[index - 1 : index] != "\\":
            depth += 1 if char == "{" else -1
        if index and depth == 0 and char == closing:
            return index + 1
    return len(text)


def value(text: str, strings: Mapping[str, str]) -> str:
    """Return the value that *text* writes: braces, quotes, numbers and names of strings, put together by `#`."""
    text = text.strip()
    if text[:1] == "{" and text[-1:] == "}" and "#" not in text:
        return text[1:-1]
    parts, at = [], 0
    while at < len(text):
        end = _end(text, at)
        part = text[at:end].strip()
        parts.append(part[1:-1] if part[:1] in ('"', "{") else strings.get(part.lower(), part))
        at = end + 1
    return "".join(parts)


def _end(text: str, at: int) -> int:
    """Return where the part of a value that begins at *at* ends: at the next `#` outside of braces and quotes."""
    depth, quoted = 0, False
    for index in range(at, len(text)):
        char = text[index]
        if char in "{}" and text[index - 1 : index] != "\\":
            depth += 1 if char == "{" else -1
        elif char == '"' and depth == 0:
            quoted = not quoted
        elif char == "#" and depth == 0 and not quoted:
            return index
    return len(text)
