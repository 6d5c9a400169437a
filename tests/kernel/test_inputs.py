"""Inputs: a notebook runs again when a file that its run has read changes, and then only it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from converter import config, pipeline
from tests import folders

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.kernel

CODE: dict[str, str] = {
    "arrays": "import numpy\nprint(numpy.load('../data/numbers.npy').sum())",
    "declared": "import subprocess\nprint(subprocess.run(['cat', 'one.txt'], capture_output=True, text=True).stdout)",
    "link": "print(open('link.txt').read())",
    "module": "import helper\nprint(helper.VALUE)",
    "network": "import socket\nprint(socket.getaddrinfo('192.0.2.1', 9, flags=socket.AI_NUMERICHOST)[0][-1][0])",
    "none": "print(1)",
    "own": "open('own.txt', 'w').write('made')\nprint(open('own.txt').read())",
    "path": "from pathlib import Path\nprint(Path('..', 'data', 'words.txt').read_text())",
    "sql": "import sqlite3\nprint(sqlite3.connect('../data/base.db').execute('select x from t').fetchall())",
    "table": "import pandas\nprint(pandas.read_csv('../data/prices.csv')['a'].sum())",
    "uses": "import thing\nprint(thing.VALUE)",
    "vain": "try:\n    print(open('../data/extra.txt').read())\nexcept FileNotFoundError:\n    print('none')",
}
"""What notebooks do; the address of `network` is one of documentation, it is only parsed."""
READS = {
    "arrays": ["data/numbers.npy"],
    "declared": ["_notebooks/one.txt"],
    "link": ["_notebooks/link.txt"],
    "module": ["_notebooks/helper.py"],
    "path": ["data/words.txt"],
    "sql": ["data/base.db"],
    "table": ["data/prices.csv"],
    "vain": ["data/extra.txt"],
    "first/twin": ["_notebooks/first/d.txt"],
    "second/twin": ["_notebooks/second/d.txt"],
}
"""What of the blog each of them has read."""
TWIN = "print(open('d.txt').read())"


def _file(name: str) -> str:
    folder, _, slug = name.rpartition("/")
    return str(PurePosixPath("_notebooks", folder, f"2020-01-02-{folder}{slug}.ipynb"))


NAMES = {_file(name): name for name in (*CODE, "first/twin", "second/twin")}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a blog after its first build, and the kernel in which its notebooks run."""
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed: install the requirements of the tests")
    pytest.importorskip("pandas", reason="pandas is not installed: install the requirements of the tests")
    folder = tmp_path_factory.mktemp("inputs")
    matter = {"declared": "\n- inputs: [one*.txt]"}
    cells: dict[str, list[Any]] = {name: [f"# T{matter.get(name, '')}", {"code": code}] for name, code in CODE.items()}
    cells |= {name: ["# T", {"code": TWIN}] for name in ("first/twin", "second/twin")}
    files: dict[str, Any] = {_file(name): {"cells": it, "metadata": folders.COUNTED} for name, it in cells.items()}
    files |= {
        "_config.yml": "{}\n",
        "_notebooks/helper.py": "VALUE = 1\n",
        "_notebooks/link.txt": {"link": "../data/far.txt"},
        "_notebooks/one.txt": "one",
        "_notebooks/first/d.txt": "first",
        "_notebooks/second/d.txt": "second",
        "data/far.txt": "far",
        "data/prices.csv": "a\n1\n2\n",
        "data/words.txt": "words",
    }
    root = folders.make(folder / "blog", files)
    numpy.save(root / "data/numbers.npy", [1, 2])
    _database(root, 1)
    _distribution(folder, "1.0")
    env = folders.counting_kernel(folder) | {"PYTHONPATH": _path(folder)}
    done = folders.nbpress(root, "build", env=env)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert folders.starts(folder) == len(NAMES)
    return folder


@pytest.fixture
def root(first: Path, tmp_path: Path) -> Path:
    """Return a copy of the blog as it is after the first build, at another place."""
    return shutil.copytree(first, tmp_path / "copy", symlinks=True) / "blog"


def _database(root: Path, value: int) -> None:
    """Make a database that holds *value*."""
    (root / "data/base.db").unlink(missing_ok=True)
    base = sqlite3.connect(root / "data/base.db")
    base.execute("create table t (x)")
    base.execute("insert into t values (?)", (value,))
    base.commit()
    base.close()


def _distribution(folder: Path, version: str) -> None:
    """Install `thing` of *version* outside of the blog."""
    place = folder / "site-packages"
    shutil.rmtree(place, ignore_errors=True)
    info = place / f"thing-{version}.dist-info"
    info.mkdir(parents=True)
    (place / "thing.py").write_text(f"VALUE = {version!r}\n")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: thing\nVersion: {version}\n")
    (info / "RECORD").write_text(f"thing.py,,\nthing-{version}.dist-info/METADATA,,\n")


def _path(folder: Path) -> str:
    """Return where Python looks for modules, `thing` among them."""
    return os.pathsep.join(filter(None, [str(folder / "site-packages"), os.environ.get("PYTHONPATH")]))


def _record(root: Path, name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((root / _file(name)).read_bytes())["metadata"]["nbpress"]
    return record


def _stale(root: Path) -> dict[str, str]:
    """Return the notebooks whose outputs are not fresh, and why."""
    _, statuses = pipeline.status(config.load(root), (), date(2026, 1, 1))
    assert len(statuses) == len(NAMES)
    return {NAMES[str(it.source.path)]: it.outputs for it in statuses if it.outputs != "fresh"}


def _touch_all(root: Path) -> None:
    for file in root.rglob("*"):
        file.touch()


def _text(path: str, text: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_text(text)


def _declare(patterns: str) -> Callable[[Path], object]:
    """Return the change of the `inputs` of a notebook to *patterns*."""

    def change(root: Path) -> None:
        file = root / _file("declared")
        file.write_text(file.read_text("utf-8").replace("[one*.txt]", patterns), "utf-8")

    return change


CHANGES: dict[str, tuple[Callable[[Path], object], dict[str, str]]] = {
    "a table": (_text("data/prices.csv", "a\n3\n"), {"table": "data/prices.csv changed"}),
    "an array": (_text("data/numbers.npy", ""), {"arrays": "data/numbers.npy changed"}),
    "a text": (_text("data/words.txt", "other"), {"path": "data/words.txt changed"}),
    "a database": (lambda root: _database(root, 2), {"sql": "data/base.db changed"}),
    "a module": (_text("_notebooks/helper.py", "VALUE = 2\n"), {"module": "_notebooks/helper.py changed"}),
    "where a link leads": (_text("data/far.txt", "near"), {"link": "_notebooks/link.txt changed"}),
    "a declared file": (_text("_notebooks/one.txt", "1"), {"declared": "_notebooks/one.txt changed"}),
    "another file that a pattern means": (
        _text("_notebooks/one-more.txt", "1"),
        {"declared": "_notebooks/one-more.txt is a new input"},
    ),
    "a pattern": (
        _declare("[one*.txt, first/d.txt]"),
        {"declared": "_notebooks/first/d.txt is a new input"},
    ),
    "a pattern that means nothing more": (_declare("[one.txt]"), {}),
    "one of two files of one name": (
        _text("_notebooks/second/d.txt", "other"),
        {"second/twin": "_notebooks/second/d.txt changed"},
    ),
    "what the run has made itself": (_text("_notebooks/own.txt", "other"), {}),
    "nothing": (lambda _: None, {}),
    "times only": (_touch_all, {}),
    "a file that was looked for in vain": (
        _text("data/extra.txt", "more"),
        {"vain": "data/extra.txt is there now"},
    ),
    "a file that nobody reads": (_text("data/new.csv", "a\n"), {}),
    "a data file is gone": (lambda root: (root / "data/prices.csv").unlink(), {}),
    "all data are gone": (lambda root: shutil.rmtree(root / "data"), {}),
    "another version of a distribution": (lambda root: _distribution(root.parent, "2.0"), {}),
}
"""What changes in the blog, and whose outputs it makes stale, why."""


@pytest.mark.parametrize("what", CHANGES)
def test_exactly_the_readers_of_a_file_are_stale_after_a_change_of(what: str, root: Path) -> None:
    """The reason names the file."""
    change, expected = CHANGES[what]
    change(root)
    assert _stale(root) == expected


def test_exactly_the_readers_run_again(root: Path) -> None:
    """One build after many changes starts a kernel for each reader, says why, and the posts follow."""
    expected: dict[str, str] = {}
    for what in (
        "a module",
        "a file that was looked for in vain",
        "one of two files of one name",
        "what the run has made itself",
        "a declared file",
    ):
        change, stale = CHANGES[what]
        change(root)
        expected |= stale
    before = folders.starts(root.parent)
    env = {"JUPYTER_PATH": str(root.parent / "jupyter"), "PYTHONPATH": _path(root.parent)}
    done = folders.nbpress(root, "build", "--why", env=env)
    assert done.returncode == 0, done.stdout
    assert folders.starts(root.parent) - before == len(expected)
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert {NAMES[path]: reason for path, reason in said.items()} == dict.fromkeys(NAMES.values(), "fresh") | expected
    assert folders.printed(root / _file("second/twin")) == ["other\n"]
    assert "other" in (root / "_posts/2020-01-02-secondtwin.html").read_text("utf-8")
    assert _stale(root) == {}


def test_the_record_names_what_was_read(first: Path) -> None:
    """Files are named as the blog names them, with nothing of the run's own and no path of the machine."""
    got = {name: list(_record(first / "blog", name).get("inputs", {})) for name in NAMES.values()}
    assert {name: inputs for name, inputs in got.items() if inputs} == READS


def test_equal_code_in_two_folders_gives_each_its_own_outputs(first: Path) -> None:
    for name in ("first", "second"):
        assert folders.printed(first / "blog" / _file(f"{name}/twin")) == [f"{name}\n"]
        assert name in (first / f"blog/_posts/2020-01-02-{name}twin.html").read_text("utf-8")


def test_a_copy_in_another_folder_shows_its_own_data(root: Path) -> None:
    """The same code reads another file there; a name alone says nothing, nor does a place if nothing is read."""
    names = {
        "_notebooks/second/2020-01-02-copy.ipynb": "first/twin",
        "_notebooks/first/2020-01-02-same.ipynb": "first/twin",
    }
    names |= {"_notebooks/second/2020-01-02-nothing.ipynb": "none"}
    for copy, name in names.items():
        shutil.copy(root / _file(name), root / copy)
    _, statuses = pipeline.status(config.load(root), map(Path, [str(root / copy) for copy in names]), date(2026, 1, 1))
    assert {str(it.source.path): it.outputs for it in statuses} == {
        "_notebooks/first/2020-01-02-same.ipynb": "fresh",
        "_notebooks/second/2020-01-02-copy.ipynb": "moved from _notebooks/first, and may read other files here",
        "_notebooks/second/2020-01-02-nothing.ipynb": "fresh",
    }


def test_a_missing_input_is_unverified_and_not_stale(root: Path) -> None:
    """Data that git ignores: `status` says so, `check` is content, and no kernel starts; once back, it counts."""
    (root / "data/prices.csv").unlink()
    _, statuses = pipeline.status(config.load(root), (), date(2026, 1, 1))
    notes = {NAMES[str(it.source.path)]: it.notes for it in statuses}
    assert notes["table"] == ("cannot be verified here: data/prices.csv",)
    assert not pipeline.check(config.load(root)).failed
    before = folders.starts(root.parent)
    assert not pipeline.build(config.load(root)).failed
    assert folders.starts(root.parent) == before
    (root / "data/prices.csv").write_text("a\n9\n")
    assert _stale(root) == {"table": "data/prices.csv changed"}


def test_a_link_that_leads_elsewhere_is_a_change(root: Path) -> None:
    link = root / "_notebooks/link.txt"
    link.unlink()
    link.symlink_to("../data/words.txt")
    assert _stale(root) == {"link": "_notebooks/link.txt changed"}


def test_the_network_is_noted_and_shown(first: Path) -> None:
    """Who has spoken to another machine, or asked for its address, may come out otherwise the next time."""
    _, statuses = pipeline.status(config.load(first / "blog"), (), date(2026, 1, 1))
    noted = [NAMES[str(it.source.path)] for it in statuses if "its run used the network" in it.notes]
    assert noted == ["network"]
    assert [name for name in NAMES.values() if "network" in _record(first / "blog", name)] == ["network"]
    assert _record(first / "blog", "network")["network"] is True


def test_distributions_are_noted_and_count_only_if_asked_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`rerun_on: environment` makes another version a reason; by default it is told only."""
    assert _record(root, "uses")["environment"] == {"thing": "1.0"}
    assert {"numpy", "pandas"} <= set(_record(root, "table")["environment"])
    _distribution(root.parent, "2.0")
    monkeypatch.syspath_prepend(str(root.parent / "site-packages"))
    _, statuses = pipeline.status(config.load(root), (), date(2026, 1, 1))
    notes = {NAMES[str(it.source.path)]: it.notes for it in statuses}
    assert notes["uses"] == ("ran with other versions: thing 1.0 → 2.0",)
    assert _stale(root) == {}
    (root / "_config.yml").write_text("notebooks: {rerun_on: environment}\n")
    assert _stale(root) == {"uses": "thing 1.0 → 2.0"}
    (finding,) = pipeline.check(config.load(root)).findings
    assert (finding.rule, str(finding.source)) == ("outputs-fresh", _file("uses"))


def test_a_declared_input_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A glob may name several files and stay within its folder or leave it; one that names none is a mistake."""
    lines = "# T\n- inputs: [data/*.csv, ../shared.txt, none.*]"
    files: dict[str, Any] = {
        "_config.yml": "{}\n",
        _file("globs"): [lines, {"code": "print(1)"}],
        "_notebooks/data/a.csv": "a",
        "_notebooks/data/b.csv": "b",
        "_notebooks/data/c.txt": "c",
        "shared.txt": "shared",
    }
    root = folders.make(tmp_path, files)
    report = pipeline.build(config.load(root))
    assert list(_record(root, "globs")["inputs"]) == ["_notebooks/data/a.csv", "_notebooks/data/b.csv", "shared.txt"]
    (finding,) = report.findings
    assert (finding.rule, "none.*" in finding.message) == ("input-exists", True)


def test_a_declared_file_that_the_run_writes_itself_is_no_reason_to_run_again(tmp_path: Path) -> None:
    """Whether it was there before or not, and whatever is in it then."""
    code = "import time\nfor name in ('old.csv', 'new/it.csv'):\n    with open(name, 'w') as file:\n"
    code = f"import os\nos.makedirs('new', exist_ok=True)\n{code}        file.write(str(time.time_ns()))"
    files: dict[str, Any] = {
        "_config.yml": "{}\n",
        _file("writes"): ["# T\n- inputs: [old.csv, new/*.csv]", {"code": code}],
        "_notebooks/old.csv": "old",
        "_notebooks/new/it.csv": "old",
    }
    root = folders.make(tmp_path, files)
    folders.tick()
    settings = config.load(root)
    report = pipeline.build(settings)
    assert (len(report.executed), report.findings) == (1, ())
    folders.tick()
    report = pipeline.build(settings)
    assert (report.executed, report.findings) == ((), ())
    (root / "_notebooks/old.csv").write_text("changed by somebody else")
    assert len(pipeline.build(settings).executed) == 1
