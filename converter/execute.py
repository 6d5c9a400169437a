"""A notebook through a fresh kernel, from top to bottom, by nbclient."""

from __future__ import annotations

import asyncio
import copy
import datetime
import itertools
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nbformat

from converter import directives, faults, front_matter, inputs, kernel_limit, probe, record, stable, widgets
from converter.errors import (
    CellTimeout,
    ExecutionError,
    KernelMissing,
    NotebookTimeout,
)
from converter.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

    from converter.config import Config
    from converter.gateway import Manager
    from converter.kernel import Client
    from converter.model import FrontMatter, Source

_PYTHON = ("python", "ipython")
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
)
"""How numeric libraries are told not to take all CPUs for one of several kernels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What a run gave."""

    nb: NotebookNode
    """The notebook with its new outputs and record."""
    findings: tuple[Finding, ...]
    """What its author should know of the run."""
    seconds: float
    """How long it took."""
    cells: dict[int, float]
    """Seconds by number of the cell, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A notebook that is to run."""

    nb: NotebookNode
    source: Source
    matter: FrontMatter
    config: Config
    threads: int = 1
    """How many threads its numeric libraries may use."""


async def notebook(run: Run, on_cell: Callable[[int, int], None]) -> Executed:
    """Return what the code of *run*'s notebook gives in a fresh kernel, and the record of the run.

    The working directory is the notebook's folder. *on_cell* is told the number of the cell that starts and how many
    there are. Raises an `ExecutionError` with the cell's number; whatever happens, no kernel is left behind.
    """
    if run.config.gateway:
        from converter import gateway

        with gateway.choose(run.config.gateway) as url:
            return await _through(run, on_cell, await _remote(run, url))
    return await _through(run, on_cell, None)


async def _through(run: Run, on_cell: Callable[[int, int], None], remote: Manager | None) -> Executed:
    """Return what the code gives in a kernel of this machine, or in that of *remote*."""
    from converter import kernel

    executed = _prepared(run.nb)
    name, findings = (remote.kernel_name, ()) if remote else _kernel_name(run.nb, run.source)
    began, spent = time.monotonic(), dict[int, float]()
    declared = inputs.digests(run.matter, run.source, run.config)  # as the run finds them

    def on_start(cell_index: int, **_: object) -> None:
        client.at = cell_index

    def on_execute(cell_index: int, **_: object) -> None:
        spent[cell_index + 1] = -time.monotonic()
        on_cell(cell_index + 1, len(executed.cells))

    def on_executed(cell_index: int, **_: object) -> None:
        spent[cell_index + 1] += time.monotonic()

    config, matter = run.config, run.matter
    is_python = name == "python3" or record.kernel(run.nb)[1] in _PYTHON
    watched = is_python and remote is None  # another machine's files are not the blog's
    output_limit = front_matter.size_setting(matter, "output_limit", config.output_limit)
    is_limited = is_python and output_limit is not None
    start_code = [probe.start(config.root)] * watched + [stable.start_up()] * is_python
    start_code += [probe.unseen(kernel_limit, f"install({output_limit})")] * is_limited
    client = kernel.Client(
        executed,
        output_limit=output_limit,
        start_code="\n".join(start_code),
        end_expression=probe.EXPRESSION if watched else "",
        limit_expression=kernel_limit.EXPRESSION if is_limited else "",
        memory=front_matter.size_setting(matter, "memory", config.memory),
        kernel_name=name,
        timeout=front_matter.setting(matter, "timeout", config.timeout),
        allow_errors=bool(front_matter.setting(matter, "allow_errors", config.allow_errors)),
        resources={"metadata": {"path": str(run.source.file.parent)}},
        on_cell_start=on_start,
        on_cell_execute=on_execute,
        on_cell_executed=on_executed,
    )
    client.km = remote  # type: ignore[assignment]  # as much of a KernelManager as nbclient asks for
    await _bounded(client, run, name, remote)
    seconds = time.monotonic() - began
    result = stable.outputs(_with_results(run.nb, executed))
    use, noted = _use(client, run, declared)
    result.metadata[record.KEY] = record.of(result, use)
    return Executed(nb=result, findings=findings + noted, seconds=seconds, cells=spent)


def _use(client: Client, run: Run, declared: dict[str, str]) -> tuple[record.Use, tuple[Finding, ...]]:
    """Return what the run used, and what is odd about it; *declared* are digests from before it."""
    source, root = run.source, run.config.root
    trace = probe.trace(client.ending, root, notebook=source.file) if client.ending else probe.NOTHING
    now = inputs.digests(run.matter, source, run.config)
    # What the probe has seen it knows better: it tells changes of the run itself from those of others.
    before = {path: digest for path, digest in declared.items() if path not in trace.inputs and not trace.made(path)}
    changed = [path for path, digest in before.items() if now.get(path, "") not in (digest, "")]
    said = [(path, "was read and taken away while the notebook ran; it does not count") for path in trace.vanished]
    said += [
        (path, "was changed while the notebook ran, which will run again")
        for path in sorted([*trace.changed, *changed])
    ]
    findings = tuple(
        Finding(rule="input-stays", message=f"{path} {what}", source=source.path, severity=Severity.WARNING)
        for path, what in said
    )
    found = {**dict.fromkeys(trace.absent, record.ABSENT), **now, **before, **trace.inputs}
    folder = str(source.path.parent)
    return record.Use(inputs=found, folder=folder, environment=trace.environment, network=trace.network), findings


async def _bounded(client: Client, run: Run, name: str, remote: Manager | None) -> None:
    """Run all cells of *client*'s notebook within its limits, and say in our words what went wrong."""
    import nbclient.exceptions

    from converter import kernel

    seconds = front_matter.setting(run.matter, "notebook_timeout", run.config.notebook_timeout)
    limit = asyncio.timeout(seconds)
    task = asyncio.current_task()
    try:
        async with limit:
            await client.async_execute(env=_environment(run))
    except nbclient.exceptions.CellExecutionError as error:
        raise faults.of_cell(error, client, run.source) from error
    except nbclient.exceptions.CellTimeoutError as error:
        message = f"ran longer than {client.timeout} s"
        hint = "make it faster, or raise `timeout` in the front matter or in _config.yml"
        raise faults.at_cell(CellTimeout, message, client, run.source, hint) from error
    except (nbclient.exceptions.DeadKernelError, TimeoutError, asyncio.CancelledError) as error:
        if limit.expired():
            message = f"the notebook ran longer than {seconds} s and had come to this cell"
            hint = "make it faster, or raise `notebook_timeout` in the front matter or in _config.yml"
            raise faults.at_cell(NotebookTimeout, message, client, run.source, hint) from error
        if task is not None and task.cancelling():  # nbclient takes our cancellation for a dead kernel
            raise asyncio.CancelledError from error
        raise faults.of_gateway(remote, client, run.source) or faults.of_death(client, run.source) from error
    except ExecutionError as error:  # a gateway's
        error.source = run.source.path
        raise
    except kernel.StartError as error:
        reason = str(error).strip().splitlines()
        raise ExecutionError(
            f"kernel {name} did not start: {reason[-1] if reason else 'it said nothing'}",
            source=run.source.path,
            hint="try its command in a terminal to see why",
            detail=str(error),
        ) from error


async def _remote(run: Run, url: str) -> Manager:
    """Return the manager of a kernel on the gateway at *url*, the one that the notebook asks for."""
    from converter import gateway

    token = gateway.token(os.environ)
    wanted, language = record.kernel(run.nb)
    try:
        known = await gateway.kernelspecs(url, token)
    except ExecutionError as error:
        error.source = run.source.path
        raise
    alike = [name for name, spoken in known.items() if language in _PYTHON and spoken.lower() in _PYTHON]
    if wanted not in known and not alike:
        raise KernelMissing(
            f"the gateway has no kernel {wanted} ({language}); it has {', '.join(known) or 'none'}",
            source=run.source.path,
            hint="install it there, or publish the stored outputs with `execute: never` in the front matter",
        )
    return gateway.Manager(
        url=url,
        token=token,
        kernel_name=wanted if wanted in known else alike[0],
        folder=str(run.source.path.parent),
        forward=tuple(_fixed(run)),
    )


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
    """Return a copy of *nb* with outputs, execution counts and widgets of *executed*, and nothing else of it."""
    result = copy.deepcopy(nb)
    for cell, done in zip(result.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = _joined_streams(done.outputs)
            cell.execution_count = done.execution_count
    return widgets.with_state(result, executed)


def _joined_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return *outputs* with neighbouring streams as one of each name, standard output first.

    How a kernel cuts them into messages, and which of the two comes first, is a matter of chance.
    """
    found: list[NotebookNode] = []
    for is_stream, group in itertools.groupby(outputs, lambda output: output.output_type == "stream"):
        if not is_stream:
            found += group
            continue
        texts: dict[str, list[str]] = {}
        for output in group:
            texts.setdefault(output.name, []).append(output.text)
        for name in sorted(texts, reverse=True):
            found.append(nbformat.v4.new_output("stream", name=name, text="".join(texts[name])))
    return found


def _kernel_name(nb: NotebookNode, source: Source) -> tuple[str, tuple[Finding, ...]]:
    """Return the kernel to start for *nb*; an unknown Python kernel means the one nbpress runs in."""
    from jupyter_client.kernelspec import KernelSpecManager

    wanted, language = record.kernel(nb)
    installed = sorted(KernelSpecManager().find_kernel_specs())
    if wanted in installed:
        return wanted, ()
    if language in _PYTHON:
        note = Finding(
            rule="kernel-installed",
            message=f"kernel {wanted} is not installed here, so the notebook ran in nbpress's own Python",
            source=source.path,
            severity=Severity.NOTE,
        )
        return "python3", (note,)
    raise KernelMissing(
        f"kernel {wanted} ({language}) is not installed; installed are {', '.join(installed)}",
        source=source.path,
        hint="install it, or publish the stored outputs with `execute: never` in the front matter",
    )


def _environment(run: Run) -> dict[str, str]:
    """Return the kernel's environment: what makes runs differ is fixed, unless the author has set it."""
    return _fixed(run) | dict(os.environ)


def _fixed(run: Run) -> dict[str, str]:
    """Return what is fixed in the kernel's environment."""
    day = datetime.date.fromisoformat(run.source.date or run.matter.date or "1980-01-01")
    midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)
    fixed = {
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "SOURCE_DATE_EPOCH": str(max(int(midnight.timestamp()), 0)),
        "TZ": "UTC",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return fixed | dict.fromkeys(_THREADS, str(run.threads))
