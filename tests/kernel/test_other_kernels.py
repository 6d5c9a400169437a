"""A kernel in another language: the same record, errors, limits and posts, since nothing assumes Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from converter import config, pipeline
from tests import folders
from tests.cases import same

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

BASH = {"kernelspec": {"name": "bash", "display_name": "Bash", "language": "bash"}}
CASES: dict[str, list[Any]] = {
    "good": [
        "# Good\n- inputs: [words*.txt]",
        {"code": "name=world"},
        {"code": "#hide_input\necho hello $name"},
        {"code": "wc -l < words.txt; echo $OMP_NUM_THREADS $TZ >&2; basename $PWD"},
        {"code": "#| eval: false\necho never"},
        {"code": "exit_with() { return $1; }\nexit_with 3", "tags": ["raises-exception"]},
        {"code": "echo $$ > pid"},
    ],
    "fails": ["# Fails", {"code": "echo one"}, "## Part", {"code": "echo two\nls /no/such/folder\nexit_with 4"}],
    "slow": ["# Slow\n- timeout: 1", {"code": "sleep 1000"}],
}


def _file(name: str) -> str:
    return f"_notebooks/2020-01-02-{name}.ipynb"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], str]:
    """Build a blog of notebooks in Bash; return its root, how to find the kernel, and what was said."""
    pytest.importorskip("bash_kernel", reason="bash_kernel is not installed: install the requirements of the tests")
    folder = tmp_path_factory.mktemp("bash")
    install = [sys.executable, "-m", "bash_kernel.install", "--prefix", str(folder)]
    subprocess.run(install, check=True, capture_output=True, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    files: dict[str, Any] = {_file(name): {"cells": cells, "metadata": BASH} for name, cells in CASES.items()}
    files |= {"_notebooks/words.txt": "a\nb\n", "_config.yml": "{}\n"}
    root = folders.make(folder / "blog", files)
    env = {"JUPYTER_PATH": str(folder / "share" / "jupyter")}
    done = folders.nbpress(root, "build", env=env)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return root, env, done.stdout


def test_it_runs_in_its_folder_and_environment(built: tuple[Path, dict[str, str], str]) -> None:
    """Directives hold, too: who is hidden runs, who must not run does not, an announced failure lets the rest run."""
    root, _, _ = built
    printed = [text.splitlines() for text in folders.printed(root / _file("good"))]
    assert printed[:4] == [[], ["hello world"], ["2", "1 UTC", "_notebooks"], []]
    counts = [cell["execution_count"] for cell in folders.cells_of(root / _file("good")) if cell["cell_type"] == "code"]
    assert counts == [1, 2, 3, None, 4, 5]


def test_its_record_knows_code_and_declared_inputs(built: tuple[Path, dict[str, str], str]) -> None:
    """Nothing is recorded automatically, and nothing is claimed."""
    record = json.loads((built[0] / _file("good")).read_bytes())["metadata"]["nbpress"]
    assert list(record["inputs"]) == ["_notebooks/words.txt"]
    assert record.keys() == {"cells", "code", "folder", "inputs", "outputs"}


def test_its_errors_are_at_their_cells(built: tuple[Path, dict[str, str], str]) -> None:
    said = [line.rpartition(" [")[0].partition(";")[0] for line in built[2].splitlines()]
    assert said[0].startswith(f"{_file('fails')}: cell 4")
    assert said[0].endswith(', under "Part"')
    same(
        "\n".join(said[1:]),
        f'{_file("slow")}: cell 2: ran longer than 1 s, under "Slow"',
    )
    posts = sorted(file.name for file in (built[0] / "_posts").iterdir())
    assert posts == ["2020-01-02-good.html"]


def test_its_post_shows_code_in_its_language(built: tuple[Path, dict[str, str], str]) -> None:
    text = (built[0] / "_posts/2020-01-02-good.html").read_text("utf-8")
    assert "hl-bash" in text or "language-bash" in text
    assert "hl-ipython3" not in text
    assert "hello world" in text


def test_its_process_is_gone(built: tuple[Path, dict[str, str], str]) -> None:
    """Bash lives in a session of its own, so the end of its kernel has to reach it."""
    pid = int((built[0] / "_notebooks/pid").read_text())
    assert folders.ends(lambda: folders.is_running(pid), 5)


def test_it_runs_again_for_a_declared_input_only(built: tuple[Path, dict[str, str], str]) -> None:
    root, env, _ = built
    for name in ("fails", "slow"):
        (root / _file(name)).unlink(missing_ok=True)
    settings = config.load(root)
    assert {it.outputs for it in pipeline.status(settings, (), date(2026, 1, 1))[1]} == {"fresh"}
    (root / "_notebooks/words.txt").write_text("a\n")
    done = folders.nbpress(root, "build", "--why", env=env)
    same(done.stdout, f"{_file('good')}: _notebooks/words.txt changed\n")
    assert folders.printed(root / _file("good"))[2].splitlines()[0] == "1"
