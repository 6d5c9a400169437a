"""How tags, comments and scripts are written: where they end, and how to write them where that is done badly."""

from __future__ import annotations

import re
from typing import NamedTuple

# Possessive throughout: what is no tag after all costs one look.
_ATTRIBUTES = r"""(?:\s++[^\s"'<>/=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'=<>`]++))?+)*+"""
_TAG = re.compile(rf"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:._-]*+)(?P<attributes>{_ATTRIBUTES})\s*+(?P<empty>/?)>")
_CELLS = rf"(?:<(?P<cell>t[dh]){_ATTRIBUTES}\s*+>[^<]*+</(?P=cell)\s*+>\s*+)++"
_PLAIN_CELLS = re.compile(_CELLS)
_PLAIN_ROWS = re.compile(rf"(?:<tr{_ATTRIBUTES}\s*+>\s*+{_CELLS}</tr\s*+>\s*+)++")
_VALUE = r"""\s*+=\s*+(?>"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+|(?=>))"""
_ATTRIBUTE = re.compile(rf"""(=?[^\s/>=]++)(?:({_VALUE})|(?!\s*+=))""")
_ANY_ATTRIBUTE = rf"""=?[^\s/>=]++(?:{_VALUE}|(?!\s*+=))"""  # without groups, which do not go with possessive loops
_LOOSE_TAG = re.compile(
    rf"""<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)(?P<attributes>(?>[\s/]++|{_ANY_ATTRIBUTE})*+)(?P<empty>(?<=/)|)>"""
)
"""A tag as HTML reads it, whatever is wrong with it."""
_NO_END_TAG = re.compile(r"</[^A-Za-z]")
_TOO_MUCH = re.compile(r"[<>]|\n\s*\n")
"""What no attribute of a badly written tag holds, unless its quote is another one's."""
_NAME = re.compile(r"""[^\s"'<>/=]+""")
_EMPTY_COMMENT = re.compile(r"<!---?>")
_BEGINNING = re.compile(r"<[!?/]*(?:\[CDATA\[|\w*)")
_DASHES = re.compile(r"--+|<!-|-$")
_COMMENT_END = re.compile(r"--!?>")
_WIDEST = 60
_SCRIPT = re.compile(r"<!--(?:-?>)?|-->|</?script(?=[\s/>])", re.IGNORECASE)


class Tag(NamedTuple):
    """A start or end tag."""

    name: str
    is_end: bool
    is_empty: bool
    """Whether it ends in `/>`."""
    attributes: str
    text: str
    """As it is, or will be, written."""
    start: int
    end: int
    """Where it stands."""


class Odd(NamedTuple):
    """Something that begins with `<` and is no well-written tag."""

    end: int
    """Where to go on."""
    new: str | None = None
    """What ought to stand there; None if it may stay."""
    says: str = ""
    """What an author should know."""
    tag: Tag | None = None
    """The tag that it is nevertheless."""
    is_open: bool = False
    """Whether it reaches to the end of the text, where *new* ends it."""


def tag_at(text: str, start: int) -> Tag | None:
    """Return the tag at *start* of *text*; None if there is no well-written one."""
    found = _TAG.match(text, start)
    return _tag_of(found, *found.span()) if found else None


def cells_end(text: str, start: int) -> int:
    """Return where the cells of a table end that begin at *start* of *text*, each with nothing but text in it.

    Most tables are of such cells, and hundreds of them. Where there is none, that is *start*.
    """
    found = _PLAIN_CELLS.match(text, start)
    return found.end() if found else start


def rows_end(text: str, start: int) -> int:
    """Return where the rows of such cells end that begin at *start* of *text*; *start* where there is none."""
    found = _PLAIN_ROWS.match(text, start)
    return found.end() if found else start


def odd_at(text: str, start: int, *, is_foreign: bool, longest: int) -> Odd:
    """Return what begins at *start* of *text*, where no well-written tag is, nor a badly written *longest* one."""
    if text.startswith("<!--", start):
        return _comment(text, start)
    if text.startswith("<![CDATA[", start) and is_foreign:
        end = text.find("]]>", start)
        return Odd(end + 3) if end >= 0 else Odd(len(text), "]]>", "<![CDATA[ is never closed", is_open=True)
    if text.startswith(("<!", "<?"), start) or _NO_END_TAG.match(text, start):
        return _bogus(text, start, start + longest)
    return _loose_tag(text, start, start + longest)


def _loose_tag(text: str, start: int, limit: int) -> Odd:
    """Return the badly written tag at *start*; a `<` that begins none is text."""
    loose = _LOOSE_TAG.match(text, start, limit)
    if loose is None:
        is_tag = text[start + 1 : start + 2].isalpha() or text.startswith("</", start)
        return Odd(start + 1, "&lt;", f"the tag {shown(text[start : start + 40])}… never ends" if is_tag else "")
    attributes = list(_ATTRIBUTE.finditer(loose["attributes"]))
    is_torn = any(set(it[1]) & set("\"'<") for it in attributes)
    if is_torn and any(_TOO_MUCH.search(it[2] or "") for it in attributes):
        return Odd(start + 1, "&lt;", f"a quote in the tag {shown(loose[0])} is never closed")
    new = _well_written(loose, attributes)
    found = _TAG.match(new)
    return Odd(loose.end(), new, tag=_tag_of(found, *loose.span()) if found else None)


def _comment(text: str, start: int) -> Odd:
    """Return the comment at *start*."""
    empty = _EMPTY_COMMENT.match(text, start)
    if empty:
        return Odd(empty.end(), "")
    end = _COMMENT_END.search(text, start + 4)
    if end is None:
        return Odd(len(text), "-->", "the comment <!-- is never closed", is_open=True)
    inside = text[start + 4 : end.start()]
    is_fine = end[0] == "-->" and "<!--" not in inside
    return Odd(end.end(), None if is_fine else f"<!--{inside.replace('<!--', '<! --')}-->")


def _bogus(text: str, start: int, limit: int) -> Odd:
    """Return the comment that browsers make of `<?php … ?>` and `<![CDATA[ … ]]>`; a document's beginning goes."""
    closing = "]]>" if text.startswith("<![CDATA[", start) else ">"
    closing = "?>" if text.startswith("<?", start) and text.find("?>", start, limit) >= 0 else closing
    end = text.find(closing, start, limit)
    if end < 0:
        return Odd(start + 1, "&lt;", f"{shown(text[start : start + 20])}… never ends")
    end += len(closing)
    inside = text[start + 1 : end - 1].strip("!/-").replace(">", "&gt;")
    if text[start : start + 9].lower().startswith(("<!doctype", "<?xml ")) or not inside.strip():
        return Odd(end, "")
    begins = _BEGINNING.match(text, start)
    assert begins  # noqa: S101 - it begins with `<`
    return Odd(end, f"<!--{_DASHES.sub('- ', inside)}-->", f"{begins[0]} is no HTML, and no reader sees it")


def shown(tag: str) -> str:
    """Return *tag* as a message shows it."""
    tag = " ".join(tag.split())
    return tag if len(tag) <= _WIDEST else f"{tag[:_WIDEST]}…"


def _tag_of(tag: re.Match[str], start: int, end: int) -> Tag:
    """Return the *tag* that stands between *start* and *end*."""
    return Tag(
        name=tag["name"].lower(),
        is_end=bool(tag["end"]),
        is_empty=bool(tag["empty"]),
        attributes=tag["attributes"],
        text=tag[0],
        start=start,
        end=end,
    )


def _well_written(tag: re.Match[str], attributes: list[re.Match[str]]) -> str:
    """Return *tag* as it ought to be written, with those of its *attributes* that have a name."""
    name = re.match(r"[A-Za-z][A-Za-z0-9:._-]*", tag["name"])
    values: dict[str, str] = {}
    for attribute in attributes:
        if _NAME.fullmatch(attribute[1]):
            value = (attribute[2] or "").strip().removeprefix("=").strip()
            bare = value[1:-1] if value[:1] in ("'", '"') else value
            values.setdefault(attribute[1], '="{}"'.format(bare.replace('"', "&quot;")) if attribute[2] else "")
    inside = "" if tag["end"] else "".join(f" {key}{value}" for key, value in values.items())
    return f"<{tag['end']}{name[0] if name else ''}{inside}{' /' if tag['empty'] and inside else tag['empty']}>"


def raw_end(text: str, name: str, start: int) -> tuple[int, int, int]:
    """Return where the end tag of the element *name* stands, whose content begins at *start* and holds no tags.

    Without one, both are -1. The last number is how deep a script stands in comments and scripts of its own there:
    HTML's script data (0), escaped (1) and double escaped (2).
    """
    ends = _SCRIPT if name == "script" else re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    state = 0
    for found in ends.finditer(text, start):
        if name == "script":
            state, is_end = _next_state(state, found[0].lower())
            if not is_end:
                continue
        closing = _LOOSE_TAG.match(text, found.start())
        return found.start(), closing.end() if closing else len(text), state
    return -1, -1, state


def _next_state(state: int, mark: str) -> tuple[int, bool]:
    """Return how deep a script stands after *mark*, and whether it ends there."""
    match mark:
        case "<!--":
            return max(state, 1), False
        case "-->":
            return 0, False
        case "<script":
            return (2 if state else 0), False
        case "</script":
            return (1, False) if state == 2 else (state, True)  # noqa: PLR2004 - double escaped
        case _:  # a comment of nothing
            return state, False
