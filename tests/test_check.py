"""Check: it finds every post that is not what its notebook says, and does nothing else."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from converter import config, pipeline, read, record
from tests import folders
from tests.cases import same

if TYPE_CHECKING:
    from collections.abc import Callable

A, POST = "_notebooks/2020-01-02-a.ipynb", "_posts/2020-01-02-a.html"
PICTURE = {"output_type": "display_data", "data": {"image/png": base64.b64encode(folders.PNG).decode()}, "metadata": {}}
CELLS: list[Any] = ["# A", "Prose and ![a](a.svg)", {"code": "print(1)", "outputs": "1\n"}, {"code": "x"}]


def recorded(cells: list[Any]) -> bytes:
    """Return a notebook of *cells* whose outputs count as those of a run, in a kernel that notes its starts."""
    made = json.loads(folders.notebook(cells, folders.COUNTED))
    made["metadata"]["nbpress"] = record.of(read.ipynb(json.dumps(made).encode(), PurePosixPath(A)))
    return json.dumps(made, indent=1).encode() + b"\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a blog of one notebook whose code has run, with its post and two images."""
    for name, value in folders.counting_kernel(tmp_path).items():
        monkeypatch.setenv(name, value)
    cells = [*CELLS[:3], {"code": "#| fig-alt: A dot\nplot()", "outputs": [PICTURE]}]
    files = {"_config.yml": "{}\n", A: recorded(cells), "_notebooks/a.svg": "<svg/>"}
    made = folders.make(tmp_path / "blog", files)
    report = pipeline.build(config.load(made))
    assert (len(report.written), report.findings, folders.starts(tmp_path)) == (3, (), 0)
    return made


def image(root: Path) -> Path:
    """Return the image that comes from an output."""
    (file,) = (root / "images/copied_from_nb/2020-01-02-a_files").iterdir()
    return file


def edit(file: Path, old: str, new: str) -> None:
    """Replace *old* by *new* in *file*."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def orphan(root: Path) -> None:
    """Take the notebook away."""
    (root / A).rename(root.parent / "elsewhere.ipynb")


def collide(root: Path) -> None:
    """Add a second notebook for the same post."""
    folders.make(root, {"_config.yml": "{}\n", "_notebooks/deep/2020-01-02-a.ipynb": ["# B"]})


def touch_all(root: Path) -> None:
    """Give every file a new time of change, as a fresh clone does."""
    for file in root.rglob("*"):
        file.touch()


REMEDY = "; run `nbpress build`, and commit what it writes"
WRONG: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "missing post": (
        lambda root: (root / POST).unlink(),
        [f"{A}: {POST} is missing{REMEDY} [post-exists]"],
    ),
    "hand-edited post": (
        lambda root: edit(root / POST, "Prose", "Poetry"),
        [f"{A}: {POST} is not what the notebook says{REMEDY} [post-current]"],
    ),
    "post with other line ends": (
        lambda root: (root / POST).write_bytes((root / POST).read_bytes().replace(b"\n", b"\r\n")),
        [f"{A}: {POST} is not what the notebook says{REMEDY} [post-current]"],
    ),
    "prose edited since": (
        lambda root: edit(root / A, "Prose", "Poetry"),
        [f"{A}: {POST} is not what the notebook says{REMEDY} [post-current]"],
    ),
    "stale outputs": (
        lambda root: edit(root / A, "print(1)", "print(2)"),
        [
            f"{A}: outputs are stale: cell 3 changed{REMEDY} [outputs-fresh]",
            f"{A}: {POST} is not what the notebook says{REMEDY} [post-current]",
        ],
    ),
    "edited outputs": (
        lambda root: edit(root / A, '"text": "1', '"text": "2'),
        [
            f"{A}: outputs are stale: outputs edited since the run{REMEDY} [outputs-fresh]",
            f"{A}: {POST} is not what the notebook says{REMEDY} [post-current]",
        ],
    ),
    "missing image of an output": (
        lambda root: image(root).unlink(),
        [f"{A}: images/copied_from_nb/2020-01-02-a_files/IMAGE is missing{REMEDY} [image-current]"],
    ),
    "changed image of an output": (
        lambda root: image(root).write_bytes(b"x"),
        [f"{A}: images/copied_from_nb/2020-01-02-a_files/IMAGE is not what the notebook shows{REMEDY} [image-current]"],
    ),
    "changed image of a text cell": (
        lambda root: (root / "_notebooks/a.svg").write_text("<svg></svg>"),
        [f"{A}: images/copied_from_nb/a.svg is not what the notebook shows{REMEDY} [image-current]"],
    ),
    "orphan": (
        orphan,
        [f"{POST}: its notebook {A} is gone; restore it, or build to remove this post [post-has-notebook]"],
    ),
    "collision": (
        collide,
        [
            (
                f"{A}: would write the same post as _notebooks/deep/2020-01-02-a.ipynb; rename one of them "
                "[post-path-unique]"
            ),
            (
                f"_notebooks/deep/2020-01-02-a.ipynb: would write the same post as {A}; rename one of them "
                "[post-path-unique]"
            ),
        ],
    ),
    "hand-written post in its place": (
        lambda root: (root / POST).write_text("---\n---\nMine.\n"),
        [
            (
                f"{A}: {POST} was not written by nbpress, so it is left alone and this notebook has no post; "
                "rename the notebook or move that post away [post-is-ours]"
            )
        ],
    ),
}
"""What has happened to the blog since the build, and what `check` says."""


@pytest.mark.parametrize("what", WRONG)
def test_check_finds(what: str, root: Path) -> None:
    """The finding names file and remedy; no kernel starts, no file is written."""
    name = image(root).name
    change, expected = WRONG[what]
    change(root)
    before = folders.states(root)
    report = pipeline.check(config.load(root))
    said = "\n".join(map(str, report.findings))
    same(said.replace(name, "IMAGE"), "\n".join(expected))
    assert report.failed
    assert folders.states(root) == before
    assert folders.starts(root.parent) == 0


FINE: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "a hand-written post": lambda root: (root / "_posts/2019-01-01-mine.md").write_text("---\n---\nMine.\n"),
    "an image of nobody": lambda root: (root / "images/copied_from_nb/mine.png").write_bytes(folders.PNG),
    "times of files": touch_all,
    "the state is gone": lambda root: shutil.rmtree(root / folders.STATE),
    "execution counts": lambda root: edit(root / A, '"execution_count": null', '"execution_count": 5'),
    "a draft of a notebook": lambda root: (root / "_notebooks/_draft.ipynb").write_text("not even JSON"),
}
"""What may happen to a blog without any post being wrong."""


@pytest.mark.parametrize("what", FINE)
def test_check_is_silent_about(what: str, root: Path) -> None:
    """Posts are what their notebooks say, so there is nothing to say."""
    FINE[what](root)
    before = folders.states(root)
    report = pipeline.check(config.load(root))
    assert (report.findings, report.unchanged) == ((), 1)
    assert folders.states(root) == before


def test_check_works_where_nothing_can_be_written(root: Path) -> None:
    """Not even a lock: in CI the checkout may be read-only, and a fresh clone has no state folder."""
    shutil.rmtree(root / folders.STATE)
    assert folders.nbpress(root, "check").returncode == 0
    assert not (root / folders.STATE).exists()


def test_stored_outputs_are_never_stale_where_nothing_is_executed(tmp_path: Path) -> None:
    """`execute: never` publishes outputs as they are, and `check` takes them so, too."""
    root = folders.make(tmp_path, {A: CELLS, "_notebooks/a.svg": "<svg/>"})
    pipeline.build(config.load(root))
    assert pipeline.check(config.load(root)).findings == ()


def test_outputs_that_were_never_run_here_are_stale(tmp_path: Path) -> None:
    """A notebook that was run elsewhere has no record, so nobody knows whether its outputs are those of its code."""
    root = folders.make(tmp_path, {A: CELLS, "_notebooks/a.svg": "<svg/>"})
    pipeline.build(config.load(root))
    (root / "_config.yml").write_text("{}\n")
    (finding,) = pipeline.check(config.load(root)).findings
    same(str(finding), f"{A}: outputs are stale: never run by nbpress{REMEDY} [outputs-fresh]")


def test_diff_applies_to_the_committed_post(root: Path) -> None:
    """`--diff` shows how to get from the file that is there to the one that should be."""
    edit(root / POST, "Prose", "Poetry")
    lines = folders.nbpress(root, "check", "--diff").stdout.splitlines()
    assert lines[1:3] == [f"--- {POST} (committed)", f"+++ {POST} (from the notebook)"]
    removed = [line for line in lines[3:] if line.startswith("-")]
    added = [line for line in lines[3:] if line.startswith("+")]
    assert ["Poetry" in line for line in removed] == [True]
    assert ["Prose" in line for line in added] == [True]


def test_two_posts_at_one_address_are_told_of_at_both_notebooks(tmp_path: Path) -> None:
    """Jekyll would publish one over the other; also where the memo knows both, and as long as the clash lasts."""
    first, second = "_notebooks/2020-01-02-a.ipynb", "_notebooks/2020-01-03-b.ipynb"
    files = {"_config.yml": "{}\n", first: folders.notebook(["# A\n\n- permalink: /x/"])}
    made = folders.make(tmp_path / "blog", files)
    settings = config.load(made)
    assert pipeline.build(settings).findings == ()
    (made / second).write_bytes((made / first).read_bytes())
    for command in (pipeline.build, pipeline.check, pipeline.check):
        found = command(settings).findings
        assert [(it.rule, str(it.source)) for it in found] == [("post-address-unique", it) for it in (first, second)]
    assert [str(it.source) for it in pipeline.check(settings, [made / second]).findings] == [second]
    edit(made / second, "/x/", "/y/")
    assert pipeline.build(settings).findings == pipeline.check(settings).findings == ()


def test_posts_that_go_share_no_address(tmp_path: Path) -> None:
    """An older post of the same notebook, and a post whose notebook is gone, are findings of their own."""
    made = folders.make(tmp_path / "blog", {"_config.yml": "{}\n", A: folders.notebook(["# A\n\n- permalink: /x/"])})
    settings = config.load(made)
    pipeline.build(settings)
    post = (made / POST).read_text("utf-8")
    (made / "_posts/2019-01-02-older.html").write_text(post, "utf-8")
    (made / "_posts/2019-01-02-gone.html").write_text(
        post.replace(f"edit: {A}", "edit: _notebooks/gone.ipynb"), "utf-8"
    )
    assert [it.rule for it in pipeline.check(settings).findings] == ["post-unique", "post-has-notebook"]
