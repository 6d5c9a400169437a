"""How long runs took on this machine, in `.nbpress/runs.json`: for people, and to start the longest first."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter import files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.config import Config

_FILE = "runs.json"
_SLOWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last run of a notebook."""

    seconds: float
    slowest: tuple[tuple[int, float], ...]
    """Numbers and seconds of its slowest cells, slowest first."""

    @classmethod
    def of(cls, seconds: float, cells: Mapping[int, float]) -> Last:
        """Return what is worth keeping of a run that took *seconds*, by *cells*."""
        slowest = sorted(cells.items(), key=lambda item: -item[1])[:_SLOWEST]
        return cls(seconds=round(seconds, 2), slowest=tuple((number, round(spent, 2)) for number, spent in slowest))


def read(config: Config) -> dict[str, Last]:
    """Return the last runs by path of the notebook; nothing if nobody remembers."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        stored = json.loads((files.state(config) / _FILE).read_bytes())
        return {
            path: Last(seconds=run["seconds"], slowest=tuple((n, s) for n, s in run["slowest"]))
            for path, run in stored.items()
        }
    return {}


def keep(config: Config, new: Mapping[str, Last]) -> None:
    """Keep the *new* runs beside those of other notebooks."""
    if not new:
        return
    every = {**read(config), **new}
    runs = {path: {"seconds": run.seconds, "slowest": run.slowest} for path, run in every.items()}
    with contextlib.suppress(OSError):
        files.replaced(files.state(config) / _FILE, json.dumps(runs).encode())
