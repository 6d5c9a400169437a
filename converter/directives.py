"""Directives: what an author says of a code cell by a comment, a tag or metadata, in all spellings."""

from __future__ import annotations

import difflib
import itertools
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from converter import yaml_text
from converter.views import (
    COMMENTS,
    HARMLESS,
    METADATA,
    NOTHING,
    OPTIONS,
    QUARTO_KEYS,
    RENDERINGS,
    TAGS,
    TEXT_OPTIONS,
    WITH_ARGUMENT,
    Show,
    View,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

_SIGN = r"(?:#|//|--|;+|%(?!%))"
"""What a comment begins with, in whatever language."""
_COMMENT = re.compile(
    rf"\s*(?:(?P<magic>%nbdev_)|{_SIGN}(?P<bar>[ \t]*\|)?\s*)(?P<name>[A-Za-z][\w-]*)(?P<more>\W.*)?$"
)
_OPTION = re.compile(rf"\s*{_SIGN}[ \t]*\|\s*([A-Za-z][\w-]*)\s*:\s*(.*?)\s*$", re.DOTALL)
_SPACED_BAR = re.compile(rf"\s*{_SIGN}[ \t]+\|\s*([A-Za-z][\w-]*)")
"""`# | key`, which formatters of code make of `#| key`; with another word, perhaps the row of a table."""
_PROSE = re.compile(r"#+ [A-Za-z]+ \S+ \S")
"""Three words or more, the first without an underscore: no directive, and most comments are like this."""
_UNFINISHED = re.compile(r"|[|>][-+0-9]*|\"[^\"]*|'[^']*|\[[^\]]*")
"""A value that goes on in the next line: none yet, a block of YAML, an open quote or bracket."""
_CONTINUATION = re.compile(rf"\s*{_SIGN}[ \t]*\|((?:\s{{2,}}|\s*-\s).*)$")
_ABOVE = re.compile(
    r"(?:\s*+(?:#|//|--|;|^%%|%(?:[^\S\n]|\||nbdev_|hide|collapse)).*+)*+\s*+",
    re.MULTILINE,
)
"""Everything above the first line of code: comments, magics of cells, blank lines.

A percent sign right before a word is a magic of IPython's, which has none that hide or collapse.
"""
_ASKING = re.compile(
    rf"%%|\s*+(?:%nbdev_|(?:#|//|--|;++|%(?!%))\s*+(?:\|"
    rf"|(?i:{'|'.join(sorted({name.partition('_')[0] for name in COMMENTS}))})"
    r"|[A-Za-z][^\W_]*+(?:[-_][\w-]*+(?=\s|$)|\s*+$)))"
)
"""The only lines that may ask for something: `%%`, `#|`, `#hide…`, `#a_name …`, `#word`; told from others at once."""
_MAGIC = re.compile(r"%%\s*(?:nbdev_)?([A-Za-z][\w-]*)\s*$")
_SHOW_DOC = re.compile(r"show_doc\([^\n]*\)")
"""nbdev's call that documents something; its readers never saw the call."""
_FAMILY = re.compile(r"(?:hide|collapse)_\w+|(?:remove|show)_(?:hide|collapse|cell|code|input|output)s?")
"""Words that nobody writes alone but for a directive, or for a name that is spelt like one."""
_SWITCH = re.compile(r"\s*[:=]\s*(?:true|false|yes|no|on|off|[01])\s*|[\s,;.]*#.*", re.IGNORECASE)
"""What people write behind a plain word that they mean for a directive: `= true`, `, #collapse`, `# why`."""


def _late() -> re.Pattern[str]:
    """Return the pattern of lines that are directives wherever they stand; a plain word follows its sign at once."""
    words = sorted((name.replace("_", "[-_]") for name in COMMENTS if " " not in name), key=len, reverse=True)
    plain = "|".join(word for word in words if "_" not in word)
    family = rf"(?:{'|'.join(word for word in words if '_' in word)})(?:[ \t]+open)?"
    option = rf"(?:{plain}|{family}|(?:{'|'.join(HARMLESS)})[ \t]*:.*)"
    spaced = rf"[ \t]*+{_SIGN}[ \t]*+(?:{family}|\|[ \t]*+{option})"
    # It begins with the line end above it, for which Python looks faster than for `^`.
    return re.compile(rf"\n(?i:{_SIGN}(?:{plain})|{spaced})[ \t]*+$", re.MULTILINE)


_LATE = _late()
_LONG_QUOTES = ('"""', "'''")
"""What begins and ends a string of several lines."""


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
    view, suspects, gone, behind = NOTHING, [], list[slice](), 0
    lines = source.split("\n")
    for number in _asking(source):
        if number < behind:
            continue
        more = _continued(lines, number)
        behind = number + 1 + len(more)
        found = _of_comment("\n".join([lines[number], *more]))
        if isinstance(found, View):
            view |= found
            gone.append(slice(number, behind))
        elif found:
            suspects.append(Suspect(line=number + 1, message=found))
    for directive in reversed(gone):
        del lines[directive]
    text = "\n".join(lines).lstrip("\n") if gone else source
    if "show_doc(" in text and _SHOW_DOC.fullmatch(text.strip()):
        view |= View(input=Show.HIDDEN)
    return Directed(source=text, view=view, suspects=tuple(suspects))


def _asking(source: str) -> Iterator[int]:
    """Yield the lines of *source*, from 0, that stand above its code and may ask for something."""
    above = source[: _above(source)]
    for number, line in enumerate(above.split("\n") if above else ()):
        if _ASKING.match(line) and not _PROSE.match(line):
            yield number


def _above(source: str) -> int:
    """Return where the first line of code of *source* begins, behind its indentation."""
    return _ABOVE.match(source).end()  # type: ignore[union-attr]  # it matches everywhere


def overlooked(source: str) -> tuple[Suspect, ...]:
    """Return the lines of *source* that would be directives above the code, but stand below its first line.

    fastpages looked everywhere, even into strings, so old notebooks have such lines.
    """
    at, line, found = 0, 1, []
    quotes = Counter[str]()
    below = source.find("\n", _above(source))
    for late in _LATE.finditer(source, below) if below >= 0 else ():
        quotes.update({mark: source.count(mark, at, late.start()) for mark in _LONG_QUOTES})
        line += source.count("\n", at, late.start())
        at = late.start()
        if not any(count % 2 for count in quotes.values()):
            message = f"{late[0].strip()} has no effect below the first line of code; move it to the top of the cell"
            found.append(Suspect(line=line + 1, message=message))
    return tuple(found)


def is_directive(text: str) -> bool:
    """Tell whether a code cell's comment of nothing but *text* would be one of fastpages' or nbdev's directives."""
    return text.lower().replace("-", "_") in COMMENTS


def _continued(lines: list[str], number: int) -> list[str]:
    """Return the lines behind `lines[number]` that go on with the value of its option, without their `#|`."""
    option = _OPTION.match(lines[number]) if "|" in lines[number] else None
    if option is None or not _UNFINISHED.fullmatch(option[2]):
        return []
    found = itertools.takewhile(bool, map(_CONTINUATION.match, lines[number + 1 :]))
    return [match[1] for match in found if match]


def of_metadata(cell: NotebookNode) -> View:
    """Return what the tags and metadata of *cell* ask for."""
    metadata = cell["metadata"]
    caption, alt = metadata.get("caption"), metadata.get("alt")
    view = View(caption=str(caption or ""), alt=str(alt or "")) if caption or alt else NOTHING
    for tag in metadata.get("tags") or ():
        view |= TAGS.get(str(tag).lower().replace("_", "-"), NOTHING)
    for key, meant in METADATA.items():
        if metadata.get(key) is True:
            view |= meant
    return view


def of_notebook(nb: NotebookNode) -> View:
    """Return what the metadata of *nb* asks of all its code cells."""
    view = NOTHING
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
    has_bar = "|" in line  # most have none, and a look is cheaper than a pattern
    spaced = has_bar and _SPACED_BAR.match(line)
    if spaced and spaced[1].lower() not in QUARTO_KEYS and not is_directive(spaced[1]):
        return None
    option = has_bar and _OPTION.match(line)
    if option:
        return _of_option(option[1].lower(), option[2])
    magic = line.startswith("%%") and _MAGIC.match(line)
    if magic and is_directive(magic[1]):
        return f"{line.strip()} is no directive; did you mean #{magic[1]}?"
    comment = _COMMENT.match(line)
    if comment is None:
        return None
    name, more = comment["name"].lower().replace("-", "_"), (comment["more"] or "").rstrip()
    if name in COMMENTS:
        return _of_name(comment["name"], name, more)
    if comment["bar"]:  # nbdev 2 writes its directives so: `#| hide`
        return _of_bare_option(comment["name"].lower(), more)
    return _unknown(comment["magic"] or "#", comment["name"], more)


def _of_name(written: str, name: str, more: str) -> View | str | None:
    """Return what the directive *name* asks for with *more* text behind it; None if both are just words."""
    argument = more.strip().lower()
    if not argument or (name in WITH_ARGUMENT and re.fullmatch(r"\s+[\w./-]+", more) and not is_directive(argument)):
        return COMMENTS[name]
    if f"{name} {argument}" in COMMENTS:
        return COMMENTS[f"{name} {argument}"]
    if f"{name}_{argument}" in COMMENTS:
        return f"unknown directive #{written} {argument}; did you mean #{name}_{argument}?"
    if ("_" in name and more[0] in " \t:=,;.#") or _SWITCH.fullmatch(more) or all(map(is_directive, _words(argument))):
        return f"#{written} is no directive with more text behind it; put it alone on its line"
    return None


def _of_bare_option(key: str, more: str) -> View | str:
    """Return what `#| key more`, without a colon, asks for, or what is wrong with it."""
    if more and (key in HARMLESS or key in TEXT_OPTIONS):
        return f"a colon is missing behind #| {key}; write #| {key}: {more.strip()}"
    return _unknown_option(key) if more or key not in QUARTO_KEYS else NOTHING


def _words(text: str) -> list[str]:
    return re.split(r"[\s,;+&]+", text.lstrip(",;+& "))


def _unknown(sign: str, written: str, more: str) -> str | None:
    """Return what is wrong with a comment of the word *written*, if it looks like a misspelt directive."""
    name = written.lower().replace("-", "_")
    is_meant = sign.startswith("%") or (not more and _FAMILY.fullmatch(name))
    if more and not is_meant and ("_" not in name or not more[0].isspace()):
        return None
    near = _nearest(name, 0.65 if is_meant else 0.85)
    if near:
        return f"unknown directive {sign}{written}; did you mean #{near}?"
    return f"unknown directive {sign}{written}; see the table of directives" if is_meant else None


@lru_cache(maxsize=4096)  # comments of one word are many, and mostly the same words
def _nearest(name: str, cutoff: float) -> str:
    """Return the directive that does what a tag called *name* does, or looks most like it; nothing if none does."""
    twin = TAGS.get(name.replace("_", "-"))
    near = [word for word, view in COMMENTS.items() if view == twin] if twin else []
    near += difflib.get_close_matches(name, COMMENTS, n=1, cutoff=cutoff)
    return near[0] if near else ""


def _unknown_option(key: str) -> str:
    near = difflib.get_close_matches(key, sorted(QUARTO_KEYS), n=1)
    return f"unknown cell option #| {key}" + (f"; did you mean {near[0]}?" if near else "; see the table of directives")


def _of_option(key: str, raw: str) -> View | str:
    """Return what Quarto's `#| key: raw` asks for, or what is wrong with it."""
    value = _scalar(raw)
    if key in TEXT_OPTIONS:
        # A caption may have a colon, which YAML takes for a mapping.
        plain = raw if isinstance(value, dict | list) else "" if value is None else str(value)
        text: dict[str, Any] = {TEXT_OPTIONS[key]: plain}
        return replace(NOTHING, **text)
    if key == "renderings":
        if isinstance(value, list) and all(scheme in RENDERINGS for scheme in value):
            return View(renderings=tuple(value))
        return f"#| renderings must be [light, dark] or [dark, light], not {raw!r}"
    if not isinstance(value, dict | list) and (key, value) in OPTIONS:
        return OPTIONS[key, value]
    if (
        key in HARMLESS
        and not any(value is harmless for harmless in (True, False, None))
        and value not in HARMLESS[key]
    ):
        others = "".join(f", {word}" for word in HARMLESS[key] if (key, word) in OPTIONS)
        return f"#| {key} must be true{others} or false, not {raw!r}"
    return NOTHING if key in QUARTO_KEYS else _unknown_option(key)


def _scalar(raw: str) -> Any:  # noqa: ANN401 - any YAML scalar
    """Return the value of *raw*: YAML where it is YAML, else the text itself."""
    try:
        return yaml_text.load(raw)
    except yaml_text.Error:
        return raw
