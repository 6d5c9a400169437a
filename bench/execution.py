"""How long a build takes: ten notebooks with pandas and a plot, against nbconvert on the same machine in the same run.

usage: .venv/bin/python bench/execution.py [--notebooks N] [--jupyter-book COMMAND]

COMMAND is the `jupyter-book` (version 1) of another environment, if it shall take part. Only ratios mean anything.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CODE = (
    "import pandas as pd\nimport matplotlib.pyplot as plt",
    'frame = pd.DataFrame({{"x": range({n}, {n} + 50)}})\nframe["y"] = frame.x ** 2\nframe.describe()',
    'frame.plot(x="x", y="y")\nplt.show()',
)
BIN = Path(sys.executable).parent


def main() -> None:
    """Make the blog, time everybody, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebooks", type=int, default=10)
    parser.add_argument("--jupyter-book", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        blog = Path(folder, "blog")
        notebooks = _blog(blog, options.notebooks)
        copies = Path(folder, "copies")
        shutil.copytree(blog / "_notebooks", copies)
        peers = [str(copy) for copy in sorted(copies.glob("*.ipynb"))]
        times = {"nbconvert --execute": _time([BIN / "jupyter", "nbconvert", "--to", "html", "--execute", *peers])}
        if options.jupyter_book:
            (copies / "_toc.yml").write_text(
                f"format: jb-book\nroot: {Path(peers[0]).stem}\nchapters:\n"
                + "".join(f"- file: {Path(peer).stem}\n" for peer in peers[1:])
            )
            (copies / "_config.yml").write_text("execute: {execute_notebooks: cache}\n")
            times["jupyter-book build"] = _time([*options.jupyter_book.split(), "build", copies])
        nbpress = [BIN / "nbpress", "--site", blog, "-q"]
        times["nbpress build, cold"] = _time([*nbpress, "build"])
        times["nothing to do"] = _time([*nbpress, "build"])
        _edit(notebooks[0], 0, "# Title 0\n\nAnother sentence.")
        times["one prose edit"] = _time([*nbpress, "build"])
        _tag(notebooks[1], 1, "hide-input")
        times["one tag edit"] = _time([*nbpress, "build"])
        _edit(notebooks[2], 1, "import pandas as pd\nimport matplotlib.pyplot as plt\n1 + 1")
        times["one code edit"] = _time([*nbpress, "build"])
        times["check"] = _time([*nbpress, "check"])
        shutil.rmtree(blog / ".nbpress")
        times["check that knows nothing"] = _time([*nbpress, "check"])
    floor = times["nbconvert --execute"]
    for name, seconds in times.items():
        print(f"{name:28} {seconds:7.2f} s  {seconds / floor:6.3f} of nbconvert")


def _blog(root: Path, number: int) -> list[Path]:
    """Write a blog of *number* notebooks and return them."""
    (root / "_notebooks").mkdir(parents=True)
    (root / "_config.yml").write_text("title: bench\n")
    notebooks = []
    for index in range(number):
        cells = [{"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# Title {index}"}]
        cells += [
            {
                "cell_type": "code",
                "id": f"code-{at}",
                "metadata": {},
                "source": code.format(n=index),
                "outputs": [],
                "execution_count": None,
            }
            for at, code in enumerate(CODE)
        ]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        file = root / "_notebooks" / f"2020-01-{index + 1:02}-post.ipynb"
        file.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1))
        notebooks.append(file)
    return notebooks


def _edit(file: Path, cell: int, source: str) -> None:
    """Give a cell another source."""
    nb = json.loads(file.read_bytes())
    nb["cells"][cell]["source"] = source
    file.write_text(json.dumps(nb, indent=1))


def _tag(file: Path, cell: int, tag: str) -> None:
    """Give a cell a tag."""
    nb = json.loads(file.read_bytes())
    nb["cells"][cell]["metadata"]["tags"] = [tag]
    file.write_text(json.dumps(nb, indent=1))


def _time(command: list[object]) -> float:
    """Return how many seconds *command* takes; stop if it fails."""
    began = time.perf_counter()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
