"""Small blogs for tests: notebooks from lists of cells, folders from dicts, and what is in a folder afterwards."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""
COMMAND = (sys.executable, "-m", "converter")
"""`nbpress` as a command of this environment."""
FIXED = ("MPLBACKEND", "PYTHONHASHSEED", "PYTHONUTF8", "SOURCE_DATE_EPOCH", "TZ")
"""What a kernel's environment holds for sure, unless the author has set it."""
BUSY = 4
"""How many times as long as on a machine of its own everything may take on one that others keep busy."""
STATE = ".nbpress"
"""What may be forgotten at any time, so no test looks at it."""


def cell(value: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return a cell: text is a Markdown cell, `{"code": …}` a code cell, `{"raw": …}` a raw one.

    Every other key belongs to the cell: `tags`, `metadata`, `outputs` (text is one stream), `execution_count`.
    """
    if isinstance(value, str):
        return {"cell_type": "markdown", "metadata": {}, "source": value}
    rest = dict(value)
    kind = next(kind for kind in ("markdown", "code", "raw") if kind in rest)
    made: dict[str, Any] = {"cell_type": kind, "metadata": dict(rest.pop("metadata", {})), "source": rest.pop(kind)}
    if "tags" in rest:
        made["metadata"]["tags"] = rest.pop("tags")
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
        if isinstance(rest.get("outputs"), str):
            rest["outputs"] = [{"output_type": "stream", "name": "stdout", "text": rest["outputs"]}]
    return made | rest


def notebook(
    cells: Sequence[str | Mapping[str, Any]], metadata: Mapping[str, Any] | None = None, *, indent: int | None = 1
) -> str:
    """Return a notebook of format 4.4 as Jupyter saves it."""
    made = {"cells": [cell(item) for item in cells], "metadata": dict(metadata or {}), "nbformat": 4}
    return json.dumps(made | {"nbformat_minor": 4}, indent=indent, ensure_ascii=False) + "\n"


def content(value: object) -> bytes:
    """Return the bytes of a file: text, bytes, `{"base64": …}`, or a notebook as a list of cells or with `cells`."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        return notebook(value).encode()
    assert isinstance(value, dict), value
    if "base64" in value:
        return base64.b64decode(value["base64"])
    return notebook(value["cells"], value.get("metadata"), indent=value.get("indent", 1)).encode()


def make(root: Path, files: Mapping[str, object]) -> Path:
    """Make a blog of *files* in *root*; without a `_config.yml` nothing is executed (None: no such file)."""
    for name, value in {"_config.yml": "notebooks: {execute: never}\n", **files}.items():
        if value is None:
            continue
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, dict) and "link" in value:
            file.symlink_to(value["link"])
        elif name.endswith("/"):
            file.mkdir(exist_ok=True)
        else:
            file.write_bytes(content(value))
    return root


def nbpress(
    root: Path, *arguments: str, env: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the command line in *root* and return what it said; *prefix* is a command that runs commands."""
    return subprocess.run(
        [*prefix, *COMMAND, *arguments],
        cwd=root,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=BUSY * 60,
    )


def started(root: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start the command line in *root*, in a process group of its own."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=root,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with *more*, without what changes how nbpress prints or notebooks run."""
    unwanted = ("CI", "FORCE_COLOR", "JUPYTER_PATH", *FIXED)
    kept = {key: value for key, value in os.environ.items() if key not in unwanted}
    return kept | {"NO_COLOR": "1", "COLUMNS": "200"} | dict(more or {})


def tick() -> None:
    """Let the clock of the file system tick: what changes now and what changes next is told apart."""
    time.sleep(0.05)


def tree(root: Path) -> dict[str, bytes]:
    """Return every file below *root* and what is in it; of a link, where it leads."""
    return {
        _name(file, root): os.fsencode(file.readlink()) if file.is_symlink() else file.read_bytes()
        for file in _files(root)
    }


def states(root: Path) -> dict[str, tuple[bytes, int, int]]:
    """Return every file below *root* with its content, time of change and inode: equal if it was not touched."""
    return {
        _name(file, root): (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) for file in _files(root)
    }


def cells_of(file: Path) -> list[dict[str, Any]]:
    """Return the cells of the notebook at *file*."""
    cells: list[dict[str, Any]] = json.loads(file.read_bytes())["cells"]
    return cells


def printed(file: Path) -> list[str]:
    """Return what each code cell of the notebook at *file* holds as streams."""
    return [
        "".join("".join(output["text"]) for output in item["outputs"] if output["output_type"] == "stream")
        for item in cells_of(file)
        if item["cell_type"] == "code"
    ]


def _files(root: Path) -> list[Path]:
    """Return the files below *root*, in order; links to folders are not followed."""
    found = []
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name != STATE]
        found += [Path(folder, name) for name in files]
    return sorted(found)


def _name(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


def is_running(pid: int) -> bool:
    """Tell whether the process *pid* is at work; one that has ended and waits for its parent is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def ends(condition: Callable[[], bool], seconds: float) -> bool:
    """Tell whether *condition* stops to hold within *seconds*, or as many times that as a busy machine may take."""
    limit = time.monotonic() + BUSY * seconds
    while condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.005)
    return True


def counting_kernel(folder: Path) -> dict[str, str]:
    """Install in *folder* a kernel `counted` that notes each of its starts; return how to find it."""
    spec = folder / "jupyter" / "kernels" / "counted"
    spec.mkdir(parents=True)
    start = f'echo >> "$1/starts"; exec "{sys.executable}" -m ipykernel_launcher -f "$0"'
    argv = ["sh", "-c", start, "{connection_file}", "{resource_dir}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Counted", "language": "python"}))
    return {"JUPYTER_PATH": str(folder / "jupyter")}


def starts(folder: Path) -> int:
    """Return how often the kernel in *folder* has been started."""
    file = folder / "jupyter" / "kernels" / "counted" / "starts"
    return file.read_text().count("\n") if file.exists() else 0


COUNTED = {"kernelspec": {"name": "counted", "display_name": "Counted", "language": "python"}}
"""Metadata of a notebook that runs in `counting_kernel`."""
