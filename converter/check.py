"""Posts against notebooks: is each post what its notebook says? Nothing is run, nothing is written."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from converter import files, workers, write
from converter.errors import NotebookError
from converter.memo import Verdict
from converter.model import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from converter.config import Config
    from converter.model import Post
    from converter.posts import Index
    from converter.survey import Plan, Survey

REMEDY = "run `nbpress build`, and commit what it writes"


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


def all_of(found: Survey) -> Report:
    """Return what is to be said of the plans of *found*."""
    reports = []
    things = [(plan, found.index.around(plan.post, plan.source.path)) for plan in found.plans]
    for plan, checked in zip(found.plans, workers.each(partial(_one, config=found.config), things), strict=True):
        report = Report(findings=checked.findings)
        reports.append(report if report.failed else replace(report, unchanged=1))
        if checked.files is not None:
            verdict = Verdict(post=str(plan.post), findings=checked.findings, reason=checked.reason)
            found.memo.learn(plan.source, verdict, checked.files, {str(plan.source.path): plan.state})
    return Report().merged(*reports)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What the check of one notebook and its post came to."""

    findings: tuple[Finding, ...]
    reason: str = ""
    """Why the notebook does not have to run."""
    files: tuple[PurePosixPath, ...] | None
    """The files that decided it; None if nobody can name them."""


def _one(thing: tuple[Plan, Index], config: Config) -> _Checked:
    """Check one notebook and its post."""
    from converter import look  # where processes do this, the one that waits for them needs none of it

    plan, index = thing
    seen = look.at(plan, config)
    if seen.post is None:
        return _Checked(findings=seen.faults, files=None)
    found = [*seen.post.findings]
    if seen.behind:
        name = plan.source.file.with_suffix(files.NOTEBOOK).name
        found.append(_finding("pair-agrees", f"{name} does not say what this text says now; {REMEDY}", seen.post))
    if seen.stale:
        found.append(_finding("outputs-fresh", f"outputs are stale: {seen.stale}; {REMEDY}", seen.post))
    found += post(seen.post, index, config)
    return _Checked(findings=tuple(found), reason=seen.rest, files=seen.files)


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
