"""Kernels on a Jupyter Kernel Gateway: real gateways on loopback, each with a token of its own."""

from __future__ import annotations

import asyncio
import atexit
import json
import signal
import time
from typing import TYPE_CHECKING, Any

import nbclient
import nbformat
import pytest
from nbclient.exceptions import CellExecutionError, DeadKernelError

from converter import gateway
from converter.errors import KernelMissing
from tests.kernel.conftest import GATEWAY_MARKS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.kernel.conftest import Gateway, StartGateway

pytestmark = GATEWAY_MARKS

SOON = 20
"""Seconds within which trouble has to be noticed, with some for a slow machine."""


@pytest.fixture(scope="module")
def one(start: StartGateway) -> Gateway:
    """Start a gateway that lets the variable `TZ` in."""
    return start(env={"KG_ENV_WHITELIST": "TZ"})


def notebook(*sources: str) -> nbformat.NotebookNode:
    """Return a notebook with these code cells; those that start with `# error` may raise."""
    cells = []
    for source in sources:
        cells.append(nbformat.v4.new_code_cell(source))
        if source.startswith("# error"):
            cells[-1].metadata.tags = ["raises-exception"]
    nb: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=cells)
    return nb


async def run(nb: nbformat.NotebookNode, manager: gateway.Manager, **options: Any) -> nbclient.NotebookClient:  # noqa: ANN401 - nbclient's
    """Run *nb* on the kernel of *manager*; the client's attribute `at` is the index of the last cell that began."""
    env = options.pop("env", {})
    client = nbclient.NotebookClient(nb, record_timing=False, coalesce_streams=True, **options)
    client.on_cell_start = lambda cell_index, **_: setattr(client, "at", cell_index)
    client.km = manager  # type: ignore[assignment]  # it has what nbclient asks for
    try:
        await client.async_execute(env=env)
    except Exception as error:
        error.__notes__ = [str(getattr(client, "at", None))]
        raise
    finally:
        atexit.unregister(client._cleanup_kernel)  # nbclient forgets to if the kernel did not start
    return client


async def _true(condition: Callable[[], bool]) -> None:
    """Wait until *condition* is true."""
    while not condition():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.02)


def texts(nb: nbformat.NotebookNode) -> list[str]:
    """Return what each cell printed."""
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in nb.cells]


def outputs(nb: nbformat.NotebookNode) -> list[list[Any]]:
    """Return the outputs of all cells."""
    return [cell.outputs for cell in nb.cells]


EVERY_KIND = (
    "import sys\nprint('out')\nprint('Grüße 🎉', file=sys.stderr)",
    "{'a': float('nan')}",
    "from IPython.display import HTML, display\nhandle = display(HTML('<b>first</b>'), display_id='it')\n1",
    "handle.update(HTML('<i>second</i>'))",
    "display({'image/png': 'iVBORw0KGgo=', 'text/plain': 'x'}, raw=True, metadata={'image/png': {'width': 3}})",
    "print('gone')\nfrom IPython.display import clear_output\nclear_output()\nprint('stays')",
    "# error\n1 / 0",
    "# error\ninput('?')",
    "",
)


def test_outputs_are_those_of_a_local_kernel(one: Gateway) -> None:
    remote, local = notebook(*EVERY_KIND), notebook(*EVERY_KIND)
    asyncio.run(run(remote, one.manager()))
    nbclient.NotebookClient(local, record_timing=False, coalesce_streams=True).execute()
    assert [[_without_process_id(output) for output in cell] for cell in outputs(remote)] == [
        [_without_process_id(output) for output in cell] for cell in outputs(local)
    ]
    assert remote.metadata.language_info == local.metadata.language_info


def _without_process_id(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return an output without the traceback, in which files are named after the kernel's process."""
    output.pop("traceback", None)
    return output


def test_widgets_keep_their_binary_buffers(one: Gateway) -> None:
    source = """
        from comm import create_comm
        state = {"_model_name": "M", "_model_module": "m", "_model_module_version": "1"}
        create_comm(target_name="x", data={"state": state, "buffer_paths": [["b"]]}, buffers=[bytes(range(256))])
    """
    nb = notebook("\n".join(line.strip() for line in source.strip().splitlines()) + "\nNone")
    asyncio.run(run(nb, one.manager()))
    (widget,) = nb.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    assert widget["buffers"][0]["data"].startswith("AAECAwQF")


def test_two_gateways_run_notebooks_at_the_same_time(one: Gateway, start: StartGateway, tmp_path: Path) -> None:
    """Each notebook waits for a file that the other one writes."""
    other = start()
    meet = """
import os, pathlib, time
pathlib.Path({mine!r}).touch()
until = time.time() + 120
while not pathlib.Path({theirs!r}).exists() and time.time() < until: time.sleep(0.05)
print(pathlib.Path({theirs!r}).exists(), os.getppid())
"""
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    here, there = notebook(meet.format(mine=first, theirs=second)), notebook(meet.format(mine=second, theirs=first))

    async def both() -> None:
        await asyncio.gather(run(here, one.manager()), run(there, other.manager()))

    asyncio.run(both())
    assert texts(here) + texts(there) == [f"True {one.process.pid}\n", f"True {other.process.pid}\n"]
    assert one.kernels + other.kernels == []


def test_a_gateway_that_dies_is_noticed_at_its_cell(start: StartGateway, tmp_path: Path) -> None:
    doomed = start()
    began = tmp_path / "began"
    nb = notebook("1", f"import pathlib, time\npathlib.Path({str(began)!r}).touch()\ntime.sleep(60)", "3")
    manager = doomed.manager()

    async def die() -> float:
        running = asyncio.ensure_future(run(nb, manager))
        await _true(began.exists)
        doomed.process.kill()
        since = time.monotonic()
        with pytest.raises(DeadKernelError) as caught:
            await running
        assert caught.value.__notes__ == ["1"]
        return time.monotonic() - since

    assert asyncio.run(die()) < SOON
    assert manager.failure is not None
    assert str(manager.failure).startswith(f"gateway {doomed.url} closed the connection; ")


def test_a_gateway_that_dies_between_cells_is_noticed(start: StartGateway) -> None:
    doomed = start()

    async def die() -> None:
        manager = doomed.manager()
        await manager.start_kernel()
        client = manager.client()
        await client.start_channels()
        await client.wait_for_ready(timeout=30)
        doomed.process.kill()
        doomed.process.wait()
        await _true(lambda: manager.failure is not None)
        assert not await client.is_alive()
        with pytest.raises(gateway.GatewayError, match="closed the connection"):
            client.execute("1")
        with pytest.raises(gateway.GatewayError, match="closed the connection"):
            await asyncio.wait_for(client.wait_for_ready(timeout=30), SOON)
        await manager.cleanup_resources()
        await client.stop_channels()

    asyncio.run(die())


def test_a_kernel_that_dies_is_not_taken_for_its_gateway(one: Gateway) -> None:
    manager = one.manager()
    with pytest.raises(DeadKernelError):
        asyncio.run(run(notebook("import os; os._exit(3)"), manager))
    assert manager.failure is None
    assert one.kernels == []


def test_outputs_that_a_gateway_drops_are_an_error(one: Gateway) -> None:
    """A Kernel Gateway throws outputs away above 1 MB/s, and says so in an output that no post must show."""
    manager = one.manager()
    with pytest.raises(DeadKernelError):
        asyncio.run(run(notebook("for _ in range(40): print('x' * 200_000, flush=True)"), manager))
    assert manager.failure is not None
    assert manager.failure.message == f"gateway {one.url} dropped outputs: IOPub data rate exceeded"
    assert one.kernels == []


def test_a_cell_may_say_what_a_gateway_says(one: Gateway) -> None:
    nb = notebook("import sys; print('IOPub data rate exceeded.', file=sys.stderr)")
    asyncio.run(run(nb, one.manager()))
    assert texts(nb) == ["IOPub data rate exceeded.\n"]


def test_large_outputs_arrive_whole(start: StartGateway) -> None:
    generous = start("--ZMQChannelsWebsocketConnection.limit_rate=False")
    nb = notebook("from IPython.display import display\ndisplay({'text/plain': 'x' * 30_000_000}, raw=True)")
    asyncio.run(run(nb, generous.manager()))
    assert len(nb.cells[0].outputs[0].data["text/plain"]) == 30_000_000


def test_a_cell_that_takes_too_long_is_interrupted(one: Gateway) -> None:
    nb = notebook("# error\nimport time; time.sleep(60)", "print('went on')")
    asyncio.run(run(nb, one.manager(), timeout=4, interrupt_on_timeout=True))
    assert nb.cells[0].outputs[0].ename == "KeyboardInterrupt"
    assert texts(nb)[1] == "went on\n"


async def _runs_through(found: Gateway) -> None:
    await run(notebook("1"), found.manager())


async def _raises(found: Gateway) -> None:
    with pytest.raises(CellExecutionError):
        await run(notebook("1 / 0"), found.manager())


async def _is_cancelled_in_a_cell(found: Gateway) -> None:
    running = asyncio.ensure_future(run(notebook("import time; time.sleep(60)"), found.manager()))
    await asyncio.sleep(3)
    running.cancel()
    with pytest.raises((asyncio.CancelledError, DeadKernelError)):  # nbclient takes one for the other
        await running


async def _is_cancelled_before_it_starts(found: Gateway) -> None:
    running = asyncio.ensure_future(run(notebook("1"), found.manager()))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def _is_cancelled_while_the_kernel_gets_ready(found: Gateway) -> None:
    manager = found.manager()
    running = asyncio.ensure_future(run(notebook("1"), manager))
    await _true(lambda: manager.has_kernel)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await manager.cleanup_resources()  # nbclient forgets it


@pytest.mark.parametrize(
    "ends",
    [
        _runs_through,
        _raises,
        _is_cancelled_in_a_cell,
        _is_cancelled_before_it_starts,
        _is_cancelled_while_the_kernel_gets_ready,
    ],
)
def test_no_kernel_is_left_if_a_run(ends: Callable[[Gateway], Awaitable[None]], one: Gateway) -> None:
    async def both() -> None:
        await ends(one)

    asyncio.run(both())
    assert one.kernels == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"token": "wrong"}, "gateway {url} does not accept the token; set JUPYTER_GATEWAY_AUTH_TOKEN"),
        ({"token": ""}, "gateway {url} asks for a token; set JUPYTER_GATEWAY_AUTH_TOKEN"),
        ({"url": "http://user:secret-1@127.0.0.1:1/"}, "gateway http://127.0.0.1:1 cannot be reached: "),
        ({"url": "http://name.invalid"}, "gateway http://name.invalid cannot be reached: "),
        ({"url": "127.0.0.1:1"}, " is no Jupyter gateway; write its address as http://"),
    ],
)
def test_what_keeps_a_kernel_from_starting_is_said_soon(one: Gateway, options: dict[str, str], says: str) -> None:
    since = time.monotonic()
    with pytest.raises(gateway.GatewayError) as caught:
        asyncio.run(run(notebook("1"), one.manager(**options)))
    assert says.format(url=one.url) in str(caught.value)
    assert "secret" not in str(caught.value)
    assert time.monotonic() - since < SOON


def test_a_gateway_that_is_full_says_so(start: StartGateway) -> None:
    small = start(env={"KG_MAX_KERNELS": "0"})
    with pytest.raises(gateway.GatewayError, match="refuses: 403 Resource Limit"):
        asyncio.run(run(notebook("1"), small.manager()))


def test_a_missing_kernel_is_named_with_those_that_are_there(one: Gateway) -> None:
    with pytest.raises(KernelMissing, match=r"has no kernel nope; it has .*python3"):
        asyncio.run(run(notebook("1"), one.manager(kernel_name="nope")))


def test_a_gateway_that_freezes_is_noticed(
    start: StartGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing closes the connection to a machine that is gone."""
    monkeypatch.setattr(gateway, "_PING", 1)
    frozen, began = start(), tmp_path / "began"
    manager = frozen.manager()

    async def freeze() -> None:
        nb = notebook(f"import pathlib, time\npathlib.Path({str(began)!r}).touch()\ntime.sleep(60)")
        running = asyncio.ensure_future(run(nb, manager))
        await _true(began.exists)
        frozen.process.send_signal(signal.SIGSTOP)
        with pytest.raises(DeadKernelError):
            await running

    asyncio.run(asyncio.wait_for(freeze(), 120))
    assert manager.failure is not None


def test_a_kernel_that_never_answers_does_not_hang_the_run(
    start: StartGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "_LAUNCH_TIMEOUT", 3)
    spec = {"argv": ["false"], "display_name": "Broken", "language": "none"}
    (tmp_path / "kernels" / "broken").mkdir(parents=True)
    (tmp_path / "kernels" / "broken" / "kernel.json").write_text(json.dumps(spec))
    odd = start(env={"JUPYTER_PATH": str(tmp_path)})
    with pytest.raises(gateway.GatewayError):
        asyncio.run(run(notebook("1"), odd.manager(kernel_name="broken"), startup_timeout=3))
    assert odd.kernels == []


def test_kernelspecs_have_languages(one: Gateway) -> None:
    assert asyncio.run(gateway.kernelspecs(one.url, one.token))["python3"] == "python"


def test_only_variables_meant_for_the_kernel_leave_the_machine(one: Gateway) -> None:
    nb = notebook("import os; print(*(os.environ.get(name) for name in ('KERNEL_X', 'TZ', 'NOT_LET_IN', 'SECRET')))")
    env = {"KERNEL_X": "x", "TZ": "UTC", "NOT_LET_IN": "n", "SECRET": "s"}
    asyncio.run(run(nb, one.manager(forward=("TZ", "NOT_LET_IN")), env=env))
    assert texts(nb) == ["x UTC None None\n"]


def test_the_token_is_no_business_of_the_kernel(one: Gateway) -> None:
    nb = notebook("import os; print('secret-' in str(os.environ))")
    asyncio.run(run(nb, one.manager()))
    assert texts(nb) == ["False\n"]


@pytest.mark.parametrize(("folder", "found"), [("sub", "sub"), ("sub/missing", "sub"), ("missing", ""), ("", "")])
def test_a_kernel_runs_in_the_same_folder_of_the_gateway_if_there_is_one(one: Gateway, folder: str, found: str) -> None:
    nb = notebook("import os; print(os.getcwd())")
    asyncio.run(run(nb, one.manager(folder=folder), resources={"metadata": {"path": "/nowhere/at/all"}}))
    assert texts(nb) == [f"{one.folder / found}\n"]
