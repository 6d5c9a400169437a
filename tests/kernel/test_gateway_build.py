"""A build whose kernels run on gateways: real ones, on loopback, with a token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests import folders
from tests.kernel.conftest import GATEWAY_MARKS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kernel.conftest import Gateway, StartGateway

pytestmark = GATEWAY_MARKS
CODE = "import os\nprint(6 * 7)"
ONE = "_notebooks/2020-01-01-one.ipynb"
LAST = "_notebooks/2020-01-02-two.ipynb"


def _blog(root: Path, *gateways: Gateway, second: str = CODE) -> Path:
    """Make a blog whose two notebooks run on *gateways*."""
    settings = {"notebooks": {"gateway": [gateway.url for gateway in gateways], "jobs": 2}}
    notebooks = {ONE: ["# One", {"code": CODE}], LAST: ["# Two", {"code": second}]}
    return folders.make(root, {"_config.yml": json.dumps(settings), **notebooks})


def _build(
    blog: Path, token: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Build *blog* with *token* in the environment; return status and findings."""
    from converter.cli import main

    monkeypatch.setenv("JUPYTER_GATEWAY_AUTH_TOKEN", token)
    with pytest.raises(SystemExit) as left:
        main(["--site", str(blog), "build"])
    return int(str(left.value.code)), capfd.readouterr().out


def test_kernels_of_several_gateways_share_the_work(
    start: StartGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Outputs, records and posts are those of a kernel here; no kernel is left on either gateway."""
    first, second = start(token="shared"), start(token="shared")
    blog = _blog(tmp_path / "blog", first, second, second=f"{CODE}\nprint(os.getppid())")
    nb = json.loads((blog / ONE).read_bytes())
    nb["cells"][1]["source"] = f"{CODE}\nprint(os.getppid())"
    (blog / ONE).write_text(json.dumps(nb))
    status, said = _build(blog, "shared", monkeypatch, capfd)
    assert (status, said) == (0, "")
    parents = {json.loads((blog / name).read_bytes())["cells"][1]["outputs"][0]["text"][-1] for name in (ONE, LAST)}
    assert {int(parent) for parent in parents} == {first.process.pid, second.process.pid}
    assert [first.kernels, second.kernels] == [[], []]
    assert "42" in (blog / "_posts/2020-01-01-one.html").read_text()
    assert "code" in json.loads((blog / LAST).read_bytes())["metadata"]["nbpress"]


def test_a_gateway_may_be_named_by_the_environment(
    start: StartGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """All of Jupyter looks there; a setting of the blog comes first."""
    first, second = start(token="shared"), start(token="shared")
    monkeypatch.setenv("JUPYTER_GATEWAY_URL", first.url)
    code = "import os\nprint(os.getppid())"
    for name, named, expected in (("a", (), first), ("b", (second,), second)):
        blog = _blog(tmp_path / name, *named, second=code)
        assert _build(blog, "shared", monkeypatch, capfd) == (0, "")
        assert folders.printed(blog / LAST) == [f"{expected.process.pid}\n"]


def test_a_gateway_that_dies_leaves_everything_as_it_was(
    start: StartGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The error names the cell that ran; the notebook keeps its bytes and gets no post."""
    gateway = start()
    kill = f"import os, signal, time\nos.kill({gateway.process.pid}, signal.SIGKILL)\ntime.sleep(30)"
    blog = _blog(tmp_path / "blog", gateway, second=kill)
    before = (blog / LAST).read_bytes()
    status, said = _build(blog, gateway.token, monkeypatch, capfd)
    assert status == 1
    assert f"{LAST}: cell 2: " in said
    assert "[gateway-answers]" in said
    assert (blog / LAST).read_bytes() == before
    assert not (blog / "_posts/2020-01-02-two.html").exists()


def test_a_wrong_token_is_one_clear_line_for_each_notebook(
    start: StartGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing runs, nothing changes, and the token is shown nowhere."""
    blog = _blog(tmp_path / "blog", start())
    before = folders.tree(blog)
    status, said = _build(blog, "wrong-token", monkeypatch, capfd)
    assert status == 1
    assert said.count("[gateway-answers]") == 2
    assert "wrong-token" not in said
    after = folders.tree(blog)
    assert {name: content for name, content in after.items() if ".nbpress" not in str(name)} == before
