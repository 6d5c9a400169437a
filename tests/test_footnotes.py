"""Footnotes: every spelling, both output forms, every fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import blogs
from tests.cases import each_case

if TYPE_CHECKING:
    from tests.conftest import MakeBlog


@each_case("footnotes")
def test_footnotes_in_both_forms(text: str, blog: MakeBlog) -> str:
    """The same notes come out as Liquid where their author put them, and as static HTML for the end of the post."""
    nb = blogs.of_text(text)
    liquid = blogs.told(blogs.text_cells(nb, blog({})))
    html = blogs.told(blogs.text_cells(nb, blog({"_config.yml": "notebooks: {footnotes: html}\n"}, "static")))
    return f"{liquid}\n==== html\n{html}"


def test_footnotes_of_one_notebook_are_numbered_across_its_cells(blog: MakeBlog) -> None:
    """A reference in one cell finds its text in another, before or after it."""
    nb = blogs.notebook(blogs.markdown("{{ 'Text.' | fndetail: 1 }}"), blogs.code("1"), blogs.markdown("A.{% fn 1 %}"))
    cells = blogs.text_cells(nb, blog({}))
    assert cells.findings == ()
    assert cells.html[2] == "<p>A.{% fn 1 %}</p>\n"


def test_front_matter_chooses_the_form_for_its_notebook(blog: MakeBlog) -> None:
    """`footnotes: html` in one notebook wins over the site's setting."""
    nb = blogs.notebook(
        blogs.markdown("# Title\n\n- footnotes: html"), blogs.markdown("A.[^1]\n\n[^1]: Text."), title=None
    )
    text = blogs.convert(blog({blogs.FILE: nb})).text
    assert '<section class="footnotes" role="doc-endnotes"' in text
    assert "fndetail" not in text


def test_a_cell_of_nothing_but_notes_vanishes_where_they_go_to_the_end(blog: MakeBlog) -> None:
    """Empty cells vanish, whatever has emptied them."""
    nb = blogs.notebook(blogs.markdown("A.{% fn 1 %}"), blogs.markdown("{{ 'One.' | fndetail: 1 }}"))
    text = blogs.convert(blog({"_config.yml": "notebooks: {footnotes: html}\n", blogs.FILE: nb})).text
    assert text.count('class="cell ') == 1
