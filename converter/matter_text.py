"""Values of front matter and YAML: what an author meant by a line, and the line that every reader takes for it."""

from __future__ import annotations

import copy
import functools
import re
from dataclasses import dataclass

from converter import yaml_text
from converter.matter_keys import ANY, DATE, DAY, KEYS, LIST, TEXT, check

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*/[A-Za-z0-9_./-]*+")
"""A path without anything that YAML could take for something else, as that of the notebook nearly always is."""
_NUMERIC = re.compile(r"[-+.]?[\d][\dA-Fa-f_.,:xobeEZT+\- ]*|[-+]?\.(?:inf|nan)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One `key: value` as an author wrote it."""

    key: str
    raw: str
    """The value's text, perhaps of many lines, without the key."""
    line: int
    """Its line in the cell, from 1."""
    is_yaml: bool = False
    """Whether it stands in a block that is YAML as a whole, where ` #` begins a comment."""


def value_of(entry: Entry) -> tuple[object, str]:
    """Return the value that *entry* intends and the YAML that gives it back, the author's own where possible.

    Raises `ValueError` with what the key must hold.
    """
    if "\n" in entry.raw:
        value = _load_lines(entry)
        text = f"{entry.key}:{' ' * (not entry.raw.startswith(chr(10)))}{entry.raw}"
        check(entry.key, value)
        return value, text
    value, text = _of_line(entry.key, entry.raw, is_yaml=entry.is_yaml)
    return copy.copy(value), text


@functools.lru_cache(maxsize=4096)
def _of_line(key: str, raw: str, *, is_yaml: bool) -> tuple[object, str]:
    """Return the value of a line and its YAML; the posts of a blog say much the same, so each is read once."""
    value = _intended(raw, KEYS.get(key, ANY), is_yaml=is_yaml)
    value = None if value in ("~", "null") and raw == value and key != "title" else value
    text = written(key, raw, value)
    check(key, value)
    return value, text


def _load_lines(entry: Entry) -> object:
    """Return the value of an entry that goes over many lines."""
    try:
        return yaml_text.load(f"{entry.key}: {entry.raw}")[entry.key]
    except (yaml_text.Error, TypeError, KeyError, ValueError) as error:
        reason, remedy = getattr(error, "problem", None) or error, "quote the value or indent its lines"
        unclosed = yaml_text.unclosed(f"{entry.key}: {entry.raw}")
        if unclosed:
            reason, remedy = f"the quote {unclosed[1]} of line {entry.line + unclosed[0]} is never closed", "close it"
        message = f"is no YAML: {reason}; {remedy}"
        raise ValueError(message) from error


def _intended(raw: str, kind: str, *, is_yaml: bool) -> object:
    """Return what the author of *raw* meant: YAML where it is YAML with that meaning, else the text itself."""
    if kind == DATE and DAY.match(raw):
        return raw
    try:
        value = yaml_text.load(f"it: {raw}")["it"]
    except (yaml_text.Error, ValueError, TypeError, KeyError) as error:
        if kind == LIST and raw[:1] in ("[", "{"):
            unclosed = yaml_text.unclosed(raw)
            remedy = f"close the quote {unclosed[1]}" if unclosed else "close its brackets and quote what is special"
            message = f"is no YAML list: {raw}; {remedy}"
            raise ValueError(message) from error
        return raw  # `title: Deep learning: a tutorial`, `*star*`, or 2020-13-40 as a date
    quoted = raw[:1] in ("'", '"')
    if isinstance(value, str):
        return value if quoted or is_yaml else raw
    if not raw:
        return None  # an empty text would be true to Liquid: `{% if page.description %}`
    if kind == TEXT or (value is None and raw.lower() not in ("~", "null")):
        return raw
    if isinstance(value, dict) and not raw.startswith("{"):
        return raw
    return value


def written(key: str, raw: str, value: object) -> str:
    """Return the line of YAML for *key*: as the author wrote it if every YAML reader takes it for *value*."""
    line = f"{key}: {raw}" if raw else f"{key}:"
    if key == "nb_path" and raw == value and _PATH.fullmatch(raw):  # every post has it, and it is a key to YAML, too
        return line
    try:
        same = yaml_text.load(line) == {key: value}
    except (yaml_text.Error, ValueError):
        same = False
    if same and isinstance(value, str) and raw[:1] not in ("'", '"'):
        # Ruby's YAML takes `:x` for a symbol and `1,000` for a number; PyYAML does not.
        # A tab is one thing to libyaml, another to PyYAML.
        same = not raw.startswith((":", "=")) and not _NUMERIC.fullmatch(raw) and raw.isprintable()
    same = same or (KEYS.get(key) == DATE and DAY.match(raw) is not None)
    return line if same else dump(key, value)


def dump(key: str, value: object) -> str:
    """Return *key* and *value* as one line of YAML."""
    return f"{key}: {scalar(value)}"


def scalar(value: object) -> str:
    """Return *value* as YAML on one line, strings in double quotes where they need any."""
    style = None
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z][\w./-]*(?: [\w./-]+)*", value) and yaml_text.load(value) == value
        style = None if plain else '"'
    return yaml_text.dump(value, style=style, flow=isinstance(value, dict | list))
