"""Pairs: a text notebook says what there is, the `.ipynb` beside it keeps the outputs; neither is ever lost."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import jupytext
import pytest

from converter import config, discover, pipeline
from tests import folders

if TYPE_CHECKING:
    from pathlib import Path

    from converter.model import Report

TEXT, PAIRED, POST = "_notebooks/2020-01-02-x.md", "_notebooks/2020-01-02-x.ipynb", "_posts/2020-01-02-x.html"
HEAD = "---\ntitle: X\njupytext: {}\n---\n"
BODY = "\nProse.\n\n```python\ngone()\n```\n\n```python\nelse_()\n```\n"
CELLS: list[Any] = [
    {"raw": "---\ntitle: X\n---"},
    "Prose.",
    {"code": "gone()", "outputs": "as it was\n", "execution_count": 3},
    {"code": "else_()", "outputs": "and this\n", "execution_count": 4},
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a blog whose only notebook is a pair that an author has made, adopted and built."""
    files = {"_config.yml": "{}\n", TEXT: HEAD + BODY, PAIRED: {"cells": CELLS, "metadata": {"mine": 1}}}
    made = folders.make(tmp_path / "blog", files)
    settings = config.load(made)
    assert pipeline.adopt(settings, [made / TEXT]).findings == ()
    assert pipeline.build(settings).findings == ()
    return made


def _build(root: Path, **options: Any) -> Report:  # noqa: ANN401 - those of `build`
    return pipeline.build(config.load(root), **options)


def _check(root: Path) -> list[str]:
    return [f"{it.rule}: {it.message}" for it in pipeline.check(config.load(root)).findings]


def _edit(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text("utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new), "utf-8")


def test_a_pair_is_one_post_with_the_outputs_that_are_kept(root: Path) -> None:
    """Also for a check that knows nothing of earlier builds; what is well is not touched."""
    post = (root / POST).read_text("utf-8")
    assert "nb_path: _notebooks/2020-01-02-x.md" in post
    assert "as it was" in post
    assert "and this" in post
    folders.nbpress(root, "clean")
    before = folders.states(root)
    assert _check(root) == []
    assert _build(root).unchanged == 1
    assert folders.states(root) == before


def test_whoever_names_the_paired_file_means_the_text(root: Path) -> None:
    settings = config.load(root)
    found = discover.sources(settings, [root / PAIRED])
    assert [str(source.path) for source in found] == [TEXT]


def test_the_paired_file_keeps_what_no_text_holds(root: Path) -> None:
    """Metadata of its author, and the form for Jupytext, which takes both for a pair now."""
    metadata = json.loads((root / PAIRED).read_bytes())["metadata"]
    assert metadata["mine"] == 1
    assert metadata["jupytext"]["formats"] == "ipynb,md:markdown"
    assert metadata["nbpress"]["adopted"] is True
    assert [cell.source for cell in jupytext.read(root / PAIRED).cells] == [
        cell.source for cell in jupytext.reads((HEAD + BODY).replace("jupytext: {}\n", ""), "md").cells
    ]


def test_prose_that_changes_runs_nothing_and_is_carried_over(root: Path) -> None:
    """Until then a check says that the pair is behind."""
    _edit(root, TEXT, "Prose.", "Better prose.")
    assert [it.partition(":")[0] for it in _check(root)] == ["pair-agrees", "post-current"]
    report = _build(root)
    assert (report.executed, report.findings) == ((), ())
    assert "Better prose." in (root / PAIRED).read_text("utf-8")
    assert _check(root) == []
    assert "as it was" in (root / POST).read_text("utf-8")


def test_code_that_changes_is_stale_and_other_cells_keep_their_outputs(root: Path) -> None:
    _edit(root, TEXT, "else_()", "other()")
    assert any("outputs are stale: cell 4 changed" in it for it in _check(root))
    _build(root, asked="never")
    assert "as it was" in (root / POST).read_text("utf-8")


@pytest.mark.parametrize("both", [True, False], ids=["both", "only the paired file"])
def test_edits_of_the_paired_file_are_never_lost(root: Path, *, both: bool) -> None:
    """An error says so; post and both files stay as they are until their author has decided."""
    _edit(root, PAIRED, "Prose.", "Prose from Jupyter.")
    if both:
        _edit(root, TEXT, "Prose.", "Prose from an editor.")
    before = folders.states(root)
    report = _build(root)
    assert [finding.rule for finding in report.findings] == ["pair-agrees"]
    assert folders.states(root) == before
    assert ("has been changed and this text has not" in _check(root)[0]) is not both
    (root / TEXT).write_text(jupytext.writes(jupytext.read(root / PAIRED), "md"), "utf-8")  # as `--sync` would
    assert _build(root).failed is False
    assert "Prose from Jupyter." in (root / POST).read_text("utf-8")


def test_a_pair_that_nobody_has_built_must_agree(tmp_path: Path) -> None:
    """Which of the two is right, only their author knows."""
    root = folders.make(tmp_path / "blog", {TEXT: HEAD + BODY, PAIRED: {"cells": ["# Something else"]}})
    report = _build(root)
    assert [(str(it.source), it.rule) for it in report.findings] == [(TEXT, "pair-agrees")]
    assert report.written == ()


def test_a_paired_file_that_cannot_be_read_is_an_error(root: Path) -> None:
    """It may be a conflict that git has left behind, so it is not written over."""
    (root / PAIRED).write_text("<<<<<<< HEAD\n", "utf-8")
    report = _build(root)
    assert [it.message for it in report.findings] == [
        (
            "2020-01-02-x.ipynb keeps its outputs and is not JSON: Expecting value; "
            "restore it from git, or remove it and build"
        )
    ]
    assert (root / PAIRED).read_text("utf-8") == "<<<<<<< HEAD\n"


def test_a_paired_file_without_its_text_waits_for_its_author(root: Path) -> None:
    """The post goes, as that of any notebook that is gone; the outputs stay, and can become a notebook."""
    (root / TEXT).unlink()
    report = _build(root)
    assert [(str(it.source), it.rule) for it in report.findings] == [(PAIRED, "pair-complete")]
    assert not (root / POST).exists()
    assert pipeline.adopt(config.load(root), [root / PAIRED]).findings == ()
    assert _build(root).findings == ()
    assert "as it was" in (root / POST).read_text("utf-8")


def test_a_pair_of_an_old_format_is_written_anew(tmp_path: Path) -> None:
    """Outputs of format 3 are taken over like others; what is written is format 4."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "Prose."},
        {
            "cell_type": "code",
            "input": "gone()",
            "language": "python",
            "metadata": {},
            "outputs": [{"output_type": "stream", "stream": "stdout", "text": "as it was\n"}],
        },
        {"cell_type": "code", "input": "else_()", "language": "python", "metadata": {}, "outputs": []},
    ]
    old = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": cells, "metadata": {}}],
    }
    root = folders.make(tmp_path / "blog", {"_config.yml": "{}\n", TEXT: HEAD + BODY, PAIRED: json.dumps(old)})
    assert pipeline.adopt(config.load(root), [root / TEXT]).findings == ()
    assert _build(root).findings == ()
    assert "as it was" in (root / POST).read_text("utf-8")
    assert json.loads((root / PAIRED).read_bytes())["nbformat"] == 4


def test_an_executed_copy_that_cannot_be_read_is_written_anew(root: Path) -> None:
    """It is ours, so nothing is lost."""
    (root / "_config.yml").write_text("notebooks: {save_outputs: false}\n", "utf-8")
    copy = root / ".nbpress/executed" / PAIRED
    copy.parent.mkdir(parents=True)
    copy.write_text("broken", "utf-8")
    assert pipeline.adopt(config.load(root), [root / TEXT]).findings == ()
    assert json.loads(copy.read_bytes())["nbformat"] == 4


def test_two_texts_of_one_name_are_an_error(root: Path) -> None:
    (root / "_notebooks/2020-01-02-x.py").write_text("# %%\n1\n", "utf-8")
    report = _build(root)
    assert {it.rule for it in report.findings} == {"post-path-unique"}
    assert len(report.findings) == 2


def test_outputs_that_are_not_saved_lie_elsewhere(root: Path) -> None:
    """With `save_outputs: false` nobody looks at the file beside a text."""
    before = (root / PAIRED).read_bytes()
    (root / "_config.yml").write_text("notebooks: {save_outputs: false}\n", "utf-8")
    settings = config.load(root)
    assert pipeline.adopt(settings, [root / TEXT]).findings == ()
    _edit(root, TEXT, "Prose.", "Better prose.")
    assert _build(root).findings == ()
    assert _check(root) == []
    assert (root / PAIRED).read_bytes() == before
    assert (root / ".nbpress/executed" / PAIRED).is_file()


def test_status_tells_of_pairs(root: Path) -> None:
    _edit(root, TEXT, "Prose.", "Better prose.")
    report, statuses = pipeline.status(config.load(root), (), date(2026, 1, 1))
    assert report.findings == ()
    assert [status.outputs for status in statuses] == ["fresh"]
    assert "2020-01-02-x.ipynb does not say what the text says now" in statuses[0].notes


def test_cells_of_a_pair_keep_their_ids(root: Path) -> None:
    """An `.ipynb` that Jupyter has saved has ids; only new cells get new ones, the same at every build."""
    nb = json.loads((root / PAIRED).read_bytes())
    nb["nbformat_minor"] = 5
    for number, cell in enumerate(nb["cells"]):
        cell["id"] = f"mine-{number}"
    (root / PAIRED).write_text(json.dumps(nb), "utf-8")
    _edit(root, TEXT, "Prose.", "Prose.\n\n<!-- #region -->\nMore.\n<!-- #endregion -->")
    _build(root)
    ids = [cell["id"] for cell in json.loads((root / PAIRED).read_bytes())["cells"]]
    assert ids[:2] + ids[3:] == ["mine-0", "mine-1", "mine-2", "mine-3"]
    assert ids[2] not in ("", None)
    assert _check(root) == []


MYST = """---
title: X
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, language: python, display_name: Python 3}
---

Prose.

```{code-cell}
gone()
```
"""


def test_what_jupytext_saves_is_still_a_pair(tmp_path: Path) -> None:
    """The front matter of MyST goes into metadata when Jupyter saves both, and nobody has changed anything."""
    root = folders.make(tmp_path / "blog", {"_config.yml": "{}\n", TEXT: MYST})
    settings = config.load(root)
    assert pipeline.adopt(settings, [root / TEXT]).findings == ()
    assert _build(root).findings == ()
    text, paired = jupytext.read(root / TEXT), jupytext.read(root / PAIRED)
    assert [cell.cell_type for cell in text.cells] == ["markdown", "code"]
    paired.cells = paired.cells[1:]  # as Jupytext's contents manager writes them: cells of the text, other metadata
    jupytext.write(paired, root / PAIRED)
    assert _check(root) == []
    assert _build(root).unchanged == 1


def test_front_matter_is_part_of_a_pair(root: Path) -> None:
    """Of the text it is carried over; that of the paired file alone is an error."""
    _edit(root, TEXT, "title: X", "title: Y")
    assert [it.partition(":")[0] for it in _check(root)] == ["pair-agrees", "post-current"]
    assert _build(root).findings == ()
    assert "title: Y" in (root / PAIRED).read_text("utf-8")
    _edit(root, PAIRED, "title: Y", "title: Z")
    assert [finding.rule for finding in _build(root).findings] == ["pair-agrees"]
