"""Would it still come out the same? Every notebook runs again in a scratch copy, and its outputs are compared."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from converter import execute, interrupts, look, record, reproduce, survey, workers
from converter.errors import NotebookError
from converter.model import Finding, Report

if TYPE_CHECKING:
    from converter.config import Config
    from converter.progress import Progress
    from converter.survey import Opened, Plan, Survey

AGAIN = "would it come out the same?"
"""Why a notebook runs again."""


def all_of(found: Survey, *, progress: Progress) -> Report:
    """Run every plan of *found* whose author lets it run, and say what did not come out as it is stored."""
    with progress.batch(len(found.plans)):
        return Report().merged(*interrupts.run(_all(found, progress), progress.stops))


async def _all(found: Survey, progress: Progress) -> list[Report]:
    """Run the plans, as many at once as there are CPUs."""
    cpus = workers.cpus()
    kernels = max(1, min(found.config.jobs or cpus, len(found.plans)))
    slots = asyncio.Semaphore(kernels)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_one(plan, found, slots, max(1, cpus // kernels), progress)) for plan in found.plans]
    return [task.result() for task in tasks]


async def _one(plan: Plan, found: Survey, slots: asyncio.Semaphore, threads: int, progress: Progress) -> Report:
    """Run one notebook in a copy of the blog and compare."""
    source, root = plan.source, found.config.root
    async with slots:
        try:
            opened = survey.opened(plan, found.config)
            if not _can_run(opened, found.config):
                return Report()
        except NotebookError as error:
            return Report(findings=Finding.each(error))
        try:
            with progress.running(source, AGAIN), reproduce.scratch(root, source) as there:
                config = replace(found.config, root=there.file.parents[len(there.path.parts) - 1])
                run = execute.Run(nb=opened.nb, source=there, matter=opened.matter, config=config, threads=threads)
                done = await execute.notebook(run, lambda number, total: progress.cell(source, number, total))
                fresh = reproduce.moved_back(done.nb, there, source)
        except NotebookError as error:
            return Report(findings=Finding.each(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not hide what others would tell
            return Report(findings=(Finding.crash(error, source),))
    return Report(findings=tuple(it.finding(source) for it in reproduce.differences(opened.nb, fresh)))


def _can_run(opened: Opened, config: Config) -> bool:
    """Tell whether there is code to run, of which its author has not said that nobody can."""
    is_never = look.mode(opened.matter, config, None) == "never"
    return record.has_code(opened.nb) and not is_never and not record.is_adopted(opened.nb)
