"""What earlier builds and checks have seen of each notebook, so that unchanged files are not opened again.

Sizes, times and inode numbers of everything a verdict depends on, in `.nbpress/memo.json`. Losing it costs time only:
whatever it does not know is looked at. What somebody saves while we look is not learnt, since nobody knows whether the
verdict is on the file before or after.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from converter import __version__, files
from converter.config import OWN_TEMPLATES
from converter.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.config import Config
    from converter.model import Source

_FILE = "memo.json"
_TICK, _COARSE_TICK = 20_000_000, 2_000_000_000
"""Nanoseconds between two ticks of a file system's clock, and of one that counts whole seconds."""
_Stat = list[int] | None


ALWAYS = "execute is always"
"""The reason of a verdict that keeps no build from running the code again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check of one notebook and its post came to."""

    post: str
    """The post's path."""
    findings: tuple[Finding, ...]
    """All that was wrong or odd; empty if all is well."""
    reason: str = "fresh"
    """Why its code does not have to run."""


class Memo:
    """The verdicts on a blog's notebooks, kept from one command to the next."""

    def __init__(self, config: Config) -> None:
        """Read what is known about the blog of *config*."""
        self._config = config
        self._began = time.time_ns()
        self._key = _key(config)
        self._known: dict[str, dict[str, Any]] = {}
        self._changed = False
        self._learns = files.state(config).is_dir()  # a build makes it; a check of a fresh clone writes nothing
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            stored = json.loads((files.state(config) / _FILE).read_bytes())
            if stored["key"] == self._key:
                self._known = stored["notebooks"]

    def verdict(self, source: Source) -> Verdict | None:
        """Return the verdict on *source* if nothing that it depends on has changed since."""
        try:
            return self._verdict(self._known[str(source.path)])
        except (KeyError, TypeError, ValueError, AttributeError):  # nobody knows, or nobody can read it
            return None

    def knows(self, source: Source) -> bool:
        """Tell whether there has ever been a verdict on *source*; it may not hold any more."""
        return str(source.path) in self._known

    def _verdict(self, known: dict[str, Any]) -> Verdict | None:
        """Return the verdict that stands in *known*, unless a file has changed."""
        root = str(self._config.root)
        if any(_stat(os.path.join(root, path)) != stat for path, stat in known["files"].items()):  # noqa: PTH118 - fast
            return None
        return Verdict(
            post=known["post"], reason=known["reason"], findings=tuple(_finding(parts) for parts in known["findings"])
        )

    def learn(
        self,
        source: Source,
        verdict: Verdict,
        files: Iterable[PurePosixPath],
        before: dict[str, _Stat],
        ours: Iterable[PurePosixPath] = (),
    ) -> None:
        """Keep *verdict* on *source*, which depends on *files* (relative to the blog's root, existing or not).

        *before* holds states that were taken before somebody else could change the files, *ours* those files that we
        have just written ourselves. Nothing is learnt if another one has changed since this memo was read.
        """
        if not self._learns:
            return
        states = {str(path): before.get(str(path), self.state(path)) for path in (source.path, *files)}
        own = set(map(str, ours))
        if any(self.has_just_changed(state) for path, state in states.items() if state and path not in own):
            return
        entry = {
            "post": verdict.post,
            "reason": verdict.reason,
            "findings": [_parts(it) for it in verdict.findings],
            "files": states,
        }
        if self._known.get(str(source.path)) != entry:
            self._known[str(source.path)] = entry
            self._changed = True

    def state(self, path: PurePosixPath) -> _Stat:
        """Return the present state of the file at *path*."""
        return _stat(str(self._config.root / path))

    def has_just_changed(self, state: list[int]) -> bool:
        """Tell whether a file that is in *state* may have changed since this memo was read.

        Nobody can set the time of the inode's change. One that is still to come is older than a clock put right.
        """
        changed = state[2]
        tick = _TICK if changed % 1_000_000_000 else _COARSE_TICK
        return self._began - tick <= changed <= time.time_ns() + tick

    def save(self, sources: Iterable[Source]) -> None:
        """Write down what is known about *sources*; forget all others."""
        names = {str(source.path) for source in sources}
        known = {name: entry for name, entry in self._known.items() if name in names}
        if not self._changed and len(known) == len(self._known):
            return
        with contextlib.suppress(OSError):  # a blog that cannot be written is checked all the same
            files.replaced(
                files.state(self._config) / _FILE, json.dumps({"key": self._key, "notebooks": known}).encode()
            )


def _key(config: Config) -> str:
    """Return a digest of what every verdict depends on: settings, templates, our own code and the libraries we use."""
    own = Path(__file__).parent
    folders = (OWN_TEMPLATES, config.root / config.templates)  # templates may include whatever lies there
    files = sorted({*own.rglob("*.py"), *(file for folder in folders for file in folder.rglob("*") if file.is_file())})
    libraries = sorted(entry.name for entry in own.parent.glob("*.dist-info")) or distributions()
    parts = [__version__, repr(config), [(str(file), _stat(str(file))) for file in files], libraries]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def distributions() -> list[str]:
    """Return names and versions of what is installed where our libraries are."""
    import click

    return sorted(entry.name for entry in Path(click.__file__).parents[1].glob("*.dist-info"))


def _stat(file: str) -> _Stat:
    """Return what tells one state of *file* from another; None if there is none."""
    try:
        found = os.stat(file)  # noqa: PTH116 - thousands of them, and `Path` takes longer than the call
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _parts(finding: Finding) -> dict[str, Any]:
    """Return *finding* as JSON."""
    parts = {field.name: getattr(finding, field.name) for field in fields(Finding)}
    return parts | {"source": finding.source and str(finding.source)}


def _finding(parts: dict[str, Any]) -> Finding:
    """Return the finding that `_parts` has taken apart."""
    source = parts["source"]
    return Finding(
        **parts | {"source": PurePosixPath(source) if source else None, "severity": Severity(parts["severity"])}
    )
