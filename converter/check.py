"""Posts against notebooks: is each post what its notebook says? Nothing is run, nothing is written."""

from __future__ import annotations

import difflib
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from converter import convert, execute, files, posts, record, survey, write
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
    from converter.survey import Opened, Plan, Survey

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


def pairs(opened: Opened, post: Post) -> Iterator[Finding]:
    """Yield a finding if the `.ipynb` paired with a text does not say what the text says now."""
    if opened.behind:
        name = opened.source.file.with_suffix(files.NOTEBOOK).name
        yield _finding("pair-agrees", f"{name} does not say what this text says now; {REMEDY}", post)


def all_of(found: Survey) -> Report:
    """Return what is to be said of the plans of *found*, by several processes if there are many."""
    reports = []
    for plan, looked in zip(found.plans, _looks(found), strict=True):
        report = Report(findings=looked.findings)
        reports.append(report if report.failed else replace(report, unchanged=1))
        if looked.files is not None:
            verdict = Verdict(post=str(plan.post), findings=looked.findings, reason=looked.reason)
            found.memo.learn(plan.source, verdict, looked.files, {str(plan.source.path): plan.state})
    return Report().merged(*reports)


def learn(memo: Memo, post: Post, nb: NotebookNode, state: list[int] | None, reason: str, config: Config) -> None:
    """Let *memo* keep what was found of *post*, which shows *nb*, with the state of all files that decided it.

    *state* is that of the notebook, *reason* why it does not have to run.
    """
    verdict = Verdict(post=str(post.path), findings=post.findings, reason=reason)
    memo.learn(post.source, verdict, _files(post, nb, config), {str(post.source.path): state})


def _files(post: Post, nb: NotebookNode, config: Config) -> list[PurePosixPath]:
    """Return the files that decide whether all is well with *post*, there or not."""
    found = [*posts.twins(post.path), *(asset.path for asset in post.assets), *map(PurePosixPath, record.inputs(nb))]
    found += [PurePosixPath(os.path.relpath(file, config.root)) for file in post.files]
    results = files.results(post.source, config)
    return found if results == post.source.file else [*found, PurePosixPath(os.path.relpath(results, config.root))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What a look at a notebook and its post came to."""

    findings: tuple[Finding, ...]
    reason: str = ""
    """Why the notebook does not have to run."""
    files: list[PurePosixPath] | None
    """The files that decided it; None if nobody can name them."""


def _looks(found: Survey) -> list[_Looked]:
    """Look at every plan of *found*."""
    workers = min(os.cpu_count() or 1, len(found.plans) // _WORTH_A_PROCESS)
    looks = [(plan, found.index.around(plan.post, plan.source.path), found.config) for plan in found.plans]
    if workers < 2:  # noqa: PLR2004 - one process is what we have
        return [_look(*look) for look in looks]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(_look, *zip(*looks, strict=True), chunksize=16))


def _look(plan: Plan, index: Index, config: Config) -> _Looked:
    """Look at one notebook and its post."""
    try:
        opened = survey.opened(plan, config)
        made = convert.notebook(opened.nb, plan.source, config, opened.matter)
    except NotebookError as error:
        return _Looked(findings=(Finding.of(error),), files=None)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not hide what is wrong with other posts
        return _Looked(findings=(Finding.crash(error, plan.source),), files=None)
    wrong = (*pairs(opened, made), *outputs(opened.nb, opened.matter, made, config), *post(made, index, config))
    never = execute.mode(opened.matter, config, None) == "never"
    reason = execute.NEVER if never else "fresh"
    return _Looked(findings=made.findings + wrong, reason=reason, files=_files(made, opened.nb, config))


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
