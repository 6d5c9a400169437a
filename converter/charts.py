"""Charts: from what Plotly, Bokeh and Vega have stored to what their libraries draw, and which of these that takes."""

from __future__ import annotations

import html
import itertools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter import liquid

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDS_SCRIPT = re.compile(r"<(/script|!--)", re.IGNORECASE)
"""What would end a script early, or keep it from ending."""
_PLOTLY_HEIGHT = 450
"""Pixels that Plotly gives to a figure which does not say."""
_MAPS = frozenset({"choropleth", "scattergeo"})
"""What Plotly draws over outlines that come in files of their own, one for each scope and resolution."""
_MAP = re.compile(r'"type":\s*"(?:choropleth|scattergeo)"')
_PLOT = re.compile(r"""\bPlotly\.(?:newPlot|react|plot)\(\s*(?:"[^"]*"|'[^']*')\s*,\s*""")
"""What stands before the traces of a figure in a script."""
_SCOPE = re.compile(r'"scope":\s*"([a-z ]+)"')
_RESOLUTION = re.compile(r'"resolution":\s*(50|110)\b')
_BOKEH = "3"
"""The major version of Bokeh whose documents the runtime reads."""
_BOKEH_VERSION = re.compile(r'"version":\s*"(\d+)(\.[\w.]+)"')
_MODEL = re.compile(r'"name":\s*"(\w+)"')
_BOKEH_TEX = re.compile(r'\$\$|\\\\\(|\\\\\[|"name":\s*"(?:TeX|MathML|Ascii)"')
_BOKEH_TABLES = frozenset({"DataTable", "DataCube"})
_BOKEH_WIDGETS = frozenset(
    {
        *("AutocompleteInput", "Button", "CategoricalSlider", "Checkbox", "CheckboxButtonGroup", "CheckboxGroup"),
        *("ColorPicker", "DatePicker", "DateRangePicker", "DateRangeSlider", "DateSlider", "DatetimePicker"),
        *("DatetimeRangePicker", "DatetimeRangeSlider", "Div", "Dropdown", "FileInput", "HelpButton", "Markdown"),
        *("MultiChoice", "MultiSelect", "MultipleDatePicker", "MultipleDatetimePicker", "NumericInput"),
        *("PaletteSelect", "Paragraph", "PasswordInput", "PreText", "Progress", "RadioButtonGroup", "RadioGroup"),
        *("RangeSlider", "Select", "Slider", "Spinner", "Switch", "TextAreaInput", "TextInput", "TimePicker"),
        *("Toggle", "ToggleButtonGroup"),
    }
)
_BOKEH_BANNER = re.compile(
    r'class="bk-(?:notebook-)?logo\b.{0,2000}?(?:Loading BokehJS|successfully loaded)', re.DOTALL
)
_ALTAIR = re.compile(r'<div id="altair-viz-[\w-]*"></div>\s*<script.{0,8000}?\n\s{0,80}\}\)\((?=\{)', re.DOTALL)

_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<code>.*?)(?:</script\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_SOURCE = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_LOADED: Mapping[str, re.Pattern[str]] = {
    "plotly": re.compile(r"cdn\.plot\.ly/plotly|/plotly\.js|/plotly(?:-[a-z]+)*(?:-[\d.]+)?(?:\.min)?(?:\.js)?$"),
    "bokeh": re.compile(r"/bokeh-?(?:\d[\w.]*?)?(?:\.min)?\.js"),
    "bokeh-widgets": re.compile(r"/bokeh-widgets-?(?:\d[\w.]*?)?(?:\.min)?\.js"),
    "bokeh-tables": re.compile(r"/bokeh-tables-?(?:\d[\w.]*?)?(?:\.min)?\.js"),
    "bokeh-gl": re.compile(r"/bokeh-gl-?(?:\d[\w.]*?)?(?:\.min)?\.js"),
    "bokeh-mathjax": re.compile(r"/bokeh-mathjax-?(?:\d[\w.]*?)?(?:\.min)?\.js"),
    "vega": re.compile(r"/vega(?:@[\d.]+)?(?:/|$|\?)|/vega(?:\.min)?\.js"),
    "vega-lite": re.compile(r"/vega-lite(?:@[\d.]+)?(?:/|$|\?)"),
    "vega-embed": re.compile(r"/vega-embed(?:@[\d.]+)?(?:/|$|\?)"),
}
"""How the addresses look under which outputs load the libraries from elsewhere."""
_MATHJAX = re.compile(r"mathjax", re.IGNORECASE)
_PLOTLY_ITSELF = re.compile(r"\s*/\*\*\s*\* plotly\.js v")
_PLOTLY_MODULE = re.compile(r"""\s*import\s*["'][^"']*cdn\.plot\.ly/plotly[^"']*["'];?\s*""")
_PLOTLY_REQUIRED = re.compile(r"""require\(\[["']plotly["']\],\s*(?=function\s*\(Plotly\))""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What a page needs to show an output that a script draws."""

    template: str
    """Which template lays it out; empty if the output has nothing to show."""
    html: str = ""
    """What the template is given: JSON or a script for a `{% raw %}` block, or HTML."""
    needs: tuple[str, ...] = ()
    """Names of libraries."""
    is_instant: bool = False
    """Whether its own scripts call them as soon as they are read."""
    outlines: tuple[str, ...] = ()
    """Names of the files with the outlines of maps."""
    height: int | None = None
    """Pixels that it will take, where that is known."""
    alt: str = ""
    """The title of the chart."""
    fault: str = ""
    """Why it cannot be drawn."""


def vega(payload: object) -> Drawing | None:
    """Return the chart of a Vega or Vega-Lite specification; None if *payload* is none."""
    spec = _parsed(payload)
    script = json_in_script(spec) if isinstance(spec, dict) else ""
    return Drawing(template="vega", html=script, needs=("vega-embed",), alt=_title(spec)) if script else None


def plotly(payload: object) -> Drawing | None:
    """Return the figure that *payload* describes; None if it describes none."""
    figure = _parsed(payload)
    if not isinstance(figure, dict) or not isinstance(figure.get("data"), list):
        return None
    layout = figure.get("layout")
    height = layout.get("height") if isinstance(layout, dict) else None
    return Drawing(
        template="plotly",
        html=json_in_script(figure),
        needs=("plotly",),
        outlines=_outlines(json.dumps(layout)) if any(_is_map(trace) for trace in figure["data"]) else (),
        height=round(height) if isinstance(height, int | float) and height > 0 else _PLOTLY_HEIGHT,
        alt=_title(layout),
    )


def bokeh(script: str) -> Drawing:
    """Return the document that *script* embeds."""
    version = _BOKEH_VERSION.search(script)
    if version and version[1] != _BOKEH:
        fault = f"it was made by Bokeh {version[1]}{version[2]}, whose charts Bokeh {_BOKEH} cannot draw; run it again"
        return Drawing(template="", fault=fault)
    return Drawing(template="bokeh", html=in_script(script), needs=bokeh_parts(script))


def of_html(text: str) -> Drawing | None:
    """Return what draws the HTML output *text*; None if it is HTML and nothing else.

    Libraries that it would load from elsewhere, or holds itself, are those of the site instead. A chart of Altair
    is read out of the script that would fetch them.
    """
    lower = text.lower()
    if "bokehjs" in lower and _BOKEH_BANNER.search(text):
        return Drawing(template="")
    if "<script" not in lower:
        return None
    altair = _ALTAIR.search(text) if "altair-viz" in text else None
    if altair:
        return vega(first_json(text, altair.end()))
    needs: dict[str, None] = {}
    kept = _SCRIPT.sub(lambda found: _without_library(found, needs), text)
    if "require([" in kept and _PLOTLY_REQUIRED.search(kept):
        needs["plotly"] = None
        kept = _PLOTLY_REQUIRED.sub("((_, use) => use(window.Plotly))(0, ", kept)
    if not needs:
        return None
    outlines = _outlines(kept) if "plotly" in needs and _draws_map(kept) else ()
    return Drawing(template="html", html=kept, needs=tuple(needs), is_instant=True, outlines=outlines)


def where_outlines_are(url: str) -> str:
    """Return the script that tells Plotly the folder in which the outlines of maps are."""
    return f"<script>Plotly.setPlotConfig({{topojsonURL: {json_in_script(url)}}});</script>\n"


def json_in_script(value: object, *, keeps_order: bool = False) -> str:
    """Return *value* as JSON for a `<script>`; it can end neither the element nor the `{% raw %}` block.

    Keys are sorted unless it *keeps_order*: in a document of Bokeh a model is written out where it comes first.
    """
    text = json.dumps(value, sort_keys=not keeps_order, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--").replace("{%", "{\\u0025")


def in_script(code: str) -> str:
    """Return JavaScript for a `<script>`; it can end neither the element nor the `{% raw %}` block."""
    last = code.lower().rfind("<script")

    def escaped(found: re.Match[str]) -> str:  # a comment hides the end of the element if a script begins in it
        return f"<\\{found[1]}" if found[1] != "!--" or found.start() < last else found[0]

    return liquid.defuse_script_in_raw(_ENDS_SCRIPT.sub(escaped, code))


def _is_map(trace: object) -> bool:
    """Tell whether Plotly needs outlines for *trace*."""
    return isinstance(trace, dict) and trace.get("type") in _MAPS


def _draws_map(page: str) -> bool:
    """Tell whether a figure in the HTML *page* may be a map; its template, which most bring along, names them, too."""
    if not _MAP.search(page):
        return False
    drawn = [first_json(page, found.end()) for found in _PLOT.finditer(page)]
    known = [traces for traces in drawn if isinstance(traces, list)]
    return not known or len(known) < len(drawn) or any(map(_is_map, itertools.chain(*known)))


def _outlines(layout: str) -> tuple[str, ...]:
    """Return the names of all outlines that a map with this *layout*, or a page that holds it, may ask for."""
    scopes = {"world", *(scope.replace(" ", "-") for scope in _SCOPE.findall(layout))}
    return tuple(
        f"{scope}_{size}m" for scope in sorted(scopes) for size in sorted({"110", *_RESOLUTION.findall(layout)})
    )


def _without_library(script: re.Match[str], needs: dict[str, None]) -> str:
    """Return the element *script* unless it loads or is a library, which is added to *needs* then."""
    source = _SOURCE.search(script["attributes"])
    if source is None:
        if _PLOTLY_ITSELF.match(script["code"]) or _PLOTLY_MODULE.fullmatch(script["code"]):
            needs["plotly"] = None
            return ""
        return script[0]
    address = html.unescape(source[1])
    for name, pattern in _LOADED.items():
        if pattern.search(address):
            needs[name] = None
            return ""
    # Plotly brings MathJax along for formulas in titles, from another site.
    return "" if _MATHJAX.search(address) and "plotly" in script.string.lower() else script[0]


def bokeh_parts(script: str) -> tuple[str, ...]:
    """Return the parts of BokehJS that the models in *script* are in."""
    models = set(_MODEL.findall(script))
    parts = {
        "bokeh": True,
        "bokeh-widgets": not models.isdisjoint(_BOKEH_WIDGETS),
        "bokeh-tables": not models.isdisjoint(_BOKEH_TABLES),
        "bokeh-gl": '"webgl"' in script,
        "bokeh-mathjax": bool(_BOKEH_TEX.search(script)),
    }
    return tuple(name for name, is_used in parts.items() if is_used)


def _parsed(payload: object) -> Any:  # noqa: ANN401 - any JSON
    """Return *payload*, perhaps JSON as text; None if it is none."""
    try:
        return json.loads(payload) if isinstance(payload, str) else payload
    except ValueError:
        return None


def first_json(text: str, start: int) -> Any:  # noqa: ANN401 - any JSON
    """Return the value that begins at *start* of *text*; None if none does."""
    try:
        return json.JSONDecoder().raw_decode(text, start)[0]
    except ValueError:
        return None


def _title(holder: object) -> str:
    """Return the title in a specification or layout, without the markup that Plotly allows there."""
    title = holder.get("title") if isinstance(holder, dict) else ""
    title = title.get("text") if isinstance(title, dict) else title
    lines = title if isinstance(title, list) else [title]
    text = " ".join(line for line in lines if isinstance(line, str))
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", " ", text)).split())
