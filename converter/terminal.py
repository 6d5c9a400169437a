"""What people see: a live line while code runs, findings one a line, and what a build has done."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Column, Table
from rich.text import Text

from converter import findings, runtimes
from converter.errors import place
from converter.model import Severity
from converter.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path, PurePosixPath

    from converter.model import Finding, Report, Source
    from converter.progress import End
    from converter.status import Status

_WIDE = 10_000
"""Columns of a table that goes into a pipe."""
_FEW = 3
"""Posts that a summary names; more of them would push the findings out of sight."""
_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(bar_width=20),
    MofNCompleteColumn(),
    TextColumn("{task.fields[unit]}"),
    TimeElapsedColumn(),
)
"""What a live line shows."""
_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


@dataclass(slots=True, kw_only=True)
class _Run:
    """A notebook that runs, or has run."""

    reason: str
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0
    end: End | None = None


class Terminal(Progress):
    """Show progress on standard error, as a live line on a terminal and as plain lines elsewhere."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False, live: bool = True) -> None:
        """Say nothing but findings if *quiet*, more if *verbose*; where lines must not move, not *live*."""
        self.out = Console(
            width=None if sys.stdout.isatty() else _WIDE, soft_wrap=True, highlight=False, markup=False, emoji=False
        )
        self.err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
        self.quiet = quiet
        self.verbose = verbose
        # Colours may be forced into a pipe; lines that move may not.
        self._is_live = live and sys.stderr.isatty() and not self.err.is_dumb_terminal
        self._bars: Bars | None = None
        self._tasks: dict[Source, TaskID] = {}
        self._runs: dict[Source, _Run] = {}
        self._several = False
        self._all = TaskID(0)

    def say(self, text: str, style: str = "") -> None:
        """Print a line about the work itself on standard error."""
        if not self.quiet:
            self.err.print(Text(text, style))

    @contextlib.contextmanager
    def batch(self, notebooks: int) -> Iterator[None]:
        """Show on a terminal what runs, and at the end what has run, why, and how long."""
        self._runs, self._several = {}, notebooks > 1
        if self.quiet or not self._is_live:
            yield
            return
        bars = self._bars = Bars(*_COLUMNS, console=self.err, transient=True)
        self._all = bars.add_task("in all", total=notebooks, unit="notebooks", visible=self._several)
        try:
            with bars:
                self.err.show_cursor()  # who kills us shall not have to live without one
                yield
        finally:
            self._bars = None
            self._ran()

    def _ran(self) -> None:
        """Print how the runs of a batch have ended, in the order of notebooks."""
        table = Table.grid(padding=(0, 2, 0, 0))
        for source, run in sorted(self._runs.items(), key=lambda it: it[0].path):
            style = "red" if run.end == "failed" else ""
            table.add_row(run.end, Text(str(source.path), style, no_wrap=True), f"{run.seconds:.1f} s", run.reason)
        self.err.print(table)

    def starts(self, source: Source, reason: str) -> None:
        """Show that *source* runs: a live line on a terminal, a plain one elsewhere."""
        self._runs[source] = _Run(reason=reason)
        if self._bars:
            self._tasks[source] = self._bars.add_task(f"{source.path.name} ({reason})", total=None, unit="cells")
        else:
            self.say(f"running {source.path} ({reason})")

    def cell(self, source: Source, number: int, total: int) -> None:
        """Move the line of *source* to cell *number* of *total*."""
        if self._bars:
            self._bars.update(self._tasks[source], completed=number, total=total)
        elif self.verbose:
            self.say(f"  {source.path}: cell {number} of {total}")

    def ends(self, source: Source, end: End) -> None:
        """Take the line of *source* away; say how long it took, at once only what nobody should wait to hear."""
        run = self._runs[source]
        run.end, run.seconds = end, time.monotonic() - run.began
        if self._bars:
            self._bars.remove_task(self._tasks.pop(source))
            self._bars.advance(self._all)
        if not self._bars or (end == "failed" and self._several):
            self.say(f"{end} {source.path} in {run.seconds:.1f} s")

    def stops(self, times: int) -> None:
        """Say what comes now, and that nobody has to wait for it."""
        if times == 1:
            self.say("stopping; Ctrl-C once more ends everything at once")
            return
        if self._bars:
            self._bars.stop()
        self.err.print("interrupted")

    def waits(self, holder: str) -> None:
        """Say who keeps this build waiting."""
        self.say(f"waiting for another build of this blog (process {holder})")

    def findings(self, found: tuple[Finding, ...], *, details: bool = True, aside: bool = False) -> None:
        """Print the findings *found*, one a line, on standard output, and their *details* on standard error.

        With *aside* all of it goes to standard error, as standard output is for a program.
        """
        for finding in found:
            if finding.severity is Severity.NOTE and self.quiet:
                continue
            text = Text(str(finding), _STYLES[finding.severity] if self.out.is_terminal else "")
            (self.err if aside else self.out).print(text)
            if details and finding.detail and not self.quiet:
                where = place(finding.source, finding.cell, finding.line)
                self.err.print(
                    Text("\n".join([f"  {where}:", *(f"    {line}" for line in finding.detail.splitlines())]))
                )

    def checked(self, report: Report, layout: str, root: Path, *, diff: bool) -> None:
        """Print what a check came to, in *layout*: `text`, `github` or `json`."""
        if layout == "json":
            self.out.print(json.dumps(findings.as_json(report), indent=1, ensure_ascii=False))
            return
        if layout == "github":
            for finding in report.findings:
                self.out.print(findings.as_annotation(finding, root))
        else:
            self.findings(report.findings, details=False)
        for finding in report.findings if diff else ():
            if finding.rule in ("post-current", "outputs-reproduce"):
                self.out.print(Text(finding.detail))
        tally = _tally(report.findings)
        if report.failed:
            self.say(f"{tally}.", "red")
            return
        is_said = "is what its notebook says" if report.unchanged == 1 else "are what their notebooks say"
        self.say(f"{_count(report.unchanged, 'post')} {is_said}{tally and '; '}{tally}.", "green")

    def statuses(self, statuses: tuple[Status, ...], layout: str) -> None:
        """Print how notebooks stand, as a table or as JSON."""
        if layout == "json":
            self.out.print(json.dumps([status.as_json() for status in statuses], indent=1, ensure_ascii=False))
            return
        name = Column("notebook", no_wrap=True, overflow="fold")  # it is what one copies
        table = Table(name, "outputs", "post", "listed", "last run", "slowest cells", box=None, pad_edge=False)
        for it in statuses:
            slowest = ", ".join(f"{number}: {seconds:g} s" for number, seconds in it.slowest)
            seconds = "" if it.seconds is None else f"{it.seconds:g} s"
            table.add_row(str(it.source.folder / it.source.path.name), it.outputs, it.post, it.listed, seconds, slowest)
        self.out.print(table, soft_wrap=False)
        for it in statuses:
            for note in it.notes:
                self.out.print(Text(f"{it.source.path}: {note}"))

    def built(self, report: Report, folder: PurePosixPath) -> None:
        """Print what a build has done; its posts are in *folder*."""
        written = tuple(path for path in report.written if path.is_relative_to(folder))
        posts = len(written)
        if self.verbose or posts <= _FEW:
            self._paths("wrote", report.written if self.verbose else written)
        self._paths("removed", report.removed)
        tally = _tally(report.findings)
        if not (report.written or report.removed or report.executed or report.failed):
            if not report.unchanged:
                self.say(f'No notebooks here yet; `nbpress new "Your title"` makes one{tally and "; "}{tally}.')
                return
            self.say(f"Nothing to do: {_count(report.unchanged, 'post')} as the notebooks say{tally and '; '}{tally}.")
            return
        libraries = sum(path.is_relative_to(runtimes.PUBLISHED) for path in report.written)
        images = len(report.written) - posts - libraries
        parts = [
            (len(report.executed), f"{_count(len(report.executed), 'notebook')} run"),
            (posts, f"{_count(posts, 'post')} written"),
            (images, f"{_count(images, 'image')} written"),
            (libraries, f"{_count(libraries, 'library file')} written"),
            (len(report.removed), f"{_count(len(report.removed), 'file')} removed"),
            (report.unchanged, f"{report.unchanged} unchanged"),
            (len(tally), tally),
        ]
        self.say(", ".join(text for count, text in parts if count) + ".", "red" if report.failed else "green")

    def _paths(self, verb: str, paths: tuple[PurePosixPath, ...]) -> None:
        for path in paths:
            self.say(f"{verb} {path}")


def _tally(found: tuple[Finding, ...]) -> str:
    """Return `6 errors, 22 warnings in 4 files`; nothing if *found* has neither."""
    nouns = {Severity.ERROR: "error", Severity.WARNING: "warning"}
    counts = {noun: sum(it.severity is severity for it in found) for severity, noun in nouns.items()}
    files = {it.source for it in found if it.severity in nouns}
    told = ", ".join(_count(number, noun) for noun, number in counts.items() if number)
    return f"{told} in {_count(len(files), 'file')}" if told else ""


def _count(number: int, noun: str) -> str:
    """Return `1 post`, `2 posts`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
