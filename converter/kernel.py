"""One kernel at a time under our own rules: how it starts, what it may use, and that nothing of it is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import tempfile
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from zmq import ZMQError

from converter import channels, read, watchdog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from nbformat import NotebookNode

_PR_SET_PDEATHSIG = 1
_START_TIMEOUT = 60
_LONGEST = 70
"""Bytes of a folder's path that leave room for a socket's name in the 104 that the smallest systems allow."""
_ATTEMPTS = 3
"""A machine under load lets a kernel miss its first appointment; it gets others."""


_FRAME = 150
"""Bytes that an output takes in the file and in memory however little it says: some kernels send each line alone."""


class StartError(Exception):
    """Say that a kernel did not start; the text is what it had to say."""


class Client(NotebookClient):
    """nbclient, with our way to start and to end a kernel, and a limit for what a cell may print."""

    def __init__(
        self,
        nb: NotebookNode,
        *,
        output_limit: int | None,
        memory: int | None,
        start_code: str = "",
        end_expression: str = "",
        limit_expression: str = "",
        **options: Any,  # noqa: ANN401 - nbclient's
    ) -> None:
        """Take what nbclient takes; *output_limit* and *memory* are bytes.

        *start_code* runs unseen before the first cell; *end_expression* is evaluated after the last, its `repr` is
        `ending`. *limit_expression* is the execution count of a cell whose output the kernel itself has cut, or 0.
        """
        super().__init__(
            nb,
            startup_timeout=_START_TIMEOUT,
            record_timing=False,  # clocks in the notebook would make each run a change
            coalesce_streams=False,  # it joins across displays, and so changes the order of outputs
            skip_cells_with_tag="skip-execution",
            **options,
        )
        self.output_limit = output_limit
        self.memory = memory
        self.at = 0
        """Index of the cell that runs."""
        self.printed: dict[int, int] = {}
        """Bytes of output by cell."""
        self.excess = ""
        """What was too much: `cell` or `notebook`."""
        self.allowed = 0
        """How much would not have been: bytes."""
        self.excess_at = 0
        """Index of the cell that printed it; the next one may run by the time that the kernel is dead."""
        self.start_code = start_code
        self.end_expression = end_expression
        self.limit_expression = limit_expression
        self.ending = ""
        self.complaints = ""
        """The end of what the kernel itself wrote to its standard error."""

    @contextlib.asynccontextmanager
    async def async_setup_kernel(self, **options: Any) -> AsyncIterator[None]:  # noqa: ANN401 - nbclient's
        """Have a fresh kernel as long as the context lasts, and nothing of it afterwards.

        nbclient's own way puts handlers on signals, one notebook over those of the other. Ours leaves them alone:
        whoever is cancelled ends its kernel.
        """
        with watchdog.folder(_short_folder()) as folder:
            try:
                await self._start(folder, options)
                if self.start_code:
                    await self.evaluate(self.start_code)
                yield
                if self.end_expression:
                    self.ending = await self.evaluate("", self.end_expression)
                if self.limit_expression:
                    self._require_whole(await self.evaluate("", self.limit_expression))
            finally:
                await asyncio.shield(self._end())
                self.complaints = _tail(folder / "stderr")

    async def _start(self, folder: Path, options: dict[str, Any]) -> None:
        """Start the kernel and wait until it answers."""
        for attempt in range(1, _ATTEMPTS + 1):
            if self.km is None or attempt > 1:
                self.km = self.create_kernel_manager()
                self.km.client_factory = channels.KernelClient
            self._use_sockets(folder, attempt)
            try:
                with (folder / "stderr").open("ab") as complaints:
                    # What a kernel has to say of a cell that was cut short would only bury our own message.
                    await self.async_start_new_kernel(
                        stdout=subprocess.DEVNULL,  # else whoever reads our output waits for the kernel's children, too
                        stderr=complaints,
                        preexec_fn=_limits(self.memory),
                        **options,
                    )
                    if group := self._group():
                        watchdog.follow(group)
                await self.async_start_new_kernel_client()
            except (RuntimeError, OSError, ZMQError, DeadKernelError) as error:
                said = _tail(folder / "stderr")  # before we end it, which it may comment on
                await self._end()
                if attempt == _ATTEMPTS:
                    # One that hangs has been interrupted by now, and says only that.
                    raise StartError(said if said and "died" in str(error) else str(error)) from error
            else:
                return

    def _use_sockets(self, folder: Path, attempt: int) -> None:
        """Let client and kernel talk over Unix sockets in *folder*, where nobody else can listen.

        Over TCP every user of the machine could. The path is short, as that of a socket must be.
        """
        assert self.km is not None  # noqa: S101 - the caller has made it
        if os.name == "posix" and hasattr(self.km, "transport"):
            self.km.connection_file = str(folder / f"{attempt}.json")
            self.km.transport = "ipc"
            self.km.ip = str(folder / f"{attempt}")

    async def _end(self) -> None:
        """End the kernel and every process that it started in its session."""
        group = self._group()
        with contextlib.suppress(Exception):
            await self._async_cleanup_kernel()
        if group and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)  # children that outlived it, after a fork for example
            watchdog.forget(group)

    def _group(self) -> int | None:
        """Return the process group of the kernel."""
        group = getattr(getattr(self.km, "provisioner", None), "pgid", None)
        return group if isinstance(group, int) else None

    async def async_execute_cell(self, *args: Any, **options: Any) -> NotebookNode:  # noqa: ANN401 - nbclient's
        """Execute a cell, unless whoever runs the notebook was told to stop while the last one ended.

        `asyncio.wait_for` of Python 3.11, in which nbclient waits for the outputs, forgets that (CPython issue 86296).
        """
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError
        return await super().async_execute_cell(*args, **options)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Take an output of the running cell; end the kernel if there are too many."""
        if self.excess:
            return None
        if self.output_limit is not None:
            self.printed[cell_index] = self.printed.get(cell_index, 0) + _weight(msg["content"])
            if self.printed[cell_index] > self.output_limit:
                self.excess = "cell"
            elif sum(self.printed.values()) > NOTEBOOK_FACTOR * self.output_limit:
                self.excess = "notebook"
            if self.excess:
                self.excess_at = cell_index
                self.allowed = self.output_limit * (1 if self.excess == "cell" else NOTEBOOK_FACTOR)
                self._kill_at_once()  # what it sends until it is dead has to go somewhere
                if self.task_poll_for_reply is not None:  # nbclient's own look at the kernel may be seconds away
                    self.task_poll_for_reply.cancel()
                return None
        if isinstance(msg["content"].get("data"), dict):
            msg["content"]["data"] = read.mimebundle(msg["content"]["data"])
        return super().output(outs, msg, display_id, cell_index)

    async def _async_check_alive(self) -> None:
        """Find out that the kernel is dead, also where we have ended it and its client is gone."""
        if self.kc is None:
            raise DeadKernelError("Kernel died")
        await super()._async_check_alive()

    def _require_whole(self, cut: str) -> None:
        """Raise `DeadKernelError` if the kernel has *cut* output that was counted nowhere else: a widget's."""
        for index, cell in enumerate(self.nb.cells):
            if cut not in ("", "0") and str(cell.get("execution_count")) == cut:
                self.excess, self.excess_at, self.allowed = "cell", index, self.output_limit or 0
                raise DeadKernelError("it printed too much")

    def _kill_at_once(self) -> None:
        """End the kernel's processes, if they are on this machine."""
        group = self._group()
        if group and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    async def evaluate(self, code: str, expression: str = "") -> str:
        """Run *code* unseen, and return what *expression* is then, as its `repr`; empty if it cannot be had."""
        assert self.kc is not None  # noqa: S101 - within `async_setup_kernel`
        expressions = {"it": expression} if expression else {}
        sent = await ensure_async(self.kc.execute(code, silent=True, store_history=False, user_expressions=expressions))
        reply = await self.async_wait_for_reply(sent)
        found = ((reply or {}).get("content", {}).get("user_expressions") or {}).get("it", {})
        return str(found.get("data", {}).get("text/plain", ""))


NOTEBOOK_FACTOR = 5
"""How many times the output of one cell a whole notebook may print."""


def _short_folder() -> str | None:
    """Return the folder for sockets: the usual one for temporary files unless its path is too long for a socket's."""
    usual = tempfile.gettempdir()
    return "/tmp" if os.name == "posix" and len(os.fsencode(usual)) > _LONGEST else None  # noqa: S108 - made by mkdtemp


def _weight(content: dict[str, Any]) -> int:
    """Return roughly how many bytes an output takes in the notebook's file."""
    data = content.get("data") or {}
    size = _FRAME + len(content.get("text") or "") + sum(map(len, content.get("traceback") or ()))
    return size + sum(len(value) if isinstance(value, str) else len(str(value)) for value in data.values())


def _limits(memory: int | None) -> Callable[[], None] | None:
    """Return what a new kernel does before its program starts: end with its parent, use no more than *memory*.

    `RLIMIT_DATA` counts what a process really asks for (Linux 4.7 and newer); `RLIMIT_AS` would also count address
    space that libraries reserve and never touch.
    """
    if os.name != "posix":
        return None
    import resource

    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        prctl = None

    def before_start() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))

    return before_start


def _tail(file: Path) -> str:
    """Return the last lines of *file*."""
    try:
        return "\n".join(file.read_text("utf-8", "replace").splitlines()[-20:])
    except OSError:
        return ""
