"""Liquid safety: which tags of a text cell stay alive, and how everything else is kept from Jekyll's eyes.

Facts about Liquid 4 and 5 behind the escapes: strings have no escapes, `raw` does not nest, a text that ends in `{`
before a tag is read as a variable, and `{% endraw %}` in any spelling ends a raw block.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS = ("include", "include_relative", "link", "post_url")
"""Tags that authors may use in text cells, besides `fn`, `raw` and those of citations."""
CITATION_TAGS = ("cite", "nocite", "bibliography")
"""Tags that nbpress itself replaces, unless the site allows them because a plugin does."""
SCHOLAR_TAGS: Mapping[str, str] = {
    "reference": "cite the work with {% cite %}, the list of references has the whole entry",
    "quote": "write a block quote, > …, with {% cite %} at its end",
    "cite_details": "cite the work with {% cite %}, which links to its entry",
    "bibliography_count": "write the number",
}
"""Tags of jekyll-scholar that nbpress has not, and what an author writes in their stead."""
SHOWN_BLOCKS: Mapping[str, str] = {
    "raw": "remove it, as no code and nothing in backticks is Liquid; or end it in the same cell: {% endraw %}",
    "comment": "hide text in a comment of HTML: <!-- … -->",
    "highlight": "write a block of code between lines of ```",
}
"""Blocks of Jekyll that work in no text cell, and what an author does instead; `raw` works if it is whole."""
BLOCKS = (*SHOWN_BLOCKS, "capture", "case", "for", "if", "ifchanged", "tablerow", "unless")
"""Tags of Jekyll that need an end."""
FOREIGN_TAGS: Mapping[str, tuple[str, str]] = {
    **{name: ("jekyll-scholar's", remedy) for name, remedy in SCHOLAR_TAGS.items()},
    "gist": ("jekyll-gist's", "write a link, or add gist to notebooks.liquid.allow"),
    "twitter": ("jekyll-twitter-plugin's", "write a block quote, > twitter: https://twitter.com/…"),
    "youtube": ("jekyll-youtube's", "write a block quote, > youtube: https://youtu.be/…"),
}
"""Tags that authors of fastpages could use and nbpress has not: whose they are, and what to write in their stead."""
VARIABLES = ("site", "page")
"""Objects whose properties authors may print in text cells."""

# Possessive throughout: authors write half a tag, and half a tag must not cost more than its length.
_TAG = re.compile(r"\{%-?\s*+([\w-]++)(?:\s(?>[^%{]|%(?!\})|\{(?!%))*+)?%\}")
_VALUE = r"""(?>'[^'{}]*+'|"[^"{}]*+"|-?\d++(?:\.\d++)?+|[A-Za-z_][\w-]*+(?>\.[A-Za-z_][\w-]*+)*+\??+)"""
_ARGUMENT = rf"{_VALUE}(?:\s*+:\s*+{_VALUE})?+"
_VARIABLE = re.compile(
    r"""\{\{-?\s*+([\w-]++)(?>\.[A-Za-z_][\w-]*+\??+|\[(?>\d++|'[^'{}]*+'|"[^"{}]*+")\])*+"""
    rf"""(?>\s*+\|\s*+\w++(?>\s*+:\s*+{_ARGUMENT}(?>\s*+,\s*+{_ARGUMENT})*+)?+)*+\s*+-?\}}\}}"""
)
_FN = re.compile(r"\{%-?\s*fn\s+([\w-]+)\s*-?%\}|<%-?\s*fn\s+([\w-]+)\s*-?%>", re.IGNORECASE | re.ASCII)
_FNDETAIL_START = re.compile(r"(?:\{\{|<%=?)-?\s*(['\"])")
_FNDETAIL_END = {
    quote: re.compile(rf"""{quote}\s*+\|\s*+fndetail\s*+:\s*+(['"]?)([\w-]+)\1\s*+-?(?:\}}\}}|%>)""", re.ASCII)
    for quote in "'\""
}
_BROKEN_TAG = re.compile(r"\{%-?\s*+([\w-]++)")
_BROKEN_VARIABLE = re.compile(r"\{\{-?\s*+([\w-]++)[.\[]")
_BROKEN_DETAIL = re.compile(r"(?:\{\{|<%=?)(?>[^{}%]|%(?!>)|\{(?!\{)|\}(?!\})){0,1000}?\|\s*+fndetail\b")
_LONGEST = 100
"""Characters in which the name of a tag ends that somebody may have misspelt."""
_SHORT = re.compile(r".{0,40}?(?:[%}]\}|%>|(?=\n|\Z))|.{40}")
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}")
_ENDRAW = re.compile(r"\{%-?\s*endraw\s*-?%\}")
_ANY_ENDRAW = re.compile(r"\{%(?=-?\s*endraw)")
_WHOLLY_RAW = re.compile(r"\s*\{%-?\s*raw\s*-?%\}[ \t]*\n?(.*\n.*?)\s*\{%-?\s*endraw\s*-?%\}\s*", re.DOTALL)
_RAW_TAG = re.compile(r"\{%-?\s*(?:end)?raw\b")
_ALIVE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_PRE = re.compile(r"<pre\b.*?(?:</pre\s*>|\Z)", re.IGNORECASE | re.DOTALL)
BRACE = "{{ '{' }}"
"""A brace that Liquid itself prints, where HTML has no entities."""
OPENING = re.compile(r"\{(?=[{%]|$)")
"""A brace that begins a tag or variable, or might with what follows."""
_CODE_ELEMENT = re.compile(r"(<(script|style)\b.*?(?:</\2\s*>|$))", re.IGNORECASE | re.DOTALL)


class Kind(Enum):
    """What a piece of Liquid in a text cell is."""

    REFERENCE = auto()
    """`{% fn 1 %}`."""
    DETAIL = auto()
    """`{{ 'text' | fndetail: 1 }}`."""
    ALIVE = auto()
    """A tag or variable of the allow-list."""
    CITE = auto()
    """`{% cite key %}`."""
    NOCITE = auto()
    """`{% nocite key %}`."""
    BIBLIOGRAPHY = auto()
    """`{% bibliography %}`."""
    RAW = auto()
    """`{% raw %}` or its end: nothing between the two is Liquid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of Liquid that an author may write."""

    kind: Kind
    """What it is."""
    text: str
    """As the author wrote it."""
    number: str = ""
    """The footnote's number."""
    detail: str = ""
    """The footnote's text, in Markdown."""
    is_ours: bool = False
    """Whether it stands there without its author's doing."""


def match(text: str, start: int, allow: tuple[str, ...] = ()) -> Piece | None:
    """Return the allowed piece of Liquid that begins at *start* of *text*, if there is one."""
    reference = _FN.match(text, start)
    if reference:
        return Piece(kind=Kind.REFERENCE, text=reference[0], number=reference[1] or reference[2])
    if _FNDETAIL_START.match(text, start):
        detail = _detail(text, start)
        if detail:
            return detail
    raw = _RAW.match(text, start)
    if raw:
        return Piece(kind=Kind.RAW, text=raw[0])
    tag = _TAG.match(text, start)
    if tag and tag[1] in TAGS + allow:
        return Piece(kind=Kind.ALIVE, text=tag[0])
    if tag and tag[1] in CITATION_TAGS:
        return Piece(kind=Kind[tag[1].upper()], text=tag[0])
    variable = _VARIABLE.match(text, start)
    if variable and variable[1] in VARIABLES + allow:
        return Piece(kind=Kind.ALIVE, text=variable[0])
    return None


def broken(text: str, start: int, allow: tuple[str, ...] = ()) -> str:
    """Return the beginning of what an author seems to have meant for Liquid at *start*, where nothing matches.

    That is half a tag or variable, a tag with a misspelt name, or one that works elsewhere.
    """
    tag, variable = _BROKEN_TAG.match(text, start), _BROKEN_VARIABLE.match(text, start)
    name = text[start : start + _LONGEST]
    is_elsewhere = meant(name, allow) or foreign(name, allow) or of_shown_block(name)
    if _TAG.match(text, start) and is_elsewhere:
        return _SHORT.match(text, start)[0]  # type: ignore[index]  # it matches anything
    if (tag and tag[1] in (*TAGS, *CITATION_TAGS, "fn", *allow)) or (variable and variable[1] in VARIABLES + allow):
        return _SHORT.match(text, start)[0]  # type: ignore[index]  # it matches anything
    detail = _BROKEN_DETAIL.match(text, start)
    return _SHORT.match(text, start)[0] if detail else ""  # type: ignore[index]  # likewise


def meant(text: str, allow: tuple[str, ...] = ()) -> str:
    """Return the name that the author of the tag with which *text* begins may have meant; nothing if it is right."""
    tag, known = _BROKEN_TAG.match(text), (*TAGS, *CITATION_TAGS, "fn", *allow)
    if tag is None or tag[1] in known:
        return ""
    return next(iter(difflib.get_close_matches(tag[1], known, n=1, cutoff=0.8)), "")


def foreign(text: str, allow: tuple[str, ...] = ()) -> str:
    """Return the name of the tag with which *text* begins if it is of `FOREIGN_TAGS` and the site does not allow it."""
    tag = _BROKEN_TAG.match(text)
    return tag[1] if tag and tag[1] in FOREIGN_TAGS and tag[1] not in allow else ""


def label(number: str) -> str:
    """Return the *number* of a footnote as the argument of a filter; a bare name would be a variable."""
    return number if number.isdecimal() else f'"{number}"'


def of_shown_block(text: str) -> str:
    """Return the name of the tag with which *text* begins if it belongs to one of `SHOWN_BLOCKS`, its end included."""
    tag = _BROKEN_TAG.match(text)
    return tag[1] if tag and tag[1].removeprefix("end") in SHOWN_BLOCKS else ""


def references(text: str) -> list[str]:
    """Return the numbers of the footnotes that *text* refers to with `{% fn 1 %}`."""
    return [found[1] or found[2] for found in _FN.finditer(text)]


def endraw(text: str, start: int) -> re.Match[str] | None:
    """Return the `{% endraw %}` that begins at *start* of *text*."""
    return _ENDRAW.match(text, start)


def inside_raw(code: str) -> str | None:
    """Return what stands between the raw tags around a whole block of *code*; None if it is not such a block.

    Authors of fastpages had to write these tags, or Jekyll would have run the Liquid that they wanted to show. Where
    they protect nothing, or only a part, somebody wants them to be seen.
    """
    found = _WHOLLY_RAW.fullmatch(code)
    if found is None or _RAW_TAG.search(found[1]) or not OPENING.search(found[1]):
        return None
    return found[1].rstrip() + "\n"


def _detail(text: str, start: int) -> Piece | None:
    """Return the footnote text that begins at *start*; its quotes end where `| fndetail` follows."""
    opening = _FNDETAIL_START.match(text, start)
    assert opening  # noqa: S101 - the caller has looked
    # An end behind the next beginning belongs to a later footnote.
    following = _FNDETAIL_START.search(text, opening.end())
    closing = _FNDETAIL_END[opening[1]].search(text, opening.end(), following.start() if following else len(text))
    if closing is None:
        return None
    return Piece(
        kind=Kind.DETAIL,
        text=text[start : closing.end()],
        number=closing[2],
        detail=text[opening.end() : closing.start()],
    )


def defuse(html: str) -> str:
    """Return *html* so that Liquid sees no tag or variable in it; a reader sees the same.

    A `{` at the very end counts too: what follows might begin with `{%`. Inside scripts and styles, where HTML has no
    entities, the brace is printed by Liquid itself.
    """
    if "{" not in html:
        return html
    parts = _CODE_ELEMENT.split(html)
    if len(parts) == 1:
        return OPENING.sub("&#123;", html)
    # `split` gives text, element, name of the element, text, …
    return "".join(
        OPENING.sub(BRACE, part) if index % 3 == 1 else OPENING.sub("&#123;", part)
        for index, part in enumerate(parts)
        if index % 3 != 2  # noqa: PLR2004 - the name of the element
    )


def defuse_in_raw(html: str) -> str:
    """Return escaped text *html* so that it cannot end the `{% raw %}` block it will stand in."""
    return _ANY_ENDRAW.sub("&#123;%", html) if "endraw" in html else html


def defuse_script_in_raw(html: str) -> str:
    """Return *html*, which may hold scripts, so that it cannot end the `{% raw %}` block it will stand in.

    Entities do not work in scripts; here the block is closed and opened again between the two characters.
    """
    return _ANY_ENDRAW.sub("{{% endraw %}{% raw %}%", html) if "endraw" in html else html


def alive_in_raw(html: str) -> str:
    """Return *html*, in which all Liquid is to work, for a `{% raw %}` block, which is opened around each piece."""
    return _ALIVE.sub(r"{% endraw %}\g<0>{% raw %}", html)


def string(html: str) -> str:
    """Return *html* as a Liquid string in single quotes.

    Liquid has no escapes: quotes and braces become entities; a blank line would end Jekyll's excerpt inside the tag, so
    it goes, or in code is an entity, too.
    """
    escaped = html.replace("'", "&#39;").replace("{", "&#123;").replace("}", "&#125;")
    escaped = _PRE.sub(lambda code: re.sub(r"\n(?=[ \t]*\n)", "&#10;", code[0]), escaped)
    return "'" + re.sub(r"\n[ \t]*(?:\n[ \t]*)+", "\n", escaped) + "'"
