"""The frozen values that stages pass to each other: sources, front matter, footnotes, assets, posts, findings."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from converter.errors import place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path, PurePosixPath

    from converter.errors import ConverterError


_WIDEST = 200
"""How much of a foreign message stands in a finding; some of them show whole notebooks."""


class Severity(StrEnum):
    """How much a finding matters: only errors make the exit status 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that the author should see."""

    rule: str
    """Name of the property that ought to hold, such as `image-exists`."""
    message: str
    """One sentence: the fact, then what to do."""
    source: PurePosixPath | None = None
    """The notebook or post, relative to the blog's root."""
    cell: int | None = None
    """The cell, counted from 1 as people do."""
    line: int | None = None
    """The line in the cell (or in the file, without a cell), counted from 1."""
    detail: str = ""
    """More lines for people, such as the source around a failing line."""
    severity: Severity = Severity.ERROR
    """What it means for the exit status."""

    def __str__(self) -> str:
        """Compose the one line that everybody sees: `WHERE: MESSAGE [RULE]`."""
        where = place(self.source, self.cell, self.line)
        return (f"{where}: " if where else "") + f"{self.message} [{self.rule}]"

    @classmethod
    def crash(cls, error: Exception, source: Source) -> Finding:
        """Return the finding that nbpress itself has failed on *source*."""
        says = (str(error).strip().splitlines() or [""])[0][:_WIDEST]
        message = f"nbpress failed with {type(error).__name__}: {says}; please report it with this notebook"
        detail = "".join(traceback.format_exception(error))
        return cls(rule="nbpress-works", message=message, source=source.path, detail=detail)

    @classmethod
    def each(cls, error: ConverterError) -> tuple[Finding, ...]:
        """Return what *error* says, and the errors that were found with it."""
        return tuple(cls.of(one) for one in (error, *error.also))

    @classmethod
    def of(cls, error: ConverterError) -> Finding:
        """Return the finding that says what *error* says."""
        message = error.message + (f"; {error.hint}" if error.hint else "")
        return cls(
            rule=error.rule, message=message, source=error.source, cell=error.cell, line=error.line, detail=error.detail
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A notebook's file, before it is opened."""

    file: Path
    """Where it lies on this disk."""
    path: PurePosixPath
    """Its path relative to the blog's root, as in `nb_path`."""
    folder: PurePosixPath
    """Its folder relative to the folder of notebooks; `.` at the top."""
    date: str
    """The date in its name, `YYYY-MM-DD`; empty if it has none."""
    slug: str
    """The name after the date, without suffix, spaces as hyphens."""

    @property
    def files_folder(self) -> PurePosixPath:
        """Return the folder of the images that the notebook's cells hold, relative to the folder of images."""
        return self.folder / f"{self.file.stem}_files"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The YAML at the head of a post, and what of it matters to the conversion."""

    values: Mapping[str, object]
    """Every key in the order it is written, with the value that YAML gives back."""
    text: Mapping[str, str]
    """The same keys, each with its lines of YAML (`title: "x"`)."""
    date: str
    """The post's date, `YYYY-MM-DD`."""
    cell: int | None = None
    """Index of the cell it came from."""
    rest: str = ""
    """What that cell says besides; it stays in the post."""
    rest_line: int = 0
    """How many lines of that cell stand before *rest*."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each key in that cell, from 1; 0 if nobody can tell."""
    findings: tuple[Finding, ...] = ()
    """Near misses of known keys, unknown spellings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file that a post refers to."""

    path: PurePosixPath
    """Where it is published, relative to the blog's root."""
    content: bytes
    """What is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footnote:
    """A footnote's text, as HTML without a paragraph around it."""

    number: str
    """The number that references use."""
    html: str
    """What it says; inline markup where the author wrote one paragraph."""
    anchors: tuple[str, ...] = ()
    """Ids of the references to it, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A work in a list of references, as HTML."""

    name: str
    """The id of the entry, that citations link to."""
    html: str
    """What it says."""
    anchors: tuple[str, ...] = ()
    """Ids of the citations of it, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The list of what a post cites."""

    items: tuple[Reference, ...] = ()
    title: str = ""
    """What it is called; empty where a heading of the author's stands above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post and its files, all in memory."""

    path: PurePosixPath
    """Where it is written, relative to the blog's root."""
    text: str
    """Front matter and body."""
    source: Source
    """The notebook it comes from."""
    assets: tuple[Asset, ...] = ()
    """The files that must lie beside it, in the order the post names them."""
    files: tuple[Path, ...] = ()
    """Files besides the notebook that decided what came out, there or not."""
    findings: tuple[Finding, ...] = ()
    """What its author should see."""


Stored: TypeAlias = "tuple[tuple[PurePosixPath, tuple[int, int]], ...]"
"""Files that keep outputs, each with the time of change (ns) and the size in which we have left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a build did or a check saw."""

    executed: tuple[PurePosixPath, ...] = ()
    """Notebooks whose code ran to the end."""
    reasons: tuple[tuple[PurePosixPath, str], ...] = ()
    """Per notebook, why its code ran or did not."""
    written: tuple[PurePosixPath, ...] = ()
    """Files that were written, relative to the blog's root."""
    removed: tuple[PurePosixPath, ...] = ()
    """Files that were removed."""
    stored: Stored = ()
    """The notebooks, or the files that keep their outputs, that were written."""
    unchanged: int = 0
    """Posts that were already what their notebooks say."""
    findings: tuple[Finding, ...] = field(default=())
    """Everything worth saying, in the order of notebooks and cells."""

    def merged(self, *others: Report) -> Report:
        """Return this report and *others* as one, findings in the order of notebooks and cells."""
        reports = (self, *others)
        findings = [finding for report in reports for finding in report.findings]
        return Report(
            executed=tuple(path for report in reports for path in report.executed),
            reasons=tuple(sorted(reason for report in reports for reason in report.reasons)),
            written=tuple(path for report in reports for path in report.written),
            removed=tuple(path for report in reports for path in report.removed),
            stored=tuple(file for report in reports for file in report.stored),
            unchanged=sum(report.unchanged for report in reports),
            # Of a file that several notebooks use, such as a bibliography, each of them tells the same.
            findings=tuple(
                sorted(dict.fromkeys(findings), key=lambda it: (str(it.source), it.cell or 0, it.line or 0))
            ),
        )

    @property
    def failed(self) -> bool:
        """Tell whether anything needs the author's attention."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
