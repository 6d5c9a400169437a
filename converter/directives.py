"""Directives: what an author says of a code cell by a comment, a tag or metadata, in all spellings."""

from __future__ import annotations

import difflib
import itertools
import re
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from converter import yaml_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode


class Show(IntEnum):
    """How a part of a cell is shown; of two wishes the greater one counts, as in fastpages."""

    SHOWN = 0
    HIDDEN = 1
    CLOSED = 2
    """In a `<details>` that is closed at first."""
    OPEN = 3
    """In a `<details>` that is open at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What directives ask of a cell: independent axes."""

    removed: bool = False
    """The post does not have the cell at all; it runs all the same."""
    input: Show = Show.SHOWN
    output: Show = Show.SHOWN
    skipped: bool = False
    """The cell is not run."""
    may_fail: bool = False
    """An error in the cell is part of the post."""
    volatile: bool = False
    """Its outputs differ from run to run."""
    caption: str = ""
    alt: str = ""
    label: str = ""
    renderings: tuple[str, ...] = ()
    """Of its figures in turn, whether it is for `light` or for `dark` pages; all others are for both."""

    def __or__(self, other: View) -> View:
        """Return what both ask for together."""
        return View(
            removed=self.removed or other.removed,
            input=max(self.input, other.input),
            output=max(self.output, other.output),
            skipped=self.skipped or other.skipped,
            may_fail=self.may_fail or other.may_fail,
            volatile=self.volatile or other.volatile,
            caption=other.caption or self.caption,
            alt=other.alt or self.alt,
            label=other.label or self.label,
            renderings=other.renderings or self.renderings,
        )


_CLOSED_INPUT = View(input=Show.CLOSED)

COMMENTS: Mapping[str, View] = {
    "hide": View(removed=True),
    "hide_input": View(input=Show.HIDDEN),
    "hide_output": View(output=Show.HIDDEN),
    "collapse": _CLOSED_INPUT,
    "collapse_hide": _CLOSED_INPUT,
    "collapse_input": _CLOSED_INPUT,
    "collapse_show": View(input=Show.OPEN),
    "collapse_input open": View(input=Show.OPEN),
    "collapse_output": View(output=Show.CLOSED),
    "volatile": View(volatile=True),
    "export": View(input=Show.HIDDEN),
    "exports": View(input=Show.HIDDEN),
    "exporti": View(removed=True),
    "default_exp": View(removed=True),
}
"""Comments of fastpages and nbdev: `#hide_input`, in any case, with `-` or `_`."""

OPTIONS: Mapping[tuple[str, object], View] = {
    ("include", False): View(removed=True),
    ("echo", False): View(input=Show.HIDDEN),
    ("output", False): View(output=Show.HIDDEN),
    ("code-fold", True): _CLOSED_INPUT,
    ("code-fold", "show"): View(input=Show.OPEN),
    ("eval", False): View(skipped=True),
    ("error", True): View(may_fail=True),
    ("volatile", True): View(volatile=True),
}
"""Comments of Quarto: `#| echo: false`."""

TEXT_OPTIONS: Mapping[str, str] = {"fig-cap": "caption", "fig-alt": "alt", "label": "label"}
"""Comments of Quarto that carry a text, and the field they fill."""

RENDERINGS = ("light", "dark")
"""What the list of Quarto's `#| renderings: [light, dark]` may hold."""

TAGS: Mapping[str, View] = {
    "remove-cell": View(removed=True),
    "remove-input": View(input=Show.HIDDEN),
    "remove-output": View(output=Show.HIDDEN),
    "hide-input": _CLOSED_INPUT,
    "hide-output": View(output=Show.CLOSED),
    "hide-cell": View(input=Show.CLOSED, output=Show.CLOSED),
    "skip-execution": View(skipped=True),
    "raises-exception": View(may_fail=True),
    "volatile": View(volatile=True),
}
"""Tags of Jupyter Book."""

METADATA: Mapping[str, View] = {"hide_input": View(input=Show.HIDDEN), "hide_output": View(output=Show.HIDDEN)}
"""Metadata of the notebook extensions, true in a cell or in the notebook."""

_HARMLESS: Mapping[str, tuple[str, ...]] = {
    "include": (),
    "echo": ("fenced",),
    "output": ("asis", "all"),
    "code-fold": ("show",),
    "eval": (),
    "error": (),
    "volatile": (),
}
"""Options whose value decides what is published, and what they may hold besides true and false."""
_WITH_ARGUMENT = ("export", "exports", "exporti", "default_exp")
_QUARTO_KEYS = frozenset({key for key, _ in OPTIONS} | set(TEXT_OPTIONS)) | frozenset(
    [
        "warning",
        "message",
        "fig-width",
        "fig-height",
        "fig-align",
        "fig-format",
        "fig-dpi",
        "fig-link",
        "fig-subcap",
        "renderings",
        "code-summary",
        "code-overflow",
        "code-line-numbers",
        "tbl-cap",
        "tbl-colwidths",
        "layout",
        "layout-ncol",
        "layout-nrow",
        "column",
        "classes",
        "cache",
        "results",
        "lst-label",
        "lst-cap",
    ]
)
_COMMENT = re.compile(r"\s*(?:(?:#|//|--)\s*|%nbdev_)([A-Za-z][\w-]*)(?:\s+(\S.*?))?\s*$")
_OPTION = re.compile(r"\s*(?:#|//|--)\|\s*([A-Za-z][\w-]*)\s*(?::\s*(.*?))?\s*$", re.DOTALL)
_PROSE = re.compile(r"#+ [A-Za-z]+ \S+ \S")
"""Three words or more, the first without an underscore: no directive, and most comments are like this."""
_UNFINISHED = re.compile(r"|[|>][-+0-9]*|\"[^\"]*|'[^']*|\[[^\]]*")
"""A value that goes on in the next line: none yet, a block of YAML, an open quote or bracket."""
_CONTINUATION = re.compile(r"\s*(?:#|//|--)\|((?:\s{2,}|\s*-\s).*)$")
_ANY_COMMENT = re.compile(r"\s*(?:#|//|--|%nbdev_)")
_SHOW_DOC = re.compile(r"show_doc\([^\n]*\)")
"""nbdev's call that documents something; its readers never saw the call."""
_FAMILY = re.compile(r"(?:hide|collapse|remove)_\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A comment that looks like a misspelt directive."""

    line: int
    """Its line in the cell, from 1."""
    message: str
    """What is wrong, with a suggestion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directed:
    """A code cell's source, and what its comments ask for."""

    source: str
    """The source without its directives."""
    view: View
    """What they ask for."""
    suspects: tuple[Suspect, ...]
    """Comments to ask the author about; they stay in the source."""


def of_source(source: str) -> Directed:
    """Return what the comments at the top of *source* ask for; only lines that are directives leave it."""
    view, suspects, kept = View(), [], []
    lines = source.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.strip() and not line.startswith("%%") and not _ANY_COMMENT.match(line):
            kept += lines[number:]
            break
        if _PROSE.match(line):
            kept.append(line)
            number += 1
            continue
        more = _continued(lines, number)
        found = _of_comment("\n".join([line, *more]))
        if isinstance(found, View):
            view |= found
        else:
            suspects += [Suspect(line=number + 1, message=found)] if found else []
            kept += lines[number : number + 1 + len(more)]
        number += 1 + len(more)
    text = "\n".join(kept)
    if _SHOW_DOC.fullmatch(text.strip()):
        view |= View(input=Show.HIDDEN)
    return Directed(source=text.lstrip("\n") if len(kept) < len(lines) else text, view=view, suspects=tuple(suspects))


def _continued(lines: list[str], number: int) -> list[str]:
    """Return the lines behind `lines[number]` that go on with the value of its option, without their `#|`."""
    option = _OPTION.match(lines[number])
    if option is None or not _UNFINISHED.fullmatch(option[2] or ""):
        return []
    found = itertools.takewhile(bool, map(_CONTINUATION.match, lines[number + 1 :]))
    return [match[1] for match in found if match]


def of_metadata(cell: NotebookNode) -> View:
    """Return what the tags and metadata of *cell* ask for."""
    view = View(caption=str(cell.metadata.get("caption") or ""), alt=str(cell.metadata.get("alt") or ""))
    for tag in cell.metadata.get("tags") or ():
        view |= TAGS.get(str(tag).lower().replace("_", "-"), View())
    for key, meant in METADATA.items():
        if cell.metadata.get(key) is True:
            view |= meant
    return view


def of_notebook(nb: NotebookNode) -> View:
    """Return what the metadata of *nb* asks of all its code cells."""
    view = View()
    for key, meant in METADATA.items():
        if nb.metadata.get(key) is True:
            view |= meant
    return view


def of_cell(cell: NotebookNode) -> View:
    """Return what all spellings together ask of *cell*."""
    view = of_metadata(cell)
    return view | of_source(cell.source).view if cell.cell_type == "code" else view


def _of_comment(line: str) -> View | str | None:
    """Return what a comment asks for, what is wrong with it, or None if it is an ordinary comment."""
    option = _OPTION.match(line)
    if option:
        return _of_option(option[1].lower(), option[2])
    comment = _COMMENT.match(line)
    if comment is None:
        return None
    name, argument = comment[1].lower().replace("-", "_"), (comment[2] or "").lower()
    if name in _WITH_ARGUMENT and " " not in argument:
        return COMMENTS[name]
    if f"{name} {argument}".strip() in COMMENTS:
        return COMMENTS[f"{name} {argument}".strip()]
    if name in COMMENTS and "_" in name and argument:
        return f"#{comment[1]} is no directive with more text behind it; put it alone on its line"
    if argument or name in COMMENTS:
        return None
    near = difflib.get_close_matches(name, COMMENTS, n=1, cutoff=0.6 if _FAMILY.fullmatch(name) else 0.85)
    if near:
        return f"unknown directive #{comment[1]}; did you mean #{near[0]}?"
    return f"unknown directive #{comment[1]}; see the table of directives" if _FAMILY.fullmatch(name) else None


def _of_option(key: str, raw: str | None) -> View | str:
    """Return what Quarto's `#| key: raw` asks for, or what is wrong with it."""
    if raw is None:  # nbdev 2 writes its directives so: `#| hide`
        name = key.replace("-", "_")
        if name in COMMENTS:
            return COMMENTS[name]
    value = _scalar(raw)
    if key in TEXT_OPTIONS:
        # A caption may have a colon, which YAML takes for a mapping.
        plain = (raw or "") if isinstance(value, dict | list) else "" if value is None else str(value)
        text: dict[str, Any] = {TEXT_OPTIONS[key]: plain}
        return replace(View(), **text)
    if key == "renderings":
        if isinstance(value, list) and all(scheme in RENDERINGS for scheme in value):
            return View(renderings=tuple(value))
        return f"#| renderings must be [light, dark] or [dark, light], not {raw!r}"
    if not isinstance(value, dict | list) and (key, value) in OPTIONS:
        return OPTIONS[key, value]
    if (
        key in _HARMLESS
        and not any(value is harmless for harmless in (True, False, None))
        and value not in _HARMLESS[key]
    ):
        return f"#| {key} must be true or false, not {raw!r}"
    if key in _QUARTO_KEYS:
        return View()
    near = difflib.get_close_matches(key, sorted(_QUARTO_KEYS), n=1)
    return f"unknown cell option #| {key}" + (f"; did you mean {near[0]}?" if near else "; see the table of directives")


def _scalar(raw: str | None) -> Any:  # noqa: ANN401 - any YAML scalar
    """Return the value of *raw*: YAML where it is YAML, else the text itself."""
    try:
        return yaml_text.load(raw or "")
    except yaml_text.Error:
        return raw
