"""The inputs that a notebook's front matter declares, for kernels and processes that nobody can watch."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from converter import files, front_matter, record
from converter.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

    from converter.config import Config
    from converter.model import FrontMatter, Source

_WILD = frozenset("*?[")
"""What makes a part of a path mean several."""


def declared(matter: FrontMatter, source: Source, config: Config) -> Iterator[tuple[str, list[Path]]]:
    """Yield each pattern that *matter* lists under `inputs`, and the files that it means beside *source*."""
    for pattern in front_matter.listed(matter, "inputs"):
        found = _meant(pattern, source.file.parent)
        own = (source.file, source.file.with_suffix(files.NOTEBOOK))
        yield pattern, [file for file in found if file not in own and file.is_file() and _is_inside(file, config)]


def paths(matter: FrontMatter, source: Source, config: Config) -> dict[str, Path]:
    """Return the declared files by their paths relative to the blog's root."""
    every = [file for _, found in declared(matter, source, config) for file in found]
    return {PurePosixPath(os.path.relpath(file, config.root)).as_posix(): file for file in every}


def digests(matter: FrontMatter, source: Source, config: Config) -> dict[str, str]:
    """Return the digests of the declared files by their paths."""
    return {path: record.digest_of(file) for path, file in paths(matter, source, config).items()}


def new(nb: NotebookNode, matter: FrontMatter, source: Source, config: Config) -> str:
    """Return which declared files the record of *nb* does not know, in words for its author; empty if it knows all."""
    known = record.inputs(nb)
    found = [path for path in paths(matter, source, config) if path not in known] if record.has_code(nb) else []
    return f"{', '.join(found)} {'is a new input' if len(found) == 1 else 'are new inputs'}" if found else ""


def findings(matter: FrontMatter, source: Source, config: Config) -> tuple[Finding, ...]:
    """Return a finding for each pattern that means no file of the blog."""
    return tuple(
        Finding(
            rule="input-exists",
            message=f"`inputs` names {pattern}, which is no file of the blog; give its path from the notebook's folder",
            source=source.path,
        )
        for pattern, found in declared(matter, source, config)
        if not found
    )


def folders(matter: FrontMatter, source: Source) -> list[Path]:
    """Return the folders whose changes may change what is declared."""
    found: list[Path] = []
    for pattern in front_matter.listed(matter, "inputs"):
        parents = PurePosixPath(pattern).parts[:-1]
        if PurePosixPath(pattern).is_absolute():
            continue  # means nothing
        fixed = list(itertools.takewhile(lambda part: not _WILD.intersection(part), parents))
        found.append(source.file.parent.joinpath(*fixed))
        found += sorted(_below(found[-1], parents[len(fixed) :]))
    return found


def _below(folder: Path, parents: tuple[str, ...]) -> Iterator[Path]:
    """Yield the folders below *folder* that patterns for *parents* may mean; no hidden ones."""
    deepest = sys.maxsize if "**" in parents else len(parents)
    for top, names, _ in os.walk(folder) if parents else ():
        depth = len(Path(top).relative_to(folder).parts)
        names[:] = [name for name in names if not name.startswith(".")] if depth < deepest else []
        if depth:
            yield Path(top)


def _meant(pattern: str, folder: Path) -> list[Path]:
    """Return what *pattern* means in *folder*: the file of that very name, or else all that match."""
    if not pattern or PurePosixPath(pattern).is_absolute():
        return []
    try:
        return [folder / pattern] if (folder / pattern).is_file() else sorted(folder.glob(pattern))
    except (IndexError, NotImplementedError, OSError, ValueError):  # no pattern, as `.` and `**.csv` are none
        return []


def _is_inside(file: Path, config: Config) -> bool:
    """Tell whether *file* belongs to the blog."""
    return file.resolve().is_relative_to(config.root.resolve())
