"""Replies of kernels that come while something is sent to them."""

from __future__ import annotations

import asyncio
import time
from queue import Empty
from typing import TYPE_CHECKING

import pytest
import zmq
import zmq.asyncio
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.session import Session

from converter.channels import ShellChannel

if TYPE_CHECKING:
    from pathlib import Path


async def _crossed(kind: type[AsyncZMQSocketChannel], folder: Path) -> str:
    """Return the type of a reply that came just before a message was sent, on a channel of *kind*."""
    session, address = Session(key=b"secret"), f"ipc://{folder}/1"
    with zmq.Context() as there, zmq.asyncio.Context() as here, there.socket(zmq.ROUTER) as kernel:
        kernel.bind(address)
        with here.socket(zmq.DEALER) as socket:
            socket.connect(address)
            channel = kind(socket, session)
            channel.send(session.msg("execute_request"))
            identities, _ = session.feed_identities(kernel.recv_multipart())
            waiting = asyncio.ensure_future(channel.get_msg())
            await asyncio.sleep(0.1)  # until it waits
            session.send(kernel, "execute_reply", {}, ident=identities)
            time.sleep(0.1)  # noqa: ASYNC251 - until the reply is there, and the loop has not seen it
            channel.send(session.msg("comm_msg"))
            done, _ = await asyncio.wait([waiting], timeout=3)
            waiting.cancel()
            return str(waiting.result()["header"]["msg_type"]) if done else ""


def test_a_reply_is_found_that_came_while_something_was_sent(tmp_path: Path) -> None:
    assert asyncio.run(_crossed(ShellChannel, tmp_path)) == "execute_reply"


def test_the_channel_of_jupyter_client_misses_it(tmp_path: Path) -> None:
    """When it does not any more, ours can go."""
    assert asyncio.run(_crossed(AsyncZMQSocketChannel, tmp_path)) == ""


@pytest.mark.parametrize("timeout", [0, 0.2, 0.7])
def test_a_wait_ends_in_time(timeout: float) -> None:
    async def waited() -> float:
        with zmq.asyncio.Context() as context, context.socket(zmq.DEALER) as socket:
            begun = time.monotonic()
            with pytest.raises(Empty):
                await ShellChannel(socket, Session(key=b"secret")).get_msg(timeout)
            return time.monotonic() - begun

    assert asyncio.run(waited()) >= timeout - 0.01
