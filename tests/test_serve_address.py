"""Where a preview is: its port, who is answered, and what is said if it cannot be there."""

from __future__ import annotations

import contextlib
import re
import socket
from typing import TYPE_CHECKING

import pytest

from tests import folders
from tests.cases import same
from tests.serving import BLOG, URL, Serving, page, processes_in

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.jekyll, pytest.mark.usefixtures("requires_jekyll")]


def test_without_a_port_the_next_free_one_is_taken(tmp_path: Path) -> None:
    """4000 is taken by us or by another: the preview says so and where it is."""
    root = folders.make(tmp_path / "blog", BLOG)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # somebody else has it
            stack.enter_context(socket.create_server(("127.0.0.1", 4000)))
        with Serving(root) as serving:
            taken = serving.ready()
            assert taken > 4000
            assert "First prose." in page(taken)
    assert f"port 4000 is taken, this preview uses {taken}\n" in serving.log


def test_open_opens_the_blog_and_lan_shows_it_to_others(port: int, tmp_path: Path) -> None:
    """The browser gets the address for this machine, the terminal says the one for others."""
    settings = "baseurl: /blog\nnotebooks: {execute: never}\n"
    root = folders.make(tmp_path / "blog", BLOG | {"_config.yml": settings})
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/opened"\n')
    browser.chmod(0o755)
    with Serving(root, "--lan", "--open", "--port", str(port), env={"BROWSER": str(browser)}) as serving:
        serving.ready()
        assert folders.ends(lambda: not (tmp_path / "opened").exists(), 10)
        assert folders.ends(lambda: not (tmp_path / "opened").read_text(), 10)
        other = serving.line(r"everybody in your network can see it at (?:http://([\d.]+):\d+/blog/|every address)")
        assert "First prose." in page(port, "/blog" + URL, other or "127.0.0.1")
        assert page(port, URL) == ""
    same((tmp_path / "opened").read_text(), f"http://127.0.0.1:{port}/blog/\n")


def test_a_preview_is_of_this_machine_only(port: int, tmp_path: Path) -> None:
    """Nobody else is answered unless they were asked for, and no address leads out of the site."""
    root = folders.make(tmp_path / "blog", BLOG)
    with Serving(root, "--port", str(port)) as serving:
        serving.ready()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port), timeout=2)
        for way in ("/..%2f..%2f..%2f_config.yml", "/%2e%2e/%2e%2e/%2e%2e/_config.yml", "//etc/passwd", "/%00"):
            assert page(port, way) == ""
    assert not (root / "_site").exists()


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
    assert processes_in(root) == {}


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_one_line(tmp_path: Path, host: str) -> None:
    """No other port would help."""
    done = folders.nbpress(folders.make(tmp_path / "blog", BLOG), "serve", "--host", host)
    assert re.fullmatch(
        rf"{host}:\d+ cannot be used: .+; --host takes an address or a name of this machine\n", done.stderr
    )
    assert done.returncode == 2
