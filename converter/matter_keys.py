"""The keys of front matter that have a meaning: what each must hold, and which word an author may have meant."""

from __future__ import annotations

import datetime
import difflib
import re
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TEXT, FLAG, NUMBER, SECONDS, LIST, DATE, CHOICE, SIZE, ANY = (
    "text",
    "true or false",
    "a number",
    "a number above 0",
    "a list",
    "a date",
    "a choice",
    "a size such as 512 MB",
    "any",
)

KEYS: Mapping[str, str] = {
    "title": TEXT,
    "description": TEXT,
    "summary": TEXT,
    "author": ANY,
    "date": DATE,
    "modified_date": DATE,
    "categories": LIST,
    "tags": LIST,
    "toc": FLAG,
    "badges": FLAG,
    "hide_github_badge": FLAG,
    "hide_colab_badge": FLAG,
    "hide_binder_badge": FLAG,
    "hide_deepnote_badge": FLAG,
    "hide_download_badge": FLAG,
    "branch": TEXT,
    "comments": FLAG,
    "image": ANY,
    "hide": FLAG,
    "search_exclude": FLAG,
    "sticky_rank": NUMBER,
    "permalink": TEXT,
    "published": FLAG,
    "draft": FLAG,
    "use_math": FLAG,
    "layout": TEXT,
    "execute": CHOICE,
    "timeout": SECONDS,
    "notebook_timeout": SECONDS,
    "memory": SIZE,
    "output_limit": SIZE,
    "allow_errors": FLAG,
    "inputs": LIST,
    "footnotes": CHOICE,
    "bibliography": LIST,
    "csl": TEXT,
}
"""The keys with a meaning, and what each must hold. Every other key passes through."""

CHOICES: Mapping[str, tuple[str, ...]] = {"execute": ("auto", "always", "never"), "footnotes": ("liquid", "html")}
_PASSING = frozenset(
    [
        "keywords",
        "excerpt",
        "redirect_from",
        "hidden",
        "image_alt",
        "lang",
        "slug",
        "series",
        "subtitle",
        "weight",
        "nb_path",
        "last_modified_at",
    ]
)
"""Keys that other tools know; they look like near misses of ours but are not."""

SINGULAR: Mapping[str, str] = {"tag": "tags", "category": "categories"}
"""Keys that Jekyll understands besides ours, with one value each."""

DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s].*)?$")


def check(key: str, value: object) -> None:
    """Raise `ValueError` unless *value* is what *key* must hold."""
    kind = KEYS.get(key, ANY)
    accepts: dict[str, Callable[[object], bool]] = {
        FLAG: lambda given: given is None or isinstance(given, bool),
        NUMBER: lambda given: given is None or _is_number(given),
        SECONDS: lambda given: given is None or (_is_number(given) and given > 0),
        LIST: lambda given: given is None or isinstance(given, list | str | int | float),
        DATE: lambda given: given is None or bool(day(given)),
        SIZE: _is_size,
        CHOICE: lambda given: choice(given) in CHOICES[key],
    }
    if kind in accepts and not accepts[kind](value):
        expected = {DATE: "a real day such as 2020-02-29", CHOICE: "one of " + ", ".join(CHOICES.get(key, ()))}
        near = difflib.get_close_matches(str(value), CHOICES.get(key, ()), n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        message = f"must be {expected.get(kind, kind)}, not {value!r}{guess}"
        raise ValueError(message)


def _is_number(given: object) -> TypeGuard[float]:
    """Tell whether *given* is a number; `true` is none, although Python says so."""
    return isinstance(given, int | float) and not isinstance(given, bool)


def _is_size(given: object) -> bool:
    """Tell whether *given* is a size above 0, in bytes or such as `512 MB`."""
    try:
        wanted = size(given)
    except ValueError:
        return False
    return wanted is None or (isinstance(wanted, int) and _is_number(wanted) and wanted > 0)


def choice(given: object) -> object:
    """Return `execute: false` and `true` in words."""
    return {True: "always", False: "never"}.get(given, given) if isinstance(given, bool) else given


def day(given: object) -> str:
    """Return the day of a date, `YYYY-MM-DD`, or an empty string."""
    match = DAY.match(str(given).strip()) if given is not None else None
    if match is None:
        return ""
    try:
        return datetime.date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return ""


def meant(key: str) -> str:
    """Return the key that the author of *key* may have meant; nothing if it is known, or like no other."""
    if key in KEYS or key in _PASSING:
        return ""
    lowered = key.lower().replace("-", "_")
    near = [lowered] if lowered in KEYS else difflib.get_close_matches(lowered, KEYS, n=1, cutoff=0.8)
    return near[0] if near else ""


def size(value: object) -> object:
    """Return a size such as `512 MB` in bytes; anything that is no text as it is.

    Raises `ValueError` if a text is no size.
    """
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kMG]?)i?B?\s*", value, re.IGNORECASE)
    if found is None:
        message = f"must be a size such as 512 MB, not {value!r}"
        raise ValueError(message)
    return int(float(found[1]) * 1000 ** " kmg".index(found[2].lower() or " "))
