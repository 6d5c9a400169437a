"""New notebooks: names, front matter that reads back, today's date, and how they are opened."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter import config, discover, front_matter, new
from tests import folders
from tests.cases import each_case, same

if TYPE_CHECKING:
    from pathlib import Path

DAY = datetime.date(2026, 11, 2)


@each_case("slugs")
def test_slug(text: str) -> str:
    """A title as a part of an address."""
    return new.slug(text)


@given(st.text(min_size=1))
def test_a_slug_is_a_name_and_stays_one(title: str) -> None:
    """It fits into any file system, holds nothing special, and is its own slug."""
    name = new.slug(title)
    assert len(name.encode()) <= 255 - len("2026-11-02-.ipynb")
    assert not set(name) & set("/\\:*?\"'<>|#%{} \t\n")
    assert new.slug(name) == name


@given(st.text(min_size=1).filter(new.slug))
def test_every_title_reads_back(tmp_path_factory: pytest.TempPathFactory, title: str) -> None:
    """Quotes, colons, hashes, numbers: the post's title is what was asked for, white space apart."""
    root = folders.make(tmp_path_factory.mktemp("blog"), {})
    settings = config.load(root)
    file = new.notebook(title, DAY, settings)
    nb = nbformat.read(file, as_version=4)
    nbformat.validate(nb)
    matter = front_matter.parse(nb, discover.source(file, settings), settings)
    visible = "".join(letter if letter.isprintable() else " " for letter in title)
    assert matter.values["title"] == " ".join(visible.split())
    assert [finding.rule for finding in matter.findings] == ["description-written"]


def test_a_full_disk_leaves_no_empty_notebook(tmp_path: Path) -> None:
    """What cannot be written whole would be in the way of the next try."""
    root = folders.make(tmp_path, {})
    code = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\nfrom converter import cli; cli.main(['new', 'A'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False, timeout=60 * folders.BUSY
    )
    assert done.returncode == 2
    assert done.stderr.endswith("-a.ipynb cannot be written: File too large\n")
    assert list((root / "_notebooks").iterdir()) == []


def test_it_begins_with_a_heading_that_authors_know(tmp_path: Path) -> None:
    """A Markdown cell as in every example, an empty cell for code, and a kernel that is everywhere."""
    file = new.notebook("Deep learning: a start", DAY, config.load(folders.make(tmp_path, {})))
    nb = json.loads(file.read_bytes())
    first, code = nb["cells"]
    assert first["source"].startswith("# Deep learning: a start\n> One sentence")
    assert (code["cell_type"], code["source"], code["outputs"]) == ("code", "", [])
    assert (nb["nbformat"], nb["nbformat_minor"], nb["metadata"]["kernelspec"]["name"]) == (4, 5, "python3")


@pytest.mark.parametrize(("zone", "hours"), [("XXX-14", 14), ("XXX+12", -12)])
def test_today_is_the_day_where_the_author_is(tmp_path: Path, zone: str, hours: int) -> None:
    """Neither London nor the site's time zone decides."""
    root = folders.make(tmp_path, {"_config.yml": "timezone: UTC\n"})
    there = datetime.timezone(datetime.timedelta(hours=hours))
    before = datetime.datetime.now(there).date()
    done = folders.nbpress(root, "new", "Today", env={"TZ": zone})
    after = datetime.datetime.now(there).date()
    assert done.stdout in (f"_notebooks/{day}-today.ipynb\n" for day in (before, after)), done.stderr


def test_open_starts_jupyterlab_on_the_notebook(tmp_path: Path) -> None:
    """The one on the PATH; its status is what counts."""
    root = folders.make(tmp_path / "blog", {})
    lab = tmp_path / "bin" / "jupyter-lab"
    lab.parent.mkdir()
    lab.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/opened"\n')
    lab.chmod(0o755)
    path = f"{lab.parent}{os.pathsep}{os.environ['PATH']}"
    done = folders.nbpress(root, "new", "A", "--date", "2026-11-02", "--open", env={"PATH": path})
    assert (done.returncode, done.stdout) == (0, "_notebooks/2026-11-02-a.ipynb\n")
    same((tmp_path / "opened").read_text(), f"{root}/_notebooks/2026-11-02-a.ipynb\n")
    lab.write_text("#!/bin/sh\nexit 3\n")
    done = folders.nbpress(root, "new", "B", "--date", "2026-11-02", "--open", env={"PATH": path})
    assert done.returncode == 1
    assert done.stderr.endswith(
        "2026-11-02-b.ipynb could not be opened: pip install jupyterlab, or open it in your editor\n"
    )
    assert (root / "_notebooks/2026-11-02-b.ipynb").is_file()
