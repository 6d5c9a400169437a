"""Figures of HoloViews, hvPlot and Panel: their Bokeh documents, drawn by the libraries of the site, without a kernel.

What these libraries display counts on scripts that they have loaded from elsewhere before, and waits for a kernel.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from converter import charts
from converter.charts import Drawing

if TYPE_CHECKING:
    from collections.abc import Callable

_LOADER = re.compile(r'\s*<script type="esms-options">|\s*<div class="logo-block">')
"""How the HTML begins that an extension displays when it is loaded."""
_DOCUMENTS = re.compile(r"\bdocs_json\s*=\s*")
_ITEMS = re.compile(r"\brender_items\s*=\s*")
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_OURS = "panel.models."
_KERNEL = frozenset({"panel.models.browser.BrowserInfo", "panel.models.comm_manager.CommManager"})
"""Roots that nobody sees: they tell a kernel what happens in the page."""
_LOADED = re.compile(
    r"panel\.models\.(ace|deckgl|echarts|esm|file_dropper|ipywidget|jsoneditor|katex|modal|perspective|plotly|quill"
    r"|reactive_esm|tabulator|terminal|vega|vizzu|vtk)\w*\."
)
"""What Panel draws with a library of somebody else's, which it fetches from elsewhere."""
_SHEET = re.compile(r'https://cdn\.holoviz\.org/panel/[^/"]+/dist/([\w./-]+)(?:\?[^"]*)?')
_NO_SHEET = "data:text/css,"
_NAME = re.compile(r'"name": "([\w.]+)"')


def of_html(text: str, sheet: Callable[[str], str]) -> Drawing | None:
    """Return the figure that the HTML output *text* draws; None if it draws none of these libraries.

    *sheet* gives the address of a style sheet of Panel, by its path within Panel; empty if the site does not have it.
    """
    if _LOADER.match(text):
        return Drawing(template="")
    if "Bokeh.Panel" not in text:  # asked first: the patterns take their time with megabytes of a chart
        return None
    documents, items = _value(text, _DOCUMENTS), _value(text, _ITEMS)
    if not isinstance(documents, dict) or not isinstance(items, list):
        return None
    if not all(map(_is_of_bokeh_3, documents.values())):
        return None
    kept = {name: _without_kernel(document) for name, document in documents.items()}
    if not any(document["roots"] for document in kept.values()):
        return Drawing(template="")
    written = json.dumps(kept, ensure_ascii=False)
    if loaded := _LOADED.search(written):
        fault = f"it needs {loaded[1]}, which Panel would load from elsewhere; show it without Panel"
        return Drawing(template="", fault=fault)
    has_panel = _OURS in written
    written = _SHEET.sub(lambda found: (has_panel and sheet(found[1])) or _NO_SHEET, written)
    place = text[: found.start()] if (found := _SCRIPT.search(text)) else text
    values = ", ".join(charts.json_in_script(it, keeps_order=True) for it in (json.loads(written), items))
    needs = (*charts.bokeh_parts(written), *(["panel"] if has_panel else []))
    script = f'<script type="module">Bokeh.embed.embed_items_notebook({values});</script>'
    return Drawing(template="html", html=place + script, needs=needs)


def _value(text: str, before: re.Pattern[str]) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON value in *text* that stands behind *before*; None if there is none."""
    found = before.search(text)
    return charts.first_json(text, found.end()) if found else None


def _is_of_bokeh_3(document: object) -> bool:
    """Tell whether *document* lists its roots, which it named in an object before Bokeh 3."""
    roots = document.get("roots") if isinstance(document, dict) else None
    return isinstance(roots, list) and all(isinstance(root, dict) for root in roots)


def _without_kernel(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document* without what talks to a kernel, and without definitions of models that it does not use."""
    roots = [root for root in document["roots"] if str(root.get("name")) not in _KERNEL]
    used = set(_NAME.findall(json.dumps(roots)))
    defined = document.get("defs")
    models = [model for model in defined if isinstance(model, dict)] if isinstance(defined, list) else []
    definitions = [model for model in models if str(model.get("name")) in used]
    return {**document, "roots": roots, "defs": definitions}
