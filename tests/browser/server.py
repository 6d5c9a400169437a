"""What tests in a browser and the pictures of the README need alike: a web server, and Chromium without its chatter."""

from __future__ import annotations

import contextlib
import functools
import http.server
import re
import subprocess
import sys
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, AnyStr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _typeshed import SupportsRead, SupportsWrite

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
"""How Chromium is started: it asks nobody anything on its own."""


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve *folder* on this machine, at a free port, and yield the address of its root, without a slash."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as server:
        try:
            assert server.stdout is not None
            port = re.search(r"port (\d+)", server.stdout.readline())
            assert port is not None
            address = f"http://127.0.0.1:{port[1]}"
            _wait_for(address)
            yield address
        finally:
            server.terminate()


class _Dripping(http.server.SimpleHTTPRequestHandler):
    """Send what lies in a folder, pages so slowly that a browser paints them in many steps."""

    def copyfile(self, source: SupportsRead[AnyStr], outputfile: SupportsWrite[AnyStr]) -> None:
        """Send *source* in pieces, cut wherever they happen to end."""
        pause = 0.02 if self.path.endswith(("/", ".html")) else 0
        while piece := source.read(128):
            outputfile.write(piece)
            time.sleep(pause)

    def log_message(self, *_: object) -> None:
        """Keep the terminal to the tests."""


@contextlib.contextmanager
def dripping(folder: Path) -> Iterator[str]:
    """Serve *folder* as over a bad line, and yield the address of its root, without a slash."""
    handler = functools.partial(_Dripping, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as drips:
        threading.Thread(target=drips.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{drips.server_port}"
        finally:
            drips.shutdown()


def _wait_for(address: str) -> None:
    """Return as soon as something answers at *address*."""
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own server
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {address}")
