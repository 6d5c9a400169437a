"""Runs that have failed while a preview is on: none is tried again before something has changed that could mend it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from converter import memo, text
from converter.discover import ALL_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import PurePosixPath

    from converter.config import Config
    from converter.model import Finding
    from converter.survey import Plan

_NO_INPUTS = frozenset(("_drafts", "_includes", "_layouts", "_plugins", "_sass", "_site", "_theme"))
"""Folders of the root that are Jekyll's."""
_NOTEBOOKS = ALL_SUFFIXES - {*text.SCRIPTS}
"""How files end that are no inputs; a script may be a module."""
_FOREIGN = frozenset(("__pycache__", "node_modules", "vendor"))


class Failures:
    """What has failed in one process, with all that the outcome may depend on; `begin` stands before each build."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._known: dict[PurePosixPath, tuple[Hashable, tuple[Finding, ...]]] = {}
        self._config: Config | None = None
        self._surroundings: Hashable = None

    def begin(self, config: Config) -> None:
        """Take the settings of the build that comes; look at the surroundings of its runs when somebody asks."""
        self._config, self._surroundings = config, None

    def of(self, plan: Plan) -> tuple[Finding, ...]:
        """Return why the notebook of *plan* has failed; nothing if it has not, or if another run may end otherwise."""
        if self._surroundings is None:
            self._surroundings = _surroundings(self._config)
        key, findings = self._known.get(plan.source.path, (None, ()))
        return findings if key == (plan.state, self._surroundings) else ()

    def keep(self, plan: Plan, findings: tuple[Finding, ...]) -> None:
        """Remember that the run of *plan* has just failed, and with what *findings*.

        Whoever fails twice in the same way may itself have written what has changed since, so that counts no more.
        """
        _, before = self._known.get(plan.source.path, (None, ()))
        around = _surroundings(self._config) if before == findings else self._surroundings
        self._known[plan.source.path] = ((plan.state, around), findings)


def _surroundings(config: Config | None) -> Hashable:
    """Return what a run may depend on besides its notebook: settings, packages, and files that it could read."""
    return config and (repr(config), tuple(memo.distributions()), frozenset(_inputs(config)))


def _inputs(config: Config) -> Iterator[tuple[str, int, int]]:
    """Yield path, time of change and size of every file that a notebook could read or import, notebooks left out.

    What a failed run would have read, had it come to it, nobody knows: hence all of them.
    """
    made = {config.root / config.posts, config.root / config.images}
    for folder, names, found in os.walk(config.root):
        here = Path(folder)
        skipped = _FOREIGN | (_NO_INPUTS if here == config.root else frozenset())
        names[:] = [it for it in names if it not in skipped and not it.startswith(".") and here / it not in made]
        for name in found:
            yield from _state(here / name)


def _state(file: Path) -> Iterator[tuple[str, int, int]]:
    """Yield the state of *file*, unless it is a notebook or has gone."""
    if file.suffix in _NOTEBOOKS:
        return
    try:
        stat = file.stat()
    except OSError:
        return
    yield str(file), stat.st_mtime_ns, stat.st_size
