"""The product on one screen: build the blog's posts, check them; `convert.py` has the way of one notebook.

Whatever opens a notebook is imported where it is needed: a command that finds nothing changed must not pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter import findings, survey
from converter import memo as memory
from converter.errors import NotebookError
from converter.model import Finding, Report
from converter.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from converter.config import Config
    from converter.failures import Failures
    from converter.status import Status


def build(
    config: Config,
    only: Iterable[Path] = (),
    *,
    asked: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    failures: Failures | None = None,
) -> Report:
    """Run what is not fresh, render what changed, write what differs, remove what no notebook makes any more.

    *only* names the notebooks to build (default: all), *asked* overrides when code runs, *jobs* how many notebooks run
    at once; what *failures* knows is told and not tried again. A notebook that fails leaves its files as they were and
    does not keep the others waiting.
    """
    from converter import write

    progress, only = progress or Progress(), tuple(only)
    with write.lock(config, progress.waits):
        found = survey.take(config, only, memory.Memo(config), trust=asked is None)
        report = found.report
        if found.plans:
            from converter import batch

            built = batch.build(found, asked=asked, jobs=jobs or config.jobs, progress=progress, failures=failures)
            report = report.merged(built)
        if not only:
            gone = write.remove_posts(found.index.orphans(config), config).removed
            report = report.merged(Report(removed=gone))
        report = report.merged(Report(findings=tuple(survey.same_addresses(found, (*report.written, *report.removed)))))
        found.memo.save(found.sources)
    return findings.placed(report, config.root)


def reproduce(config: Config, only: Iterable[Path] = (), *, progress: Progress | None = None) -> Report:
    """Run the notebooks again in scratch copies, and say which outputs do not come out as they are stored."""
    from converter import rerun

    found = survey.take(config, tuple(only), memory.Memo(config), trust=False, workers_look=False)
    return findings.placed(rerun.all_of(found, progress=progress or Progress()), config.root)


def adopt(config: Config, only: Iterable[Path], *, progress: Progress | None = None) -> Report:
    """Accept the stored outputs of the notebooks that *only* names, as if their code had just given them.

    Their records say so; they count as fresh until their code changes.
    """
    from converter import inputs, read, record, write

    only = tuple(only)
    with write.lock(config, (progress or Progress()).waits):
        found = survey.take(config, only, memory.Memo(config), trust=False, workers_look=False)
        reports = [found.report]
        for plan in found.plans:
            try:
                opened = survey.opened(plan, config, alone=True)
                declared = inputs.digests(opened.matter, opened.source, config)
                used = record.use(opened.nb, config.root, str(plan.source.path.parent), declared)
                opened.nb.metadata[record.KEY] = record.of(opened.nb, used, adopted=True)
                content = read.with_results(opened.content, opened.nb, plan.source, opened.kept)
                write.notebook(opened.content, content, plan.source, config, opened.kept)
                reports.append(Report(written=(plan.source.path,)))
            except NotebookError as error:
                reports.append(Report(findings=Finding.each(error)))
    return findings.placed(Report().merged(*reports), config.root)


def status(config: Config, only: Iterable[Path], today: date) -> tuple[Report, tuple[Status, ...]]:
    """Return how every notebook stands; run nothing, write nothing. The report says what could not be read."""
    from converter import status as statuses

    found = survey.take(config, tuple(only), memory.Memo(config), trust=False, settled=False)
    every = tuple(statuses.of(found, today))
    faults = Report(findings=tuple(it for it in every if isinstance(it, Finding)))
    return findings.placed(found.report.merged(faults), config.root), tuple(
        it for it in every if not isinstance(it, Finding)
    )


def clean(config: Config, *, posts: bool, progress: Progress | None = None) -> Report:
    """Forget what earlier builds and checks have seen, and with *posts* remove what nbpress made; no build goes on."""
    from converter import files, write
    from converter.posts import Index

    if not posts and not files.state(config).exists():
        return Report()
    with write.lock(config, (progress or Progress()).waits):
        ours = [path for path, notebook in Index.read(config).notebooks.items() if notebook and posts]
        removed = write.remove_posts(ours, config).removed
        write.forget(config)
    return Report(removed=removed)


def check(config: Config, only: Iterable[Path] = ()) -> Report:
    """Say of every post whether it is what its notebook says; run nothing, write nothing but what may be forgotten."""
    only = tuple(only)
    found = survey.take(config, only, memory.Memo(config), trust=True, settled=False)
    report = found.report
    if found.plans:
        from converter import check as checks

        report = report.merged(checks.all_of(found))
    if not only:
        report = report.merged(Report(findings=tuple(survey.orphans(found))))
    report = report.merged(Report(findings=tuple(survey.same_addresses(found))))
    found.memo.save(found.sources)
    return findings.placed(report, config.root)
