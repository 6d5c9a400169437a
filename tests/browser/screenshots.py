"""The pictures of the README, taken anew: `make screenshots`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.browser import server
from tests.conftest import CHROMIUM
from tests.jekyll import site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TARGET = site.CHECKOUT / "docs/images"
POST = "/nlp/spacy/2026/10/05/word-vectors-with-spacy.html"
LARGEST = 300_000
"""Bytes that a picture may have."""
SHOTS = {
    "home": ("/", 1280, 1300, {"wait": ".card img"}),
    "post-light": (POST, 1440, 960, {}),
    "post-dark": (POST, 1440, 960, {"from": "#Twelve-dimensions", "scheme": "dark"}),
    "mobile": (POST, 390, 844, {}),
    "print": (POST, 794, 1123, {"media": "print"}),
    "search": ("/search/?q=vector", 1280, 860, {"wait": ".search-results li"}),
}
"""Each picture by its name: page, width, height, and the heading it begins at, colours, medium or what it waits for."""


def main() -> int:
    """Build the showcase, take all pictures, and say how large they are; status 1 if one is too large."""
    jekyll = shutil.which("jekyll")
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if jekyll is None or chromium is None:
        print(
            "make screenshots: needs jekyll and chromium (Debian, Ubuntu: apt install jekyll chromium)", file=sys.stderr
        )
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        built = site.build(site.copy_checkout(Path(folder, "blog")), Path(folder, "host"), jekyll)
        site.index(built)
        with server.serving(built.host) as address:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(server.FLAGS))
            for name in SHOTS:
                take(browser, f"{address}{built.baseurl}", name)
            browser.close()
    sizes = {name: (TARGET / f"{name}.png").stat().st_size for name in SHOTS}
    for name, size in sizes.items():
        print(f"docs/images/{name}.png {size // 1000:5} KB")
    return int(max(sizes.values()) > LARGEST)


def take(browser: Browser, address: str, name: str) -> None:
    """Take the picture *name* of the site at *address*."""
    url, width, height, options = SHOTS[name]
    page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page.emulate_media(
        color_scheme="dark" if options.get("scheme") else "light", media="print" if options.get("media") else "screen"
    )
    page.goto(address + url)
    page.wait_for_load_state("load")
    page.locator(options.get("wait", "main")).first.wait_for()
    if "from" in options:
        page.locator(options["from"]).evaluate("(heading) => heading.scrollIntoView()")
    if "media" in options:
        page.add_style_tag(content="body { padding: 2cm }")  # a picture has no margins of its own
    page.wait_for_timeout(500)
    page.screenshot(path=TARGET / f"{name}.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
