"""The inputs that a notebook's front matter declares, for kernels and processes that nobody can watch."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from converter import front_matter
from converter.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.config import Config
    from converter.model import FrontMatter, Source


def declared(matter: FrontMatter, source: Source, config: Config) -> Iterator[tuple[str, list[Path]]]:
    """Yield each pattern that *matter* lists under `inputs`, and the files that it means beside *source*."""
    for pattern in front_matter.listed(matter, "inputs"):
        is_ours = pattern and not PurePosixPath(pattern).is_absolute()
        found = sorted(source.file.parent.glob(pattern)) if is_ours else []
        yield pattern, [file for file in found if file.is_file() and _is_inside(file, config)]


def paths(matter: FrontMatter, source: Source, config: Config) -> dict[str, Path]:
    """Return the declared files by their paths relative to the blog's root."""
    files = [file for _, found in declared(matter, source, config) for file in found]
    return {PurePosixPath(os.path.relpath(file, config.root)).as_posix(): file for file in files}


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
    patterns = front_matter.listed(matter, "inputs")
    return [(source.file.parent / pattern.partition("*")[0]).parent for pattern in patterns]


def _is_inside(file: Path, config: Config) -> bool:
    """Tell whether *file* belongs to the blog."""
    return file.resolve().is_relative_to(config.root.resolve())
