"""Several notebooks at once: in which order they run and are told of, what they share, what is left of them."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from converter import workers
from tests import folders

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

LIVES = """\
import os, pathlib, subprocess, sys, time
child = subprocess.Popen(['sleep', '1000'])
forked = os.fork()
if forked == 0:
    time.sleep(1000)
pathlib.Path('NAME.tmp').write_text(f'{os.getpid()} {child.pid} {forked}')
os.rename('NAME.tmp', 'NAME.pids')
"""
"""A cell that leaves two processes behind: a program, and a copy of the kernel."""
ENDS = {"success": "x = 1", "failure": "1 / 0", "timeout": "time.sleep(1000)", "death": "os._exit(1)"}
FOREVER = "import time\ntime.sleep(1000)"
NOTE = """\
import os
with open('../order', 'a') as file:
    file.write('NAME ')
raise ValueError(os.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS'])"""
TRANSPORT = """\
import json, os, stat
from ipykernel.connect import get_connection_file, get_connection_info
file, info = get_connection_file(), json.loads(get_connection_info())
folder = os.path.dirname(file)
modes = {os.path.join(folder, name): os.stat(os.path.join(folder, name)).st_mode for name in os.listdir(folder)}
print(info['transport'], oct(modes[file] & 0o777), oct(os.stat(folder).st_mode & 0o777), info['key'] != '')
print(sum(map(stat.S_ISSOCK, modes.values())), os.path.dirname(info['ip']) == folder)"""


def _file(name: str) -> str:
    return f"_notebooks/2020-01-02-{name}.ipynb"


def _cells(*code: str) -> list[Any]:
    return ["# T", *({"code": text} for text in code)]


@pytest.mark.parametrize(("jobs", "threads"), [(1, None), (3, 1)], ids=["one at a time", "all at once"])
def test_findings_come_in_the_order_of_notebooks_and_runs_in_that_of_time(
    tmp_path: Path, jobs: int, threads: int | None
) -> None:
    """Whoever takes longest starts first, whoever nobody knows before all; CPUs are shared by those that run."""
    names = ("a-short", "b-unknown", "c-long")
    files: dict[str, Any] = {_file(name): _cells(NOTE.replace("NAME", name)) for name in names}
    known = {"a-short": 1, "c-long": 9}
    runs = {_file(name): {"seconds": seconds, "slowest": []} for name, seconds in known.items()}
    root = folders.make(tmp_path, {"_config.yml": "{}\n", ".nbpress/runs.json": json.dumps(runs), **files})
    done = folders.nbpress(root, "build", "--jobs", str(jobs))
    assert done.returncode == 1
    bounded = str(threads or workers.cpus())
    said = [line.partition(" [")[0] for line in done.stdout.splitlines()]
    assert said == [
        f"{_file(name)}: cell 2, line 4: ValueError: ('{bounded}', '{bounded}'), under \"T\"" for name in names
    ]
    order = (root / "order").read_text().split()
    if jobs == 1:
        assert order == ["b-unknown", "c-long", "a-short"]
    started = [line.split()[1] for line in done.stderr.splitlines() if line.startswith("running ")]
    assert started == [_file(name) for name in ("b-unknown", "c-long", "a-short")]


def test_jobs_limits_how_many_run_at_once(tmp_path: Path) -> None:
    """The setting counts where the command line says nothing; the author's own thread variables win."""
    code = "import os, pathlib, time\nhere = pathlib.Path(f'../running-{os.getpid()}')\nhere.touch()\ntime.sleep(0.3)\n"
    code += "print(len(list(here.parent.glob('running-*'))), os.environ['MKL_NUM_THREADS'])\nhere.unlink()"
    root = folders.make(tmp_path, {"_config.yml": "notebooks: {jobs: 1}\n", **{_file(it): _cells(code) for it in "ab"}})
    done = folders.nbpress(root, "build", env={"MKL_NUM_THREADS": "7"})
    assert done.returncode == 0, done.stdout
    assert [folders.printed(root / _file(it)) for it in "ab"] == [["1 7\n"]] * 2


def test_kernels_talk_over_sockets_that_only_their_owner_can_open(tmp_path: Path) -> None:
    root = folders.make(tmp_path, {"_config.yml": "{}\n", _file("a"): _cells(TRANSPORT)})
    assert folders.nbpress(root, "build").returncode == 0
    assert folders.printed(root / _file("a")) == ["ipc 0o600 0o700 True\n5 True\n"]


def _pids(root: Path, name: str) -> list[int]:
    """Return the processes that the notebook *name* has started, itself first."""
    return [int(pid) for pid in (root / f"_notebooks/{name}.pids").read_text().split()]


def _left(pids: list[int], seconds: float = 5) -> list[int]:
    """Return which of *pids* still run after *seconds*; end those."""
    folders.ends(lambda: any(map(folders.is_running, pids)), seconds)
    left = [pid for pid in pids if folders.is_running(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left


def test_nothing_outlives_its_notebook_however_it_ends(tmp_path: Path) -> None:
    """Neither the kernel nor what it has started is left, nor any file of theirs."""
    files = {_file(name): _cells(LIVES.replace("NAME", name), end) for name, end in ENDS.items()}
    root = folders.make(tmp_path / "blog", {"_config.yml": "notebooks: {timeout: 2}\n", **files})
    (tmp_path / "tmp").mkdir()
    done = folders.nbpress(root, "build", env={"TMPDIR": str(tmp_path / "tmp")})
    said = [line.partition(", under")[0].rpartition(": ")[2] for line in done.stdout.splitlines()]
    assert said == ["the kernel died", "division by zero", "ran longer than 2 s"]
    left = {name: _left(_pids(root, name)) for name in ENDS}
    assert {name: pids for name, pids in left.items() if pids} == {}
    assert list((tmp_path / "tmp").iterdir()) == []


KILLS: dict[str, tuple[list[tuple[signal.Signals, float]], int]] = {
    "Ctrl-C": ([(signal.SIGINT, 0)], 130),
    "Ctrl-C twice": ([(signal.SIGINT, 0.05), (signal.SIGINT, 0)], 130),
    "Ctrl-C in haste": ([(signal.SIGINT, 0.001)] * 5, 130),
    "SIGTERM": ([(signal.SIGTERM, 0)], 130),
    "the end of its terminal": ([(signal.SIGHUP, 0)], 130),
    "SIGKILL": ([(signal.SIGKILL, 0)], -signal.SIGKILL),
}
"""Signals to the build, with the seconds until the next, and how it ends."""


def _killed(root: Path, kills: list[tuple[signal.Signals, float]]) -> tuple[list[list[int]], int, str, str]:
    """Kill a build of two notebooks; return which of their processes are left (kernel, program, copy), and its end."""
    (root / "tmp").mkdir()
    build = folders.started(root, "build", "--jobs", "2", env={"TMPDIR": str(root / "tmp")})
    all_run = folders.ends(lambda: not all((root / f"_notebooks/{name}.pids").exists() for name in "ab"), 60)
    for kill, pause in kills if all_run else [(signal.SIGKILL, 0.0)]:
        if build.poll() is None:
            os.kill(build.pid, kill)
        time.sleep(pause)
    pids = [_pids(root, name) for name in "ab"] if all_run else []
    folders.ends(lambda: build.poll() is None, 20)
    folders.ends(lambda: any(map(folders.is_running, itertools.chain(*pids))), 5)
    left = [_left([pid[part] for pid in pids], 0) for part in range(3)]
    said, log = build.communicate(timeout=20 * folders.BUSY)  # whoever is left may hold the other end
    assert all_run, log
    return left, build.returncode, said, log


def _endless(folder: Path) -> Path:
    files = {_file(name): _cells(LIVES.replace("NAME", name), FOREVER) for name in "ab"}
    return folders.make(folder, {"_config.yml": "{}\n", **files})


@pytest.mark.parametrize("how", KILLS)
def test_no_kernel_outlives_the_build_after(tmp_path: Path, how: str) -> None:
    """Two kernels run, with what they have started; all are gone with their files, and none of the blog has changed."""
    root = _endless(tmp_path)
    before = folders.tree(root)
    kills, status = KILLS[how]
    (kernels, *others), returned, said, log = _killed(root, kills)
    assert (kernels, returned, said) == ([], status, ""), log
    after = folders.tree(root)
    assert {path: after[path] for path in before} == before
    assert folders.ends(lambda: any((root / "tmp").iterdir()), 5), folders.tree(root / "tmp")
    if status == 130:
        assert others == [[], []]
        assert log.splitlines()[-1] == "interrupted"
        assert "Traceback" not in log
    else:
        assert others == [[], []], "programs and copies of the kernel, which its cells have started, are left"


def test_a_scratch_copy_goes_with_a_check_that_is_killed(tmp_path: Path) -> None:
    """It may be as large as the blog."""
    root = folders.make(tmp_path / "blog", {"_config.yml": "{}\n", _file("a"): _cells("1 + 1", FOREVER)})
    (tmp_path / "tmp").mkdir()
    check = folders.started(root, "check", "--reproduce", env={"TMPDIR": str(tmp_path / "tmp")})
    assert folders.ends(lambda: not any((tmp_path / "tmp").glob("*/blog/_notebooks")), 60)
    time.sleep(1)  # by now the kernel starts, or runs
    check.kill()
    check.communicate()
    assert folders.ends(lambda: any((tmp_path / "tmp").iterdir()), 5), folders.tree(tmp_path / "tmp")


def test_the_second_of_two_builds_says_whom_it_waits_for(tmp_path: Path) -> None:
    """It begins when the first has ended, and finds nothing to do."""
    code = "import pathlib, time\npathlib.Path('runs').touch()\n"
    code += "while not pathlib.Path('go').exists():\n    time.sleep(0.01)"
    root = folders.make(tmp_path, {"_config.yml": "{}\n", _file("a"): _cells(code)})
    one = folders.started(root, "build")
    assert folders.ends(lambda: not (root / "_notebooks/runs").exists(), 60)
    two = folders.started(root, "build")
    assert two.stderr is not None
    waits = two.stderr.readline()
    (root / "_notebooks/go").touch()
    (said_one, log_one), (said_two, log_two) = (
        one.communicate(timeout=30 * folders.BUSY),
        two.communicate(timeout=30 * folders.BUSY),
    )
    assert waits == f"waiting for another build of this blog (process {one.pid})\n"
    assert (one.returncode, said_one) == (0, ""), log_one
    assert (two.returncode, said_two, log_two) == (0, "", "Nothing to do: 1 post as the notebooks say.\n")


def test_clean_waits_for_the_build_that_is_at_work(tmp_path: Path) -> None:
    """It would take away the lock, the notebook's post, and what the build is about to remember."""
    code = "import pathlib, time\npathlib.Path('runs').touch()\n"
    code += "while not pathlib.Path('go').exists():\n    time.sleep(0.01)"
    root = folders.make(tmp_path, {"_config.yml": "{}\n", _file("a"): _cells(code), _file("b"): ["# B"]})
    build = folders.started(root, "build")
    assert folders.ends(lambda: not (root / "_notebooks/runs").exists(), 60)
    clean = folders.started(root, "clean", "--posts")
    assert clean.stderr is not None
    assert clean.stderr.readline() == f"waiting for another build of this blog (process {build.pid})\n"
    assert (root / "_posts/2020-01-02-b.html").exists()
    (root / "_notebooks/go").touch()
    build.communicate(timeout=30 * folders.BUSY)
    _, said = clean.communicate(timeout=30 * folders.BUSY)
    assert (build.returncode, clean.returncode) == (0, 0)
    assert said == "removed _posts/2020-01-02-a.html\nremoved _posts/2020-01-02-b.html\n"
    assert [it.name for it in (root / ".nbpress").iterdir()] == ["lock"]


def test_a_build_that_was_killed_keeps_nobody_waiting(tmp_path: Path) -> None:
    """What it has left behind neither blocks the next one nor is told as a process that still works."""
    files = {"_config.yml": "{}\n", _file("a"): ["# T", "Prose."], ".nbpress/builder": "1\n", ".nbpress/lock": ""}
    root = folders.make(tmp_path, files)
    (root / "_notebooks/.nbpress-left.tmp").write_text("half")
    done = folders.nbpress(root, "build")
    assert (done.returncode, done.stdout) == (0, "")
    assert "waiting" not in done.stderr
    assert not (root / "_notebooks/.nbpress-left.tmp").exists()
