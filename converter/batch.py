"""The notebooks of one build: several kernels at once, results in the order of the notebooks."""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from converter import check, convert, execute, files, interrupts, read, record, runs, survey, write
from converter.errors import NotebookError
from converter.model import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbformat import NotebookNode

    from converter.model import Post, Source
    from converter.progress import Progress
    from converter.survey import Opened, Survey


_UNKNOWN = 1e9
"""Seconds that a notebook is taken to run which nobody has timed."""


def build(found: Survey, *, asked: str | None, jobs: int | None, progress: Progress) -> Report:
    """Build all plans of *found*, *jobs* kernels at once (default: one per CPU)."""
    reports = interrupts.run(_Batch(survey=found, asked=asked, jobs=jobs, progress=progress).built())
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
        reports: dict[Source, Report] = {}
        running: list[tuple[Opened, str]] = []
        for plan in self.survey.plans:
            with self._guarded(plan.source, reports):
                opened = survey.opened(plan, self.survey.config)
                reason = self._reason(opened)
                if reason:
                    running.append((opened, reason))
                else:
                    reports[plan.source] = self._rendered(opened)
        await self._run_all(running, reports)
        return [reports[plan.source] for plan in self.survey.plans]

    @contextlib.contextmanager
    def _guarded(
        self, source: Source, reports: dict[Source, Report], reason: str = "", findings: Sequence[Finding] = ()
    ) -> Iterator[None]:
        """Turn an error into a finding among *reports*: one notebook must not cost the others their posts."""
        reasons = ((source.path, reason),) if reason else ()
        try:
            yield
        except NotebookError as error:
            reports[source] = Report(reasons=reasons, findings=(*findings, Finding.of(error)))
        except Exception as error:  # noqa: BLE001 - a fault of ours
            reports[source] = Report(reasons=reasons, findings=(*findings, Finding.crash(error, source)))

    def _reason(self, opened: Opened) -> str:
        """Return why the notebook's code has to run; empty if it has not."""
        config = self.survey.config
        mode = execute.mode(opened.matter, config, self.asked)
        if mode == "never":
            return ""
        stale = record.stale(opened.nb, config.root, environment=config.rerun_on == "environment")
        return stale or ("asked to" if mode == "always" else "")

    def _rendered(self, opened: Opened) -> Report:
        """Build a notebook that does not run."""
        source, config = opened.source, self.survey.config
        post = convert.notebook(opened.nb, source, config, opened.matter)
        if opened.behind:
            content = read.with_results(opened.content, opened.nb, source, opened.kept)
            write.notebook(opened.content, content, source, config, opened.kept)
        never = execute.mode(opened.matter, self.survey.config, self.asked) == "never"
        reason = execute.NEVER if never else "fresh"
        # What was only rendered because the command line said so is not known to be fresh.
        is_known = not never or execute.mode(opened.matter, self.survey.config, None) == "never"
        return self._written(post, opened.nb, opened.plan.state if is_known else None, reason, reason)

    async def _run_all(self, running: list[tuple[Opened, str]], reports: dict[Source, Report]) -> None:
        """Run what has to run, and put the reports among *reports*.

        A waiting line is served in order: whoever takes longest comes first, whoever nobody has timed before all.
        """
        if not running:
            return
        last = runs.read(self.survey.config)
        known = {opened.source: last.get(str(opened.source.path)) for opened, _ in running}
        line = sorted(running, key=lambda it: -(run.seconds if (run := known[it[0].source]) else _UNKNOWN))
        cpus = os.cpu_count() or 1
        kernels = max(1, min(self.jobs or cpus, len(running)))
        slots = asyncio.Semaphore(kernels)
        async with asyncio.TaskGroup() as group:
            for opened, reason in line:
                group.create_task(self._run(opened, reason, slots, max(1, cpus // kernels), reports))
        runs.keep(self.survey.config, self.took)

    async def _run(
        self, opened: Opened, reason: str, slots: asyncio.Semaphore, threads: int, reports: dict[Source, Report]
    ) -> None:
        """Run one notebook, convert it, write."""
        source, config = opened.source, self.survey.config
        findings: list[Finding] = []
        with self._guarded(source, reports, reason, findings):
            # What keeps it from becoming a post should not cost a run.
            write.require_ours(convert.notebook(opened.nb, source, config, opened.matter), self.survey.index)
            async with slots:
                done = await self._executed(opened, reason, threads)
            findings += done.findings
            content = read.with_results(opened.content, done.nb, source, opened.kept)
            nb = read.result(source, opened.content, content)  # a post is a function of what is on the disk
            post = convert.notebook(nb, source, config)
            write.notebook(opened.content, content, source, config, opened.kept)
            # Learnt is what we wrote, not what the author may have saved right behind us.
            state = self.survey.memo.state(source.path)
            ours = content if files.results(source, config) == source.file else opened.content
            written = self._written(post, nb, state if files.content(source) == ours else None, reason, "fresh")
            reports[source] = replace(written, executed=(source.path,), findings=(*findings, *written.findings))

    async def _executed(self, opened: Opened, reason: str, threads: int) -> execute.Executed:
        """Run the notebook's code, and tell `progress` about it."""
        source, config = opened.source, self.survey.config
        self.progress.starts(source, reason)
        failed = True
        try:
            run = execute.Run(nb=opened.nb, source=source, matter=opened.matter, config=config, threads=threads)
            done = await execute.notebook(run, lambda number, total: self.progress.cell(source, number, total))
            failed = False
            self.took[str(source.path)] = runs.Last.of(done.seconds, done.cells)
        finally:
            self.progress.ends(source, failed=failed)
        return done

    def _written(self, post: Post, nb: NotebookNode, state: list[int] | None, reason: str, rest: str) -> Report:
        """Write *post*, let the memo learn it if the notebook's *state* is given, and say what has changed.

        *reason* is why its code has run or not, *rest* why it does not have to run now.
        """
        changes = write.post(post, self.survey.index, self.survey.config)
        source = post.source
        if state is not None:
            check.learn(self.survey.memo, post, nb, state, rest, self.survey.config)
        return Report(
            reasons=((source.path, reason),),
            written=changes.written,
            removed=changes.removed,
            unchanged=0 if changes.written or changes.removed else 1,
            findings=post.findings,
        )
