"""The command line from end to end: every case of `cli.yaml`, and what holds for all commands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from converter import __version__
from converter.cli import cli, main
from tests import folders
from tests.cases import same

if TYPE_CHECKING:
    from tests.conftest import Run

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cli.yaml").read_text("utf-8"))["cases"]
FIELDS = {
    "title",
    "files",
    "folder",
    "before",
    "edit",
    "env",
    "kernel",
    "command",
    "status",
    "stdout",
    "stderr",
    "match",
}
COMMANDS = (cli, *cli.commands.values())


def _parameter(case: dict[str, Any]) -> object:
    """Return *case* as a parameter of a test, marked if it runs notebook code."""
    marks = [pytest.mark.kernel] if case.get("kernel") else []
    return pytest.param(case, id=case["title"], marks=marks)


@pytest.mark.parametrize("case", [_parameter(case) for case in CASES])
def test_command(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Status, words and files are those of the case, and no other file differs."""
    root = folders.make(tmp_path / "blog", case["files"])
    monkeypatch.chdir(root / case.get("folder", "."))
    monkeypatch.setenv("NO_COLOR", "1")
    if "before" in case:
        _status(case["before"])
        capfd.readouterr()
    for name, (old, new) in case.get("edit", {}).items():
        text = (root / name).read_text("utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new), "utf-8")
    for name, value in case.get("env", {}).items():
        monkeypatch.setenv(name, value)
    before = folders.tree(tmp_path)
    status = _status(case["command"])
    said = capfd.readouterr()
    for stream, pattern in case.get("match", {}).items():
        assert re.search(pattern, {"stdout": said.out, "stderr": said.err}[stream]), said
    if "stdout" in case:
        same(_plain(said.out, root), case["stdout"], f"standard error was:\n{said.err}")
    if "stderr" in case:
        same(_plain(said.err, root), case["stderr"])
    assert status == case["status"], said
    assert "Traceback" not in said.out + said.err
    after = folders.tree(tmp_path)
    assert _paths(after.keys() - before.keys()) == sorted(case.get("new", []))
    assert _paths(before.keys() - after.keys()) == sorted(case.get("gone", []))
    assert _paths(name for name in before.keys() & after.keys() if before[name] != after[name]) == sorted(
        case.get("changed", [])
    )


def _status(command: str) -> int:
    """Run *command* in this process and return its exit status."""
    with pytest.raises(SystemExit) as leave:
        main(shlex.split(command))
    assert isinstance(leave.value.code, int)
    return leave.value.code


def _plain(text: str, root: Path) -> str:
    """Return *text* without what differs from run to run."""
    text = text.replace(str(root), "BLOG").replace(__version__, "VERSION")
    return re.sub(r"\d+\.\d s$", "N s", text, flags=re.MULTILINE)


def _paths(names: Any) -> list[str]:  # noqa: ANN401 - any iterable of names
    """Return *names* relative to the blog, in order."""
    return sorted(name.removeprefix("blog/") for name in names)


def test_cases_are_well_formed() -> None:
    """No two cases have one title, and no field is misspelt: a test that looks at nothing is worse than none."""
    titles = [case["title"] for case in CASES]
    assert len(titles) == len(set(titles))
    assert {field for case in CASES for field in case} <= FIELDS | {"new", "changed", "gone"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name or "nbpress")
def test_every_option_is_exercised(command: click.Command) -> None:
    """Each command and each option that `--help` lists is part of some case."""
    used = [shlex.split(case["command"]) for case in CASES]
    if command is not cli:
        used = [words for words in used if command.name in words]
    assert used
    spellings = [set(option.opts) for option in command.params if isinstance(option, click.Option)]
    words = {word for line in used for word in line}
    assert [names for names in spellings if not names & words] == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name or "nbpress")
def test_every_help_has_an_example(command: click.Command, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` shows a line to copy, explains every option, and `-h` is the same."""
    name = "" if command is cli else str(command.name)
    assert _status(f"{name} --help") == 0
    said = capsys.readouterr().out
    assert re.search(rf"Example:\n +nbpress {name}", said)
    undocumented = [item.name for item in command.params if isinstance(item, click.Option) and not item.help]
    assert undocumented == []
    assert _status(f"{name} -h") == 0
    assert capsys.readouterr().out == said


def test_the_script_and_the_module_are_one(run: Run, tmp_path: Path) -> None:
    """`nbpress` and `python -m converter` are the same command."""
    command = [str(Path(sys.executable).with_name("nbpress")), "--help"]
    script = subprocess.run(command, env=os.environ | {"COLUMNS": "200"}, capture_output=True, text=True, check=True)
    same(script.stdout, run("--help", cwd=tmp_path).stdout)


def test_the_list_of_commands_says_whole_sentences() -> None:
    """In the 80 columns that every terminal has."""
    done = folders.nbpress(Path.cwd(), "--help", env={"COLUMNS": "80"})
    commands = done.stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert len(commands) > 5
    assert [line for line in commands if line.endswith("...") or not line.endswith(".")] == []
