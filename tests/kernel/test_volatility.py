"""Two runs of one notebook give one post, but for the cells that are volatile in truth."""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING

import nbclient
import nbformat
import pytest

from converter import stable
from tests import blogs, cases, folders

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

pytestmark = pytest.mark.kernel

CASES = cases.read("reproduce_volatility")
FILE = "_notebooks/2020-01-02-volatile.ipynb"
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "1577923200",
    "TZ": "UTC",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
DRAWING = """\
import matplotlib.pyplot as plt
plt.plot([3, 1, 2], marker="o")
plt.savefig("drawing.svg")
plt.close()
plt.rcParams["svg.hashsalt"], sorted(name for name in globals() if "nbpress" in name)"""


def executed(nb: NotebookNode, folder: Path) -> NotebookNode:
    """Return *nb* after a run in *folder*, by a kernel that has been started up, with outputs made stable."""
    result = copy.deepcopy(nb)
    client = nbclient.NotebookClient(
        result, allow_errors=True, record_timing=False, coalesce_streams=True, resources={"metadata": {"path": folder}}
    )
    client.km = client.create_kernel_manager()
    client.km.transport, client.km.ip = "ipc", str(folder / "socket")

    def start_up(**_: object) -> None:
        assert client.kc
        client.kc.execute(stable.start_up(), silent=True, store_history=False)

    client.on_notebook_start = start_up
    client.execute(env={**os.environ, **ENVIRONMENT})
    return stable.outputs(result)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[NotebookNode, NotebookNode]:
    """Build the notebook of all cases twice, in the same blog, and return what is stored each time."""
    cells = [{"code": case.text} for case in CASES]
    files = {"_config.yml": "notebooks: {allow_errors: true}\n", FILE: ["# T", *cells]}
    root = folders.make(tmp_path_factory.mktemp("v") / "blog", files)
    stored = []
    for _ in range(2):
        done = folders.nbpress(root, "build", "--execute", "always")
        assert "1 notebook run" in done.stderr, done.stdout
        nb = nbformat.read(root / FILE, as_version=4)
        nb.cells = nb.cells[1:]
        stored.append(nb)
    first, second = stored
    return first, second


def post(nb: NotebookNode, index: int, root: Path) -> str:
    """Return the post of a notebook that has only cell *index* of *nb*, and the files it shows."""
    made = blogs.convert(blogs.write(root, {blogs.FILE: blogs.notebook(nb.cells[index])}))
    return made.text + "".join(f"{asset.path} {asset.content.hex()}" for asset in made.assets)


@pytest.mark.parametrize("index", range(len(CASES)), ids=[case.title for case in CASES])
def test_two_runs_give_one_post(runs: tuple[NotebookNode, NotebookNode], index: int, tmp_path: Path) -> None:
    first, second = (nb.cells[index] for nb in runs)
    assert first.outputs
    for output in first.outputs:
        if output.output_type == "error" and output.ename == "ModuleNotFoundError":
            missing = pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip
            missing(f"{output.evalue}: install the requirements of the tests")
    if CASES[index].expected == "same":
        cases.same(*(post(nb, index, tmp_path) for nb in runs))
        assert first.outputs == second.outputs


def test_no_more_than_four_cells_are_volatile() -> None:
    assert len(CASES) == 20
    assert [case.title for case in CASES if case.expected == "volatile"] == [
        "clock",
        "random numbers",
        "progress bar",
        "timing",
    ]


@pytest.mark.parametrize("own", ["", "svg.hashsalt: mine\n"], ids=["no matplotlibrc", "a matplotlibrc"])
def test_a_drawing_that_the_code_saves_is_the_same_twice(own: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed: install the requirements of the tests")
    folder = blogs.write(tmp_path / "v", {"matplotlibrc": own} if own else {})
    files, salts = set(), set()
    for _ in range(2):
        (cell,) = executed(blogs.notebook(blogs.code(DRAWING)), folder).cells
        salts.add(cell.outputs[0].data["text/plain"])
        files.add((folder / "drawing.svg").read_bytes())
    assert len(files) == 1
    assert salts == {f"('{'mine' if own else 'nbpress'}', [])"}


def test_a_figure_is_stored_with_what_stands_on_it(tmp_path: Path) -> None:
    """However it is shown; drawing it is left to Matplotlib, and nothing else gets a text."""
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed: install the requirements of the tests")
    plot = "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.set_title('Orbits')"
    shown = (f"{plot};", f"{plot}\nplt.close()\nfigure", f"{plot}\nplt.close()\ndisplay(figure)", "display({1: 2})")
    nb = executed(blogs.notebook(*map(blogs.code, shown)), tmp_path)
    said = [[output.metadata.get("alt") for output in cell.outputs if "data" in output] for cell in nb.cells]
    assert said == [["Orbits"], ["Orbits"], ["Orbits"], [None]]


def test_a_kernel_without_matplotlib_starts_up_in_silence(tmp_path: Path) -> None:
    shown = "import sys\nimport json.tool\n'matplotlib' in sys.modules, 'nbpress' in str(dir())"
    (cell,) = executed(blogs.notebook(blogs.code(shown)), tmp_path).cells
    assert cell.outputs == [
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "data": {"text/plain": "(False, False)"},
            "metadata": {},
        }
    ]
