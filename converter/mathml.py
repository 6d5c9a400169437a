"""Formulas → MathML, which browsers draw without a script: by latex2mathml, as far as it has really understood."""

from __future__ import annotations

import re

_DELIMITERS = (("$$", "$$", True), ("\\[", "\\]", True), ("\\(", "\\)", False), ("$", "$", False))
"""Left, right, and whether the formula stands on a line of its own; one without any is an environment, and does."""
_BRACE = re.compile(r"\\.|([{}])", re.DOTALL)
_UNKNOWN = "<mi>\\"
"""Commands that latex2mathml does not know, it shows."""


def formula(tex: str) -> str | None:
    """Return the element that shows *tex*, a formula with its delimiters; None if it cannot be made."""
    from latex2mathml import converter  # half a second to import

    source, display = _bare(tex.strip())
    braces = [found[1] for found in _BRACE.finditer(source) if found[1]]
    if braces.count("{") != braces.count("}"):
        return None
    try:
        element = str(converter.convert(source, display="block" if display else "inline"))
    except Exception:  # noqa: BLE001 - half of what it stumbles over has no exception of its own
        return None
    return None if _UNKNOWN in element else element


def _bare(tex: str) -> tuple[str, bool]:
    """Return *tex* without its delimiters, and whether it stands on a line of its own."""
    for left, right, display in _DELIMITERS:
        if tex.startswith(left) and tex.endswith(right) and len(tex) >= len(left) + len(right):
            return tex[len(left) : -len(right)].strip(), display
    return tex, True
