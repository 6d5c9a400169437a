"""Outputs of libraries that draw in the browser: a notebook is run, built, and its post opened."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests import blogs, folders
from tests.browser import server
from tests.browser.conftest import window
from tests.jekyll import site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator

    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.jekyll, pytest.mark.browser, pytest.mark.kernel]

FIGURE = 'import plotly.express as px\nfigure = px.scatter(x=[1, 2, 3], y=[3, 1, 2], title="Three points")\n'
BOKEH = (
    "from bokeh.io import output_notebook, show\nfrom bokeh.plotting import figure as plot\noutput_notebook()\n"
    "line = plot(title='A line', width=300, height=200)\nline.line([1, 2, 3], [3, 1, 2], line_width=8)\n"
)
CHART = (
    "import altair\nimport pandas\ntable = pandas.DataFrame({'a': [1, 2], 'b': [3, 4]})\n"
    "chart = altair.Chart(table, title='Bars').mark_bar().encode(x='a:O', y='b')\n"
)
CELLS = {
    "plotly": FIGURE + "figure",
    "plotly, folded": "#collapse_output\n" + FIGURE + "figure",
    "plotly, page": FIGURE + "from IPython.display import HTML\nHTML(figure.to_html(include_plotlyjs='cdn'))",
    "plotly, whole": FIGURE + "from IPython.display import HTML\nHTML(figure.to_html(full_html=False))",
    "plotly, connected": FIGURE + "figure.show('notebook_connected')",
    "map": "import plotly.graph_objects as go\n"
    "world = go.Figure(go.Scattergeo(lon=[0], lat=[51]), layout={'geo': {'showcountries': True}})\nworld",
    "map, page": "from IPython.display import HTML\n"
    "states = go.Figure(go.Choropleth(locations=['TX'], locationmode='USA-states', z=[1]), {'geo': {'scope': 'usa'}})\n"
    "HTML(states.to_html(include_plotlyjs='cdn'))",
    "bokeh": BOKEH + "show(line)",
    "bokeh, controls": BOKEH
    + (
        "from bokeh.layouts import column\nfrom bokeh.models import Slider\n"
        "show(column(Slider(start=0, end=10, value=3, title='n'), line))"
    ),
    "bokeh, table": BOKEH
    + (
        "from bokeh.models import ColumnDataSource, DataTable, TableColumn\n"
        "show(DataTable(source=ColumnDataSource({'a': [11, 12]}), columns=[TableColumn(field='a')], width=300))"
    ),
    "bokeh, formula": BOKEH + "line.xaxis.axis_label = r'$$\\alpha^2$$'\nshow(line)",
    "bokeh, page": BOKEH
    + (
        "from bokeh.embed import file_html\nfrom bokeh.resources import CDN\nfrom IPython.display import HTML\n"
        "HTML(file_html(line, CDN).partition('<body>')[2].partition('</body>')[0])"
    ),
    "altair": CHART + "chart",
    "altair, data": CHART + "with altair.renderers.enable('mimetype'):\n    display(chart)",
    "pandas": CHART + "table",
    "styler": CHART + "table.style.highlight_max(color='rgb(200, 100, 0)')",
    "painted": "from IPython.display import HTML\nHTML('<p style=\"background: #ffc\">On yellow</p>')",
    "svg": 'from IPython.display import SVG\nSVG(\'<svg width="40" height="20" xmlns="http://www.w3.org/2000/svg">'
    '<rect width="20" height="20" fill="red"/></svg>\')',
    "latex": "from IPython.display import Latex\nLatex(r'$\\frac{a}{b} < c$')",
    "latex, environment": "Latex(r'So $c$: \\begin{align}a&=b\\\\d&=f\\end{align} \\begin{x}')",
    "markdown": "from IPython.display import Markdown\nMarkdown('It is *so*: $x^2$')",
    "json": "from IPython.display import JSON\nJSON({'a': [1, {'b': None}]})",
    "json, big": "from IPython.display import JSON\nJSON({'name': 'x', 'rows': list(range(1000)), 'few': [1]})",
    "geojson": "from IPython.display import GeoJSON\nGeoJSON({'type': 'Point', 'coordinates': [1, 2]})",
    "javascript": "from IPython.display import Javascript\nJavascript('element.textContent = 6 * 7')",
    "slider": "import ipywidgets\nipywidgets.IntSlider(value=3, max=9, description='Number')",
    "interact": "import ipywidgets\n@ipywidgets.interact(n=5)\ndef square(n):\n    print(n, 'squared is', n * n)",
    "linked": "import ipywidgets\n"
    "left, right = (ipywidgets.IntSlider(value=2, max=9, description=it) for it in ('Left', 'Right'))\n"
    "ipywidgets.jslink((left, 'value'), (right, 'value'))\nipywidgets.VBox([left, right])",
    "linked, one": "one = ipywidgets.IntSlider(value=1, max=9, description='One')\none",
    "linked, two": "two = ipywidgets.IntText(value=1, description='Two')\n"
    "ipywidgets.jsdlink((one, 'value'), (two, 'value'))\ntwo",
    "recorded": "import ipywidgets\nrecord = ipywidgets.Output()\n"
    "with record:\n    display(ipywidgets.HTML('<b>within</b>'))\nrecord",
    "buttons": "import ipywidgets\n"
    "ipywidgets.VBox([ipywidgets.Button(icon='check', description='Yes'), ipywidgets.HTML('<b>So it is</b>')])",
    "animation": "import matplotlib.pyplot as plt\nfrom matplotlib.animation import FuncAnimation\n"
    "from IPython.display import HTML\nsketch, axes = plt.subplots(figsize=(1, 1))\n"
    "shown = HTML(FuncAnimation(sketch, lambda number: axes.set_title(number), frames=2).to_jshtml())\n"
    "plt.close(sketch)\nshown",
    "note": "HTML('<p>An <i>ordinary</i> paragraph</p>')",
    "printed": "HTML('<pre><span style=\"color: #800000\">printed by rich</span></pre>')",
    "code": "from IPython.display import Code\nCode('def f(): pass', language='python')",
    "audio": "import math\nfrom IPython.display import Audio\n"
    "Audio([math.sin(it / 5) for it in range(4000)], rate=8000)",
    "video": "from IPython.display import Video\nVideo(b'no film', embed=True, mimetype='video/mp4', width=160)",
    "pair": "#| renderings: [light, dark]\n#| fig-alt: A square\nfrom IPython.display import SVG\n"
    'square = \'<svg width="20" height="20" class="{}"><rect/></svg>\'\n'
    "for colour in ('black', 'white'):\n    display(SVG(square.format(colour)))",
}
URL = "/nbpress/2026/01/02/rich.html"
ORDER = "/nbpress/2026/01/04/order.html"
PLAIN = "/nbpress/2026/01/03/plain.html"
HOLOVIZ = "/nbpress/2026/01/05/holoviz.html"
STORED = Path(__file__).parent / "holoviz.ipynb"
"""What HoloViews and Panel, which are not installed here, have displayed."""


def by(name: str) -> int:
    """Return where the cell *name* stands among the code cells of the page."""
    return list(CELLS).index(name)


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the notebook in a blog with our theme and without our libraries, which the build has to bring."""
    source = site.copy_checkout(tmp_path_factory.mktemp("rich") / "blog", "_theme", "assets", "_config.yml", "pages")
    for name in ("plotly", "bokeh", "vega", "widgets"):
        shutil.rmtree(source / "assets/vendor" / name)
    (source / "_config.yml").write_text((source / "_config.yml").read_text("utf-8").replace("_bibliography", "_none"))
    files = {
        "_notebooks/2026-01-02-rich.ipynb": blogs.notebook(*map(blogs.code, CELLS.values()), title="Rich"),
        "_notebooks/2026-01-04-order.ipynb": blogs.notebook(
            *(blogs.code(CELLS[name]) for name in ("bokeh, table", "bokeh, formula")), title="Order"
        ),
        "_notebooks/2026-01-03-plain.ipynb": blogs.notebook(blogs.code("'plain'"), title="Plain"),
    }
    for name, content in files.items():
        blogs.write(source, {name: content, "_config.yml": (source / "_config.yml").read_text("utf-8")})
    shutil.copyfile(STORED, source / "_notebooks/2026-01-05-holoviz.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", "converter", "build"], cwd=source, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return source


@pytest.fixture(scope="module")
def address(blog: Path, tmp_path_factory: pytest.TempPathFactory, requires_jekyll: str) -> Iterator[str]:
    """Serve the blog and return the address of its first page."""
    built = site.build(blog, tmp_path_factory.mktemp("rich") / "host", requires_jekyll)
    assert built.status == 0, built.output
    with server.serving(built.host) as root:
        yield f"{root}{built.baseurl}/"


@pytest.fixture(scope="module")
def rich(browser: Browser, address: str) -> Iterator[Visit]:
    """Open the post once for all tests that change nothing another one looks at."""
    with window(browser, address) as visit:
        visit.open(URL)
        visit.page.wait_for_function("document.querySelectorAll('.widget-subarea').length === 7")
        visit.scroll_through()
        visit.rest()
        yield visit


def cell(visit: Visit, name: str) -> Locator:
    """Return the cell *name* of the page."""
    return visit.page.locator(".code_cell").nth(by(name))


def has_colours(drawing: Locator, number: int) -> bool:
    """Tell whether at least so many colours are to be seen in *drawing*, as soon as it is drawn."""

    def are_missing() -> bool:
        picture = Image.open(io.BytesIO(drawing.screenshot())).convert("RGB")
        return len(picture.getcolors(maxcolors=picture.width * picture.height) or ()) < number

    drawing.scroll_into_view_if_needed()
    return folders.ends(are_missing, 5)


def test_nothing_complains_and_nobody_else_is_asked(rich: Visit) -> None:
    assert rich.complaints == []
    assert rich.foreign == []


def test_every_library_is_loaded_once_from_the_site(rich: Visit) -> None:
    addresses = rich.page.evaluate("[...document.querySelectorAll('script[integrity]')].map((it) => it.src)")
    files = [address.partition("/nbpress/assets/vendor/")[2] for address in addresses]
    bokeh = ("bokeh.min.js", "bokeh-widgets.min.js", "bokeh-tables.min.js", "bokeh-mathjax.min.js")
    assert {"plotly/plotly.min.js", "vega/vega-embed.min.js", "widgets/embed.js"} < set(files)
    assert {f"bokeh/{name}" for name in bokeh} < set(files)
    assert len(files) == len(set(files))


def test_a_page_without_charts_loads_none(browser: Browser, address: str) -> None:
    with window(browser, address) as visit:
        page = visit.open(PLAIN)
        assert page.locator(".output_execute_result").inner_text().strip() == "'plain'"
        assert page.locator("script[src*='/vendor/']").count() == 0


@pytest.mark.parametrize("name", [name for name in CELLS if name.startswith("plotly") and "folded" not in name])
def test_plotly_draws(rich: Visit, name: str) -> None:
    """Whatever form the figure was stored in, three points and a title are on the page."""
    figure = cell(rich, name)
    expect(figure.locator(".scatterlayer .point")).to_have_count(3)
    expect(figure.locator(".gtitle")).to_have_text("Three points")
    assert has_colours(figure.locator(".js-plotly-plot"), 11)


def test_plotly_has_room_once_its_output_is_unfolded(rich: Visit) -> None:
    figure = cell(rich, "plotly, folded")
    figure.locator("summary").click()
    expect(figure.locator(".scatterlayer .point")).to_have_count(3)

    def is_narrow() -> bool:
        box = figure.locator(".main-svg").first.bounding_box()
        room = figure.locator(".plotly-graph-div").bounding_box()
        return not box or not room or box["width"] != pytest.approx(room["width"], abs=2)

    assert folders.ends(is_narrow, 5)


def test_plotly_draws_maps_from_outlines_of_the_site(rich: Visit) -> None:
    """Of countries, and of the states that a choropleth colours."""
    rich.page.locator(".layer.countries path[d]").first.wait_for(state="attached")
    expect(cell(rich, "map").locator(".scattergeo .point")).to_have_count(1)
    expect(cell(rich, "map, page").locator(".choroplethlayer path[d]")).to_have_count(1)


def test_the_posts_hold_no_library(blog: Path) -> None:
    """The HTML of Plotly brought 4.8 MB, which the page has once and elsewhere."""
    assert (blog / "_posts/2026-01-02-rich.html").stat().st_size < 250_000


@pytest.mark.parametrize("name", ["bokeh", "bokeh, formula", "bokeh, page"])
def test_bokeh_draws(rich: Visit, name: str) -> None:
    plot = cell(rich, name).locator(".bk-Figure")
    expect(plot).to_have_count(1)
    expect(plot.locator("canvas").first).to_be_attached()
    assert has_colours(plot, 11)


def test_bokeh_draws_formulas_below_its_tables(browser: Browser, address: str) -> None:
    """Controls and tables look for what writes formulas, too, and must not look too early."""
    with window(browser, address) as visit:
        page = visit.open(ORDER)
        page.locator(".bk-Figure").scroll_into_view_if_needed()
        expect(page.locator(".slick-cell", has_text="12")).to_have_count(1)
        page.wait_for_function("""() => {
            const all = (views) => views.flatMap((view) => [view, ...all(view.children_views?.() ?? [])]);
            return all([...Bokeh.index]).some((view) => view.model.text?.includes("alpha") && view.svg_image);
        }""")


def test_the_notice_of_bokeh_is_left_out(rich: Visit) -> None:
    assert "BokehJS" not in cell(rich, "bokeh").locator(".output").inner_text()


def test_bokeh_shows_tables(rich: Visit) -> None:
    expect(cell(rich, "bokeh, table").locator(".slick-cell", has_text="12")).to_have_count(1)


def test_controls_of_bokeh_move(rich: Visit) -> None:
    slider = cell(rich, "bokeh, controls").locator(".noUi-handle")
    slider.focus()
    rich.page.keyboard.press("ArrowRight")
    assert float(slider.get_attribute("aria-valuenow") or 0) > 3


def test_figures_of_holoviews_and_panel_are_drawn_from_the_site(browser: Browser, address: str) -> None:
    """Without a kernel, and without what their extensions load from elsewhere."""
    with window(browser, address) as visit:
        page = visit.open(HOLOVIZ)
        visit.scroll_through()
        page.locator(".bk-Slider").last.wait_for()
        cells = page.locator(".code_cell")
        assert cells.nth(0).locator(".output_area").count() == 0, "what only loads shows nothing"
        assert has_colours(cells.nth(1).locator(".bk-Figure"), 11)
        figure, handle = (cells.nth(2).locator(name) for name in (".bk-Figure", ".noUi-handle"))
        assert has_colours(figure, 3)
        handle.focus()
        first = figure.screenshot()
        page.keyboard.press("End")
        assert folders.ends(lambda: figure.screenshot() == first, 5)
        assert cells.nth(3).locator("strong").inner_text() == "bold"
        assert visit.complaints == []
        assert visit.foreign == []


@pytest.mark.parametrize("name", ["altair", "altair, data"])
def test_altair_draws(rich: Visit, name: str) -> None:
    chart = cell(rich, name).locator("svg")
    expect(chart.locator(".mark-rect path")).to_have_count(2)
    assert has_colours(chart, 6)
    assert cell(rich, name).get_by_role("figure", name="Bars").count() == 1


def test_tables_keep_their_looks(rich: Visit) -> None:
    assert cell(rich, "pandas").locator("table.dataframe tbody td").all_inner_texts() == ["1", "3", "2", "4"]
    style = "(it) => getComputedStyle(it).backgroundColor"
    found = cell(rich, "styler").locator("tbody td").evaluate_all(f"(all) => all.map({style})")
    assert [colour == "rgb(200, 100, 0)" for colour in found] == [False, False, True, True]


def test_pictures_and_texts_are_shown(rich: Visit) -> None:
    assert has_colours(cell(rich, "svg").locator("svg"), 2)
    expect(cell(rich, "latex").locator(".katex-html .mfrac")).to_have_count(1)
    expect(cell(rich, "latex, environment").locator(".katex-display .mtable")).to_have_count(1)
    expect(cell(rich, "latex, environment").locator(".katex")).to_have_count(2)
    assert cell(rich, "markdown").locator("em").inner_text() == "so"
    expect(cell(rich, "markdown").locator(".katex")).to_have_count(1)
    assert '"b": null' in cell(rich, "json").locator(".output_json").inner_text()
    assert '"coordinates"' in cell(rich, "geojson").locator(".output_json").inner_text()
    assert cell(rich, "javascript").locator(".output").inner_text().strip() == "42"


def test_parts_of_json_unfold(browser: Browser, address: str) -> None:
    """With the keyboard, and on paper all is there."""
    with window(browser, address) as visit:
        page = visit.open(URL)
        json = cell(visit, "json, big").locator(".output_json")
        row = json.locator("pre", has_text="999")
        assert json.locator("pre", has_text='"few"').is_visible()
        assert not row.is_visible()
        page.emulate_media(media="print")
        assert row.is_visible()
        page.emulate_media(media="screen")
        json.locator("summary", has_text="rows").focus()
        page.keyboard.press("Enter")
        assert row.is_visible()


def test_a_slider_moves(rich: Visit) -> None:
    slider = cell(rich, "slider").locator(".noUi-handle")
    expect(cell(rich, "slider").locator(".widget-readout")).to_have_text("3")
    slider.focus()
    rich.page.keyboard.press("ArrowRight")
    expect(cell(rich, "slider").locator(".widget-readout")).to_have_text("4")


def test_linked_widgets_move_together(rich: Visit) -> None:
    """In the browser, without the kernel, in one output or in two."""
    expect(cell(rich, "linked").locator(".widget-readout")).to_have_text(["2", "2"])
    expect(cell(rich, "linked, two").locator("input")).to_have_value("1")
    for name in ("linked", "linked, one"):
        cell(rich, name).locator(".noUi-handle").first.focus()
        rich.page.keyboard.press("ArrowRight")
    expect(cell(rich, "linked").locator(".widget-readout")).to_have_text(["3", "3"])
    expect(cell(rich, "linked, two").locator("input")).to_have_value("2")


def test_a_widget_shows_what_its_run_had_printed(rich: Visit) -> None:
    assert "5 squared is 25" in cell(rich, "interact").inner_text()


def test_a_widget_shows_widgets_that_were_displayed_in_it(rich: Visit) -> None:
    assert cell(rich, "recorded").locator(".widget-output b").inner_text() == "within"


def test_the_player_of_an_animation_has_signs_without_asking_for_them(rich: Visit) -> None:
    """Matplotlib's page would fetch a font from another site."""
    signs = cell(rich, "animation").locator("button > i")
    shown = signs.evaluate_all("(all) => all.map((it) => getComputedStyle(it, '::before').content)")
    assert len(shown) == 9
    assert "none" not in shown
    first = cell(rich, "animation").locator("img[id]").get_attribute("src")
    cell(rich, "animation").get_by_role("button", name="Next frame").click()
    assert cell(rich, "animation").locator("img[id]").get_attribute("src") != first


def test_an_ordinary_paragraph_looks_like_text(rich: Visit) -> None:
    """Only the line below a data frame, which says how large it is, is small."""
    size = "(it) => getComputedStyle(it).fontSize"
    body = rich.page.locator("main .post-body").evaluate(size)
    assert cell(rich, "note").locator(".output p").evaluate(size) == body


def test_buttons_have_their_icons(rich: Visit) -> None:
    """The font is that of the site."""
    assert cell(rich, "buttons").locator(".output button").inner_text().strip() == "Yes"
    assert cell(rich, "buttons").locator("b").inner_text() == "So it is"
    assert rich.page.evaluate(
        "[...document.fonts].some((it) => it.family.includes('Awesome') && it.status === 'loaded')"
    )


def test_sound_can_be_played(rich: Visit) -> None:
    audio = cell(rich, "audio").locator("audio")
    rich.page.wait_for_function("document.querySelector('audio').readyState > 0")
    assert audio.evaluate("(it) => it.duration") == pytest.approx(0.5)
    assert cell(rich, "video").locator("video[controls]").count() == 1


def test_the_same_run_gives_the_same_notebook(blog: Path, tmp_path: Path) -> None:
    """No id that a library has made up is left, neither in outputs nor in the state of widgets."""
    notebook = blog / "_notebooks/2026-01-02-rich.ipynb"
    again = shutil.copytree(blog, tmp_path / "again") / "_notebooks" / notebook.name
    build = [sys.executable, "-m", "converter", "build", "--execute", "always", str(again)]
    subprocess.run(build, cwd=tmp_path / "again", capture_output=True, check=True)
    assert again.read_bytes() == notebook.read_bytes()


def test_a_pair_of_figures_follows_the_colours_of_the_page(browser: Browser, address: str) -> None:
    """Those of the system, and the reader's choice before them."""
    with window(browser, address) as visit:
        page = visit.open(URL)
        seen = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            seen.append([cell(visit, "pair").locator(f"svg.{it}").is_visible() for it in ("black", "white")])
        page.get_by_role("button", name="Dark colours").click()
        seen.append([cell(visit, "pair").locator(f"svg.{it}").is_visible() for it in ("black", "white")])
        assert seen == [[True, False], [False, True], [True, False]]


def test_html_made_for_jupyter_takes_the_colours_of_the_page(browser: Browser, address: str) -> None:
    """Trees of xarray, for example, ask for them by the names that JupyterLab gives them."""
    with window(browser, address) as visit:
        visit.page.emulate_media(color_scheme="dark")
        visit.open(URL)
        place = cell(visit, "note").locator(".output p")
        place.evaluate("(it) => it.setAttribute('style', 'color: var(--jp-content-font-color0, rgba(0, 0, 0, 1))')")
        ink = place.evaluate("(it) => getComputedStyle(it).color.match(/[\\d.]+/g).slice(0, 3).map(Number)")
        assert sum(ink) > 500


def test_widgets_can_be_read_on_dark_paper(browser: Browser, address: str) -> None:
    with window(browser, address) as visit:
        visit.page.emulate_media(color_scheme="dark")
        page = visit.open(URL)
        label = page.locator(".output_widget .widget-label").first
        label.wait_for()
        ink = label.evaluate("(it) => getComputedStyle(it).color.match(/\\d+/g).slice(0, 3).map(Number)")
        assert sum(ink) > 500


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_stands_on_colours_of_the_author_can_be_read(
    browser: Browser, address: str, scheme: Literal["light", "dark"]
) -> None:
    """They were chosen on white paper, with dark ink."""
    with window(browser, address) as visit:
        visit.page.emulate_media(color_scheme=scheme)
        visit.open(URL)
        numbers = "(it, part) => getComputedStyle(it)[part].match(/[\\d.]+/g).slice(0, 3).map(Number)"
        places = (("styler", "table", "td"), ("styler", "table", "th"), ("painted", "p", "p"))
        for name, paper, ink in (*places, ("code", ".highlight pre", ".nf"), ("printed", "pre", "span")):
            behind = cell(visit, name).locator(f".output {paper}").first.evaluate(numbers, "backgroundColor")
            letters = cell(visit, name).locator(f".output {ink}").last.evaluate(numbers, "color")
            assert sum(behind) - sum(letters) > 400
