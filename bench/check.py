"""How fast many posts are checked: in a fresh clone, and where `.nbpress/` knows them; against nbconvert, without runs.

usage: .venv/bin/python bench/check.py [--posts N] [--rounds N]

Both turn the same notebooks into HTML and run none. nbconvert gets one of them and a tenth of them, from which follows
what all would take.
Seconds mean something on one machine only; the ratios, in one run, on all.
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
from typing import Any

BIN = Path(sys.executable).parent
TEXT = """## Step {n}

A paragraph of *prose* about the {n}th step, with `code`, a [link](https://example.org/{n}), **bold words** and a
second line. It goes on for a while, as paragraphs do, says what was tried and what came out, and ends here.

- first the data, {n} rows of it
- then the model, see the table in [the notes](https://example.org/notes)
- at last a formula: $a_{n} + b^2$
"""
CODE = """# Read the rows and sum up the column
import math

def area(radius: float, scale: float = {n}.0) -> float:
    \"\"\"Return the area of a circle.\"\"\"
    return math.pi * radius ** 2 * scale

rows = [{{"radius": r, "area": area(r)}} for r in range(10)]
print(len(rows), "rows", sum(row["area"] for row in rows))
"""
TABLE = "<table><thead><tr><th>r</th><th>area</th></tr></thead><tbody>{rows}</tbody></table>"
STEPS = 6


def main() -> None:
    """Make the blog, time everybody, print the best of some rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        blog = Path(folder, "blog")
        notebooks = _blog(blog, options.posts)
        nbpress: list[Path | str] = [BIN / "nbpress", "--site", blog, "-q"]
        times = {"nbpress build, the first": [_time([*nbpress, "build"])]}
        peers = notebooks[: options.posts // 10]
        out = Path(folder, "out")
        convert: list[Path | str] = [
            BIN / "jupyter",
            "nbconvert",
            "--to=html",
            "--template=basic",
            f"--output-dir={out}",
        ]
        for _ in range(options.rounds):
            one, tenth = _time([*convert, peers[0]]), _time([*convert, *peers])
            each = (tenth - one) / (len(peers) - 1)
            times.setdefault("nbconvert", []).append(one + each * (options.posts - 1))
            times.setdefault("nbpress check, known", []).append(_time([*nbpress, "check"]))
            times.setdefault("nbpress build, nothing to do", []).append(_time([*nbpress, "build"]))
            shutil.move(blog / ".nbpress", Path(folder, "known"))
            times.setdefault("nbpress check, fresh clone", []).append(_time([*nbpress, "check"]))
            shutil.move(Path(folder, "known"), blog / ".nbpress")
    floor = min(times["nbconvert"])
    print(f"{options.posts} posts")
    for name, seconds in times.items():
        print(f"{name:30} {min(seconds):7.2f} s  {min(seconds) / floor:6.3f} of nbconvert")


def _blog(root: Path, posts: int) -> list[Path]:
    """Write a blog of *posts* notebooks with stored outputs, some 13 KB each, and return them."""
    (root / "_notebooks").mkdir(parents=True)
    (root / "_config.yml").write_text("title: bench\nnotebooks: {execute: never}\n")
    found: list[Path] = []
    for post in range(posts):
        cells = [
            {"cell_type": "markdown", "metadata": {}, "source": f"# Post {post}\n> All about {post}.\n\n- toc: true"}
        ]
        for step in range(STEPS):
            number = post * STEPS + step
            table = "".join(f"<tr><td>{row}</td><td>{row * number}</td></tr>" for row in range(10))
            outputs: list[Any] = [
                {"output_type": "stream", "name": "stdout", "text": f"10 rows {number}\n"},
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {"text/html": TABLE.format(rows=table), "text/plain": "a table"},
                },
            ]
            code: dict[str, Any] = {"cell_type": "code", "metadata": {}, "execution_count": step + 1}
            cells.append({"cell_type": "markdown", "metadata": {}, "source": TEXT.format(n=number)})
            cells.append(code | {"source": CODE.format(n=number), "outputs": outputs})
        notebook = root / f"_notebooks/2020-{post % 12 + 1:02}-{post % 28 + 1:02}-post-{post}.ipynb"
        notebook.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
        found.append(notebook)
    return found


def _time(command: list[Path | str]) -> float:
    """Return the seconds that *command* takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
