"""What runs inside a Python kernel before the first cell: ids stay the same, figures say what they show, it ends soon.

No kernel imports this module: `stable.start_up` sends its text, since the kernel's Python may be another one (3.8 or
later), without nbpress. Hence the standard library only, and nothing newer than 3.8.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib.util
import io
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SALT = "nbpress"
_LONGEST = 500
"""Characters of an alternative text; nobody wants to hear more."""
_FILE: Any = io.IOBase.__base__
"""What all files are; `io.IOBase` itself takes its time to say whether something is one."""
_COLOUR_BAR = "<colorbar>"
"""What Matplotlib calls the axes of a colour bar; they explain the colours of a figure, and say nothing of it."""


class Finder:
    """Sets Matplotlib's salt for ids in SVG files when it is imported; others do not pay for it.

    Ids in shown drawings are renamed when outputs are stored; the salt is for files that the code writes.
    """

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:  # noqa: ANN401 - Python's protocol
        """Find Matplotlib as Python would, and have the salt set once it is there, unless its author has set one."""
        if name != "matplotlib":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: Any) -> None:  # noqa: ANN401 - a module
            execute(module)
            for settings in (module.rcParams, module.rcParamsDefault):
                if settings["svg.hashsalt"] is None:
                    settings["svg.hashsalt"] = SALT

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # of this one loader
        return spec


def text_of(figure: Any) -> str:  # noqa: ANN401 - a figure of any Matplotlib
    """Return what stands on *figure* in words: titles, labels of axes, legends. It is only read, never drawn."""
    said = dict.fromkeys(" ".join(text.split()) for text in _texts(figure))
    found = ""
    for text in filter(None, said):
        longer = found + ("" if not found else " " if found[-1] in ".!?" else ". ") + text
        if len(longer) > _LONGEST:
            break
        found = longer
    return found


def _texts(figure: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield title, labels and legend of every pair of axes, those that belong together as one."""
    title = getattr(figure, "_suptitle", None)
    yield title.get_text() if title else ""
    for axes in figure.axes:
        if not axes.get_visible() or axes.get_label() == _COLOUR_BAR:
            continue
        for place in ("left", "center", "right"):
            yield axes.get_title(place)
        if getattr(axes, "_axis3don", axes.axison):  # three dimensions have a switch of their own
            labels = [getattr(axes, f"get_{name}label", str)() for name in "xyz"]
            yield ", ".join(filter(None, labels))
        yield _legend(axes.get_legend())
    for legend in figure.legends:
        yield _legend(legend)


def _legend(legend: Any) -> str:  # noqa: ANN401
    """Return what a *legend* says."""
    if legend is None:
        return ""
    title = legend.get_title().get_text()
    entries = ", ".join(text.get_text() for text in legend.get_texts())
    return f"{title}: {entries}" if title and title != "None" else entries


def describe(formatter: Any) -> None:  # noqa: ANN401 - IPython's
    """Let IPython's display *formatter* store with each picture of a Matplotlib figure what `text_of` it gives."""
    plain = formatter.format

    def with_text(shown: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        data, metadata = plain(shown, *args, **options)
        try:
            pyplot = sys.modules.get("matplotlib.figure")
            if pyplot and isinstance(shown, pyplot.Figure) and any(name.startswith("image/") for name in data):
                text = text_of(shown)
                if text:
                    metadata = dict(metadata, alt=text)
        except Exception:  # noqa: BLE001, S110 - whatever it is, the figure is shown
            pass
        return data, metadata

    formatter.format = with_text


def leave(shell: Any) -> None:  # noqa: ANN401 - IPython's
    """Give up what the notebook holds, and spare Python its last searches through everything that is imported.

    With pandas and Matplotlib these take a quarter of the time of a short run, for memory that is about to go anyhow.
    What they would still have done for the author happens here: objects are finalised, files reach the disk.
    """
    for held in gc.get_objects():
        if issubclass(type(held), _FILE):
            with contextlib.suppress(Exception):  # closed, or only read
                held.flush()
    gc.freeze()  # the reset searches, too, and before anything is given up
    shell.reset(new_session=False)  # as IPython does a little later
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def install() -> None:
    """Prepare this kernel; one that is not IPython's shows figures without a text, and ends in its own time."""
    sys.meta_path.insert(0, Finder())
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        describe(shell.display_formatter)
        atexit.register(leave, shell)  # before all that the cells register, so after them
