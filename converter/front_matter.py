"""Front matter: read it from a notebook in one of three spellings, check it, write it as YAML that reads back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from converter import matter_keys, matter_spellings, matter_text
from converter.errors import FrontMatterError
from converter.matter_text import Entry
from converter.model import Finding, FrontMatter, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nbformat import NotebookNode

    from converter.config import Config
    from converter.model import Source

PLACEHOLDER = "One sentence that says what it is about."
"""The description of every new notebook, which is for its author."""


def parse(nb: NotebookNode, source: Source, config: Config) -> FrontMatter:
    """Return the front matter of *nb*, which comes from *source*.

    Raises `FrontMatterError` with all values that cannot be read or are not what their keys hold. A missing title is a
    finding, and the name of the file stands in for it.
    """
    try:
        entries, cell, rest, rest_line = matter_spellings.find(nb)
    except FrontMatterError as error:
        error.source = source.path
        raise
    findings: list[Finding] = []
    wrong: list[FrontMatterError] = []
    values: dict[str, Any] = {}
    text: dict[str, str] = {}
    for key, value in config.front_matter.items():
        values[key], text[key] = value, matter_text.dump(key, value)
    given = _given(entries)
    first = [key for key in ("description", "title") if key in given]
    for key in first + [key for key in given if key not in first]:
        entry = given[key]
        try:
            values[key], text[key] = matter_text.value_of(entry)
        except ValueError as error:
            number = None if cell is None else cell + 1
            wrong.append(FrontMatterError(f"{key}: {error}", source=source.path, cell=number, line=entry.line or None))
        findings += _oddities(entry, source, cell)
    findings += _misplaced(rest, rest_line, source, cell)
    if wrong:
        wrong.sort(key=lambda error: error.line or 0)
        wrong[0].also = (*wrong[1:],)
        raise wrong[0]
    if not str(values.get("title") or "").strip():
        values["title"], text["title"] = matter_text.value_of(
            Entry(key="title", raw=source.slug.replace("-", " "), line=0)
        )
        findings.append(_no_title(values["title"], source, is_open=matter_spellings.is_open(nb)))
    values["nb_path"], text["nb_path"] = (
        str(source.path),
        matter_text.written("nb_path", str(source.path), str(source.path)),
    )
    if "layout" in values:  # once, and last, as in every fastpages post
        values["layout"], text["layout"] = values.pop("layout"), text.pop("layout")
    else:
        values["layout"], text["layout"] = "notebook", "layout: notebook"
    date = matter_keys.day(values.get("date"))
    matter = FrontMatter(
        values=values,
        text=text,
        date=date,
        cell=cell,
        rest=rest,
        rest_line=rest_line,
        lines={key: entry.line for key, entry in given.items()},
        findings=tuple(findings),
    )
    # Jekyll itself takes only the files of `_drafts` for drafts.
    return add(matter, "published", value=False) if values.get("draft") is True else matter


def add(matter: FrontMatter, key: str, value: object) -> FrontMatter:
    """Return *matter* with *key* before the keys that come last, unless the author has said something of it."""
    if key in matter.values:
        return matter
    last = ("nb_path", "layout")
    values = {k: v for k, v in matter.values.items() if k not in last} | {key: value}
    text = {k: v for k, v in matter.text.items() if k not in last} | {key: matter_text.dump(key, value)}
    return replace(
        matter,
        values=values | {k: matter.values[k] for k in last},
        text=text | {k: matter.text[k] for k in last},
    )


def block(matter: FrontMatter) -> str:
    """Return the lines between the `---` of a post."""
    return "\n".join(matter.text.values()) + "\n"


def _given(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return *entries* by key, the last of each; a summary is the description if there is no other.

    Of a `> description` line and a `- description:` item the latter is the description, and the line a summary.
    """
    given: dict[str, Entry] = {}
    for entry in entries:
        if entry.key == "description" and "description" in given:
            given["summary"] = replace(given["description"], key="summary")
        given[entry.key] = entry
    if "summary" in given and "description" not in given:
        given["description"] = replace(given["summary"], key="description")
    return given


def _no_title(taken: object, source: Source, *, is_open: bool) -> Finding:
    """Return the finding that there is no title, so that *taken* stands in for it; *is_open* YAML may hold one."""
    hint = "begin the first Markdown cell with `# Your title`"
    if is_open:
        hint = "the front matter that begins with `---` has no end; close it with another line `---`"
    if source.file.suffix == ".docx":
        hint = "give it a line in the style Title"
    message = f"has no title, so its post is called {taken!r}; {hint}"
    return Finding(rule="title-present", message=message, source=source.path)


def listed(matter: FrontMatter, key: str) -> list[str]:
    """Return the texts that *matter* lists under *key*."""
    value = setting(matter, key, [])
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def size_setting(matter: FrontMatter, key: str, default: int | None) -> int | None:
    """Return the size in bytes that *matter* sets for *key*, or *default*."""
    value = matter_keys.size(setting(matter, key, default))
    return value if isinstance(value, int) else default


def _oddities(entry: Entry, source: Source, cell: int | None) -> Iterator[Finding]:
    """Yield a finding if *entry*'s key is a near miss of one with a meaning, and if its value is none of an author."""
    if entry.key == "description" and entry.raw.strip() == PLACEHOLDER:
        yield Finding(
            rule="description-written",
            message="the description is still that of every new notebook; say what it is about, or remove the line",
            source=source.path,
            cell=None if cell is None else cell + 1,
            line=entry.line or None,
            severity=Severity.WARNING,
        )
    if entry.raw.startswith('"') and entry.raw.count('"') == 1 and "\n" not in entry.raw:
        yield Finding(
            rule="front-matter-valid",
            message=f"{entry.key}: its quote is never closed, so readers see it; close it, or remove it",
            source=source.path,
            cell=None if cell is None else cell + 1,
            line=entry.line or None,
            severity=Severity.WARNING,
        )
    near, plural = matter_keys.meant(entry.key), matter_keys.SINGULAR.get(entry.key)
    message = f"front matter key {entry.key!r} is unknown; did you mean {near!r}?"
    if plural:
        message = f"front matter key {entry.key!r} is Jekyll's for one value; write {plural!r}, which is a list"
    if near or plural:
        yield Finding(
            rule="front-matter-key-known",
            message=message,
            source=source.path,
            cell=None if cell is None else cell + 1,
            line=entry.line or None,
            severity=Severity.WARNING,
        )


def _misplaced(rest: str, rest_line: int, source: Source, cell: int | None) -> Iterator[Finding]:
    """Yield a finding for each line below the front matter of its *cell* that belongs to it."""
    for number, text in matter_spellings.misplaced(rest):
        yield Finding(
            rule="front-matter-on-top",
            message=f"`{text}` is text here; write `- {text}` right below the title and its description",
            source=source.path,
            cell=None if cell is None else cell + 1,
            line=rest_line + number + 1,
            severity=Severity.WARNING,
        )


def setting(matter: FrontMatter, key: str, default: Any) -> Any:  # noqa: ANN401 - settings have many types
    """Return what *matter* says of the setting *key*, or *default*."""
    value = matter.values.get(key)
    return default if value is None else matter_keys.choice(value) if key == "execute" else value
