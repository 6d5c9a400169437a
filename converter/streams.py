"""Printed text as a terminal shows it in the end: streams joined, coloured, without anybody's home folder."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from converter import highlight, liquid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HOME = re.compile(
    r"(\x1b\[[0-9;]*m|(?<![\w/.:~-]))(?:(?:/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\\s\x1b:'\"<>]+|/root(?=/))"
)
_HOMES = ("/home/", "/Users/", ":\\Users\\", "/root/")
"""What every match of it holds one of; most texts have none, and the pattern looks at each of their characters."""
_PROCESS = re.compile(
    r"(?:(?:/private)?(?:/tmp|/var/folders/[^/\s]++/[^/\s]++/T)/|[A-Za-z]:\\[^\s:]*?\\?)ipykernel_\d+[/\\]\d+\.py"
)
_ANSI = "\x1b["
_UNSEEN = re.compile(r"\x1b(?:\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[()#%][0-9A-Za-z]|[0-Z\\^-~])")
"""Escapes that show nothing: the title of a window, the address of a link, another set of characters."""
_SILENT = dict.fromkeys((*range(9), 11, *range(14, 32), 127))
"""Characters that a terminal does not show, and that HTML does not allow."""


def joined(outputs: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """Yield *outputs* with neighbouring fragments of one stream as one, carriage returns and backspaces applied."""
    for is_stream, group in itertools.groupby(outputs, lambda output: output.output_type == "stream" and output.name):
        if not is_stream:
            yield from group
            continue
        text = terminal("".join(output.text for output in group))
        if text:
            yield NotebookNode(output_type="stream", name=is_stream, text=text)


def terminal(text: str) -> str:
    r"""Return *text* as a terminal shows it at the end: `\r` goes back to the start of the line, `\b` one character."""
    if "\x08" in text:
        text = _without_backspaces(text)
    if "\r" not in text:
        return text
    return "\n".join(_overwritten(line) for line in text.replace("\r\n", "\n").split("\n"))


def _without_backspaces(text: str) -> str:
    """Return *text* with each backspace and the character of its line before it gone."""
    shown: list[str] = []
    for character in text:
        if character != "\x08":
            shown.append(character)
        elif shown and shown[-1] != "\n":
            shown.pop()
    return "".join(shown)


def _overwritten(line: str) -> str:
    """Return a line after its carriage returns: later text covers earlier text, as far as it goes."""
    parts = line.split("\r")
    shown: list[str] = []
    is_coloured = False
    for part in parts:
        if not (is_coloured or _ANSI in part):
            shown[: len(part)] = part
        elif part:  # colours make lengths meaningless; there the last part that says anything stands alone
            shown, is_coloured = list(part), _ANSI in part
    text = "".join(shown)
    return text.rstrip() if len(parts) > 1 else text


def as_html(text: str) -> str:
    """Return *text*, which may hold ANSI colours, as HTML for a `{% raw %}` block; colours become classes."""
    if "\x1b" in text:
        text = _UNSEEN.sub("", text)
    if _ANSI in text:
        from nbconvert.filters.ansi import ansi2html  # nbconvert takes half a second to import

        return liquid.defuse_in_raw(str(ansi2html(text)).translate(_SILENT))
    return liquid.defuse_in_raw(highlight.escape(text.translate(_SILENT)))


def preformatted(text: str) -> str:
    """Return *text* for a `<pre>`, of whose content HTML drops a line end at the very start."""
    return "\n" * text.startswith("\n") + as_html(text)


def traceback(output: NotebookNode) -> str:
    """Return the traceback of an error, or what there is of it; nothing if that is the exit status of a shell."""
    lines = "\n".join(output.traceback)
    if not (lines or output.ename) and output.evalue.isdecimal():
        return ""
    return lines or ": ".join(part for part in (output.ename, output.evalue) if part)


def without_home(text: str) -> str:
    """Return *text* without the name of anybody's home folder."""
    return _HOME.sub(r"\1~", text) if any(home in text for home in _HOMES) else text


def without_place(text: str) -> str:
    """Return *text* without the names of home folders and of the files in which a kernel pretends to keep its cells."""
    text = without_home(text)
    return _PROCESS.sub("<cell>", text) if "ipykernel_" in text else text
