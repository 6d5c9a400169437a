"""The product on one screen: convert one notebook, build all of them, check all of them."""

from __future__ import annotations

import asyncio
import os
import traceback
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


def convert(nb: NotebookNode, source: Source, config: Config, matter: FrontMatter | None = None) -> Post:
    """Turn *nb*, read from *source*, into a post; run nothing, write nothing.

    Raises `NotebookError` if it cannot become one; everything less is a finding of the post.
    """
    matter = matter or front_matter.parse(nb, source, config)
    shown, odd = transform.notebook(nb, matter, source)
    post = render.post(shown, matter, source, config)
    return replace(post, findings=matter.findings + odd + post.findings)


def build(
    config: Config,
    only: Iterable[Path] = (),
    *,
    asked: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Run what is not fresh, render everything, write what differs, remove what no notebook makes any more.

    *only* names the notebooks to build (default: all), *asked* overrides when code runs, *jobs* how many notebooks run
    at once. A notebook that fails leaves its files as they were and does not keep the others waiting.
    """
    only = tuple(only)
    with write.lock(config):
        plans, findings = _plans(config, only)
        batch = _Batch(config=config, asked=asked, progress=progress or Progress(), jobs=jobs or config.jobs)
        reports = asyncio.run(batch.built(plans))
        removed = () if only else write.remove_orphans(config).removed
    return _merged(Report(findings=findings), *reports, Report(removed=removed))


def check(config: Config, only: Iterable[Path] = ()) -> Report:
    """Say of every post whether it is what its notebook says; run nothing, write nothing."""
    only = tuple(only)
    plans, findings = _plans(config, only)
    orphans = () if only else tuple(checks.orphans(config))
    return _merged(Report(findings=findings + orphans), *(_checked(plan, config) for plan in plans))


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


def _checked(plan: _Plan, config: Config) -> Report:
    """Check one notebook."""
    try:
        post = convert(plan.nb, plan.source, config, plan.matter)
    except NotebookError as error:
        return Report(findings=(Finding.of(error),))
    except Exception as error:  # noqa: BLE001 - as in a build
        return Report(findings=(_ours(error, plan.source),))
    wrong = (*checks.outputs(plan.nb, plan.matter, post, config), *checks.post(post, config))
    return Report(unchanged=not wrong, findings=post.findings + wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """The notebooks of one build, several kernels at once."""

    config: Config
    asked: str | None
    progress: Progress
    jobs: int | None

    async def built(self, plans: list[_Plan]) -> list[Report]:
        """Build all *plans*; return their reports in the same order, whichever ends first."""
        reasons = {plan.source: self._reason(plan) for plan in plans}
        running = [plan for plan in plans if reasons[plan.source]]
        cpus = os.cpu_count() or 1
        kernels = max(1, min(self.jobs or cpus, len(running)))
        slots = asyncio.Semaphore(kernels)
        threads = max(1, cpus // kernels)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._one(plan, reasons[plan.source], slots, threads)) for plan in plans]
        return [task.result() for task in tasks]

    def _reason(self, plan: _Plan) -> str:
        """Return why the notebook's code has to run; empty if it has not."""
        match execute.mode(plan.matter, self.config, self.asked):
            case "never":
                return ""
            case "always":
                return record.stale(plan.nb) or "asked to"
            case _:
                return record.stale(plan.nb)

    async def _one(self, plan: _Plan, reason: str, slots: asyncio.Semaphore, threads: int) -> Report:
        """Build one notebook: execute if it must be, convert, write."""
        source, config = plan.source, self.config
        never = execute.mode(plan.matter, config, self.asked) == "never"
        why = ((source.path, reason or ("not run: execute is never" if never else "fresh")),)
        findings: tuple[Finding, ...] = ()
        try:
            post = convert(plan.nb, source, config, plan.matter)
            if reason:  # what keeps it from becoming a post has not cost a run
                async with slots:
                    done = await self._executed(plan, reason, threads)
                findings = done.findings
                content = write.with_results(plan.content, done.nb, source)
                post = convert(read.notebook(source, content), source, config)  # a function of what is on the disk
                write.notebook(source, plan.content, content)
            changes = write.post(post, config)
        except NotebookError as error:
            return Report(reasons=why, findings=(*findings, Finding.of(error)))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the other notebooks their posts
            return Report(reasons=why, findings=(*findings, _ours(error, source)))
        return Report(
            reasons=why,
            executed=(source.path,) if reason else (),
            written=changes.written,
            removed=changes.removed,
            unchanged=0 if changes.written or changes.removed else 1,
            findings=findings + post.findings,
        )

    async def _executed(self, plan: _Plan, reason: str, threads: int) -> execute.Executed:
        """Run the notebook's code, and tell `progress` about it."""
        self.progress.starts(plan.source, reason)
        failed = True
        try:
            run = execute.Run(nb=plan.nb, source=plan.source, matter=plan.matter, config=self.config, threads=threads)
            done = await execute.notebook(run, lambda number, total: self.progress.cell(plan.source, number, total))
            failed = False
        finally:
            self.progress.ends(plan.source, failed=failed)
        return done


def _ours(error: Exception, source: Source) -> Finding:
    """Return the finding that nbpress itself has failed on *source*."""
    return Finding(
        rule="nbpress-works",
        message=f"nbpress failed with {type(error).__name__}: {error}; please report it with this notebook",
        source=source.path,
        detail="".join(traceback.format_exception(error)),
    )


def _merged(*reports: Report) -> Report:
    """Return *reports* as one, findings in the order of notebooks and cells."""
    findings = [finding for report in reports for finding in report.findings]
    return Report(
        executed=tuple(path for report in reports for path in report.executed),
        reasons=tuple(reason for report in reports for reason in report.reasons),
        written=tuple(path for report in reports for path in report.written),
        removed=tuple(path for report in reports for path in report.removed),
        unchanged=sum(report.unchanged for report in reports),
        findings=tuple(sorted(findings, key=lambda it: (str(it.source), it.cell or 0, it.line or 0))),
    )
