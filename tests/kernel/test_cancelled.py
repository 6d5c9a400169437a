"""Runs that are told to stop at a moment at which that is easily missed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from converter import kernel

if TYPE_CHECKING:
    from nbformat import NotebookNode

pytestmark = pytest.mark.kernel


class _Stopped(kernel.Client):
    """A client that is told to stop just when the last output of its first cell has come."""

    whole: asyncio.Task[Any]

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        await super()._async_poll_output_msg(parent_msg_id, cell, cell_index)
        await asyncio.sleep(0.3)  # by now the reply is there as well
        if cell_index == 0:
            self.whole.cancel()


def test_a_run_stops_though_a_cell_ends_at_the_same_moment() -> None:
    cells = [nbformat.v4.new_code_cell(code) for code in ("print(1)", "import time\ntime.sleep(60)")]
    nb = nbformat.v4.new_notebook(cells=cells)

    async def stopped() -> bool:
        client = _Stopped(nb, output_limit=None, memory=None, kernel_name="python3")
        client.whole = asyncio.create_task(client.async_execute())
        done, _ = await asyncio.wait([client.whole], timeout=30)
        client.whole.cancel()
        return bool(done) and client.whole.cancelled()

    assert asyncio.run(stopped())
    assert nb.cells[0].outputs != []
