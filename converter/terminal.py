"""What people see: a live line while code runs, findings one a line, and what a build has done."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from converter import findings, runtimes
from converter.errors import place
from converter.model import Severity
from converter.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath

    from rich.progress import TaskID

    from converter.model import Finding, Report, Source
    from converter.status import Status

_WIDE = 10_000
"""Columns of a table that goes into a pipe."""
_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


class Terminal(Progress):
    """Show progress on standard error, as a live line on a terminal and as plain lines elsewhere."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        """Say nothing but findings if *quiet*, more if *verbose*."""
        self.out = Console(
            width=None if sys.stdout.isatty() else _WIDE, soft_wrap=True, highlight=False, markup=False, emoji=False
        )
        self.err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
        self.quiet = quiet
        self.verbose = verbose
        self._bars: Bars | None = None
        self._tasks: dict[Source, TaskID] = {}
        self._began: dict[Source, float] = {}

    def say(self, text: str, style: str = "") -> None:
        """Print a line about the work itself on standard error."""
        if not self.quiet:
            self.err.print(Text(text, style))

    def starts(self, source: Source, reason: str) -> None:
        """Show that *source* runs: a live line on a terminal, a plain one elsewhere."""
        self._began[source] = time.monotonic()
        if self.quiet:
            return
        if not self.err.is_terminal:
            self.say(f"running {source.path} ({reason})")
            return
        if self._bars is None:
            self._bars = Bars(
                TextColumn("{task.description}"),
                BarColumn(bar_width=20),
                MofNCompleteColumn(),
                TextColumn("cells"),
                TimeElapsedColumn(),
                console=self.err,
                transient=True,
            )
            self._bars.start()
        self._tasks[source] = self._bars.add_task(f"{source.path.name} ({reason})", total=None)

    def cell(self, source: Source, number: int, total: int) -> None:
        """Move the line of *source* to cell *number* of *total*."""
        if self._bars and source in self._tasks:
            self._bars.update(self._tasks[source], completed=number, total=total)
        elif self.verbose:
            self.say(f"  {source.path}: cell {number} of {total}")

    def ends(self, source: Source, *, failed: bool) -> None:
        """Take the line of *source* away and say how long it took."""
        if self._bars and source in self._tasks:
            self._bars.remove_task(self._tasks.pop(source))
            if not self._tasks:
                self._bars.stop()
                self._bars = None
        self.say(f"{'failed' if failed else 'ran'} {source.path} in {time.monotonic() - self._began[source]:.1f} s")

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
        table = Table("notebook", "outputs", "post", "listed", "last run", "slowest cells", box=None, pad_edge=False)
        for it in statuses:
            slowest = ", ".join(f"{number}: {seconds:g} s" for number, seconds in it.slowest)
            seconds = "" if it.seconds is None else f"{it.seconds:g} s"
            table.add_row(str(it.source.folder / it.source.path.name), it.outputs, it.post, it.listed, seconds, slowest)
        self.out.print(table, soft_wrap=False)
        for it in statuses:
            for note in it.notes:
                self.out.print(Text(f"{it.source.path}: {note}"))

    def built(self, report: Report) -> None:
        """Print what a build has done."""
        if self.verbose:
            self._paths("wrote", report.written)
        self._paths("removed", report.removed)
        posts = sum(path.suffix == ".html" for path in report.written)
        tally = _tally(report.findings)
        if not (report.written or report.removed or report.executed or report.failed):
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
