"""Text notebooks run like any other; what they give is kept in the files that are committed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from converter import config, pipeline
from tests import folders

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

MD, PY, PLAIN = "_notebooks/2020-01-02-a.md", "_notebooks/2020-01-03-b.py", "_notebooks/2020-01-04-c.md"
MYST = """---
title: A
jupytext: {text_representation: {format_name: myst}}
kernelspec: {name: counted, language: python}
---

Prose.

```{code-cell}
:tags: [hide-input]

import helper
print(helper.x)
```
"""
SCRIPT = """# ---
# title: B
# kernelspec: {name: counted, language: python}
# ---

# %%
# %matplotlib inline
print("from b")

# %% [markdown]
# More prose.

# %%
FAILS = 1
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a blog of text notebooks that has been built."""
    for name, value in folders.counting_kernel(tmp_path).items():
        monkeypatch.setenv(name, value)
    plain = "---\ntitle: C\n---\n\n```python\nprint('only shown')\n```\n"
    files = {"_config.yml": "{}\n", MD: MYST, PY: SCRIPT, PLAIN: plain, "_notebooks/helper.py": "x = 41\n"}
    made = folders.make(tmp_path / "blog", files)
    assert pipeline.build(config.load(made)).findings == ()
    return made


def test_a_fresh_clone_is_checked_and_built_without_a_kernel(root: Path, tmp_path: Path) -> None:
    """All that was committed says what ran; text without a kernel never runs."""
    assert folders.starts(tmp_path) == 2
    assert sorted(path.name for path in (root / "_notebooks").glob("*.ipynb")) == [
        "2020-01-02-a.ipynb",
        "2020-01-03-b.ipynb",
    ]
    assert "41" in (root / "_posts/2020-01-02-a.html").read_text("utf-8")
    assert "only shown" in (root / "_posts/2020-01-04-c.html").read_text("utf-8")
    clone = shutil.copytree(root, tmp_path / "clone", ignore=shutil.ignore_patterns(".nbpress"))
    before = folders.states(clone)
    assert pipeline.check(config.load(clone)).findings == ()
    assert pipeline.build(config.load(clone)).unchanged == 3
    assert folders.states(clone) == before
    assert folders.starts(tmp_path) == 2


def test_code_and_modules_make_it_run_again(root: Path, tmp_path: Path) -> None:
    """As for any notebook: a changed cell, a changed module; prose only moves over to the paired file."""
    (root / PY).write_text(SCRIPT.replace("More prose.", "Better prose."), "utf-8")
    assert pipeline.build(config.load(root)).executed == ()
    assert "Better prose." in (root / PY).with_suffix(".ipynb").read_text("utf-8")
    (root / "_notebooks/helper.py").write_text("x = 42\n", "utf-8")
    assert [str(path) for path in pipeline.build(config.load(root)).executed] == [MD]
    assert folders.printed((root / MD).with_suffix(".ipynb")) == ["42\n"]
    (root / PY).write_text(SCRIPT.replace("from b", "from B"), "utf-8")
    assert [str(path) for path in pipeline.build(config.load(root)).executed] == [PY]
    assert pipeline.check(config.load(root)).findings == ()
    assert folders.starts(tmp_path) == 4


def test_a_cell_that_fails_is_found_in_the_text(root: Path) -> None:
    """By its line in the file; the paired file stays as it was."""
    (root / PY).write_text(SCRIPT.replace("FAILS = 1", "y = 0\n1 / y"), "utf-8")
    before = (root / PY).with_suffix(".ipynb").read_bytes()
    report = pipeline.build(config.load(root))
    assert [(str(it.source), it.cell, it.line, it.rule) for it in report.findings] == [
        (PY, None, 15, "notebook-executes")
    ]
    assert (root / PY).with_suffix(".ipynb").read_bytes() == before


def test_a_language_that_nobody_has_installed_is_an_error(root: Path) -> None:
    """The others go on."""
    (root / "_notebooks/2020-01-05-d.md").write_text(
        "---\ntitle: D\nkernelspec: {name: klingon, language: klingon}\n---\n\n```{code-cell}\nqapla\n```\n", "utf-8"
    )
    report = pipeline.build(config.load(root))
    assert [(it.source and it.source.name, it.rule) for it in report.findings] == [
        ("2020-01-05-d.md", "kernel-installed")
    ]
    assert report.unchanged == 3
