"""The notebooks of one build: several kernels at once, results in the order of the notebooks."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converter import check, convert, execute, read, record, runs, write
from converter.errors import NotebookError
from converter.model import Finding, Report

if TYPE_CHECKING:
    from converter.progress import Progress
    from converter.survey import Plan, Survey


_UNKNOWN = 1e9
"""Seconds that a notebook is taken to run which nobody has timed."""


def build(survey: Survey, *, asked: str | None, jobs: int | None, progress: Progress) -> Report:
    """Build all plans of *survey*, *jobs* kernels at once (default: one per CPU)."""
    reports = asyncio.run(_Batch(survey=survey, asked=asked, jobs=jobs, progress=progress).built())
    return Report().merged(*reports)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    survey: Survey
    asked: str | None
    jobs: int | None
    progress: Progress
    took: dict[str, runs.Last] = field(default_factory=dict)
    """How long the runs of this build took."""

    async def built(self) -> list[Report]:
        """Build all plans; return their reports in the same order, whichever ends first."""
        reasons = {plan.source: self._reason(plan) for plan in self.survey.plans}
        cpus = os.cpu_count() or 1
        kernels = max(1, min(self.jobs or cpus, sum(map(bool, reasons.values()))))
        slots = asyncio.Semaphore(kernels)
        last = runs.read(self.survey.config)
        # A waiting line is served in order: whoever takes longest comes first, whoever is unknown before all.
        known = {plan.source: last.get(str(plan.source.path)) for plan in self.survey.plans}
        line = sorted(self.survey.plans, key=lambda plan: -(it.seconds if (it := known[plan.source]) else _UNKNOWN))
        threads = max(1, cpus // kernels)
        async with asyncio.TaskGroup() as group:
            tasks = {
                plan.source: group.create_task(self._one(plan, reasons[plan.source], slots, threads)) for plan in line
            }
        runs.keep(self.survey.config, self.took)
        return [tasks[plan.source].result() for plan in self.survey.plans]

    def _reason(self, plan: Plan) -> str:
        """Return why the notebook's code has to run; empty if it has not."""
        match execute.mode(plan.matter, self.survey.config, self.asked):
            case "never":
                return ""
            case "always":
                return self._stale(plan) or "asked to"
            case _:
                return self._stale(plan)

    def _stale(self, plan: Plan) -> str:
        """Return why the notebook's outputs are stale."""
        config = self.survey.config
        return record.stale(plan.nb, config.root, environment=config.rerun_on == "environment")

    async def _one(self, plan: Plan, reason: str, slots: asyncio.Semaphore, threads: int) -> Report:
        """Build one notebook: execute if it must be, convert, write."""
        source, config = plan.source, self.survey.config
        never = execute.mode(plan.matter, config, self.asked) == "never"
        why = ((source.path, reason or ("not run: execute is never" if never else "fresh")),)
        findings: tuple[Finding, ...] = ()
        nb, state = plan.nb, plan.state
        try:
            post = convert.notebook(plan.nb, source, config, plan.matter)
            if reason:  # what keeps it from becoming a post has not cost a run
                write.require_ours(post, self.survey.index)
                async with slots:
                    done = await self._executed(plan, reason, threads)
                findings = done.findings
                content = read.with_results(plan.content, done.nb, source)
                nb = read.notebook(source, content)  # a post is a function of what is on the disk
                post = convert.notebook(nb, source, config)
                write.notebook(source, plan.content, content, config)
                state = self.survey.memo.state(source.path)
            changes = write.post(post, self.survey.index, config)
        except NotebookError as error:
            return Report(reasons=why, findings=(*findings, Finding.of(error)))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the other notebooks their posts
            return Report(reasons=why, findings=(*findings, Finding.crash(error, source)))
        if not never or execute.mode(plan.matter, config, None) == "never":
            check.learn(self.survey.memo, post, nb, {str(source.path): state}, config)
        return Report(
            reasons=why,
            executed=(source.path,) if reason else (),
            written=changes.written,
            removed=changes.removed,
            unchanged=0 if changes.written or changes.removed else 1,
            findings=findings + post.findings,
        )

    async def _executed(self, plan: Plan, reason: str, threads: int) -> execute.Executed:
        """Run the notebook's code, and tell `progress` about it."""
        self.progress.starts(plan.source, reason)
        failed = True
        try:
            config = self.survey.config
            run = execute.Run(nb=plan.nb, source=plan.source, matter=plan.matter, config=config, threads=threads)
            done = await execute.notebook(run, lambda number, total: self.progress.cell(plan.source, number, total))
            failed = False
            self.took[str(plan.source.path)] = runs.Last.of(done.seconds, done.cells)
        finally:
            self.progress.ends(plan.source, failed=failed)
        return done
