"""Everything that can go wrong, as one tree of exceptions that store parts and compose no colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import PurePosixPath


class ConverterError(Exception):
    """Be the root of all errors that nbpress raises on purpose."""

    rule: ClassVar[str] = "internal"

    def __init__(
        self,
        message: str,
        *,
        source: PurePosixPath | None = None,
        cell: int | None = None,
        line: int | None = None,
        hint: str = "",
        detail: str = "",
    ) -> None:
        """Store the parts: *cell* and *line* count from 1, *hint* is an action, *detail* may have many lines."""
        super().__init__(message, source, cell, line, hint, detail)
        self.message = message
        self.source = source
        self.cell = cell
        self.line = line
        self.hint = hint
        self.detail = detail
        self.also: tuple[ConverterError, ...] = ()
        """The errors that were found besides, so that an author mends all of them in one go."""

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling, although the constructor takes keywords only."""
        parts = {name: getattr(self, name) for name in ("source", "cell", "line", "hint", "detail")}
        return _rebuild, (type(self), self.message, parts, self.also)

    def __str__(self) -> str:
        """Compose `PATH: cell N, line L: message; hint`."""
        where = place(self.source, self.cell, self.line)
        return (f"{where}: " if where else "") + self.message + (f"; {self.hint}" if self.hint else "")


def _rebuild(
    kind: type[ConverterError], message: str, parts: dict[str, object], also: tuple[ConverterError, ...]
) -> ConverterError:
    """Make an error again from what `__reduce__` stored."""
    error = kind(message, **parts)  # type: ignore[arg-type]  # the parts were taken from the same attributes
    error.also = also
    return error


def place(source: PurePosixPath | None, cell: int | None, line: int | None) -> str:
    """Return `PATH: cell N, line L` with the parts that are known."""
    inside = ", ".join(f"{name} {number}" for name, number in (("cell", cell), ("line", line)) if number)
    return ": ".join(part for part in (str(source) if source else "", inside) if part)


class ConfigError(ConverterError):
    """Say that settings are wrong: *faults* holds every one of them, nothing was converted."""

    rule = "settings-valid"

    def __init__(self, faults: tuple[str, ...]) -> None:
        """Store all *faults* at once, so that an author mends them in one go."""
        super().__init__("\n".join(faults))
        self.faults = faults

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling."""
        return type(self), (self.faults,)


class NotebookError(ConverterError):
    """Say that this notebook cannot become a post; the others still can."""

    rule = "notebook-converts"


class PostNameError(NotebookError):
    """Say that a notebook's name or date does not make a post's path."""

    rule = "post-name"


class ReadError(NotebookError):
    """Say that a file is not a notebook that nbformat accepts."""

    rule = "notebook-reads"


class PandocMissing(NotebookError):
    """Say that nothing is installed that reads Word documents."""

    rule = "pandoc-installed"


class PairError(NotebookError):
    """Say that a text notebook and the `.ipynb` paired with it say different things."""

    rule = "pair-agrees"


class PairIncomplete(NotebookError):
    """Say that the text of a pair is gone."""

    rule = "pair-complete"


class FrontMatterError(NotebookError):
    """Say that the front matter has no title, a bad date or is no YAML."""

    rule = "front-matter-valid"


class ExecutionError(NotebookError):
    """Say that the kernel did not reach the end of the notebook."""

    rule = "notebook-executes"


class CellError(ExecutionError):
    """Say that a cell raised an error that its author did not announce."""


class CellTimeout(ExecutionError):
    """Say that a cell ran longer than it is allowed to."""

    rule = "cell-ends"


class NotebookTimeout(ExecutionError):
    """Say that a notebook ran longer than it is allowed to."""

    rule = "notebook-ends"


class MemoryExceeded(CellError):
    """Say that a cell wanted more memory than its kernel may have."""

    rule = "memory-suffices"


class OutputExceeded(ExecutionError):
    """Say that a cell or notebook printed more than it may."""

    rule = "output-fits"


class KernelMissing(ExecutionError):
    """Say that no such kernelspec is installed, and name those that are."""

    rule = "kernel-installed"


class RenderError(NotebookError):
    """Say that a template failed, with its name and line."""

    rule = "template-renders"


class WriteError(NotebookError):
    """Say that the disk refused a path."""

    rule = "post-writes"
