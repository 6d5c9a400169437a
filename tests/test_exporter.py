"""The exporter: `jupyter nbconvert --to jekyll` gives the post that `nbpress build` writes."""

from __future__ import annotations

import base64
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from converter import config, pipeline
from tests import folders
from tests.cases import same

if TYPE_CHECKING:
    from pathlib import Path

FILE, POST = "_notebooks/deep/2020-01-02-a.ipynb", "_posts/2020-01-02-a.html"
PICTURE = {"output_type": "display_data", "data": {"image/png": base64.b64encode(folders.PNG).decode()}, "metadata": {}}
CELLS: list[Any] = [
    '# "A"\n> Description\n- toc: true\n- categories: [a, b]',
    "Prose {% fn 1 %} ![alt](images/a%20b.svg) $x$\n\n{{ 'note' | fndetail: 1 }}",
    {"code": "#collapse\nprint('{{ x }}')", "outputs": "{{ x }}\n", "execution_count": 3},
    {"code": "#hide\n1/0"},
    {"code": "#| fig-alt: A dot\nplot()", "outputs": [PICTURE]},
]
BLOG = {
    "_config.yml": "baseurl: /blog\nnotebooks: {execute: never, front_matter: {keywords: x}}\n",
    FILE: CELLS,
    "_notebooks/deep/images/a b.svg": "<svg/>",
}


def nbconvert(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run nbconvert in *folder*, as a user of Jupyter does."""
    command = [sys.executable, "-m", "nbconvert", "--to", "jekyll", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=folders.environment(), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("where", [".", "_notebooks/deep"])
def test_the_exporter_gives_the_post_that_build_writes(where: str, tmp_path: Path) -> None:
    """Post and images are equal to the byte, from whatever folder it is called."""
    root = folders.make(tmp_path / "blog", BLOG)
    assert pipeline.build(config.load(root)).findings == ()
    out = tmp_path / "out"
    nbconvert(root / where, str(root / FILE), "--output-dir", str(out))
    built = folders.tree(root)
    images = {name: content for name, content in built.items() if name.startswith("images/")}
    exported = folders.tree(out)
    same(exported.pop("2020-01-02-a.html").decode(), built[POST].decode())
    assert len(images) == 2
    assert exported == images


def test_a_pair_gives_the_post_of_its_text(tmp_path: Path) -> None:
    """What nbconvert reads is the `.ipynb`, but the post says, as after a build, that it comes from the text."""
    text = '---\ntitle: "A"\njupytext: {}\n---\n\nProse.\n\n```python\nprint(1)\n```\n'
    root = folders.make(tmp_path / "blog", {"_notebooks/2020-01-02-a.md": text})
    paired = root / "_notebooks/2020-01-02-a.ipynb"
    assert pipeline.adopt(config.load(root), [paired.with_suffix(".md")]).findings == ()
    assert pipeline.build(config.load(root)).findings == ()
    nbconvert(root, str(paired), "--output-dir", str(tmp_path / "out"))
    same((tmp_path / "out/2020-01-02-a.html").read_text("utf-8"), (root / POST).read_text("utf-8"))


def test_the_exporter_works_outside_any_blog(tmp_path: Path) -> None:
    """Without settings the defaults hold, and an undated name with a `date:` will do."""
    root = folders.make(tmp_path, {"_config.yml": None, "a.ipynb": ["# A\n- date: 2020-01-02", "Prose."]})
    nbconvert(root, "a.ipynb")
    assert "<p>Prose.</p>" in (root / "a.html").read_text("utf-8")


def test_findings_are_warnings_of_nbconvert(tmp_path: Path) -> None:
    """What `build` prints, nbconvert logs."""
    root = folders.make(tmp_path, {"_notebooks/2020-01-02-a.ipynb": ["# A", "Prose {% fn 1 %}"]})
    done = nbconvert(root, "_notebooks/2020-01-02-a.ipynb", "--output-dir", "out")
    assert "_notebooks/2020-01-02-a.ipynb: cell 2, line 1: footnote 1 has no text" in done.stderr
