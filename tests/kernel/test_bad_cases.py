"""What can go wrong with a kernel, a disk or a clock: an error at its place, and every file as it was."""

from __future__ import annotations

import errno
import json
import sys
import time
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
import zmq

from converter import config, kernel, pipeline
from tests import folders
from tests.cases import same

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

DIES = 'the kernel died, under "T"; the code ended the process, or the machine\'s memory ran out [notebook-executes]'
ASKS = (
    'asks for input, and nobody is there to give it, under "T"; '
    "set the value in the code, or say `#| eval: false` [notebook-executes]"
)
ITSELF = """\
import json, pathlib
file = pathlib.Path('2020-01-02-itself.ipynb')
nb = json.loads(file.read_text())
nb['cells'].append({'cell_type': 'markdown', 'metadata': {}, 'source': 'More.'})
file.write_text(json.dumps(nb))"""
FORK = """\
import os, pathlib, time
child = os.fork()
if child == 0:
    time.sleep(1000)
pathlib.Path('fork').write_text(str(child))
print('parent')"""
CASES: dict[str, tuple[list[str], str]] = {
    "exits": (["x = 1", "import os\nos._exit(3)"], f"cell 3: {DIES}"),
    "segfault": (["import ctypes\nctypes.string_at(0)"], f"cell 2: {DIES}"),
    "killed": (["import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"], f"cell 2: {DIES}"),
    "asks": (["x = 1\ny = input('name?')"], f"cell 2, line 2: {ASKS}"),
    "itself": (
        [ITSELF],
        "was saved while it ran, so its new outputs are not written over it; build again [post-writes]",
    ),
}
"""Code, and what is said of it."""
SHOW = "from IPython.display import display\ndisplay({'text/x-thing': DATA, 'text/plain': 'thing'}, raw=True)"
FINE = {
    "fork": FORK,
    "object": SHOW.replace("DATA", "{'a': [1]}"),
    "list": SHOW.replace("DATA", "[{'a': 1}]"),
    "vanish": "import subprocess\ntext = open('data.txt').read()\nsubprocess.run(['rm', 'data.txt'])\nprint(text)",
}
"""Code that is unusual, and no reason to fail."""


def _file(name: str) -> str:
    return f"_notebooks/2020-01-02-{name}.ipynb"


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes], str, str]:
    """Build a blog of all cases; return its root, its files before, and what was said."""
    files: dict[str, Any] = {"_config.yml": "{}\n", "_notebooks/data.txt": "data"}
    files |= {_file(name): ["# T", *({"code": cell} for cell in cells)] for name, (cells, _) in CASES.items()}
    files |= {_file(name): ["# T", {"code": code}] for name, code in FINE.items()}
    root = folders.make(tmp_path_factory.mktemp("bad") / "blog", files)
    before = folders.tree(root)
    done = folders.nbpress(root, "build")
    assert done.returncode == 1, done.stdout
    return root, before, done.stdout, done.stderr


@pytest.mark.parametrize("name", CASES)
def test_a_bad_end_is_an_error_at_its_cell(bad: tuple[Path, dict[str, bytes], str, str], name: str) -> None:
    """The notebook's file stays as it was, and there is no post."""
    root, before, said, _ = bad
    lines = [line for line in said.splitlines() if line.startswith(_file(name))]
    same("\n".join(lines), f"{_file(name)}: {CASES[name][1]}")
    assert not (root / f"_posts/2020-01-02-{name}.html").exists()
    if name != "itself":
        assert folders.tree(root)[_file(name)] == before[_file(name)]


def test_no_traceback_of_ours_is_shown(bad: tuple[Path, dict[str, bytes], str, str]) -> None:
    assert "Traceback" not in bad[3]


@pytest.mark.parametrize("name", FINE)
def test_unusual_code_is_no_reason_to_fail(bad: tuple[Path, dict[str, bytes], str, str], name: str) -> None:
    """Its post is written, although others fail."""
    root, _, said, _ = bad
    errors = [line for line in said.splitlines() if line.startswith(_file(name)) and name != "vanish"]
    assert errors == []
    assert (root / f"_posts/2020-01-02-{name}.html").is_file()


def test_a_notebook_that_edits_itself_keeps_its_edit(bad: tuple[Path, dict[str, bytes], str, str]) -> None:
    assert "More." in (bad[0] / _file("itself")).read_text()


def test_a_forked_cell_leaves_no_process(bad: tuple[Path, dict[str, bytes], str, str]) -> None:
    """Output comes from the kernel once, its copy is gone with it."""
    root = bad[0]
    assert folders.printed(root / _file("fork")) == ["parent\n"]
    assert not folders.is_running(int((root / "_notebooks/fork").read_text()))


@pytest.mark.parametrize(("name", "value"), [("object", {"a": [1]}), ("list", [{"a": 1}])])
def test_an_object_where_text_is_expected_is_stored_as_text(
    bad: tuple[Path, dict[str, bytes], str, str], name: str, value: object
) -> None:
    """What nbformat would not accept becomes JSON as text, so that every tool can open the notebook."""
    file = bad[0] / _file(name)
    nbformat.validate(json.loads(file.read_bytes()))
    (stored,) = (output["data"]["text/x-thing"] for cell in folders.cells_of(file)[1:] for output in cell["outputs"])
    assert json.loads("".join(stored)) == value


def test_a_data_file_that_vanishes_is_told_and_no_input(bad: tuple[Path, dict[str, bytes], str, str]) -> None:
    """The run is as good as any; nobody can verify what is gone."""
    root, _, said, _ = bad
    (line,) = (line for line in said.splitlines() if line.startswith(_file("vanish")))
    assert "_notebooks/data.txt was read and taken away while the notebook ran" in line
    assert "inputs" not in json.loads((root / _file("vanish")).read_bytes())["metadata"]["nbpress"]


def _kernelspec(folder: Path, name: str, code: str) -> dict[str, Any]:
    """Install a kernel that is the Python program *code*; return the metadata of its notebooks."""
    spec = folder / "jupyter" / "kernels" / name
    spec.mkdir(parents=True)
    argv = [sys.executable, "-c", code, "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": name, "language": "python"}))
    return {"kernelspec": {"name": name, "display_name": name, "language": "python"}}


def test_a_kernel_that_never_starts_is_an_error_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether its program ends or hangs, the other notebooks are built and nothing is left running."""
    monkeypatch.setattr(kernel, "_START_TIMEOUT", 1)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    pids = tmp_path / "pids"
    hangs = f"import os, time; open({str(pids)!r}, 'a').write(f'{{os.getpid()}} '); time.sleep(1000)"
    ends = "import sys; sys.exit('no such environment')"
    cells: list[Any] = ["# T", {"code": "1"}]
    files: dict[str, Any] = {
        _file("ends"): {"cells": cells, "metadata": _kernelspec(tmp_path, "ends", ends)},
        _file("hangs"): {"cells": cells, "metadata": _kernelspec(tmp_path, "hangs", hangs)},
        _file("prose"): ["# T", "Prose."],
    }
    root = folders.make(tmp_path / "blog", {"_config.yml": "{}\n", **files})
    before = folders.tree(root)
    report = pipeline.build(config.load(root))
    said = [str(finding) for finding in report.findings]
    assert [line.partition(";")[0] for line in said] == [
        f"{_file('ends')}: kernel ends did not start: no such environment",
        f"{_file('hangs')}: kernel hangs did not start: Kernel didn't respond in 1 seconds",
    ]
    assert [str(path) for path in report.written] == ["_posts/2020-01-02-prose.html"]
    after = folders.tree(root)
    assert {path: after[path] for path in before} == before
    assert not any(map(folders.is_running, map(int, pids.read_text().split())))


def test_a_kernel_that_misses_its_start_gets_two_more(tmp_path: Path) -> None:
    """Machines under load let that happen; at the third start all is well, and nobody is told."""
    starts = tmp_path / "starts"
    code = f"import pathlib, sys\nstarts = pathlib.Path({str(starts)!r})\nstarts.touch()\n"
    code += "starts.write_text(starts.read_text() + 'x')\nif starts.read_text() != 'xxx':\n    sys.exit('not yet')\n"
    code += "from ipykernel.kernelapp import launch_new_instance\nlaunch_new_instance(['-f', sys.argv[-1]])"
    late = {"cells": ["# T", {"code": "print('late')"}], "metadata": _kernelspec(tmp_path, "late", code)}
    root = folders.make(tmp_path / "blog", {"_config.yml": "{}\n", _file("late"): late})
    done = folders.nbpress(root, "build", env={"JUPYTER_PATH": str(tmp_path / "jupyter")})
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert folders.printed(root / _file("late")) == ["late\n"]
    assert starts.read_text() == "xxx"


def test_a_system_that_has_nothing_left_is_no_fault_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ZeroMQ says in its own way that no more files may be open."""

    def start_channels(*_: object, **__: object) -> None:
        raise zmq.ZMQError(errno.EMFILE)

    monkeypatch.setattr("jupyter_client.client.KernelClient.start_channels", start_channels)
    root = folders.make(tmp_path / "blog", {"_config.yml": "{}\n", _file("a"): ["# T", {"code": "print(1)"}]})
    before = folders.tree(root)
    report = pipeline.build(config.load(root))
    said = [str(finding).partition(";")[0] for finding in report.findings]
    assert said == [f"{_file('a')}: kernel python3 did not start: Too many open files"]
    assert folders.tree(root) == before


def test_a_full_disk_leaves_the_notebook_as_it_was(tmp_path: Path) -> None:
    """The write fails half way, so nothing takes the file's place; with room again the build ends well."""
    cells: list[Any] = ["# T", {"code": "print('x' * 600_000)"}]
    root = folders.make(tmp_path / "blog", {"_config.yml": "{}\n", _file("a"): cells})
    before = folders.tree(root)
    # A file may not grow beyond 256 kB: to the build this is what a full disk is, an error in the midst of a write.
    short = ["bash", "-c", 'ulimit -f 256; exec "$@"', "-"]
    done = folders.nbpress(root, "build", prefix=short, env={"IPYTHONDIR": str(tmp_path / "ipython")})
    assert done.returncode == 1
    same(
        done.stdout,
        f"{_file('a')}: {_file('a')} cannot be written: File too large; "
        "check the folder's rights and the free space [post-writes]\n",
    )
    assert "Traceback" not in done.stderr
    assert folders.tree(root) == before
    assert folders.nbpress(root, "build").returncode == 0


@pytest.mark.parametrize("changes", [True, False], ids=["with changes", "without changes"])
def test_the_authors_save_wins(tmp_path: Path, *, changes: bool) -> None:
    """A save in Jupyter during the run stays; one that changes nothing does not cost the run its results."""
    wait = "import pathlib, time\npathlib.Path('../runs').touch()\n"
    wait += "while not pathlib.Path('../go').exists():\n    time.sleep(0.01)\nprint('new')"
    cells: list[Any] = ["# T", "Prose.", {"code": wait, "outputs": "old"}]
    root = folders.make(tmp_path, {"_config.yml": "{}\n", _file("a"): cells})
    file = root / _file("a")
    build = folders.started(root, "build")
    assert folders.ends(lambda: not (root / "runs").exists(), 30)
    saved = file.read_text("utf-8")
    if changes:
        saved = saved.replace("Prose.", "Poetry.")
    (root / "saved").write_text(saved, "utf-8")
    (root / "saved").replace(file)
    (root / "go").touch()
    said, log = build.communicate(timeout=30 * folders.BUSY)
    if changes:
        message = "was saved while it ran, so its new outputs are not written over it; build again [post-writes]"
        same(said, f"{_file('a')}: {message}\n")
        same(file.read_text("utf-8"), saved)
        assert not (root / "_posts").exists()
    else:
        assert (build.returncode, said) == (0, ""), log
        assert folders.printed(file) == ["new\n"]


def test_a_failing_write_of_state_costs_no_post(tmp_path: Path) -> None:
    """Times of runs are kept for people only; that they cannot be is no reason to fail."""
    files = {"_config.yml": "{}\n", _file("a"): ["# T", {"code": "print(1)"}], ".nbpress/runs.json/": ""}
    root = folders.make(tmp_path, files)
    began = time.monotonic()
    done = folders.nbpress(root, "build")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert time.monotonic() - began < 60
