"""What runs before the first cell: what a figure of Matplotlib says of itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from converter import kernel_start

SETUP = """
import sys
sys.path.insert(0, {folder!r})
import kernel_start
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
figure, axes = plt.subplots()
{code}
print(ascii(kernel_start.text_of(figure)), end="")
"""
FIGURES = {
    "nothing": ("axes.plot([1, 2])", ""),
    "title and labels": (
        'axes.set(title="Orbits of\\nplanets", xlabel="distance (au)", ylabel="period")',
        "Orbits of planets. distance (au), period",
    ),
    "a legend": ('axes.plot([1], label="A"); axes.plot([2], label="B"); axes.legend()', "A, B"),
    "a legend with a title": ('axes.plot([1], label="A"); axes.legend(title="Which")', "Which: A"),
    "punctuation": ('axes.set(title="Why?", xlabel="x")', "Why? x"),
    "titles at the sides": ('axes.set_title("l", loc="left"); axes.set_title("r", loc="right")', "l. r"),
    "the figure's own": ('figure.suptitle("All"); figure.legend(handles=axes.plot([1], label="A"))', "All. A"),
    "what several axes share, once": ('axes.set_xlabel("x"); figure.add_subplot(222).set_xlabel("x")', "x"),
    "axes that are switched off": ('axes.set(title="Map", xlabel="x"); axes.set_axis_off()', "Map"),
    "axes that nobody sees": ('axes.set(title="Map"); axes.set_visible(False)', ""),
    "what colours mean": (
        'axes.set_title("Map"); figure.colorbar(axes.imshow([[0, 1]]), label="metres")',
        "Map",
    ),
    "nothing but what colours mean": ('figure.colorbar(axes.imshow([[0, 1]]), label="metres")', ""),
    "three dimensions": (
        'figure.clear(); figure.add_subplot(projection="3d").set(xlabel="x", ylabel="y", zlabel="z")',
        "x, y, z",
    ),
    "no end": ('axes.set(title="t", xlabel="x" * 499)', "t"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_stands_on_it(name: str) -> None:
    """The words are those of the figure, in the order in which one reads them."""
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed: install the requirements of the tests")
    code, expected = FIGURES[name]
    program = SETUP.format(folder=str(Path(kernel_start.__file__).parent), code=code)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == ascii(expected)


def test_a_kernel_of_another_kind_starts_all_the_same() -> None:
    """Without IPython nothing shows figures."""
    text = Path(kernel_start.__file__).read_text("utf-8")
    program = f"exec(compile({text!r}, 'x', 'exec'), scope := {{'__name__': 'x'}}); scope['install'](); import json"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
