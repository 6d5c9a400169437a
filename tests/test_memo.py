"""The memo: what check remembers never changes what it says, whatever happens to files and clocks."""

from __future__ import annotations

import base64
import json
import os
import shutil
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from converter import config, discover, pipeline, read, record
from converter.memo import Memo, Verdict
from tests import folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from converter.model import Report

A, B = "_notebooks/2020-01-02-a.ipynb", "_notebooks/2020-01-03-b.ipynb"
POST = "_posts/2020-01-02-a.html"
PICTURE = {"output_type": "display_data", "data": {"image/png": base64.b64encode(folders.PNG).decode()}, "metadata": {}}
CELLS_A: list[Any] = [
    "# A",
    "Prose, ![](a.svg), ![](missing.png) and [b](2020-01-03-b.ipynb)",
    {"code": "print(1)", "outputs": "1\n"},
    {"code": "plot()", "outputs": [PICTURE]},
]
CELLS_B: list[Any] = ["# B", "Of {% include note.html %}", {"code": "print(2)", "outputs": "2\n"}]
DATA, OWN, PART = "data/prices.csv", "templates/cell_markdown.html.j2", "templates/parts/end.html"


def recorded(cells: list[Any], inputs: dict[str, str] | None = None) -> bytes:
    """Return a notebook of *cells* whose outputs count as those of a run that has read *inputs*."""
    made = json.loads(folders.notebook(cells))
    nb = read.ipynb(json.dumps(made).encode(), PurePosixPath(A))
    made["metadata"]["nbpress"] = record.of(nb, record.Use(inputs=inputs or {}))
    return json.dumps(made, indent=1).encode() + b"\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a blog that was built and checked, so that every verdict is known."""
    files = {
        "_config.yml": "{}\n",
        DATA: "a\n1\n",
        OWN: "{{ cell.html }}{% include 'parts/end.html' %}\n",
        PART: "<!-- end -->",
        "_notebooks/a.svg": "<svg/>",
        B: recorded(CELLS_B),
    }
    root = folders.make(tmp_path / "blog", files)
    (root / A).write_bytes(recorded(CELLS_A, {DATA: record.digest_of(root / DATA)}))
    folders.tick()
    pipeline.build(config.load(root))
    pipeline.check(config.load(root))
    assert set(json.loads((root / ".nbpress/memo.json").read_text())["notebooks"]) == {A, B}
    folders.tick()
    return root


def check(root: Path) -> tuple[list[str], int, bool]:
    """Return what a check says: findings, how many posts are well, the verdict."""
    report: Report = pipeline.check(config.load(root))
    return sorted(f"{it.severity} {it} {it.detail}" for it in report.findings), report.unchanged, report.failed


def edit(path: str, old: str, new: str) -> Callable[[Path], object]:
    """Return the change of *old* to *new* in the file at *path*."""

    def change(root: Path) -> None:
        text = (root / path).read_text("utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new), "utf-8")

    return change


def put(path: str, content: str | bytes) -> Callable[[Path], object]:
    """Return the change that makes the file at *path* hold *content*."""

    def change(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def remove(path: str) -> Callable[[Path], object]:
    """Return the change that takes the file at *path* away."""
    return lambda root: (root / path).unlink()


def rename(path: str, to: str) -> Callable[[Path], object]:
    return lambda root: (root / path).rename(root / to)


def image(root: Path) -> Path:
    """Return the image that comes from an output."""
    (file,) = (root / "images/copied_from_nb/2020-01-02-a_files").iterdir()
    return file


def kept_times(change: Callable[[Path], object]) -> Callable[[Path], object]:
    """Return *change* after which every file has the time of change that it had before."""

    def hidden(root: Path) -> None:
        times = {file: file.stat() for file in root.rglob("*") if file.is_file() and ".nbpress" not in file.parts}
        change(root)
        for file, stat in times.items():
            if file.exists():
                os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    return hidden


def touch_all(root: Path) -> None:
    """Give every file a new time of change, as a fresh clone does."""
    for file in root.rglob("*"):
        file.touch()


def at_time(seconds: int) -> Callable[[Path], object]:
    """Return the change of all times to *seconds* after 1970."""

    def change(root: Path) -> None:
        for file in root.rglob("*"):
            os.utime(file, (seconds, seconds))

    return change


def move_blog(root: Path) -> None:
    """Let another checkout with the same files take the place of the blog."""
    shutil.copytree(root, root.parent / "other")
    shutil.rmtree(root)
    (root.parent / "other").rename(root)


def make_folder(root: Path) -> None:
    """Put a folder where the post is."""
    (root / POST).unlink()
    (root / POST).mkdir()


def both(*changes: Callable[[Path], object]) -> Callable[[Path], object]:
    """Return all *changes* as one."""
    return lambda root: [change(root) for change in changes]


FUTURE = 4_000_000_000
SAME: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "times": touch_all,
    "a clock that is ahead": at_time(FUTURE),
    "a clock that is behind": at_time(1),
    "another checkout": move_blog,
    "a post of the author's": put("_posts/2019-01-01-mine.md", "---\n---\nMine."),
    "an image of nobody": put("images/copied_from_nb/mine.png", folders.PNG),
    "a setting of the site": put("_config.yml", "title: Blog\n"),
    "a memo that is broken": put(".nbpress/memo.json", "{"),
    "a memo of another kind": put(".nbpress/memo.json", "[]"),
    "a memo of wrong parts": lambda root: edit_memo(root, lambda notebooks: notebooks[A].pop("files")),
    "a missing input": remove(DATA),
    "a template that nobody uses": put("templates/unused.html.j2", "x"),
}
"""What may change without any verdict being another."""
OTHER: dict[str, Callable[[Path], object]] = {
    "prose": edit(A, "Prose", "Poetry"),
    "code": edit(B, "print(2)", "print(3)"),
    "a post": edit(POST, "Prose", "Poetry"),
    "a missing post": remove(POST),
    "an image of an output": lambda root: image(root).write_bytes(b"other"),
    "a missing image of an output": lambda root: image(root).unlink(),
    "an image of the text": put("_notebooks/a.svg", "<svg></svg>"),
    "a missing image appears": put("_notebooks/missing.png", folders.PNG),
    "an image of the text is gone": remove("_notebooks/a.svg"),
    "a template": put("templates/post.html.j2", "{% block %}"),
    "a template of the blog": put(OWN, "{{ cell.html }}<!-- ours -->"),
    "a template of the blog is gone": remove(OWN),
    "what a template of the blog includes": put(PART, "<!-- The end -->"),
    "a setting": put("_config.yml", "notebooks: {front_matter: {toc: true}}\n"),
    "the site's address": put("_config.yml", "baseurl: /blog\n"),
    "an input": put(DATA, "a\n2\n"),
    "a twin": put("_posts/2020-01-02-a.md", "---\n---\nMine."),
    "a post taken by the author": put(POST, "---\n---\nMine."),
    "a second post of the notebook": lambda root: shutil.copy(root / POST, root / "_posts/2020-01-01-old.html"),
    "an orphan": remove(A),
    "a renamed notebook": rename(A, "_notebooks/2020-01-04-a.ipynb"),
    "a collision": put("_notebooks/deep/2020-01-02-a.ipynb", recorded(["# C"])),
    "a new notebook": put("_notebooks/2020-01-05-c.ipynb", recorded(["# C"])),
    "a notebook that is none": put(B, "{"),
    "a linked notebook is gone": remove(B),
    "a linked notebook is renamed": rename(B, "_notebooks/2020-01-06-b.ipynb"),
    "a linked notebook has another date": edit(B, "# B", "# B\\n- date: 2021-01-01"),
    "a folder in the place of a post": make_folder,
    "a post, its time kept": kept_times(edit(POST, "Prose", "Verse")),
    "a notebook, its time kept": kept_times(edit(A, "Prose", "Verse")),
    "an input, its time kept": kept_times(put(DATA, "a\n2\n")),
    "a notebook, by a clock that is behind": both(edit(A, "Prose", "Verse"), at_time(1)),
    "a post, by a clock that is ahead": both(edit(POST, "Prose", "Verse"), at_time(FUTURE)),
    "an input, by a clock that is behind": both(put(DATA, "a\n2\n"), at_time(1)),
}
"""What changes a verdict."""


def learnt(root: Path, *, ours: tuple[str, ...] = ()) -> bool:
    """Save the data of the blog while a memo is in use; tell whether it takes a verdict on them, *ours* is our own."""
    settings = config.load(root)
    memo = Memo(settings)
    source = next(it for it in discover.sources(settings) if str(it.path) == A)
    (root / DATA).write_text("a\n2\n")
    verdict = Verdict(post=POST, findings=(), reason="looked at now")
    memo.learn(source, verdict, [PurePosixPath(DATA)], {}, map(PurePosixPath, ours))
    found = memo.verdict(source)
    return found is not None and found.reason == verdict.reason


def test_what_is_saved_during_a_look_is_looked_at_again(root: Path) -> None:
    """The look may have been at what was there before; what nbpress itself has written is as it was written."""
    assert not learnt(root)
    assert learnt(root, ours=(DATA,))


def test_a_file_of_an_hour_ago_and_one_of_the_future_are_learnt(root: Path) -> None:
    """A clock that was put right does not make a blog slow for years."""
    now = time.time_ns()
    memo = Memo(config.load(root))
    assert memo.has_just_changed([1, 0, now + 1, 1])
    assert not memo.has_just_changed([1, 0, now - 3_600_000_000_000, 1])
    assert not memo.has_just_changed([1, 0, now + 3_600_000_000_000, 1])
    assert memo.has_just_changed([1, 0, now // 1_000_000_000 * 1_000_000_000, 1]), "some clocks tick once a second"


def edit_memo(root: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Let somebody make *change* to what the memo knows of notebooks."""
    file = root / ".nbpress/memo.json"
    memo = json.loads(file.read_bytes())
    change(memo["notebooks"])
    file.write_text(json.dumps(memo))


@pytest.mark.parametrize("what", [*SAME, *OTHER])
def test_check_says_the_same_with_and_without_a_memory_after(what: str, root: Path) -> None:
    """Remembered or looked at, said once or twice: the findings and the verdict are those of a fresh clone."""
    before = check(root)
    (SAME | OTHER)[what](root)
    with_memory, again = check(root), check(root)
    shutil.rmtree(root / ".nbpress", ignore_errors=True)
    without = check(root)
    assert (with_memory, again) == (without, without)
    assert (without == before) == (what in SAME)


@pytest.mark.parametrize("what", OTHER)
def test_a_build_does_the_same_with_and_without_a_memory_after(what: str, root: Path) -> None:
    """Nothing that is remembered keeps a file from being written or removed."""
    OTHER[what](root)
    copy = shutil.copytree(root, root.parent / "copy" / "blog", ignore=shutil.ignore_patterns(".nbpress"))
    said = []
    for blog in (root, copy):
        report = pipeline.build(config.load(blog), asked="never" if what == "code" else None)
        said.append((sorted(map(str, report.findings)), report.failed))
    assert said[0] == said[1]
    assert folders.tree(root) == folders.tree(copy)
