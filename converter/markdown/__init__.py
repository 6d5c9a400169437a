"""Text cells → HTML: parsed once into tokens, everything settled there, then rendered.

The readings are CommonMark's and GitHub's (cmark-gfm), the markup is that of the first fastpages posts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from converter.front_matter import setting
from converter.liquid import Kind, Piece
from converter.markdown import citations, headings, live, settle
from converter.markdown.cells import PARSER, Cell, Page, live_pieces, parse
from converter.markdown.protect import shielded
from converter.markdown.renderer import RENDERER, anchor
from converter.markup import styles
from converter.model import Asset, Finding, Footnote, FrontMatter, References, Source

if TYPE_CHECKING:
    from pathlib import Path

    from converter.config import Config
    from converter.jumps import Jump

BODY = "#notebook-container"
"""The selector of the element that holds all cells; style sheets of text cells reach no further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCells:
    """What the text cells of a notebook became."""

    html: dict[int, str]
    """HTML by index of the cell."""
    notes: tuple[Footnote, ...]
    """The footnotes to collect at the end of the post; none where they stay where their author put them."""
    references: References
    """The list of references at the end of the post; empty where its author has put it elsewhere."""
    assets: tuple[Asset, ...]
    """Images to publish."""
    findings: tuple[Finding, ...]
    """What is wrong with footnotes, images and links."""
    files: tuple[Path, ...]
    """The files that decided what came out, there or not."""
    ids: frozenset[str]
    """Ids of headings."""
    jumps: tuple[Jump, ...]
    """Links within the post; none where an include of the author's may bring what they lead to."""
    has_math: bool
    """Whether any cell holds math."""


def render(nb: NotebookNode, source: Source, matter: FrontMatter, config: Config) -> TextCells:
    """Return the HTML of every Markdown cell of *nb*, with what the whole of them needs."""
    cells = parse(nb, config)
    page = Page(source=source, config=config, style=setting(matter, "footnotes", config.footnotes))
    live.check(cells, page)
    citations.settle(cells, page, matter, len(nb.cells) - 1)
    settle.footnotes_of(cells, page)
    headings.ids_of(cells, page.ids)
    headings.headings_of(cells, page.ids)
    headings.check(cells, page)
    for cell in cells:
        settle.images_of(cell, page)
        settle.links_of(cell, page)
        cell.tokens = list(settle.with_callouts(cell.tokens, cell, page))
    html = {cell.index: styles.kept_to_live(BODY, RENDERER.cell(cell, page)) for cell in cells}
    order = sorted(page.notes, key=lambda number: (not number.isdecimal(), int(number) if number.isdecimal() else 0))
    notes = tuple(
        Footnote(number=n, html=page.notes[n], anchors=tuple(anchor(n, i) for i in range(1, page.seen.get(n, 0) + 1)))
        for n in order
    )
    findings = sorted(page.findings, key=lambda finding: (finding.cell or 0, finding.line or 0))
    return TextCells(
        html=html,
        notes=notes,
        references=citations.at_the_end(page),
        assets=tuple(page.assets.values()),
        findings=tuple(findings),
        files=tuple(sorted(page.files)),
        ids=frozenset(page.ids),
        jumps=() if page.jumps and any(map(_includes, cells)) else tuple(page.jumps),
        has_math=page.has_math,
    )


def _includes(cell: Cell) -> bool:
    """Tell whether Jekyll will put something into *cell* that only Jekyll knows."""
    tags = (piece for _, piece in live_pieces(cell) if isinstance(piece, Piece) and not piece.is_ours)
    return any(piece.kind is Kind.ALIVE and piece.text.startswith("{%") for piece in tags)


def fragment(text: str, source: Source, config: Config, taken: set[str]) -> TextCells:
    """Return, as cell 0, the HTML of Markdown that code has displayed; the only Liquid in it is ours.

    Its ids are added to those that are *taken*. A `[^1]` is text here, as in Jupyter.
    """
    protected = shielded(text, None)
    with PARSER.reset_rules():
        PARSER.disable(["footnote_def", "footnote_ref"])
        tokens = PARSER.parse(protected.text, {})
    cell = Cell(index=0, number=0, above=0, node=NotebookNode(), protected=protected, tokens=tokens)
    page = Page(source=source, config=config, style="html", ids=taken, has_emoji=False)
    headings.ids_of([cell], page.ids)
    headings.headings_of([cell], page.ids)
    settle.images_of(cell, page)
    settle.links_of(cell, page)
    return TextCells(
        html={0: RENDERER.cell(cell, page)},
        notes=(),
        assets=tuple(page.assets.values()),
        findings=tuple(page.findings),
        files=tuple(sorted(page.files)),
        ids=frozenset(page.ids),
        jumps=(),
        has_math=page.has_math,
        references=References(),
    )
