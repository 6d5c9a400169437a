"""Views: what can be asked of a cell, and the words for it in comments, options, tags and metadata."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        if other is NOTHING:  # as with most cells
            return self
        if self is NOTHING:
            return other
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


NOTHING = View()
"""The view of a cell that asks for nothing."""
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
    "default_cls_lvl": NOTHING,
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

HARMLESS: Mapping[str, tuple[str, ...]] = {
    "include": (),
    "echo": ("fenced",),
    "output": ("asis", "all"),
    "code-fold": ("show",),
    "eval": (),
    "error": (),
    "volatile": (),
}
"""Options whose value decides what is published, and what they may hold besides true and false."""
WITH_ARGUMENT = ("export", "exports", "exporti", "default_exp", "default_cls_lvl")
"""Comments of nbdev that name a module or a level."""
QUARTO_KEYS = frozenset({key for key, _ in OPTIONS} | set(TEXT_OPTIONS)) | frozenset(
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
"""Every option that may stand in a notebook; those that mean nothing here are for Quarto's own pages."""
