"""Figures of HoloViews and Panel: which libraries of the site draw them, and what of them asks somebody else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from converter import holoviz
from tests import blogs

if TYPE_CHECKING:
    from converter.model import Post
    from tests.conftest import MakeBlog

STORED = nbformat.read(Path(__file__).parent / "browser/holoviz.ipynb", as_version=4)
"""Cells: an extension, a curve, a figure with a slider, a column of Panel, a table that takes another library."""
SHEET = re.compile(r'"url":"([^"]*)"')
SCRIPT = re.compile(r'<script[^>]* src="/assets/vendor/([^"]*)"')


def _post(blog: MakeBlog, *cells: int, settings: str = blogs.SETTINGS) -> Post:
    nb = blogs.notebook(*(STORED.cells[index] for index in cells))
    return blogs.convert(blog({"_config.yml": settings, blogs.FILE: nb}))


def test_what_loads_an_extension_shows_nothing(blog: MakeBlog) -> None:
    text = _post(blog, 0).text
    assert "output_area" not in text
    assert "<script" not in text


def test_a_figure_of_bokeh_alone_needs_nothing_of_panel(blog: MakeBlog) -> None:
    post = _post(blog, 1)
    assert [name.partition("/")[0] for name in SCRIPT.findall(post.text)] == ["bokeh", "bokeh"]
    assert set(SHEET.findall(post.text)) == {"data:text/css,"}
    assert post.findings == ()


@pytest.mark.parametrize("cell", [2, 3])
def test_panel_has_its_style_sheets_from_the_site(cell: int, blog: MakeBlog) -> None:
    """And the script after those of Bokeh on which it builds."""
    post = _post(blog, cell)
    assert SCRIPT.findall(post.text)[-1] == "panel/panel.min.js"
    assert "https://cdn." not in post.text
    sheets = {url.removeprefix("/") for url in SHEET.findall(post.text) if not url.startswith("data:")}
    assert sheets
    assert sheets <= {str(asset.path) for asset in post.assets}


def test_panel_comes_from_one_place_with_all_it_needs(blog: MakeBlog) -> None:
    post = _post(blog, 3, settings="notebooks: {execute: never, assets: cdn}\n")
    folder = "https://cdn.jsdelivr.net/npm/@holoviz/panel@1.9.4/dist/"
    assert f'src="{folder}panel.min.js"' in post.text
    assert {url[: len(folder)] for url in SHEET.findall(post.text)} == {folder}


def test_what_takes_the_library_of_somebody_else_is_a_finding(blog: MakeBlog) -> None:
    post = _post(blog, 4)
    assert "<script" not in post.text
    assert [finding.rule for finding in post.findings] == ["output-shown"]
    assert "needs tabulator" in post.findings[0].message


@pytest.mark.parametrize(
    "text",
    [
        "<p>docs_json = {}</p>",
        "<script>var docs_json = {}; var render_items = []; Bokeh.embed.embed_items(docs_json, render_items);</script>",
        "<script>var docs_json = [1]; var render_items = []; Bokeh.Panel</script>",
        "<script>var docs_json = {'a': 1}; var render_items = []; Bokeh.Panel</script>",
        '<script>var docs_json = {"a": 1}; var render_items = []; Bokeh.Panel</script>',
        '<script>var docs_json = {"a": {"roots": {"root_ids": ["1"]}}}; var render_items = []; Bokeh.Panel</script>',
        '<script>var docs_json = {"a": {"roots": ["1"]}}; var render_items = []; Bokeh.Panel</script>',
    ],
)
def test_noop_what_others_embed(text: str) -> None:
    assert holoviz.of_html(text, lambda _: "") is None
