"""A client of kernels that misses no reply.

ZeroMQ says once that a message has come, on a descriptor that any other use of the same socket resets (`ZMQ_FD` in
its manual). jupyter_client sends past pyzmq's bookkeeping, so a reply that arrives while nbclient answers a widget is
there and nobody is told: the cell would run for ever.
"""

from __future__ import annotations

import time
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from traitlets import Type

_AGAIN = 0.5
"""Seconds after which a wait looks for itself whether the message is there."""


class ShellChannel(AsyncZMQSocketChannel):
    """The channel of requests and their replies, where widgets are answered while a reply is awaited."""

    async def get_msg(  # type: ignore[override]  # jupyter_client's own deviates from its base like this
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - jupyter_client's signature
    ) -> dict[str, Any]:
        """Return the next message; raise `Empty` if none has come after *timeout* seconds (default: wait)."""
        end = float("inf") if timeout is None else time.monotonic() + timeout
        while True:
            left = max(0.0, end - time.monotonic())
            try:
                return await super().get_msg(min(left, _AGAIN))
            except Empty:
                if left <= _AGAIN:
                    raise


class KernelClient(AsyncKernelClient):
    """A client for a kernel on this machine."""

    shell_channel_class = Type(ShellChannel)
