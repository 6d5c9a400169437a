"""Adopt: stored outputs count as those of the code, without a run, and the notebook says so."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from converter import config, pipeline
from tests import folders, styles
from tests.cases import same

if TYPE_CHECKING:
    from pathlib import Path

A, B = "_notebooks/2020-01-02-a.ipynb", "_notebooks/2020-01-03-b.ipynb"
CELLS: list[Any] = ["# A", {"code": "import gone\ngone.run()", "outputs": "as it was\n", "execution_count": 7}]
LATER = date(2026, 1, 1)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a blog of two notebooks that nobody can run any more, in a kernel that notes its starts."""
    for name, value in folders.counting_kernel(tmp_path).items():
        monkeypatch.setenv(name, value)
    files = {name: {"cells": CELLS, "metadata": folders.COUNTED} for name in (A, B)}
    return folders.make(tmp_path / "blog", {"_config.yml": "{}\n", **files})


def _record(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_bytes())["metadata"].get("nbpress", {})
    return found


def test_adopted_outputs_are_fresh_and_published(root: Path) -> None:
    """No kernel starts, neither then nor later; the post shows what was stored."""
    done = folders.nbpress(root, "adopt", A, B)
    assert (done.returncode, done.stdout) == (0, "")
    same(done.stderr, f"adopted the outputs of {A}\nadopted the outputs of {B}\n")
    report = pipeline.build(config.load(root))
    assert (report.failed, report.executed, len(report.written)) == (False, (), 2)
    assert "as it was" in (root / "_posts/2020-01-02-a.html").read_text("utf-8")
    assert pipeline.check(config.load(root)).findings == ()
    assert folders.starts(root.parent) == 0


def test_nobody_asks_whether_adopted_outputs_would_come_out_the_same(root: Path) -> None:
    """They were adopted because they would not: no kernel starts, and there is nothing to complain of."""
    folders.nbpress(root, "adopt", A, B)
    assert not pipeline.build(config.load(root)).failed
    assert pipeline.reproduce(config.load(root)).findings == ()
    assert folders.starts(root.parent) == 0


def test_only_the_named_notebooks_are_adopted(root: Path) -> None:
    before = (root / B).read_bytes()
    assert folders.nbpress(root, "adopt", A).returncode == 0
    assert _record(root / A)["adopted"] is True
    assert (root / B).read_bytes() == before


@pytest.mark.parametrize("style", styles.STYLES)
def test_the_record_is_all_that_changes_in_the_file(tmp_path: Path, style: str) -> None:
    """Layout, keys, outputs and counts are the author's."""
    nb = styles.notebook()
    root = folders.make(tmp_path, {"_config.yml": "{}\n", A: styles.STYLES[style](nb)})
    report = pipeline.adopt(config.load(root), [root / A])
    assert not report.failed
    nb["metadata"]["nbpress"] = json.loads((root / A).read_bytes().decode("utf-8-sig"))["metadata"]["nbpress"]
    same((root / A).read_bytes().decode(), styles.STYLES[style](nb))


def test_adopting_twice_is_adopting_once(root: Path) -> None:
    pipeline.adopt(config.load(root), [root / A])
    before = (root / A).read_bytes()
    pipeline.adopt(config.load(root), [root / A])
    assert (root / A).read_bytes() == before


def test_a_change_of_code_ends_it(root: Path) -> None:
    """Prose may change; with other code the outputs are those of nobody."""
    pipeline.adopt(config.load(root), [root / A])
    text = (root / A).read_text()
    for old, new, outputs in (("# A", "# Other", "fresh"), ("gone.run()", "gone.walk()", "cell 2 changed")):
        assert old in text
        text = text.replace(old, new)
        (root / A).write_text(text)
        _, (status, _) = pipeline.status(config.load(root), (), LATER)
        assert status.outputs == outputs


def test_edited_outputs_can_be_adopted(root: Path) -> None:
    """The author vouches for them."""
    pipeline.adopt(config.load(root), [root / A])
    (root / A).write_text((root / A).read_text().replace("as it was", "mended"))
    _, (status, _) = pipeline.status(config.load(root), (), LATER)
    assert status.outputs == "outputs edited since the run"
    pipeline.adopt(config.load(root), [root / A])
    _, (status, _) = pipeline.status(config.load(root), (), LATER)
    assert (status.outputs, status.notes) == ("fresh", ("its outputs were adopted, not run",))


@pytest.mark.kernel
def test_a_run_that_fails_leaves_what_was_adopted(root: Path) -> None:
    """The author may try again, and loses nothing."""
    pipeline.adopt(config.load(root), [root / A])
    before = (root / A).read_bytes()
    env = {"JUPYTER_PATH": str(root.parent / "jupyter")}
    assert folders.nbpress(root, "build", A, "--execute", "always", env=env).returncode == 1
    assert folders.starts(root.parent) == 1
    assert (root / A).read_bytes() == before


@pytest.mark.parametrize(("arguments", "status"), [((), 2), (("_notebooks/2020-01-09-none.ipynb",), 2)])
def test_what_cannot_be_adopted_is_said(root: Path, arguments: tuple[str, ...], status: int) -> None:
    """Without a name nothing is adopted: nobody vouches for a whole blog by mistake."""
    before = folders.states(root)
    done = folders.nbpress(root, "adopt", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr
    assert folders.states(root) == before


def test_a_notebook_that_cannot_be_read_is_left_alone(root: Path) -> None:
    """The others are adopted all the same."""
    (root / B).write_text("{")
    done = folders.nbpress(root, "adopt", A, B)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{B}: ")
    assert _record(root / A)["adopted"] is True
    assert (root / B).read_text() == "{"
