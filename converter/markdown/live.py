"""Liquid that stays alive in text cells: whether Jekyll would understand it, and whether there is what it names.

One wrong tag stops Jekyll for the whole site. What Jekyll demands is written in its tags `include`, `link` and
`post_url`, and in Liquid's strict mode.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from converter import liquid
from converter.markdown.cells import live_pieces
from converter.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from converter.markdown.cells import Cell, Page

_FILTERS = """
    abs absolute_url append array_to_sentence_string at_least at_most capitalize ceil cgi_escape compact concat date
    date_to_long_string date_to_rfc822 date_to_string date_to_xmlschema default divided_by downcase escape escape_once
    find find_exp first floor group_by group_by_exp h inspect join jsonify last lstrip map markdownify minus modulo
    newline_to_br normalize_whitespace number_of_words plus pop prepend push relative_url remove remove_first replace
    replace_first reverse round rstrip sample sassify scssify shift size slice slugify smartify sort sort_natural split
    strip strip_html strip_index strip_newlines times to_integer truncate truncatewords uniq unshift upcase uri_escape
    url_decode url_encode where where_exp xml_escape
"""
FILTERS = frozenset(_FILTERS.split())
"""The filters that Jekyll 4 has with every Liquid it accepts (4.0 and later)."""

_NAME_AND_REST = re.compile(r"\{%-?\s*([\w-]+)\s*(.*?)\s*-?%\}", re.DOTALL)
_STRINGS = re.compile(r"'[^']*'|\"[^\"]*\"")
_FILTER = re.compile(r"\|\s*(\w+)")
_PARAMETERS = re.compile(
    r"""(?:\s*[\w-]+\s*=\s*(?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'|[\w.-]+)(?=\s|\Z))*\s*""", re.DOTALL
)
_FILE = re.compile(r"[\w/.\-()+~#@]+")
_DOTS = re.compile(r"[./]{2,}")
_DATED = re.compile(r"(?:.*/)?\d+-\d+-\d+-.+")
_PLUGIN_FILTER = re.compile(r"^\s*def\s+(\w+)", re.MULTILINE)


def check(cells: Sequence[Cell], page: Page) -> None:
    """Note a finding for every piece of Liquid in *cells* that would stop Jekyll, or that nothing understands."""
    shown: list[str] = []
    is_open: list[tuple[str, Cell, int]] = []
    for cell in cells:
        in_code = _lines_of_code(cell) if cell.protected.suspects else set()
        for number, suspect in cell.protected.suspects:
            if number not in in_code and not _ends(suspect, shown):
                wrong, remedy = _suspected(suspect, page)
                message = f"{suspect!r} {wrong}, so it is shown as it stands; {remedy}"
                page.find("liquid-valid", message, cell, number + cell.above + 1, Severity.WARNING)
        for index, piece in sorted(live_pieces(cell), key=lambda pair: pair[0]):
            if not isinstance(piece, liquid.Piece) or piece.kind is not liquid.Kind.ALIVE:
                continue
            line = cell.protected.starts[index] + cell.above + 1
            for message in (*_faults(piece.text, page), *_unpaired(piece.text, is_open, cell, line, page)):
                page.find("liquid-valid", message, cell, line)
    for name, cell, line in is_open:
        page.find("liquid-valid", f"{{% {name} %}} has no end; add {{% end{name} %}} below it", cell, line)


def _lines_of_code(cell: Cell) -> set[int]:
    """Return the lines of the source of *cell*, from 0, that are code by their indentation."""
    blocks = (token.map for token in cell.tokens if token.type == "code_block" and token.map)
    return {line for start, end in blocks for line in range(cell.protected.line(start), cell.protected.line(end))}


def _ends(suspect: str, shown: list[str]) -> bool:
    """Tell whether *suspect* ends a block that is *shown*, of which the author has been told; note what begins one."""
    name = liquid.of_shown_block(suspect)
    if name.startswith("end") and name.removeprefix("end") in shown:
        shown.remove(name.removeprefix("end"))
        return True
    shown += [name] if name else []
    return False


def _unpaired(text: str, is_open: list[tuple[str, Cell, int]], cell: Cell, line: int, page: Page) -> Iterator[str]:
    """Yield what is wrong with the tag *text* as the beginning or end of a block; note in *is_open* what begins one."""
    found, allow = _NAME_AND_REST.fullmatch(text), page.config.liquid_allow
    name = found[1] if found else ""
    block = name.removeprefix("end")
    other = block if name != block else f"end{block}"
    if block not in liquid.BLOCKS and not {block, f"end{block}"}.issubset(allow):
        return
    if other not in allow:
        yield f"{{% {name} %}} is allowed and {{% {other} %}} is not; add {other} to notebooks.liquid.allow"
    elif name == block:
        is_open.append((name, cell, line))
    elif is_open and is_open[-1][0] == block:
        is_open.pop()
    else:
        yield f"{{% {name} %}} ends nothing; remove it"


def _suspected(text: str, page: Page) -> tuple[str, str]:
    """Return what is wrong with the Liquid that *text* is not, and what to do."""
    block = liquid.of_shown_block(text)
    if block.startswith("end"):
        return "ends nothing", "remove it, or put it into backticks"
    if block:
        return "has no end" if block == "raw" else "works in no text cell", liquid.SHOWN_BLOCKS[block]
    foreign = liquid.foreign(text, page.config.liquid_allow)
    if foreign:
        whose, remedy = liquid.FOREIGN_TAGS[foreign]
        return f"is a tag of {whose} that nbpress has not", remedy
    near = liquid.meant(text, page.config.liquid_allow)
    return ("is no tag", f"did you mean {near}?") if near else ("is not whole", "complete it, or put it into backticks")


def _faults(text: str, page: Page) -> Iterator[str]:
    """Yield what is wrong with one tag or variable."""
    tag = _NAME_AND_REST.fullmatch(text)
    if tag is None:
        yield from _unknown_filters(text, page)
    elif tag[1] in _TAGS:
        fault = _TAGS[tag[1]](tag[2], page)
        if fault:
            yield fault


def _unknown_filters(text: str, page: Page) -> Iterator[str]:
    """Yield a message for each filter in *text* that neither Jekyll has, nor a plugin of the blog, nor the settings."""
    names = set(_FILTER.findall(_STRINGS.sub("''", text))) - FILTERS - set(page.config.liquid_allow)
    if names:
        names -= _plugin_filters(page)
    for name in sorted(names):
        yield (
            f"Jekyll has no filter {name!r}; fix its name, "
            "or add it to notebooks.liquid.allow if a plugin of the site brings it"
        )


def _plugin_filters(page: Page) -> set[str]:
    """Return the names of the methods in the blog's own plugins; filters are among them."""
    folders = [page.config.root / folder for folder in page.config.plugins]
    files = [file for folder in folders for file in sorted(folder.rglob("*.rb"))]
    page.files.update(folders)
    page.files.update(files)
    return {name for file in files for name in _PLUGIN_FILTER.findall(file.read_text("utf-8", "replace"))}


def _include(rest: str, page: Page) -> str:
    """Return what is wrong with `{% include rest %}`."""
    return _included(rest, page.config.root / page.config.includes, "include", page)


def _include_relative(rest: str, page: Page) -> str:
    """Return what is wrong with `{% include_relative rest %}`; Jekyll looks beside the post."""
    return _included(rest, page.config.root / page.config.posts / page.source.folder, "include_relative", page)


def _included(rest: str, folder: Path, tag: str, page: Page) -> str:
    if "{{" in rest:  # the name is known only to Jekyll
        return ""
    name, _, parameters = rest.partition(" ")
    if not _FILE.fullmatch(name) or _DOTS.search(name):
        return f"{{% {tag} %}} names no file, only {name!r}; write {{% {tag} note.html key='value' %}}"
    if not _PARAMETERS.fullmatch(parameters):
        return f"Jekyll cannot read {parameters.strip()!r} behind {name}; write key='value' pairs"
    file = folder / name
    page.files.add(file)
    if file.is_file() or (page.config.has_theme and tag == "include"):
        return ""
    shown = PurePosixPath(file.relative_to(page.config.root)) if file.is_relative_to(page.config.root) else file
    return f"there is no {shown} to include; fix the name, or add the file"


def _link(rest: str, page: Page) -> str:
    """Return what is wrong with `{% link rest %}`."""
    path = rest.strip("/")
    if "{{" in path:
        return ""
    file = page.config.root / path
    page.files.add(file)
    if path and (
        file.is_file()
        or (PurePosixPath(path).parent.is_relative_to(page.config.posts) and _has_post(PurePosixPath(path).stem, page))
    ):
        return ""
    return f"{{% link {rest} %}} leads to no file of the blog; write its path from the blog's folder"


def _post_url(rest: str, page: Page) -> str:
    """Return what is wrong with `{% post_url rest %}`."""
    if _DATED.fullmatch(rest) and _has_post(rest.rpartition("/")[2], page):
        return ""
    return f"there is no post {rest!r}; write the name of its file without the ending, such as 2020-01-02-name"


def _has_post(name: str, page: Page) -> bool:
    """Tell whether there is a post called *name*, or a notebook that becomes it."""
    config = page.config
    undated = re.sub(r"^\d+-\d+-\d+-", "", name)
    for folder in (config.root / config.posts, config.root / config.source, config.root / config.word):
        page.files.add(folder)
        for file in folder.rglob("*"):
            if file.stem.replace(" ", "-") in (name, undated):
                page.files.add(file)
                return True
    return False


_TAGS = {"include": _include, "include_relative": _include_relative, "link": _link, "post_url": _post_url}
