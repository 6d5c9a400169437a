"""The files of a notebook: its own, and the one that keeps its outputs where these are not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.errors import ReadError

if TYPE_CHECKING:
    from pathlib import Path

    from converter.config import Config
    from converter.model import Source

FORMAT = 4
"""The format of notebooks that everything here works on; older ones are upgraded."""
NOTEBOOK = ".ipynb"
"""The suffix of files that hold outputs."""


WITHOUT_CODE = (".docx",)
"""Suffixes of what never runs."""


def content(source: Source) -> bytes:
    """Return what is in the file of *source*."""
    try:
        return source.file.read_bytes()
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", source=source.path) from error


def results(source: Source, config: Config) -> Path:
    """Return the file that keeps the outputs of *source*.

    That is the notebook itself; the `.ipynb` paired with a text notebook; or, for authors who keep outputs out of what
    they commit, the executed copy.
    """
    if source.file.suffix in WITHOUT_CODE:
        return source.file
    if not config.save_outputs:
        return (config.root / ".nbpress" / "executed" / source.path).with_suffix(NOTEBOOK)
    return source.file.with_suffix(NOTEBOOK)


def kept(source: Source, config: Config) -> bytes | None:
    """Return what is in the file that keeps the outputs of *source*; None if that is its own, or not there."""
    file = results(source, config)
    try:
        return None if file == source.file else file.read_bytes()
    except OSError:
        return None
