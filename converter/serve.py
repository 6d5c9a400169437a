"""A preview that follows every save: build what has changed, let Jekyll render it, tell the pages that show it."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import threading
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import quote

from converter import config as settings
from converter import discover, jekyll, pipeline, posts
from converter import site as sites
from converter.errors import ConfigError, ConverterError
from converter.failures import Failures
from converter.model import Report, Severity
from converter.preview import engine, server, site, watch
from converter.preview.server import Notice
from converter.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path, PurePosixPath

    from converter.config import Config
    from converter.model import Finding, Source
    from converter.preview.engine import Answer, Engine
    from converter.preview.server import Pages
    from converter.progress import End
    from converter.terminal import Terminal

PORT = 4000
FEW = 5
"""Posts of one save whose addresses are said; a template changes hundreds."""
EVERYBODY = "0.0.0.0"  # noqa: S104 - asked for by name
_UNPUBLISHED = re.compile(r"\A---\n(?:.+\n)*?published: false\n")
_COLOURS = {"error": "red", "warning": "yellow"}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ELSEWHERE = ("192.0.2.1", 9)
"""An address that nobody has; the way to it shows our own in the network, and nothing is sent."""


def serve(
    load: Callable[[], Config], terminal: Terminal, *, host: str, port: int | None, drafts: bool, browse: bool
) -> int:
    """Show the blog at *host*:*port* (None: 4000 or the next free one) and follow every save, until interrupted.

    *load* returns its settings as they are whenever it is called, or raises `ConfigError`. With *drafts* the posts that
    would not be published are there as well, with *browse* a browser opens. Returns 0 after Ctrl-C, or Jekyll's status
    if it cannot start. Raises `ConfigError` if there is no Jekyll or the port is taken.
    """
    config = load()
    jekyll.command(config.root)
    sockets = server.listen(host, PORT if port is None else port, or_next=port is None)
    address = Addresses(host=host, port=sockets[0].getsockname()[1], baseurl=config.baseurl)
    if port is None and address.port != PORT:
        terminal.say(f"port {PORT} is taken, this preview uses {address.port}", "yellow")
    with server.running(
        site.Site(config.root / engine.SITE, config.baseurl), sockets, lambda: _index(config.root)
    ) as pages:
        preview = _Preview(load, terminal, pages, address, drafts=drafts, browse=browse)
        try:
            return preview.run()
        except KeyboardInterrupt:
            return 0
        finally:
            preview.stop()


def _index(root: Path) -> None:
    """Make the index of the previewed site's search, if it has one and Pagefind is there."""
    with contextlib.suppress(ConfigError, OSError):
        command = sites.index_command(root)
        if command:
            subprocess.run([*command, "--site", engine.SITE], cwd=root, capture_output=True, check=False)  # noqa: S603


class Addresses:
    """Where a preview can be seen."""

    def __init__(self, *, host: str, port: int, baseurl: str) -> None:
        """Take the *host* and *port* on which it listens, and the *baseurl* of the blog."""
        self.host, self.port, self.baseurl = host, port, baseurl

    @property
    def here(self) -> str:
        """Return the address for this machine."""
        return self._at("127.0.0.1" if self.host in (EVERYBODY, "::", "") else self.host)

    @property
    def network(self) -> str:
        """Return the address for other machines; empty if there is no network, or none is asked for."""
        if self.host != EVERYBODY:
            return ""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(_ELSEWHERE)
            except OSError:
                return ""
            return self._at(str(probe.getsockname()[0]))

    def of(self, path: str) -> str:
        """Return the address of the page at *path*, which has the `baseurl` and no escapes, for this machine."""
        return self.here.removesuffix(f"{self.baseurl}/") + quote(path)

    def _at(self, host: str) -> str:
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}{self.baseurl}/"


class _Preview:
    """The blog as it is now, and what is known to be wrong with it."""

    def __init__(
        self,
        load: Callable[[], Config],
        terminal: Terminal,
        pages: Pages,
        address: Addresses,
        *,
        drafts: bool,
        browse: bool,
    ) -> None:
        self.load = load
        self.config = config = load()
        self.terminal = terminal
        self.pages = pages
        self.address = address
        self.browse = browse
        self.engine: Engine = engine.Engine(config, self.hear, drafts=drafts)
        self.findings: tuple[Finding, ...] = ()
        self.failures = Failures()
        self.notebooks: dict[PurePosixPath, Path] = {}
        """The files of the notebooks that the last build of everything has found."""
        self.faults: dict[str, tuple[str, ...]] = {}
        """What is wrong with the settings, with a build as a whole, with the start of Jekyll."""
        self.said: dict[str, Notice] = {}
        """What Jekyll complained of since the last order."""
        self.addresses: dict[str, str] = {}
        """Where each post is, by its own path and by that of its notebook."""
        self.awaited: tuple[str, ...] = ()
        """Posts that a save has made; their addresses are said when they can be seen."""
        self.known: set[str] = set()
        """What it complained of before: the terminal says it once."""
        self.ours: dict[PurePosixPath, tuple[int, int] | None] = {}
        """The states in which we left the files that we wrote."""
        self.is_up = threading.Event()
        self.is_greeted = False
        self.has_drafts = drafts

    def run(self) -> int:
        """Follow the blog; return Jekyll's status if it ends before it has shown anything."""
        self.engine.start()
        self.order(())
        changes = watch.changes(self.config.root)
        next(changes)  # from now on nothing is missed, however long the first build takes
        report = self.build(())
        self.terminal.built(report, self.config.posts)
        self.order(map(str, (*report.written, *report.removed)), always=False)
        for changed in changes:
            if self.engine.status is not None and not self.is_alive():
                return self.engine.status or 1
            self.greet()
            new = {path for path in changed if path not in self.ours or self.ours[path] != self.state(path)}
            if new:
                self.follow(new)
        return 0

    def is_alive(self) -> bool:
        """Say that Jekyll has ended; tell whether the preview can go on with what it has shown."""
        if not self.faults.get("Jekyll"):
            status = self.engine.status
            self.fails("Jekyll", (f"Jekyll has ended with status {status}; the next save starts it again",))
        return self.is_up.is_set()

    def stop(self) -> None:
        """End Jekyll."""
        self.engine.stop()

    def greet(self) -> None:
        """Say once where the blog is, and open it, as soon as it is there."""
        if self.is_greeted or not self.is_up.is_set():
            return
        self.is_greeted = True
        self.terminal.say(f"the blog is at {self.address.here} (Ctrl-C ends the preview)", "green")
        if self.address.host == EVERYBODY:
            network = self.address.network or "every address of this machine"
            self.terminal.say(f"everybody in your network can see it at {network}", "yellow")
        if self.browse:
            webbrowser.open(self.address.here)

    def follow(self, changed: set[PurePosixPath]) -> None:
        """Build and show what the *changed* files change."""
        names = {str(path) for path in changed}
        if settings.FILE in names and not self.configured():
            names.remove(settings.FILE)
        saved = [self.notebooks[path] for path in changed if path in self.notebooks and self.state(path)]
        report = self.build(saved if len(saved) == len(changed) else ())
        if report.written or report.removed or report.executed or report.failed:
            self.terminal.built(report, self.config.posts)
        for path in report.written if not self.has_drafts else ():
            if path.is_relative_to(self.config.posts) and _UNPUBLISHED.search(posts.text_of(self.config.root / path)):
                self.terminal.say(f"{path} is not published; nbpress serve --drafts shows it", "yellow")
        made = [str(path) for path in report.written if path.is_relative_to(self.config.posts)]
        self.awaited = tuple(made) if len(made) <= FEW else ()
        plugins = self.config.plugins  # Ruby reads them once
        if names & {settings.FILE, "Gemfile"} or any(path.is_relative_to(it) for path in changed for it in plugins):
            self.restart()
            return
        own = (self.config.source, self.config.word, self.config.templates)
        others = [path for path in changed if not any(path.is_relative_to(folder) for folder in own)]
        self.order(map(str, (*report.written, *report.removed, *others)), always=False)

    def configured(self) -> bool:
        """Take the settings as they are now; if they are wrong, say so and keep those that were right."""
        try:
            self.config = self.engine.config = self.load()
        except ConfigError as error:
            return self.fails("settings", error.faults)
        self.pages.site.baseurl = self.config.baseurl
        return self.fails("settings", ())

    def build(self, only: Iterable[Path]) -> Report:
        """Build the notebooks *only* (default: all), and let the terminal and the pages know what is wrong."""
        only = tuple(only)
        try:
            if not only:
                self.notebooks = {source.path: source.file for source in discover.sources(self.config)}
            telling = _Telling(self.terminal, self.pages, self.greet)
            report = pipeline.build(self.config, only, progress=telling, failures=self.failures)
            self.fails("build", ())
        except ConverterError as error:
            self.fails("build", (str(error),))
            return Report()
        except Exception as error:  # noqa: BLE001 - the next save may well mend it, so the preview goes on
            self.fails("build", (f"nbpress failed with {type(error).__name__}: {error}; the preview goes on",))
            return Report()
        paths = {file.relative_to(self.config.root).as_posix() for file in only}
        others = tuple(it for it in self.findings if str(it.source) not in paths) if only else ()
        # Whoever saves a notebook wants to hear of all that is wrong with it, and only once of all the others.
        self.terminal.findings(tuple(it for it in report.findings if only or it not in self.findings))
        self.findings = (*report.findings, *others)
        self.ours |= {path: self.state(path) for path in (*report.written, *report.removed)} | dict(report.stored)
        self.show()
        return report

    def state(self, path: PurePosixPath) -> tuple[int, int] | None:
        """Return what tells one state of the file at *path* from another."""
        try:
            stat = (self.config.root / path).stat()
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_size)

    def order(self, read: Iterable[str], *, always: bool = True) -> None:
        """Let Jekyll render what is in the files *read* and what people look at, then everything.

        Unless *always*, nothing is rendered if nothing is to be read.
        """
        read = list(read)
        if read or always:
            if self.engine.status is not None:
                self.engine.start()
            self.known = set(self.said)
            self.said = {}
            self.engine.order(read, self.pages.looked_at)

    def restart(self) -> None:
        """Start Jekyll anew: settings and plugins are read once."""
        try:
            self.engine.start()
        except ConfigError as error:
            self.fails("Jekyll", error.faults)
        self.order(())

    def fails(self, what: str, faults: tuple[str, ...]) -> bool:
        """Say that these are the *faults* of *what* now; return whether there are none."""
        self.faults[what] = faults
        for fault in faults:
            self.terminal.say(fault, "red")
        self.show()
        return not faults

    def hear(self, answer: Answer) -> None:
        """Take in what Jekyll says; called from a thread of its own."""
        if answer.says:
            self.complain(answer.says, answer.message)
        elif answer.done == "failed":
            if not any(notice.severity == Severity.ERROR for notice in self.said.values()):
                self.complain("error", answer.message)
            self.is_up.set()
        else:
            self.faults["Jekyll"] = ()
            self.addresses = answer.addresses
            self.lead()
            self.pages.tell(unlisted=answer.unlisted)
            self.pages.built()
            if answer.done == "all":
                self.is_up.set()
        self.show()

    def lead(self) -> None:
        """Say where the posts are that a save has made, as far as they are there."""
        there = [path for path in self.awaited if path in self.addresses]
        self.awaited = tuple(path for path in self.awaited if path not in there)
        for path in there:
            self.terminal.say(f"{path} is at {self.address.of(self.addresses[path])}")

    def complain(self, severity: str, message: str) -> None:
        """Show what Jekyll complains of, and say it on the terminal if that is news."""
        words = _COLOUR.sub("", message).replace(f"{self.config.root}{os.sep}", "").split()
        text = " ".join(["Jekyll:", *words])
        if words[:1] == ["Skipping:"]:  # as it should
            text += "; --drafts shows it"
            severity = Severity.NOTE
        self.said[text] = Notice(severity=severity, text=text, page=server.EVERY if severity == Severity.ERROR else "")
        if text not in self.known:
            self.terminal.say(text, _COLOURS.get(severity, ""))

    def show(self) -> None:
        """Let the pages show what is wrong."""
        shown = (Severity.ERROR, Severity.WARNING)
        found = [
            Notice(severity=it.severity, text=str(it), detail=it.detail, page=self.addresses.get(str(it.source), ""))
            for it in self.findings
            if it.severity in shown
        ]
        faults = [Notice(severity="error", text=fault) for several in self.faults.values() for fault in several]
        said = [notice for notice in self.said.values() if notice.severity in shown]
        self.pages.tell(notices=(*faults, *found, *said))


class _Telling(Progress):
    """Tell the terminal and the open pages how a build goes."""

    def __init__(self, terminal: Terminal, pages: Pages, greet: Callable[[], None]) -> None:
        self.terminal, self.pages, self.greet = terminal, pages, greet

    def starts(self, source: Source, reason: str) -> None:
        self.terminal.starts(source, reason)
        self.pages.tell(working=f"running {source.path} ({reason})")

    def cell(self, source: Source, number: int, total: int) -> None:
        self.greet()  # notebooks may run for long, and the last posts are there
        self.terminal.cell(source, number, total)
        self.pages.tell(working=f"running {source.path}: cell {number} of {total}")

    def ends(self, source: Source, end: End) -> None:
        self.terminal.ends(source, end)
        self.pages.tell(working="")

    @contextlib.contextmanager
    def batch(self, notebooks: int) -> Iterator[None]:
        with self.terminal.batch(notebooks):
            yield

    def stops(self, times: int) -> None:
        self.terminal.stops(times)

    def waits(self, holder: str) -> None:
        self.terminal.waits(holder)
