"""Links to other notebooks of the blog: which post each means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from converter import discover, images
from converter.model import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from converter.config import Config
    from converter.model import Source

_NOTEBOOK_LINK = re.compile(r"(?!(?:[a-z][a-z0-9+.-]*:|//|/|#|\{))([^?#]+\.\w+)(#.*)?", re.IGNORECASE)
_FILE = re.compile(r"(?!.*\.(?:x?html?|shtml|php|aspx?|jsp|cgi)$).*\.[a-z][a-z0-9]{0,4}", re.IGNORECASE)
"""A name that is no page's; what has no suffix may be one as well."""
_HOST = re.compile(r"(?:www\.[\w-]+\.|(?:[\w-]+\.)+(?:com|org|net|edu|gov|io|dev)(?=[/?#]|$))", re.IGNORECASE)
"""An address of the web that lacks its beginning."""


class LinkError(Exception):
    """Say why a link cannot lead to a post."""

    def __init__(self, message: str, severity: Severity) -> None:
        """Store the parts of the finding it becomes."""
        super().__init__(message)
        self.message = message
        self.severity = severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to a post of the blog."""

    tag: str
    """Liquid for the post's address."""
    fragment: str
    """What stands behind the address: `#heading`, or nothing."""
    file: Path
    """The notebook of that post."""


def file_of(address: str, source: Source) -> Path | None:
    """Return the file that *address* in *source* means, there or not; None if it can be no notebook."""
    found = _NOTEBOOK_LINK.fullmatch(address)
    if found is None:
        return None
    file = source.file.parent / unquote(found[1])
    if file.suffix not in discover.ALL_SUFFIXES:
        return None
    # A module or a README is a file like any other.
    return file if file.suffix == ".ipynb" or discover.is_notebook(file) else None


def to_post(address: str, source: Source, config: Config) -> Link | None:
    """Return the post that *address* in *source* means; None if it means none.

    Raises `LinkError` if there is no such notebook, or none with a date.
    """
    file = file_of(address, source)
    if file is None or (file.suffix != ".ipynb" and not _is_ours(file, config)):
        return None  # a text or a document elsewhere is a download
    name, _, fragment = address.partition("#")
    target = discover.source(file.resolve(), config) if file.is_file() and _is_ours(file, config) else None
    if target is None:
        message = f"link to {name} leads nowhere; no such notebook is in {config.source}"
        raise LinkError(message, Severity.ERROR)
    if not target.date:
        message = f"link to {name} cannot become a link to a post; give that notebook a dated name"
        raise LinkError(message, Severity.WARNING)
    tag = f"{{% post_url {target.date}-{target.slug} %}}"
    return Link(tag=tag, fragment=f"#{fragment}" if fragment else "", file=file)


def astray(address: str, source: Source, config: Config) -> str:
    """Return what is wrong with *address* in *source* as a link to a file; nothing if it may be right.

    Readers follow it from where the post is published, and Jekyll publishes no file there.
    """
    if not images.candidates(address, source):
        return ""
    name = unquote(re.split(r"[?#]", address, maxsplit=1)[0])
    there = images.file_of(address, source)
    if there is None and _HOST.match(address):
        return f"link to {address} leads to this site, as it has no https:// before it; write https://{address}"
    if there is None:
        return f"link to {name} leads nowhere, as there is no such file; fix it" if _FILE.fullmatch(name) else ""
    inside = images.inside(there, config)
    public = inside if inside and not any(map(images.is_hidden, inside.parts)) else PurePosixPath("files", there.name)
    move = "" if public == inside else f"move the file to {public.parent}/, and "
    return (
        f"link to {name} leads nowhere, as the file is not published beside the post; "
        f"{move}write {{{{ site.baseurl }}}}/{quote(str(public))}"
    )


def _is_ours(file: Path, config: Config) -> bool:
    """Tell whether *file* lies among the blog's notebooks or documents."""
    folders = ((config.root / folder).resolve() for folder in (config.source, config.word))
    return any(file.resolve().is_relative_to(folder) for folder in folders)
