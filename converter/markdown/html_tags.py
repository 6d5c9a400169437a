"""Tags inside the HTML that an author wrote into a text cell: read, and rewritten where an attribute changes."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from converter.highlight import escape

if TYPE_CHECKING:
    from collections.abc import Callable

_START_TAG = re.compile(r"""<([A-Za-z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_ATTRIBUTE = re.compile(r"""(\s*)([^\s=/>"']+)(?:(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_OPAQUE = re.compile(r"<!--.*?-->|<(script|style|textarea|xmp)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)

URL_ATTRIBUTES = {
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "input": ("src",),
    "image": ("href", "xlink:href"),
}  # fmt: skip
"""The attributes that name a file the page shows, by element."""


def start_tags(text: str, rewrite: Callable[[str, str, dict[str, str]], str]) -> str:
    """Return *text* with each start tag replaced by what *rewrite* makes of the tag, its name and attributes."""
    opaque = [match.span() for match in _OPAQUE.finditer(text)]

    def replaced(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in opaque):
            return match[0]
        return rewrite(match[0], match[1].lower(), attributes(match[2]))

    return _START_TAG.sub(replaced, text)


def attributes(text: str) -> dict[str, str]:
    """Return the attributes in the *text* between a tag's name and its `>`, names in lower case, entities decoded."""
    return {
        match[2].lower(): html.unescape(match[4][1:-1] if match[4][:1] in ("'", '"') else match[4]) if match[3] else ""
        for match in reversed(list(_ATTRIBUTE.finditer(text)))  # of two with one name, HTML takes the first
    }


def with_values(tag: str, changes: dict[str, str | None]) -> str:
    """Return the start *tag* with its attributes' values replaced by *changes*; those that change to None go."""
    found = _START_TAG.fullmatch(tag)
    if found is None:
        return tag

    def replaced(match: re.Match[str]) -> str:
        name = match[2].lower()
        if name not in changes or not match[3]:
            return match[0]
        value = changes[name]
        return "" if value is None else f'{match[1]}{match[2]}="{escape(value)}"'

    return f"<{found[1]}{_ATTRIBUTE.sub(replaced, found[2])}>"


def srcset(value: str, resolve: Callable[[str], str]) -> str:
    """Return a `srcset` with each of its addresses replaced by what *resolve* makes of it."""
    candidates = re.findall(r"\s*(\S+?)(\s+[\d.]+[wx])?\s*(?:,\s|,$|$)", value)
    return ", ".join(resolve(address) + descriptor for address, descriptor in candidates if address)
