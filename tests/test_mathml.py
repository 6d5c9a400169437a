"""Formulas as MathML: pages that need no script, unless a formula was not understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import blogs
from tests.cases import each_case

if TYPE_CHECKING:
    from tests.conftest import MakeBlog

SETTINGS = "notebooks: {execute: never, math: mathml}\n"


@each_case("mathml")
def test_formulas_are_written_as_mathml(text: str, blog: MakeBlog) -> str:
    """Only what is understood; the rest stays KaTeX's."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({"_config.yml": SETTINGS})))


@pytest.mark.parametrize(
    ("latex", "is_formula"),
    [
        ("$a$", True),
        ("\\[a\\]", True),
        ("\\begin{align}a&=b\\end{align}", True),
        ("So $a$", False),
        ("$a$ and $b$", False),
        ("\\[a\\] and \\[b\\]", False),
        ("text", False),
    ],
)
def test_words_that_code_has_displayed_as_latex_stay_words(latex: str, is_formula: bool, blog: MakeBlog) -> None:  # noqa: FBT001 - a row
    """MathML would set them as a product of letters."""
    output = {"output_type": "display_data", "data": {"text/latex": latex}}
    root = blog({"_config.yml": SETTINGS, blogs.FILE: blogs.notebook(blogs.code("x", output))})
    assert ("<math" in blogs.convert(root).text) is is_formula


@pytest.mark.parametrize(("formula", "needs"), [("$a$", False), ("$\\foo$", True), ("$a$ $\\foo$", True)])
def test_only_a_formula_that_was_not_understood_needs_a_script(formula: str, needs: bool, blog: MakeBlog) -> None:  # noqa: FBT001 - a row
    """In text cells, and in what code has displayed."""
    latex = {"output_type": "display_data", "data": {"text/latex": formula}}
    markdown = {"output_type": "display_data", "data": {"text/markdown": formula}}
    for number, cell in enumerate((blogs.markdown(formula), blogs.code("x", latex), blogs.code("x", markdown))):
        root = blog({"_config.yml": SETTINGS, blogs.FILE: blogs.notebook(cell)}, f"blog-{number}")
        assert ("use_math: true" in blogs.convert(root).text) is needs
