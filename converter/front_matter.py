"""Front matter: read it from a notebook in one of three spellings, check it, write it as YAML that reads back."""

from __future__ import annotations

import datetime
import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from converter import config as config_module
from converter import yaml_text
from converter.errors import FrontMatterError
from converter.model import Finding, FrontMatter, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from nbformat import NotebookNode

    from converter.config import Config
    from converter.model import Source

TEXT, FLAG, NUMBER, LIST, DATE, CHOICE, SIZE, ANY = (
    "text",
    "true or false",
    "a number",
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
    "timeout": NUMBER,
    "notebook_timeout": NUMBER,
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

_KEY_LINE = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*:(?:[ \t]+(.*)|[ \t]*)$")
_LIST_ITEM = re.compile(r"[-*+][ \t]+([A-Za-z_][\w.-]*)[ \t]*:(?:[ \t]*(.*))$")
_TITLE = re.compile(r"#[ \t]++(\S.*)$")
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]+)\)")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s].*)?$")
_NUMERIC = re.compile(r"[-+.]?[\d][\dA-Fa-f_.,:xobeEZT+\- ]*|[-+]?\.(?:inf|nan)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One `key: value` as an author wrote it."""

    key: str
    raw: str
    """The value's text, perhaps of many lines, without the key."""
    line: int
    """Its line in the cell, from 1."""
    is_yaml: bool = False
    """Whether it stands in a block that is YAML as a whole, where ` #` begins a comment."""


def parse(nb: NotebookNode, source: Source, config: Config) -> FrontMatter:
    """Return the front matter of *nb*, which comes from *source*.

    Raises `FrontMatterError` if a value cannot be read or a date is no day. A missing title is a finding, and the
    name of the file stands in for it.
    """
    for spelling in (_yaml_cell, _fastpages_cell, _metadata):
        try:
            found = spelling(nb)
        except FrontMatterError as error:
            error.source = source.path
            raise
        if found is not None:
            entries, cell, rest, rest_line = found
            break
    else:
        entries, cell, rest, rest_line = (), None, "", 0
    findings: list[Finding] = []
    values: dict[str, Any] = {}
    text: dict[str, str] = {}
    for key, value in config.front_matter.items():
        values[key], text[key] = value, _dump(key, value)
    given = _given(entries)
    first = [key for key in ("description", "title") if key in given]
    for key in first + [key for key in given if key not in first]:
        entry = given[key]
        try:
            values[key], text[key] = _value(entry)
        except ValueError as error:
            number = None if cell is None else cell + 1
            raise FrontMatterError(
                f"{key}: {error}", source=source.path, cell=number, line=entry.line or None
            ) from error
        findings += _key_findings(entry, source, cell)
    if not str(values.get("title") or "").strip():
        values["title"], text["title"] = _value(_Entry(key="title", raw=source.slug.replace("-", " "), line=0))
        findings.append(_no_title(values["title"], source))
    values["nb_path"], text["nb_path"] = str(source.path), _written("nb_path", str(source.path), str(source.path))
    if "layout" in values:  # once, and last, as in every fastpages post
        values["layout"], text["layout"] = values.pop("layout"), text.pop("layout")
    else:
        values["layout"], text["layout"] = "notebook", "layout: notebook"
    date = _day(values.get("date"))
    matter = FrontMatter(
        values=values, text=text, date=date, cell=cell, rest=rest, rest_line=rest_line, findings=tuple(findings)
    )
    # Jekyll itself takes only the files of `_drafts` for drafts.
    return add(matter, "published", value=False) if values.get("draft") is True else matter


def add(matter: FrontMatter, key: str, value: object) -> FrontMatter:
    """Return *matter* with *key* before the keys that come last, unless the author has said something of it."""
    if key in matter.values:
        return matter
    last = ("nb_path", "layout")
    values = {k: v for k, v in matter.values.items() if k not in last} | {key: value}
    text = {k: v for k, v in matter.text.items() if k not in last} | {key: _dump(key, value)}
    return replace(
        matter,
        values=values | {k: matter.values[k] for k in last},
        text=text | {k: matter.text[k] for k in last},
    )


def block(matter: FrontMatter) -> str:
    """Return the lines between the `---` of a post."""
    return "\n".join(matter.text.values()) + "\n"


def _given(entries: Iterable[_Entry]) -> dict[str, _Entry]:
    """Return *entries* by key, the last of each; a summary is the description if there is no other.

    Of a `> description` line and a `- description:` item the latter is the description, and the line a summary.
    """
    given: dict[str, _Entry] = {}
    for entry in entries:
        if entry.key == "description" and "description" in given:
            given["summary"] = replace(given["description"], key="summary")
        given[entry.key] = entry
    if "summary" in given and "description" not in given:
        given["description"] = replace(given["summary"], key="description")
    return given


def _no_title(taken: object, source: Source) -> Finding:
    """Return the finding that there is no title, so that *taken* stands in for it."""
    hint = "begin the first Markdown cell with `# Your title`"
    if source.file.suffix == ".docx":
        hint = "give it a line in the style Title"
    message = f"has no title, {taken!r} stands in for it; {hint}"
    return Finding(rule="title-present", message=message, source=source.path)


# The three spellings: each returns entries, index of the cell, the cell's other text and the lines before it; or None.
_Found = tuple[tuple[_Entry, ...], int | None, str, int]


def _yaml_cell(nb: NotebookNode) -> _Found | None:
    """Read a raw or Markdown first cell that begins with a `---` block."""
    for index, cell in enumerate(nb.cells):
        if not cell.source.strip():
            continue
        lines = cell.source.split("\n")
        start = next(i for i, line in enumerate(lines) if line.strip())
        if cell.cell_type not in ("raw", "markdown") or lines[start].rstrip() != "---":
            return None
        ends = (i for i, line in enumerate(lines) if i > start and line.rstrip() in ("---", "..."))
        end = next(ends, None)
        if end is None:
            if cell.cell_type == "markdown":  # a thematic break, not front matter
                return None
            end = len(lines)
        inner = lines[start + 1 : end]
        if not any(_KEY_LINE.match(line) for line in inner):
            if any(line.strip() for line in inner) and end < len(lines):
                raise FrontMatterError(
                    "the block between `---` has no `key: value` lines",
                    cell=index + 1,
                    line=start + 2,
                    hint="write `title: …` at the start of a line, without tabs",
                )
            return None
        rest = "\n".join(lines[end + 1 :]) if cell.cell_type == "markdown" else ""
        return tuple(_yaml_entries(inner, start + 2)), index, rest, end + 1
    return None


def _yaml_entries(lines: list[str], first_line: int) -> Iterator[_Entry]:
    """Cut a YAML block at its top-level keys."""
    is_yaml = _is_mapping("\n".join(lines))
    starts = [i for i, line in enumerate(lines) if _KEY_LINE.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        match = _KEY_LINE.match(lines[start])
        assert match  # noqa: S101 - it matched two lines above
        more = lines[start + 1 : end]
        while more and (not more[-1].strip() or more[-1].startswith("#")):
            more.pop()
        raw = "\n".join([(match[2] or "").rstrip(), *more])
        yield _Entry(key=match[1], raw=raw, line=first_line + start, is_yaml=is_yaml)


def _is_mapping(text: str) -> bool:
    """Tell whether *text* is YAML with keys and values."""
    try:
        return isinstance(yaml_text.load(text), dict)
    except (yaml_text.Error, ValueError):
        return False


def _fastpages_cell(nb: NotebookNode) -> _Found | None:
    """Read a Markdown cell with `# Title`, a `> description` and `- key: value` lines.

    As in nbdev the cell need not be the first one (a badge may stand above it); the one that also has a description
    or keys is preferred. Unlike there, whatever follows the leading list stays in the post.
    """
    candidates = [
        (index, _fastpages_entries(cell.source.split("\n")))
        for index, cell in enumerate(nb.cells)
        if cell.cell_type == "markdown"
    ]
    titled = [(index, found) for index, found in candidates if found is not None]
    if not titled:
        return None
    index, (entries, used) = next(((i, found) for i, found in titled if len(found[0]) > 1), titled[0])
    lines = nb.cells[index].source.split("\n")
    return tuple(entries), index, "\n".join(lines[used:]), used


def _fastpages_entries(lines: list[str]) -> tuple[list[_Entry], int] | None:
    """Return the entries at the head of a cell and how many lines they take; None if it does not begin with a title."""
    start = next((i for i, line in enumerate(lines) if line.strip()), None)
    title = _TITLE.match(lines[start].lstrip()) if start is not None else None
    if start is None or title is None:
        return None
    entries = [_Entry(key="title", raw=_without_closing_marks(title[1]), line=start + 1)]
    used = start + 1
    for number, line in enumerate(lines[start + 1 :], start + 2):
        stripped = line.strip()
        item = _LIST_ITEM.match(line)
        if not stripped:
            continue
        if stripped.startswith(">") and not any(entry.key == "description" for entry in entries):
            description = _LINK.sub(r"<a href='\2'>\1</a>", stripped[1:].strip())
            entries.append(_Entry(key="description", raw=description, line=number))
        elif item:
            entries.append(_Entry(key=item[1], raw=(item[2] or "").strip(), line=number))
        else:
            break
        used = number
    return entries, used


def _without_closing_marks(heading: str) -> str:
    """Return the text of a *heading* without the `#` that may close it."""
    text = heading.rstrip()
    shorter = text.rstrip("#")
    return shorter.rstrip() if shorter != text and shorter[-1:] in (" ", "\t") else text


def _metadata(nb: NotebookNode) -> _Found | None:
    """Read the notebook's own metadata, `metadata.front_matter`."""
    given = nb.metadata.get("front_matter")
    if not isinstance(given, dict):
        return None
    entries = tuple(_Entry(key=str(key), raw=_scalar(_plain(value)), line=0) for key, value in given.items())
    return entries, None, "", 0


def _plain(value: object) -> object:
    """Return *value* without nbformat's classes, which YAML cannot represent."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _value(entry: _Entry) -> tuple[object, str]:
    """Return the value that *entry* intends and the YAML that gives it back, the author's own where possible.

    Raises `ValueError` with what the key must hold.
    """
    kind = KEYS.get(entry.key, ANY)
    if "\n" in entry.raw:
        value = _load_lines(entry)
        text = f"{entry.key}:{' ' * (not entry.raw.startswith(chr(10)))}{entry.raw}"
    else:
        value = _intended(entry.raw, kind, is_yaml=entry.is_yaml)
        text = _written(entry.key, entry.raw, value)
    _check(entry.key, kind, value)
    return value, text


def _load_lines(entry: _Entry) -> object:
    """Return the value of an entry that goes over many lines."""
    try:
        return yaml_text.load(f"{entry.key}: {entry.raw}")[entry.key]
    except (yaml_text.Error, TypeError, KeyError, ValueError) as error:
        reason = getattr(error, "problem", None) or error
        message = f"is no YAML: {reason}; quote the value or indent its lines"
        raise ValueError(message) from error


def _intended(raw: str, kind: str, *, is_yaml: bool) -> object:
    """Return what the author of *raw* meant: YAML where it is YAML with that meaning, else the text itself."""
    if kind == DATE and _DAY.match(raw):
        return raw
    try:
        value = yaml_text.load(f"it: {raw}")["it"]
    except (yaml_text.Error, ValueError, TypeError, KeyError) as error:
        if kind == LIST and raw[:1] in ("[", "{"):
            message = f"is no YAML list: {raw}; close its brackets and quote what is special"
            raise ValueError(message) from error
        return raw  # `title: Deep learning: a tutorial`, `*star*`, or 2020-13-40 as a date
    quoted = raw[:1] in ("'", '"')
    if isinstance(value, str):
        return value if quoted or is_yaml else raw
    if kind == TEXT or (value is None and raw.lower() not in ("", "~", "null")):
        return raw
    if isinstance(value, dict) and not raw.startswith("{"):
        return raw
    return value


def _written(key: str, raw: str, value: object) -> str:
    """Return the line of YAML for *key*: as the author wrote it if every YAML reader takes it for *value*."""
    line = f"{key}: {raw}" if raw else f"{key}:"
    try:
        same = yaml_text.load(line) == {key: value}
    except (yaml_text.Error, ValueError):
        same = False
    if same and isinstance(value, str) and raw[:1] not in ("'", '"'):
        # Ruby's YAML takes `:x` for a symbol and `1,000` for a number; PyYAML does not.
        # A tab is one thing to libyaml, another to PyYAML.
        same = not raw.startswith((":", "=")) and not _NUMERIC.fullmatch(raw) and raw.isprintable()
    same = same or (KEYS.get(key) == DATE and _DAY.match(raw) is not None)
    return line if same else _dump(key, value)


def _dump(key: str, value: object) -> str:
    """Return *key* and *value* as one line of YAML."""
    return f"{key}: {_scalar(value)}"


def _scalar(value: object) -> str:
    """Return *value* as YAML on one line, strings in double quotes where they need any."""
    style = None
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z][\w./-]*(?: [\w./-]+)*", value) and yaml_text.load(value) == value
        style = None if plain else '"'
    return yaml_text.dump(value, style=style, flow=isinstance(value, dict | list))


def _check(key: str, kind: str, value: object) -> None:
    """Raise `ValueError` unless *value* is what *key* must hold."""
    accepts: dict[str, Callable[[object], bool]] = {
        FLAG: lambda given: given is None or isinstance(given, bool),
        NUMBER: lambda given: given is None or (isinstance(given, int | float) and not isinstance(given, bool)),
        LIST: lambda given: given is None or isinstance(given, list | str | int | float),
        DATE: lambda given: given is None or bool(_day(given)),
        SIZE: _is_size,
        CHOICE: lambda given: _choice(given) in CHOICES[key],
    }
    if kind in accepts and not accepts[kind](value):
        expected = {DATE: "a real day such as 2020-02-29", CHOICE: "one of " + ", ".join(CHOICES.get(key, ()))}
        near = difflib.get_close_matches(str(value), CHOICES.get(key, ()), n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        message = f"must be {expected.get(kind, kind)}, not {value!r}{guess}"
        raise ValueError(message)


def _is_size(given: object) -> bool:
    """Tell whether *given* is a size in bytes or such as `512 MB`."""
    try:
        return given is None or isinstance(config_module.size(given), int)
    except ValueError:
        return False


def listed(matter: FrontMatter, key: str) -> list[str]:
    """Return the texts that *matter* lists under *key*."""
    value = setting(matter, key, [])
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def size_setting(matter: FrontMatter, key: str, default: int | None) -> int | None:
    """Return the size in bytes that *matter* sets for *key*, or *default*."""
    value = config_module.size(setting(matter, key, default))
    return value if isinstance(value, int) else default


def _choice(given: object) -> object:
    """Return `execute: false` and `true` in words."""
    return {True: "always", False: "never"}.get(given, given) if isinstance(given, bool) else given


def _day(given: object) -> str:
    """Return the day of a date, `YYYY-MM-DD`, or an empty string."""
    match = _DAY.match(str(given).strip()) if given is not None else None
    if match is None:
        return ""
    try:
        return datetime.date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return ""


def _key_findings(entry: _Entry, source: Source, cell: int | None) -> Iterator[Finding]:
    """Yield a finding if *entry*'s key is a near miss of one with a meaning."""
    if entry.key in KEYS or entry.key in _PASSING:
        return
    lowered = entry.key.lower().replace("-", "_")
    near = [lowered] if lowered in KEYS else difflib.get_close_matches(lowered, KEYS, n=1, cutoff=0.8)
    if near:
        yield Finding(
            rule="front-matter-key-known",
            message=f"front matter key {entry.key!r} is unknown; did you mean {near[0]!r}?",
            source=source.path,
            cell=None if cell is None else cell + 1,
            line=entry.line or None,
            severity=Severity.WARNING,
        )


def setting(matter: FrontMatter, key: str, default: Any) -> Any:  # noqa: ANN401 - settings have many types
    """Return what *matter* says of the setting *key*, or *default*."""
    value = matter.values.get(key)
    return default if value is None else _choice(value) if key == "execute" else value
