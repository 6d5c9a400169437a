"""The execution record: what a notebook's outputs depend on, and why they are stale."""

from __future__ import annotations

import copy
import hashlib
import importlib.metadata
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from converter import directives, files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from nbformat import NotebookNode

KEY = "nbpress"
"""Where the record stands in the notebook's metadata."""
ABSENT = "absent"
"""Stands in the place of a digest for a file that a run has looked for in vain; no file's digest equals it."""
_OUTPUT_PARTS = ("output_type", "name", "text", "data", "metadata", "ename", "evalue", "traceback")
_SHORT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a run used besides its code."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    """Path, relative to the blog's root, → digest of each file of the blog that was read or imported, or `ABSENT`."""
    folder: str = ""
    """Folder in which the code ran, relative to the blog's root: what it reads depends on that."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Name → version of the distributions that were imported."""
    network: bool = False
    """Whether the run spoke to another machine."""


def of(nb: NotebookNode, use: Use | None = None, *, adopted: bool = False) -> dict[str, Any]:
    """Return the record of *nb*, whose outputs have just been produced by its code, or are *adopted* by its author.

    `code` is a digest over kernel and code cells, `cells` a short one for each of them (to name the one that changed),
    `outputs` a digest over what they produced; `inputs`, `folder`, `environment` and `network` are the *use* of the
    run. Nothing in it tells when, or on which machine, the code ran.
    """
    use = use or Use()
    record: dict[str, Any] = {"cells": _cells(nb), "code": _code(nb), "outputs": _outputs(nb)}
    if use.inputs:
        record |= {"folder": use.folder} if use.folder else {}
        record["inputs"] = dict(sorted(use.inputs.items()))
    if use.environment:
        record["environment"] = dict(sorted(use.environment.items()))
    return record | ({"network": True} if use.network else {}) | ({"adopted": True} if adopted else {})


def is_sound(given: object) -> bool:
    """Tell whether *given* is like what `of` returns; people merge notebooks by hand, and others may use the name."""
    return isinstance(given, dict) and all(_is_sound_part(part, value) for part, value in given.items())


def _is_sound_part(part: str, value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether *value* is of the kind that a record holds under *part*."""
    match part:
        case "code" | "folder" | "outputs":
            return isinstance(value, str)
        case "cells":
            return isinstance(value, list) and all(isinstance(digest, str) for digest in value)
        case "inputs" | "environment":
            return isinstance(value, dict) and all(
                name and "\0" not in name and isinstance(what, str) for name, what in value.items()
            )
        case _:
            return True


def stale(nb: NotebookNode, root: Path, *, folder: str = "", environment: bool = False) -> str:
    """Return why the outputs of *nb* are not those of its code, in words for its author; empty if they are.

    Inputs are looked for below *root*; one that is not there (data that git ignores) says nothing. The notebook lies in
    *folder* now: in another one its code may read other files. With *environment* other versions of what the run
    imported count, too.
    """
    known = nb.metadata.get(KEY) or {}
    if not has_code(nb):
        return ""
    if "code" not in known:
        return "never run by nbpress"
    if known["code"] != _code(nb):
        return _what_changed(nb, known.get("cells") or [])
    if known.get("outputs") != _outputs(nb):
        return "outputs edited since the run"
    before = known.get("folder", folder)
    if folder != before:
        return f"moved from {before}, and may read other files here"
    changed = [path for path, digest in inputs(nb).items() if digest_of(root / path) not in (digest, "")]
    if changed:
        return _what_differs(changed, inputs(nb))
    return ", ".join(other_versions(nb)) if environment else ""


def overlaid(nb: NotebookNode, executed: NotebookNode | None) -> NotebookNode:
    """Return *nb* with the record of its *executed* copy, and with the outputs if both have the same code."""
    if executed is None or KEY not in executed.metadata:
        return nb
    result = copy.deepcopy(nb)
    result.metadata[KEY] = executed.metadata[KEY]
    if _code(nb) == _code(executed):
        for (number, _), (ran, _) in zip(_sources(result), _sources(executed), strict=True):
            cell, done = result.cells[number - 1], executed.cells[ran - 1]
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
        if "widgets" in executed.metadata:
            result.metadata.widgets = executed.metadata.widgets
    return result


def use(nb: NotebookNode, root: Path, folder: str, declared: Mapping[str, str]) -> Use:
    """Return what the record of *nb* says the last run used and what its author has *declared*, as files are now.

    The notebook lies in *folder* now.
    """
    known = nb.metadata.get(KEY) or {}
    now = {path: digest_of(root / path) or digest for path, digest in inputs(nb).items()}
    environment, network = known.get("environment") or {}, bool(known.get("network"))
    return Use(inputs={**now, **declared}, folder=folder, environment=environment, network=network)


def inputs(nb: NotebookNode) -> dict[str, str]:
    """Return the inputs that the record of *nb* names, with their digests."""
    return dict((nb.metadata.get(KEY) or {}).get("inputs") or {})


def unverified(nb: NotebookNode, root: Path) -> list[str]:
    """Return the inputs of *nb* that are not there, so that nobody can say whether they have changed."""
    return [path for path, digest in inputs(nb).items() if digest != ABSENT and not (root / path).is_file()]


def other_versions(nb: NotebookNode) -> list[str]:
    """Return what *nb* imported in another version than the one installed here, as `pandas 2.1 → 2.2`."""
    recorded = (nb.metadata.get(KEY) or {}).get("environment")
    found = []
    for name, version in (recorded or {}).items():
        try:
            here = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # it ran elsewhere
        if here != version:
            found.append(f"{name} {version} → {here}")
    return found


def digest_of(file: Path) -> str:
    """Return the digest of what *file* holds; empty if it cannot be read."""
    try:
        return files.digest(file)
    except OSError:
        return ""


def kernel(nb: NotebookNode) -> tuple[str, str]:
    """Return name and language of the kernel that *nb* asks for; Python where it does not say."""
    spec = nb.metadata.get("kernelspec") or {}
    info = nb.metadata.get("language_info") or {}
    return str(spec.get("name") or "python3"), str(spec.get("language") or info.get("name") or "python").lower()


def is_adopted(nb: NotebookNode) -> bool:
    """Tell whether the outputs of *nb* were accepted by its author, and not produced by a run."""
    return (nb.metadata.get(KEY) or {}).get("adopted") is True


def has_code(nb: NotebookNode) -> bool:
    """Tell whether anything in *nb* would run."""
    return any(_sources(nb))


def _sources(nb: NotebookNode) -> Iterator[tuple[int, str]]:
    """Yield number and code of every cell that runs, without what only affects how it is shown."""
    for number, cell in enumerate(nb.cells, 1):
        if cell.cell_type == "code":
            directed = directives.of_source(cell.source)
            view = directives.of_metadata(cell) | directed.view
            code = directed.source.strip()
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
    gone = set(known) - set(now)
    new = [number for number, digest in zip(numbers, now, strict=True) if digest not in known]
    if not new:
        return "a code cell was removed" if gone else "a repeated code cell was added or removed"
    verb = "changed" if gone else "is new" if len(new) == 1 else "are new"
    return f"cell{'s' * (len(new) > 1)} {', '.join(map(str, new))} {verb}"


def _what_differs(paths: list[str], known: Mapping[str, str]) -> str:
    """Return what has become of the inputs at *paths*, of which the record says what is *known*."""
    come = [path for path in paths if known[path] == ABSENT]
    changed = [path for path in paths if path not in come]
    said = [f"{', '.join(changed)} changed"] if changed else []
    return ", ".join([*said, *(f"{path} is there now" for path in come)])


def _digest(value: object) -> str:
    """Return the SHA-256 of *value* as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
