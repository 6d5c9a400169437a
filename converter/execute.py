"""A notebook through a fresh kernel, from top to bottom, by nbclient."""

from __future__ import annotations

import copy
import datetime
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converter import directives, front_matter, record
from converter.errors import CellError, CellTimeout, ExecutionError, KernelMissing
from converter.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbclient import NotebookClient
    from nbformat import NotebookNode

    from converter.config import Config
    from converter.model import FrontMatter, Source

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LINE = re.compile(r"(?:Cell |Input )?In ?\[(?:\d+)\], line (\d+)|<ipython-input-[^>]*> in .*\n(?:.*\n)*?-+> (\d+) ")
_AROUND = 2
"""Lines of source shown before and after the failing one."""
_TITLE = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
_START_TIMEOUT = 120


def mode(matter: FrontMatter, config: Config, asked: str | None) -> str:
    """Return when the notebook runs: `auto`, `always` or `never`.

    The command line decides where it *asked*, then the notebook's front matter, then the site. A notebook that says
    `never` keeps its word: its author knows that it cannot run.
    """
    own = front_matter.setting(matter, "execute", "")
    if own == "never":
        return "never"
    return asked or own or config.execute


def notebook(
    nb: NotebookNode, source: Source, matter: FrontMatter, config: Config, on_cell: Callable[[int, int], None]
) -> tuple[NotebookNode, tuple[Finding, ...]]:
    """Return a copy of *nb* with the outputs that its code gives in a fresh kernel, and the record of the run.

    The working directory is the notebook's folder. *on_cell* is told the number of the cell that starts and how many
    there are. Raises `CellError`, `CellTimeout`, `KernelMissing` or `ExecutionError`, with the cell's number; whatever
    happens, no kernel is left behind.
    """
    import nbclient.exceptions

    executed = _prepared(nb)
    name, findings = _kernel_name(nb, source)
    at = [0]

    def on_start(cell_index: int, **_: object) -> None:
        at[0] = cell_index
        on_cell(cell_index + 1, len(executed.cells))

    client = nbclient.NotebookClient(
        executed,
        kernel_name=name,
        timeout=front_matter.setting(matter, "timeout", config.timeout),
        startup_timeout=_START_TIMEOUT,
        allow_errors=bool(front_matter.setting(matter, "allow_errors", config.allow_errors)),
        record_timing=False,  # clocks in the notebook would make each run a change
        coalesce_streams=True,
        skip_cells_with_tag="skip-execution",
        resources={"metadata": {"path": str(source.file.parent)}},
        on_cell_start=on_start,
    )
    try:
        _run(client, _environment(matter, source))
    except nbclient.exceptions.CellExecutionError as error:
        raise _cell_error(error, executed, at[0], source) from error
    except nbclient.exceptions.CellTimeoutError as error:
        raise CellTimeout(
            f"ran longer than {client.timeout} s{_title(executed, at[0])}",
            source=source.path,
            cell=at[0] + 1,
            hint="make it faster, or raise `timeout` in the front matter or in _config.yml",
            detail=_excerpt(executed.cells[at[0]].source, 1),
        ) from error
    except nbclient.exceptions.DeadKernelError as error:
        raise ExecutionError(
            f"the kernel died{_title(executed, at[0])}",
            source=source.path,
            cell=at[0] + 1,
            hint="its memory may have run out, or the code ended the process",
            detail=_excerpt(executed.cells[at[0]].source, 1),
        ) from error
    except RuntimeError as error:
        raise ExecutionError(
            f"kernel {name} did not start: {str(error).strip().splitlines()[0]}",
            source=source.path,
            hint=f"try `python -m ipykernel_launcher` or the kernel's own command to see why {name} does not start",
        ) from error
    result = _with_results(nb, executed)
    result.metadata[record.KEY] = record.of(result)
    return result, findings


def _run(client: NotebookClient, environment: dict[str, str]) -> None:
    """Run all cells of *client*'s notebook; its kernel is gone afterwards.

    Where there are Unix sockets, kernel and client talk over some in a folder of their own: over TCP everybody on the
    machine could listen. The folder's path is short, as a socket's must be.
    """
    with tempfile.TemporaryDirectory(prefix="nbpress-") as folder, Path(folder, "stderr").open("wb") as complaints:
        client.km = client.create_kernel_manager()
        client.km.connection_file = str(Path(folder, "kernel.json"))
        if os.name == "posix":
            client.km.transport = "ipc"
            client.km.ip = str(Path(folder, "socket"))
        # What the kernel itself has to say of a cell that was cut short would only bury our own message.
        client.execute(env=environment, stderr=complaints)


def _prepared(nb: NotebookNode) -> NotebookNode:
    """Return a copy of *nb* in which directives that matter to a run are tags, the spelling that nbclient knows."""
    copied = copy.deepcopy(nb)
    for cell in copied.cells:
        if cell.cell_type != "code":
            continue
        view = directives.of_cell(cell)
        tags = list(cell.metadata.get("tags") or ())
        tags += ["skip-execution"] * view.skipped + ["raises-exception"] * view.may_fail
        cell.metadata.tags = list(dict.fromkeys(tags))
        if not view.skipped:
            cell.outputs = []
            cell.execution_count = None
    return copied


def _with_results(nb: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """Return a copy of *nb* with the outputs and execution counts of *executed*, and nothing else of it."""
    result = copy.deepcopy(nb)
    for cell, done in zip(result.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = done.outputs
            cell.execution_count = done.execution_count
    return result


def _kernel_name(nb: NotebookNode, source: Source) -> tuple[str, tuple[Finding, ...]]:
    """Return the kernel to start for *nb*; an unknown Python kernel means the one nbpress runs in."""
    from jupyter_client.kernelspec import KernelSpecManager

    wanted, language = record.kernel(nb)
    installed = sorted(KernelSpecManager().find_kernel_specs())
    if wanted in installed:
        return wanted, ()
    if language in ("python", "ipython"):
        note = Finding(
            rule="kernel-installed",
            message=f"kernel {wanted} is not installed here; ran in this project's own Python instead",
            source=source.path,
            severity=Severity.NOTE,
        )
        return "python3", (note,)
    raise KernelMissing(
        f"kernel {wanted} ({language}) is not installed; installed are {', '.join(installed)}",
        source=source.path,
        hint="install it, or publish the stored outputs with `execute: never` in the front matter",
    )


def _environment(matter: FrontMatter, source: Source) -> dict[str, str]:
    """Return the kernel's environment: what makes runs differ is fixed, unless the author has set it."""
    day = datetime.date.fromisoformat(source.date or matter.date or "1980-01-01")
    midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)
    fixed = {
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": str(max(int(midnight.timestamp()), 0)),
        "TZ": "UTC",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return fixed | dict(os.environ)


def _cell_error(error: Any, executed: NotebookNode, index: int, source: Source) -> CellError:  # noqa: ANN401 - nbclient's
    """Return nbclient's *error* with the line in the cell and the source around it."""
    cell = executed.cells[index]
    traceback = _ANSI.sub("", str(error.traceback))
    found = _LINE.findall(traceback)
    lines = [int(first or second) for first, second in found]
    height = cell.source.count("\n") + 1
    line = next((number for number in lines if number <= height), None)
    reason = str(error.evalue).strip().splitlines()
    says = f"{error.ename}: {reason[0]}" if reason else str(error.ename)
    return CellError(
        says + _title(executed, index),
        source=source.path,
        cell=index + 1,
        line=line,
        detail=_excerpt(cell.source, line or 1),
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
