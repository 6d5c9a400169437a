"""What runs inside a Python kernel so that a cell which prints without end sends no more than its reader will take.

No kernel imports this module: `execute` sends its text, since the kernel's Python may be another one (3.8 or later),
without nbpress. What goes beyond the limit is cut off here, and the reader, who counts for itself, ends the kernel.
"""

from __future__ import annotations

import sys
import types
from typing import Any

NAME = "_nbpress_limit"
"""Under what `sys.modules` keeps the count, out of the notebook's namespace."""
EXPRESSION = f"__import__('sys').modules['{NAME}'].limit.cut"
"""What the kernel evaluates after the last cell: the execution count of a cell whose output was cut, or 0."""


class Limit:
    """How much the running cell has sent; one character too many goes out, so that the reader notices."""

    def __init__(self, shell: Any, limit: int) -> None:  # noqa: ANN401 - IPython's
        """Count for *shell*, whose cells may send *limit* characters each."""
        self.shell, self.limit, self.sent, self.cut = shell, limit, 0, 0

    def begin(self, *_: object) -> None:
        """Count anew: another cell runs.

        IPython 9 gives the streams another `write` for each cell, so they are guarded for each cell.
        """
        self.sent = 0
        for stream in (getattr(sys, name) for name in ("stdout", "stderr")):
            if not hasattr(stream.write, NAME):
                self.guard(stream)

    def room(self, size: int) -> int:
        """Count *size* more characters; return how many of them may go out."""
        left = max(self.limit + 1 - self.sent, 0)
        self.sent += size
        if self.sent > self.limit:
            self.cut = self.cut or self.shell.execution_count
        return min(size, left)

    def guard(self, stream: Any) -> None:  # noqa: ANN401 - ipykernel's
        """Let *stream* send what there is room for."""
        write = stream.write

        def limited(text: str) -> Any:  # noqa: ANN401 - what the stream returns
            if not isinstance(text, str):
                return write(text)
            room = self.room(len(text))
            if room == len(text):
                return write(text)
            if room:
                write(text[:room])
            return len(text)

        setattr(limited, NAME, self)
        stream.write = limited

    def shown(self, message: Any) -> Any:  # noqa: ANN401 - a message of Jupyter's protocol
        """Return the *message* with an output, or one that is short enough to see that it is too long."""
        # Nobody counts what takes the place of another, and `clear_output` shows nothing.
        if message["header"]["msg_type"] == "update_display_data" or "data" not in message["content"]:
            return message
        size = sum(len(it) if isinstance(it, str) else len(str(it)) for it in message["content"]["data"].values())
        room = self.room(size)
        if room == size:
            return message
        message["content"]["data"] = {"text/plain": "x" * room}
        return message if room else None


def install(limit: int) -> None:
    """Begin to count, in a kernel that is ipykernel's."""
    from IPython import get_ipython

    shell = get_ipython()
    module: Any = types.ModuleType(NAME)
    module.limit = counted = Limit(shell, limit)
    sys.modules[NAME] = module
    shell.events.register("pre_run_cell", counted.begin)
    for publisher in (shell.display_pub, shell.displayhook):
        if hasattr(publisher, "register_hook"):  # displayhook's came with ipykernel 7
            publisher.register_hook(counted.shown)
