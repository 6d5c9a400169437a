"""What a build tells about itself while it works; this one says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converter.model import Source


class Progress:
    """Be told how a build goes; a terminal shows it by overriding what it cares about."""

    def starts(self, source: Source, reason: str) -> None:
        """Hear that the code of *source* is about to run, and why."""

    def cell(self, source: Source, number: int, total: int) -> None:
        """Hear that cell *number* of *total* starts."""

    def ends(self, source: Source, *, failed: bool) -> None:
        """Hear that the code of *source* has come to an end."""

    def waits(self, holder: str) -> None:
        """Hear that the build waits for another one, process *holder*."""
