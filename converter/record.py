"""The execution record: what a notebook's outputs depend on, and why they are stale."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from converter import directives

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

KEY = "nbpress"
"""Where the record stands in the notebook's metadata."""
_OUTPUT_PARTS = ("output_type", "name", "text", "data", "metadata", "ename", "evalue", "traceback")
_SHORT = 12


def of(nb: NotebookNode) -> dict[str, Any]:
    """Return the record of *nb*, whose outputs have just been produced by its code.

    `code` is a digest over kernel and code cells, `cells` a short one for each of them (to name the one that changed),
    `outputs` a digest over what they produced. Nothing in it tells when or where the code ran.
    """
    return {"cells": _cells(nb), "code": _code(nb), "outputs": _outputs(nb)}


def stale(nb: NotebookNode) -> str:
    """Return why the outputs of *nb* are not those of its code, in words for its author; empty if they are."""
    known = nb.metadata.get(KEY)
    if not any(_sources(nb)):
        return ""
    if not isinstance(known, dict) or "code" not in known:
        return "never run by nbpress"
    if known["code"] != _code(nb):
        return _what_changed(nb, known.get("cells") or [])
    if known.get("outputs") != _outputs(nb):
        return "outputs edited since the run"
    return ""


def kernel(nb: NotebookNode) -> tuple[str, str]:
    """Return name and language of the kernel that *nb* asks for; Python where it does not say."""
    spec = nb.metadata.get("kernelspec") or {}
    info = nb.metadata.get("language_info") or {}
    return str(spec.get("name") or "python3"), str(spec.get("language") or info.get("name") or "python").lower()


def _sources(nb: NotebookNode) -> Iterator[tuple[int, str]]:
    """Yield number and code of every cell that runs, without what only affects how it is shown."""
    for number, cell in enumerate(nb.cells, 1):
        if cell.cell_type == "code":
            view = directives.of_cell(cell)
            code = directives.of_source(cell.source).source.strip()
            if code:
                yield number, f"{'skip ' * view.skipped}{'may fail ' * view.may_fail}\n{code}"


def _cells(nb: NotebookNode) -> list[str]:
    """Return a short digest of each code cell."""
    return [_digest(code)[:_SHORT] for _, code in _sources(nb)]


def _code(nb: NotebookNode) -> str:
    """Return the digest over kernel and code."""
    return "sha256:" + _digest([kernel(nb), [code for _, code in _sources(nb)]])


def _outputs(nb: NotebookNode) -> str:
    """Return the digest over all outputs, execution counts left out."""
    return "sha256:" + _digest(
        [
            [{part: output[part] for part in _OUTPUT_PARTS if part in output} for output in cell.outputs]
            for cell in nb.cells
            if cell.cell_type == "code" and (cell.outputs or cell.source.strip())
        ]
    )


def _what_changed(nb: NotebookNode, known: list[str]) -> str:
    """Return which cell differs from the record."""
    numbers = [number for number, _ in _sources(nb)]
    now = _cells(nb)
    if now == known:
        return "kernel changed"
    if sorted(now) == sorted(known):
        return "order of cells changed"
    gone, new = (
        set(known) - set(now),
        [number for number, digest in zip(numbers, now, strict=True) if digest not in known],
    )
    if not new:
        return "a code cell was removed" if gone else "a repeated code cell was added or removed"
    verb = "changed" if gone else "is new" if len(new) == 1 else "are new"
    return f"cell{'s' * (len(new) > 1)} {', '.join(map(str, new))} {verb}"


def _digest(value: object) -> str:
    """Return the SHA-256 of *value* as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
