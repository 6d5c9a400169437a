"""Ids of text cells, those of headings and those in HTML: each its own, and which of them another notebook may name."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from nbformat import NotebookNode

from converter import directives
from converter.jumps import GIVEN
from converter.markdown.cells import HTML, PARSER, Cell, Page, plain, walk
from converter.markdown.protect import Math, Part, shielded
from converter.markup import ids
from converter.model import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from markdown_it.token import Token

_MEANT = re.compile(r"^ *(?P<marks>#{1,6})(?:(?P<space>[^\S \t\n\r\f\v])|(?<=##)(?P<word>[^\s#]\S*))", re.MULTILINE)
"""The beginning of a line that looks like a heading; a single mark without a space is a number or a topic."""
_HASHTAG = re.compile(r"^ *#([\w-]+) *$", re.MULTILINE)


def ids_of(cells: list[Cell], taken: set[str]) -> None:
    """Take the ids that authors give in HTML; what has an id that is taken gets another one, as do links to it."""
    for cell in cells:
        if "<" not in cell.protected.text:
            continue
        html = [token for token, _, _ in walk(cell.tokens) if token.type in HTML and "<" in token.content]
        new = ids.changes([name for token in html for name in ids.given(token.content)], taken)
        seen: set[str] = set()
        for token in html:
            token.content = ids.renamed(ids.without_doubles(token.content, seen, taken), new)
        if not new:
            continue
        for token, _, _ in walk(cell.tokens):
            address = str(token.attrs.get("href", ""))
            if token.type == "link_open" and address.startswith("#") and unquote(address[1:]) in new:
                token.attrs["href"] = f"#{new[unquote(address[1:])]}"


def headings_of(cells: list[Cell], taken: set[str]) -> None:
    """Give every heading the id that nbconvert gives it, and a number after it where that is *taken*."""
    for cell in cells:
        for token, inline in zip(cell.tokens, cell.tokens[1:], strict=False):
            if token.type == "heading_open":
                text = cell.protected.restore(plain(inline.children or []), _math_only)
                token.meta["id"] = ids.free(_heading_id(text) or "section", taken)


def check(cells: list[Cell], page: Page) -> None:
    """Note a finding for each line that is no heading, or one, against its author's will."""
    for cell in cells:
        for token, inline in zip(cell.tokens, cell.tokens[1:], strict=False):
            if token.type == "paragraph_open" and "#" in inline.content:
                _check_marks(inline, cell, page)
                for found in _HASHTAG.finditer(inline.content):
                    _check_directive(found[0], found[1], inline, cell, page)
            elif token.type == "heading_open" and token.markup == "#":
                _check_directive(f"# {inline.content}", inline.content, inline, cell, page)


def _check_marks(inline: Token, cell: Cell, page: Page) -> None:
    """Note a finding for each line of a paragraph in which CommonMark sees no space behind the marks of a heading."""
    for found in _MEANT.finditer(inline.content):
        marks, word = found["marks"], cell.protected.original(found["word"] or "")
        more = " …" if inline.content[found.end() :].partition("\n")[0].strip() else ""
        message = (
            f"the space behind {marks} is U+{ord(found['space']):04X}, which makes no heading; type it anew"
            if found["space"]
            else f"no space stands behind {marks}, so the line is no heading; write {marks} {word}{more}"
        )
        line = cell.line(inline, inline.content.count("\n", 0, found.start()))
        page.find("heading-spaced", message, cell, line, Severity.WARNING)


def _check_directive(shown: str, word: str, inline: Token, cell: Cell, page: Page) -> None:
    """Note a finding if *word* is a directive: fastpages left out text cells with `# hide` in them."""
    if directives.is_directive(word) and (word == "hide" or "_" in word or "-" in word):
        message = f"{shown} means nothing in a text cell; to leave the cell out, give it the tag remove-cell"
        line = cell.line(inline, inline.content[: inline.content.find(shown)].count("\n"))
        page.find("directive-known", message, cell, line, Severity.WARNING)


def _math_only(piece: Part) -> str:
    """Return what of *piece* is part of a heading's text."""
    return piece.text if isinstance(piece, Math) else ""


def _heading_id(text: str) -> str:
    """Return the id of a heading that reads *text* (nbconvert's `add_anchor`)."""
    return quote(re.sub(r"\s", "-", text.strip()), safe="?/:@!$&'()*+,;=")


def is_named(file: Path, fragment: str) -> bool:
    """Tell whether the notebook *file* has something that `#fragment` may name; True where that is not easy to say."""
    if file.suffix != ".ipynb":
        return True
    try:
        names = _names_in(file, file.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):  # what is wrong with it, its own conversion says
        return True
    return unquote(fragment.removeprefix("#")) in names


@lru_cache(maxsize=64)
def _names_in(file: Path, state: int) -> frozenset[str]:  # noqa: ARG001 - another state, other names
    """Return the ids of headings in the notebook *file*, and every other one that it gives, percent-decoded."""
    text = file.read_text("utf-8-sig")
    sources = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
    cells = [_cell(source if isinstance(source, str) else "".join(source)) for source in sources]
    taken = ids.Taken()
    headings_of(cells, taken)
    return frozenset(map(unquote, taken)) | frozenset(GIVEN.findall(text))


def _cell(source: str) -> Cell:
    protected = shielded(source, None)
    tokens = PARSER.parse(protected.text, {})
    return Cell(index=0, number=0, above=0, node=NotebookNode(), protected=protected, tokens=tokens)
