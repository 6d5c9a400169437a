"""Big JSON outputs: which objects and lists of them are folded, so that a reader sees how they are built."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter import highlight, liquid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SMALL = 24
"""Lines up to which an output stays as it is, and which an open one shows at first."""
_SMALL_PART = 8
"""Lines up to which a part of a big output does."""
_DEEPEST = 6
"""How deep folds are nested; what lies deeper unfolds at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """An object or list without its last line: what stays when it is folded, and what does not."""

    opening: str
    """Its first line."""
    size: str
    """How much is in it: `3 items`."""
    parts: tuple[str | Fold, ...]
    """What is between its brackets: whole lines, without the last line end, and folds; all safe in `{% raw %}`."""
    is_open: bool
    """Whether a reader sees it unfolded at first."""


def of_json(value: Any) -> tuple[str | Fold, ...]:  # noqa: ANN401 - JSON
    """Return the indented text of *value* with folds in it, in which no line is missing; nothing if it is small."""
    return _joined(_laid_out(value, "", "", 0)) if written(value).count("\n") >= _SMALL else ()


def _laid_out(value: Any, before: str, after: str, level: int) -> Iterator[str | Fold]:  # noqa: ANN401
    """Yield *value* at a nesting *level*, between what stands *before* and *after* it on its first and last line."""
    margin = "  " * level
    text = written(value).replace("\n", f"\n{margin}")
    if level and (text.count("\n") < _SMALL_PART or level > _DEEPEST):
        yield _safe(f"{margin}{before}{text}{after}")
        return
    parts = _parts(value, level + 1) or (_safe(text[text.index("\n") + 1 : text.rindex("\n")]),)
    seen = sum(2 if isinstance(part, Fold) else part.count("\n") + 1 for part in parts)
    opening = _safe(f"{margin}{before}{text[0]}")
    yield Fold(opening=opening, size=_size(value), parts=parts, is_open=not level and seen <= _SMALL)
    yield _safe(f"{margin}{text[-1]}{after}")


def _parts(value: dict[str, Any] | list[Any], level: int) -> tuple[str | Fold, ...]:
    """Return what is between the brackets of *value*, at a nesting *level*; nothing if there is nothing to fold."""
    if isinstance(value, dict):
        children = [(f"{json.dumps(name, ensure_ascii=False)}: ", child) for name, child in value.items()]
    else:
        children = [("", child) for child in value]
    if not any(child and isinstance(child, dict | list) for _, child in children):
        return ()
    commas = [","] * (len(children) - 1) + [""]
    laid_out = (_laid_out(child, name, comma, level) for (name, child), comma in zip(children, commas, strict=True))
    return _joined(itertools.chain.from_iterable(laid_out))


def _size(value: dict[str, Any] | list[Any]) -> str:
    """Return how much is in *value*, in words."""
    one, more = ("entry", "entries") if isinstance(value, dict) else ("item", "items")
    return f"{len(value)} {one if len(value) == 1 else more}"


def _joined(parts: Iterable[str | Fold]) -> tuple[str | Fold, ...]:
    """Return *parts* with neighbouring lines as one text."""
    found: list[str | Fold] = []
    for is_text, group in itertools.groupby(parts, lambda part: isinstance(part, str)):
        same = list(group)
        found += ["\n".join(map(str, same))] if is_text else same
    return tuple(found)


def written(value: Any) -> str:  # noqa: ANN401
    """Return *value* as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _safe(text: str) -> str:
    """Return *text* as HTML for a `{% raw %}` block."""
    return liquid.defuse_in_raw(highlight.escape(text))
