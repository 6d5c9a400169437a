"""Findings for programs: annotations at the very line of the `.ipynb` file, and JSON."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from converter import findings
from converter.model import Finding, Severity
from tests import folders, styles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

A = "_notebooks/2020-01-02-a.ipynb"
ANNOTATION = re.compile(r"::(error|warning|notice) (.*?)::(.*)")


def lines(text: str) -> list[str]:
    """Return *text* as Jupyter stores it, a line an item."""
    return text.splitlines(keepends=True)


def table(output: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"output_type": "display_data", "data": {"application/json": output}, "metadata": {}}]


CELLS: dict[str, list[dict[str, Any]]] = {
    "plain": [{"source": lines("# T\n\nmark 1 2\nmore")}, {"source": lines("a\nmark 2 1\nb")}],
    "sources that look like keys": [
        {"source": lines('x = {"source": [1]}\n"source": [\n')},
        {"source": lines('"source": [\nmark 2 1')},
        {"source": lines("mark 3 0")},
    ],
    "repeated text": [
        {"source": lines("x\n")},
        {"source": lines("x\nmark 2 1\nx\n")},
        {"source": lines("x\nx\nmark 3 2")},
    ],
    "empty cells": [{"source": []}, {"source": ""}, {"source": lines("mark 3 0")}],
    "empty cells in a row": [{"source": []}, {"source": []}, {"source": []}, {"source": lines("a\nmark 4 1")}],
    "metadata with such a key": [
        {"metadata": {"source": ["x", "y"]}, "source": lines("a\nmark 1 1")},
        {"metadata": {"deep": {"source": "x"}}, "source": lines("a\nmark 2 1")},
    ],
    "outputs with such a key": [
        {"cell_type": "code", "outputs": table({"images": [{"source": "data:,"}]}), "source": lines("a\nmark 1 1")},
        {"cell_type": "code", "outputs": table({"source": ["a"]}), "source": lines("a\nb\nmark 2 2")},
        {"source": lines("mark 3 0")},
    ],
    "text beyond ASCII": [{"source": lines("ü 🎉 \u2028 é\n")}, {"source": lines("ö\nmark 2 1")}],
    "escapes": [{"source": lines('a\tb\\n"q"\n\x1b[0m\n')}, {"source": lines("\\\nmark 2 1")}],
}
"""Cells in which `mark N M` stands in cell N, M lines below its first."""
LAYOUTS = {name: styles.STYLES[name] for name in styles.STYLES if name != "one-line"} | {
    "sorted keys": lambda nb: json.dumps(nb, indent=1, sort_keys=True, ensure_ascii=False) + "\n",
    "source last": lambda nb: json.dumps(
        {
            **nb,
            "cells": [{**{k: v for k, v in c.items() if k != "source"}, "source": c["source"]} for c in nb["cells"]],
        },
        indent=1,
    ),
}


def notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    made = []
    for cell in cells:
        full = {"cell_type": "markdown", "metadata": {}, **cell}
        if full["cell_type"] == "code":
            full |= {"execution_count": None}
        made.append(full)
    return {"cells": made, "metadata": {"source": "of it all"}, "nbformat": 4, "nbformat_minor": 4}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("what", CELLS)
def test_the_line_of_an_annotation_is_that_line_of_the_file(tmp_path: Path, what: str, layout: str) -> None:
    """Whatever tool has written the file, whatever stands in it; so GitHub shows the note where it belongs."""
    write: Callable[[dict[str, Any]], str] = LAYOUTS[layout]
    file = tmp_path / "a.ipynb"
    file.write_bytes(write(notebook(CELLS[what])).encode())
    marks = [
        (number, line + 1, f"mark {number} {line}")
        for number, cell in enumerate(CELLS[what], 1)
        for line, text in enumerate(cell["source"])
        if text.startswith("mark")
    ]
    assert marks
    stored = file.read_bytes().decode().replace("\r\n", "\n").split("\n")
    got = {mark: stored[findings.line_in_file(file, cell, line) - 1] for cell, line, mark in marks}
    assert {mark: mark in line for mark, line in got.items()} == {mark: True for _, _, mark in marks}, got


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 1}', '{"cells": [1]}', '{"cells": []}', "\x00"])
def test_a_file_that_is_no_notebook_has_no_such_line(tmp_path: Path, text: str) -> None:
    """Nor has a cell that is not there; the annotation stands without a line."""
    file = tmp_path / "a.ipynb"
    file.write_text(text)
    assert findings.line_in_file(file, 3, 2) == 0
    assert findings.line_in_file(tmp_path / "none.ipynb", 3, 2) == 0


def test_an_annotation_is_one_line_whatever_it_says(tmp_path: Path) -> None:
    """Percent signs, line ends, colons and commas are escaped as GitHub reads them."""
    path = PurePosixPath("_notebooks/2020-01-02-a,b:c%.ipynb")
    finding = Finding(rule="a-rule", message="100% of\r\nit: a, b", source=path, severity=Severity.WARNING)
    text = findings.as_annotation(finding, tmp_path)
    found = ANNOTATION.fullmatch(text)
    assert found is not None
    level, properties, message = found.groups()
    given = dict(part.split("=", 1) for part in properties.split(","))
    assert (level, unquote(given["file"]), given["title"]) == ("warning", str(path), "a-rule")
    assert unquote(message) == finding.message


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a blog with an error and a warning in its cells, and no posts."""
    cells: list[Any] = [
        "# A",
        "Fine.\n\nA note {% fn 1 %} and {{ 'x' | fndetail: 2 }}",
        "![](none.png)\n[](none.ipynb)",
    ]
    made = json.loads(folders.notebook(cells))
    for cell in made["cells"]:
        cell["source"] = lines(cell["source"])
    return folders.make(tmp_path, {A: json.dumps(made, indent=1) + "\n"})


def test_github_gets_annotations_and_nothing_else(root: Path) -> None:
    """Each at the line that is wrong; findings of posts at the beginning of the notebook; the same exit status."""
    text, done = folders.nbpress(root, "check"), folders.nbpress(root, "check", "--format", "github")
    assert (text.returncode, done.returncode) == (1, 1)
    stored = (root / A).read_text().split("\n")
    places = []
    for said, plain in zip(done.stdout.splitlines(), text.stdout.splitlines(), strict=True):
        found = ANNOTATION.fullmatch(said)
        assert found is not None
        given = dict(part.split("=", 1) for part in found[2].split(","))
        assert given["file"] == A
        assert plain.endswith(f"[{given['title']}]")
        places.append((given["title"], stored[int(given["line"]) - 1].strip()))
    assert ("post-exists", "{") in places
    assert any(rule == "image-exists" and "none.png" in line for rule, line in places)
    assert any(rule == "footnote-defined" and "fn 1" in line for rule, line in places)


def test_json_is_all_of_standard_output(root: Path) -> None:
    """The verdict, and every finding with its parts; as many as the text has lines."""
    text, done = folders.nbpress(root, "check"), folders.nbpress(root, "check", "--format", "json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"]) == (1, False)
    assert len(said["findings"]) == len(text.stdout.splitlines())
    assert all(
        it.keys() == {"rule", "severity", "file", "cell", "line", "message", "detail"} for it in said["findings"]
    )
    (missing,) = (it for it in said["findings"] if it["rule"] == "post-exists")
    assert (missing["file"], missing["cell"], missing["severity"]) == (A, None, "error")
    (image,) = (it for it in said["findings"] if it["rule"] == "image-exists")
    assert (image["cell"], image["line"]) == (3, 1)


@pytest.mark.parametrize("layout", ["text", "github", "json"])
def test_a_blog_that_is_well_is_well_in_each_format(tmp_path: Path, layout: str) -> None:
    root = folders.make(tmp_path, {A: ["# A", "Prose."]})
    assert folders.nbpress(root, "build").returncode == 0
    done = folders.nbpress(root, "check", "--format", layout)
    assert done.returncode == 0
    if layout == "json":
        assert json.loads(done.stdout) == {"ok": True, "unchanged": 1, "findings": []}
    else:
        assert done.stdout == ""
