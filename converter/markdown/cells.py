"""Text cells as tokens, and what the cells of one notebook share on their way to HTML."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from markdown_it import MarkdownIt, helpers, rules_block
from markdown_it.common import normalize_url
from markdown_it.rules_inline import state_inline
from mdit_py_plugins.footnote import footnote_plugin

from converter import liquid
from converter.markdown import autolinks
from converter.markdown.protect import PLACEHOLDER, Part, Protected, placeholder, shielded
from converter.markup.ids import Taken
from converter.model import Asset, Finding, Severity, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path, PurePosixPath

    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from nbformat import NotebookNode

    from converter.config import Config
    from converter.jumps import Jump
    from converter.markdown.citations import Cited

_PLAIN_ADDRESS = re.compile(
    r"(?:https?://[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,4}(?![^/]))?[\w./~-]*(?:\?[\w.=&-]*)?(?:#[\w.=&-]*)?"
    r"|data:[\w/.+-]+;base64,[A-Za-z0-9+/=]*",
    re.ASCII,
)
"""Addresses that stay as they are; most do, and to take each apart costs a tenth of the time of its cell.

To encode a picture that is written as an address, when there is nothing to encode, takes a tenth of a second.
"""
CODE = frozenset({"fence", "code_block", "code_inline"})
"""Tokens in which nothing is Liquid or math."""
OF_PAGE = frozenset({"notebook-container", "comments-title", "content", "menu", "related-posts", "search-words"})
"""Ids that a page has around the cells of its post: the post's own, and those of the theme."""
HTML = frozenset({"html_block", "html_inline"})
"""Tokens of HTML that the author wrote."""


@dataclass(slots=True, kw_only=True)
class Cell:
    """One text cell on its way."""

    index: int
    number: int
    """What people call it, from 1."""
    above: int
    """Lines of the cell that were cut off above (front matter)."""
    node: NotebookNode
    protected: Protected
    tokens: list[Token]

    def line(self, token: Token | None, within: int = 0) -> int:
        """Return the line, from 1, of what stands *within* lines after the first of *token*."""
        start = token.map[0] if token is not None and token.map else 0
        return self.protected.line(start + within) + self.above + 1

    def with_piece(self, tag: str) -> str:
        """Return the placeholder for a Liquid *tag* that is none of the author's."""
        pieces = self.protected.pieces
        piece = liquid.Piece(kind=liquid.Kind.ALIVE, text=tag, is_ours=True)
        self.protected = replace(self.protected, pieces=(*pieces, piece), starts=(*self.protected.starts, 0))
        return placeholder(len(pieces))


@dataclass(slots=True, kw_only=True)
class Page:
    """What the cells of one notebook share while they are rendered; it lives in `render` and nowhere else."""

    source: Source
    config: Config
    style: str
    numbers: dict[tuple[bool, str], str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    """How often each footnote has been referred to so far."""
    notes: dict[str, str] = field(default_factory=dict)
    """HTML of the footnotes by number, for those collected at the end."""
    assets: dict[PurePosixPath, Asset] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    ids: set[str] = field(default_factory=lambda: Taken(OF_PAGE))
    """Ids of headings and citations that are taken."""
    has_math: bool = False
    has_emoji: bool = True
    """Whether short codes become emoji, which they do not in outputs."""
    depth: int = 0
    """How many footnotes' texts are being rendered, one inside the other."""
    cited: Cited | None = None
    """What the page cites."""
    details: dict[str, list[Token]] = field(default_factory=dict)
    """Texts of footnotes that cite something, as tokens."""
    jumps: list[Jump] = field(default_factory=list)
    """Links within the post."""
    files: set[Path] = field(default_factory=set)
    """Files that were looked for, there or not: what is found depends on them."""

    def find(self, rule: str, message: str, cell: Cell, line: int, severity: Severity = Severity.ERROR) -> None:
        """Note a finding in *cell*."""
        self.findings.append(
            Finding(rule=rule, message=message, source=self.source.path, cell=cell.number, line=line, severity=severity)
        )


_SIMPLE_DESTINATION = re.compile(r"[^\x00-\x20\x7f()\\&<][^\x00-\x20\x7f()\\&]*+")
"""The address of a link in which no character has a meaning; nearly all are such."""
_BEHIND_DESTINATION = frozenset(" \n)")
"""What ends it for certain; behind anything else markdown-it has to look."""
_STOPS = re.compile(r"[\n!&*<\[\\\]_`~]|www\.|://")
"""Where something other than text may begin, by the rules that `_parser` has; markdown-it stops at twice as many."""


def _parser() -> MarkdownIt:
    """Return the parser: GitHub's Markdown, without anything that looks beyond one cell."""
    parser = MarkdownIt("commonmark", {"html": True, "tasklists": True, "strikethrough_single_tilde": True})
    parser.enable("strikethrough")
    parser.block.ruler.after("heading", "table_below_all", _table, {"alt": ["paragraph", "reference"]})
    parser.use(autolinks.plugin).use(footnote_plugin, inline=False)
    parser.inline.terminator_re = _STOPS
    parser.core.ruler.disable("footnote_tail")  # it moves notes to the end of one cell; ours span the notebook
    parser.core.ruler.before("text_join", "bracket", _keep_escaped_marks)
    parser.core.ruler.push("strong", _join_strong)
    parser.helpers = _Helpers()  # type: ignore[assignment]  # a module, of which the rules call three functions
    parser.normalizeLink = _normal_link  # type: ignore[method-assign,assignment]  # as markdown-it documents
    parser.normalizeLinkText = str  # type: ignore[method-assign,assignment]  # shown as typed; it would decode `%27`
    return parser


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
    """Read a table where nothing else begins; with nothing but dashes below it, `|x|` is a heading."""
    if "|" not in state.src:
        return False
    below = state.getLines(start + 1, start + 2, 0, keepLastLF=False).strip() if start + 1 < end else ""
    return bool(below.strip("-")) and rules_block.table(state, start, end, silent)


def _is_punctuation(character: str) -> bool:
    """Tell whether *character*, a foreign one, is punctuation for emphasis; `°` and `€` are none in cmark-gfm."""
    return unicodedata.category(character).startswith("P")


state_inline.isPunctChar = _is_punctuation  # type: ignore[assignment,attr-defined]  # it has no other way in


class _Destination(NamedTuple):
    """Where a link leads to, as markdown-it's rules ask for it."""

    ok: bool
    pos: int
    """Where it ends."""
    str: str


class _Helpers:
    """markdown-it's helpers, of which one walks through the characters of each address."""

    parseLinkLabel = staticmethod(helpers.parseLinkLabel)  # noqa: N815 - markdown-it calls it so
    parseLinkTitle = staticmethod(helpers.parseLinkTitle)  # noqa: N815 - likewise

    @staticmethod
    def parseLinkDestination(text: str, start: int, end: int) -> Any:  # noqa: N802, ANN401 - likewise; its class is private
        """Return the address that begins at *start*: at once where nothing in it means anything."""
        found = _SIMPLE_DESTINATION.match(text, start, end)
        if found and (found.end() == end or text[found.end()] in _BEHIND_DESTINATION):
            return _Destination(ok=True, pos=found.end(), str=found[0])
        return helpers.parseLinkDestination(text, start, end)


def _keep_escaped_marks(state: StateCore) -> None:
    r"""Keep `\[`, `\^`, `\!` and `\@` apart from the text around them.

    `\[^1]` and `[\^1]` are no footnotes, `\![a](b c.png)` is no image, `\@key` no citation.
    """
    for token in state.tokens:
        if "\\" not in token.content and "&" not in token.content:  # no escape, no entity
            continue
        for child in token.children or ():
            if child.type == "text_special" and child.content in _MARKS:
                child.type = "bracket"


_MARKS = frozenset("[^!@")
_MARKS_OF_TWO = 4
"""How many `**` or `__` two elements have, of which one may stand in the other."""


def _join_strong(state: StateCore) -> None:
    """Hide the marks of `**` directly within `**`, as GitHub does: `____a____` is one element, not two."""
    for token in state.tokens:
        if token.content.count("**") + token.content.count("__") < _MARKS_OF_TWO:
            continue
        outer: list[str] = []
        hidden: list[bool] = []
        for child in token.children or ():
            if child.nesting == 1:
                hidden.append(child.type == "strong_open" and outer[-1:] == ["strong_open"])
                outer.append(child.type)
                child.hidden = child.hidden or hidden[-1]
            elif child.nesting == -1:
                outer.pop()
                child.hidden = child.hidden or hidden.pop()


def _normal_link(address: str) -> str:
    """Return *address* percent-encoded as CommonMark does, placeholders left alone."""
    if _PLAIN_ADDRESS.fullmatch(address) and not address.startswith("//"):
        return address
    parts = re.split(f"({PLACEHOLDER.pattern[:2]}[\U00100000-\U0010fffd]{PLACEHOLDER.pattern[-2:]})", address)
    return "".join(part if PLACEHOLDER.fullmatch(part) else normalize_url.normalizeLink(part) for part in parts)


def parse(nb: NotebookNode, config: Config) -> list[Cell]:
    """Return the text cells of *nb* as tokens; a `[^name]` may be defined in any of them."""
    cells = []
    for index, node in enumerate(nb.cells):
        if node.cell_type != "markdown":
            continue
        place = node.metadata.nbpress
        protected = shielded(node.source, config.liquid_allow)
        cells.append(
            Cell(
                index=index,
                number=place.number,
                above=place.line,
                node=node,
                protected=protected,
                tokens=PARSER.parse(protected.text, {}),
            )
        )
    labels = {token.meta["label"] for cell in cells for token in cell.tokens if token.type == "footnote_reference_open"}
    if labels:
        for cell in cells:
            if "[^" in cell.protected.text:
                refs = {f":{label}": -1 for label in labels}
                cell.tokens = PARSER.parse(cell.protected.text, {"footnotes": {"refs": refs, "list": {}}})
    return cells


def walk(tokens: Iterable[Token]) -> Iterator[tuple[Token, Token, int]]:
    """Yield every token and inline child with the block token it stands in and its line within that block."""
    block: Token | None = None
    for token in tokens:
        if token.map or block is None:
            block = token
        if token.type != "inline":
            yield token, block, 0
            if token.children:  # of a callout or footnote
                yield from walk(token.children)
        elif token.children:
            yield from _walk_inline(token.children, token if token.map else block, 0)


def _walk_inline(children: Iterable[Token], block: Token, line: int) -> Iterator[tuple[Token, Token, int]]:
    """Yield the inline tokens of a block, those in the alt texts of images too."""
    for child in children:
        yield child, block, line
        if child.children:
            yield from _walk_inline(child.children, block, line)
        if not child.content:
            line += child.type in ("softbreak", "hardbreak")
        elif "\n" in child.content:
            line += child.content.count("\n")


def holds_html(tokens: Iterable[Token]) -> bool:
    """Tell whether the author wrote HTML in any of *tokens*."""
    return any(token.type in HTML or (token.children and holds_html(token.children)) for token in tokens)


def live_pieces(cell: Cell) -> Iterator[tuple[int, Part]]:
    """Yield the pieces of math and Liquid that do not stand in code, by their numbers."""
    if not cell.protected.pieces:
        return
    for token, _, _ in walk(cell.tokens):
        if token.type in CODE or not (token.attrs or "{" in token.content):
            continue
        for text in (token.content, *map(str, token.attrs.values())):
            for found in PLACEHOLDER.finditer(text) if "{" in text else ():
                piece = cell.protected.piece(found)
                if piece is not None:
                    yield ord(found[1]) - 0x100000, piece


def plain(children: Sequence[Token]) -> str:
    """Return what a reader reads of inline tokens."""
    parts = []
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type != "html_inline":
            parts.append(plain(child.children) if child.children else child.content)
    return "".join(parts)


PARSER = _parser()
