"""Runs that do not end well: nothing is lost, nothing is left behind, the other notebooks are built."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests import folders
from tests.cases import same

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

BAD = "_notebooks/2020-01-02-bad.ipynb"
GOOD = {"_config.yml": "notebooks: {timeout: 100}\n", "_notebooks/2020-01-03-good.ipynb": ["# Good", "Prose."]}
FOREVER = "import os, pathlib, time\npathlib.Path('../pid').write_text(str(os.getpid()))\ntime.sleep(1000)"


def test_the_notebooks_own_timeout_wins_over_the_settings(tmp_path: Path) -> None:
    """The message says which limit it was."""
    cells: list[Any] = ["# Bad\n- timeout: 1", {"code": "import time\ntime.sleep(50)"}]
    root = folders.make(tmp_path, GOOD | {BAD: cells})
    done = folders.nbpress(root, "build")
    assert done.returncode == 1
    assert done.stdout.startswith(f'{BAD}: cell 2: ran longer than 1 s, under "Bad"; ')
    assert (root / "_posts/2020-01-03-good.html").is_file()


def test_a_kernel_that_dies_is_an_error_at_its_cell(tmp_path: Path) -> None:
    """The build neither hangs nor forgets the other notebooks, and the file stays as it was."""
    cells: list[Any] = ["# Bad", {"code": "x = 1"}, {"code": "import os\nos._exit(1)", "outputs": "old"}]
    root = folders.make(tmp_path, GOOD | {BAD: cells})
    done = folders.nbpress(root, "build")
    assert done.returncode == 1
    same(
        done.stdout,
        f'{BAD}: cell 3: the kernel died, under "Bad"; '
        "the code ended the process, or the machine's memory ran out "
        "[notebook-executes]\n",
    )
    assert "Traceback" not in done.stderr
    same((root / BAD).read_text("utf-8"), folders.notebook(cells))
    assert sorted(file.name for file in (root / "_posts").iterdir()) == ["2020-01-03-good.html"]


def test_a_notebook_saved_while_it_runs_is_not_overwritten(tmp_path: Path) -> None:
    """What its author has typed meanwhile is worth more than the outputs; the next build runs it."""
    save = "import pathlib\nfile = pathlib.Path('2020-01-02-bad.ipynb')\ntext = file.read_text()\n"
    save += "file.write_text(text.replace('Pro' + 'se', 'Poetry'))"
    cells: list[Any] = ["# Bad", "Prose.", {"code": save}]
    root = folders.make(tmp_path, GOOD | {BAD: cells})
    done = folders.nbpress(root, "build")
    assert done.returncode == 1
    same(
        done.stdout,
        f"{BAD}: was saved while it ran, so its new outputs are not written over it; build again [post-writes]\n",
    )
    same((root / BAD).read_text("utf-8"), folders.notebook(cells).replace("Prose", "Poetry"))
    assert not (root / "_posts/2020-01-02-bad.html").exists()
    assert folders.nbpress(root, "build").returncode == 0
    assert "Poetry" in (root / "_posts/2020-01-02-bad.html").read_text("utf-8")


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda kill: kill.name)
def test_no_kernel_outlives_the_build(kill: signal.Signals, tmp_path: Path) -> None:
    """Whether the build is interrupted, ended or killed, its kernel goes within seconds and no file has changed."""
    cells: list[Any] = ["# Bad", {"code": FOREVER, "outputs": "old"}]
    root = folders.make(tmp_path / "blog", {"_config.yml": "{}\n", BAD: cells})
    (tmp_path / "tmp").mkdir()
    build = folders.started(root, "build", env={"TMPDIR": str(tmp_path / "tmp")})
    pid_file = root / "pid"
    assert folders.ends(lambda: not (pid_file.exists() and pid_file.read_text()), 30)
    kernel = int(pid_file.read_text())
    time.sleep(0.1)
    os.kill(build.pid, kill)
    said, log = build.communicate(timeout=20 * folders.BUSY)
    assert folders.ends(lambda: folders.is_running(kernel), 10)
    same((root / BAD).read_text("utf-8"), folders.notebook(cells))
    assert not (root / "_posts").exists()
    if kill is signal.SIGINT:
        assert (build.returncode, said) == (130, "")
        assert log.splitlines()[-1] == "interrupted"
        assert "Traceback" not in log
        assert list((tmp_path / "tmp").iterdir()) == []
    (root / BAD).write_text(folders.notebook(["# Bad", {"code": "print(1)"}]))
    again = folders.nbpress(root, "build")
    assert again.returncode == 0, again.stdout
