"""Files: those of a notebook, what is remembered of a blog, and how a file is replaced and told from another."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from converter.errors import ReadError

if TYPE_CHECKING:
    from converter.config import Config
    from converter.model import Source

FORMAT = 4
"""The format of notebooks that everything here works on; older ones are upgraded."""
NOTEBOOK = ".ipynb"
"""The suffix of files that hold outputs."""
STATE = ".nbpress"
"""Folder of what may be forgotten at any time; ignored by git."""
LEFTOVERS = f"{STATE}-*.tmp"
"""Pattern of the temporary files that a killed build leaves behind."""
WITHOUT_CODE = (".docx",)
"""Suffixes of what never runs."""
_UMASK = os.umask(0o022)  # asked for once and before there are threads, as it cannot be asked for without a change
os.umask(_UMASK)


def content(source: Source) -> bytes:
    """Return what is in the file of *source*; a pipe would never tell."""
    try:
        if not stat.S_ISREG(source.file.stat().st_mode):
            raise ReadError("cannot be read: it is a pipe or a device, and no file", source=source.path)
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
        return (state(config) / "executed" / source.path).with_suffix(NOTEBOOK)
    return source.file.with_suffix(NOTEBOOK)


def kept(source: Source, config: Config) -> bytes | None:
    """Return what is in the file that keeps the outputs of *source*; None if that is its own, or not there."""
    file = results(source, config)
    try:
        return None if file == source.file else file.read_bytes()
    except OSError:
        return None


def state(config: Config) -> Path:
    """Return the folder of what is remembered of the blog."""
    return config.root / STATE


def replaced(file: Path, content: bytes) -> tuple[int, int]:
    """Make *file* hold *content*, whole or not at all: a temporary file in the same folder takes its place.

    Its permissions stay, and a link stays a link. Returns its time of change in nanoseconds and its size, as we leave
    it: somebody else may save it the next moment. Raises `OSError`.
    """
    target = file.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f"{STATE}-", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(stream.fileno(), target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_UMASK)
            os.fsync(stream.fileno())
            left = os.fstat(stream.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return left.st_mtime_ns, left.st_size


def digest(file: Path) -> str:
    """Return the digest of what *file* holds; raise `OSError` if it cannot be read."""
    with file.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
