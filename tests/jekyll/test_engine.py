"""Jekyll that stays: what it renders at once is what a build of the whole site gives."""

from __future__ import annotations

import queue
import shutil
from typing import TYPE_CHECKING

import pytest

from converter import config
from converter.preview import engine
from tests.jekyll import site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from converter.preview.engine import Answer

pytestmark = [pytest.mark.jekyll, pytest.mark.usefixtures("requires_jekyll")]

POST = "_posts/2026-10-05-word-vectors-with-spacy.html"
PAGE = "nlp/spacy/2026/10/05/word-vectors-with-spacy.html"


class Asked:
    """Jekyll for the showcase, and what it answers."""

    def __init__(self, root: Path) -> None:
        """Start it, and have it build the site once."""
        self.root = root
        self.answers: queue.Queue[Answer] = queue.Queue()
        self.engine = engine.Engine(config.load(root), self.answers.put, drafts=False)
        self.engine.start()
        self.engine.order()
        self.until("all")

    def until(self, done: str) -> None:
        """Wait for the answer *done*; nothing may go wrong before."""
        while (answer := self.answers.get(timeout=60)).done != done:
            assert (answer.done, answer.says) == ("part", ""), answer

    def pages(self) -> dict[str, str]:
        """Return every page of the site."""
        folder = self.root / engine.SITE
        return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in folder.rglob("*.html")}

    def both(self, *read: str, show: tuple[str, ...] = ()) -> tuple[dict[str, str], dict[str, str]]:
        """Return the pages after what is rendered at once, and after the whole build."""
        self.engine.order(read, show)
        self.until("part")
        at_once = self.pages()
        self.until("all")
        return at_once, self.pages()


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """Start Jekyll for a copy of this checkout's blog."""
    root = site.copy_checkout(tmp_path / "blog")
    shutil.rmtree(root / "tests")
    preview = Asked(root)
    yield preview
    preview.engine.stop()


def test_a_post_is_at_once_what_it_is_in_the_whole_site(asked: Asked) -> None:
    """Neighbours, related posts, contents and menu included, which plugins of the theme have worked out."""
    before = asked.pages()
    post = asked.root / POST
    text = post.read_text("utf-8").replace("spaCy", "Zebra").replace("<h2", '<h2 id="new">New heading</h2>\n<h2', 1)
    post.write_text(text, "utf-8")
    at_once, whole = asked.both(POST)
    assert [name for name in whole if at_once[name] != before[name]] == [PAGE]
    assert at_once[PAGE] == whole[PAGE]
    assert "New heading" in whole[PAGE]
    assert "Zebra" in whole["index.html"]


def test_pages_that_are_looked_at_are_at_once_what_they_are_in_the_whole_site(asked: Asked) -> None:
    """A new layout changes all of them, and nothing else of them."""
    before = asked.pages()
    urls = tuple("/" + name.removesuffix("index.html") for name in before)
    at_once, whole = asked.both(show=urls)
    assert at_once == whole == before
    layout = asked.root / "_theme/layouts/default.html"
    layout.write_text(layout.read_text("utf-8").replace("</body>", "<p>Zebra</p></body>"), "utf-8")
    at_once, whole = asked.both("_theme/layouts/default.html", show=urls)
    assert at_once == whole
    assert [name for name, page in whole.items() if "<p>Zebra</p>" not in page] == []
