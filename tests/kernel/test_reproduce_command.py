"""`check --reproduce`: notebooks run again in a scratch copy; only what differs for real is an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests import folders

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = pytest.mark.kernel

CODE: dict[str, list[str]] = {
    "colour": ["print('same')", "import os\nprint('first')\nprint(os.environ['COLOUR'])"],
    "cosmetic": ["import uuid\nprint(uuid.uuid4())"],
    "fails": ["import os\nassert os.environ['COLOUR'] == 'red', 'not red'\nprint('red')"],
    "folder": ["import pathlib\nprint(pathlib.Path.cwd())\nprint(open('data.txt').read())"],
    "stable": ["print(1)", "object()", "{'a', 'b'}"],
    "volatile": ["#| volatile: true\nimport os, time\nprint(os.environ['COLOUR'], time.time_ns())"],
    "writes": ["import pathlib\nfile = pathlib.Path('made.txt')\nfile.write_text('x')\nfile.unlink()",
               "pathlib.Path('data.txt').write_text('data')\nprint('written')"],
}  # fmt: skip
NEVER = ["# T\n- execute: never", {"code": "raise SystemExit('must not run')", "outputs": "old"}]
REAL = ("colour", "fails")


def _file(name: str) -> str:
    return f"_notebooks/2020-01-02-{name}.ipynb"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a blog that was built when the colour was red."""
    files: dict[str, Any] = {_file(name): ["# T", *({"code": it} for it in code)] for name, code in CODE.items()}
    files |= {"_config.yml": "{}\n", "_notebooks/data.txt": "data", _file("never"): NEVER}
    root = folders.make(tmp_path_factory.mktemp("reproduce") / "blog", files)
    done = folders.nbpress(root, "build", env={"COLOUR": "red"})
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return root


@pytest.fixture(scope="module")
def blue(
    built: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any], dict[str, Any], list[Path]]:
    """Check all notebooks when the colour is blue; return the end, the files before and after, and what is left."""
    temporary = tmp_path_factory.mktemp("tmp")
    before = folders.states(built)
    env = {"COLOUR": "blue", "TMPDIR": str(temporary)}
    done = folders.nbpress(built, "check", "--reproduce", "--format", "json", env=env)
    return done, before, folders.states(built), list(temporary.iterdir())


def _findings(done: subprocess.CompletedProcess[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        found.setdefault(finding["file"].removeprefix("_notebooks/2020-01-02-").removesuffix(".ipynb"), []).append(
            finding
        )
    return found


def test_a_real_difference_is_an_error_with_a_diff(
    blue: tuple[subprocess.CompletedProcess[str], dict[str, Any], dict[str, Any], list[Path]],
) -> None:
    """It names cell and output, and says how they differ."""
    done = blue[0]
    (finding,) = _findings(done)["colour"]
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False
    assert (finding["rule"], finding["severity"], finding["cell"]) == ("outputs-reproduce", "error", 3)
    assert finding["message"].startswith("output 1 (stdout) differs (real); ")
    assert finding["detail"].splitlines()[2:] == ["@@ -1,2 +1,2 @@", " first", "-red", "+blue"]


def test_a_failure_is_an_error_at_its_cell(
    blue: tuple[subprocess.CompletedProcess[str], dict[str, Any], dict[str, Any], list[Path]],
) -> None:
    (finding,) = _findings(blue[0])["fails"]
    assert (finding["rule"], finding["severity"]) == ("notebook-executes", "error")
    assert (finding["cell"], finding["line"]) == (2, 2)
    assert "AssertionError: not red" in finding["message"]


def test_what_every_run_invents_or_the_author_expects_is_no_error(
    blue: tuple[subprocess.CompletedProcess[str], dict[str, Any], dict[str, Any], list[Path]],
) -> None:
    """Cosmetic and volatile differences are notes; equal outputs, also of paths, are not spoken of."""
    found = {name: [it["severity"] for it in findings] for name, findings in _findings(blue[0]).items()}
    assert {name: kinds for name, kinds in found.items() if name not in REAL} == {
        "cosmetic": ["note"],
        "volatile": ["note"],
    }
    assert "(cosmetic)" in _findings(blue[0])["cosmetic"][0]["message"]
    assert "(volatile)" in _findings(blue[0])["volatile"][0]["message"]


def test_nothing_is_written_into_the_checkout(
    blue: tuple[subprocess.CompletedProcess[str], dict[str, Any], dict[str, Any], list[Path]],
) -> None:
    """Not even by code that writes beside its notebook; and no scratch copy is left."""
    _, before, after, left = blue
    assert after == before
    assert left == []


def test_a_blog_that_comes_out_the_same_is_content(built: Path) -> None:
    """Only the notebooks that are named run again; notes do not make the check fail."""
    done = folders.nbpress(built, "check", "--reproduce", _file("colour"), _file("volatile"), env={"COLOUR": "red"})
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{_file('volatile')}: cell 2: ")
    assert done.stderr.splitlines()[-1] == "2 posts are what their notebooks say."


def test_text_shows_the_diff_if_asked_for(built: Path) -> None:
    done = folders.nbpress(built, "check", "--reproduce", "--diff", _file("colour"), env={"COLOUR": "green"})
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == ["-red", "+green"]


def test_check_alone_runs_nothing(built: Path) -> None:
    """Without `--reproduce` the colour does not matter."""
    done = folders.nbpress(built, "check", env={"COLOUR": "blue"})
    assert (done.returncode, done.stdout) == (0, "")
