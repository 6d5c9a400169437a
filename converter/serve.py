"""A preview that follows every save: build, Jekyll with live reload beside it, build again when something changes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

import click
import watchfiles

from converter import config as settings
from converter import jekyll
from converter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from converter.config import Config

_DEBOUNCE = 200
"""Milliseconds to wait for the rest of a save."""


def serve(config: Config, build: Callable[[Config], None], *, host: str, port: int, drafts: bool = False) -> int:
    """Call *build*, show the blog at *host*:*port*, and call it again after every change, until interrupted.

    Returns 0 after Ctrl-C, else Jekyll's own exit status. Raises `ConfigError` if there is no Jekyll or the port is
    taken.
    """
    command, environment = jekyll.command(config.root)
    _require_free(host, port)
    build(config)
    arguments = ["serve", "--livereload", "--livereload-port", str(_free_port()), "--host", host, "--port", str(port)]
    arguments += ["--drafts", "--unpublished", "--future"] if drafts else []
    stop = threading.Event()
    with _running([*command, *arguments], config.root, environment) as process:
        watcher = threading.Thread(target=_follow, args=(config, build, stop), daemon=True)
        watcher.start()
        try:
            return process.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            stop.set()
            watcher.join(timeout=2)


def _follow(config: Config, build: Callable[[Config], None], stop: threading.Event) -> None:
    """Call *build* after every change of what posts are made of, until *stop* is set."""
    for changes in watchfiles.watch(config.root, watch_filter=_Sources(config), debounce=_DEBOUNCE, stop_event=stop):
        if any(path.endswith(settings.FILE) for _, path in changes):
            with contextlib.suppress(ConfigError):  # the author is still typing; the build says so at the next save
                config = settings.load(config.root)
        try:
            build(config)
        except Exception as error:  # noqa: BLE001 - the next save may well mend it, so the preview goes on
            click.echo(f"nbpress failed with {type(error).__name__}: {error}; the preview goes on", err=True)


class _Sources(watchfiles.DefaultFilter):
    """What a post is made of: notebooks and the files beside them, templates, settings; not what we write."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.folders = tuple(str(config.root / folder) + os.sep for folder in (config.source, config.templates))
        self.file = str(config.root / settings.FILE)

    def __call__(self, change: watchfiles.Change, path: str) -> bool:
        ours = path == self.file or path.startswith(self.folders)
        return ours and not path.endswith(".tmp") and super().__call__(change, path)


@contextlib.contextmanager
def _running(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run *command* in a process group of its own, and end all of it afterwards."""
    process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)  # noqa: S603 - from PATH
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)  # SIGTERM makes Jekyll print a trace
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _require_free(host: str, port: int) -> None:
    """Raise `ConfigError` if something listens at *host*:*port* already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"{host}:{port} cannot be used: {error.strerror}; choose another port with --port N"
            raise ConfigError((message,)) from error


def _free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
