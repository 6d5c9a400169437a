"""The local images of a notebook: which file an author means, and where it is published."""

from __future__ import annotations

import base64
import binascii
import contextlib
import functools
import hashlib
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from converter.model import Asset, Finding

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from converter.config import Config
    from converter.model import FrontMatter, Source

SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "image/bmp": ".bmp",
    "application/pdf": ".pdf",
}  # fmt: skip
"""File suffix by MIME type, for outputs and attachments."""
_PICTURES = frozenset(SUFFIXES.values()) - {".pdf"} | {"", ".apng", ".avif", ".jpeg", ".tif", ".tiff"}
_URL_SAFE = "/!$&'()*+,;=:@-._~"  # what RFC 3986 allows in a path
SCHEMES = ("#gh-light-mode-only", "#gh-dark-mode-only")
"""What GitHub has at the end of an image's address that only readers of a light, or a dark, page are to see."""
_FOREIGN = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|\{|$", re.IGNORECASE)
_BEHIND = re.compile(r"[?#]")
"""What begins a query or fragment, behind the name of a file."""
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//|/|#|\{|$)", re.IGNORECASE)


class ImageError(Exception):
    """Say why a local image cannot be published; `rule` names what ought to hold."""

    def __init__(self, rule: str, message: str) -> None:
        """Store the parts of the finding it becomes."""
        super().__init__(message)
        self.rule = rule
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that a page can show."""

    url: str
    """Its address within the site."""
    asset: Asset | None
    """The file to publish; None if Jekyll publishes it anyway."""
    size: tuple[int, int] | None = None
    """Width and height in CSS pixels, where the file tells."""


def local(address: str, source: Source, cell: NotebookNode, config: Config) -> Image | None:
    """Return the image that *address* in *cell* means; None if it is not a local one.

    Raises `ImageError` if there is no such file or it lies outside the blog.
    """
    found = _local(address, source, cell, config)
    scheme = next((scheme for scheme in SCHEMES if address.endswith(scheme)), "")
    return replace(found, url=found.url + scheme) if found and scheme else found


def _local(address: str, source: Source, cell: NotebookNode, config: Config) -> Image | None:
    """Return the image that *address* means, without what follows its name."""
    if address.lower().startswith("attachment:"):
        return _attachment(address.partition(":")[2], source, cell, config)
    if _ELSEWHERE.match(address):
        return None
    file = file_of(address, source)
    if file is None:
        name = unquote(address)
        noun = "image" if PurePosixPath(name).suffix.lower() in _PICTURES else "file"
        raise ImageError("image-exists", f"there is no {noun} {name}; put it there or fix the path")
    real, root = file.resolve(), _real(config.root)
    # The folder of notebooks may itself be a link to somewhere else.
    if not real.is_relative_to(root) and not real.is_relative_to(_real(config.root / config.source)):
        message = f"image {address} leaves the blog's folder; copy it beside the notebook"
        raise ImageError("image-inside-blog", message)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ImageError("image-exists", f"image {address} cannot be read: {error.strerror}") from error
    inside = PurePosixPath(file.relative_to(config.root).as_posix()) if ".." not in file.parts else None
    inside = inside or PurePosixPath(real.relative_to(root).as_posix())
    is_beside = inside.is_relative_to(config.source)
    if not is_beside and not any(is_hidden(part) for part in inside.parts):
        return Image(url=url(inside, config), asset=None, size=size(content))
    path = inside.relative_to(config.source) if is_beside else inside
    return _published(published(path, config), content, config)


def held(content: bytes, suffix: str, source: Source, config: Config) -> Image:
    """Return the image that a cell of *source* holds itself, as an output or attachment.

    The name comes from the content, so that a new cell renames nothing and equal images are one file.
    """
    name = hashlib.sha256(content).hexdigest()[:16] + suffix
    return _published(published(source.files_folder / name, config), content, config)


def url(path: PurePosixPath, config: Config) -> str:
    """Return the address of the file at *path*, relative to the blog's root."""
    return f"{config.baseurl}/{quote(str(path), safe=_URL_SAFE)}"


def published(path: PurePosixPath, config: Config) -> PurePosixPath:
    """Return where the file at *path* goes; Jekyll never publishes names that begin with `_`, `.`, `#` or `~`."""
    return config.images.joinpath(*(f"x{part}" if is_hidden(part) else part for part in path.parts))


def size(content: bytes) -> tuple[int, int] | None:
    """Return width and height of the image *content*, if its format tells."""
    import imagesize

    try:
        width, height = imagesize.get(io.BytesIO(content))
    except Exception:  # noqa: BLE001 - a broken image raises anything; it is shown without a size
        return None
    return (int(width), int(height)) if width > 0 and height > 0 else None


def decoded(data: str) -> bytes | None:
    """Return the bytes of base64 *data*; None if it is none."""
    try:
        return base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return None


def _published(path: PurePosixPath, content: bytes, config: Config) -> Image:
    """Return the image at *path* with its address and size."""
    return Image(url=url(path, config), asset=Asset(path=path, content=content), size=size(content))


def _attachment(name: str, source: Source, cell: NotebookNode, config: Config) -> Image:
    """Return the attachment *name* of *cell*, a picture that was pasted into the notebook."""
    attachments = cell.get("attachments") or {}
    bundle = attachments.get(name) or attachments.get(unquote(name)) or {}
    for mimetype, suffix in SUFFIXES.items():
        data = bundle.get(mimetype)
        if isinstance(data, str):
            content = data.encode() if mimetype == "image/svg+xml" and "<svg" in data else decoded(data)
            if content:
                return held(content, suffix, source, config)
    kinds = ", ".join(bundle)
    message = f"the cell has no attachment {unquote(name)}; paste the image again"
    if kinds:
        message = f"image {unquote(name)} is {kinds}, which no browser shows; save it as PNG"
    raise ImageError("image-exists", message)


def candidates(address: str, source: Source) -> tuple[Path, ...]:
    """Return the files that *address* in *source* may mean, the likeliest first; none if it is not local."""
    if _ELSEWHERE.match(address) or "\0" in (decoded := unquote(address)):
        return ()
    plain = _BEHIND.split(address, maxsplit=1)[0]
    names = dict.fromkeys((decoded, address, unquote(plain), plain))
    return tuple(Path(source.file.parent, name) for name in names)


def of_matter(matter: FrontMatter) -> PurePosixPath | None:
    """Return the file, relative to the blog's root, that `image` in *matter* names; None if it names none there.

    The theme, and jekyll-seo-tag, put `url` and `baseurl` before it.
    """
    value = matter.values.get("image")
    address = str((value.get("path") if isinstance(value, dict) else value) or "").strip()
    if _FOREIGN.match(address):
        return None
    return PurePosixPath(unquote(_BEHIND.split(address, maxsplit=1)[0]).lstrip("/"))


def missing(path: PurePosixPath, matter: FrontMatter, source: Source, config: Config) -> Finding | None:
    """Return the finding that Jekyll has no file at *path* to publish, which `image` in *matter* names."""
    with contextlib.suppress(OSError):  # a name that is too long for the disk is no file
        if (config.root / path).is_file() and not any(is_hidden(part) for part in path.parts):
            return None
    return Finding(
        rule="image-exists",
        message=f"`image` names {path}, which the blog does not publish; give a path from the blog's folder",
        source=source.path,
        cell=None if matter.cell is None else matter.cell + 1,
        line=matter.lines.get("image") or None,
    )


def file_of(address: str, source: Source) -> Path | None:
    """Return the file that *address* means: as it is written, decoded, without query or fragment."""
    for file in candidates(address, source):
        with contextlib.suppress(OSError):  # a name that is too long for the disk is no file
            if file.is_file():
                return file
    return None


@functools.lru_cache(maxsize=16)
def _real(folder: Path) -> Path:
    """Return where *folder* really lies, which is the same for all images; to ask takes longer than to read one."""
    return folder.resolve()


def refresh() -> None:
    """Forget where folders lie: before the next build, links may have been made to point elsewhere."""
    _real.cache_clear()


def inside(file: Path, config: Config) -> PurePosixPath | None:
    """Return the path of *file* from the blog's root; None if it lies outside."""
    real, root = file.resolve(), _real(config.root)
    return PurePosixPath(real.relative_to(root).as_posix()) if real.is_relative_to(root) else None


def is_hidden(part: str) -> bool:
    """Tell whether Jekyll passes over a file or folder of that name."""
    return part.startswith(("_", ".", "#", "~"))
