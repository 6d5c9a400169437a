"""The files of a notebook: its own, and the executed copy of authors who keep outputs out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.errors import ReadError

if TYPE_CHECKING:
    from pathlib import Path

    from converter.config import Config
    from converter.model import Source


def content(source: Source) -> bytes:
    """Return what is in the file of *source*."""
    try:
        return source.file.read_bytes()
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", source=source.path) from error


def executed_copy(source: Source, config: Config) -> Path:
    """Return where the executed copy of *source* lies, for authors who keep outputs out of their notebooks."""
    return config.root / ".nbpress" / "executed" / source.path
