"""`kill -9` at random moments of builds that run code: never a torn file, never a lost output, a clean next build.

KILLS=200 .venv/bin/pytest tests/kernel/test_kill.py kills two hundred builds; KILLS_SEED chooses other moments.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from tests import folders

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

ROUNDS = int(os.environ.get("KILLS", "12"))
SEED = int(os.environ.get("KILLS_SEED", "20200102"))
NAMES = ("a", "b", "c")
LONGEST = 4.0
"""Seconds after which a build is killed at the latest."""
PADDING = 60_000
"""Characters that make a notebook and its post longer than what a system writes at once."""
# A picture of its own for every round, without a library that takes long to import.
CODE = """\
#| fig-alt: A pattern
import struct, zlib
from IPython.display import Image
round = {round}
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
pixels = b"".join(b"\\0" + bytes((round * 7 + x * y) % 251 for x in range(200)) for y in range(200))
png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 200, 200, 8, 0, 0, 0, 0))
png += chunk(b"IDAT", zlib.compress(pixels, 0)) + chunk(b"IEND", b"")
print("begin {round} " + "x" * {padding} + " end {round}")
Image(png)
"""
PRINTED = re.compile(r"begin (\d+) x+ end (\d+)\n")


def _notebook(name: str) -> str:
    return f"_notebooks/2020-01-02-{name}.ipynb"


def _code(number: int) -> str:
    return CODE.format(round=number, padding=PADDING)


def _edit(file: Path, number: int) -> None:
    """Give the notebook's code another number, as an author would who leaves the outputs alone."""
    nb = json.loads(file.read_text())
    nb["cells"][1]["source"] = _code(number)
    file.write_text(json.dumps(nb, indent=1))


def _printed(outputs: list[dict[str, Any]]) -> int:
    """Return the number of the round whose output is stored, after a look at whether all of it is there."""
    stream, picture = outputs
    found = PRINTED.fullmatch("".join(stream["text"]))
    assert found is not None, "the stored text is torn"
    assert found[1] == found[2]
    assert "image/png" in picture["data"]
    return int(found[1])


def _require_whole_post(text: str) -> int:
    """Return the number of the round that a post shows."""
    printed = PRINTED.search(text)
    assert printed is not None, "the post is torn"
    assert re.search(r"The end\.</p>\s*</div>", text), "the post has no end"
    assert f'<span class="mi">{printed[1]}</span>' in text, "code and output of the post are of two rounds"
    return int(printed[1])


def _require_whole_png(content: bytes) -> None:
    """See that a picture is there to its last byte."""
    at = 8
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        body = content[at + 4 : at + 8 + size]
        assert zlib.crc32(body) == int.from_bytes(content[at + 8 + size : at + 12 + size], "big"), "the picture is torn"
        at += 12 + size
    assert content[-8:-4] == b"IEND"


def _killed(root: Path, moments: random.Random) -> None:
    """Build, and kill the build at a random moment; every second time right when something is written."""
    build = folders.started(root, "build", "--jobs", "2")
    try:
        if moments.random() < 0.5:
            _wait_for_writing(root, build, moments.uniform(0, LONGEST))
            time.sleep(moments.uniform(0, 0.06))
        else:
            build.wait(moments.uniform(0, LONGEST))
    except subprocess.TimeoutExpired:
        pass
    build.kill()
    build.communicate()


def _wait_for_writing(root: Path, build: subprocess.Popen[str], most: float) -> None:
    """Wait until a temporary file appears, or the build has ended, or time is up."""
    until = time.monotonic() + LONGEST + most
    while time.monotonic() < until and build.poll() is None:
        if any(name.endswith(".tmp") for name in os.listdir(root / "_notebooks")):  # noqa: PTH208 - quick
            return
        time.sleep(0.001)


@pytest.mark.timeout(60 + 20 * ROUNDS)
def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    """After each: whole files with the outputs of this round or of one before; after all: a blog as if never killed."""
    moments = random.Random(SEED)  # noqa: S311 - to be had again
    cells = ["# T", {"code": _code(0)}, "The end."]
    root = folders.make(tmp_path, {"_config.yml": "{}\n", **{_notebook(name): list(cells) for name in NAMES}})
    assert folders.nbpress(root, "build").returncode == 0
    stored = dict.fromkeys(NAMES, 0)
    for number in range(1, ROUNDS + 1):
        for name in NAMES:
            _edit(root / _notebook(name), number)
        _killed(root, moments)
        for name in NAMES:
            nb = json.loads((root / _notebook(name)).read_text())
            assert nb["cells"][1]["source"] in (_code(number), _code(number).splitlines(keepends=True))
            now = _printed(nb["cells"][1]["outputs"])
            assert now in (stored[name], number), "an output is lost"
            stored[name] = now
            assert _require_whole_post((root / f"_posts/2020-01-02-{name}.html").read_text()) <= now
        for picture in (root / "images").rglob("*.png"):
            _require_whole_png(picture.read_bytes())
    done = folders.nbpress(root, "build")
    assert (done.returncode, done.stdout) == (0, "")
    assert folders.nbpress(root, "check").returncode == 0
    assert not [path for path in folders.tree(root) if path.endswith(".tmp")]
    after = folders.tree(root)
    for name in NAMES:
        assert _printed(json.loads((root / _notebook(name)).read_text())["cells"][1]["outputs"]) == ROUNDS
    assert len([path for path in after if path.startswith("images/")]) == len(NAMES)
