"""Real gateways on loopback, for all tests that need one."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import http.client
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from converter import gateway
from tests.conftest import _missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# tornado's client now and then leaves the socket of a refused request to the garbage collector.
GATEWAY_MARKS = [pytest.mark.kernel, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]


@pytest.fixture(autouse=True)
def _nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect what a gateway's test leaves behind while the test still answers for it."""
    yield
    if "test_gateway" in request.node.nodeid:
        gc.collect()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gateway:
    """A gateway that runs."""

    url: str
    token: str
    process: subprocess.Popen[bytes]
    folder: Path

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return what the gateway answers to a GET."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", f"/api/{path}", headers={"Authorization": f"token {self.token}"})
            return json.load(connection.getresponse())

    @property
    def kernels(self) -> list[Any]:
        """The kernels that run on the gateway."""
        return list(self.ask("kernels"))

    def manager(self, **options: Any) -> gateway.Manager:  # noqa: ANN401 - the manager's
        """Return a manager for a kernel here."""
        return gateway.Manager(**{"url": self.url, "token": self.token, **options})


class StartGateway(Protocol):
    """What the fixture `start` is."""

    def __call__(self, *options: str, env: dict[str, str] | None = None, token: str = "") -> Gateway:
        """Start a gateway with *options*; *env* comes on top of the environment, *token* is its own by default."""
        ...


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartGateway]:
    """Start gateways, each in a folder of its own with a folder `sub`; stop them at the end."""
    if importlib.util.find_spec("kernel_gateway") is None:
        _missing("the Jupyter Kernel Gateway is not installed: pip install jupyter-kernel-gateway")
    with contextlib.ExitStack() as stack:

        def start_one(*options: str, env: dict[str, str] | None = None, token: str = "") -> Gateway:
            folder = tmp_path_factory.mktemp("gateway")
            (folder / "sub").mkdir()
            token = token or f"secret-{folder.name}"
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            with (folder / "log").open("wb") as log:
                process = subprocess.Popen(
                    [
                        *(sys.executable, "-m", "kernel_gateway", "--KernelGatewayApp.ip=127.0.0.1"),
                        *(f"--KernelGatewayApp.port={port}", "--KernelGatewayApp.port_retries=0", *options),
                    ],
                    cwd=folder,
                    env={**os.environ, "KG_AUTH_TOKEN": token, "KG_LIST_KERNELS": "True", **(env or {})},
                    stdout=log,
                    stderr=log,
                )
            stack.callback(_stop, process)
            found = Gateway(url=f"http://127.0.0.1:{port}", token=token, process=process, folder=folder)
            _wait(found)
            return found

        yield start_one


def _wait(found: Gateway) -> None:
    """Wait until the gateway answers."""
    for _ in range(1200):
        with contextlib.suppress(OSError):
            found.ask("kernelspecs")
            return
        assert found.process.poll() is None, (found.folder / "log").read_text()
        time.sleep(0.1)
    pytest.fail("the gateway does not answer")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGCONT)
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
