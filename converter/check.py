"""Posts against notebooks: is each post what its notebook says? Nothing is run, nothing is written."""

from __future__ import annotations

import difflib
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from converter import convert, discover, execute, posts, read, record, write
from converter.errors import NotebookError
from converter.memo import Verdict
from converter.model import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nbformat import NotebookNode

    from converter.config import Config
    from converter.memo import Memo
    from converter.model import FrontMatter, Post
    from converter.posts import Index
    from converter.survey import Plan, Survey

_WORTH_A_PROCESS = 50
"""How many posts make up for the start of one more process."""
REMEDY = "run `make build` and commit what it writes"


def post(post: Post, index: Index, config: Config) -> Iterator[Finding]:
    """Yield what keeps the file of *post* and its images from being what the notebook says."""
    try:
        write.require_ours(post, index)
    except NotebookError as error:
        yield Finding.of(error)
        return
    file = config.root / post.path
    if not file.is_file():
        yield _finding("post-exists", f"{post.path} is missing; {REMEDY}", post)
    elif (there := file.read_bytes()) != post.text.encode("utf-8", "surrogatepass"):
        detail = _diff(there.decode("utf-8", "replace"), post)
        yield _finding("post-current", f"{post.path} is not what the notebook says; {REMEDY}", post, detail)
    for asset in post.assets:
        image = config.root / asset.path
        if not image.is_file():
            yield _finding("image-current", f"{asset.path} is missing; {REMEDY}", post)
        elif image.read_bytes() != asset.content:
            yield _finding("image-current", f"{asset.path} is not what the notebook shows; {REMEDY}", post)
    for path in index.superseded(post):
        yield _finding("post-unique", f"{path} is an older post of this notebook; {REMEDY}", post)


def outputs(nb: NotebookNode, matter: FrontMatter, post: Post, config: Config) -> Iterator[Finding]:
    """Yield a finding if the outputs of *nb* are not those of its code, unless they are published as they are."""
    if execute.mode(matter, config, None) == "never":
        return
    reason = record.stale(nb, config.root, environment=config.rerun_on == "environment")
    if reason:
        yield _finding("outputs-fresh", f"outputs are stale: {reason}; {REMEDY}", post)


def all_of(survey: Survey) -> Report:
    """Return what is to be said of the plans of *survey*, by several processes if there are many."""
    reports = []
    for plan, verdict in zip(survey.plans, _verdicts(survey), strict=True):
        report = Report(findings=verdict.findings)
        reports.append(report if report.failed else replace(report, unchanged=1))
        if verdict.post is not None:
            found = replace(verdict.post, findings=verdict.findings)
            learn(survey.memo, found, plan.nb, {str(plan.source.path): plan.state}, survey.config)
    return Report().merged(*reports)


def learn(memo: Memo, post: Post, nb: NotebookNode, before: dict[str, list[int] | None], config: Config) -> None:
    """Let *memo* keep what was found of *post*, which shows *nb*, with the state of all files that decided it."""
    files = [*posts.twins(post.path)]
    files += [asset.path for asset in post.assets]
    files += [PurePosixPath(path) for path in record.inputs(nb)]
    if not config.save_outputs:
        files.append(PurePosixPath(os.path.relpath(read.executed_path(post.source, config), config.root)))
    files += [PurePosixPath(os.path.relpath(file, config.root)) for file in post.files]
    memo.learn(post.source, Verdict(post=str(post.path), findings=post.findings), files, before)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """A notebook that was looked at."""

    post: Post | None
    findings: tuple[Finding, ...]


def _verdicts(survey: Survey) -> list[_Looked]:
    """Look at every plan of *survey*."""
    config = survey.config
    workers = min(os.cpu_count() or 1, len(survey.plans) // _WORTH_A_PROCESS)
    looks = [
        (plan, survey.index.around(discover.post_path(plan.source, plan.matter.date, config), plan.source.path), config)
        for plan in survey.plans
    ]
    if workers < 2:  # noqa: PLR2004 - one process is what we have
        return [_look(*look) for look in looks]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(_look, *zip(*looks, strict=True), chunksize=16))


def _look(plan: Plan, index: Index, config: Config) -> _Looked:
    """Look at one notebook and its post."""
    try:
        made = convert.notebook(plan.nb, plan.source, config, plan.matter)
    except NotebookError as error:
        return _Looked(post=None, findings=(Finding.of(error),))
    except Exception as error:  # noqa: BLE001 - a fault of ours must not hide what is wrong with other posts
        return _Looked(post=None, findings=(Finding.crash(error, plan.source),))
    wrong = (*outputs(plan.nb, plan.matter, made, config), *post(made, index, config))
    return _Looked(post=made, findings=made.findings + wrong)


def _finding(rule: str, message: str, post: Post, detail: str = "") -> Finding:
    """Return a finding at the notebook of *post*."""
    return Finding(rule=rule, message=message, source=post.source.path, detail=detail)


def _diff(there: str, post: Post) -> str:
    """Return how the file differs from what it should be."""
    lines: Iterable[str] = difflib.unified_diff(
        there.splitlines(),
        post.text.splitlines(),
        f"{post.path} (committed)",
        f"{post.path} (from the notebook)",
        lineterm="",
    )
    return "\n".join(lines)
