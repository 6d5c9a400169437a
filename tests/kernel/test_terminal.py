"""What people see: on a terminal, in a pipe, under CI, and when they press Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests import folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

termios = pytest.importorskip("termios", reason="this system has no terminals of POSIX")
fcntl = pytest.importorskip("fcntl", reason="this system has no terminals of POSIX")

pytestmark = pytest.mark.kernel

GOOD, BAD, PROSE = (f"_notebooks/2020-01-02-{name}.ipynb" for name in ("good", "bad", "prose"))
FILES: dict[str, Any] = {
    "_config.yml": "{}\n",
    GOOD: ["# Good", {"code": "x = 1"}, "Prose.", {"code": "import time\ntime.sleep(0.4)\nprint(x)"}],
    BAD: ["# Bad", {"code": "1 / 0"}],
    PROSE: ["# Prose", "Text."],
}
STUBBORN = """\
import pathlib, time
pathlib.Path('../runs').touch()
while True:
    try:
        time.sleep(100)
    except BaseException:
        pass"""
"""A cell that does not listen."""
ESCAPE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


class Screen:
    """A terminal on which the command line runs."""

    def __init__(self, root: Path, *arguments: str, env: dict[str, str], prefix: tuple[str, ...] = ()) -> None:
        """Start the command line in *root*; *prefix* is a command that runs commands."""
        self.master, slave = os.openpty()
        variables = folders.environment({"TERM": "xterm-256color"} | env)
        if env.get("NO_COLOR") == "":
            del variables["NO_COLOR"]
        self.process = subprocess.Popen(
            [*prefix, *folders.COMMAND, *arguments],
            cwd=root,
            env=variables,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - so that keys are signals
        )
        os.close(slave)
        self.raw = ""

    def read(self, until: str = "") -> None:
        """Read until the command has ended, or has said *until*."""
        with contextlib.suppress(OSError):  # how Linux says that nobody is at the other end
            while got := os.read(self.master, 65536):
                self.raw += got.decode("utf-8", "replace")
                if until and until in self.raw:
                    return
        self.process.wait(20 * folders.BUSY)

    def press(self, key: bytes) -> None:
        """Type *key*."""
        os.write(self.master, key)

    @property
    def lines(self) -> list[str]:
        """Everything that was ever shown, without colours and movements."""
        return [line.rstrip() for line in re.split(r"[\r\n]+", ESCAPE.sub("", self.raw)) if line.strip()]

    @property
    def has_cursor(self) -> bool:
        """Whether one can see where one types."""
        return self.raw.rfind("\x1b[?25h") >= self.raw.rfind("\x1b[?25l")

    @property
    def colours(self) -> set[str]:
        """The colours that were asked for."""
        return {code for code, kind in ESCAPE.findall(self.raw) if kind == "m" and re.match(r"(3|9)\d", code)}


@contextlib.contextmanager
def terminal(root: Path, *arguments: str, **env: str) -> Iterator[Screen]:
    """Run the command line on a terminal."""
    screen = Screen(root, *arguments, env=env)
    try:
        yield screen
    finally:
        screen.process.kill()
        screen.process.wait()
        os.close(screen.master)


def shown(root: Path, *arguments: str, **env: str) -> Screen:
    """Return the terminal after the command line has ended on it."""
    with terminal(root, *arguments, **env) as screen:
        screen.read()
    return screen


def timeless(lines: list[str]) -> list[str]:
    """Return *lines* without numbers of seconds, and without the room that longer ones take in a column."""
    return [re.sub(r"\d+\.\d s(  )? *", r"N s\1", line) for line in lines]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return folders.make(tmp_path, FILES)


def test_a_terminal_shows_where_each_notebook_is_and_in_the_end_what_ran_why_and_how_long(root: Path) -> None:
    screen = shown(root, "build", "--jobs", "1", NO_COLOR="")
    assert screen.process.returncode == 1
    live = r"2020-01-02-good.ipynb \(never run by nbpress\) .* 4/4 cells +0:\d\d:\d\d"
    assert any(re.match(live, line) for line in screen.lines)
    assert any(re.match(r"in all .* 1/2 notebooks +0:\d\d:\d\d", it) for it in screen.lines)
    assert f"failed {BAD} in N s" in timeless(screen.lines)  # nobody has to wait for the end to hear of it
    lines = timeless(screen.lines)
    end = lines[lines.index(f"failed  {BAD}   N s  never run by nbpress") :]
    assert end[1] == f"ran     {GOOD}  N s  never run by nbpress"
    assert end[2].startswith(f"{BAD}: cell 2, line 1: ZeroDivisionError")
    assert end[-3:] == [
        "wrote _posts/2020-01-02-good.html",
        "wrote _posts/2020-01-02-prose.html",
        "1 notebook run, 2 posts written, 1 error in 1 file.",
    ]
    assert screen.colours
    assert screen.has_cursor


def test_without_colours_there_are_none(root: Path) -> None:
    screen = shown(root, "build", NO_COLOR="1")
    assert any(" 4/4 cells" in line for line in screen.lines)
    assert screen.colours == set()


def test_quiet_shows_findings_only(root: Path) -> None:
    (line,) = shown(root, "build", "--quiet").lines
    assert line.startswith(f"{BAD}: cell 2, line 1: ZeroDivisionError")


PLAIN = [
    f"running {BAD} (never run by nbpress)",
    f"failed {BAD} in N s",
    f"running {GOOD} (never run by nbpress)",
    f"ran {GOOD} in N s",
]


def test_nothing_moves_under_ci(root: Path) -> None:
    """Some give their jobs a terminal, and keep every line that was ever on it."""
    screen = shown(root, "build", "--jobs", "1", CI="true")
    assert timeless(screen.lines)[:4] == PLAIN
    assert "\x1b[?25l" not in screen.raw


def test_nothing_moves_in_a_pipe_even_if_colours_are_forced(root: Path) -> None:
    done = folders.nbpress(root, "build", "--jobs", "1", env={"FORCE_COLOR": "1", "NO_COLOR": ""})
    assert timeless(done.stderr.splitlines())[:4] == PLAIN


def test_verbose_names_cells_in_a_pipe(root: Path) -> None:
    done = folders.nbpress(root, "build", "-v", GOOD)
    assert timeless(done.stderr.splitlines()) == [
        f"running {GOOD} (never run by nbpress)",
        f"  {GOOD}: cell 2 of 4",
        f"  {GOOD}: cell 4 of 4",
        f"ran {GOOD} in N s",
        "wrote _posts/2020-01-02-good.html",
        "1 notebook run, 1 post written.",
    ]


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_in_good_order_and_a_second_one_at_once(tmp_path: Path, times: int) -> None:
    """Who has pressed it is told what it does; the terminal is as it was, whichever it was."""
    cells = [*FILES[GOOD][:-1], {"code": STUBBORN}]
    root = folders.make(tmp_path, {"_config.yml": "{}\n", GOOD: cells})
    with terminal(root, "build") as screen:
        assert folders.ends(lambda: not (root / "runs").exists(), 60)
        screen.press(b"\x03")
        if times == 2:
            screen.read(until="stopping;")
            time.sleep(0.7)  # sooner, it counts as the same
            screen.press(b"\x03")
        screen.read()
    assert screen.process.returncode == 130
    assert any(line.endswith("stopping; Ctrl-C once more ends everything at once") for line in screen.lines)
    assert screen.lines[-1] == "interrupted"
    assert "Traceback" not in screen.raw
    assert screen.has_cursor
    if times == 1:
        assert timeless(screen.lines)[-2] == f"stopped  {GOOD}  N s  never run by nbpress"
    else:
        assert not any(line.startswith(f"stopped  {GOOD}") for line in screen.lines), "nobody has waited for the kernel"


def test_who_closes_the_window_ends_the_build_in_good_order(tmp_path: Path) -> None:
    """Nobody reads any more; the kernel ends first, and no file of the run is left."""
    cell = {"code": "import os, pathlib, time\npathlib.Path('../runs').write_text(f'{os.getpid()}')\ntime.sleep(1000)"}
    root = folders.make(tmp_path, {"_config.yml": "{}\n", GOOD: ["# Good", cell]})
    (root / "tmp").mkdir()
    screen = Screen(root, "build", env={"TMPDIR": str(root / "tmp")})
    assert folders.ends(lambda: not (root / "runs").exists() or not (root / "runs").read_text(), 60)
    os.close(screen.master)
    assert screen.process.wait(20 * folders.BUSY) == 130
    assert not folders.is_running(int((root / "runs").read_text()))
    assert list((root / "tmp").iterdir()) == []
    assert not (root / ".nbpress/builder").exists(), "the next build believes that this one was killed"


def test_nohup_goes_on_without_a_terminal(tmp_path: Path) -> None:
    cell = {"code": "import pathlib, time\npathlib.Path('../runs').touch()\ntime.sleep(1)\nprint('whole')"}
    root = folders.make(tmp_path, {"_config.yml": "{}\n", GOOD: ["# Good", cell]})
    screen = Screen(root, "build", env={}, prefix=("nohup",))
    assert folders.ends(lambda: not (root / "runs").exists(), 60)
    os.close(screen.master)
    assert screen.process.wait(20 * folders.BUSY) == 0
    assert folders.printed(root / GOOD) == ["whole\n"]


def test_status_cuts_no_name(root: Path) -> None:
    """A name is what one copies; on a narrow terminal other columns give way."""
    screen = shown(root, "status", COLUMNS="70")
    assert [line.split()[0] for line in screen.lines if ".ipynb" in line] == [
        f"2020-01-02-{name}.ipynb" for name in ("bad", "good", "prose")
    ]
