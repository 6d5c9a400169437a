"""The three spellings of front matter in a notebook: a YAML cell, the cell of fastpages, the notebook's metadata."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from converter import yaml_text
from converter.errors import FrontMatterError
from converter.matter_keys import FLAG, KEYS
from converter.matter_text import Entry, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

_KEY_LINE = re.compile(r"([^\W\d][\w.-]*)[ \t]*:(?:[ \t]+(.*)|[ \t]*)$")
_LIST_ITEM = re.compile(r" {0,3}[-*+][ \t]+([^\W\d][\w.-]*)[ \t]*:(?:[ \t]*(.*))$")
_MEANT_ITEM = re.compile(
    rf"[ \t]*[-*+]?[ \t]*((?:{'|'.join(key for key, kind in KEYS.items() if kind == FLAG)})[ \t]*:[ \t]*(?:true|false)"
    r"|(?:categories|tags)[ \t]*:[ \t]*\[.*\]|sticky_rank[ \t]*:[ \t]*\d+)[ \t]*$",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(r"|[|>][-+0-9]*|[\[{].*")
"""A value that may go on in the lines below, which then stand further in."""
_OTHER_MARK = re.compile(r"^( *)[*+](?= )")
_TITLE = re.compile(r"#[ \t]++(\S.*)$")
_HEADED = re.compile(r"\s*+#")
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]+)\)")

# Each spelling returns entries, index of the cell, the cell's other text and the lines before it; or None.
Found = tuple[tuple[Entry, ...], int | None, str, int]


def find(nb: NotebookNode) -> Found:
    """Return the first spelling that *nb* has: entries, cell, its other text, and the lines above that text.

    Raises `FrontMatterError` with cell and line if a block is begun and holds nothing.
    """
    for spelling in (_yaml_cell, _fastpages_cell, _metadata):
        found = spelling(nb)
        if found is not None:
            return found
    return (), None, "", 0


def _yaml_cell(nb: NotebookNode) -> Found | None:
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


def misplaced(rest: str) -> Iterator[tuple[int, str]]:
    """Yield lines, from 0, and texts of what in the *rest* of a cell was meant for its keys, which stand above it.

    nbdev found keys in all of the cell. A list of the author's own may have items such as `title: …`, but hardly flags.
    """
    is_code = False
    for number, line in enumerate(rest.split("\n")):
        is_code ^= line.lstrip().startswith(("```", "~~~"))
        item = _MEANT_ITEM.match(line)
        if item and not is_code:
            yield number, item[1]


def is_open(nb: NotebookNode) -> bool:
    """Tell whether the first cell with anything in it begins with `---` and a key; for a title that nobody found."""
    lines: list[str] = next((cell.source.strip().split("\n") for cell in nb.cells if cell.source.strip()), [])
    return len(lines) > 1 and lines[0].rstrip() == "---" and bool(_KEY_LINE.match(lines[1])) and "---" not in lines[1:]


def _yaml_entries(lines: list[str], first_line: int) -> Iterator[Entry]:
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
        yield Entry(key=match[1], raw=raw, line=first_line + start, is_yaml=is_yaml)


def _is_mapping(text: str) -> bool:
    """Tell whether *text* is YAML with keys and values."""
    try:
        return isinstance(yaml_text.load(text), dict)
    except (yaml_text.Error, ValueError):
        return False


def _fastpages_cell(nb: NotebookNode) -> Found | None:
    """Read a Markdown cell with `# Title`, a `> description` and `- key: value` lines.

    As in nbdev the cell need not be the first one (a badge may stand above it); the one that also has a description
    or keys is preferred. Unlike there, whatever follows the leading list stays in the post.
    """
    titled = _titled(nb)
    first = next(titled, None)
    if first is None:
        return None
    all_of_them = itertools.chain([first], titled)
    index, (entries, used) = next(((i, found) for i, found in all_of_them if len(found[0]) > 1), first)
    lines = nb.cells[index].source.split("\n")
    return tuple(entries), index, "\n".join(lines[used:]), used


def _titled(nb: NotebookNode) -> Iterator[tuple[int, tuple[list[Entry], int]]]:
    """Yield the indices of Markdown cells that begin with a title, and what `_fastpages_entries` finds in each."""
    for index, cell in enumerate(nb["cells"]):
        if cell["cell_type"] == "markdown" and _HEADED.match(cell["source"]):
            found = _fastpages_entries(cell["source"].split("\n"))
            if found is not None:
                yield index, found


def _fastpages_entries(lines: list[str]) -> tuple[list[Entry], int] | None:
    """Return the entries at the head of a cell and how many lines they take; None if it does not begin with a title."""
    start = next((i for i, line in enumerate(lines) if line.strip()), None)
    title = _TITLE.match(lines[start].lstrip()) if start is not None else None
    if start is None or title is None:
        return None
    entries = [Entry(key="title", raw=_without_closing_marks(title[1]), line=start + 1)]
    at = used = start + 1
    while at < len(lines):
        stripped = lines[at].strip()
        item = _LIST_ITEM.match(lines[at])
        at += 1
        if not stripped:
            continue
        if stripped.startswith(">") and entries[-1].key == "description" and used == at - 1:
            entries[-1] = replace(entries[-1], raw=f"{entries[-1].raw} {_description(stripped)}".strip())
        elif stripped.startswith(">") and not any(entry.key == "description" for entry in entries):
            entries.append(Entry(key="description", raw=_description(stripped), line=at))
        elif item:
            more = _continued(lines, at, item)
            entries.append(Entry(key=item[1], raw="\n".join([(item[2] or "").strip(), *more]), line=at))
            at += len(more)
        elif stripped != "-" or len(entries) == 1:  # an item that waits for its key ends no list of keys
            break
        used = at
    return entries, used


def _description(line: str) -> str:
    """Return the text of a *line* of a block quote, its links as HTML."""
    return _LINK.sub(r"<a href='\2'>\1</a>", line[1:].strip())


def _continued(lines: list[str], at: int, item: re.Match[str]) -> list[str]:
    """Return the *lines* from index *at* that go on with the value of *item*: they stand further in, and are YAML."""
    value = (item[2] or "").strip()
    if not _UNFINISHED.fullmatch(value):
        return []
    margin = len(item[0]) - len(item[0].lstrip())
    below = (line.expandtabs(4) for line in lines[at:])
    further_in = itertools.takewhile(lambda line: line.strip() and line[: margin + 2].isspace(), below)
    more = [_OTHER_MARK.sub(r"\1-", line) for line in further_in]
    return more if more and _is_mapping("\n".join([f"{item[1]}: {value}", *more])) else []


def _without_closing_marks(heading: str) -> str:
    """Return the text of a *heading* without the `#` that may close it."""
    text = heading.rstrip()
    shorter = text.rstrip("#")
    return shorter.rstrip() if shorter != text and shorter[-1:] in (" ", "\t") else text


def _metadata(nb: NotebookNode) -> Found | None:
    """Read the notebook's own metadata, `metadata.front_matter`."""
    given = nb.metadata.get("front_matter")
    if not isinstance(given, dict):
        return None
    entries = tuple(Entry(key=str(key), raw=scalar(_plain(value)), line=0) for key, value in given.items())
    return entries, None, "", 0


def _plain(value: object) -> object:
    """Return *value* without nbformat's classes, which YAML cannot represent."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
