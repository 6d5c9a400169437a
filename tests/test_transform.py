"""Preprocessors: what of a notebook the post shows, and what stays where it was."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from converter import config, discover, front_matter, transform
from tests import blogs
from tests.cases import each_case

if TYPE_CHECKING:
    from tests.conftest import MakeBlog


@each_case("transform")
def test_only_what_is_shown_is_left(text: str, blog: MakeBlog) -> str:
    """Front matter, removed cells and parts, and empty cells go; the others keep their numbers."""
    settings = config.load(blog({}))
    source = discover.source(settings.root / blogs.FILE, settings)
    nb = blogs.of_text(text)
    shown, findings = transform.notebook(nb, front_matter.parse(nb, source, settings), source)
    cells = [
        f"{cell.metadata.nbpress.number}: {cell.cell_type} {cell.source!r}"
        + (f" {len(cell.outputs)} outputs" if "outputs" in cell else "")
        for cell in shown.cells
    ]
    return "\n".join([*cells, *map(str, findings)])


def test_the_notebook_itself_is_not_changed(blog: MakeBlog) -> None:
    """Preprocessors own a copy."""
    settings = config.load(blog({}))
    source = discover.source(settings.root / blogs.FILE, settings)
    nb = blogs.notebook(blogs.markdown("# T\n\n- a: b"), blogs.code("#hide\nx"), blogs.code("#hide_input\ny"))
    before = copy.deepcopy(nb)
    transform.notebook(nb, front_matter.parse(nb, source, settings), source)
    assert nb == before


def test_steps_have_names_of_their_own() -> None:
    """The table of preprocessors reads as documentation."""
    names = [name for name, _ in transform.PREPROCESSORS]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and " " not in name for name in names)
