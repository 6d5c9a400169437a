"""Serving: the blog is shown, follows every save, and everything ends with Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import folders
from tests.cases import same

if TYPE_CHECKING:
    import subprocess

pytestmark = [pytest.mark.jekyll, pytest.mark.usefixtures("requires_jekyll")]

FILE, URL = "_notebooks/2020-01-02-a.ipynb", "/2020/01/02/a.html"
BLOG = {
    "_config.yml": "title: Blog\nnotebooks: {execute: never}\ntimezone: UTC\n",
    "_layouts/notebook.html": "<html><head></head><body>{{ content }}</body></html>\n",
    FILE: ["# A", "First prose."],
}


@pytest.fixture
def port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page(port: int, path: str = URL) -> str:
    """Return the page at *path*, or nothing while there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as response:
            return str(response.read().decode("utf-8"))
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return ""


def processes_in(folder: Path) -> list[str]:
    """Return the command lines of all processes that work in *folder*."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # it has just ended
            continue
    return found


def stop(serving: subprocess.Popen[str]) -> tuple[str, str]:
    """Press Ctrl-C, and return what was said."""
    os.kill(serving.pid, signal.SIGINT)
    return serving.communicate(timeout=20)


def test_the_page_follows_every_save_until_ctrl_c(port: int, tmp_path: Path) -> None:
    """A save of a notebook shows within seconds, a mistake does not end the preview, and Ctrl-C ends all of it."""
    root = folders.make(tmp_path / "blog", BLOG)
    serving = folders.started(root, "serve", "--port", str(port))
    try:
        assert folders.ends(lambda: "First prose." not in page(port), 30)
        (root / FILE).write_bytes(folders.content(["# A", "Second prose."]))
        assert folders.ends(lambda: "Second prose." not in page(port), 20)
        (root / FILE).write_text("not JSON")
        (root / "_config.yml").write_text("notebooks: {execute: sometimes}\n")
        (root / "_notebooks/2020-01-03-b.ipynb").write_bytes(folders.content(["# B", "Third prose."]))
        assert folders.ends(lambda: "Third prose." not in page(port, "/2020/01/03/b.html"), 20)
        assert "Second prose." in page(port)
    finally:
        said, log = stop(serving)
    assert serving.returncode == 0, log
    assert f"{FILE}: line 1: is not JSON" in said
    assert "Traceback" not in said + log
    assert folders.ends(lambda: bool(processes_in(root)), 5), processes_in(root)
    assert page(port) == ""


def test_drafts_show_what_is_not_published(port: int, tmp_path: Path) -> None:
    """`--drafts` shows posts of the future and unpublished ones, too."""
    future = "_notebooks/2999-01-02-later.ipynb"
    root = folders.make(tmp_path / "blog", BLOG | {future: ["# Later\n- published: false", "Not yet."]})
    serving = folders.started(root, "serve", "--drafts", "--port", str(port))
    try:
        assert folders.ends(lambda: "Not yet." not in page(port, "/2999/01/02/later.html"), 30)
    finally:
        stop(serving)
    assert serving.returncode == 0


def test_a_busy_port_is_one_line(tmp_path: Path) -> None:
    """It names the port and the option, and nothing has been built or started."""
    root = folders.make(tmp_path / "blog", BLOG)
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        done = folders.nbpress(root, "serve", "--port", str(port))
    line = f"127.0.0.1:{port} cannot be used: Address already in use; choose another port with --port N\n"
    same(done.stderr, line)
    assert (done.returncode, done.stdout) == (2, "")
    assert not (root / "_posts").exists()
    assert processes_in(root) == []


def test_a_jekyll_that_cannot_start_ends_the_preview(port: int, tmp_path: Path) -> None:
    """Its own message is there to read, and its exit status is ours."""
    root = folders.make(
        tmp_path / "blog", BLOG | {"_config.yml": "plugins: [no-such-plugin]\nnotebooks: {execute: never}\n"}
    )
    done = folders.nbpress(root, "serve", "--port", str(port))
    assert done.returncode == 1
    assert "no-such-plugin" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert processes_in(root) == []


def test_no_jekyll_is_one_line(tmp_path: Path) -> None:
    """It says what to install, and nothing has been built."""
    root = folders.make(tmp_path / "blog", BLOG)
    (tmp_path / "bin").mkdir()
    tools = [shutil.which(name) for name in ("sh", "env")]
    for tool in filter(None, tools):
        (tmp_path / "bin" / Path(tool).name).symlink_to(tool)
    done = folders.nbpress(root, "serve", env={"PATH": str(tmp_path / "bin")})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Jekyll is not installed; ")
    assert not (root / "_posts").exists()
