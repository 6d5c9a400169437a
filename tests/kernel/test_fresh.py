"""Freshness: code runs again when what its outputs depend on has changed, and at no other time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from converter import read, record
from converter.cli import main
from tests import folders

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.kernel

A, B = "_notebooks/2020-01-02-a.ipynb", "_notebooks/2020-01-03-b.ipynb"
CELLS: list[Any] = ["# A\n- toc: true", {"code": "x = 1"}, "Prose.", {"code": "print(x)"}, {"code": "y = 2"}]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a blog that has been built once, and the kernel in which its notebooks run."""
    folder = tmp_path_factory.mktemp("fresh")
    files = {
        "_config.yml": "{}\n",
        A: {"cells": CELLS, "metadata": folders.COUNTED},
        B: {"cells": ["# B", {"code": "print('b')"}], "metadata": folders.COUNTED},
    }
    root = folders.make(folder / "blog", files)
    done = folders.nbpress(root, "build", env=folders.counting_kernel(folder))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert folders.starts(folder) == 2
    return folder


@pytest.fixture
def folder(first: Path, tmp_path: Path) -> Path:
    """Return a copy of the blog as it is after the first build."""
    return shutil.copytree(first, tmp_path / "copy")


def _build(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Build the blog in *folder*; return how many kernels were started and what was said."""
    before = folders.starts(folder)
    env = {"JUPYTER_PATH": str(folder / "jupyter")}
    done = folders.nbpress(folder / "blog", "build", *arguments, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return folders.starts(folder) - before, done.stdout, done.stderr


def _edit(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Let an author make *change* to the notebook at *file*."""
    nb = json.loads(file.read_bytes())
    change(nb)
    file.write_text(json.dumps(nb, indent=1) + "\n")


def _source(cell: int, text: str) -> Callable[[dict[str, Any]], None]:
    """Return the change that gives *cell* the source *text*."""
    return lambda nb: nb["cells"][cell].__setitem__("source", text)


STILL_FRESH: dict[str, tuple[Callable[[dict[str, Any]], object], bool]] = {
    "prose": (_source(2, "Other prose."), True),
    "front matter": (_source(0, "# Another title\n- toc: false"), True),
    "a directive": (_source(3, "#hide_input\nprint(x)"), True),
    "a tag": (lambda nb: nb["cells"][3]["metadata"].update(tags=["hide-input"]), True),
    "metadata of the notebook": (lambda nb: nb["metadata"].update(hide_input=True), True),
    "a text cell more": (lambda nb: nb["cells"].insert(1, folders.cell("More.")), True),
    "an empty code cell more": (lambda nb: nb["cells"].append(folders.cell({"code": ""})), False),
    "source as a list of lines": (_source(3, ["print(x)"]), False),  # type: ignore[arg-type]  # nbformat's other way
    "execution counts": (lambda nb: [cell.update(execution_count=None) for cell in _code(nb)], False),
    "display name of the kernel": (lambda nb: nb["metadata"]["kernelspec"].update(display_name="x"), False),
}
"""What an author changes, and whether the post shows it."""

STALE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "code": (_source(3, "print(x + 1)"), "cell 4 changed"),
    "a new code cell": (lambda nb: nb["cells"].append(folders.cell({"code": "z = 3"})), "cell 6 is new"),
    "the order of code": (lambda nb: nb["cells"].insert(3, nb["cells"].pop()), "order of cells changed"),
    "a removed code cell": (lambda nb: nb["cells"].pop(), "a code cell was removed"),
    "a cell that must not run": (_source(4, "#| eval: false\ny = 2"), "cell 5 changed"),
    "outputs edited": (lambda nb: nb["cells"][3]["outputs"][0].update(text="7\n"), "outputs edited since the run"),
    "outputs stripped": (lambda nb: [cell.update(outputs=[]) for cell in _code(nb)], "outputs edited since the run"),
    "no record": (lambda nb: nb["metadata"].pop("nbpress"), "never run by nbpress"),
}
"""What an author changes, and the reason that `build` gives."""


def _code(nb: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in nb["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("what", [*STILL_FRESH, *STALE])
def test_the_reason_says_what_has_changed(what: str, first: Path) -> None:
    """Nothing is a reason but code, outputs and what else decides over a run."""
    change, reason = STALE.get(what) or (STILL_FRESH[what][0], "")
    nb = json.loads((first / "blog" / A).read_bytes())
    change(nb)
    there = read.ipynb(json.dumps(nb).encode(), PurePosixPath(A))
    assert record.stale(there, first / "blog") == reason


@pytest.mark.parametrize("what", ["prose", "a directive", "execution counts"])
def test_no_kernel_starts_after_a_change_of(what: str, folder: Path) -> None:
    """The post follows, the stored outputs stay, and the notebook's file is its author's."""
    change, is_shown = STILL_FRESH[what]
    _edit(folder / "blog" / A, change)
    before = folders.states(folder / "blog")
    starts, _, _ = _build(folder)
    after = folders.states(folder / "blog")
    assert starts == 0
    assert [name for name in after if after[name] != before[name]] == ["_posts/2020-01-02-a.html"] * is_shown


@pytest.mark.parametrize("what", ["code", "outputs stripped"])
def test_one_notebook_runs_after_a_change_of(what: str, folder: Path) -> None:
    """Only that notebook runs, and the build says why."""
    change, reason = STALE[what]
    _edit(folder / "blog" / A, change)
    before = folders.states(folder / "blog")
    starts, said, log = _build(folder, "--why")
    after = folders.states(folder / "blog")
    assert starts == 1
    assert f"{A}: {reason}\n{B}: fresh\n" in said
    assert f"running {A} ({reason})" in log
    assert after[B] == before[B]
    assert _build(folder)[0] == 0


def test_a_renamed_notebook_stays_fresh(folder: Path) -> None:
    """Its post moves with it, and no kernel starts."""
    blog = folder / "blog"
    (blog / A).rename(blog / "_notebooks/2021-05-06-renamed.ipynb")
    assert _build(folder)[0] == 0
    posts = sorted(file.name for file in (blog / "_posts").iterdir())
    assert posts == ["2020-01-03-b.html", "2021-05-06-renamed.html"]


def test_deleting_the_state_and_the_posts_costs_no_run(folder: Path) -> None:
    """A post is a function of the notebook: it comes back to the byte from what is committed."""
    blog = folder / "blog"
    before = folders.tree(blog)
    shutil.rmtree(blog / folders.STATE)
    shutil.rmtree(blog / "_posts")
    assert _build(folder)[0] == 0
    assert folders.tree(blog) == before


MODES = [  # site, front matter, command line, does a notebook that was never run start a kernel?
    ("auto", "", "", True),
    ("always", "", "", True),
    ("never", "", "", False),
    ("never", "auto", "", True),
    ("never", "always", "", True),
    ("never", "true", "", True),
    ("auto", "never", "", False),
    ("always", "false", "", False),
    ("never", "", "auto", True),
    ("auto", "", "never", False),
    ("always", "", "never", False),
    ("auto", "never", "always", False),
    ("never", "auto", "never", True),
    ("auto", "always", "never", True),
]


@pytest.mark.parametrize(("site", "matter", "asked", "runs"), MODES)
def test_the_most_specific_place_says_when_code_runs(
    site: str, matter: str, asked: str, *, runs: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notebook wins over the command line, that over the settings; a missing kernel shows who would run."""
    title = "# A" + (f"\n- execute: {matter}" if matter else "")
    spec = {"kernelspec": {"name": "gone", "display_name": "Gone", "language": "cobol"}}
    files = {"_config.yml": f"notebooks: {{execute: {site}}}\n", A: {"cells": [title, {"code": "1"}], "metadata": spec}}
    asking = ("--execute", asked) if asked else ()
    with pytest.raises(SystemExit) as leave:
        main(["--site", str(folders.make(tmp_path, files)), "build", *asking])
    said = capsys.readouterr().out
    assert ("[kernel-installed]" in said, leave.value.code) == (runs, int(runs)), said


def test_always_runs_what_is_fresh(folder: Path) -> None:
    """`--execute always` starts every kernel, and changes no file where the outputs are the same."""
    before = folders.states(folder / "blog")
    assert _build(folder, "--execute", "always")[0] == 2
    assert folders.states(folder / "blog") == before


@pytest.mark.parametrize("place", ["settings", "front matter"])
def test_what_always_runs_runs_in_every_build(folder: Path, place: str) -> None:
    """Also in the second one after the same change, when nothing else is to do; a check only looks."""
    if place == "settings":
        (folder / "blog/_config.yml").write_text("notebooks: {execute: always}\n")
    else:
        _edit(folder / "blog" / A, _source(0, "# A\n- toc: true\n- execute: always"))
    expected = 2 if place == "settings" else 1
    assert [_build(folder)[0] for _ in range(2)] == [expected] * 2
    assert folders.nbpress(folder / "blog", "check").returncode == 0
    started, said, _ = _build(folder, "--why")
    assert (started, said.count("asked to")) == (expected, expected)


def test_a_build_that_was_asked_for_changes_nothing_for_the_next(folder: Path) -> None:
    """What the command line says of running code counts once."""
    (folder / "blog/_config.yml").write_text("notebooks: {execute: always}\n")
    assert _build(folder)[0] == 2
    assert [_build(folder, "--execute", "auto")[0] for _ in range(2)] == [0, 0]
    assert _build(folder)[0] == 2


def test_the_second_of_two_builds_waits(folder: Path) -> None:
    """Two builds at once run a notebook once, and both end well."""
    blog = folder / "blog"
    _edit(blog / A, _source(3, "import time\ntime.sleep(1)"))
    before = folders.starts(folder)
    env = {"JUPYTER_PATH": str(folder / "jupyter")}
    builds = [folders.started(blog, "build", env=env) for _ in range(2)]
    ends = [build.communicate(timeout=60 * folders.BUSY) for build in builds]
    assert [build.returncode for build in builds] == [0, 0], ends
    assert folders.starts(folder) - before == 1
