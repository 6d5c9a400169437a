"""Word documents: pandoc reads them, and what they say becomes one text cell under front matter."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from converter import word_text
from converter.errors import PandocMissing, ReadError

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from nbformat import NotebookNode

INSTALL = "pip install 'nbpress[word]'"
_MARKDOWN = "gfm-tex_math_gfm+tex_math_dollars"
_SECONDS = 120
"""What pandoc takes at most; a book takes a few."""
_LARGEST, _LARGEST_IMAGE = 500_000_000, 50_000_000
"""Bytes that an unpacked document and an image in it may have; of the latter git hosts begin to complain."""
_OLE = b"\xd0\xcf\x11\xe0"
"""How documents of old Word begin, and those that a password protects."""
_DOCUMENT, _STYLES, _PROPERTIES = "word/document.xml", "word/styles.xml", "docProps/core.xml"
_CODE_STYLES = (
    (rb"Code|Code Block|HTML Preformatted|Macro Text|Preformatted Text", rb"Source Code"),
    (rb"Code Char|HTML Code|Inline Code|Source Text", rb"Verbatim Char"),
)
"""Names of styles that mean code, with the only ones by which pandoc knows it: paragraphs, then characters."""
_NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
}
_MIMETYPES = {
    ".bmp": "image/bmp",
    ".emf": "image/x-emf",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".wmf": "image/x-wmf",
}


def notebook(data: bytes, path: PurePosixPath) -> NotebookNode:
    """Return the Word document *data* as one text cell, its images as attachments; *path* is for messages.

    Front matter are, each over the one before, the document's properties, its styled title and author, and YAML or a
    list of fastpages at its head. Raises `ReadError`, or `PandocMissing` with what to install.
    """
    import nbformat

    package = _package(data, path)
    document = json.loads(_pandoc(_readable(data, package), path, "--from=docx", "--to=json"))
    matter, blocks = word_text.taken_apart(document)
    given = {**_properties(package, path), **matter}
    names = set(package.namelist())
    body = word_text.for_post(blocks, lambda target: f"word/{target}" in names)
    text = _pandoc(
        json.dumps(document | {"blocks": body, "meta": {}}).encode(), path, "--from=json", f"--to={_MARKDOWN}"
    )
    cell = nbformat.v4.new_markdown_cell(text.decode().strip("\n"))
    cell.attachments = {name: _image(package, name, path) for name in word_text.images_of(body)}
    nb: NotebookNode = nbformat.v4.new_notebook(cells=[cell])
    if given:
        nb.cells.insert(0, nbformat.v4.new_raw_cell("\n".join(["---", *map(": ".join, given.items()), "---"])))
    return nb


def _package(data: bytes, path: PurePosixPath) -> zipfile.ZipFile:
    """Open the archive that a Word document is; raise `ReadError` if *data* is none, or too large."""
    if data.startswith(_OLE):
        what, hint = "is a document of old Word or protected by a password", "save it as .docx without a password"
        raise ReadError(what, source=path, hint=hint)
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
        package.getinfo(_DOCUMENT)
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
        raise ReadError("is no Word document", source=path, hint="open it in Word and save it again") from error
    size = sum(entry.file_size for entry in package.infolist())
    if size > _LARGEST:
        raise ReadError(f"holds {size // 1_000_000} MB", source=path, hint="compress its pictures in Word")
    return package


def _part(package: zipfile.ZipFile, name: str, path: PurePosixPath) -> bytes:
    """Return the file *name* of *package*; nothing if there is none."""
    try:
        return package.read(name)
    except KeyError:
        return b""
    except Exception as error:  # broken archives raise what zipfile and zlib like
        raise ReadError(
            f"is a broken Word document: {error}", source=path, hint="open it in Word and save it"
        ) from error


def _readable(data: bytes, package: zipfile.ZipFile) -> bytes:
    """Return the document *data* with what pandoc would misread changed: names of styles, tables of contents."""
    try:
        before = {name: package.read(name) for name in (_DOCUMENT, _STYLES) if name in package.namelist()}
        after = {_DOCUMENT: _without_contents(before[_DOCUMENT])}
        for names, known in _CODE_STYLES if _STYLES in before else ():
            pattern = rb'(<w:name w:val=")(?:%b)(")' % names
            styles = after.get(_STYLES, before[_STYLES])
            after[_STYLES] = re.sub(pattern, rb"\1%b\2" % known, styles, flags=re.IGNORECASE)
        if after == before:
            return data
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as changed:
            for name in package.namelist():
                changed.writestr(name, after[name] if name in after else package.read(name))
    except Exception:  # noqa: BLE001 - broken archives raise what they like; pandoc says what is wrong
        return data
    return out.getvalue()


def _without_contents(document: bytes) -> bytes:
    """Return the text *document* without the table of contents that Word keeps, with page numbers, in a block."""
    found = re.search(rb'<w:docPartGallery w:val="Table of Contents"', document)
    start = document.rfind(b"<w:sdt>", 0, found.start()) if found else -1
    depth = 0
    for tag in re.compile(rb"<w:sdt>|</w:sdt>").finditer(document, max(start, 0)) if start >= 0 else ():
        depth += 1 if tag[0] == b"<w:sdt>" else -1
        if depth == 0:
            return document[:start] + document[tag.end() :]
    return document


def _properties(package: zipfile.ZipFile, path: PurePosixPath) -> dict[str, str]:
    """Return the front matter, as YAML by key, that the document's properties hold."""
    try:
        # Expat bounds what entities may grow to, and fetches none.
        root = ElementTree.fromstring(_part(package, _PROPERTIES, path) or b"<none/>")  # noqa: S314
    except ElementTree.ParseError:
        return {}

    def said(name: str) -> str:
        return " ".join((root.findtext(name, "", _NAMESPACES) or "").split())

    authors = [name.strip() for name in said("dc:creator").split(";") if name.strip()]
    categories, tags = (
        [word.strip() for word in re.split("[,;]", said(name)) if word.strip()]
        for name in ("cp:category", "cp:keywords")
    )
    found: dict[str, Any] = {
        "title": said("dc:title"),
        "description": said("dc:description") or said("dc:subject"),
        "author": authors[0] if len(authors) == 1 else authors,
        "categories": categories,
        "tags": tags,
    }
    return {key: word_text.quoted(value) for key, value in found.items() if value}


def _image(package: zipfile.ZipFile, name: str, path: PurePosixPath) -> dict[str, str]:
    """Return the image *name* of *package* as a mimebundle."""
    content = _part(package, f"word/{name}", path)
    if len(content) > _LARGEST_IMAGE:
        size = len(content) // 1_000_000
        raise ReadError(f"image {name} has {size} MB", source=path, hint="compress the pictures in Word")
    mimetype = _MIMETYPES.get(Path(name).suffix.lower(), "application/octet-stream")
    return {mimetype: base64.b64encode(content).decode()}


def _pandoc(data: bytes, path: PurePosixPath, *arguments: str) -> bytes:
    """Return what pandoc makes of *data*: it reads no other file and has no network."""
    command = [_program(path), "--sandbox", "--wrap=none", *arguments]
    try:
        done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603 - ours
    except subprocess.TimeoutExpired as error:
        raise ReadError(f"keeps pandoc busy for more than {_SECONDS} seconds", source=path) from error
    except OSError as error:
        raise PandocMissing(f"pandoc does not start: {error.strerror}", source=path, hint=INSTALL) from error
    if done.returncode:
        says = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"])[0]
        hint = "open it in Word and save it again"
        raise ReadError(f"pandoc cannot read it: {says}", source=path, hint=hint)
    return done.stdout


def _program(path: PurePosixPath) -> str:
    """Return pandoc's path: the one of our dependency, whose version the lock file holds, before one of the system."""
    try:
        import pypandoc

        own = Path(pypandoc.__file__).parent / "files" / "pandoc"
        found = next((it for it in (own, own.with_suffix(".exe")) if it.is_file()), None)
        return str(found or pypandoc.get_pandoc_path())
    except (ImportError, OSError) as error:
        what = "is a Word document, and nothing here can read it"
        raise PandocMissing(what, source=path, hint=INSTALL) from error
