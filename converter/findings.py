"""Findings at their lines of files, and for programs: JSON, and annotations that GitHub shows in a pull request."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from converter import text as text_notebooks
from converter.errors import NotebookError
from converter.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from converter.model import Finding, Report

_DECODER = json.JSONDecoder(strict=False)
_BLANKS = re.compile(r"[ \t\r\n]*")
_BARE = "image-alt"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def as_json(report: Report) -> dict[str, Any]:
    """Return *report* as JSON: the verdict, and every finding with its parts."""
    return {
        "ok": not report.failed,
        "unchanged": report.unchanged,
        "findings": [
            {
                "rule": finding.rule,
                "severity": finding.severity.value,
                "file": finding.source and str(finding.source),
                "cell": finding.cell,
                "line": finding.line,
                "message": finding.message,
                "detail": finding.detail,
            }
            for finding in report.findings
        ],
    }


def as_annotation(finding: Finding, root: Path) -> str:
    """Return *finding* as a workflow command of GitHub Actions, at its line in the `.ipynb` file below *root*."""
    parts = []
    if finding.source is not None:
        parts = [f"file={_property(str(finding.source))}"]
        line = line_in_file(root / finding.source, finding.cell, finding.line)
        parts += [f"line={line}"] if line else []
    parts.append(f"title={_property(finding.rule)}")
    where = f"cell {finding.cell}: " if finding.cell else ""
    return f"::{_LEVELS[finding.severity]} {','.join(parts)}::{_data(where + finding.message)}"


def placed(report: Report, root: Path) -> Report:
    """Return *report* with places that authors can look up, and one finding for all images without a text of a file.

    Only an `.ipynb` file below *root* shows cells.
    """
    return replace(report, findings=tuple(_folded([_placed(finding, root) for finding in report.findings])))


def _folded(found: list[Finding]) -> Iterator[Finding]:
    """Yield *found*; where a file has many images without a text, the first of them stands for all and names them."""
    bare: dict[PurePosixPath | None, list[Finding]] = {}
    for finding in found:
        if finding.rule == _BARE:
            bare.setdefault(finding.source, []).append(finding)
    for finding in found:
        alike = bare[finding.source] if finding.rule == _BARE else [finding]
        if len(alike) == 1:
            yield finding
        elif finding is alike[0]:
            yield replace(finding, message=_bare(alike))


def _bare(alike: list[Finding]) -> str:
    """Return what one finding says for all images without a text, *alike*: how many they are, and where."""
    noun = "cell" if alike[0].cell else "line"
    places = dict.fromkeys(str(number) for number in (it.cell or it.line for it in alike) if number)
    where = f" ({noun}{'s' if len(places) > 1 else ''} {', '.join(places)})" if places else ""
    remedy = "say what each shows: ![what it shows](…) or #| fig-alt: …"
    return f"{len(alike)} images have no text for those who do not see them{where}; {remedy}"


def _placed(finding: Finding, root: Path) -> Finding:
    """Return *finding* with the line of a text file instead of cell and line in it."""
    if finding.source is None or finding.cell is None or finding.source.suffix == ".ipynb":
        return finding
    line = line_in_file(root / finding.source, finding.cell, finding.line)
    return replace(finding, cell=None, line=line or None)


def line_in_file(file: Path, cell: int | None, line: int | None) -> int:
    """Return the line of *file* in which *line* of *cell* stands; 0 if nobody can tell.

    Jupyter writes one line of source a line; in a file that does not, it is the line in which the source begins.
    """
    if cell is None:
        return line or 1
    if file.suffix in text_notebooks.SUFFIXES:
        try:
            return text_notebooks.line_in_file(file.read_bytes(), PurePosixPath(file.name), cell, line or 1)
        except (OSError, NotebookError, IndexError, StopIteration):
            return 0
    try:
        text = file.read_text("utf-8-sig")
        cells = next(start for key, start in _members(text, 0) if key == "cells")
        node = next(itertools.islice(_elements(text, cells), cell - 1, None))
        source = next(start for key, start in _members(text, node) if key == "source")
        lines = list(_elements(text, source)) if text[source] == "[" else [source]
        at = lines[min((line or 1) - 1, len(lines) - 1)] if lines else source
    except (OSError, ValueError, StopIteration, IndexError):
        return 0
    return text.count("\n", 0, at) + 1


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """Yield every key of the JSON object that begins at *at*, and where its value begins."""
    at = _skip(text, at, "{")
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        value = _skip(text, _skip(text, at, ""), ":")
        yield str(key), value
        at = _skip(text, _DECODER.raw_decode(text, value)[1], ",")


def _elements(text: str, at: int) -> Iterator[int]:
    """Yield where every element of the JSON array that begins at *at* begins."""
    at = _skip(text, at, "[")
    while text[at] != "]":
        yield at
        at = _skip(text, _DECODER.raw_decode(text, at)[1], ",")


def _skip(text: str, at: int, mark: str) -> int:
    """Return where the next token of JSON behind *at* begins, *mark* jumped over if it is there."""
    at = _BLANKS.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere
    if mark and text[at : at + 1] == mark:
        at = _BLANKS.match(text, at + 1).end()  # type: ignore[union-attr]  # likewise
    elif mark in ("{", "["):
        message = f"no {mark} at {at}"
        raise ValueError(message)
    return at


def _data(text: str) -> str:
    """Return *text* escaped as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return *text* escaped as a property of a workflow command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
