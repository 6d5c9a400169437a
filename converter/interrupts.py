"""Ctrl-C, and whatever else ends us politely: the first one ends kernels in good order, a later one ends us at once."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_Result = TypeVar("_Result")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = 0.5
"""Seconds in which more signals count as the same one: a key held down, a shell that tells all of a group."""
_STATUS = 130


def heed() -> None:
    """Take a request to end, and the end of the terminal, for Ctrl-C: kernels and Jekyll end first.

    `nohup` means that the end of the terminal is none of ours.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        shown = [number for number in (1, 2) if os.isatty(number)]  # of one that has gone nobody can tell

        def on_hangup(*_: object) -> None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for number in shown:
                os.dup2(nowhere, number)  # what is still to be said would be an error
            signal.raise_signal(signal.SIGTERM)  # jobs of a shell's background ignore SIGINT

        signal.signal(signal.SIGHUP, on_hangup)


def run(work: Coroutine[None, None, _Result], stops: Callable[[int], None]) -> _Result:
    """Return what *work* returns; raise `KeyboardInterrupt`, its kernels ended, if it was interrupted.

    *stops* is called with 1 when that begins, which may take seconds, and with 2 when it is cut short.

    Whoever calls this from within an event loop, in a notebook for example, gets one in a thread of its own.
    """
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_heeding(work, stops))
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _heeding(work, stops)).result()


async def _heeding(work: Coroutine[None, None, _Result], stops: Callable[[int], None]) -> _Result:
    """Await *work*, and cancel it at the first signal.

    Whoever is cancelled ends its kernel. At a signal later on there is no more waiting: whatever is left then is ended
    by the `watchdog`.
    """
    import asyncio

    loop, task, heard = asyncio.get_running_loop(), asyncio.ensure_future(work), list[float]()

    def on_signal() -> None:
        if heard and loop.time() - heard[0] > _PATIENCE:
            stops(2)
            os._exit(_STATUS)
        if not heard:
            stops(1)
        heard.append(loop.time())
        task.cancel()

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or not in the main thread
            loop.add_signal_handler(number, on_signal)
    try:
        return await task
    except asyncio.CancelledError:
        if heard:
            raise KeyboardInterrupt from None
        raise
    finally:
        for number in _SIGNALS:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(number)
                signal.signal(number, before[number])  # a preview goes on, and heeds both
