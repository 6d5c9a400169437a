"""What tests in a browser and the pictures of the README need alike: a web server, and Chromium without its chatter."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


def _wait_for(address: str) -> None:
    """Return as soon as something answers at *address*."""
    for _ in range(50):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own server
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {address}")
