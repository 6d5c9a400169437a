"""Running: the outputs are those of a fresh kernel, written back with nothing else of the file changed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests import folders, styles
from tests.cases import same

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

SETTINGS = "notebooks: {execute: auto}\n"
STYLES = ("ascii-escapes", "crlf")
"""Layouts of files that are really run; `test_write.py` has them all."""
ENVIRONMENT = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "1577923200", "TZ": "UTC"}
"""What a kernel gets for a notebook of 2020-01-02 unless its author has set something else."""
ENVIRONMENT_CELL = {"code": f"import os\nfor name in {sorted(ENVIRONMENT)}:\n    print(name, os.environ.get(name))"}
ORDER: list[Any] = [
    "# Order",
    {"code": "import pathlib\nn = 1\nprint(pathlib.Path('data.txt').read_text(), pathlib.Path.cwd().name)"},
    {"code": "n += 1\nn"},
    {"code": "#hide\nn += 1"},
    {"code": "print(n)", "outputs": "stale"},
    {"code": "n = 'not run'", "tags": ["skip-execution"], "outputs": "kept", "execution_count": 7},
    {"code": "#| eval: false\nn = 'not run'", "outputs": "kept, too"},
    {"code": "n = 4\nraise ValueError('announced')", "tags": ["raises-exception"]},
    {"code": "#| error: true\nraise KeyError('announced, too')"},
    {"code": "print(n, {'a', 'b', 'c', 'd'})"},
    {"raw": "<b>raw</b>"},
]
BLOG: dict[str, Any] = {
    "_config.yml": SETTINGS,
    "_notebooks/deep/data.txt": "data",
    "_notebooks/deep/2020-01-02-order.ipynb": ORDER,
    "_notebooks/2020-01-02-environment.ipynb": ["# Environment", ENVIRONMENT_CELL],
    "_notebooks/2020-01-02-errors.ipynb": ["# Errors\n- allow_errors: true", {"code": "1/0"}, {"code": "print('on')"}],
    "_notebooks/2020-01-02-pid.ipynb": ["# Pid", {"code": "import os\nprint(os.getpid())"}],
    "_notebooks/2020-01-02-prose.ipynb": ["# Prose", "There is nothing to run."],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a blog after its first build, which has run every notebook of `BLOG` and one of each of `STYLES`."""
    folder = tmp_path_factory.mktemp("execute")
    styled = {f"_notebooks/2020-01-02-{name}.ipynb": styles.STYLES[name](styles.notebook()) for name in STYLES}
    root = folders.make(folder / "blog", BLOG | styled)
    (root / "_notebooks/2020-01-02-crlf.ipynb").chmod(0o640)
    (folder / "tmp").mkdir()
    done = folders.nbpress(root, "build", env={"TMPDIR": str(folder / "tmp")})
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return root


def _shown(root: Path, name: str) -> list[str]:
    """Return what each code cell of the notebook *name* shows, in short."""
    return [
        " | ".join(
            "".join(output.get("text") or output.get("data", {}).get("text/plain") or output["evalue"]).rstrip()
            for output in cell["outputs"]
        )
        for cell in folders.cells_of(root / "_notebooks" / name)
        if cell["cell_type"] == "code"
    ]


def test_cells_run_in_order_in_the_notebooks_folder(built: Path) -> None:
    """Hidden cells run, skipped ones keep their outputs, announced errors let the rest run."""
    assert _shown(built, "deep/2020-01-02-order.ipynb") == [
        "data deep",
        "2",
        "",
        "3",
        "kept",
        "kept, too",
        "announced",
        "'announced, too'",
        _shown(built, "deep/2020-01-02-order.ipynb")[-1],
    ]


def test_execution_counts_are_those_of_one_fresh_kernel(built: Path) -> None:
    """Cells that ran count from 1; a skipped one keeps its count."""
    cells = folders.cells_of(built / "_notebooks/deep/2020-01-02-order.ipynb")
    counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
    assert counts == [1, 2, 3, 4, 7, None, 5, 6, 7]


def test_the_post_shows_the_new_outputs(built: Path) -> None:
    """A stale output is gone from the post, a hidden cell is not in it, and an announced error is."""
    text = (built / "_posts/2020-01-02-order.html").read_text("utf-8")
    assert "stale" not in text
    assert "data deep" in text
    assert "announced" in text
    assert "kept, too" in text


def test_allow_errors_publishes_the_traceback_and_goes_on(built: Path) -> None:
    """`allow_errors: true` in the front matter makes errors part of the post."""
    assert _shown(built, "2020-01-02-errors.ipynb") == ["division by zero", "on"]
    assert "ZeroDivisionError" in (built / "_posts/2020-01-02-errors.html").read_text("utf-8")


@pytest.mark.parametrize("style", STYLES)
def test_only_outputs_counts_and_record_change_in_the_file(built: Path, style: str) -> None:
    """Indentation, order of keys, escapes, line ends and unknown keys are the author's."""
    file = built / f"_notebooks/2020-01-02-{style}.ipynb"
    after = json.loads(file.read_bytes().decode("utf-8-sig"))
    expected = styles.notebook()
    code = expected["cells"][1]
    code["outputs"], code["execution_count"] = after["cells"][1]["outputs"], 1
    expected["metadata"]["nbpress"] = after["metadata"]["nbpress"]
    same(file.read_bytes().decode(), styles.STYLES[style](expected))
    assert folders.printed(file) == ["ü \u2028\n"]


def test_the_mode_of_the_file_is_kept(built: Path) -> None:
    """A file that its group may not write stays such a file."""
    assert (built / "_notebooks/2020-01-02-crlf.ipynb").stat().st_mode & 0o777 == 0o640


def test_a_notebook_without_code_is_not_written(built: Path) -> None:
    """There is nothing to run, so there is no record either."""
    file = built / "_notebooks/2020-01-02-prose.ipynb"
    same(file.read_text("utf-8"), folders.notebook(BLOG["_notebooks/2020-01-02-prose.ipynb"]))


def test_the_record_tells_nothing_of_the_machine(built: Path) -> None:
    """It holds digests: no path, no name, no time."""
    nb = json.loads((built / "_notebooks/2020-01-02-pid.ipynb").read_bytes())
    assert re.fullmatch(r"[a-z0-9 :\[\]{}',]*", str(nb["metadata"]["nbpress"]))
    assert not re.search(r"\b(?:\d{4}-\d\d-\d\d|\d\d:\d\d)\b", str(nb["metadata"]["nbpress"]))


def test_the_environment_makes_runs_repeatable(built: Path) -> None:
    """Hash seed, date and time zone are fixed, the date being the post's."""
    expected = "".join(f"{name} {ENVIRONMENT[name]}\n" for name in sorted(ENVIRONMENT))
    assert folders.printed(built / "_notebooks/2020-01-02-environment.ipynb") == [expected]


def test_no_kernel_and_no_connection_file_is_left(built: Path) -> None:
    """The processes that printed their ids are gone, and so is all that they had on the disk."""
    (pid,) = folders.printed(built / "_notebooks/2020-01-02-pid.ipynb")
    assert not folders.is_running(int(pid))
    assert list((built.parent / "tmp").rglob("*")) == []


def test_a_second_build_touches_nothing(built: Path) -> None:
    """Bytes, times and inodes of all files are as before, and the build says that there was nothing to do."""
    before = folders.states(built)
    done = folders.nbpress(built, "build")
    assert (done.returncode, done.stdout) == (0, "")
    same(done.stderr, f"Nothing to do: {len(BLOG) + len(STYLES) - 2} posts as the notebooks say.\n")
    assert folders.states(built) == before


def test_a_forced_run_gives_the_same_bytes(built: Path) -> None:
    """Sets and dates do not differ from run to run, so `--execute always` changes nothing."""
    before = folders.states(built)
    done = folders.nbpress(built, "build", "--execute", "always", "_notebooks/deep")
    assert done.returncode == 0, done.stdout
    assert "ran _notebooks/deep/2020-01-02-order.ipynb" in done.stderr
    assert folders.states(built) == before


def test_the_author_may_set_the_environment(tmp_path: Path) -> None:
    """What is set outside wins over what nbpress fixes."""
    root = folders.make(tmp_path, {"_config.yml": SETTINGS, "_notebooks/2020-01-02-a.ipynb": ["# A", ENVIRONMENT_CELL]})
    given = {"PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1", "TZ": "Asia/Tokyo"}
    done = folders.nbpress(root, "build", env=given)
    assert done.returncode == 0, done.stdout
    expected = "".join(f"{name} {given[name]}\n" for name in sorted(given))
    assert folders.printed(root / "_notebooks/2020-01-02-a.ipynb") == [expected]
