"""Kernels on a Jupyter Kernel Gateway or Enterprise Gateway: HTTP starts and ends them, a websocket talks to them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections import Counter
from queue import Empty
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.jsonutil import json_default
from tornado import httpclient, websocket
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError, SimpleAsyncHTTPClient

from converter.errors import ExecutionError, KernelMissing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_TOKEN_VARIABLES = ("JUPYTER_GATEWAY_AUTH_TOKEN", "KG_AUTH_TOKEN")
"""What Jupyter's clients call a gateway's token, and what the gateway itself calls it."""
_CONNECT_TIMEOUT, _PATIENCE = 3, 10
"""Seconds to reach a gateway, and for it to answer what leaves it in good order."""
_LAUNCH_TIMEOUT = 60
"""Seconds that a gateway may take to start a kernel; on a cluster that may mean to find a place for it first."""
_PING = 10
"""Seconds between signs of life: a gateway whose machine is gone does not close its connections."""
_MAX_MESSAGE = 1 << 30
"""tornado's own limit of 10 MiB would end the connection at a large image."""
_LOST = ("closed the connection", "it was stopped or has crashed; its log says why")
_BUSY = 500
_NOT_STARTED = (400, 404, 500)
"""How gateways answer to a kernel name that they do not know; they do not agree on one status."""

_running = Counter[str]()
_failed = set[str]()


class GatewayError(ExecutionError):
    """Say that a gateway cannot be reached, refuses, or went away while a notebook ran."""

    rule = "gateway-answers"


def token(environment: Mapping[str, str]) -> str:
    """Return the gateways' token as *environment* has it; empty if there is none."""
    return next((environment[name] for name in _TOKEN_VARIABLES if environment.get(name)), "")


@contextlib.contextmanager
def choose(urls: Sequence[str]) -> Iterator[str]:
    """Give the gateway that runs the fewest notebooks of this process, the first of several, for the time of a run.

    A gateway that raised a `GatewayError` comes after all others: it fails at once and so never looks busy, and would
    otherwise be given all the rest of the work.
    """
    url = min(urls, key=lambda each: (each in _failed, _running[each]))
    _running[url] += 1
    try:
        yield url
    except GatewayError:
        _failed.add(url)
        raise
    else:
        _failed.discard(url)
    finally:
        _running[url] -= 1


async def kernelspecs(url: str, token: str = "") -> dict[str, str]:
    """Return the names of the kernels that the gateway at *url* can start, and the language of each."""
    answer = await _request(url, token, "GET", "kernelspecs")
    try:
        return {name: str(item["spec"].get("language", "")) for name, item in sorted(answer["kernelspecs"].items())}
    except (AttributeError, KeyError, TypeError) as error:
        raise _stranger(url) from error


class Manager:
    """One kernel on a gateway, with as much of jupyter_client's `KernelManager` as nbclient asks for.

    Managers know nothing of each other: any number of them, for any number of gateways, share an event loop.
    Whoever starts a kernel calls `cleanup_resources` in the end, whatever happened; it leaves none on the gateway.
    """

    def __init__(
        self, *, url: str, token: str = "", kernel_name: str = "python3", folder: str = "", forward: Iterable[str] = ()
    ) -> None:
        """Prepare a kernel; nothing is sent yet.

        *folder* is the kernel's working directory, relative to the one in which a Kernel Gateway was started: the
        notebook's folder if that is a checkout of the blog; where there is no such folder, the gateway's own is used.
        *forward* names the variables that the kernel shall have besides `KERNEL_*`; a gateway drops those that it was
        not told to let in (`KG_ENV_WHITELIST`, `EG_CLIENT_ENVS`).
        """
        self.url = url
        self.where = f"gateway {_shown(url)}"
        self.kernel_name = kernel_name
        self.kernel_id: str | None = None
        self.failure: GatewayError | None = None
        """What is wrong with the gateway, if that is why the kernel is no longer alive."""
        self.died = False
        """Whether the kernel ended of itself."""
        self._token = token
        self._folder = folder
        self._forward = frozenset(forward)
        self._client: Client | None = None

    @property
    def has_kernel(self) -> bool:
        """Tell whether there is a kernel on the gateway that is ours to delete."""
        return self.kernel_id is not None

    async def start_kernel(self, *, cwd: str = "", env: Mapping[str, str] | None = None, **_: object) -> None:
        """Start the kernel; of *env*, only `KERNEL_*` and what is to be forwarded leaves this machine.

        Raises `KernelMissing` if the gateway has no such kernelspec, else `GatewayError`.
        """
        sent = {"KERNEL_LAUNCH_TIMEOUT": str(_LAUNCH_TIMEOUT)} | ({"KERNEL_WORKING_DIR": cwd} if cwd else {})
        for name, value in (env or {}).items():
            if name.startswith("KERNEL_") or name in self._forward:
                sent[name] = value
        starting = asyncio.ensure_future(self._start(sent))
        try:
            self.kernel_id = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The gateway starts the kernel all the same, and only its answer tells which one to delete.
            with contextlib.suppress(ExecutionError):
                self.kernel_id = await starting
            await self.shutdown_kernel()
            raise

    def client(self) -> Client:
        """Return a client that talks to the kernel."""
        self._client = Client(self)
        return self._client

    async def is_alive(self) -> bool:
        """Tell whether the kernel can go on: it runs, and its gateway is there."""
        return self.has_kernel and not self.died and self.failure is None

    async def interrupt_kernel(self) -> None:
        """Stop what the kernel is doing."""
        await _request(self.url, self._token, "POST", f"kernels/{self.kernel_id}/interrupt", body={})

    async def shutdown_kernel(self, **_: object) -> None:
        """Delete the kernel on the gateway; say nothing if it, or the gateway, is already gone."""
        kernel_id, self.kernel_id = self.kernel_id, None
        patience = _PATIENCE if self.failure is None else _CONNECT_TIMEOUT  # it will hardly answer
        for _attempt in range(3 if kernel_id else 0):
            try:
                await _request(self.url, self._token, "DELETE", f"kernels/{kernel_id}", patience=patience)
            except GatewayError as error:
                if getattr(error.__cause__, "code", 0) == _BUSY:
                    await asyncio.sleep(1)  # a gateway cannot delete a kernel at the moment in which it starts it
                    continue
            return

    async def cleanup_resources(self, **_: object) -> None:
        """Disconnect, and delete a kernel that died as well: the gateway has started it again by now."""
        client, self._client = self._client, None
        if client is not None:
            await client.stop_channels()
        await self.shutdown_kernel()

    async def connect(self, session: str) -> websocket.WebSocketClientConnection:
        """Return a websocket on which the kernel's messages go to and fro, under the name *session*."""
        path = f"kernels/{self.kernel_id}/channels?session_id={quote(session)}"
        request = _to(self.url, self._token, path, request_timeout=_LAUNCH_TIMEOUT)
        request.url = "ws" + request.url.removeprefix("http")
        with _mapped(self.url, self._token):
            return await websocket.websocket_connect(
                request, ping_interval=_PING, ping_timeout=_PING, max_message_size=_MAX_MESSAGE
            )

    def fail(self, message: str, hint: str) -> None:
        """Take note of why the kernel cannot go on, unless that is known or intended."""
        if self.has_kernel and not self.died and self.failure is None:
            self.failure = GatewayError(f"{self.where} {message}", hint=hint)

    async def _start(self, environment: dict[str, str]) -> str:
        """Return the id of a new kernel."""
        body = {"name": self.kernel_name, "env": environment} | ({"path": self._folder} if self._folder else {})
        try:
            model = await _request(self.url, self._token, "POST", "kernels", body=body, patience=_LAUNCH_TIMEOUT + 5)
        except GatewayError as error:
            if getattr(error.__cause__, "code", 0) not in _NOT_STARTED:
                raise
            known = await kernelspecs(self.url, self._token)
            if self.kernel_name in known:
                raise
            message = f"{self.where} has no kernel {self.kernel_name}; it has {', '.join(known)}"
            hint = "install it there, or choose another kernel in Jupyter"
            raise KernelMissing(message, hint=hint) from error
        if not isinstance(model, dict) or "id" not in model:
            raise _stranger(self.url)
        return str(model["id"])


class Client(AsyncKernelClient):
    """jupyter_client's client, with a websocket in the place of ZeroMQ's sockets."""

    def __init__(self, manager: Manager) -> None:
        """Prepare to talk to *manager*'s kernel."""
        super().__init__()
        self._manager = manager
        self._connection: asyncio.Task[websocket.WebSocketClientConnection] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._channels = {name: Channel(name, self) for name in ("shell", "iopub", "stdin", "control")}

    shell_channel = property(lambda self: self._channels["shell"])
    iopub_channel = property(lambda self: self._channels["iopub"])
    stdin_channel = property(lambda self: self._channels["stdin"])
    control_channel = property(lambda self: self._channels["control"])

    async def start_channels(self, *_: object, **__: object) -> None:  # type: ignore[override]  # nbclient awaits it
        """Connect, and sort the messages that arrive."""
        self._connection = asyncio.create_task(self._manager.connect(self.session.session))
        self._reader = asyncio.create_task(self._read(await asyncio.shield(self._connection)))

    async def stop_channels(self) -> None:  # type: ignore[override]  # nbclient awaits it
        """Disconnect, even if whoever waited was cancelled: a connection cut short while it is made stays open."""
        if self._connection is not None and await _ended(self._connection, _PATIENCE):
            self._connection.result().close()
        if self._reader is not None:
            await _ended(self._reader, 1)

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - jupyter_client's signature
        """Wait until the kernel answers; raise `GatewayError` if it does not."""
        try:
            await super().wait_for_ready(timeout=timeout)
        except RuntimeError as error:
            raise self._not_ready() from error

    async def is_alive(self) -> bool:
        """Tell whether the kernel can go on."""
        return await self._manager.is_alive()

    async def _async_is_alive(self) -> bool:
        """Tell the same to `wait_for_ready`, which would wait for a dead kernel to beat again."""
        if not await self._manager.is_alive():
            raise self._not_ready()
        return True

    def _not_ready(self) -> GatewayError:
        """Return why the kernel does not answer."""
        message = f"{self._manager.where} started kernel {self._manager.kernel_name}, which does not answer"
        return self._manager.failure or GatewayError(message, hint="the gateway's log says why")

    def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send *message* to the kernel's *channel*."""
        assert self._connection is not None  # noqa: S101 - nbclient starts the channels first
        try:
            self._connection.result().write_message(json.dumps({**message, "channel": channel}, default=json_default))
        except websocket.WebSocketClosedError as error:
            self._manager.fail(*_LOST)
            raise self._not_ready() from error

    async def _read(self, socket: websocket.WebSocketClientConnection) -> None:
        """Give every message to its channel, as long as none is missing."""
        try:
            while (raw := await socket.read_message()) is not None:
                message = _message(raw)
                self._judge(message)
                if await self._manager.is_alive():
                    self._channels[message["channel"]].put(message)
        finally:
            self._manager.fail(*_LOST)
            for channel in self._channels.values():
                channel.put(None)

    def _judge(self, message: dict[str, Any]) -> None:
        """Take note of what the gateway itself, which alone writes in the name of our session, says in *message*."""
        content = message["content"]
        if message["header"].get("session") != self.session.session:
            return
        if message["msg_type"] == "status" and content["execution_state"] in ("restarting", "dead"):
            self._manager.died = True
        elif message["msg_type"] == "stream" and content["text"].startswith("IOPub"):
            # It has thrown outputs away, and a post must not come out that lacks them.
            hint = "print less, or start it with --ZMQChannelsWebsocketConnection.limit_rate=False"
            self._manager.fail(f"dropped outputs: {content['text'].splitlines()[0].rstrip('.')}", hint)


async def _ended(task: asyncio.Task[Any], seconds: float) -> bool:
    """Give *task* some *seconds* to end, then cancel it; tell whether it came to something."""
    await asyncio.wait([task], timeout=seconds)
    task.cancel()
    await asyncio.wait([task])
    return not task.cancelled() and task.exception() is None


class Channel:
    """The messages of one of a kernel's channels."""

    def __init__(self, name: str, client: Client) -> None:
        """Be the channel *name* of *client*."""
        self._name = name
        self._client = client
        self._messages: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def put(self, message: dict[str, Any] | None) -> None:
        """Take a message that has arrived; `None` is the last."""
        self._messages.put_nowait(message)

    def send(self, message: dict[str, Any]) -> None:
        """Send *message*."""
        self._client.send(self._name, message)

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # noqa: ASYNC109 - jupyter_client's signature
        """Return the next message; raise `Empty` if there is none within *timeout* seconds.

        After the last one, whoever has set a limit need not wait for it. nbclient sets none while it asks every second
        if the kernel is alive: it then cancels the wait, and expects nothing else.
        """
        try:
            async with asyncio.timeout(timeout):
                message = await self._messages.get()
        except TimeoutError:
            raise Empty from None
        if message is not None:
            return message
        self.put(None)
        if timeout is None:
            await asyncio.Event().wait()
        raise Empty


async def _request(url: str, token: str, method: str, path: str, *, body: object = None, patience: float = 10) -> Any:  # noqa: ANN401 - JSON
    """Return the gateway's answer; raise `GatewayError` if there is none within *patience* seconds."""
    content = None if body is None else json.dumps(body)
    request = _to(url, token, path, method=method, body=content, request_timeout=patience)
    client = SimpleAsyncHTTPClient(force_instance=True)
    with contextlib.closing(client), _mapped(url, token):
        response = await client.fetch(request)
        return json.loads(response.body) if response.body else None


def _to(url: str, token: str, path: str, **options: Any) -> httpclient.HTTPRequest:  # noqa: ANN401 - tornado's
    """Return a request; the token is in a header, so that no log of addresses shows it, and for this host only."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"token {token}"} if token else {})
    address = f"{url.rstrip('/')}/api/{path}"
    return httpclient.HTTPRequest(
        address, headers=headers, connect_timeout=_CONNECT_TIMEOUT, follow_redirects=False, **options
    )


@contextlib.contextmanager
def _mapped(url: str, token: str) -> Iterator[None]:
    """Raise a `GatewayError` for whatever goes wrong between us and the gateway."""
    where = f"gateway {_shown(url)}"
    try:
        yield
    except (OSError, HTTPStreamClosedError, HTTPTimeoutError, websocket.WebSocketError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        hint = "see if it runs, and if the address is right"
        raise GatewayError(f"{where} cannot be reached: {reason}", hint=hint) from error
    except httpclient.HTTPClientError as error:
        said = _said(error)
        message, hint = f"{where} refuses: {error.code} {said or error.message}", "its log says why"
        if error.code in (401, 403) and said in ("", "Forbidden", "Unauthorized"):
            message = f"{where} {'does not accept the token' if token else 'asks for a token'}"
            hint = f"set {_TOKEN_VARIABLES[0]} to the token it was started with"
        raise GatewayError(message, hint=hint) from error
    except ValueError as error:
        raise _stranger(url) from error


def _said(error: httpclient.HTTPClientError) -> str:
    """Return what the gateway says about an *error*, without a traceback."""
    try:
        answer = json.loads(error.response.body) if error.response is not None else {}
        return str(answer.get("message") or answer.get("reason") or "").strip()
    except (AttributeError, ValueError):
        return ""


def _stranger(url: str) -> GatewayError:
    """Return the error for something at *url* that is no gateway."""
    return GatewayError(f"{_shown(url)} is no Jupyter gateway", hint="write its address as http://HOST:PORT")


def _shown(url: str) -> str:
    """Return *url* without user, password and query, for people and logs."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


def _message(raw: str | bytes) -> dict[str, Any]:
    """Return the message in *raw*: JSON, or a count of parts, their offsets, JSON and binary buffers."""
    if isinstance(raw, str):
        return dict(json.loads(raw))
    (count,) = struct.unpack_from("!I", raw)
    offsets = struct.unpack_from(f"!{count}I", raw, 4)
    first, *buffers = (raw[start:stop] for start, stop in zip(offsets, (*offsets[1:], None), strict=True))
    return {**json.loads(first), "buffers": buffers}
