"""Tags inside HTML that others wrote: read, and rewritten where an attribute changes."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from converter.highlight import escape

if TYPE_CHECKING:
    from collections.abc import Callable

# Possessive, so that text which is no tag after all costs one look, not one from each of its characters.
_START_TAG = re.compile(r"""<([A-Za-z][^\s/<>"']*+)((?>[^<>"']++|"[^"]*+"|'[^']*+')*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']++)(?:(\s*+=\s*+)("[^"]*+"|'[^']*+'|[^\s"'>]++))?""")
_OPAQUE_OR_START_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|<(?P<code>script|style|textarea|xmp)\b.*?(?:</(?P=code)\s*+>|\Z)|(?P<tag>{_START_TAG.pattern})",
    re.IGNORECASE | re.DOTALL,
)

URL_ATTRIBUTES = {
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "object": ("data",),
    "input": ("src",),
    "image": ("href", "xlink:href"),
}  # fmt: skip
"""The attributes that name a file the page shows, by element."""
_FRAMES = frozenset({"embed", "iframe", "object"})
LINK_ATTRIBUTES = {"a": ("href", "xlink:href"), "area": ("href",)}
"""The attributes that lead away, by element."""
_ADDRESS = re.compile(r"\b(?:src|srcset|poster|href|data)\s*=|\burl\(", re.IGNORECASE)
_SHEET = re.compile(r"<!--.*?(?:-->|\Z)|(?P<tag><style\b[^>]*>)(?P<css>.*?)(?=</style|\Z)", re.IGNORECASE | re.DOTALL)
_ENDS_URL = str.maketrans({mark: f"%{ord(mark):02X}" for mark in "'()"})
"""What ends an address in a style sheet, as it stands inside of one."""
_ASKED = re.compile(r"[?#].*", re.DOTALL)
"""What a page is asked for, and a place in it: a page of a PDF, for example."""
_CSS_URL = re.compile(r"""\burl\(\s*+(?P<quote>["']?)(?P<address>[^"'()\\\n]++)(?P=quote)\s*+\)""", re.IGNORECASE)


def start_tags(text: str, rewrite: Callable[[str, str, dict[str, str]], str]) -> str:
    """Return *text* with each start tag replaced by what *rewrite* makes of the tag, its name and attributes."""

    def replaced(match: re.Match[str]) -> str:
        found = _START_TAG.fullmatch(match["tag"]) if match["tag"] else None
        return match[0] if found is None else rewrite(found[0], found[1].lower(), attributes(found[2]))

    return _OPAQUE_OR_START_TAG.sub(replaced, text)


def attributes(text: str) -> dict[str, str]:
    """Return the attributes in the *text* between a tag's name and its `>`, names in lower case, entities decoded."""
    return {
        match[1].lower(): html.unescape(match[3][1:-1] if match[3][:1] in ("'", '"') else match[3]) if match[2] else ""
        for match in reversed(list(_ATTRIBUTE.finditer(text)))  # of two with one name, HTML takes the first
    }


def with_values(tag: str, changes: dict[str, str | None]) -> str:
    """Return the start *tag* with its attributes' values replaced by *changes*; those that change to None go."""
    found = _START_TAG.fullmatch(tag)
    if found is None:
        return tag

    parts, done = [], 0
    for match in _ATTRIBUTE.finditer(found[2]):
        name = match[1].lower()
        if name not in changes or not match[2]:
            continue
        value, before = changes[name], found[2][done : match.start()]
        parts += [before.rstrip()] if value is None else [before, f'{match[1]}="{escape(value)}"']
        done = match.end()
    return f"<{found[1]}{''.join(parts)}{found[2][done:]}>"


def srcset(value: str, resolve: Callable[[str], str]) -> str:
    """Return a `srcset` with each of its addresses replaced by what *resolve* makes of it."""
    candidates = (candidate.split(maxsplit=1) for candidate in re.split(r",\s+|,$", value) if candidate.strip())
    return ", ".join(" ".join([resolve(address), *descriptor]) for address, *descriptor in candidates)


def css(text: str, paint: Callable[[str], str]) -> str:
    """Return the style sheet or declarations *text* with each address in them replaced by what *paint* makes of it."""

    def rewrite(found: re.Match[str]) -> str:
        old = found["address"].strip()
        new = paint(old)
        return found[0] if new == old else f"url({found['quote']}{new.translate(_ENDS_URL)}{found['quote']})"

    return _CSS_URL.sub(rewrite, text)


def sheets(text: str, rewrite: Callable[[str, int], str]) -> str:
    """Return *text* with each style sheet replaced by what *rewrite* makes of it and of where in *text* it begins."""
    if "<style" not in text.lower():
        return text
    return _SHEET.sub(
        lambda found: f"{found['tag']}{rewrite(found['css'], found.start('css'))}" if found["tag"] else found[0], text
    )


def with_addresses(
    text: str, resolve: Callable[[str], str], paint: Callable[[str], str], link: Callable[[str], str]
) -> str:
    """Return *text* with the files that its tags show and the links of it replaced by what the functions return.

    Files in style sheets go through *paint*.
    """

    def rewrite(tag: str, name: str, attributes: dict[str, str]) -> str:
        fresh = new_addresses(name, attributes, resolve, paint, link)
        return with_values(tag, fresh) if fresh else tag

    if not _ADDRESS.search(text):
        return text
    return sheets(start_tags(text, rewrite), lambda sheet, _: css(sheet, paint))


def new_addresses(
    name: str,
    attributes: dict[str, str],
    resolve: Callable[[str], str],
    paint: Callable[[str], str],
    link: Callable[[str], str],
) -> dict[str, str | None]:
    """Return the attributes of an element *name* whose addresses change, with their new values."""
    changes: dict[str, str | None] = {}
    for attribute in (*URL_ATTRIBUTES.get(name, ()), *LINK_ATTRIBUTES.get(name, ())):
        old = attributes.get(attribute)
        if old:
            new_of = link if name in LINK_ATTRIBUTES else resolve
            new = srcset(old, resolve) if attribute == "srcset" else new_of(old)
            if name in _FRAMES and new != old and (asked := _ASKED.search(old)):
                new = _ASKED.sub("", new) + asked[0]
            if new != old:
                changes[attribute] = new
    style = attributes.get("style", "")
    painted = css(style, paint)
    return changes if painted == style else changes | {"style": painted}
