"""Preprocessors: an ordered table of named steps, each from notebook to notebook, before rendering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbformat import NotebookNode

from converter import directives
from converter.model import Finding, Severity
from converter.views import Show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from converter.model import FrontMatter, Source
    from converter.views import View


def notebook(nb: NotebookNode, matter: FrontMatter, source: Source) -> tuple[NotebookNode, tuple[Finding, ...]]:
    """Return a copy of *nb* that holds only what the post shows, and what is odd about its directives.

    Afterwards `cell.metadata.nbpress` says how to show each cell: `number` (what people call it, from 1), `line` (how
    many lines were cut off above), `lead` (whether it is what the front matter's cell says besides) and `view` (a
    `views.View`).
    """
    nb = _numbered(nb)
    findings: list[Finding] = []
    for _, step in PREPROCESSORS:
        findings += step(nb, matter, source)
    return nb, tuple(findings)


def _numbered(nb: NotebookNode) -> NotebookNode:
    """Return *nb* with cells of its own that know their numbers, before any of them goes.

    Outputs, which may be large and are only ever dropped whole, are shared.
    """
    cells = []
    for number, cell in enumerate(nb["cells"], 1):
        place = NotebookNode(number=number, line=0, lead=False)
        cells.append(NotebookNode({**cell, "metadata": NotebookNode({**cell["metadata"], "nbpress": place})}))
    return NotebookNode({**nb, "cells": cells})


def _drop_front_matter(nb: NotebookNode, matter: FrontMatter, source: Source) -> Iterable[Finding]:
    """Leave of the front matter's cell only what is not front matter."""
    if matter.cell is not None:
        cell = nb.cells[matter.cell]
        cell.source = matter.rest
        cell.metadata.nbpress.line = matter.rest_line
        cell.metadata.nbpress.lead = True
    return ()


def _read_directives(nb: NotebookNode, matter: FrontMatter, source: Source) -> Iterable[Finding]:
    """Take the directives out of the code cells and keep what they ask for."""
    everywhere = directives.of_notebook(nb)
    for cell in nb.cells:
        view = directives.of_metadata(cell)
        if cell["cell_type"] == "code":
            directed = directives.of_source(cell["source"])
            yield from _suspicions(directed.suspects, cell, source, Severity.ERROR)
            yield from _suspicions(directives.overlooked(cell["source"]), cell, source, Severity.WARNING)
            cell["source"] = directed.source
            view |= everywhere | directed.view
        cell["metadata"]["nbpress"]["view"] = view


def _suspicions(
    suspects: Iterable[directives.Suspect], cell: NotebookNode, source: Source, severity: Severity
) -> Iterator[Finding]:
    """Yield a finding for each of *suspects* in *cell*."""
    for suspect in suspects:
        yield Finding(
            rule="directive-known",
            message=suspect.message,
            source=source.path,
            cell=cell.metadata.nbpress.number,
            line=suspect.line,
            severity=severity,
        )


def _drop_removed_cells(nb: NotebookNode, matter: FrontMatter, source: Source) -> Iterable[Finding]:
    """Remove the cells that a directive removes."""
    nb.cells = [cell for cell in nb.cells if not _view(cell).removed]
    return ()


def _drop_hidden_parts(nb: NotebookNode, matter: FrontMatter, source: Source) -> Iterable[Finding]:
    """Remove the inputs and outputs that a directive hides."""
    for cell in nb.cells:
        if cell["cell_type"] == "code":
            view = _view(cell)
            if view.input is Show.HIDDEN:
                cell.source = ""
            if view.output is Show.HIDDEN:
                cell.outputs = []
    return ()


def _drop_empty_cells(nb: NotebookNode, matter: FrontMatter, source: Source) -> Iterable[Finding]:
    """Remove the cells of which nothing is left."""
    nb.cells = [cell for cell in nb.cells if cell["source"].strip() or cell.get("outputs")]
    return ()


def _view(cell: NotebookNode) -> View:
    """Return what directives ask of *cell*."""
    view: View = cell["metadata"]["nbpress"]["view"]
    return view


PREPROCESSORS: tuple[tuple[str, Callable[[NotebookNode, FrontMatter, Source], Iterable[Finding]]], ...] = (
    ("drop-front-matter", _drop_front_matter),
    ("read-directives", _read_directives),
    ("drop-removed-cells", _drop_removed_cells),
    ("drop-empty-cells", _drop_empty_cells),
    ("drop-hidden-parts", _drop_hidden_parts),
)
"""The steps in their order: hidden parts last, since a cell whose parts are all hidden keeps its place in the post, as
it did in fastpages."""
