"""Notebook → Post: cells and outputs through the templates, under a banner and front matter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from converter import (
    charts,
    discover,
    front_matter,
    highlight,
    inset,
    jumps,
    liquid,
    markdown,
    outputs,
    posts,
    runtimes,
    templating,
    widgets,
)
from converter.errors import RenderError
from converter.markup.ids import Taken
from converter.model import Asset, Finding, FrontMatter, Post, Source
from converter.views import Show

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from converter.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """A cell as the template of the post sees it."""

    kind: str
    html: str = ""
    """Of a text or raw cell."""
    code: str = ""
    """Highlighted lines; empty if the input is hidden."""
    language: str = ""
    input: str = ""
    """`shown`, `hidden`, `closed` or `open`."""
    output: str = ""
    outputs: tuple[outputs.Output, ...] = ()
    name: str = ""
    """The id that its author's label gives it."""


def post(nb: NotebookNode, matter: FrontMatter, source: Source, config: Config) -> Post:
    """Return the post that the transformed notebook *nb* becomes.

    Raises `RenderError` if a template fails, and `PostNameError` if neither name nor front matter has a date.
    """
    path = discover.post_path(source, matter.date, config)
    templating.refresh(config)
    try:
        text_cells = markdown.render(nb, source, matter, config)
        names = outputs.Names(headings=Taken(text_cells.ids), models=widgets.state_of(nb))
        language = _language(nb)
        cells: list[_Cell] = []
        findings = list(text_cells.findings)
        for index, cell in enumerate(nb.cells):
            if cell["cell_type"] != "code":
                cells.append(_text_cell(cell, text_cells.html.get(index, ""), source, config, names))
                findings += _placed(names, cell, source)
                continue
            view = cell.metadata.nbpress["view"]
            cells.append(_code_cell(cell, language, outputs.of_cell(cell, view, source, config, names), names))
            findings += _placed(names, cell, source)
        cells = [cell for cell in cells if cell.kind == "code" or cell.html.strip()]  # notes may be all of a cell
        cells = _with_scripts(cells, config)
        shown = [output for cell in cells for output in cell.outputs]
        if text_cells.has_math or any(output.has_math for output in shown):
            matter = front_matter.add(matter, "use_math", value=True)
        text = templating.render(
            config,
            "post.html.j2",
            front_matter=front_matter.block(matter),
            banner=posts.BANNER,
            nb_path=source.path,
            cells=cells,
            notes=text_cells.notes,
            widgets=_widgets(names, config),
            references=text_cells.references,
        )
        findings += jumps.dead(text_cells.jumps, text, names.headings, source, config, names.files)
    except RenderError as error:
        error.source = source.path
        raise
    assets: dict[object, Asset] = {asset.path: asset for asset in text_cells.assets}
    assets |= {asset.path: asset for asset in names.assets.values()}
    assets |= {output.asset.path: output.asset for output in shown if output.asset}
    needed = runtimes.with_needs({name for output in shown for name in output.needs})
    assets |= {asset.path: asset for asset in runtimes.assets(needed, config)}
    return Post(
        path=path,
        text=text,
        source=source,
        assets=tuple(assets.values()),
        files=tuple(sorted(names.files.union(text_cells.files))),
        findings=tuple(findings),
    )


def _placed(names: outputs.Names, cell: NotebookNode, source: Source) -> list[Finding]:
    """Return what *names* says of *cell*, which is forgotten there."""
    if not names.findings:
        return []
    number = cell.metadata.nbpress.number
    found = [replace(finding, source=source.path, cell=number) for finding in names.findings]
    names.findings.clear()
    return found


def _with_scripts(cells: list[_Cell], config: Config) -> list[_Cell]:
    """Return *cells* with the scripts that load each library, and its extensions, at the first output that needs it.

    A library has to be there at once if any output of the page asks for it while the page is read.
    """
    shown = [output for cell in cells for output in cell.outputs]
    page = {name for output in shown for name in output.needs}
    if not page:
        return cells
    instant = runtimes.together({name for output in shown if output.is_instant for name in output.needs}, page)
    loaded: set[str] = set()

    def scripts(output: outputs.Output) -> outputs.Output:
        fresh = [name for name in runtimes.together(output.needs, page) if name not in loaded]
        loaded.update(fresh)
        made = tuple(runtimes.script(name, config, waits=name not in instant) for name in fresh)
        return replace(output, scripts=made) if made else output

    return [replace(cell, outputs=tuple(map(scripts, cell.outputs))) for cell in cells]


def _widgets(names: outputs.Names, config: Config) -> dict[str, str] | None:
    """Return what the widgets of a page share: their state, and where the runtime finds its fonts."""
    if not names.views:
        return None
    state = charts.json_in_script(widgets.page_state(names.models, names.views))
    return {"state": state, "folder": runtimes.folder("widgets", config)}


def _text_cell(cell: NotebookNode, html: str, source: Source, config: Config, names: outputs.Names) -> _Cell:
    """Return a Markdown cell, rendered as *html*, or a raw cell."""
    if cell.cell_type == "raw":
        return _Cell(kind="raw", html=_raw(cell, source, config, names))
    return _Cell(kind="lead" if cell.metadata.nbpress.lead else "markdown", html=html)


def _code_cell(cell: NotebookNode, language: str, shown: tuple[outputs.Output, ...], names: outputs.Names) -> _Cell:
    """Return a code cell, its code highlighted."""
    view = cell.metadata.nbpress["view"]
    source = cell["source"]
    code = ""
    if source.strip():
        code = liquid.defuse_in_raw(highlight.code(source, highlight.cell_language(source, language)))
    return _Cell(
        kind="code",
        code=code,
        language=liquid.defuse_in_raw(highlight.escape(language)),
        input=view.input.name.lower() if code else Show.HIDDEN.name.lower(),
        output=view.output.name.lower(),
        outputs=shown,
        name=_name(view.label, names),
    )


def _name(label: str, names: outputs.Names) -> str:
    """Return the id of a cell that its author has labelled, for links; nothing if something else has it."""
    name = "-".join(label.split())
    if not name or name in names.headings:
        return ""
    names.headings.add(name)
    return liquid.defuse_in_raw(highlight.escape(name))


def _raw(cell: NotebookNode, source: Source, config: Config, names: outputs.Names) -> str:
    """Return a raw cell: HTML as it is, whatever is meant for another format not at all."""
    wanted = cell.metadata.get("raw_mimetype") or cell.metadata.get("format") or "text/html"
    if wanted not in ("text/html", "html", ""):
        return ""
    return inset.of_raw_cell(cell, markdown.BODY, source, config, names).html


def _language(nb: NotebookNode) -> str:
    """Return the name by which Pygments knows the language of the notebook's kernel."""
    info = nb.metadata.get("language_info") or {}
    spec = nb.metadata.get("kernelspec") or {}
    lexer = info.get("pygments_lexer") or info.get("name") or spec.get("language") or "ipython3"
    return "ipython3" if lexer in ("python", "ipython", "python3") else str(lexer)
