"""What changes on the disk, in a blog's own folders."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import watchfiles

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEBOUNCE, _STEP = 200, 20
"""Milliseconds that a save may take at most, and between two of its parts."""
_LOOK = 200
"""Milliseconds between two looks at the files directly in the root, and between two chances to do something else."""
_FOREIGN = ("node_modules", "_site", "vendor", "__pycache__")
"""Folders that may be large, and hold nothing of the blog's."""
_PASSING = ("~", ".tmp", ".swp", ".swx", ".part", ".crdownload")
"""How names of files end that are gone in a moment."""

States = dict[str, tuple[int, int, int]]


def changes(root: Path) -> Iterator[frozenset[PurePosixPath]]:
    """Yield what has changed below *root*, relative to it, after every save; nothing, now and then, in between.

    Whatever a name hides (`.git`, `.venv`) or marks as passing is left out, and so are environments and packages: to
    watch their many folders would cost seconds and what the system grants to all its watchers. Ctrl-C raises
    `KeyboardInterrupt`.
    """
    before, news = _states(root), frozenset[PurePosixPath]()
    while True:
        folders = _folders(root)
        for found in watchfiles.watch(
            *folders or [root / ".nbpress"],
            watch_filter=None,
            debounce=_DEBOUNCE,
            step=_STEP,
            rust_timeout=_LOOK,
            yield_on_timeout=True,
            raise_interrupt=True,
        ):
            below = (PurePosixPath(os.path.relpath(path, root)) for path in _lasting(found))
            now = _states(root)
            news |= {path for path in below if not _is_passing(path)}
            news |= {PurePosixPath(name) for name, _ in before.items() ^ now.items()}
            before = now
            if others := {*_folders(root)} ^ {*folders}:
                # Watched first, told then: whatever happens meanwhile must not be missed.
                news |= {PurePosixPath(path.relative_to(root)) for folder in others for path in _all_of(folder)}
                break
            yield news
            news = frozenset()


def _lasting(found: set[watchfiles.main.FileChange]) -> set[str]:
    """Return the paths that have changed, without files that have come and gone while something else was saved."""
    came = {path for change, path in found if change is watchfiles.Change.added}
    went = {path for change, path in found if change is watchfiles.Change.deleted}
    return {path for _, path in found if path not in came & went or os.path.lexists(path)}


def _folders(root: Path) -> list[Path]:
    """Return the folders in *root* that are the blog's."""
    with os.scandir(root) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir())
    return [
        root / name
        for name in names
        if name not in _FOREIGN and not name.startswith(".") and not (root / name / "pyvenv.cfg").exists()
    ]


def _all_of(folder: Path) -> list[Path]:
    """Return the files below *folder*, or itself if it has gone."""
    return [file for file in folder.rglob("*") if file.is_file()] if folder.is_dir() else [folder]


def _states(root: Path) -> States:
    """Return the states of the files that lie directly in *root*."""
    states: States = {}
    with os.scandir(root) as entries:
        for entry in entries:
            if not _is_passing(PurePosixPath(entry.name)) and entry.is_file():
                stat = entry.stat()
                states[entry.name] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return states


def _is_passing(path: PurePosixPath) -> bool:
    """Tell whether the file at *path* is hidden, foreign, or gone in a moment."""
    hidden = any(part.startswith(".") or part in _FOREIGN for part in path.parts)
    return hidden or path.name.endswith(_PASSING) or path.name == "4913"  # Vim tries whether it may write
