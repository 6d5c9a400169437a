"""Cases of a test as data: Markdown files of title, input and expected output, separated by lines of one dot."""

from __future__ import annotations

import difflib
import inspect
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case of a file."""

    title: str
    """The property, in a few words; the last line before the first dot."""
    text: str
    """The input, without its last line end."""
    expected: str
    """What must come out, without its last line end."""


def read(name: str) -> tuple[Case, ...]:
    """Return the cases of `cases/NAME.md`; prose between them is for people."""
    file = FOLDER / f"{name}.md"
    found = tuple(_parse(file.read_text("utf-8"), file.name))
    titles = [case.title for case in found]
    twice = {title for title in titles if titles.count(title) > 1}
    if twice or not found:
        raise ValueError(f"{file.name}: " + (f"titles used twice: {sorted(twice)}" if twice else "no case"))
    return found


def _parse(text: str, file: str) -> Iterator[Case]:
    """Yield the cases in *text*."""
    lines = text.split("\n")
    dots = [index for index, line in enumerate(lines) if line == "."]
    if len(dots) % 3:
        raise ValueError(f"{file}: a case has three dots, one before its input, one after it, one at its end")
    for start, middle, end in zip(dots[::3], dots[1::3], dots[2::3], strict=True):
        yield Case(
            title=next(line for line in reversed(lines[:start]) if line.strip()).strip(),
            text="\n".join(lines[start + 1 : middle]),
            expected="\n".join(lines[middle + 1 : end]),
        )


def each_case(name: str) -> Callable[[Callable[..., str]], Callable[..., None]]:
    """Make a test of a function from `text` (and fixtures) to text: one for every case of `cases/NAME.md`."""

    def decorate(function: Callable[..., str]) -> Callable[..., None]:
        @wraps(function)
        def test(case: Case, **fixtures: Any) -> None:  # noqa: ANN401 - fixtures have any type
            same(function(text=case.text, **fixtures), case.expected)

        given = inspect.signature(function)
        names = ["case", *(name for name in given.parameters if name != "text")]
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # pytest asks for it
        found = read(name)
        parametrized: Callable[..., None] = pytest.mark.parametrize("case", found, ids=[c.title for c in found])(test)
        return parametrized

    return decorate


def same(got: str, expected: str, remedy: str = "") -> None:
    """Fail with a unified diff, and the *remedy* below it, unless *got* is *expected*."""
    __tracebackhide__ = True
    if got != expected:
        lines = difflib.unified_diff(expected.split("\n"), got.split("\n"), "expected", "got", lineterm="")
        pytest.fail("\n".join([*map(_visible, lines), remedy]).rstrip(), pytrace=False)


def _visible(line: str) -> str:
    """Return *line* with its control characters as escapes."""
    return "".join(char if char.isprintable() or char == "\t" else repr(char)[1:-1] for char in line)
