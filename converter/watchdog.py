"""What ends in our place if we are killed: a shell, which then ends processes and removes folders of no more use."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCRIPT = """
    while IFS= read -r line; do
        what=${line#?}
        case $line in +*) set -- "$@" "$what"; continue;; esac
        for one; do shift; [ "$one" = "$what" ] || set -- "$@" "$one"; done
    done
    for one; do case $one in /*) ;; *) kill -s KILL -- "-$one";; esac; done
    for one; do case $one in /*) rm -rf -- "$one";; esac; done
"""
"""Keeps a list of process groups, which are numbers, and of folders, which begin with a slash, until we are gone.

A kernel ends with its parent by itself, but not what its cells have forked or started.
"""


class _Watchdog:
    """The shell, started when there is something to watch."""

    def __init__(self) -> None:
        self._shell: subprocess.Popen[str] | None = None

    def follow(self, what: int | Path) -> None:
        """Have *what* ended or removed when we are gone."""
        if os.name != "posix":
            return
        if self._shell is None:
            self._shell = subprocess.Popen(  # noqa: S603 - a script of our own
                ["/bin/sh", "-c", _SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for us
                text=True,
                encoding="utf-8",
                errors="surrogateescape",
            )
            atexit.register(self._shell.communicate)
        self._tell(f"+{what}")

    def forget(self, what: int | Path) -> None:
        """Leave *what* alone: it has ended, and its number may be given to others."""
        self._tell(f"-{what}")

    def _tell(self, line: str) -> None:
        if self._shell is not None and self._shell.stdin is not None and "\n" not in line:
            with contextlib.suppress(OSError, ValueError):
                self._shell.stdin.write(f"{line}\n")
                self._shell.stdin.flush()


_WATCHDOG = _Watchdog()
follow, forget = _WATCHDOG.follow, _WATCHDOG.forget


@contextlib.contextmanager
def folder(parent: str | None = None) -> Iterator[Path]:
    """Yield a new folder in *parent* (default: that of temporary files) which goes with the context, or with us."""
    with contextlib.ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="nbpress-", dir=parent, ignore_cleanup_errors=True)
        path = Path(made.name)
        stack.callback(forget, path)  # once it is gone
        stack.enter_context(made)
        follow(path)
        yield path
