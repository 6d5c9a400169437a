"""Declared inputs: which files their patterns mean, and what makes outputs stale that a run has not had."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from converter import config, discover, inputs, record
from converter.model import FrontMatter
from tests import blogs, folders

if TYPE_CHECKING:
    from pathlib import Path

FILE = "_notebooks/2020-01-02-a.ipynb"
DATA = ("one.txt", "two.txt", "a[1].csv", "a1.csv", "data/x.csv", "data/deep/y.csv")
MEANT = {
    "one.txt": ["one.txt"],
    "*.txt": ["one.txt", "two.txt"],
    "a[1].csv": ["a[1].csv"],
    "a[12].csv": ["a1.csv"],
    "data/*.csv": ["data/x.csv"],
    "data/**/*.csv": ["data/deep/y.csv", "data/x.csv"],
    "../_notebooks/one.txt": ["one.txt"],
    "2020*": [],
    "data": [],
    "../../*": [],
    "/etc/passwd": [],
    "**.csv": [],
    ".": [],
    "": [],
    "\0": [],
    "x" * 300: [],
}
"""What a pattern means: a name to the letter before all that match; never the notebook itself, or a file elsewhere."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a blog with a notebook and data beside it."""
    return folders.make(tmp_path / "blog", {FILE: ["# A"], **{f"_notebooks/{name}": name for name in DATA}})


def _matter(*patterns: str) -> FrontMatter:
    return FrontMatter(values={"inputs": list(patterns)}, text={}, date="2020-01-02")


@pytest.mark.parametrize("pattern", MEANT, ids=repr)
def test_a_pattern_means_files_of_the_blog(pattern: str, root: Path) -> None:
    """Whatever else it is means nothing, and is no failure."""
    settings = config.load(root)
    found = inputs.paths(_matter(pattern), discover.source(root / FILE, settings), settings)
    assert [path.removeprefix("_notebooks/") for path in found] == MEANT[pattern]


@pytest.mark.parametrize("pattern", ["new.txt", "*.txt", "data/*.csv", "data/**/*.csv", "late/new.csv"])
def test_a_file_that_comes_changes_one_of_the_folders(pattern: str, root: Path) -> None:
    """So that what is remembered of the notebook holds no more."""
    source = discover.source(root / FILE, config.load(root))
    new = source.file.parent / pattern.replace("**", "deep").replace("*", "new")
    before = {
        folder: folder.exists() and folder.stat().st_mtime_ns for folder in inputs.folders(_matter(pattern), source)
    }
    new.parent.mkdir(exist_ok=True)
    new.write_text("new")
    assert any(folder.exists() and folder.stat().st_mtime_ns != before[folder] for folder in before)


def test_a_declared_file_that_the_run_has_not_had_is_new(root: Path) -> None:
    """Nobody knows what was in it then; a notebook without code needs no run."""
    settings = config.load(root)
    source, matter = discover.source(root / FILE, settings), _matter("*.txt")
    nb = blogs.notebook(blogs.code("read()"))
    nb.metadata[record.KEY] = record.of(nb, record.Use(inputs={"_notebooks/one.txt": "sha256:0"}))
    assert inputs.new(nb, matter, source, settings) == "_notebooks/two.txt is a new input"
    assert inputs.new(nb, _matter("one.txt"), source, settings) == ""
    assert inputs.new(blogs.notebook(), matter, source, settings) == ""


def test_folders_are_looked_for_no_deeper_than_the_pattern_goes(root: Path) -> None:
    """Hidden ones hold no data, and a pattern that is no path of the blog means nothing."""
    source = discover.source(root / FILE, config.load(root))
    for name in ("a/b", ".git/x", "c"):
        (root / name).mkdir(parents=True)

    def found(pattern: str) -> set[str]:
        return {os.path.relpath(it, root) for it in inputs.folders(_matter(pattern), source)}

    assert {"a", "c", "."} <= found("../*/x.csv")
    assert "a/b" not in found("../*/x.csv")
    assert "a/b" in found("../**/x.csv")
    assert not any(".git" in name or ".nbpress" in name for name in found("../**/x.csv"))
    assert found("/*/x.csv") == set()
