"""Text from strangers costs time in proportion to its length, whatever it says: `check` runs on their pull requests."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import nbformat
import pytest

from converter import charts, convert, directives
from converter.config import Config
from converter.errors import NotebookError
from converter.markup import tags
from converter.model import Source
from converter.streams import terminal

SOURCE = Source(
    file=Path("/blog/_notebooks/2020-01-01-x.ipynb"),
    path=PurePosixPath("_notebooks/2020-01-01-x.ipynb"),
    folder=PurePosixPath(),
    date="2020-01-01",
    slug="x",
)
MANY = 20_000
TEXTS = {
    "half a variable": "{{ site.a | a:" + " " * MANY,
    "filters without an end": "{{ site.a" + " | a: 1" * 2000,  # more is slow in the autolinks of mdit-py-plugins
    "tags without an end": "{% include a" * MANY,
    "raw without an end": "{% raw %}" * MANY,
    "footnotes without an end": "{{ 'a" * MANY,
    "footnotes with one end": "{{ 'a" * MANY + "' | fndetail: 1 }}",
    "a title and blanks": "# a" + " " * MANY + "x",
    "tags of HTML": "<div>\n" + "<a" * MANY,
    "quotes in HTML": "<div>\n" + '<a "' * MANY,
    "comments and images": "<div>\n" + "<!-- -->" * MANY + "<img>" * MANY,
    "scripts": "<div>\n" + "<script>" * MANY,
    "comments without an end": "<div>\n" + "<!--" * MANY,
    "dollars": "$a " * MANY,
    "dollars on lines": "$a\n" * MANY,
    "brackets of math": "\\(" * MANY,
    "brackets with percent signs": "[% a " * MANY + "%]",
    "a bracket with a percent sign": "[% a" + " %" * MANY,
    "environments": "\\begin{a}" * MANY,
    "backticks": "`a" * MANY,
    "blanks": " " * MANY,
    "pieces": "$a$ " * 4 * MANY,
    "equal headings": "# a\n" * 5000,
    "equal headings below a line": "a\n===\n" * 5000,
    "equal ids": "<a id=x>" * 5000,
    "instructions": "<?" * MANY,
    "declarations": "<! " * MANY,
    "blocks of a style sheet": "<style>a{" * 2000,
    "groups of a style sheet": "<style>" + "@media x{" * 1000,
    "fences of quotes": "> ```\n\n" * 5000,
    "indented fences": "    ```\n\n" * 5000,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", TEXTS)
def test_no_text_cell_takes_long(name: str) -> None:
    """Each took minutes with a regular expression that goes back and forth; none takes a second now."""
    cells = [nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_markdown_cell(TEXTS[name])]
    convert.notebook(nbformat.v4.new_notebook(cells=cells), SOURCE, Config(root=Path("/blog")))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", TEXTS)
def test_no_front_matter_takes_long(name: str) -> None:
    """The first cell is looked at by other eyes, too."""
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"{TEXTS[name]}\n- a: {TEXTS[name]}")])
    try:
        convert.notebook(nb, SOURCE, Config(root=Path("/blog")))
    except NotebookError:
        return


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [
        "/var/folders/" * MANY,
        "a" * MANY + "\b" * MANY,
        "C:\\a" * MANY,
        "\x1b[" * MANY,
        "/home/" * MANY,
        "\r" * MANY,
        "a" * 99999 + "\rb" * 99999,
    ],
)
def test_no_output_takes_long(text: str) -> None:
    """What a cell printed is no more to be trusted than what its author wrote."""
    output = nbformat.v4.new_output("stream", name="stdout", text=text)
    cells = [nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_code_cell("x", outputs=[output])]
    convert.notebook(nbformat.v4.new_notebook(cells=cells), SOURCE, Config(root=Path("/blog")))
    assert "\b" not in terminal(text)


@pytest.mark.timeout(20)
def test_no_attributes_take_long() -> None:
    """Blanks between attributes, and candidates of a `srcset`."""
    assert tags.attributes(" " * MANY) == {}
    assert tags.srcset(" " * MANY + "a", str) == "a"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "html",
    [
        "<script>" * MANY,
        "<style>" * MANY,
        "<pre>" * MANY,
        "\\(" * MANY,
        "\\(\\)" * MANY,
        '<div id="altair-viz-1"></div><script' * MANY,
        'bokehjs class="bk-logo ' * MANY,
        "<a id=x></a>" * MANY,
    ],
)
def test_no_html_of_an_output_takes_long(html: str) -> None:
    """Libraries of charts are looked for in all of it, and formulas."""
    output = nbformat.v4.new_output("display_data", data={"text/html": html})
    cells = [nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_code_cell("x", outputs=[output])]
    convert.notebook(nbformat.v4.new_notebook(cells=cells), SOURCE, Config(root=Path("/blog")))


@pytest.mark.timeout(20)
def test_no_script_and_no_code_take_long() -> None:
    """Comments in a script that may hide its end, and directives below the code."""
    assert charts.in_script("<!--" * 4 * MANY + "<script") == "<\\!--" * 4 * MANY + "<script"
    assert len(directives.overlooked("x\n" + "#hide\n" * MANY)) == MANY
