"""The same work by one process and by several: the same results in the same order, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from functools import partial
from pathlib import Path, PurePosixPath

import pytest

from converter import config, look, memo, pipeline, survey, workers
from converter.errors import NotebookError
from converter.model import Finding, Report
from tests import folders

MANY = 2 * workers._WORTH_A_PROCESS + 7
SEVERAL = pytest.mark.skipif(workers.cpus() < 2, reason="one CPU: everything is done by one process")


def _square(number: int) -> tuple[int, int]:
    """Return the square of *number*, and who says so."""
    if number == -1:
        raise NotebookError("no square", source=PurePosixPath("a.ipynb"), cell=3, hint="take another")
    return number * number, os.getpid()


def _blog(root: Path) -> Path:
    """Write a blog of many notebooks, some with faults of all kinds."""
    notebooks = {
        f"_notebooks/2020-01-02-post-{number:03}.ipynb": [
            f"# Post {number}\n\nText with $x^{number}$, [a link](https://example.com/{number}) and `code`[^1].",
            "[^1]: A *note*.",
            {"code": f"# hide_input\nprint({number} + 1)"},
            "![gone](images/gone.png)" if number % 10 == 3 else "More.",
        ]
        for number in range(MANY)
    }
    notebooks["_notebooks/2020-01-03-bad.ipynb"] = ["# Bad\n- date: 2020-99-99\n- toc: maybe"]
    made = folders.make(root, {"_config.yml": "notebooks: {execute: never}\n", **notebooks})
    folders.tick()  # else a build would not trust that nobody saves them at this moment
    return made


@SEVERAL
def test_results_come_in_order_from_several_processes() -> None:
    """Other processes than this one, and all of the results."""
    found = list(workers.each(_square, range(MANY)))
    assert [square for square, _ in found] == [number * number for number in range(MANY)]
    assert os.getpid() not in {who for _, who in found}


def test_few_things_stay_in_this_process() -> None:
    assert {who for _, who in workers.each(_square, range(20))} == {os.getpid()}


@SEVERAL
def test_an_error_comes_through_with_all_its_parts() -> None:
    """Our errors survive pickling: place, message and hint."""
    with pytest.raises(NotebookError) as caught:
        list(workers.each(_square, [*range(MANY), -1]))
    assert Finding.of(caught.value) == Finding.of(
        NotebookError("no square", source=PurePosixPath("a.ipynb"), cell=3, hint="take another")
    )


@SEVERAL
def test_looks_are_the_same_however_many_look(tmp_path: Path) -> None:
    """Posts, assets, reasons, findings and files on which they depend."""
    site = config.load(_blog(tmp_path))
    found = survey.take(site, (), memo.Memo(site), trust=False)
    at = partial(look.at, config=site)
    assert list(workers.each(at, found.plans)) == [at(plan) for plan in found.plans]


@SEVERAL
def test_builds_and_checks_are_the_same_however_many_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports, tables and every byte of the blog."""
    reports: list[list[Report]] = []
    trees, stands = [], []
    for cpus in (1, 2):
        monkeypatch.setattr(workers, "cpus", lambda cpus=cpus: cpus)
        site = config.load(_blog(tmp_path / str(cpus)))
        reports.append([pipeline.build(site), pipeline.check(site)])
        (site.root / "_posts/2020-01-02-post-005.html").write_text("broken")
        reports[-1].append(pipeline.check(site))
        faults, statuses = pipeline.status(site, (), date(2026, 1, 1))
        reports[-1].append(faults)
        stands.append([status.as_json() for status in statuses])
        trees.append({path: text for path, text in folders.tree(site.root).items() if not path.startswith(".nbpress")})
    assert reports[0] == reports[1]
    assert trees[0] == trees[1]
    assert stands[0] == stands[1]
    assert [it["post"] for it in stands[0]].count("current") == MANY - 1
    assert len(reports[0][0].written) == MANY


@SEVERAL
@pytest.mark.parametrize(
    ("sign", "to_all"),
    [(signal.SIGINT, True), (signal.SIGTERM, True), (signal.SIGTERM, False), (signal.SIGKILL, False)],
)
def test_no_process_outlives_its_parent(sign: signal.Signals, to_all: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Whatever ends it, those who worked for it end too, and leave no file behind."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    code = (
        "import os, time\nfrom tests.test_workers import nap\nfrom converter import workers\n"
        f"if __name__ == '__main__':\n    print(len(list(workers.each(nap, [{str(tmp_path)!r}] * {MANY}))))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    work = subprocess.Popen(
        [sys.executable, script],
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "TMPDIR": str(folder)},
        start_new_session=True,
    )
    _wait(lambda: len(_pids(tmp_path)) == 2, "two processes at work")
    if to_all:
        os.killpg(work.pid, sign)
    else:
        work.send_signal(sign)
    _, said = work.communicate(timeout=20 * folders.BUSY)
    assert work.returncode
    assert said.count(b"Traceback") == (sign is signal.SIGINT), said.decode()
    _wait(lambda: not any(map(_lives, _pids(tmp_path))), "the end of all")
    _wait(lambda: not any(folder.iterdir()), "an empty folder of temporary files")


@SEVERAL
def test_no_module_of_the_blog_is_imported(tmp_path: Path) -> None:
    """Python looks for modules where it is started, and `check` has to be safe on what strangers propose."""
    root = folders.make(tmp_path / "blog", {f"_notebooks/2020-01-02-{number}.ipynb": ["# A"] for number in range(MANY)})
    folders.nbpress(root, "build")
    (root / ".nbpress/memo.json").unlink()
    for name in ("multiprocessing", "selectors", "socket", "tempfile", "yaml", "jinja2"):
        (root / f"{name}.py").write_text(f"open('imported-{name}', 'w').close()\nraise ImportError('not mine')\n")
    (tmp_path / "script.py").write_text("from converter import cli\ncli.main(['check'])\n")
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60 * folders.BUSY,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"{MANY} posts are what their notebooks say.\n"
    assert list(root.glob("imported-*")) == []


@SEVERAL
def test_workers_run_the_nbpress_of_their_parent(tmp_path: Path) -> None:
    """Where `python -m converter` takes the one of the current folder, they do not take the one that is installed."""
    root = tmp_path / "second"
    for name in ("converter", "templates", "assets"):
        shutil.copytree(Path(__file__).parents[1] / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    with (root / "converter/look.py").open("a") as file:
        file.write("\nopen(f'second-{os.getpid()}', 'w').close()\n")
    folders.make(root, {f"_notebooks/2020-01-02-{number}.ipynb": ["# A"] for number in range(MANY)})
    done = subprocess.run(
        [sys.executable, "-m", "converter", "build"],
        cwd=root,
        env={name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60 * folders.BUSY,
    )
    assert done.returncode == 0, done.stderr
    assert len(list(root.glob("second-*"))) > 1


@SEVERAL
@pytest.mark.parametrize("way", ["script.py", "-c", "-"])
def test_a_script_needs_no_guard(way: str, tmp_path: Path) -> None:
    """Whoever calls us from a few lines of Python gets a build, once, by several processes: none runs these lines."""
    root = _blog(tmp_path / "blog")
    lines = "from pathlib import Path\nfrom converter import config, pipeline\n"
    lines += f"print(len(pipeline.build(config.load(Path({str(root)!r}))).written))\n"
    (tmp_path / "script.py").write_text(lines)
    done = subprocess.run(
        [sys.executable, *(("-c", lines) if way == "-c" else (way,))],
        cwd=tmp_path,
        input=lines,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{MANY}\n", "")


def nap(folder: str) -> None:
    """Say who works, and take some time, not all of it before the other one has begun."""
    Path(folder, f"{os.getpid()}.pid").touch()
    _wait(lambda: len(_pids(Path(folder))) == 2, "two processes at work")
    time.sleep(0.05)


def _pids(folder: Path) -> list[int]:
    return [int(file.stem) for file in folder.glob("*.pid")]


def _lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def _wait(for_it: object, what: str) -> None:
    for _ in range(400 * folders.BUSY):
        if for_it():  # type: ignore[operator]
            return
        time.sleep(0.05)
    pytest.fail(f"waited in vain for {what}")
