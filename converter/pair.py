"""The `.ipynb` file paired with a text notebook: it keeps the outputs, and for the rest says what the text says."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

from converter import files, record, text
from converter.errors import PairError, PairIncomplete

if TYPE_CHECKING:
    from converter.model import Source

_SAID = "pair"
"""Where the record keeps what the text said when the pair was written."""
_WITH_IDS = 5


def is_text(source: Source) -> bool:
    """Tell whether *source* is a text notebook, which cannot hold outputs itself."""
    return source.file.suffix in text.SUFFIXES


def joined(nb: NotebookNode, other: NotebookNode) -> NotebookNode:
    """Return the text notebook *nb* with the results and attachments that *other* keeps; cells match as in Jupytext."""
    from jupytext.combine import map_outputs_to_inputs

    result = copy.deepcopy(nb)
    result.metadata.update({key: other.metadata[key] for key in (record.KEY, "widgets") if key in other.metadata})
    for cell, index in zip(result.cells, map_outputs_to_inputs(nb.cells, other.cells), strict=True):
        kept = {} if index is None else other.cells[index]
        cell.update({key: kept[key] for key in ("outputs", "execution_count", "attachments") if key in kept})
    return result


def is_behind(nb: NotebookNode, other: NotebookNode, source: Source) -> bool:
    """Tell whether the text notebook *nb*, read from *source*, has changed since *other* was written for it.

    Raises `PairError` if *other* itself has been changed: nobody but the author knows which of the two is right.
    """
    known = (other.metadata.get(record.KEY) or {}).get(_SAID)
    known = known if isinstance(known, dict) else {}
    now, paired = _said(nb), _said(other)
    # Jupytext keeps the front matter of MyST in metadata, so a pair that it has saved has no cell for it.
    differ = [part for part in now if paired[part] not in (now[part], "")]
    if all(paired[part] == known.get(part) for part in differ):
        return bool(differ)
    name = source.file.with_suffix(files.NOTEBOOK).name
    what = f"{name} has been changed and this text has not" if known == now else f"{name} says something else"
    hint = f"carry over what is missing, or let `jupytext --sync {source.path}` do it; without {name} the text counts"
    raise PairError(what, source=source.path, hint=hint)


def require_text(nb: NotebookNode, source: Source) -> None:
    """Raise `PairIncomplete` if *nb*, read from the `.ipynb` file *source*, was paired with a text that is gone."""
    if _SAID in (nb.metadata.get(record.KEY) or {}):
        hint = "remove it, or make it a notebook of its own with `nbpress adopt`"
        raise PairIncomplete("keeps the outputs of a text notebook that is gone", source=source.path, hint=hint)


def written(nb: NotebookNode, source: Source, before: bytes | None) -> bytes:
    """Return the `.ipynb` paired with the text notebook *nb* of *source*, as Jupyter writes it.

    Of *before*, what it has been so far, stay the metadata that no text holds and the ids of cells.
    """
    metadata, cells, minor = _kept(before)
    made = copy.deepcopy(nb)
    form = dict(made.metadata.get("jupytext") or {})
    name = (form.pop("text_representation", None) or {}).get("format_name")
    suffix = source.file.suffix.removeprefix(".")
    told = {"formats": f"ipynb,{suffix}{f':{name}' if name else ''}", **(metadata.pop("jupytext", None) or {}), **form}
    metadata.pop("widgets", None)  # those of the last run
    made.metadata = NotebookNode({**metadata, **made.metadata, "jupytext": told})
    made.metadata[record.KEY] = {**(made.metadata.get(record.KEY) or {}), _SAID: _said(nb)}
    if minor >= _WITH_IDS:
        made.nbformat_minor = minor
        _give_ids(made.cells, cells)
    return f"{nbformat.writes(made)}\n".encode("utf-8", "surrogatepass")


def _kept(before: bytes | None) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    """Return metadata, cells and minor format of the notebook *before*; nothing of an old or unreadable one."""
    with contextlib.suppress(ValueError):
        raw = json.loads((before or b"").decode("utf-8-sig"))
        if raw["nbformat"] == files.FORMAT:
            return raw.get("metadata") or {}, raw["cells"], raw.get("nbformat_minor", 0)
    return {}, [], 0


def _give_ids(cells: list[NotebookNode], old: list[dict[str, Any]]) -> None:
    """Give *cells* the ids that the same ones of *old* have, and others ids made of what they say."""
    from jupytext.combine import map_outputs_to_inputs

    known = [NotebookNode({**cell, "source": "".join(cell["source"])}) for cell in old]
    taken = {cell.get("id") for cell in known}
    for cell, index in zip(cells, map_outputs_to_inputs(cells, known), strict=True):
        cell.id = None if index is None else known[index].get("id")
        number = 0
        while cell.id is None or (index is None and cell.id in taken):
            cell.id = hashlib.sha256(f"{number}{cell.source}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
            number += 1
        taken.add(cell.id)


def _said(nb: NotebookNode) -> dict[str, str]:
    """Return digests of the front matter in the first cell of *nb*, empty if there is none, and of its other cells."""
    cells = [(cell.cell_type, cell.source.strip()) for cell in nb.cells if cell.source.strip()]
    head = cells.pop(0)[1] if cells and cells[0][0] == "raw" and cells[0][1].startswith("---") else ""
    return {"cells": _digest(cells), "front_matter": _digest(text.own_lines(head)) if head else ""}


def _digest(value: object) -> str:
    """Return the digest of *value*, short, as it tells only whether something has changed."""
    written = json.dumps(value, ensure_ascii=False)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:16]
