"""The same work on many things: by several processes where there is enough of it, results in the order of things."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import shutil
import signal
import sys
import threading
import types
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

_Thing = TypeVar("_Thing")
_Result = TypeVar("_Result")
_WORTH_A_PROCESS = 50
"""How many notebooks make up for the start of one more process."""
_CHUNK = 8
"""How many things travel together: enough to make up for the way, few enough that all processes end together."""
YOUNG = 50_000
"""Objects that may be made before Python looks for garbage: a notebook's tokens are many and all go at once."""
_SAFE = "PYTHONSAFEPATH"
"""The variable by which Python does without the current folder."""
_PATH = "PYTHONPATH"
"""The variable with folders that Python looks in before those of what is installed."""
_PATIENCE = 2.0
"""Seconds after which a process ends that was told to, whoever else was told."""


def cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def expect(number: int) -> None:
    """Let the processes for *number* things load what they need while this one loads it, too, and gets ready."""
    if _number_for(number) > 1 and _context().get_start_method() == "forkserver":
        from multiprocessing import forkserver

        with contextlib.suppress(OSError), _without_strangers():  # then `each` finds out, and goes without them
            forkserver.ensure_running()


def each(work: Callable[[_Thing], _Result], things: Sequence[_Thing]) -> Iterator[_Result]:
    """Yield what *work* makes of each of *things*, in their order, as soon as it is known.

    *work* and all that goes in and out have to survive pickling; none of it may come from the program that calls us.
    Where processes cannot be had, this one does it all.
    """
    workers, done = _number_for(len(things)), 0
    if workers > 1:
        from concurrent.futures.process import BrokenProcessPool

        try:
            for result in _by_processes(work, things, workers):
                yield result
                done += 1
        except (BrokenProcessPool, OSError):  # no memory for them, or killed: slower, with the same results
            pass
    yield from map(work, itertools.islice(things, done, None))


def _number_for(things: int) -> int:
    """Return how many processes are worth their start for so many *things*."""
    return min(cpus(), things // _WORTH_A_PROCESS)


def _by_processes(work: Callable[[_Thing], _Result], things: Sequence[_Thing], workers: int) -> Iterator[_Result]:
    """Yield the results of *workers* processes; whoever stops listening ends them."""
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers, mp_context=_context(), initializer=_begin) as pool:
        with _without_main(), _without_strangers():  # in which all of them are started
            results = pool.map(work, things, chunksize=_CHUNK)
        yield from results


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Keep the program that calls us out of processes that start meanwhile.

    Python would run it in each of them, for functions of its own that the work may need. Ours needs none, and a program
    that builds a blog without asking for its `__name__` would build it again, and wait for the build that waits for it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _without_strangers() -> Iterator[None]:
    """Keep processes that start meanwhile from importing what lies in the current folder, which Python does first.

    A blog is such a folder, and `check` runs no code of it.
    """
    wanted = {_SAFE: "1"} | _way_to_us()
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _way_to_us() -> dict[str, str]:
    """Return the variable by which processes find this nbpress, if Python has found it in the folder it looks in first.

    They would take another one that is installed, as for `python -m converter` in the folder of a second nbpress.
    """
    home = Path(__file__).resolve().parent.parent
    if [Path(it).resolve() for it in sys.path[:1]] != [home]:
        return {}
    return {_PATH: os.pathsep.join(filter(None, (str(home), os.environ.get(_PATH))))}


def _context() -> BaseContext:
    """Return how processes start: never as a copy of this one, whose threads and event loops would be cut short."""
    import multiprocessing

    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["converter.light", "converter.ahead"])
    return context


def _begin() -> None:
    """Prepare a process for its work: Ctrl-C is for its parent, and it ends when the parent is gone."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_soon)
    gc.freeze()
    gc.set_threshold(YOUNG)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_soon(*_: object) -> None:
    """Leave it to the parent, who was told as well where all of a group are, to end this process in good order."""
    threading.Timer(_PATIENCE, os._exit, (1,)).start()


def _end_with(parent: BaseProcess) -> None:
    """End this process as soon as *parent* has ended, however it did, with the folder of sockets between them."""
    from multiprocessing import util

    folder = util.get_temp_dir()  # the parent's, who is not there to remove it if it was killed
    parent.join()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
