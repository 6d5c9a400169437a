"""Findings for programs: JSON, and annotations that GitHub shows in a pull request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from converter.model import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from converter.model import Finding, Report

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


def line_in_file(file: Path, cell: int | None, line: int | None) -> int:
    """Return the line of *file* in which *line* of *cell* stands; 0 if nobody can tell.

    Jupyter writes one line of source a line, so the line after the n-th cell's `"source": [` is its first.
    """
    if cell is None:
        return line or 1
    try:
        text = file.read_text("utf-8-sig")
        cells = json.loads(text)["cells"]
    except (OSError, ValueError, KeyError):
        return 0
    at = 0
    for index, node in enumerate(cells[:cell]):
        at = text.find('"source":', at)
        if at < 0:
            return 0
        # What a source says may look like a key; so jump over all of it.
        source = node.get("source")
        if index < cell - 1:
            for item in source if isinstance(source, list) else [source]:
                at = max(at, text.find(json.dumps(item, ensure_ascii=False), at))
            at += 1
    first = text.count("\n", 0, at) + 1
    is_list = isinstance(cells[cell - 1].get("source"), list) and "\n" in text.strip()
    return first + (line or 1) if is_list else first


def _data(text: str) -> str:
    """Return *text* escaped as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return *text* escaped as a property of a workflow command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
