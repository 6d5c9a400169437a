"""Liquid safety: what a reader sees is what the notebook says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter import liquid
from tests import blogs
from tests.cases import each_case

if TYPE_CHECKING:
    from tests.conftest import MakeBlog


@each_case("liquid")
def test_only_the_allow_list_is_liquid(text: str, blog: MakeBlog) -> str:
    """Braces are text in text, attributes, code, tables and math; what authors may use stays as they wrote it."""
    files = {
        "_config.yml": "notebooks: {liquid: {allow: [bibitem, author]}}\n",
        "_includes/info.html": "",
        "_posts/2020-01-01-x.md": "",
    }
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog(files)))


@each_case("liquid_valid")
def test_liquid_that_would_stop_jekyll_is_a_finding(text: str, blog: MakeBlog) -> str:
    """Unknown filters, missing files and posts, blocks without end; half a tag is shown, and told of."""
    found = blogs.text_cells(blogs.of_text(text), blog(blogs.LIQUID)).findings
    assert {finding.rule for finding in found} <= {"liquid-valid"}
    return "\n".join(f"{finding.severity} {finding.line}: {finding.message}" for finding in found)


def test_a_theme_from_elsewhere_may_bring_includes(blog: MakeBlog) -> None:
    """Nobody can tell from the blog's folder what a gem holds."""
    cells = blogs.text_cells(blogs.of_text("{% include nosuch.html %}"), blog({"_config.yml": "theme: minima\n"}))
    assert cells.findings == ()


@each_case("endraw")
def test_nothing_ends_the_raw_block_of_a_code_cell(text: str, blog: MakeBlog) -> str:
    """`{% endraw %}` in code and in every kind of output stays text."""
    post = blogs.convert(blog({blogs.FILE: blogs.of_text("%% markdown\n# T\n" + text)})).text
    start = post.index("    {% raw %}")
    return post[start : post.index("</div>\n \n", start)].rstrip()


@each_case("liquid_string")
def test_a_liquid_string_holds_any_html(text: str) -> str:
    """Quotes and braces become entities, blank lines go: Liquid has no escapes."""
    return liquid.string(text)


@each_case("defuse")
def test_defused_html_has_no_liquid(text: str) -> str:
    """Entities in text and attributes; in scripts and styles, where entities do not work, Liquid prints the brace."""
    return liquid.defuse(text)
