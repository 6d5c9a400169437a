"""What a build tells about itself while it works; this one says nothing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.model import Source

End = Literal["ran", "failed", "stopped"]
"""How a run has ended; `stopped` is one that somebody has interrupted."""


class Progress:
    """Be told how a build goes; a terminal shows it by overriding what it cares about."""

    @contextlib.contextmanager
    def batch(self, notebooks: int) -> Iterator[None]:  # noqa: ARG002 - for those who care
        """Hear that so many *notebooks* run, one after the other or at once, while the context lasts."""
        yield

    @contextlib.contextmanager
    def running(self, source: Source, reason: str) -> Iterator[None]:
        """Tell that the code of *source* runs while the context lasts, and how it has ended."""
        self.starts(source, reason)
        end: End = "stopped"
        try:
            yield
            end = "ran"
        except Exception:
            end = "failed"
            raise
        finally:
            self.ends(source, end)

    def starts(self, source: Source, reason: str) -> None:
        """Hear that the code of *source* is about to run, and why."""

    def cell(self, source: Source, number: int, total: int) -> None:
        """Hear that cell *number* of *total* starts."""

    def ends(self, source: Source, end: End) -> None:
        """Hear that the code of *source* has come to an end."""

    def stops(self, times: int) -> None:
        """Hear an interrupt: the first of these *times* ends kernels in good order, the second everything at once."""

    def waits(self, holder: str) -> None:
        """Hear that the build waits for another one, process *holder*."""
