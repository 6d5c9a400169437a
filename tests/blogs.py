"""Notebooks and blogs for tests, made from a few words; what a stage makes of them, as text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import nbformat
import yaml
from nbformat import NotebookNode

from converter import config, discover, files, read, transform
from converter import convert as stages
from converter import markdown as text_stage
from converter.model import FrontMatter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from converter.model import Post

FILE = "_notebooks/2020-01-02-post.ipynb"
"""Where a test's only notebook lies."""
SETTINGS = "notebooks: {execute: never}\n"
"""The `_config.yml` of a blog that gives none."""


def markdown(source: str, **metadata: Any) -> NotebookNode:  # noqa: ANN401 - JSON
    """Return a Markdown cell."""
    return NotebookNode(cell_type="markdown", metadata=NotebookNode(metadata), source=source)


def raw(source: str, **metadata: Any) -> NotebookNode:  # noqa: ANN401 - JSON
    """Return a raw cell."""
    return NotebookNode(cell_type="raw", metadata=NotebookNode(metadata), source=source)


def code(source: str, *outputs: Mapping[str, Any], **metadata: Any) -> NotebookNode:  # noqa: ANN401 - JSON
    """Return a code cell with *outputs*, which have empty metadata unless they say otherwise."""
    rich = ("display_data", "execute_result")
    made = [{**({"metadata": {}} if output["output_type"] in rich else {}), **output} for output in outputs]
    return NotebookNode(
        cell_type="code",
        execution_count=None,
        metadata=NotebookNode(metadata),
        outputs=nbformat.from_dict(made),
        source=source,
    )


def notebook(*cells: NotebookNode, title: str | None = "Title", **metadata: Any) -> NotebookNode:  # noqa: ANN401 - JSON
    """Return a notebook of *cells*; its *title* stands in its metadata, unless it is None."""
    given = {"front_matter": {"title": title}} if title is not None else {}
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nb: NotebookNode = nbformat.from_dict(
        {"cells": list(cells), "metadata": {**kernel, **given, **metadata}, "nbformat": 4, "nbformat_minor": 5}
    )
    for number, cell in enumerate(nb.cells, 1):
        cell.setdefault("id", f"cell-{number}")
    return nb


LIQUID: dict[str, object] = {
    "_config.yml": (
        "liquid: {error_mode: strict, strict_filters: true}\nincludes_dir: _includes\nplugins_dir: [_more, _plugins]\n"
        "notebooks: {liquid: {allow: [if, endif]}}\n"
    ),
    "_includes/note.html": "{{ include.text }}",
    "_posts/beside.html": "beside",
    "_posts/2020-01-01-old.md": "---\n---\nold",
    "about.md": "---\n---\nabout",
    "_plugins/shout.rb": (
        "module Shout\n  def shout(text)\n    text.to_s.upcase\n  end\nend\nLiquid::Template.register_filter(Shout)\n"
    ),
}
"""A blog with something for each kind of Liquid that authors may use."""


def of_text(text: str) -> NotebookNode:
    """Return the notebook that *text* describes: a line `%% markdown`, `%% code` or `%% raw` begins a cell.

    Behind the kind may stand the cell's metadata as JSON; code after a line `%% outputs` is its outputs as YAML. A
    first line `%% metadata` with JSON gives the notebook's own. Text without any such line is one Markdown cell.
    """
    if not text.startswith("%% "):
        return notebook(markdown(text))
    cells: list[NotebookNode] = []
    own: dict[str, Any] = {}
    for part in re.split(r"^%% (?!outputs)", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.removesuffix("\n").partition("\n")
        kind, _, metadata = head.partition(" ")
        given = json.loads(metadata) if metadata else {}
        source, _, outputs = body.partition("%% outputs\n")
        if kind == "metadata":
            own = given
        elif kind == "code":
            cells.append(code(source.removesuffix("\n"), *(yaml.safe_load(outputs) if outputs else ()), **given))
        else:
            cells.append({"markdown": markdown, "raw": raw}[kind](source, **given))
    return notebook(*cells, title=None, **own)


def write(root: Path, files: Mapping[str, object]) -> Path:
    """Make the folder *root* hold *files* by their paths: text, bytes, or whatever JSON can say (notebooks)."""
    for name, content in {config.FILE: SETTINGS, **files}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content, indent=1, ensure_ascii=False) + "\n"
            file.write_bytes(text.encode("utf-8", "surrogatepass"))
    return root


def convert(root: Path, file: str = FILE) -> Post:
    """Return the post that the notebook *file* of the blog at *root* becomes."""
    settings = config.load(root)
    source = discover.source(settings.root / file, settings)
    return stages.notebook(read.notebook(source, files.content(source)), source, settings)


def body(post: Post) -> str:
    """Return what stands between banner and end of *post*."""
    _, _, text = post.text.partition('<div class="container" id="notebook-container">\n        \n')
    return text.rstrip().removesuffix("</div>").rstrip("\n")


def text_cells(nb: NotebookNode, root: Path, file: str = FILE) -> text_stage.TextCells:
    """Return what the text cells of *nb* become when it lies as *file* in the blog at *root*."""
    settings = config.load(root)
    source = discover.source(settings.root / file, settings)
    matter = FrontMatter(values={}, text={}, date="2020-01-02")
    shown, _ = transform.notebook(nb, matter, source)
    return text_stage.render(shown, source, matter, settings)


def told(cells: text_stage.TextCells) -> str:
    """Return *cells* as text: HTML with `%%` between cells, then notes, files and findings, each on a line."""
    notes = [f"note {note.number} ({', '.join(note.anchors)}): {note.html}" for note in cells.notes]
    files = [f"file {asset.path}" for asset in cells.assets]
    findings = [f"{finding.severity} {finding}" for finding in cells.findings]
    html = "%%\n".join(text for _, text in sorted(cells.html.items())).rstrip("\n")
    return "\n".join([html, *(["----", *notes, *files, *findings] if notes or files or findings else [])])
