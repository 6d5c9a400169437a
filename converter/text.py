"""Text notebooks: which Markdown files and scripts are notebooks, and how Jupytext reads them."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter import yaml_text
from converter.errors import ReadError

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath

    from nbformat import NotebookNode

MARKDOWN = (".md", ".markdown", ".Rmd", ".qmd")
"""Suffixes of text in which code stands in fences."""
SCRIPTS = {
    **dict.fromkeys((".py", ".R", ".r", ".jl", ".sh", ".ps1", ".robot", ".sage", ".sos", ".tcl", ".xsh", ".gp"), "#"),
    **dict.fromkeys((".cpp", ".cs", ".fs", ".fsx", ".go", ".groovy", ".java", ".js", ".rs", ".scala", ".ts"), "//"),
    **dict.fromkeys((".clj", ".scm", ".ss"), ";;"),
    **dict.fromkeys((".hs", ".lua"), "--"),
    **dict.fromkeys((".lgt", ".logtalk", ".m"), "%"),
    ".do": "//",
    ".pro": ";",
    ".q": "/",
}
"""Suffixes of scripts in which text stands in comments, with the mark of a comment, as Jupytext has them."""
SUFFIXES = (*MARKDOWN, *SCRIPTS)

_JUPYTER = ("jupyter", "jupytext", "kernelspec", "language_info")
"""Keys of the header that are Jupyter's; all others are front matter."""
_FOREIGN = ("editor", "engine", "execute", "format", "output", "runtime")
"""Keys by which R Markdown and Quarto are told how to render; nothing of it holds here."""
_NEED_PROGRAMS = ("marimo", "pandoc", "quarto")
"""Formats of Jupytext that other programs read for it."""
_KERNELS = {"python": "python3", "R": "ir"}
"""Kernels by language, where they do not have its name."""
_ENOUGH = 1 << 16
"""Bytes that hold any header."""
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}-.")
_KEY = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*:")
_PREAMBLE = re.compile(r"#!|[#/;%-]+.*?coding[:=]")
_CELL = r"^{mark} ?%%(?:[ \t]|$)"
_CODE_CELL = re.compile(r"^(?:```|~~~)\{code-cell\}", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """The YAML at the head of a text notebook, without comment marks."""

    own: tuple[str, ...]
    """The lines of front matter."""
    jupyter: dict[str, Any]
    """What the header says to Jupyter: `jupytext`, `kernelspec`, `language_info`."""
    is_notebook: bool
    """Whether it says anything to Jupyter."""
    hides_input: bool
    """Whether it asks Quarto to show no code."""
    end: int
    """Index of the first line behind it."""


def is_notebook(file: Path) -> bool:
    """Tell whether *file* is a text notebook: its header names Jupytext or a kernel, or it has a dated name and form.

    Form means YAML at the head of Markdown, and a cell marker `# %%` in a script. A module or a README is none.
    """
    if file.suffix not in SUFFIXES or file.is_fifo():
        return False
    is_dated = _DATED.match(file.name) is not None
    try:
        with file.open("rb") as stream:
            text = _text(stream.read() if is_dated else stream.read(_ENOUGH), "replace")
    except FileNotFoundError:
        return False
    except OSError:
        return is_dated  # whoever reads it says why it cannot be read
    mark = SCRIPTS.get(file.suffix, "")
    lines = text.split("\n")
    span = _span(lines, mark)
    if span and any(key in _JUPYTER for key, _ in _entries(lines, mark, span)):
        return True
    if mark:
        return is_dated and re.search(_CELL.format(mark=re.escape(mark)), text, re.MULTILINE) is not None
    return is_dated and text.startswith(("---\n", "<!--\n---\n"))


def notebook(data: bytes, path: PurePosixPath) -> NotebookNode:
    """Return the notebook that the text *data* holds; *path* tells its form by the suffix, and is for messages.

    What its header says to Jupyter becomes metadata, what is left of it the first cell. Markdown that names neither
    Jupytext nor a kernel is one text cell: nobody has said that its fences are to run. Raises `ReadError`.
    """
    import nbformat

    try:
        lines = _text(data, "strict").split("\n")
    except UnicodeDecodeError as error:
        raise ReadError(f"is not UTF-8 text (byte {error.start})", source=path, hint="save it as UTF-8") from error
    mark = SCRIPTS.get(path.suffix, "")
    header = _header(lines, mark, path)
    body = "\n".join(lines[header.end :])
    if header.is_notebook or mark or path.suffix in (".Rmd", ".qmd"):
        nb = _by_jupytext(body, header, mark, path)
    else:
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(body.strip("\n"))])
    if header.own:
        nb.cells.insert(0, nbformat.v4.new_raw_cell("\n".join(["---", *header.own, "---"])))
    if header.hides_input:
        nb.metadata["hide_input"] = True
    return nb


def line_in_file(data: bytes, path: PurePosixPath, cell: int, line: int) -> int:
    """Return the line of the text notebook *data* in which *line* of *cell* stands; all of them count from 1."""
    nb = notebook(data, path)
    mark = SCRIPTS.get(path.suffix, "")
    lines = _text(data, "replace").split("\n")
    plain = [(text.strip(), _bare(text, mark).strip()) for text in lines]
    header = _header(lines, mark, path)
    if header.own and cell == 1:  # of which Jupyter's part may be anywhere
        wanted = nb.cells[0].source.split("\n")[line - 1].strip()
        return next(number for number, there in enumerate(plain, 1) if wanted in there)
    at = start = header.end
    for node in nb.cells[bool(header.own) : cell]:
        wanted = [text.strip() for text in node.source.split("\n")]
        above = 1 if wanted[0].startswith("%%") and len(wanted) > 1 else 0  # the magic stands for the fence's language
        size = len(wanted) - above
        places = range(at, max(at, len(plain) - size) + 1)
        fits = (
            index
            for index in places
            if all(text in there for text, there in zip(wanted[above:], plain[index : index + size], strict=False))
        )
        found = next(fits, at)
        start, at = found - above, found + size
    return min(max(start + line, 1), len(plain))


def own_lines(head: str) -> list[str]:
    """Return the lines of the YAML cell *head* without `---` and without what they say to Jupyter."""
    lines = head.split("\n")
    entries = _entries(lines, "", (1, len(lines) - 1))
    return [line for key, part in entries if key not in _JUPYTER for line in part]


def _text(data: bytes, errors: str) -> str:
    """Return *data* as text, whose lines end as those of Unix do."""
    return data.decode("utf-8-sig", errors).replace("\r\n", "\n").replace("\r", "\n")


def _bare(line: str, mark: str) -> str:
    """Return *line* without the *mark* of a comment."""
    return line.removeprefix(mark).removeprefix(" ") if mark and line.startswith(mark) else line


def _span(lines: list[str], mark: str) -> tuple[int, int] | None:
    """Return the indices of the first line in the YAML header and of the line that ends it; None if there is none."""
    start = 0
    while mark and start < len(lines) and _PREAMBLE.match(lines[start]):
        start += 1
    start += not mark and lines[:1] == ["<!--"]
    if start >= len(lines) or _bare(lines[start], mark).rstrip() != "---":
        return None
    for end, line in enumerate(lines[start + 1 :], start + 1):
        if not line.startswith(mark):
            return None
        if _bare(line, mark).rstrip() == "---":
            return start + 1, end
    return None


def _entries(lines: list[str], mark: str, span: tuple[int, int]) -> list[tuple[str, list[str]]]:
    """Return the top-level keys of the header at *span*, each with its lines."""
    entries: list[tuple[str, list[str]]] = [("", [])]
    for line in lines[slice(*span)]:
        key = _KEY.match(_bare(line, mark))
        if key:
            entries.append((key[1], []))
        entries[-1][1].append(_bare(line, mark))
    return entries


def _header(lines: list[str], mark: str, path: PurePosixPath) -> _Header:
    """Take the header of the text notebook *lines* apart; raise `ReadError` if Jupyter's part of it is no YAML."""
    span = _span(lines, mark)
    if span is None:
        if not mark and lines[0].rstrip() == "---":
            raise ReadError("its header has no end", source=path, line=1, hint="close it with a line `---`")
        return _Header(own=(), jupyter={}, is_notebook=False, hides_input=False, end=0)
    entries = _entries(lines, mark, span)
    foreign = _FOREIGN if path.suffix in (".Rmd", ".qmd") else ()
    # The lines of other keys are empty, so that those of these keep their numbers.
    jupyter = _loaded([line * (key in _JUPYTER) for key, part in entries for line in part], path, span[0])
    options = _loaded([line * (key in foreign) for key, part in entries for line in part], path, span[0])
    named = jupyter.pop("jupyter", None)  # Jupytext's home in Markdown; in Quarto the name of a kernel
    jupyter |= named if isinstance(named, dict) else {"kernelspec": {"name": named}} if isinstance(named, str) else {}
    execute = options.get("execute")
    own = [line for key, part in entries if key not in (*_JUPYTER, *foreign) for line in part]
    return _Header(
        own=tuple(own) if any(line.strip() for line in own) else (),
        jupyter=jupyter,
        is_notebook=any(key in _JUPYTER for key, _ in entries),
        hides_input=isinstance(execute, dict) and execute.get("echo") is False,
        end=span[1] + 1 + (lines[: span[0]][:1] == ["<!--"]),
    )


def _loaded(lines: list[str], path: PurePosixPath, start: int) -> dict[str, Any]:
    """Return the mapping that *lines* of a header, which begins at index *start*, hold as YAML."""
    try:
        loaded = yaml_text.load("\n".join(lines))
    except (yaml_text.Error, ValueError) as error:
        reason = getattr(error, "problem", None) or error
        hint = "fix it, or let Jupytext write it: jupytext --sync"
        unclosed = yaml_text.unclosed("\n".join(lines))
        if unclosed:
            reason, start = f"the quote {unclosed[1]} in this line is never closed", start + unclosed[0]
        raise ReadError(f"its header is no YAML: {reason}", source=path, line=start + 1, hint=hint) from error
    return loaded if isinstance(loaded, dict) else {}


def _by_jupytext(body: str, header: _Header, mark: str, path: PurePosixPath) -> NotebookNode:
    """Let Jupytext read *body*, and say in the metadata which kernel runs it."""
    import jupytext

    known = {key: value for key, value in header.jupyter.items() if isinstance(value, dict)}
    if "kernelspec" in known:
        name = str(known["kernelspec"].get("name") or "python3")
        known["kernelspec"] = {"display_name": name, **known["kernelspec"], "name": name}
    form = known.get("jupytext", {}).get("text_representation")
    form = form.get("format_name") if isinstance(form, dict) else None
    if form in _NEED_PROGRAMS:
        message = f"Jupytext needs another program to read its format {form}"
        raise ReadError(message, source=path, hint="write it as md, myst or py:percent")
    is_myst = not mark and (form == "myst" if form else _CODE_CELL.search(body) is not None)
    head = ("---", "jupyter:", "  " + json.dumps(known, default=str), "---")
    text = "\n" + body if is_myst else "".join(f"{mark} {line}\n" if mark else f"{line}\n" for line in head) + body
    suffix = ".Rmd" if path.suffix == ".qmd" else path.suffix
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of languages that differ; the kernel will say so
            nb: NotebookNode = jupytext.reads(
                text, {"extension": suffix, **({"format_name": "myst"} if is_myst else {})}
            )
    except Exception as error:  # Jupytext and its parsers raise whatever a broken file makes them raise
        says = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ReadError(f"cannot be read by Jupytext: {says}", source=path) from error
    language = (nb.metadata.get("jupytext") or {}).get("main_language") or "python"
    known["jupytext"] = {**known.get("jupytext", {}), "text_representation": _form(nb)}
    nb.metadata.clear()
    nb.metadata.update(known | {"kernelspec": _kernelspec(language) | known.get("kernelspec", {})})
    for cell in nb.cells:
        cell.metadata.pop("lines_to_next_cell", None)  # layout of the text
    return nb


def _form(nb: NotebookNode) -> dict[str, str]:
    """Return how Jupytext says that *nb* is written down, without versions."""
    form = (nb.metadata.get("jupytext") or {}).get("text_representation") or {}
    return {key: form[key] for key in ("extension", "format_name") if key in form}


def _kernelspec(language: str) -> dict[str, str]:
    """Return the kernel of *language* where nobody has named one."""
    name = _KERNELS.get(language, language)
    return {"display_name": name, "language": language, "name": name}
