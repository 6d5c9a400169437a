"""What went wrong while a notebook ran, in our words: the cell, the line, the code around it, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from converter.errors import CellError, ExecutionError, MemoryExceeded, OutputExceeded

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from converter.gateway import Manager
    from converter.kernel import Client
    from converter.model import Source

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LINE = re.compile(r"(?:Cell |Input )?In ?\[\d+\], line (\d+)|^-+> (\d+) ", re.MULTILINE)
_INVENTED_NAME = re.compile(r" \((?:<ipython-input-[^>]*>|\d+\.py), line \d+\)$")
_TITLE = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
_MISSING = (
    "install its package (list it under `notebooks` in pyproject.toml, then `make lock` and `make build`), "
    "or keep the stored outputs with `nbpress adopt`"
)
_AROUND = 2
"""Lines of source shown before and after the failing one."""


def of_cell(error: Any, client: Client, source: Source) -> ExecutionError:  # noqa: ANN401 - nbclient's
    """Return nbclient's *error* with the line in the cell and the source around it."""
    cell = client.nb.cells[client.at]
    traceback = _ANSI.sub("", str(error.traceback))
    lines = [int(first or second) for first, second in _LINE.findall(traceback)]
    height = cell.source.count("\n") + 1
    line = next((number for number in lines if number <= height), None)
    reason = [_INVENTED_NAME.sub("", line) for line in str(error.evalue).strip().splitlines()]
    says = f"{error.ename}: {reason[0]}" if reason else str(error.ename)
    kind, hint = CellError, ""
    if error.ename == "StdinNotImplementedError":
        says, hint = (
            "asks for input, and nobody is there to give it",
            "set the value in the code, or say `#| eval: false`",
        )
    if error.ename == "MemoryError" and client.memory is not None:
        kind, hint = (
            MemoryExceeded,
            f"`memory` allows {_size(client.memory)}; use less, or raise it in the front matter or in _config.yml",
        )
    if error.ename == "ModuleNotFoundError":
        hint = _MISSING
    return kind(
        says + _title(client.nb, client.at),
        source=source.path,
        cell=client.at + 1,
        line=line,
        hint=hint,
        detail=_excerpt(cell.source, line or 1),
    )


def of_gateway(remote: Manager | None, client: Client, source: Source) -> ExecutionError | None:
    """Return the error of a gateway that went away while a cell ran."""
    failure = remote.failure if remote else None
    if failure is None:
        return None
    return at_cell(type(failure), failure.message, client, source, failure.hint)


def of_death(client: Client, source: Source) -> ExecutionError:
    """Return why the kernel is dead: because we ended it, or of itself."""
    if client.excess:
        client.at = client.excess_at
        who = "the cell" if client.excess == "cell" else "the notebook up to this cell"
        message = f"{who} printed more than {_size(client.allowed)}"
        return at_cell(
            OutputExceeded,
            message,
            client,
            source,
            "print less, or raise `output_limit` in the front matter or in _config.yml",
        )
    hint = "the code ended the process, or the machine's memory ran out"
    if client.memory is not None:
        hint = f"the code ended the process, or it wanted more than the {_size(client.memory)} of `memory`"
    return at_cell(ExecutionError, "the kernel died", client, source, hint)


def at_cell(kind: type[ExecutionError], message: str, client: Client, source: Source, hint: str) -> ExecutionError:
    """Return an error of *kind* at the cell that was running."""
    return kind(
        message + _title(client.nb, client.at),
        source=source.path,
        cell=client.at + 1,
        hint=hint,
        detail=_excerpt(client.nb.cells[client.at].source, 1),
    )


def _title(nb: NotebookNode, index: int) -> str:
    """Return the heading under which cell *index* stands, for a message."""
    for cell in reversed(nb.cells[: index + 1]):
        titles = _TITLE.findall(cell.source) if cell.cell_type == "markdown" else []
        if titles:
            return f', under "{titles[-1]}"'
    return ""


def _excerpt(source: str, line: int) -> str:
    """Return the five lines of *source* around *line*, numbered, the line itself marked."""
    lines = source.split("\n")
    first = max(0, min(line - 1 - _AROUND, len(lines) - 2 * _AROUND - 1))
    chosen = list(enumerate(lines, 1))[first : first + 2 * _AROUND + 1]
    return "\n".join(f"{'>' if number == line else ' '} {number:3} {text}".rstrip() for number, text in chosen)


def _size(size: int) -> str:
    """Return *size* in bytes as people write it."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:g} {unit}"
    return f"{size} bytes"
