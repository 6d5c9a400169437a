"""How long it takes from a save to the page: a blog of many posts with this checkout's theme, against `jekyll build`.

usage: .venv/bin/python bench/serve.py [--posts N] [--saves N]

Seconds mean something on one machine only; the ratios to a build of the whole site, in the same run, on all.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import IO, TYPE_CHECKING

from converter import config, jekyll, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parents[1]
PROSE = "A sentence of *prose* with `code`, a [link](https://example.org/) and math $a_1 + b^2$. " * 12
PATIENCE = 60


def main() -> None:
    """Make the blog, serve it, save one notebook again and again, print medians and worst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--saves", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        blog = _blog(Path(folder, "blog"), options.posts)
        settings = config.load(blog)
        pipeline.build(settings)
        command, environment = jekyll.command(blog)
        began = time.perf_counter()
        subprocess.run([*command, "build", "-q"], cwd=blog, env=environment, check=True)
        floor = time.perf_counter() - began
        shutil.rmtree(blog / "_site")
        times = _preview(blog, settings.baseurl, options.posts, options.saves)
    print(f"{options.posts} posts; a build of the whole site takes {floor:.2f} s, which is 1")
    for name, seconds in times.items():
        middle, worst = statistics.median(seconds), max(seconds)
        print(f"{name:34} median {middle:6.2f} s ({middle / floor:4.2f})   worst {worst:6.2f} s ({worst / floor:4.2f})")


def _blog(root: Path, posts: int) -> Path:
    """Make a blog of *posts* notebooks, some 20 KB of prose each, with the theme of this checkout."""
    folders = ["_theme", "assets", "pages", "index.html", "_config.yml", "templates"]
    listed = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=CHECKOUT, capture_output=True, encoding="utf-8", check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CHECKOUT / name, root / name)
    with (root / "_config.yml").open() as file:
        text = file.read()
    (root / "_config.yml").write_text(text.replace("\nnotebooks:\n", "\nnotebooks:\n  execute: never\n"))
    for number in range(posts):
        _save(root, number, "Nothing yet.")
    return root


def _file(root: Path, number: int) -> Path:
    """Return the file of the notebook *number*."""
    return (
        root / f"_notebooks/{2000 + number // 300}-{number % 300 // 25 + 1:02}-{number % 25 + 1:02}-post-{number}.ipynb"
    )


def _save(root: Path, number: int, mark: str) -> None:
    """Write the notebook *number*, which says *mark*."""
    head = f"# Post {number}\n> About {number}.\n\n- categories: [c{number % 7}]\n- tags: [t{number % 13}]\n- toc: true"
    sources = [head, *(f"## Part {part}\n\n{PROSE}" for part in range(14)), mark]
    cells = [
        {"cell_type": "markdown", "id": f"c{index}", "metadata": {}, "source": it} for index, it in enumerate(sources)
    ]
    file = _file(root, number)
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def _preview(blog: Path, baseurl: str, posts: int, saves: int) -> dict[str, list[float]]:
    """Serve *blog* and return how long each kind of change took, for each save."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "converter", "serve", "--port", "0", "-v"]
    times: dict[str, list[float]] = {}
    with subprocess.Popen(command, cwd=blog, env=environment, stderr=subprocess.PIPE, encoding="utf-8") as serving:
        try:
            began = time.perf_counter()
            assert serving.stderr is not None  # noqa: S101 - it was asked for
            host = _host(serving.stderr)
            times["start to first page"] = [time.perf_counter() - began]
            for save in range(saves):
                _saved(blog, posts // 2, f"Mark {save}.", f"{host}{baseurl}", times)
        finally:
            serving.send_signal(signal.SIGINT)
            serving.wait(timeout=PATIENCE)
    return times


def _saved(blog: Path, number: int, mark: str, host: str, times: dict[str, list[float]]) -> None:
    """Save a notebook, see its post, its page and the feed of the site follow, and save again while all is built."""
    post = next((blog / "_posts").glob(f"*-post-{number}.html"))
    year, month, day, name = post.stem.split("-", 3)
    address = f"{host}/c{number % 7}/{year}/{month}/{day}/{name}.html"
    began = time.perf_counter()
    _save(blog, number, mark)
    _note(times, "save to post", began, lambda: mark in post.read_text())
    _note(times, "save to page", began, lambda: mark in _page(address))
    time.sleep(0.5)  # now Jekyll is at work on the whole site
    began = time.perf_counter()
    _save(blog, number, mark + " Again.")
    _note(times, "save to page, in a long build", began, lambda: f"{mark} Again." in _page(address))
    began = time.perf_counter()
    (blog / "assets/mark.txt").write_text(mark)
    (blog / "pages/mark.md").write_text(f"---\npermalink: /mark/\n---\n{mark}\n")
    _note(times, "save to another page of the site", began, lambda: mark in _page(f"{host}/mark/"))


def _note(times: dict[str, list[float]], name: str, began: float, is_done: Callable[[], bool]) -> None:
    """Wait until *is_done*, and note how long that took since *began*."""
    while not is_done():
        if time.perf_counter() - began > PATIENCE:
            raise TimeoutError(name)
        time.sleep(0.005)
    times.setdefault(name, []).append(time.perf_counter() - began)


def _page(address: str) -> str:
    """Return the page at *address*, or nothing while there is none."""
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=60) as response:  # noqa: S310
        return str(response.read().decode())
    return ""


def _host(lines: IO[str]) -> str:
    """Return where the preview is, as it says."""
    for line in lines:
        if found := re.search(r"the blog is at (http://[^/ ]+)/", line):
            return found[1]
    raise SystemExit("the preview has ended")


if __name__ == "__main__":
    main()
