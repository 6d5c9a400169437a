"""The end of a Python kernel: quick, and whatever the notebook left open has been written and finalised."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from tests import folders

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

LEFT_OPEN = """
class Log:
    def __init__(self, name):
        self.me = self
        self.file = open(name, "w")
        self.file.write("from " + name)
"""
CELLS = {
    "a variable": 'held = open("out", "w")\nheld.write("said")',
    "a circle of objects": f'{LEFT_OPEN}\nlog = Log("out")',
    "a module": f'{LEFT_OPEN}\nimport json\njson.log = Log("out")',
    "a compressed file": 'import gzip\nheld = gzip.open("out", "wt")\nheld.write("said")',
    "what runs at exit": 'import atexit\nword = "said"\natexit.register(lambda: open("out", "w").write(word))',
    "an object that says goodbye": (
        'import pathlib\nclass Last:\n    def __del__(self, path=pathlib.Path("out")):\n'
        '        path.write_text("said")\nlast = Last()\nlast.me = last'
    ),
    "a thread": (
        "import threading, time\ndef later():\n    time.sleep(0.5)\n    open('out', 'w').write('said')\n"
        "threading.Thread(target=later).start()"
    ),
}
"""Who holds an unwritten file when the last cell is over; Python itself would write it at its end."""


def test_what_was_left_open_is_written(tmp_path: Path) -> None:
    """Each file says what the cell wrote into it."""
    names = {holder: holder.replace(" ", "-") for holder in CELLS}
    notebooks: dict[str, Any] = {
        f"_notebooks/{names[holder]}/2020-01-02-{names[holder]}.ipynb": ["# T", {"code": code}]
        for holder, code in CELLS.items()
    }
    root = folders.make(tmp_path, {"_config.yml": "{}\n", **notebooks})
    done = folders.nbpress(root, "build")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    for holder, name in names.items():
        content = (root / "_notebooks" / name / "out").read_bytes()
        if holder == "a compressed file":
            content = gzip.decompress(content)
        assert content in (b"said", b"from out"), holder
