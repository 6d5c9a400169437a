"""Files → notebooks: careless ones are mended, broken ones refused in one clear sentence."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import nbformat
import pytest

from converter import read
from converter.errors import ReadError
from tests import blogs
from tests.cases import each_case

PATH = PurePosixPath("_notebooks/2020-01-02-post.ipynb")
CODE = {"cell_type": "code", "source": "1"}


def _read(raw: Any) -> nbformat.NotebookNode:  # noqa: ANN401 - JSON
    return read.ipynb(json.dumps(raw).encode(), PATH)


def _file(*cells: Any, **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **parts}


@each_case("unreadable")
def test_broken_files_are_refused_in_one_line(text: str) -> str:
    """The message says what is wrong, where, and what to do."""
    with pytest.raises(ReadError) as caught:
        read.ipynb(text.encode(), PATH)
    return f"{caught.value} [{caught.value.rule}]"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe{}",
        b"\x80",
        b"[" * 100_000,
        b'{"nbformat": 4, "cells": [[]]}',
        b'{"nbformat": 3, "worksheets": 5}',
    ],
    ids=["empty", "UTF-16", "bytes", "nested", "a list as cell", "a number as worksheets"],
)
def test_no_file_raises_anything_else(data: bytes) -> None:
    """Whatever is in a file, the answer is a `ReadError` with its path."""
    with pytest.raises(ReadError) as caught:
        read.ipynb(data, PATH)
    assert caught.value.source == PATH


def test_format_3_is_upgraded() -> None:
    """Worksheets become cells, `pyout` becomes `execute_result`."""
    old = {
        "metadata": {"name": "old"},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": ["A heading"], "metadata": {}},
                    {
                        "cell_type": "code",
                        "collapsed": False,
                        "input": ["1 + 1"],
                        "language": "python",
                        "metadata": {},
                        "outputs": [{"output_type": "pyout", "prompt_number": 1, "text": ["2"], "metadata": {}}],
                        "prompt_number": 1,
                    },
                ],
                "metadata": {},
            }
        ],
    }
    nb = _read(old)
    assert nb.nbformat == 4
    assert [cell.source for cell in nb.cells] == ["## A heading", "1 + 1"]
    assert nb.cells[1].outputs[0].data == {"text/plain": "2"}


def test_line_ends_and_byte_order_mark_do_not_matter() -> None:
    """A file that went through Windows holds the same notebook."""
    text = nbformat.writes(blogs.notebook(blogs.markdown("a\nb"), blogs.code("x")))
    plain = read.ipynb(text.encode(), PATH)
    assert read.ipynb(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), PATH) == plain


def test_carriage_returns_in_sources_are_line_ends() -> None:
    """Cells written on Windows have the lines that their author saw."""
    nb = _read(_file({"cell_type": "markdown", "metadata": {}, "source": ["# T\r\n", "- toc: true\r\n"]}))
    assert "\r" not in nb.cells[0].source


def test_sources_and_outputs_as_lists_are_joined() -> None:
    """Jupyter stores texts as lists of lines."""
    stream = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}
    rich = {"output_type": "display_data", "data": {"text/html": ["<p>", "x"], "application/json": ["a", "b"]}}
    nb = _read(_file({**CODE, "source": ["a\n", "b"], "outputs": [stream, rich]}))
    assert nb.cells[0].source == "a\nb"
    assert nb.cells[0].outputs[0].text == "a\nb"
    assert nb.cells[0].outputs[1].data == {"text/html": "<p>x", "application/json": ["a", "b"]}


@pytest.mark.parametrize(
    "raw",
    [
        _file({"cell_type": "code", "source": "1"}),
        _file({"cell_type": "code", "metadata": {}, "outputs": [{"output_type": "display_data"}]}),
        _file({**CODE, "outputs": [{"output_type": "execute_result", "data": {}}]}),
        _file({**CODE, "outputs": [{"output_type": "stream", "text": "x"}]}),
        _file({**CODE, "outputs": [{"output_type": "error"}]}),
        _file({**CODE, "outputs": None}),
        _file({"cell_type": "markdown", "source": "x", "outputs": [], "execution_count": None}),
        _file(CODE, metadata={"widgets": {"application/vnd.jupyter.widget-state+json": {"a": {}}}}),
        _file(CODE, metadata={"colab": {"provenance": []}, "accelerator": "GPU"}),
        _file({**CODE, "id": "same"}, {**CODE, "id": "same"}),
        _file(CODE, nbformat_minor=2),
        _file(CODE, nbformat_minor=99),
        {"cells": [], "nbformat": 4},
        _file({**CODE, "attachments": {}, "execution_count": 3}),
        _file({**CODE, "id": "not a valid id!"}),
        _file({**CODE, "metadata": {"collapsed": None, "scrolled": "no", "tags": ["a", "a"]}}),
        _file({**CODE, "metadata": {"tags": "a"}}),
        _file({**CODE, "metadata": None}),
    ],
    ids=[
        "no outputs and metadata", "output without data", "result without count", "stream without name",
        "error without parts", "null as outputs", "outputs of a text cell", "widgets without state", "Colab",
        "ids used twice", "no ids", "a newer minor version", "no metadata",
        "attachments of a code cell", "ids that are none",
        "odd metadata", "a tag without a list", "null as metadata",
    ],
)  # fmt: skip
def test_what_colab_and_kaggle_leave_out_is_filled_in(raw: dict[str, Any]) -> None:
    """The result is a valid notebook of format 4 with the same cells."""
    nb = _read(raw)
    nbformat.validate(nb, relax_add_props=True)
    assert [cell.source for cell in nb.cells] == [cell.get("source", "") for cell in raw.get("cells", [])]


@pytest.mark.parametrize(
    "fault",
    [
        {"outputs": [{"output_type": "unknown"}]},
        {"outputs": [{"output_type": "stream", "name": "stdout", "text": 5}]},
        {"outputs": [{"output_type": "display_data", "data": 5}]},
        {"outputs": ["x"]},
        {"cell_type": "video"},
    ],
    ids=["output", "text", "data", "no object", "cell type"],
)
def test_faults_of_a_cell_name_the_cell(fault: dict[str, Any]) -> None:
    """An author must find the cell: the second one here."""
    with pytest.raises(ReadError) as caught:
        _read(_file(CODE, {**CODE, **fault}))
    assert caught.value.cell == 2
    assert "\n" not in str(caught.value)


def test_reading_does_not_depend_on_chance() -> None:
    """Ids that have to be invented do not reach the post, so two readings render alike."""
    first, second = (_read(_file(CODE, nbformat_minor=4)) for _ in range(2))
    for nb in (first, second):
        for cell in nb.cells:
            cell.pop("id", None)
    assert first == second
