"""Status: how each notebook stands, in words for people and as JSON for programs; nothing is run or written."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from converter import config, pipeline, read, record
from tests import folders
from tests.cases import same

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from converter.status import Status

TODAY = date(2022, 2, 3)
A, POST = "_notebooks/2020-01-02-a.ipynb", "_posts/2020-01-02-a.html"
CELLS: list[Any] = ["# A", {"code": "print(1)", "outputs": "1\n"}, {"code": "x"}]
LISTED: dict[str, tuple[str, str, str]] = {
    "plain": ("2020-01-02", "", "yes"),
    "today": ("2022-02-03", "", "yes"),
    "tomorrow": ("2022-02-04", "", "no: its date 2022-02-04 is in the future"),
    "dated": ("2020-01-02", "date: 2099-01-01", "no: its date 2099-01-01 is in the future"),
    "earlier": ("2099-01-01", "date: 2020-01-02", "yes"),
    "unpublished": ("2020-01-02", "published: false", "no: published is false"),
    "draft": ("2020-01-02", "draft: true", "no: it is a draft"),
    "finished": ("2020-01-02", "draft: false", "yes"),
    "published": ("2020-01-02", "published: true", "yes"),
    "hidden": ("2020-01-02", "hide: true", "no: hide is true"),
    "shown": ("2020-01-02", "hide: false", "yes"),
    "both": ("2099-01-02", "published: false", "no: published is false"),
    "search": ("2020-01-02", "search_exclude: true", "yes"),
}
"""Day of the name, front matter, and whether a reader finds the post on the blog."""


def recorded(cells: list[Any], **more: Any) -> bytes:  # noqa: ANN401 - JSON
    """Return a notebook of *cells* whose outputs count as those of a run."""
    made = json.loads(folders.notebook(cells, folders.COUNTED))
    made["metadata"]["nbpress"] = record.of(read.ipynb(json.dumps(made).encode(), PurePosixPath(A))) | more
    return json.dumps(made, indent=1).encode() + b"\n"


def statuses(root: Path) -> tuple[Status, ...]:
    return pipeline.status(config.load(root), (), TODAY)[1]


def listing(root: Path) -> dict[str, str]:
    """Return by slug whether each post is listed."""
    return {it.source.slug: it.listed for it in statuses(root)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a blog of one fresh notebook with its post."""
    made = folders.make(tmp_path / "blog", {"_config.yml": "{}\n", A: recorded(CELLS)})
    assert not pipeline.build(config.load(made)).failed
    return made


def listed_blog(root: Path) -> Path:
    files: dict[str, Any] = {
        f"_notebooks/{day}-{slug}.ipynb": [f"# T\n- {matter}" if matter else "# T"]
        for slug, (day, matter, _) in LISTED.items()
    }
    return folders.make(root, files)


def test_listed_says_whether_a_reader_finds_the_post(tmp_path: Path) -> None:
    """Or why not: the first reason that would have to go."""
    assert listing(listed_blog(tmp_path)) == {slug: listed for slug, (_, _, listed) in LISTED.items()}


@pytest.mark.jekyll
@pytest.mark.parametrize("settings", ["", "future: true\n", "unpublished: true\n"])
@pytest.mark.parametrize("matter", ["draft: true", "published: false", "hide: true", "date: 2099-01-01", "toc: true"])
def test_listed_is_what_jekyll_does(tmp_path: Path, requires_jekyll: str, matter: str, settings: str) -> None:
    """A post of which status says that nobody sees it is not on the site's list of posts, and any other is."""
    home = "---\n---\n{% assign posts = site.posts | where_exp: 'post', 'post.hide != true' %}"
    home += "{% for post in posts %}{{ post.title }}\n{% endfor %}"
    settings += "notebooks: {execute: never}\n"
    root = folders.make(tmp_path, {"_config.yml": settings, A: [f"# Found\n- {matter}"], "index.html": home})
    assert not pipeline.build(config.load(root)).failed
    subprocess.run(
        [requires_jekyll, "build", "--quiet", "--disable-disk-cache"], cwd=root, check=True, capture_output=True
    )
    assert ("Found" in (root / "_site/index.html").read_text()) == (listing(root)["a"] == "yes")


def edit_code(root: Path) -> None:
    (root / A).write_text((root / A).read_text().replace("print(1)", "print(2)"))


STANDS: dict[str, tuple[Callable[[Path], object], tuple[str, str]]] = {
    "nothing": (lambda _: None, ("fresh", "current")),
    "no post": (lambda root: (root / POST).unlink(), ("fresh", "missing")),
    "an edited post": (
        lambda root: (root / POST).write_bytes((root / POST).read_bytes() + b"x"),
        ("fresh", "not what the notebook says"),
    ),
    "a post of the author's": (
        lambda root: (root / POST).write_text("---\n---\nMine."),
        ("fresh", "a post that nbpress did not write is in the way"),
    ),
    "another post of the author's": (
        lambda root: (root / POST).with_suffix(".md").write_text("---\n---\nMine."),
        ("fresh", "a post that nbpress did not write is in the way"),
    ),
    "code": (edit_code, ("cell 2 changed", "not what the notebook says")),
    "no record": (
        lambda root: (root / A).write_text(folders.notebook(CELLS, folders.COUNTED)),
        ("never run by nbpress", "current"),
    ),
    "nothing is executed": (
        lambda root: (root / "_config.yml").write_text("notebooks: {execute: never}\n"),
        ("not run: execute is never", "current"),
    ),
    "no state": (lambda root: shutil.rmtree(root / ".nbpress"), ("fresh", "current")),
}
"""What has happened since the build, and how outputs and post stand."""


@pytest.mark.parametrize("what", STANDS)
def test_outputs_and_post_stand_on_their_own(root: Path, what: str) -> None:
    """Nothing is written, whatever is found."""
    change, expected = STANDS[what]
    change(root)
    before = folders.states(root)
    (status,) = statuses(root)
    assert (status.outputs, status.post) == expected
    assert folders.states(root) == before


def test_notes_tell_what_else_may_matter(tmp_path: Path) -> None:
    record = {"inputs": {"data/gone.csv": "sha256:1"}, "environment": {"nbformat": "1.0", "no-such": "1"}}
    files = {"_config.yml": "{}\n", A: recorded(CELLS, **record, network=True, adopted=True)}
    (status,) = statuses(folders.make(tmp_path, files))
    missing, versions, network, adopted = status.notes
    assert status.outputs == "fresh"
    assert missing == "cannot be verified here: data/gone.csv"
    assert versions.startswith("ran with other versions: nbformat 1.0 → ")
    assert (network, adopted) == ("its run used the network", "its outputs were adopted, not run")


@pytest.mark.parametrize(
    "written",
    [
        "x",
        ["x"],
        3,
        {"code": 5},
        {"cells": [[]]},
        {"outputs": None},
        {"inputs": ["a"]},
        {"inputs": {"a\0b": "x"}},
        {"environment": ["a"]},
        {"environment": {"": "1"}},
    ],
)
def test_a_record_that_no_run_has_written_is_none(tmp_path: Path, written: Any) -> None:  # noqa: ANN401 - JSON
    """A merge by hand, or another tool that uses the name, costs no more than a run."""
    made = json.loads(recorded(CELLS))
    made["metadata"]["nbpress"] = made["metadata"]["nbpress"] | written if isinstance(written, dict) else written
    root = folders.make(tmp_path, {"_config.yml": "{}\n", A: json.dumps(made).encode()})
    settings = config.load(root)
    assert not pipeline.build(settings, asked="never").failed
    (status,) = statuses(root)
    assert (status.outputs, status.post, status.notes) == ("never run by nbpress", "current", ())
    assert [finding.rule for finding in pipeline.check(settings).findings] == ["outputs-fresh"]


def test_a_table_for_people(root: Path) -> None:
    """One row a notebook, with time and slowest cells of its last run, which no other machine knows."""
    runs = {A: {"seconds": 12.5, "slowest": [[3, 11.0], [2, 0.25]]}}
    (root / ".nbpress/runs.json").write_text(json.dumps(runs))
    done = folders.nbpress(root, "status")
    header, row = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert header.split("  ")[0] == "notebook"
    cells = [part.strip() for part in row.split("  ") if part.strip()]
    assert cells == ["2020-01-02-a.ipynb", "fresh", "current", "yes", "12.5 s", "3: 11 s, 2: 0.25 s"]


def test_a_long_name_is_not_cut(tmp_path: Path) -> None:
    """In a pipe a row is a line, however long the name."""
    name = f"2020-01-02-{'long-' * 30}name.ipynb"
    done = folders.nbpress(folders.make(tmp_path, {f"_notebooks/{name}": ["# T"]}), "status")
    assert name in done.stdout


def test_json_for_programs(root: Path) -> None:
    """Standard output is JSON and nothing else, with the same facts."""
    done = folders.nbpress(root, "status", "--format", "json")
    assert done.returncode == 0
    expected = {"notebook": A, "outputs": "fresh", "post": "current", "listed": "yes", "notes": []}
    assert json.loads(done.stdout) == [expected | {"seconds": None, "slowest": []}]


def test_a_notebook_that_cannot_be_read_does_not_hide_the_others(root: Path) -> None:
    """It is a finding; JSON stays JSON."""
    (root / "_notebooks/2020-01-03-bad.ipynb").write_text("{")
    done = folders.nbpress(root, "status")
    assert done.returncode == 1
    assert "2020-01-02-a.ipynb" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("_notebooks/2020-01-03-bad.ipynb: ")
    programs = folders.nbpress(root, "status", "--format", "json")
    assert [it["notebook"] for it in json.loads(programs.stdout)] == [A]
    assert programs.returncode == 1


def test_only_the_notebooks_that_are_named(root: Path) -> None:
    folders.make(root, {"_config.yml": "{}\n", "_notebooks/2020-01-03-b.ipynb": ["# B"]})
    done = folders.nbpress(root, "status", "--format", "json", "_notebooks/2020-01-03-b.ipynb")
    (only,) = json.loads(done.stdout)
    assert (only["notebook"], only["post"]) == ("_notebooks/2020-01-03-b.ipynb", "missing")


def test_status_writes_nothing_into_a_fresh_clone(tmp_path: Path) -> None:
    root = folders.make(tmp_path, {A: ["# A"]})
    assert folders.nbpress(root, "status").returncode == 0
    assert not (root / ".nbpress").exists()
    same((root / A).read_text(), folders.notebook(["# A"]))
