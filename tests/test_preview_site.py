"""The folder that a preview serves, while Jekyll writes and removes what lies there."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

from converter.preview.site import Site

if TYPE_CHECKING:
    from pathlib import Path


def test_folders_may_vanish_while_they_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("first")
    (tmp_path / "site.css").write_text("a {}")
    ended = threading.Event()

    def come_and_go() -> None:
        while not ended.is_set():
            (tmp_path / "2020/01/02").mkdir(parents=True)
            (tmp_path / "2020/01/02/a.css").touch()
            shutil.rmtree(tmp_path / "2020")

    jekyll = threading.Thread(target=come_and_go)
    jekyll.start()
    try:
        site = Site(tmp_path, "")
        for _ in range(300):
            site.look()
    finally:
        ended.set()
        jekyll.join()
    site.look()
    before = site.state("/")
    (tmp_path / "site.css").write_text("b {}")
    site.look()
    assert site.state("/") != before


def test_pages_and_the_index_of_the_search_are_parts_of_no_other_page(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("first")
    site = Site(tmp_path, "")
    site.look()
    before = site.state("/")
    (tmp_path / "pagefind").mkdir()
    (tmp_path / "pagefind/pagefind.js").touch()
    (tmp_path / "other.html").touch()
    site.look()
    assert site.state("/") == before
    (tmp_path / "notes/pagefind").mkdir(parents=True)
    (tmp_path / "notes/pagefind/part.js").touch()
    site.look()
    assert site.state("/") != before
