"""The whole site: posts, pages and search in one command, and nothing half-done that looks like success."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from converter import config
from converter import site as sites
from converter.errors import ConfigError
from tests import folders

if TYPE_CHECKING:
    from pathlib import Path

BLOG: dict[str, object] = {
    "_config.yml": "title: Blog\nurl: https://old.example.org\nkeep_files: [pagefind]\nnotebooks: {execute: never}\n",
    "_layouts/notebook.html": "<html lang=en><body>{{ jekyll.environment }} {{ content }}</body></html>\n",
    "index.html": "---\n---\n<html lang=en><a href=\"{{ '/' | absolute_url }}\">Home</a></html>\n",
    "_notebooks/2020-01-02-a.ipynb": ["# A", "Prose."],
}


@pytest.mark.jekyll
@pytest.mark.usefixtures("requires_jekyll")
def test_one_command_builds_all_of_it(tmp_path: Path) -> None:
    """Posts, pages for production at the host that was named, and the index of the search, again and again."""
    root = folders.make(tmp_path, BLOG)
    for url in ("https://you.example.org", "https://new.example.org/"):
        done = folders.nbpress(root, "site", "--url", url)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert done.stderr.splitlines()[-1] == "_site/ is ready to be published."
        assert "production" in (root / "_site/2020/01/02/a.html").read_text()
        assert f'href="{url.rstrip("/")}/"' in (root / "_site/index.html").read_text()
        assert (root / "_site/pagefind/pagefind.js").is_file()
    assert (root / "_posts/2020-01-02-a.html").is_file()


@pytest.mark.jekyll
@pytest.mark.usefixtures("requires_jekyll")
def test_a_checked_site_is_built_of_committed_posts(tmp_path: Path) -> None:
    """`--check` writes no post: a stale one stops it, a current one is published."""
    root = folders.make(tmp_path, BLOG | {"_config.yml": "notebooks: {execute: never}\n"})
    folders.nbpress(root, "build")
    before = folders.tree(root / "_posts")
    done = folders.nbpress(root, "site", "--check", "-v")
    assert done.returncode == 0, done.stderr
    assert "1 post is what its notebook says." in done.stderr
    assert "Destination:" in done.stderr
    assert not (root / "_site/pagefind").exists(), "nobody has asked for a search"
    (root / "_notebooks/2020-01-02-a.ipynb").write_bytes(folders.content(["# A", "Other prose."]))
    done = folders.nbpress(root, "site", "--check")
    assert done.returncode == 1
    assert "[post-current]" in done.stdout
    assert folders.tree(root / "_posts") == before


@pytest.mark.jekyll
@pytest.mark.usefixtures("requires_jekyll")
@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("index.html", "---\nlayout: nowhere\n---\n", "Build Warning: Layout 'nowhere' requested in index.html"),
        ("other.html", "---\npermalink: /\n---\n", "Conflict: The following destination is shared"),
        ("index.html", "---\n---\n{% nonsense %}", "Liquid Exception: Liquid syntax error (line 1): Unknown tag"),
        ("index.html", "---\na: b: c\n---\n", "YAML Exception reading"),
    ],
)
def test_what_jekyll_only_warns_of_is_an_error(tmp_path: Path, file: str, text: str, said: str) -> None:
    """The site that would be published is not the one that was meant."""
    root = folders.make(tmp_path, BLOG | {file: text})
    done = folders.nbpress(root, "site")
    assert said in done.stderr
    assert done.stderr.splitlines()[-1] == "_site/ is not fit to be published: see above"
    assert done.returncode == 1


def test_a_missing_pagefind_is_said_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where the site has a search: `keep_files` says so."""
    root = folders.make(tmp_path, BLOG)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/jekyll").write_text("#!/bin/sh\n")
    (tmp_path / "bin/jekyll").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setitem(sys.modules, "pagefind", None)
    with pytest.raises(ConfigError, match="Pagefind is not installed, so the site has no search: `pip install"):
        sites.build(config.load(root), sites.Place(), lambda _: None)
    (root / "_config.yml").write_text("title: Without a search\n")
    assert sites.build(config.load(root), sites.Place(), lambda _: None)
