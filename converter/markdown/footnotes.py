"""Footnotes of a whole notebook: read in all spellings, numbered, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A place where a footnote is referred to or its text is given."""

    label: str
    """The number or name that the author used."""
    named: bool
    """Whether it is Markdown's spelling (`[^label]`), whose labels are a world of their own."""
    cell: int
    """The cell, from 1."""
    line: int
    """The line in the cell, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a footnote, and where."""

    rule: str
    """Name of the property that ought to hold."""
    message: str
    """A sentence for the author."""
    at: Mention
    """Where it was seen."""


def numbers(references: Iterable[Mention], details: Iterable[Mention]) -> dict[tuple[bool, str], str]:
    """Return the number of every footnote, by spelling and label.

    `{% fn 3 %}` keeps its number, and so does `[^3]` where no `fn` has taken it; names get the smallest free numbers
    in the order of their references.
    """
    mentions = [*references, *details]
    found = {(False, mention.label): mention.label for mention in mentions if not mention.named}
    taken = set(found.values())
    named = list(dict.fromkeys(mention.label for mention in mentions if mention.named))
    for label in (label for label in named if label.isdecimal() and label not in taken):
        found[True, label] = label
    taken |= set(found.values())
    free = (str(number) for number in range(1, len(mentions) + len(taken) + 2) if str(number) not in taken)
    for label in named:
        if (True, label) not in found:
            found[True, label] = next(free)
    return found


def problems(references: list[Mention], details: list[Mention]) -> list[Problem]:
    """Return a problem for each reference without text, text without reference, and number that is defined twice."""
    found = []
    defined = {(mention.named, mention.label): mention for mention in reversed(details)}
    referred = {(mention.named, mention.label) for mention in references}
    for mention in references:
        if (mention.named, mention.label) not in defined:
            remedy = (
                f"add [^{mention.label}]: text"
                if mention.named
                else f"add {{{{ 'text' | fndetail: {mention.label} }}}}"
            )
            found.append(
                Problem(rule="footnote-defined", message=f"footnote {mention.label} has no text; {remedy}", at=mention)
            )
    for mention in details:
        key = (mention.named, mention.label)
        if defined[key] is not mention:
            message = f"footnote {mention.label} is defined again; its first text is in cell {defined[key].cell}"
            found.append(Problem(rule="footnote-defined-once", message=message, at=mention))
        elif key not in referred:
            remedy = f"[^{mention.label}]" if mention.named else f"{{% fn {mention.label} %}}"
            message = f"footnote {mention.label} is never referred to; write {remedy} where it belongs"
            found.append(Problem(rule="footnote-referred", message=message, at=mention))
    return sorted(found, key=lambda problem: (problem.at.cell, problem.at.line))
