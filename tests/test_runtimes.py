"""The libraries that draw charts and widgets: pinned, complete, loaded once and only where they are needed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from converter import runtimes, widgets
from tests import blogs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeBlog

SCRIPT = re.compile(r"<script( defer)? src=\"([^\"]+)\" integrity=\"([^\"]+)\"( crossorigin=\"anonymous\")?></script>")
PLOTLY: dict[str, Any] = {"application/vnd.plotly.v1+json": {"data": [], "layout": {}}}
HTML = {"text/html": "<script src='https://cdn.plot.ly/plotly-2.8.3.min.js'></script><script>Plotly.x</script>"}
LAYOUT = {"model_name": "LayoutModel", "model_module": "@jupyter-widgets/base", "state": {}}
SLIDER = {
    "model_name": "IntSliderModel",
    "model_module": "@jupyter-widgets/controls",
    "state": {"layout": "IPY_MODEL_layout"},
}


def _display(data: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data}


def _view(model: str) -> dict[str, Any]:
    return _display({widgets.VIEW: {"model_id": model, "version_major": 2, "version_minor": 0}, "text/plain": "x"})


def _scripts(root: Path) -> list[tuple[str, bool, bool]]:
    """Return address, whether it waits and whether it is foreign, of every library that the post loads."""
    found = SCRIPT.findall(blogs.convert(root).text)
    return [(url, bool(waits), bool(is_foreign)) for waits, url, _, is_foreign in found]


@pytest.mark.parametrize("name", runtimes.LIBRARIES)
def test_a_library_is_the_file_that_its_digest_names(name: str) -> None:
    """A browser refuses every other."""
    library = runtimes.LIBRARIES[name]
    content = (runtimes.VENDOR / library.file).read_bytes()
    assert base64.b64encode(hashlib.sha384(content).digest()).decode() == library.digest
    assert re.search(r"@\d+\.\d+\.\d+/", library.npm)
    assert (runtimes.VENDOR / library.file).parent.joinpath("LICENSE").is_file()
    assert library.after in ("", *list(runtimes.LIBRARIES)[: list(runtimes.LIBRARIES).index(name)])


def test_a_page_loads_a_library_once_and_only_if_it_draws_with_it(blog: MakeBlog) -> None:
    """Two charts are one library; a page without any has no script."""
    nb = blogs.notebook(blogs.code("x", _display(PLOTLY), _display(PLOTLY)), blogs.code("y", _display(PLOTLY)))
    root = blog({"_config.yml": "baseurl: /b\n", blogs.FILE: nb})
    assert _scripts(root) == [("/b/assets/vendor/plotly/plotly.min.js", True, False)]
    plain = blog({blogs.FILE: blogs.notebook(blogs.code("x", _display({"text/plain": "1"})))}, "plain")
    assert "<script" not in blogs.convert(plain).text
    assert blogs.convert(plain).assets == ()


def test_a_page_waits_for_a_library_that_is_called_at_once(blog: MakeBlog) -> None:
    """Scripts within an output run while the page is read; then the library may not come later."""
    nb = blogs.notebook(blogs.code("x", _display(PLOTLY)), blogs.code("y", _display(HTML)))
    assert _scripts(blog({blogs.FILE: nb})) == [("/assets/vendor/plotly/plotly.min.js", False, False)]


def test_the_files_are_published_with_the_post(blog: MakeBlog) -> None:
    """Library, licence and what lies beside it: a blog with a theme of its own has all it needs."""
    nb = blogs.notebook(blogs.code("x", _display({"application/vnd.vegalite.v6+json": {"mark": "bar"}})))
    root = blog({blogs.FILE: nb})
    assert [str(asset.path) for asset in blogs.convert(root).assets] == [
        "assets/vendor/vega/vega.min.js",
        "assets/vendor/vega/LICENSE",
        "assets/vendor/vega/vega-lite.min.js",
        "assets/vendor/vega/vega-embed.min.js",
    ]


def test_a_content_delivery_network_serves_the_same_files(blog: MakeBlog) -> None:
    """With `assets: cdn` nothing is published, and the address has the version."""
    nb = blogs.notebook(blogs.code("x", _display(PLOTLY)))
    root = blog({"_config.yml": "notebooks: {assets: cdn}\n", blogs.FILE: nb})
    url = "https://cdn.jsdelivr.net/npm/plotly.js-dist-min@4.1.1/plotly.min.js"
    assert _scripts(root) == [(url, True, True)]
    assert blogs.convert(root).assets == ()


def test_a_widget_brings_the_state_it_needs_and_no_more(blog: MakeBlog) -> None:
    """Models that nothing on the page refers to stay in the notebook."""
    models = {"slider": SLIDER, "layout": LAYOUT, "other": LAYOUT}
    stored = {widgets.STATE: {"state": models, "version_major": 2, "version_minor": 0}}
    nb = blogs.notebook(blogs.code("x", _view("slider"), _view("slider")), widgets=stored)
    root = blog({blogs.FILE: nb})
    assert [url for url, *_ in _scripts(root)] == ["/assets/vendor/widgets/embed.js"]
    text = blogs.convert(root).text
    (state,) = re.findall(r'<script type="application/vnd.jupyter.widget-state\+json">(.*)</script>', text)
    assert sorted(json.loads(state)["state"]) == ["layout", "slider"]
    assert text.count('{"model_id":"slider","version_major":2,"version_minor":0}</script>') == 2


@pytest.mark.parametrize(
    ("figure", "names"),
    [
        ({"data": [{"type": "scatter"}], "layout": {"geo": {"scope": "usa"}}}, []),
        ({"data": [{"type": "scattergeo"}]}, ["world_110m"]),
        (
            {"data": [{"type": "choropleth"}], "layout": {"geo": {"scope": "north america", "resolution": 50}}},
            ["north-america_110m", "north-america_50m", "world_110m", "world_50m"],
        ),
        ({"data": [{"type": "choropleth"}], "layout": {"geo": {"scope": "moon"}}}, ["world_110m"]),
    ],
)
def test_maps_bring_their_outlines(figure: dict[str, Any], names: list[str], blog: MakeBlog) -> None:
    """From the site those that the figure may ask for; where libraries come from elsewhere, none."""
    nb = blogs.notebook(blogs.code("x", _display({"application/vnd.plotly.v1+json": figure})))
    for assets in ("local", "cdn"):
        root = blog({"_config.yml": f"baseurl: /b\nnotebooks: {{assets: {assets}}}\n", blogs.FILE: nb})
        post = blogs.convert(root)
        local = names if assets == "local" else []
        found = [asset.path.stem for asset in post.assets if asset.path.parent.name == "topojson"]
        assert found == local
        assert ('topojsonURL: "/b/assets/vendor/plotly/topojson/"' in post.text) == bool(local)


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ('[{"type": "scatter"}]', []),
        ('[{"type":"scattergeo"}]', ["world_110m"]),
        ('{data: [{"type": "scattergeo"}]}', ["world_110m"]),
        ("figure", ["world_110m"]),
    ],
)
def test_maps_in_html_bring_their_outlines(data: str, names: list[str], blog: MakeBlog) -> None:
    """What is drawn decides, not the template, which has a map in it with every figure; if in doubt they come."""
    layout = '{"template":{"data":{"choropleth":[{"colorbar":{"ticks":""},"type":"choropleth"}]}}}'
    html = f'<div id="a"></div><script>Plotly.newPlot(\n  "a",  {data},  {layout})</script>'
    html = f'<script src="https://cdn.plot.ly/plotly-3.0.0.min.js"></script>{html}'
    post = blogs.convert(blog({blogs.FILE: blogs.notebook(blogs.code("x", _display({"text/html": html})))}))
    assert [asset.path.stem for asset in post.assets if asset.path.parent.name == "topojson"] == names
    assert ("topojsonURL" in post.text) == bool(names)


def test_what_a_widget_has_recorded_comes_along() -> None:
    """An `Output` names the widgets that were displayed in it otherwise than a box names its parts."""
    shown = _display({widgets.VIEW: {"model_id": "slider"}, "text/plain": '{"model_id": "other"}'})
    recorder = {"model_name": "OutputModel", "model_module": "@jupyter-widgets/output", "state": {"outputs": [shown]}}
    models = {"recorder": recorder, "slider": SLIDER, "layout": LAYOUT, "other": LAYOUT}
    assert widgets.reachable(models, ["recorder"]) == ["recorder", "slider", "layout"]


def test_links_between_widgets_of_a_page_come_along(blog: MakeBlog) -> None:
    """Nothing refers to them; one that leads to a widget which the page does not show stays away."""
    link = {"model_name": "LinkModel", "model_module": "@jupyter-widgets/controls"}
    ends = {"near": ["slider", "other"], "far": ["slider", "unseen"]}
    links = {
        name: link | {"state": {"source": [f"IPY_MODEL_{source}", "value"], "target": [f"IPY_MODEL_{target}", "max"]}}
        for name, (source, target) in ends.items()
    }
    state = {"slider": SLIDER, "other": SLIDER, "unseen": SLIDER, "layout": LAYOUT, **links}
    cells = [blogs.code("x", _view("slider")), blogs.code("y", _view("other"))]
    text = blogs.convert(blog({blogs.FILE: blogs.notebook(*cells, widgets={widgets.STATE: {"state": state}})})).text
    (kept,) = re.findall(r'<script type="application/vnd.jupyter.widget-state\+json">(.*)</script>', text)
    assert sorted(json.loads(kept)["state"]) == ["layout", "near", "other", "slider"]


def test_colab_keeps_widgets_in_another_place(blog: MakeBlog) -> None:
    """There the models stand where others have `state`."""
    nb = blogs.notebook(blogs.code("x", _view("slider")), widgets={widgets.STATE: {"slider": SLIDER, "layout": LAYOUT}})
    assert "output_widget" in blogs.convert(blog({blogs.FILE: nb})).text


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"widgets": {widgets.STATE: {}}},
        {"widgets": {widgets.STATE: {"state": {"slider": SLIDER | {"model_module": "ipyleaflet"}}}}},
        {"widgets": "broken"},
    ],
)
def test_a_widget_that_cannot_be_drawn_says_so(stored: dict[str, Any], blog: MakeBlog) -> None:
    """Without state, or from a package that the page would have to fetch, a line stands for it and a warning tells."""
    nb = blogs.notebook(blogs.code("x", _view("slider")), **stored)
    post = blogs.convert(blog({blogs.FILE: nb}))
    assert "output_missing" in post.text
    assert "<script" not in post.text
    assert [(it.rule, it.severity, it.cell) for it in post.findings] == [("output-shown", "warning", 1)]
    has_state = "ipyleaflet" in str(stored)
    assert ("does not hold its state" in post.text) == (not has_state)
    assert ("a widget of ipyleaflet" in post.findings[0].message) == has_state
