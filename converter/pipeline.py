"""The product on one screen: convert one notebook, build all of them, check all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from converter import check as checks
from converter import discover, execute, front_matter, read, record, render, transform, write
from converter.errors import NotebookError
from converter.model import Finding, Report
from converter.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path, PurePosixPath

    from nbformat import NotebookNode

    from converter.config import Config
    from converter.model import FrontMatter, Post, Source


def convert(nb: NotebookNode, source: Source, config: Config) -> Post:
    """Turn *nb*, read from *source*, into a post; run nothing, write nothing.

    Raises `NotebookError` if it cannot become one; everything less is a finding of the post.
    """
    matter = front_matter.parse(nb, source, config)
    shown, odd = transform.notebook(nb, matter, source)
    post = render.post(shown, matter, source, config)
    return replace(post, findings=matter.findings + odd + post.findings)


def build(
    config: Config, only: Iterable[Path] = (), *, asked: str | None = None, progress: Progress | None = None
) -> Report:
    """Run what is not fresh, render everything, write what differs, remove what no notebook makes any more.

    *only* names the notebooks to build (default: all), *asked* overrides when code runs. A notebook that fails leaves
    its files as they were and does not keep the others waiting.
    """
    only = tuple(only)
    report = Report()
    with write.lock(config):
        plans, findings = _plans(config, only)
        report = replace(report, findings=findings)
        for plan in plans:
            report = _merged(report, _built(plan, config, asked, progress or Progress()))
        if not only:
            report = replace(report, removed=report.removed + write.remove_orphans(config).removed)
    return report


def check(config: Config, only: Iterable[Path] = ()) -> Report:
    """Say of every post whether it is what its notebook says; run nothing, write nothing."""
    only = tuple(only)
    plans, findings = _plans(config, only)
    report = Report(findings=findings)
    for plan in plans:
        try:
            post = convert(plan.nb, plan.source, config)
        except NotebookError as error:
            report = _merged(report, Report(findings=(Finding.of(error),)))
            continue
        wrong = (*checks.outputs(plan.nb, plan.matter, post, config), *checks.post(post, config))
        report = _merged(report, Report(unchanged=not wrong, findings=post.findings + wrong))
    return report if only else _merged(report, Report(findings=tuple(checks.orphans(config))))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A notebook that can be built: it was read, and its post's path is its own."""

    source: Source
    content: bytes
    nb: NotebookNode
    matter: FrontMatter


def _plans(config: Config, only: Iterable[Path]) -> tuple[list[_Plan], tuple[Finding, ...]]:
    """Read the notebooks, and keep those out that cannot be built, with a finding each."""
    plans: list[_Plan] = []
    findings: list[Finding] = []
    chosen = discover.sources(config, only)
    claims: dict[PurePosixPath, list[Source]] = {}
    for source in discover.sources(config):
        try:
            date = source.date
            if source in chosen:
                content = read.content(source)
                nb = read.notebook(source, content)
                matter = front_matter.parse(nb, source, config)
                date = matter.date
                plans.append(_Plan(source=source, content=content, nb=nb, matter=matter))
            if source in chosen or source.date:
                claims.setdefault(discover.post_path(source, date, config), []).append(source)
        except NotebookError as error:
            plans = [plan for plan in plans if plan.source != source]
            findings.append(Finding.of(error))
    shared = {source: claim for claim in claims.values() if len(claim) > 1 for source in claim}
    findings += [discover.shared_path(plan.source, shared[plan.source]) for plan in plans if plan.source in shared]
    return [plan for plan in plans if plan.source not in shared], tuple(findings)


def _built(plan: _Plan, config: Config, asked: str | None, progress: Progress) -> Report:
    """Build one notebook: execute if it must be, convert, write."""
    nb, source, content = plan.nb, plan.source, plan.content
    reason = _reason(plan, config, asked)
    why = ((source.path, reason or _rest(plan, config, asked)),)
    try:
        findings: tuple[Finding, ...] = ()
        if reason:
            convert(nb, source, config)  # what keeps it from becoming a post should not cost a run
            done, findings = _executed(plan, config, reason, progress)
            content = write.with_results(plan.content, done, source)
            nb = read.notebook(source, content)  # a post is a function of what is on the disk
        post = convert(nb, source, config)
        if reason:
            write.notebook(source, plan.content, content)
        changes = write.post(post, config)
    except NotebookError as error:
        return Report(reasons=why, findings=(Finding.of(error),))
    return Report(
        reasons=why,
        executed=(source.path,) if reason else (),
        written=changes.written,
        removed=changes.removed,
        unchanged=0 if changes.written or changes.removed else 1,
        findings=findings + post.findings,
    )


def _reason(plan: _Plan, config: Config, asked: str | None) -> str:
    """Return why the notebook's code has to run; empty if it has not."""
    match execute.mode(plan.matter, config, asked):
        case "never":
            return ""
        case "always":
            return record.stale(plan.nb) or "asked to"
        case _:
            return record.stale(plan.nb)


def _rest(plan: _Plan, config: Config, asked: str | None) -> str:
    """Return why the notebook's code does not have to run."""
    return "not run: execute is never" if execute.mode(plan.matter, config, asked) == "never" else "fresh"


def _executed(plan: _Plan, config: Config, reason: str, progress: Progress) -> tuple[NotebookNode, tuple[Finding, ...]]:
    """Run the notebook's code, and tell *progress* about it."""
    progress.starts(plan.source, reason)
    failed = True
    try:
        done = execute.notebook(
            plan.nb,
            plan.source,
            plan.matter,
            config,
            lambda number, total: progress.cell(plan.source, number, total),
        )
        failed = False
    finally:
        progress.ends(plan.source, failed=failed)
    return done


def _merged(first: Report, second: Report) -> Report:
    """Return both reports as one."""
    return Report(
        executed=first.executed + second.executed,
        reasons=first.reasons + second.reasons,
        written=first.written + second.written,
        removed=first.removed + second.removed,
        unchanged=first.unchanged + second.unchanged,
        findings=first.findings + second.findings,
    )
