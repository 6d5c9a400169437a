"""Word documents for tests: from Markdown by pandoc, and with their parts changed by hand."""

from __future__ import annotations

import io
import struct
import subprocess
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from converter import word
from tests.folders import PNG

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT, CORE = "word/document.xml", "docProps/core.xml"


def of_markdown(text: str) -> bytes:
    """Return the document that pandoc makes of *text*, which may show the image `p.png`.

    `::: {custom-style="…"}` gives a style, `[…]{.insertion}` and `[…]{.deletion}` are tracked changes.
    """
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "p.png").write_bytes(PNG)
        command = [word._program(PurePosixPath()), "--from=markdown", "--to=docx", "--output=-"]
        return subprocess.run(command, input=text.encode(), cwd=name, capture_output=True, check=True).stdout


def parts(document: bytes) -> dict[str, bytes]:
    """Return the files in *document*."""
    with zipfile.ZipFile(io.BytesIO(document)) as package:
        return {name: package.read(name) for name in package.namelist()}


def changed(document: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """Return *document* with other files in it; None takes one away."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {**parts(document), **changes}.items():
            if content is not None:
                package.writestr(name, content)
    return out.getvalue()


def replaced(document: bytes, old: str, new: str, *, part: str = DOCUMENT) -> bytes:
    """Return *document* with *new* for *old* in one of its parts."""
    before = parts(document)[part].decode()
    assert old in before
    return changed(document, {part: before.replace(old, new).encode()})


def claiming(document: bytes, name: str, size: int) -> bytes:
    """Return *document*, whose directory says that the file *name* has *size* bytes."""
    data = bytearray(document)
    directory = data.index(b"PK\x01\x02")
    at = data.index(name.encode(), directory) - 46
    data[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(data)
