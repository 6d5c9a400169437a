"""A site built by Jekyll, for tests: this blog or a made one, what Jekyll said, and its pages read back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from bs4 import Tag

CHECKOUT = Path(__file__).parents[2]
"""The folder of the project."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of a built site."""

    url: str
    """Its address below the host, with the site's `baseurl`."""
    html: str

    @cached_property
    def soup(self) -> BeautifulSoup:
        """Return the page as a tree."""
        return BeautifulSoup(self.html, "html.parser")

    @cached_property
    def text(self) -> str:
        """Return what a reader reads between the page's head and foot, white space as single blanks."""
        main = self.soup.select_one("main")
        assert main is not None, f"{self.url} has no main part"
        return squeezed(main.get_text())

    def one(self, selector: str) -> Tag:
        """Return the only element that *selector* finds."""
        found = self.soup.select(selector)
        assert len(found) == 1, f"{self.url}: {len(found)} elements are {selector}"
        return found[0]


@dataclass(frozen=True, kw_only=True)
class Site:
    """A site that Jekyll has tried to build."""

    source: Path
    """The blog it was made of."""
    host: Path
    """The folder that a server would serve; the site lies below it, at its `baseurl`."""
    baseurl: str
    status: int
    """Jekyll's exit status."""
    output: str
    """What Jekyll said, without colours."""

    def page(self, url: str) -> Page:
        """Return the page at *url*."""
        file = self.host / url.strip("/")
        file = file / "index.html" if url.endswith("/") else file
        return Page(url=url, html=file.read_text("utf-8"))


def copy_checkout(target: Path, *folders: str) -> Path:
    """Copy what git knows of this checkout (only what lies in *folders*, if any are named) and return *target*."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *folders], cwd=CHECKOUT, capture_output=True, encoding="utf-8", check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (CHECKOUT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(CHECKOUT / name, target / name)
    return target


def build(source: Path, host: Path, jekyll: str, baseurl: str = "/nbpress") -> Site:
    """Let *jekyll* build the blog in *source* below *host*."""
    done = subprocess.run(
        [jekyll, "build", "--strict_front_matter", "--destination", str(host / baseurl.strip("/"))],
        cwd=source,
        env=os.environ | {"JEKYLL_NO_BUNDLER_REQUIRE": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    output = _COLOUR.sub("", done.stdout + done.stderr)
    return Site(source=source, host=host, baseurl=baseurl, status=done.returncode, output=output)


def index(site: Site) -> None:
    """Let Pagefind index *site* for its search page."""
    folder = site.host / site.baseurl.strip("/")
    command = [sys.executable, "-m", "pagefind", "--site", str(folder)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=60)


def squeezed(text: str) -> str:
    """Return *text* with all white space as single blanks."""
    return " ".join(text.split())
