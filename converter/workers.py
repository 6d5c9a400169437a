"""The same work on many things: by several processes where there is enough of it, results in the order of things."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

_Thing = TypeVar("_Thing")
_Result = TypeVar("_Result")
_WORTH_A_PROCESS = 50
"""How many notebooks make up for the start of one more process."""
_CHUNK = 16
"""How many things travel together: enough to make up for the way, few enough that all processes end together."""
_YOUNG = 50_000
"""Objects that may be made before Python looks for garbage: a notebook's tokens are many and all go at once."""

_PATIENCE = 2.0
"""Seconds after which a process ends that was told to, whoever else was told."""


def cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(work: Callable[[_Thing], _Result], things: Sequence[_Thing]) -> Iterator[_Result]:
    """Yield what *work* makes of each of *things*, in their order, as soon as it is known.

    *work* and all that goes in and out have to survive pickling. Where processes cannot be had, this one does it all.
    """
    workers = min(cpus(), len(things) // _WORTH_A_PROCESS)
    done = 0
    if workers > 1:
        from concurrent.futures.process import BrokenProcessPool

        try:
            for result in _by_processes(work, things, workers):
                yield result
                done += 1
        except (BrokenProcessPool, OSError):  # no memory for them, or killed: slower, with the same results
            pass
    yield from map(work, itertools.islice(things, done, None))


def _by_processes(work: Callable[[_Thing], _Result], things: Sequence[_Thing], workers: int) -> Iterator[_Result]:
    """Yield the results of *workers* processes; whoever stops listening ends them."""
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers, mp_context=_context(), initializer=_begin) as pool:
        yield from pool.map(work, things, chunksize=_CHUNK)


def _context() -> BaseContext:
    """Return how processes start: never as a copy of this one, whose threads and event loops would be cut short."""
    import multiprocessing

    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        # Imported once for all.
        context.set_forkserver_preload(["converter.light", "converter.check"])
    return context


def _begin() -> None:
    """Prepare a process for its work: Ctrl-C is for its parent, and it ends when the parent is gone."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_soon)
    gc.freeze()
    gc.set_threshold(_YOUNG)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_soon(*_: object) -> None:
    """Leave it to the parent, who was told as well where all of a group are, to end this process in good order."""
    threading.Timer(_PATIENCE, os._exit, (1,)).start()


def _end_with(parent: BaseProcess) -> None:
    """End this process as soon as *parent* has ended, however it did."""
    parent.join()
    os._exit(1)
