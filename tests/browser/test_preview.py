"""The preview in a browser: pages follow saves by themselves, and say what is wrong until it is mended."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import folders

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.jekyll, pytest.mark.usefixtures("requires_jekyll")]

FILE, URL = "_notebooks/2020-01-02-a.ipynb", "/2020/01/02/a.html"
POST = "_posts/2020-01-02-a.html"
LAYOUT = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><title>{{ page.title }}</title>"
    "<link rel=stylesheet href=/style.css></head><body><h1>{{ page.title }}</h1>{{ content }}</body></html>\n"
)
SECONDS = 15_000


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A blog that is served, and a browser window on it."""

    root: Path
    page: Page
    address: str

    def open(self, url: str) -> None:
        """Open the page at *url*, and wait until it is told what happens."""
        with self.page.expect_websocket() as line:
            self.page.goto(self.address + url)
        line.value.wait_for_event("framereceived")

    def save(self, name: str, value: object) -> None:
        """Save *value* as the file *name*."""
        (self.root / name).write_bytes(folders.content(value))

    def shows(self, text: str) -> None:
        """Wait until the post's own text holds *text*."""
        expect(self.page.locator("body")).to_contain_text(text, timeout=SECONDS)

    def notices(self, kind: str, *texts: str | re.Pattern[str]) -> None:
        """Wait until the notices of *kind* are these."""
        expect(self.page.locator(f"nbpress-preview .{kind}")).to_have_text([*texts], timeout=SECONDS)


@pytest.fixture
def preview(browser: Browser, tmp_path: Path) -> Iterator[Preview]:
    """Serve a small blog with drafts, and open a window; afterwards it ends with Ctrl-C as it should."""
    root = folders.make(
        tmp_path / "blog",
        {
            "_config.yml": "title: Blog\ntimezone: UTC\nliquid: {error_mode: strict}\n",
            "_layouts/notebook.html": LAYOUT,
            "index.html": "---\n---\n<ul>{% for post in site.posts %}<li>{{ post.title }}</li>{% endfor %}</ul>\n",
            "style.css": "h1 { color: rgb(1, 2, 3) }",
            FILE: ["# First title", "First prose."],
            "_notebooks/2020-01-03-secret.ipynb": ["# A secret\n- hide: true", "Psst."],
            "_notebooks/2020-01-04-draft.ipynb": ["# A draft\n- draft: true", "Soon."],
            "_notebooks/2999-01-05-later.ipynb": ["# Later", "Then."],
        },
    )
    serving = folders.started(root, "serve", "--drafts", "--port", "0")
    try:
        context = browser.new_context()
        yield Preview(root=root, page=context.new_page(), address=_address(serving))
        context.close()
    finally:
        os.kill(serving.pid, signal.SIGINT)
        said, log = serving.communicate(timeout=20 * folders.BUSY)
    assert serving.returncode == 0, said + log
    assert "Traceback" not in said + log


def _address(serving: subprocess.Popen[str]) -> str:
    """Return where the blog is, as the terminal says."""
    assert serving.stderr is not None
    for line in serving.stderr:
        if found := re.search(r"the blog is at (http://[^/ ]+)/ ", line):
            return found[1]
    pytest.fail("the preview has ended")


def test_the_page_follows_a_save(preview: Preview) -> None:
    """Nobody touches the browser: text, title, lists and styles change in the page that is open."""
    preview.open(URL)
    preview.shows("First prose.")
    preview.save(FILE, ["# Second title", "Second prose."])
    preview.shows("Second prose.")
    expect(preview.page).to_have_title("Second title")
    preview.save("style.css", "h1 { color: rgb(4, 5, 6) }")
    expect(preview.page.locator("h1")).to_have_css("color", "rgb(4, 5, 6)", timeout=SECONDS)
    preview.save("_layouts/notebook.html", LAYOUT.replace("<h1>", "<h1>Post: "))
    preview.shows("Post: Second title")
    preview.open("/")
    expect(preview.page.locator("body li")).to_have_text(["Later", "A draft", "A secret", "Second title"])
    preview.save(FILE, ["# Third title"])
    expect(preview.page.locator("body li").last).to_have_text("Third title", timeout=SECONDS)


def test_a_page_that_was_not_there_appears(preview: Preview) -> None:
    """Whoever waits at the address of a new post sees it come."""
    preview.open("/2020/02/02/new.html")
    preview.shows("There is no such page.")
    preview.save("_notebooks/2020-02-02-new.ipynb", ["# New", "Here it is."])
    preview.shows("Here it is.")


@pytest.mark.kernel
def test_a_failed_cell_shows_until_it_is_mended(preview: Preview) -> None:
    """The last good post stays below the notice, which names cell and error, and no file holds any of it."""
    preview.save(FILE, ["# First title", "First prose.", {"code": "print('one')"}])
    preview.open(URL)
    preview.shows("one")
    good = (preview.root / POST).read_bytes()
    preview.save(FILE, ["# First title", "Second prose.", {"code": "print('one')\n1 / 0"}])
    preview.notices("error", re.compile(rf"{FILE}: cell 3.*ZeroDivisionError.*\[notebook-executes\].*1 / 0", re.DOTALL))
    preview.shows("First prose.")
    assert (preview.root / POST).read_bytes() == good
    preview.page.reload()
    preview.notices("error", re.compile("ZeroDivisionError"))
    preview.save(FILE, ["# First title", "Second prose.", {"code": "print('two')"}])
    preview.shows("two")
    preview.notices("error")
    written = [file for name, file in folders.tree(preview.root).items() if not name.startswith(".")]
    assert not [text for text in written if b"nbpress-" in text]


def test_an_error_of_jekyll_shows_in_the_page(preview: Preview) -> None:
    """So do settings that cannot be; both go when they are mended, and the page is there all the time."""
    preview.open(URL)
    preview.save("_layouts/notebook.html", LAYOUT.replace("{{ content }}", "{% nonsense %}"))
    preview.notices(
        "error", re.compile("Jekyll: Liquid Exception:.*Unknown tag 'nonsense'.* in _layouts/notebook.html")
    )
    preview.save("_layouts/notebook.html", LAYOUT)
    preview.notices("error")
    before = (preview.root / "_config.yml").read_text()
    preview.save("_config.yml", before + "notebooks: {footnotes: maybe}\n")
    preview.notices("error", re.compile("_config.yml: notebooks.footnotes: must be one of liquid, html, not 'maybe'"))
    preview.save("_config.yml", before + "notebooks: {front_matter: {title: Of all}}\n")
    preview.notices("error")
    preview.shows("First prose.")


def test_settings_of_jekyll_are_followed(preview: Preview) -> None:
    """Jekyll reads them once, so it is started again, and the page comes back."""
    preview.open(URL)
    preview.save("_layouts/notebook.html", LAYOUT.replace("<h1>", "<h1>{{ site.title }}: "))
    preview.shows("Blog: First title")
    preview.save("_config.yml", "title: Other\ntimezone: UTC\n")
    preview.shows("Other: First title")


def test_posts_that_nobody_finds_carry_a_label(preview: Preview) -> None:
    """Each says why, the others say nothing, and every other page lists them."""
    labels = {
        "/2020/01/03/secret.html": "Hidden: published, but on no list",
        "/2020/01/04/draft.html": "Draft: only this preview shows it",
        "/2999/01/05/later.html": "Dated in the future: published from that day on",
    }
    for url, label in labels.items():
        preview.open(url)
        preview.notices("label", label)
    preview.open(URL)
    preview.page.locator("nbpress-preview summary").click()
    items = ["A secret (hidden)", "A draft (draft)", "Later (future)"]
    expect(preview.page.locator("nbpress-preview li")).to_have_text(items)
    preview.notices("label")
    preview.page.get_by_role("link", name="A draft").click()
    preview.notices("label", labels["/2020/01/04/draft.html"])


def test_a_notice_can_be_closed_and_comes_back_with_its_fault(preview: Preview) -> None:
    """A keyboard closes it; mended and broken again, the fault is news again."""
    preview.open(URL)
    broken, whole = ["# First title", "![x](nowhere.png)"], ["# First title", "First prose."]
    preview.save(FILE, broken)
    preview.notices("error", re.compile(r"nowhere.png.*\[image-exists\]"))
    preview.page.get_by_role("button", name="Close this notice").focus()
    preview.page.keyboard.press("Enter")
    preview.notices("error")
    preview.page.reload()
    preview.notices("error")
    preview.save(FILE, whole)
    preview.shows("First prose.")
    preview.save(FILE, broken)
    preview.notices("error", re.compile("nowhere.png"))


def test_notices_leave_the_page_readable(preview: Preview) -> None:
    """One line counts them; those of the page's own notebook are open, errors first, and none leaves the window."""
    lines = [f"![](picture{number}.png)\n\n#| no-such: directive\n" for number in range(30)]
    preview.save(FILE, ["# First title", "First prose.", "![](data:image/png;base64,AA)", *lines])
    preview.open("/")
    fold = preview.page.locator("nbpress-preview details.notices")
    expect(fold.locator("summary")).to_have_text(re.compile(r"^30 errors, \d+ warnings?$"), timeout=SECONDS)
    expect(fold).not_to_have_attribute("open", "")
    for width, height in ((1200, 700), (380, 700)):
        preview.page.set_viewport_size({"width": width, "height": height})
        preview.open("/")
        expect(fold).to_be_visible(timeout=SECONDS)
        assert _height(preview) < height / 4
        preview.open(URL)
        expect(fold).to_have_attribute("open", "", timeout=SECONDS)
        assert _height(preview) < height * 0.7
    kinds = fold.locator("section > div").evaluate_all("boxes => boxes.map(box => box.className)")
    assert kinds == sorted(kinds)
    assert {*kinds} == {"error", "warning"}
    fold.locator("summary").click()
    expect(fold).not_to_have_attribute("open", "")


def _height(preview: Preview) -> float:
    """Return how much of the window the preview takes, all of which is inside of it."""
    box = preview.page.locator("nbpress-preview").bounding_box()
    window = preview.page.viewport_size
    assert box is not None
    assert window is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= window["height"]
    assert box["x"] + box["width"] <= window["width"]
    return box["height"]
