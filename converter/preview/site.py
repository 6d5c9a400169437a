"""A folder as a web site: which file an address means, and what tells one state of a page from another."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

_FRAME = "<!doctype html><html lang=en><meta charset=utf-8><title>nbpress</title><p>{}</p></html>"
_WAITING = _FRAME.format("The blog is being built; this page will show it.").encode()
_NO_PAGE = _FRAME.format("There is no such page.").encode()
_PAGES = (".html", ".htm", ".xml")
"""What readers look at one at a time; everything else may be part of any page."""
_Stat = tuple[int, int]


class Site:
    """A folder as a web site, below *baseurl*."""

    def __init__(self, folder: Path, baseurl: str) -> None:
        """Serve *folder*, which may appear later."""
        self.folder = folder
        self.baseurl = baseurl
        self._digests: dict[str, tuple[_Stat, str]] = {}
        self._parts = ""

    def file(self, path: str) -> Path | None:
        """Return the file at the address *path*; None if there is none inside the site."""
        below = unquote(path)
        if not below.startswith(self.baseurl + "/") or "\0" in below:
            return None
        wanted = self.folder / below[len(self.baseurl) :].lstrip("/")
        named = [wanted, wanted.with_name(wanted.name + ".html")]
        candidates = [wanted / "index.html"] if below.endswith("/") else named
        with contextlib.suppress(OSError, ValueError):
            for candidate in candidates:
                if candidate.is_file() and candidate.resolve().is_relative_to(self.folder.resolve()):
                    return candidate
        return None

    def page(self, path: str) -> bytes:
        """Return the page at *path*, or what a reader gets who finds none."""
        file = self.file(path) or self.file(f"{self.baseurl}/404.html")
        with contextlib.suppress(OSError):
            if file:
                return file.read_bytes()
        return _NO_PAGE if (self.folder / "index.html").exists() else _WAITING

    def state(self, path: str) -> str:
        """Return what tells one state of the page at *path* from another, its styles and pictures included."""
        return _digest(self.page(path)) + self._parts

    def look(self) -> None:
        """Notice which of the files that pages are made of have changed."""
        found: dict[str, tuple[_Stat, str]] = {}
        for file in sorted(self._parts_of_pages()):
            with contextlib.suppress(OSError):  # Jekyll may have removed it
                stat = file.stat()
                state = (stat.st_mtime_ns, stat.st_size)
                known = self._digests.get(str(file))
                found[str(file)] = known if known and known[0] == state else (state, _digest(file.read_bytes()))
        self._digests = found
        self._parts = _digest(repr([(name, digest) for name, (_, digest) in found.items()]).encode())

    def _parts_of_pages(self) -> Iterator[Path]:
        """Yield the files that may be part of any page; folders that Jekyll removes meanwhile have none."""
        for folder, folders, names in os.walk(self.folder):
            if folder == str(self.folder) and "pagefind" in folders:  # made when somebody searches
                folders.remove("pagefind")
            yield from (Path(folder, name) for name in names if not name.endswith(_PAGES))


def _digest(content: bytes) -> str:
    """Return a short digest of *content*."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()
