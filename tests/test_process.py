"""Odd places to run in: other locales, streams that are closed, full or read by nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import folders

NAME = "_notebooks/2020-01-02-ü-Straße.ipynb"
FILES = {NAME: ["# Größe\n> Ein Satz.", "Prosa, süß."], "_notebooks/2020-01-03-bad.ipynb": ["# B", "![ü](fehlt-ü.png)"]}
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
"""A locale in which there is nothing but ASCII."""


def _in_shell(root: Path, script: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run *script* in *root*, in which `"$@"` is the command line."""
    return subprocess.run(
        ["/bin/sh", "-c", script, "sh", *folders.COMMAND],
        cwd=root,
        env=folders.environment(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=60 * folders.BUSY,
    )


def test_a_blog_is_the_same_in_every_locale(tmp_path: Path) -> None:
    """Names, posts and messages are in UTF-8; a build in another locale touches nothing."""
    one, other = (folders.make(tmp_path / name, FILES) for name in ("one", "other"))
    plain, strange = folders.nbpress(one, "build"), folders.nbpress(other, "build", env=ASCII)
    assert "_posts/2020-01-02-ü-Straße.html" in folders.tree(other)
    assert folders.tree(other) == folders.tree(one)
    assert (strange.returncode, strange.stdout, strange.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    before = folders.states(one)
    folders.nbpress(one, "build", env=ASCII)
    assert folders.states(one) == before


@pytest.mark.kernel
def test_code_runs_in_utf8_in_every_locale(tmp_path: Path) -> None:
    """What a run reads has its own name in the record, so that a change of it is noticed."""
    code = "from pathlib import Path\nprint(Path('é.csv').read_text(), 'ü'.encode(), open('é.csv').encoding)"
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = {"cells": ["# T", {"code": code}], "metadata": {"kernelspec": kernelspec}}
    root = folders.make(tmp_path, {"_config.yml": "{}\n", NAME: cells, "_notebooks/é.csv": "ö"})
    done = folders.nbpress(root, "build", env=ASCII)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert folders.printed(root / NAME) == ["ö b'\\xc3\\xbc' utf-8\n"]
    assert list(json.loads((root / NAME).read_text("utf-8"))["metadata"]["nbpress"]["inputs"]) == ["_notebooks/é.csv"]


def test_the_end_of_a_terminal_ends_jobs_of_its_background() -> None:
    """Such jobs hear no Ctrl-C: the shell that starts them has them ignore it."""
    script = (
        "import os, signal\nfrom converter import interrupts\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "interrupts.heed()\ntry:\n    os.kill(os.getpid(), signal.SIGHUP)\nexcept KeyboardInterrupt:\n    print('ends')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("ends\n", "")


@pytest.mark.parametrize("command", ["build --why", "check --diff", "status", "check --format github"])
def test_letters_that_cannot_be_printed_are_escaped(tmp_path: Path, command: str) -> None:
    root = folders.make(tmp_path, FILES)
    done = folders.nbpress(root, *command.split(), env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr
    assert "\\xfc" in done.stdout


@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_nobody_has_to_listen(tmp_path: Path, streams: str) -> None:
    """Whoever starts programs in the background may close all that they could print to."""
    root = folders.make(tmp_path, {NAME: FILES[NAME]})
    done = _in_shell(root, f'exec "$@" build {streams}')
    assert (done.returncode, done.stdout) == (0, "")
    assert "Traceback" not in done.stderr
    assert (root / "_posts/2020-01-02-ü-Straße.html").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("command", ["build --why", "status", "check --format json"])
def test_a_full_disk_behind_standard_output_is_one_line(tmp_path: Path, command: str) -> None:
    root = folders.make(tmp_path, FILES)
    done = _in_shell(root, f'exec "$@" {command} >/dev/full')
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "nbpress cannot go on: No space left on device"
    assert "Traceback" not in done.stderr


def test_a_full_disk_behind_standard_error_leaves_the_answer(tmp_path: Path) -> None:
    root = folders.make(tmp_path, {NAME: FILES[NAME]})
    done = _in_shell(root, 'exec "$@" status --format json 2>/dev/full')
    assert [it["notebook"] for it in json.loads(done.stdout)] == [NAME]


@pytest.mark.parametrize("command", ["build --why", "status", "check --format json"])
def test_whoever_stops_reading_hears_no_more(tmp_path: Path, command: str) -> None:
    root = folders.make(tmp_path, FILES)
    done = _in_shell(root, f'"$@" {command} | true')
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
