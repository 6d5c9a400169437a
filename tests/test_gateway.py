"""Gateways as far as no kernel runs: which is chosen, with which token, and what is none."""

from __future__ import annotations

import asyncio

import pytest

from converter import gateway


def test_something_else_that_speaks_http_is_no_gateway() -> None:
    async def ask() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(gateway.GatewayError, match="is no Jupyter gateway"):
                await gateway.kernelspecs(f"http://127.0.0.1:{port}")

    asyncio.run(ask())


def test_the_gateway_with_the_fewest_notebooks_is_chosen_and_the_first_of_equals() -> None:
    with gateway.choose(["a", "b"]) as first, gateway.choose(["a", "b"]) as second, gateway.choose(["a", "b"]) as third:
        assert (first, second, third) == ("a", "b", "a")
    with gateway.choose(["b", "a"]) as again:
        assert again == "b"


def test_a_gateway_that_failed_gets_no_more_work_while_there_are_others() -> None:
    with pytest.raises(gateway.GatewayError), gateway.choose(["c", "d"]):
        raise gateway.GatewayError("gone")
    with gateway.choose(["c", "d"]) as first, gateway.choose(["c", "d"]) as second:
        assert (first, second) == ("d", "d")
    with gateway.choose(["c"]) as only:
        assert only == "c"
    with gateway.choose(["c", "d"]) as recovered:
        assert recovered == "c"


def test_the_token_is_read_from_the_environment() -> None:
    assert gateway.token({}) == ""
    assert gateway.token({"KG_AUTH_TOKEN": "k"}) == "k"
    assert gateway.token({"KG_AUTH_TOKEN": "k", "JUPYTER_GATEWAY_AUTH_TOKEN": "j"}) == "j"
