"""Fresh outputs without what differs between two runs of the same code: addresses, invented ids, process numbers.

It happens right after a run, before outputs are stored: notebook, record, post, GitHub and Colab then all show the
same, and posts stay a function of what is committed. Everything that only tells things apart is renamed, never
removed: two objects still have two addresses, a script still finds the element it draws into.
"""

from __future__ import annotations

import copy
import hashlib
import html
import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from converter import directives, kernel_start, widgets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nbformat import NotebookNode

_PROCESS = re.compile(r"\bipykernel_(?P<name>\d+)(?=[/\\]+\d+\.py)")
"""The folder in which a Python kernel keeps its cells: named after the process; the files in it, after the code."""
_ADDRESS = re.compile(r"0x(?P<name>[0-9a-fA-F]{6,16})(?![0-9a-fA-F.])")
_CUT_ADDRESS = re.compile(r" object at 0x(?P<name>[0-9a-fA-F]*)(?=\.\.\.)")
_THREAD = re.compile(r"Thread\([^()\n]*(?:\([^()\n]*\))?, started (?:daemon )?(?P<name>\d{6,20})\)")
_TEMPORARY = re.compile(r"(?:/tmp|/T|\\Temp)[/\\]+tmp(?P<name>[a-z0-9_]{8})\b")
"""A file or folder of Python's `tempfile`."""
_ID = (
    r"[0-9a-f]{8}(?P<dash>[-_])[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{12}"
    r"|(?<![0-9a-f])[0-9a-f]{32}"
    r"|(?<=\bT_)[0-9a-f]{5}(?=_|\b)"
)
"""Ids that libraries invent: UUIDs (Bokeh, Plotly, xarray), their digits (Altair, widgets, folium), Styler's."""
_DRAWN_ID = r"(?:(?<![0-9a-f])|(?<=image))[0-9a-f]{10}"
"""What ends the ids in Matplotlib's drawings."""
_MODEL = re.compile("[0-9a-f]{32}")
PLAIN = "text/plain"
_JSON = "application/json"
SVG = "image/svg+xml"

_QUOTE = r"(?:\\*[\"']|&quot;|&#(?:34|39|x27);)"
_MODEL_OF_BOKEH = rf"\bname{_QUOTE}:\s*{_QUOTE}[\w.]{{1,60}}{_QUOTE},\s*{_QUOTE}id{_QUOTE}:\s*{_QUOTE}"
"""What stands before the id of a model that holoviews has made; any other `"id":` may be the author's data."""
_PLACE = (
    rf"(?:\bid={_QUOTE}?|ById\({_QUOTE}|\b(?:docid|model_id|(?:client_)?comm_id|msgid){_QUOTE}:\s*{_QUOTE}|{_MODEL_OF_BOKEH}"
    rf"|\bcell_styles{_QUOTE}:[^\[]{{1,60}}\[\[{_QUOTE}id{_QUOTE},\s*{_QUOTE}|\b(?:var|let|const)\s)"
)
_TAG = re.compile(rf"\btags{_QUOTE}:\s*\[\[(?P<name>\d{{12,16}}),\s*\[")
"""The address of a callback in a model of holoviews, as a number."""
_NEW_ID = re.compile(rf"{_PLACE}[\w-]{{0,60}}?(?P<name>{_ID})(?![0-9a-f])")
_ANY_ID = re.compile(rf"(?P<name>{_ID})(?![0-9a-f])")
_NEW_DRAWN_ID = re.compile(rf"\bid=\"[a-zA-Z][\w-]{{0,30}}?(?P<name>{_DRAWN_ID})\"")
_ANY_DRAWN_ID = re.compile(rf"(?P<name>{_DRAWN_ID})(?![0-9a-f])")
_NEW_TABLE = re.compile(r'<div id="(?P<name>[a-z]{10})" style="padding-left:0px;\s*padding-right:0px;')
"""The id that Great Tables, and gt of R, give to a table, and to each rule of its style sheet."""
_ANY_TABLE = re.compile(r'(?<=[#"])(?P<name>[a-z]{10})\b')
_LOOK_BACK = 300
_REPR = re.compile(r"<[^<>]*(?:<[^<>]*>[^<>]*)* at $|<(?:environment|bytecode|pointer): $|#<[\w:]+:$")
"""What stands before an address: `<A object at `, `<function f.<locals>.<lambda> at `; in R and Ruby a colon."""
_NO_TAG = re.compile(r"<[\w.]+(?: object)? at $")
"""An unescaped address in HTML, as a styled table has it; anything else between `<` and `>` is a tag."""
_KIND = re.compile(r"(\w+)\W*?(?: object)?(?: at |: ?)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A part of a text that another run would give in other letters."""

    start: int
    end: int
    key: str
    """Names with the same key are one name."""
    shape: str
    """What stands for it looks so: `x` is any hexadecimal digit, `9` any decimal one, `a` any letter of sixteen."""
    is_address: bool = False
    """Whether it is that of an object: another one may get the same, by chance."""


def start_up() -> str:
    """Return what a Python kernel runs before the first cell; it binds no name."""
    text = Path(kernel_start.__file__).read_text(encoding="utf-8")
    code = ascii(f"{text}\ninstall()\n")
    return f"exec(compile({code}, '<nbpress>', 'exec'), {{'__name__': '_nbpress_start'}})"


def outputs(nb: NotebookNode) -> NotebookNode:
    """Return a copy of *nb* whose outputs are the same after every run that says the same.

    A new name comes from the code of the cell that showed it first, so editing one cell renames nothing in another. It
    is one name all over the notebook: what was equal stays equal, but for addresses in text beside a better form.
    """
    result = copy.deepcopy(nb)
    known: dict[str, str] = {}
    for cell, code in _cells(result):
        _name_unseen(cell, code)
        # Whether an object gets the address of one that is gone is chance, on which no id may depend.
        addresses, others = count(1), count(1)
        for name in (name for mimetype, text in texts(cell) for name in certain(mimetype, text)):
            if name.key not in known:
                known[name.key] = _shaped(name.shape, f"{next(addresses if name.is_address else others)}\n{code}")
    _name_widgets(result, known)
    for cell, _ in _cells(result):
        for output in cell.outputs:
            mapped(output, lambda mimetype, text: renamed(mimetype, text, known))
    if "widgets" in result.metadata:
        result.metadata.widgets = _changed(
            result.metadata.widgets, _JSON, lambda mimetype, text: renamed(mimetype, text, known)
        )
    return result


def _name_unseen(cell: NotebookNode, code: str) -> None:
    """Give the objects that *cell* shows in a better form than text addresses of their own, from run to run the same.

    They are mostly gone before the next one is made, which then has the same address in one run and not in another.
    """
    for number, output in enumerate(cell.outputs):
        data = output.get("data") or {}
        if len(data) > 1 and isinstance(data.get(PLAIN), str):
            names = [name for name in _of_python(PLAIN, data[PLAIN]) if name.is_address]
            own = {it.key: _shaped(it.shape, f"{number} {index}\n{code}") for index, it in enumerate(names)}
            data[PLAIN] = renamed(PLAIN, data[PLAIN], own)


def _name_widgets(nb: NotebookNode, known: dict[str, str]) -> None:
    """Add to *known* the widget models that nobody sees: layouts and styles, named after the view they belong to.

    A link between two views is named after what it links.
    """
    models = widgets.state_of(nb)
    views = [widgets.shown(output) for cell, _ in _cells(nb) for output in cell.outputs if models]
    for view in views:
        for index, model in enumerate(widgets.reachable(models, [view])):
            if _MODEL.fullmatch(model):
                known.setdefault(model, _shaped("x" * len(model), f"{index}\n{known.get(view, view)}"))
    for model in widgets.reachable(models, views):
        if _MODEL.fullmatch(model) and model not in known:
            known[model] = _shaped("x" * len(model), renamed(_JSON, json.dumps(models[model], sort_keys=True), known))


def renamed(mimetype: str, text: str, known: Mapping[str, str]) -> str:
    """Return *text* with what is *known* by another name under that name."""
    parts, end = [], 0
    for name in possible(mimetype, text) if known else ():
        if name.key in known and name.start >= end:
            parts += [text[end : name.start], known[name.key]]
            end = name.end
    return "".join([*parts, text[end:]])


def texts(cell: NotebookNode) -> list[tuple[str, str]]:
    """Return MIME type and text of everything in the outputs of *cell* that is text."""
    seen: list[tuple[str, str]] = []

    def take(mimetype: str, text: str) -> str:
        seen.append((mimetype, text))
        return text

    for output in cell.outputs:
        mapped(output, take)
    return seen


def mapped(output: NotebookNode, change: Callable[[str, str], str]) -> None:
    """Make every text in *output* what *change* makes of its MIME type and the text; JSON is text on its way."""
    match output.output_type:
        case "stream":
            output.text = change(PLAIN, output.text)
        case "error":
            output.evalue = change(PLAIN, output.evalue)
            output.traceback = [change(PLAIN, line) for line in output.traceback]
        case _:
            for mimetype, payload in output.data.items():
                if mimetype == SVG or not mimetype.startswith(("image/", "audio/", "video/")):
                    output.data[mimetype] = _changed(payload, mimetype, change)
            output.metadata = _changed(output.metadata, _JSON, change)


def certain(mimetype: str, text: str) -> Iterator[Name]:
    """Yield the names in *text* that are surely given anew by every run, an id only where it is given to something."""
    yield from _of_python(mimetype, text)
    if _holds_ids(mimetype):
        yield from (_id(match) for match in _NEW_ID.finditer(text))
        yield from (_table(match) for match in _NEW_TABLE.finditer(text))
    if mimetype == SVG:
        yield from (_id(match) for match in _NEW_DRAWN_ID.finditer(text))


def possible(mimetype: str, text: str) -> list[Name]:
    """Return, in order, the names in *text* and everything else in it that looks like an id."""
    names = list(_of_python(mimetype, text))
    if _holds_ids(mimetype):
        names += [_id(match) for match in _ANY_ID.finditer(text)]
        names += [_table(match) for match in _ANY_TABLE.finditer(text)]
    if mimetype == SVG:
        names += [_id(match) for match in _ANY_DRAWN_ID.finditer(text)]
    return sorted(names, key=lambda name: name.start)


def _of_python(mimetype: str, text: str) -> Iterator[Name]:
    """Yield the names in *text* that come from the process: addresses, threads, temporary files, its number."""
    if not mimetype.startswith("text/"):
        return
    for match in _ADDRESS.finditer(text):
        before = text[max(0, match.start() - _LOOK_BACK) : match.start()].rpartition("\n")[2]
        if mimetype == "text/html":
            before = before if _NO_TAG.search(before) else html.unescape(re.sub("[<>]", " ", before))
        if _REPR.search(before):
            # The next object gets the address as soon as this one is gone, so the kind of object counts as well.
            kind = _KIND.search(before)
            shape = "x" * len(match["name"])
            yield _name(match, f"{kind[1] if kind else ''} {match['name']}", shape, is_address=True)
    for match in _CUT_ADDRESS.finditer(text):
        yield _name(match, "cut address", "0" * len(match["name"]))
    for match in _THREAD.finditer(text):
        yield _name(match, f"thread {match['name']}", "9" * len(match["name"]))
    for match in _TEMPORARY.finditer(text):
        yield _name(match, f"temporary {match['name']}", "x" * len(match["name"]))
    for match in _TAG.finditer(text):
        yield _name(match, f"tag {match['name']}", "9" * len(match["name"]))
    for match in _PROCESS.finditer(text):
        yield _name(match, "process", "0")


def _id(match: re.Match[str]) -> Name:
    """Return the id that *match* found."""
    return _name(match, match["name"], re.sub("[0-9a-f]", "x", match["name"]))


def _table(match: re.Match[str]) -> Name:
    """Return the id of a table that *match* found."""
    return _name(match, f"table {match['name']}", "a" * len(match["name"]))


def _name(match: re.Match[str], key: str, shape: str, *, is_address: bool = False) -> Name:
    """Return the name that *match* found."""
    return Name(start=match.start("name"), end=match.end("name"), key=key, shape=shape, is_address=is_address)


def _holds_ids(mimetype: str) -> bool:
    """Tell whether text of *mimetype* may give ids to elements; an id in plain text is what the author printed."""
    return mimetype in ("text/html", SVG) or mimetype.startswith("application/")


def _changed(payload: Any, mimetype: str, change: Callable[[str, str], str]) -> Any:  # noqa: ANN401 - text or JSON
    """Return *payload* after *change*; the same object if nothing changed."""
    if isinstance(payload, str):
        return change(mimetype, payload)
    text = json.dumps(payload, ensure_ascii=False)
    fresh = change(mimetype, text)
    return payload if fresh == text else nbformat.from_dict(json.loads(fresh))


def _cells(nb: NotebookNode) -> Iterator[tuple[NotebookNode, str]]:
    """Yield the cells of *nb* that were run, each with its code and how often the same code has come before."""
    seen: Counter[str] = Counter()
    for cell in nb.cells:
        if cell.cell_type == "code" and not directives.of_cell(cell).skipped:
            code = directives.of_source(cell.source).source.strip()
            seen[code] += 1
            yield cell, f"{seen[code]}\n{code}"


def _shaped(shape: str, seed: str) -> str:
    """Return a name of *shape* that comes from *seed*."""
    digest = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()
    letters = (chr(ord("a") + int(digit, 16)) for digit in digest)
    digits = {"x": iter(digest), "9": iter(str(int(digest, 16))), "a": letters}
    return "".join(next(digits[char]) if char in digits else char for char in shape)
