"""The notebooks of one build: several kernels at once, results in the order of the notebooks.

What starts kernels is imported when one starts: most builds follow an edit of prose.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from converter import convert, files, look, read, runs, survey, workers, write
from converter.errors import ExecutionError, NotebookError
from converter.memo import Verdict
from converter.model import Finding, Report

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator, Sequence
    from pathlib import PurePosixPath

    from converter import execute
    from converter.failures import Failures
    from converter.look import Look
    from converter.model import Post, Source, Stored
    from converter.progress import Progress
    from converter.survey import Opened, Plan, Survey


_UNKNOWN = 1e9
"""Seconds that a notebook is taken to run which nobody has timed."""


def build(
    found: Survey, *, asked: str | None, jobs: int | None, progress: Progress, failures: Failures | None = None
) -> Report:
    """Build all plans of *found*, *jobs* kernels at once (default: one per CPU), but not what *failures* knows."""
    if failures is not None:
        failures.begin(found.config)
    batch = _Batch(survey=found, asked=asked, jobs=jobs, progress=progress, failures=failures)
    stale = batch.rendered()
    if stale:
        from converter import interrupts

        with progress.batch(len(stale)):
            interrupts.run(batch.run_all(stale), progress.stops)
    return Report().merged(*(batch.reports[plan.source] for plan in found.plans))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    survey: Survey
    asked: str | None
    jobs: int | None
    progress: Progress
    failures: Failures | None
    reports: dict[Source, Report] = field(default_factory=dict)
    """What has become of each notebook, whichever ends first."""
    took: dict[str, runs.Last] = field(default_factory=dict)
    """How long the runs of this build took."""

    def rendered(self) -> list[Look]:
        """Build all notebooks that do not run; return what was seen of the others."""
        stale = []
        plans, at = self.survey.plans, partial(look.at, config=self.survey.config, asked=self.asked)
        for plan, seen in zip(plans, workers.each(at, plans), strict=True):
            with self._guarded(seen):
                if seen.post is None:
                    self.reports[plan.source] = self._report(seen, findings=seen.faults)
                elif not self._why(seen):
                    # What was only rendered because the command line said so is not known to be fresh.
                    state = plan.state if self.asked not in ("never", "auto") else None
                    stored = self._catch_up(plan) if seen.behind else ()
                    self.reports[plan.source] = self._written(seen, seen.post, seen.files, state, stored)
                else:
                    write.require_ours(seen.post, self.survey.index)  # before it costs a run
                    if self.failures is not None and (known := self.failures.of(plan)):
                        self.reports[plan.source] = self._report(seen, findings=known)
                    else:
                        stale.append(seen)
        return stale

    def _why(self, seen: Look) -> str:
        """Return why the code has to run; in a preview, which builds after every save, only because it is stale.

        What a run writes is such a save, too: whatever always runs would run for ever.
        """
        return seen.stale if self.failures is not None else seen.reason

    def _catch_up(self, plan: Plan) -> Stored:
        """Let the `.ipynb` that is paired with a text say what the text says now; return it."""
        opened = survey.opened(plan, self.survey.config)
        content = read.with_results(opened.content, opened.nb, opened.source, opened.kept)
        return write.notebook(opened.content, content, opened.source, self.survey.config, opened.kept)

    @contextlib.contextmanager
    def _guarded(self, seen: Look, findings: Sequence[Finding] = ()) -> Iterator[None]:
        """Turn an error into a finding among the reports: one notebook must not cost the others their posts."""
        source = seen.plan.source
        try:
            yield
        except NotebookError as error:
            self.reports[source] = self._report(seen, findings=(*findings, *Finding.each(error)))
        except Exception as error:  # noqa: BLE001 - a fault of ours
            self.reports[source] = self._report(seen, findings=(*findings, Finding.crash(error, source)))

    async def run_all(self, stale: list[Look]) -> None:
        """Run what has to run.

        A waiting line is served in order: whoever takes longest comes first, whoever nobody has timed before all.
        """
        import asyncio

        known = {path: run.seconds for path, run in runs.read(self.survey.config).items()}
        line = sorted(stale, key=lambda seen: -known.get(str(seen.plan.source.path), _UNKNOWN))
        kernels = max(1, min(self.jobs or workers.cpus(), len(stale)))
        slots, threads = asyncio.Semaphore(kernels), max(1, workers.cpus() // kernels)
        with ThreadPoolExecutor(1) as desk:
            async with asyncio.TaskGroup() as group:
                for seen in line:
                    group.create_task(self._run(seen, slots, threads, desk))
        runs.keep(self.survey.config, self.took)

    async def _run(self, seen: Look, slots: asyncio.Semaphore, threads: int, desk: ThreadPoolExecutor) -> None:
        """Run one notebook, convert it, write.

        Whatever computes does so at the *desk*, one after the other: the loop has to mind the limits of other kernels.
        """
        import asyncio

        aside = partial(asyncio.get_running_loop().run_in_executor, desk)
        findings: list[Finding] = []
        with self._guarded(seen, findings):
            async with slots:
                opened = await aside(survey.opened, seen.plan, self.survey.config)
                try:
                    done = await self._executed(seen, opened, threads)
                except ExecutionError as error:
                    findings += await aside(look.without_outputs, opened, self.survey.config)
                    if self.failures is not None and error.cell:  # else it costs little to try again
                        self.failures.keep(seen.plan, (*findings, Finding.of(error)))
                    raise
            findings += done.findings
            report = await aside(self._stored, seen, opened, done)
            self.reports[seen.plan.source] = replace(report, findings=(*findings, *report.findings))

    async def _executed(self, seen: Look, opened: Opened, threads: int) -> execute.Executed:
        """Run the notebook's code, and tell `progress` about it."""
        from converter import execute

        source, config = opened.source, self.survey.config
        run = execute.Run(nb=opened.nb, source=source, matter=opened.matter, config=config, threads=threads)
        with self.progress.running(source, self._why(seen)):
            done = await execute.notebook(run, lambda number, total: self.progress.cell(source, number, total))
        self.took[str(source.path)] = runs.Last.of(done.seconds, done.cells)
        return done

    def _stored(self, seen: Look, opened: Opened, done: execute.Executed) -> Report:
        """Write what a run gave into the notebook, and the post that it becomes."""
        source, config = opened.source, self.survey.config
        content = read.with_results(opened.content, done.nb, source, opened.kept)
        nb = read.result(source, opened.content, content)  # a post is a function of what is on the disk
        post = convert.notebook(nb, source, config)
        stored = write.notebook(opened.content, content, source, config, opened.kept)
        # Learnt is what we wrote, not what the author may have saved right behind us.
        state = self.survey.memo.state(source.path)
        ours = content if files.results(source, config) == source.file else opened.content
        is_ours = files.content(source) == ours and self.asked != "auto"  # which would hide an `always` of the site
        deciding = look.deciding(post, nb, config)
        return replace(self._written(seen, post, deciding, state if is_ours else None, stored), executed=(source.path,))

    def _written(
        self, seen: Look, post: Post, deciding: Sequence[PurePosixPath], state: list[int] | None, stored: Stored
    ) -> Report:
        """Write *post* once its notebook is *stored*, and let the memo learn it if the notebook's *state* is given."""
        memo = self.survey.memo
        before = {str(path): memo.state(path) for path, _ in stored} | {str(post.source.path): state}
        changes = write.post(post, self.survey.index, self.survey.config)
        if state is not None:
            verdict = Verdict(post=str(post.path), findings=post.findings, reason=seen.rest)
            ours = (*changes.written, *(path for path, _ in stored))
            memo.learn(post.source, verdict, deciding, before, ours)
        return self._report(
            seen,
            stored=stored,
            written=changes.written,
            removed=changes.removed,
            unchanged=0 if changes.written or changes.removed else 1,
            findings=post.findings,
        )

    def _report(self, seen: Look, **parts: Any) -> Report:  # noqa: ANN401 - those of a report
        """Return a report of *parts* which says why the code has run or not."""
        reason = self._why(seen) or (seen.rest if seen.post else "")
        return Report(reasons=((seen.plan.source.path, reason),) if reason else (), **parts)
