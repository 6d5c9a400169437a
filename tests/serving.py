"""Previews that run, for tests that look at them."""

from __future__ import annotations

import http.client
import os
import re
import signal
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests import folders

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

FILE, URL = "_notebooks/2020-01-02-a.ipynb", "/2020/01/02/a.html"
BLOG = {
    "_config.yml": "title: Blog\nnotebooks: {execute: never}\ntimezone: UTC\n",
    "_layouts/notebook.html": "<html><head></head><body>{{ content }}</body></html>\n",
    FILE: ["# A", "First prose."],
}


def page(port: int, path: str = URL, host: str = "127.0.0.1") -> str:
    """Return the page at *path*, or nothing while there is none."""
    try:
        with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=2) as response:
            return str(response.read().decode("utf-8"))
    except (http.client.HTTPException, OSError):
        return ""


def processes_in(folder: Path) -> dict[int, str]:
    """Return the command lines of all processes that work in *folder*, by their numbers."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found[int(process.name)] = line
        except OSError:  # it has just ended
            continue
    return found


class Serving:
    """A preview that runs; it ends with Ctrl-C as it should, and leaves no process."""

    def __init__(self, root: Path, *options: str, env: Mapping[str, str] | None = None) -> None:
        """Start it for the blog at *root*."""
        self.root = root
        self.process = folders.started(root, "serve", *options, env=env)
        self.log = ""

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *fault: object) -> None:
        """End it, and see that it has ended well."""
        said, log = stop(self.process)
        self.log += log
        assert self.process.returncode == 0, said + self.log
        assert "Traceback" not in said + self.log, said + self.log
        assert folders.ends(lambda: bool(processes_in(self.root)), 5), processes_in(self.root)

    def line(self, pattern: str) -> str:
        """Wait for a line on standard error that *pattern* finds, and return its group, if it has one."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log += line
            if found := re.search(pattern, line):
                return (found.groups() or ("",))[0] or ""
        raise AssertionError(self.log)

    def ready(self) -> int:
        """Wait until the blog is there, and return its port."""
        return int(self.line(r"the blog is at http://[\d.]+:(\d+)/"))


def stop(serving: subprocess.Popen[str]) -> tuple[str, str]:
    """Press Ctrl-C, and return what was said."""
    os.kill(serving.pid, signal.SIGINT)
    return serving.communicate(timeout=20 * folders.BUSY)
