"""The bibliography of a notebook: which files it is, and what they hold; each file is read once."""

from __future__ import annotations

import os
from collections import ChainMap
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from converter import bibtex, front_matter
from converter.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from converter.config import Config
    from converter.model import FrontMatter, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Bibliography:
    """What a notebook may cite."""

    entries: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """CSL-JSON by key, in the order of files and entries."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with the files."""
    files: tuple[Path, ...] = ()
    """Files and folders that decided it, there or not."""


class _Joined(ChainMap[str, "dict[str, Any]"]):
    """Entries of several files, in their order; of two with one key the first counts."""

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key for one in self.maps for key in one))


def of(matter: FrontMatter, source: Source, config: Config) -> Bibliography:
    """Return the bibliography that *matter* names, or else that of the blog; a missing one is empty."""
    named = front_matter.listed(matter, "bibliography")
    if not named:
        return _joined([config.root / config.bibliography], (), config)
    findings, places, looked = [], [], []
    for name in named:
        candidates = beside(name, source, config)
        looked += candidates
        place = next((file for file in candidates if file.exists()), None)
        if place is not None:
            places.append(place)
            continue
        message = (
            f"bibliography {name} of the front matter is neither beside the notebook nor in the blog; fix the path"
        )
        findings.append(Finding(rule="bibliography-reads", message=message, source=source.path))
    found = _joined(places, tuple(looked), config)
    return Bibliography(entries=found.entries, findings=(*findings, *found.findings), files=found.files)


def beside(name: str, source: Source, config: Config) -> list[Path]:
    """Return what the path *name* in the front matter of *source* may mean, inside the blog, the likeliest first."""
    files = (source.file.parent / name, config.root / name, config.root / config.bibliography / name)
    return [file for file in files if file.resolve().is_relative_to(config.root.resolve())]


def _joined(places: Iterable[Path], looked: tuple[Path, ...], config: Config) -> Bibliography:
    """Return what the files and folders *places* hold together; of two entries with one key the first counts."""
    looked_at = list(looked)
    entries = _Joined()
    findings: list[Finding] = []
    for place in places:
        looked_at.append(place)  # of a folder: its time changes when a file comes or goes
        for file in sorted(place.glob("*.bib")) if place.is_dir() else [place]:
            looked_at.append(file)
            path = PurePosixPath(os.path.relpath(file, config.root))
            found = _entries(file)
            findings += [_finding(fault, path) for fault in found.faults]
            for key in (key for key in found.items if key in entries):
                message = f"entry {key} is there already, in a file that comes before; rename one of them"
                findings.append(_finding(bibtex.Fault(message=message, is_lost=False), path))
            entries.maps.append(found.items)  # type: ignore[arg-type]  # nobody writes into it
    return Bibliography(entries=entries, findings=tuple(findings), files=tuple(dict.fromkeys(looked_at)))


def _entries(file: Path) -> bibtex.Entries:
    """Return what *file* holds; nothing if it is not there, as in a blog that cites nothing."""
    try:
        state = file.stat()
        return _read(file, state.st_mtime_ns, state.st_size)
    except FileNotFoundError:
        return bibtex.Entries()
    except OSError as error:
        return bibtex.Entries(faults=(bibtex.Fault(message=f"cannot be read: {error.strerror}; check its rights"),))


def _finding(fault: bibtex.Fault, path: PurePosixPath) -> Finding:
    """Return what is wrong with the file at *path*."""
    severity = Severity.ERROR if fault.is_lost else Severity.WARNING
    return Finding(rule="bibliography-reads", message=fault.message, source=path, line=fault.line, severity=severity)


@lru_cache(maxsize=64)
def _read(file: Path, time: int, size: int) -> bibtex.Entries:  # noqa: ARG001 - another state, another reading
    """Return what *file* holds in the state of *time* and *size*."""
    return bibtex.read(file.read_bytes())
