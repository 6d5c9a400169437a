"""Outputs of a code cell → what a template lays out: of each the best MIME type that can be shown."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from converter import (
    charts,
    folds,
    highlight,
    holoviz,
    images,
    inset,
    liquid,
    markdown,
    mathml,
    runtimes,
    streams,
    widgets,
)
from converter.markup import styles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

    from converter.config import Config
    from converter.model import Asset, Source
    from converter.views import View

_VEGA = (*(f"vegalite.v{version}" for version in (6, 5, 4, 3, 2)), *(f"vega.v{version}" for version in (6, 5, 4, 3)))
PRIORITY: Mapping[str, str] = {
    widgets.VIEW: "widget",
    "application/vnd.plotly.v1+json": "plotly",
    "application/vnd.bokehjs_exec.v0+json": "bokeh",
    "application/vnd.bokehjs_load.v0+json": "loader",
    "application/vnd.holoviews_load.v0+json": "loader",
    **{f"application/vnd.{version}{suffix}": "vega" for version in _VEGA for suffix in ("+json", ".json")},
    "text/html": "html",
    "text/markdown": "markdown",
    "image/svg+xml": "svg",
    "text/latex": "latex",
    "image/png": "image",
    "image/jpeg": "image",
    "image/webp": "image",
    "image/gif": "image",
    "application/javascript": "javascript",
    "application/json": "json",
    "application/geo+json": "json",
    "text/plain": "text",
}
"""Which MIME type of a bundle is shown, best first, and the template that shows it."""

_XML_PROLOG = re.compile(r"\A\s*(?:<\?xml.*?\?>\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_DELIMITERS = (("\\(", "\\)"), ("\\[", "\\]"))
_DISPLAYED = re.compile(r"\$\$[^$]++\$\$")
"""A formula in HTML, in delimiters that mean nothing else; single dollars in tables are money more often than not."""
_ONE_FORMULA = re.compile(
    r"\s*(?:\$\$[^$]+\$\$|\$[^$]+\$|\\\[(?:(?!\\\]).)+\\\]|\\\((?:(?!\\\)).)+\\\)"
    r"|\\begin\{(?P<name>[^{}]+)\}(?:(?!\\end\{(?P=name)\}).)*\\end\{(?P=name)\})\s*",
    re.DOTALL,
)
"""LaTeX that is a formula from beginning to end, without words around it."""
_OPAQUE = re.compile(r"<(script|style|pre|code|textarea)\b.*?(?:</\1\s*>|\Z)|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_NO_STATE = "An interactive widget stood here; the notebook does not hold its state."
_NO_RUNTIME = "An interactive widget stood here; it works in the notebook only."
_NO_ALT = "a figure has no text for those who do not see it; give it a title, or say what it shows: #| fig-alt: …"
_FIGURES = frozenset({"image", "svg"})
_RENDERED = _FIGURES | {"html", "plotly", "vega"}
_DRAWN = frozenset({"bokeh", "plotly", "vega"})
_WITH_NAME = frozenset({"javascript", "plotly", "vega"})
_ACTS = frozenset({"bokeh", "javascript", "widget"})
"""What runs code of the notebook's author in the page; not shown under `sanitize`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output, ready for its template."""

    template: str
    """Which template lays it out: `stream`, `text`, `html`, `image`, `error`, …"""
    html: str = ""
    """Its content, safe to stand in a `{% raw %}` block."""
    parts: tuple[str | folds.Fold, ...] = ()
    """The content of JSON that is long: its lines, and folds of them."""
    css_class: str = ""
    """`output_execute_result`, `output_stdout`, …; empty for a plain display."""
    suffix: str = ""
    """Of an image: `png` or `jpeg`, as in its class."""
    url: str = ""
    width: int | None = None
    height: int | None = None
    alt: str = ""
    caption: str = ""
    name: str = ""
    """An id that comes from the content."""
    has_math: bool = False
    asset: Asset | None = None
    needs: tuple[str, ...] = ()
    """Names of the libraries that draw it."""
    is_instant: bool = False
    """Whether scripts of its own call them as soon as they are read."""
    scripts: tuple[runtimes.Script, ...] = ()
    """Those that the page has not loaded above."""


@dataclass(slots=True, kw_only=True)
class Names(inset.Shared):
    """The names that a post has used so far, which no two things of a page may share, and what else outputs share."""

    contents: Counter[str] = field(default_factory=Counter)
    """How often each output that has a name has been shown."""
    models: Mapping[str, Any] = field(default_factory=dict)
    """The widget models that the notebook has stored."""
    views: list[str] = field(default_factory=list)
    """The models that the post shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an output stands: what all that is said of it depends on."""

    view: View
    source: Source
    config: Config
    names: Names


def of_cell(cell: NotebookNode, view: View, source: Source, config: Config, names: Names) -> tuple[Output, ...]:
    """Return the outputs of *cell* as the post shows them; *names* are those the post has used so far."""
    if not cell["outputs"]:
        return ()
    place = _Place(view=view, source=source, config=config, names=names)
    shown = [_output(output, place) for output in streams.joined(cell.outputs)]
    found = [_with_name(output, names.contents) for output in shown if output is not None]
    figures = [i for i, output in enumerate(found) if output.template in _FIGURES]
    rendered = [i for i, output in enumerate(found) if output.template in _RENDERED] if view.renderings else []
    for i, scheme in zip(rendered, view.renderings, strict=False):
        found[i] = replace(found[i], css_class=f"{found[i].css_class} {scheme}-content".lstrip())
    if view.caption and figures:
        found[figures[0]] = replace(found[figures[0]], caption=_text(view.caption))
    if not all(found[i].alt or found[i].caption for i in figures):
        names.find("image-alt", _NO_ALT)
    return tuple(found)


def _output(output: NotebookNode, place: _Place) -> Output | None:
    """Return one output; None if there is nothing to show."""
    match output.output_type:
        case "stream":
            return Output(
                template="stream",
                html=streams.preformatted(streams.without_place(output.text)),
                css_class=_text(f"output_{output.name}"),
            )
        case "error":
            text = streams.as_html(streams.without_home(streams.traceback(output)))
            return Output(template="error", html=text) if text else None
        case _:
            result = "output_execute_result" if output.output_type == "execute_result" else ""
            found = _bundle(output, place)
            return replace(found, css_class=result) if found and result else found


def _bundle(output: NotebookNode, place: _Place) -> Output | None:
    """Return the best representation of a mimebundle that can be shown."""
    data = output.data
    for mimetype, kind in PRIORITY.items():
        payload = data.get(mimetype)
        # A widget's text is the code that makes it, or a progress bar at its start.
        if payload is None or (kind == "text" and widgets.VIEW in data):
            continue
        if place.config.sanitize and kind in _ACTS:
            continue
        # What was shown is nothing, or what only loads a library; the text beside it names the object.
        if kind == "loader" or (payload == "" and kind not in ("bokeh", "image")):
            return None
        if kind == "widget":
            found = _widget(output, place.names)
        elif kind in _DRAWN:
            found = _drawn(_chart(kind, payload, output), place)
        elif kind == "image":
            found = _image(mimetype, str(payload), output, place)
        else:
            found = _rich(kind, payload, output, place)
        if found is not None:
            return found if found.template else None
    return _missing(output, place.names)


def _missing(output: NotebookNode, names: Names) -> Output | None:
    """Note that nothing in the mimebundle of *output* can be shown, and return what a reader is told of it."""
    package = widgets.foreign(names.models, widgets.shown(output))
    if package:
        message = f"a widget of {package} cannot be shown, as pages know those of ipywidgets only"
        names.find("output-shown", f"{message}; display it as HTML or as an image, too")
        return Output(template="missing", html=_NO_RUNTIME)
    if widgets.VIEW in output.data:
        message = "a widget cannot be shown, as the notebook does not hold its state; run the notebook"
        names.find("output-shown", message)
        return Output(template="missing", html=_NO_STATE)
    if output.data:
        types = ", ".join(sorted(output.data))
        message = f"an output cannot be shown, as it holds only {types}; display it as HTML or as an image, too"
        names.find("output-shown", message)
    return None


def _chart(kind: str, payload: object, output: NotebookNode) -> charts.Drawing | None:
    """Return the chart of a *kind* that *payload* describes, or for Bokeh the script beside it in *output*."""
    if kind == "bokeh":
        return charts.bokeh(str(output.data.get("application/javascript") or ""))
    return charts.vega(payload) if kind == "vega" else charts.plotly(payload)


def _widget(output: NotebookNode, names: Names) -> Output | None:
    """Return the view of a widget; None if the page could not draw it."""
    model = widgets.shown(output)
    if not widgets.is_drawn(names.models, model):
        return None
    names.views.append(model)
    view = charts.json_in_script({"version_major": 2, "version_minor": 0, "model_id": model})
    return Output(template="widget", html=view, needs=("widgets",))


def _drawn(drawing: charts.Drawing | None, place: _Place) -> Output | None:
    """Return what a script draws as an output; None if there is no *drawing*."""
    if drawing is None:
        return None
    if drawing.fault:
        place.names.find("output-shown", f"a chart cannot be shown: {drawing.fault}")
    url = runtimes.outlines_url(place.config) if drawing.outlines else ""
    place.names.assets |= {asset.path: asset for asset in runtimes.outlines(drawing.outlines if url else ())}
    return Output(
        template=drawing.template,
        html=drawing.html,
        url=url,
        needs=drawing.needs,
        is_instant=drawing.is_instant,
        height=drawing.height,
        alt=_text(place.view.alt or drawing.alt),
    )


def _rich(kind: str, payload: Any, output: NotebookNode, place: _Place) -> Output | None:  # noqa: ANN401
    """Return a representation that is text."""
    if kind == "json":
        return Output(template=kind, html=streams.as_html(folds.written(payload)), parts=folds.of_json(payload))
    if kind == "javascript":
        return Output(template=kind, html=charts.in_script(str(payload)))
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    if kind == "text":
        return Output(template=kind, html=streams.preformatted(streams.without_home(streams.terminal(text))))
    if kind == "latex":
        return _latex(text, place.config)
    if kind == "markdown":
        return _markdown(text, place)
    return _drawing(text, output, place) if kind == "svg" else _html(text, place)


def _drawing(text: str, output: NotebookNode, place: _Place) -> Output:
    """Return an SVG drawing, within the page or, from strangers, as a file, in which browsers run no script."""
    alt = _text(_alt(output, place.view))
    if not place.config.sanitize:
        piece = inset.of_output(_XML_PROLOG.sub("", text, count=1), place.source, place.config, place.names)
        return Output(template="svg", html=piece.html, name=piece.name, alt=alt)
    image = images.held(text.encode("utf-8", "replace"), ".svg", place.source, place.config)
    width, height = image.size or (None, None)
    url = _text(image.url)
    return Output(template="image", suffix="svg", url=url, width=width, height=height, alt=alt, asset=image.asset)


def _html(text: str, place: _Place) -> Output | None:
    """Return HTML, or the chart that it draws; None if nothing of it may act, and it consists of that."""
    sheets = functools.partial(runtimes.beside, "panel", config=place.config)
    drawn = _drawn(holoviz.of_html(text, sheets) or charts.of_html(text), place)
    if drawn is not None and drawn.template != "html":
        return drawn
    if drawn is not None and place.config.sanitize:
        return None
    piece = inset.of_output(drawn.html if drawn else text, place.source, place.config, place.names)
    has_math = ("$" in text or "\\" in text) and _has_formula(_OPAQUE.sub("", text))
    html = charts.where_outlines_are(drawn.url) + piece.html if drawn and drawn.url else piece.html
    return replace(drawn or Output(template="html"), html=html, name=piece.name, has_math=has_math)


def _has_formula(text: str) -> bool:
    """Tell whether there is a formula in *text*, in one look at each delimiter."""
    for opening, closing in _DELIMITERS:
        start, end = text.find(opening), 0
        while start >= 0 and end >= 0:
            start += len(opening)
            end = text.find(closing, start)
            if end > start:
                return True
            start = text.find(opening, start)
    return _DISPLAYED.search(text) is not None


def _markdown(text: str, place: _Place) -> Output:
    """Return Markdown that code has displayed."""
    names = place.names
    made = markdown.fragment(text, place.source, place.config, names.headings)
    names.assets |= {asset.path: asset for asset in made.assets}
    names.files |= set(made.files)
    names.findings += [replace(it, line=None, message=f"in an output, {it.message}") for it in made.findings]
    name = inset.root(made.html[0], names.headings)
    html = styles.kept_to(f"#{name}", made.html[0])
    return Output(template="markdown", html=liquid.alive_in_raw(html), name=name, has_math=made.has_math)


def _latex(text: str, config: Config) -> Output:
    """Return a formula that code has displayed."""
    element = mathml.formula(text) if config.math == "mathml" and _ONE_FORMULA.fullmatch(text) else None
    if element:
        return Output(template="html", html=liquid.defuse_in_raw(element))
    return Output(template="latex", html=streams.as_html(text), has_math=True)


def _alt(output: NotebookNode, view: View, asked: Mapping[str, Any] | None = None) -> str:
    """Return the text for those who do not see *output*: its author's, else what the figure itself says."""
    return str(view.alt or (asked or {}).get("alt") or output.metadata.get("alt") or "")


def _image(mimetype: str, payload: str, output: NotebookNode, place: _Place) -> Output | None:
    """Return a picture, as a file of its own or within the page; None if its data is broken."""
    content = images.decoded(payload)
    if not content:
        return None
    image = images.held(content, images.SUFFIXES[mimetype], place.source, place.config)
    asked = output.metadata.get(mimetype) or {}
    asked = asked if isinstance(asked, dict) else {}
    width, height = _pixels(asked.get("width")), _pixels(asked.get("height"))
    if image.size and not (width or height):
        width, height = image.size
    elif image.size and not height and width:
        height = round(image.size[1] * width / image.size[0])
    elif image.size and not width and height:
        width = round(image.size[0] * height / image.size[1])
    inline = place.config.inline_images
    data = f"data:{mimetype};base64,{''.join(payload.split())}"
    return Output(
        template="image",
        suffix=mimetype.partition("/")[2],
        url=data if inline else _text(image.url),
        width=width,
        height=height,
        alt=_text(_alt(output, place.view, asked)),
        asset=None if inline else image.asset,
    )


def _text(text: str) -> str:
    """Return *text* of an author's as HTML for a `{% raw %}` block."""
    return liquid.defuse_in_raw(highlight.escape(text))


def _pixels(value: object) -> int | None:
    """Return a length that an output's metadata asks for."""
    try:
        return max(round(float(str(value).removesuffix("px"))), 0) or None
    except (ValueError, OverflowError):
        return None


def _with_name(output: Output, seen: Counter[str]) -> Output:
    """Return *output* with a name that comes from its content, and differs where two outputs of a post are equal."""
    if output.template not in _WITH_NAME:
        return output
    seen[output.html] += 1
    digest = _digest(output.html if seen[output.html] == 1 else f"{output.html}{seen[output.html]}")
    return replace(output, name=f"output-{digest[:16]}")


def _digest(text: str) -> str:
    """Return the SHA-256 of *text* as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
