"""What a run used: files of the blog, distributions and the network, noted by an audit hook in Python kernels.

`start` is the code to run before the first cell, `EXPRESSION` what to evaluate after the last, `trace` reads its value.
The hook sees what goes through Python: `open` and `os.open`, and with them pathlib, json, pandas, NumPy, Pillow,
`%run`; `sqlite3`; modules of the blog, also from a `.pyc`. It does not see

- other processes: `!cmd`, `subprocess`, and what `multiprocessing` reads in its workers;
- libraries that open files by themselves: HDF5, netCDF, Arrow, Polars, DuckDB, OpenCV, GDAL;
- sockets that such libraries open by themselves;
- which files a folder holds (`glob`), and questions whether there is one: a new file changes nothing that is noted;
- databases that SQL attaches, and files that are opened relative to an open folder;
- kernels in other languages, and kernels on other machines.

For files of these kinds there is `inputs:` in the front matter.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from converter import files, kernel_probe

if TYPE_CHECKING:
    from types import ModuleType

EXPRESSION = f"__import__('sys').modules['{kernel_probe.NAME}'].report()"
"""What the kernel evaluates after the last cell; its text/plain is what `trace` takes."""
CHANGED = "changed during the run"
"""Stands in the place of a digest where nobody knows what the run has read; no file's digest equals it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one run used."""

    inputs: dict[str, str]
    """Path, relative to the blog's root, → digest of each file that was read or imported, as it is after the run."""
    absent: tuple[str, ...] = ()
    """Files that the run wanted to read, and that are not there."""
    vanished: tuple[str, ...] = ()
    """Files that were read and that somebody else took away."""
    changed: tuple[str, ...] = ()
    """Files that somebody else changed after they were read; their digest is `CHANGED`, which is never fresh."""
    own: frozenset[str] = frozenset()
    """Files that the run itself has made or written anew, and folders in which all is its own."""
    environment: dict[str, str]
    """Name → version of the distributions imported since the start."""
    network: bool
    """Whether the run spoke to another machine."""

    def made(self, path: str) -> bool:
        """Tell whether the run itself has made what is at *path*."""
        return not self.own.isdisjoint({path, *map(str, PurePosixPath(path).parents)})


NOTHING = Trace(inputs={}, environment={}, network=False)
"""What is known of a run that nobody could watch."""


def start(root: Path) -> str:
    """Return the code that makes a Python kernel watch what is used of the blog at *root*; it binds no name."""
    return unseen(kernel_probe, f"install({str(root)!a})")


def unseen(module: ModuleType, call: str) -> str:
    """Return the code that lets a Python kernel have *module*, of which only the text is sent, and then *call*."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    code = ascii(f"{text}\n{call}\n")  # ASCII, as a path may hold bytes that are no text
    return f"exec(compile({code}, '<nbpress>', 'exec'), {{'__name__': '{module.NAME}'}})"


def trace(payload: str, root: Path, *, notebook: Path | None = None) -> Trace:
    """Return what the run used, from the *payload* of `EXPRESSION`; the *notebook* is no input of its own.

    Raises `ValueError` where the payload is none of ours.
    """
    try:
        report = json.loads(ast.literal_eval(payload))
        read, environment, network = report["read"], report["environment"], report["network"]
    except (KeyError, SyntaxError, TypeError) as error:
        raise ValueError(f"not a report of the probe: {payload[:80]}") from error
    itself = notebook and notebook.resolve()
    inputs, vanished, changed = {}, [], []
    for name, stamp in sorted(read.items()):
        file = root / name
        path = _as_text(name)
        try:
            if itself and file.resolve() == itself:
                continue
            status = file.stat()
            inputs[path] = files.digest(file)
        except OSError:
            vanished.append(path)
            continue
        if stamp and stamp != [status.st_size, status.st_mtime_ns]:
            inputs[path] = CHANGED
            changed.append(path)
    return Trace(
        inputs=inputs,
        absent=tuple(_as_text(name) for name in report.get("absent", ())),
        vanished=tuple(vanished),
        changed=tuple(changed),
        own=frozenset(report.get("own", ())),
        environment=environment,
        network=network,
    )


def _as_text(name: str) -> str:
    """Return the *name* of a file, which may hold bytes that are no text, as it can be stored."""
    return name.encode("utf-8", "backslashreplace").decode()
