"""The blog of this checkout behind a web server, and a browser that may not leave it."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import expect, sync_playwright

from tests import folders
from tests.browser import server
from tests.jekyll import site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Route

    from tests.jekyll.site import Site

expect.set_options(timeout=5_000 * folders.BUSY)

SETTINGS = {
    "pagination": 3,
    "comments": {
        "provider": "giscus",
        "repo": "you/blog",
        "repo_id": "R_1",
        "category": "Blog",
        "category_id": "DIC_1",
    },
}
"""What the gallery has and the showcase has not."""
NOISE = (
    "strict mode: use allowUnionTypes",
    "jquery-ui is required to enable DataTable.reorderable",
    "GL Driver Message (OpenGL, Performance",
)
"""What the libraries of widgets and of Bokeh's tables say of themselves, on every page, and a machine without a GPU."""


@dataclass(kw_only=True)
class Visit:
    """A browser window on the site, and what happened in it."""

    page: Page
    address: str
    """Of the site's first page."""
    complaints: list[str] = field(default_factory=list)
    """What the console said, and the errors that no script caught."""
    foreign: list[str] = field(default_factory=list)
    """Hosts that were asked besides the site; they never got an answer."""

    def open(self, url: str) -> Page:
        """Open the page at *url*, wait until it rests, and return it."""
        self.page.goto(self.address.removesuffix("/nbpress/") + url)
        self.page.wait_for_load_state("load")
        return self.page

    def rest(self) -> None:
        """Wait until what is laid out has been measured, which browsers do before they paint."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def scroll_through(self) -> None:
        """Bring everything into sight once, so that what loads late is loaded."""
        height = int(self.page.evaluate("document.documentElement.scrollHeight"))
        for position in range(0, height, 500):
            self.page.evaluate("(top) => scrollTo({ top, behavior: 'instant' })", position)
            self.page.wait_for_timeout(20)
        self.page.wait_for_function("[...document.images].every((image) => image.complete)")

    def guard(self, route: Route) -> None:
        """Let requests to the site through; count and stop all others."""
        if route.request.url.startswith((self.address, "data:", "blob:")):
            route.continue_()
        else:
            self.foreign.append(urlsplit(route.request.url).netloc)
            route.abort()

    def hear(self, message: ConsoleMessage) -> None:
        """Keep what the console says, but not that a request was stopped by us, nor what nobody can change."""
        is_known = any(noise in message.text for noise in ("net::ERR_FAILED", *NOISE))
        if message.type in ("error", "warning") and not is_known:
            self.complaints.append(f"{message.type}: {message.text}")


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory, requires_jekyll: str) -> Site:
    """Build the showcase with the posts of `blog/` added: everything a theme must show, and an index to search."""
    folder = tmp_path_factory.mktemp("gallery")
    source = site.copy_checkout(folder / "blog")
    shutil.copytree(Path(__file__).parent / "blog", source, dirs_exist_ok=True)
    settings = yaml.safe_load((source / "_config.yml").read_text("utf-8")) | SETTINGS
    (source / "_config.yml").write_text(yaml.safe_dump(settings), "utf-8")
    built = site.build(source, folder / "host", requires_jekyll)
    assert built.status == 0, built.output
    site.index(built)
    return built


@pytest.fixture(scope="session")
def address(gallery: Site) -> Iterator[str]:
    """Serve the site on this machine, at a free port, and return the address of its first page."""
    with server.serving(gallery.host) as root:
        yield f"{root}{gallery.baseurl}/"


@pytest.fixture(scope="session")
def bad_line(gallery: Site) -> Iterator[str]:
    """Serve the site a few bytes at a time, and return the address of its first page."""
    with server.dripping(gallery.host) as root:
        yield f"{root}{gallery.baseurl}/"


@pytest.fixture(scope="package")
def browser(requires_chromium: str) -> Iterator[Browser]:
    """Start the system's Chromium; Playwright's event loop must be gone before other tests want theirs."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=requires_chromium, args=list(server.FLAGS))
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """Open a window without a past, in light colours."""
    with window(browser, address) as opened:
        yield opened


@contextlib.contextmanager
def window(browser: Browser, address: str) -> Iterator[Visit]:
    """Open a window that stays on the site at *address*."""
    context = browser.new_context(color_scheme="light", reduced_motion="reduce")
    visit = Visit(page=context.new_page(), address=address)
    context.route("**/*", visit.guard)
    visit.page.on("console", visit.hear)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    yield visit
    context.close()
