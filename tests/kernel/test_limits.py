"""Limits: time, memory and output, for a cell and for a notebook, each with its own error at its place."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient.exceptions import DeadKernelError

from converter import kernel
from tests import folders
from tests.cases import same

pytestmark = pytest.mark.kernel

SETTINGS = "notebooks: {timeout: 2, memory: 400 MB, output_limit: 100 kB}\n"
SLEEP = "import time\ntime.sleep(50)"
LARGE = "text = bytearray(2_000_000_000)"
WIDE = "print('x' * 150_000)"
WIDE_DISPLAY = "from IPython.display import display\ndisplay({'text/html': 'x' * 150_000}, raw=True)"
PART = "print('x' * 90_000)"

IN_SETTINGS: dict[str, tuple[list[str], str]] = {
    "cell": (["x = 1", SLEEP], 'cell 3: ran longer than 2 s, under "T"; … [cell-ends]'),
    "memory": (
        ["x = 1", LARGE],
        'cell 3, line 1: MemoryError, under "T"; `memory` allows 400 MB; … [memory-suffices]',
    ),
    "printed": (["x = 1", WIDE], 'cell 3: the cell printed more than 100 kB, under "T"; … [output-fits]'),
    "shown": ([WIDE_DISPLAY], 'cell 2: the cell printed more than 100 kB, under "T"; … [output-fits]'),
    "all": ([PART] * 7, 'cell 7: the notebook up to this cell printed more than 500 kB, under "T"; … [output-fits]'),
}
"""Code that goes beyond the limits of `SETTINGS`, and what is said of it."""

IN_FRONT_MATTER: dict[str, tuple[str, list[str], str]] = {
    "cell": ("timeout: 1", [SLEEP], 'cell 2: ran longer than 1 s, under "T"; … [cell-ends]'),
    "notebook": (
        "notebook_timeout: 12",
        ["import time", *["time.sleep(1.5)"] * 13],
        'cell N: the notebook ran longer than 12 s and had come to this cell, under "T"; … [notebook-ends]',
    ),
    "memory": (
        "memory: 400 MB",
        [LARGE],
        'cell 2, line 1: MemoryError, under "T"; `memory` allows 400 MB; … [memory-suffices]',
    ),
    "output": (
        "output_limit: 100 kB",
        [WIDE],
        'cell 2: the cell printed more than 100 kB, under "T"; … [output-fits]',
    ),
}
"""The same by notebooks that set their own limits."""

WITHIN = ["x = bytearray(100_000_000)\nlen(x)", PART, "import time\ntime.sleep(0.1)"]


def _name(what: str) -> str:
    return f"_notebooks/2020-01-02-{what}.ipynb"


def _said(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Return what a build said of each notebook, with hints cut short."""
    found = {}
    for line in done.stdout.splitlines():
        path, _, text = line.partition(": ")
        message, rule = text.rsplit(" [", 1)
        parts = message.split("; ")
        kept = [part for part in parts if part.startswith("`memory`")]
        parts = [parts[0], *kept, "…"] if len(parts) > 1 else parts
        found[path] = f"{'; '.join(parts)} [{rule}"
    return found


def _memory(pid: int) -> int:
    """Return how many MB of memory the process *pid* has had at most; 0 where nobody can tell."""
    file = Path(f"/proc/{pid}/status")
    found = re.search(r"^VmHWM:\s+(\d+) kB", file.read_text(), re.MULTILINE) if file.exists() else None
    return int(found[1]) // 1000 if found else 0


def test_limits_of_the_settings_hold_for_each_cell_and_notebook(tmp_path: Path) -> None:
    """Each is an error of its own at the cell that went too far; whoever keeps to them is built."""
    bad: dict[str, Any] = {
        _name(what): ["# T", *({"code": it} for it in code)] for what, (code, _) in IN_SETTINGS.items()
    }
    good = {_name("within"): ["# T", *({"code": it} for it in WITHIN)]}
    root = folders.make(tmp_path, {"_config.yml": SETTINGS, **bad, **good})
    before = folders.tree(root)
    done = folders.nbpress(root, "build")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    expected = {_name(what): said for what, (_, said) in sorted(IN_SETTINGS.items())}
    same("\n".join(map(": ".join, _said(done).items())), "\n".join(map(": ".join, expected.items())))
    assert sorted(file.name for file in (root / "_posts").iterdir()) == ["2020-01-02-within.html"]
    after = folders.tree(root)
    assert {path for path in before if after[path] != before[path]} == {_name("within")}


def test_a_notebook_may_set_its_own_limits(tmp_path: Path) -> None:
    """Its front matter wins over the settings, for each limit there is."""
    bad: dict[str, Any] = {
        _name(what): [f"# T\n- {matter}", *({"code": it} for it in code)]
        for what, (matter, code, _) in IN_FRONT_MATTER.items()
    }
    wide = "# T\n- timeout: 60\n- memory: 3 GB\n- output_limit: 1 MB\n- notebook_timeout: 60"
    good: dict[str, Any] = {_name("wide"): [wide, {"code": "import time\ntime.sleep(1.2)"}, {"code": WIDE}]}
    settings = "notebooks: {timeout: 1, notebook_timeout: 30, output_limit: 100 kB}\n"
    # Only the wide one lives under narrow settings, so that each error comes from the front matter.
    bad_root = folders.make(tmp_path / "bad", {"_config.yml": "{}\n", **bad})
    good_root = folders.make(tmp_path / "good", {"_config.yml": settings, **good})
    builds = [folders.started(root, "build") for root in (bad_root, good_root)]
    ends = [build.communicate(timeout=60 * folders.BUSY) for build in builds]
    found = _said(subprocess.CompletedProcess([], builds[0].returncode, *ends[0]))
    number = found.get(_name("notebook"), "cell 0:").partition(":")[0]
    assert int(number.removeprefix("cell ")) in range(3, 12), "12 s of which the kernel's start takes a part"
    expected = {_name(what): text.replace("cell N", number) for what, (_, _, text) in sorted(IN_FRONT_MATTER.items())}
    same("\n".join(map(": ".join, found.items())), "\n".join(map(": ".join, expected.items())))
    assert (builds[1].returncode, ends[1][0]) == (0, ""), ends[1][1]


def test_a_notebooks_time_may_be_limited_by_the_settings(tmp_path: Path) -> None:
    cells: list[Any] = ["# T", {"code": "import time"}, {"code": SLEEP}]
    root = folders.make(tmp_path, {"_config.yml": "notebooks: {notebook_timeout: 12}\n", _name("a"): cells})
    done = folders.nbpress(root, "build")
    expected = 'cell 3: the notebook ran longer than 12 s and had come to this cell, under "T"; … [notebook-ends]'
    assert _said(done) == {_name("a"): expected}


FLOODS = {
    "lines": "line = 'x' * 99_999\nfor _ in range(2000):\n    print(line)",
    "at once": "print('x' * 200_000_000)",
    "a value": "'x' * 200_000_000",
    "shown": "from IPython.display import HTML\nHTML('x' * 200_000_000)",
    "a process": "!yes | head -c 200000000",
    "caught": "try:\n    for _ in range(2000):\n        print('x' * 99_999)\nexcept BaseException:\n    pass",
}
"""200 MB of output, in many ways."""


@pytest.mark.parametrize("code", FLOODS.values(), ids=FLOODS)
def test_200_mb_of_output_cost_neither_time_nor_memory(code: str, tmp_path: Path) -> None:
    """The default limit ends the kernel; nothing of the output is written."""
    _require_cheap(tmp_path, {"code": code})


def test_a_flood_from_another_language_costs_no_memory_either(tmp_path: Path) -> None:
    """Nothing but the reader counts there; how fast that kernel is at printing is its own affair."""
    pytest.importorskip("bash_kernel", reason="bash_kernel is not installed: install the requirements of the tests")
    install = [sys.executable, "-m", "bash_kernel.install", "--prefix", str(tmp_path)]
    subprocess.run(install, check=True, capture_output=True, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    env = {"JUPYTER_PATH": str(tmp_path / "share" / "jupyter")}
    metadata = {"kernelspec": {"name": "bash", "display_name": "Bash", "language": "bash"}}
    _require_cheap(
        tmp_path / "blog", {"code": "yes $(printf %010000d 0) | head -c 200000000"}, env, seconds=60, metadata=metadata
    )


def _require_cheap(
    folder: Path,
    cell: dict[str, str],
    env: dict[str, str] | None = None,
    seconds: int = 20,
    **parts: Any,  # noqa: ANN401 - of a notebook
) -> None:
    """Build a notebook with *cell*, which prints 200 MB, and see what that costs."""
    root = folders.make(folder, {"_config.yml": "{}\n", _name("a"): ["# T", cell]})
    if parts:
        file = root / _name("a")
        file.write_text(json.dumps(json.loads(file.read_text()) | parts))
    before = folders.tree(root)
    began, most = time.monotonic(), 0
    build = folders.started(root, "build", env=env)
    while build.poll() is None:
        most = max(most, _memory(build.pid))
        time.sleep(0.02)
    took = time.monotonic() - began
    said, _ = build.communicate()
    assert said.startswith(f"{_name('a')}: cell 2: the cell printed more than 20 MB"), said
    assert build.returncode == 1
    assert took < seconds
    assert most < 300, f"{most} MB"
    assert folders.tree(root) == before


def test_who_prints_too_much_is_ended_at_once() -> None:
    """The reply is there before the output: nbclient would wait for its end, which nobody sends any more."""
    began: list[float] = []
    client = kernel.Client(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("'x' * 30_000_000")]),
        output_limit=100_000,
        memory=None,
        kernel_name="python3",
        on_cell_execute=lambda **_: began.append(time.monotonic()),
    )
    with pytest.raises(DeadKernelError):
        asyncio.run(client.async_execute())
    assert (client.excess, client.excess_at) == ("cell", 0)
    assert time.monotonic() - began[0] < client.iopub_timeout


def test_what_is_printed_into_a_widget_counts_too(tmp_path: Path) -> None:
    """It goes past the reader, so the kernel says that it has cut something."""
    code = "import ipywidgets\nout = ipywidgets.Output()\nwith out:\n    print('x' * 150_000)\n1"
    root = folders.make(
        tmp_path,
        {
            "_config.yml": SETTINGS.replace("timeout: 2", "timeout: 20"),
            _name("a"): ["# T", {"code": code}, {"code": "2"}],
        },
    )
    done = folders.nbpress(root, "build")
    assert _said(done) == {_name("a"): 'cell 2: the cell printed more than 100 kB, under "T"; … [output-fits]'}


def test_what_fits_is_never_cut(tmp_path: Path) -> None:
    """Just as much as allowed, in several ways at once, is stored whole; each cell counts for itself."""
    code = "import sys\nprint('x' * 49_000)\nsys.stderr.write('y' * 1_000)\n'z' * 49_000"
    root = folders.make(tmp_path, {"_config.yml": SETTINGS, _name("a"): ["# T", {"code": code}, {"code": code}]})
    done = folders.nbpress(root, "build")
    assert (done.returncode, done.stdout) == (0, "")
    cells = json.loads((root / _name("a")).read_text())["cells"][1:]
    for cell in cells:
        found = "".join(
            "".join(it.get("text", "")) + "".join(it.get("data", {}).get("text/plain", "")) for it in cell["outputs"]
        )
        assert [found.count(letter) for letter in "xyz"] == [49_000, 1_000, 49_000]
