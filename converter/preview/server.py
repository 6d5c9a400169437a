"""The previewed site over HTTP: every page learns through a websocket when to reload, and what went wrong."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import socket
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tornado import httpserver, netutil, web, websocket

from converter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from converter.preview.site import Site

OURS = "/-nbpress-"
"""Where the preview's own files are; no post can have this address."""
SEARCH = "pagefind"
"""Folder of the index of the site's search."""
EVERY = "*"
"""Stands for all pages where one is named."""
_HERE = Path(__file__).parent
_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something an author should see in the page."""

    severity: str
    text: str
    detail: str = ""
    page: str = EVERY
    """The address of the page that it is about; empty if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What all pages show besides themselves."""

    working: str = ""
    """What is being done; empty if nothing."""
    notices: tuple[Notice, ...] = ()
    unlisted: tuple[dict[str, str], ...] = ()
    """The posts that readers of the published blog do not find, with `url`, `title` and `reason`."""


class Pages:
    """All pages that are open somewhere; its methods may be called from any thread."""

    def __init__(self, site: Site, loop: asyncio.AbstractEventLoop, index: Callable[[], None]) -> None:
        """Serve *site* from *loop*; *index* makes what its search needs."""
        self.site = site
        self._loop = loop
        self._index = index
        self._indexing = asyncio.Lock()
        self._is_indexed = False
        self._state = State()
        self._open: set[_Line] = set()

    @property
    def looked_at(self) -> list[str]:
        """Return the addresses of the pages that are open, below the `baseurl`."""
        return sorted({urlsplit(line.path).path[len(self.site.baseurl) :] for line in tuple(self._open)})

    def tell(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of State
        """Show *changes* of the `State` in all pages."""

        def now() -> None:
            state = replace(self._state, **changes)
            if state != self._state:
                self._state = state
                for line in tuple(self._open):
                    line.say(self.words)

        self._loop.call_soon_threadsafe(now)

    def built(self) -> None:
        """Let the pages reload whose files are not what they were."""
        self.site.look()
        self._is_indexed = False
        self._loop.call_soon_threadsafe(self._compare)

    async def indexed(self) -> None:
        """Make the index of the search, unless it is that of the site as it is: few previews are searched."""
        async with self._indexing:
            if not self._is_indexed:
                self._is_indexed = True
                await self._loop.run_in_executor(None, self._index)

    def _compare(self) -> None:
        for line in tuple(self._open):
            line.compare()

    @property
    def words(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return asdict(self._state)

    def opened(self, line: _Line) -> None:
        """Add *line* to those that are told."""
        self._open.add(line)

    def closed(self, line: _Line) -> None:
        """Forget *line*."""
        self._open.discard(line)


class _Line(websocket.WebSocketHandler):
    """The line to one open page."""

    def initialize(self, pages: Pages) -> None:
        self.pages = pages
        self.path = ""
        self.digest = ""

    def open(self, *_args: str, **_kwargs: str) -> None:
        self.path, self.digest = self.get_query_argument("page", ""), self.get_query_argument("state", "")
        self.pages.opened(self)
        self.say(self.pages.words)
        self.compare()

    def on_close(self) -> None:
        self.pages.closed(self)

    def on_message(self, message: str | bytes) -> None:
        """Hear nothing: pages have nothing to say."""

    def compare(self) -> None:
        """Have the page reload if it is not what the reader sees."""
        if self.pages.site.state(self.path) != self.digest:
            self.say({"reload": True})

    def say(self, words: dict[str, Any]) -> None:
        with contextlib.suppress(websocket.WebSocketClosedError):
            self.write_message(json.dumps(words))


class _File(web.StaticFileHandler):
    """The files of the site; pages get the script that keeps them up to date."""

    def initialize(self, pages: Pages) -> None:  # type: ignore[override]  # the rule of the application says what
        self.pages, self.site = pages, pages.site
        super().initialize(str(self.site.folder))

    async def get(self, path: str, include_body: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 - tornado's
        address = self.request.path
        if address.startswith(f"{self.site.baseurl}/{SEARCH}/"):
            await self.pages.indexed()
        file = self.site.file(address)
        if address + "/" == self.site.baseurl + "/" or (file is None and self.site.file(address + "/")):
            self.redirect(address + "/")
        elif file and file.suffix not in (".html", ".htm"):
            await super().get(file.relative_to(self.site.folder).as_posix(), include_body)
        elif address == "/" and self.site.baseurl:
            self.redirect(self.site.baseurl + "/")
        else:
            self.set_status(200 if file else 404)
            self.set_extra_headers("")
            self.set_header("Content-Type", "text/html; charset=utf-8")
            content = _with_script(self.site.page(address), self.site.state(address))
            self.set_header("Content-Length", len(content))
            if include_body:
                self.write(content)

    def set_extra_headers(self, path: str) -> None:  # noqa: ARG002 - tornado's
        """Let no browser keep what may change the next moment."""
        self.set_header("Cache-Control", "no-store")

    def compute_etag(self) -> None:
        """Give no tag: tornado would remember it for ever."""

    def should_return_304(self) -> bool:
        """Send every file anew: its time may be that of the file before."""
        return False


class _Own(web.RequestHandler):
    """The script of all pages."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.write((_HERE / "page.js").read_bytes())


@contextlib.contextmanager
def running(site: Site, sockets: list[socket.socket], index: Callable[[], None]) -> Iterator[Pages]:
    """Serve *site* at *sockets*, in a thread with an event loop of its own; *index* makes what its search needs."""
    loop = asyncio.new_event_loop()
    pages = Pages(site, loop, index)

    async def start() -> httpserver.HTTPServer:
        rules: list[tuple[str, Any, dict[str, Any]]] = [
            (f"{OURS}/page.js", _Own, {}),
            (f"{OURS}/line", _Line, {"pages": pages}),
            ("(.*)", _File, {"pages": pages}),
        ]
        server = httpserver.HTTPServer(web.Application(rules, log_function=lambda _: None, websocket_ping_interval=20))
        server.add_sockets(sockets)
        return server

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield pages
    finally:
        loop.call_soon_threadsafe(server.stop)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=2)


def listen(host: str, port: int, *, or_next: bool) -> list[socket.socket]:
    """Return sockets that listen at *host*:*port*, or at one of the ports behind it if *or_next*.

    Raises `ConfigError` if that cannot be.
    """
    reason, remedy = "no port is left", "choose another port with --port N"
    for number in range(port, min(port + (_TRIES if or_next else 1), 65536)):
        try:
            return netutil.bind_sockets(number, host)
        except OSError as error:
            reason = error.strerror or str(error)
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                remedy = "--host takes an address or a name of this machine"
                break
    message = f"{host}:{port} cannot be used: {reason}; {remedy}"
    raise ConfigError((message,))


def _with_script(page: bytes, state: str) -> bytes:
    """Return *page* with our script at the end of its body."""
    script = f'<script src="{OURS}/page.js" data-state="{state}" defer></script>'.encode()
    head, end, tail = page.rpartition(b"</body>")
    return head + script + end + tail if end else page + script
