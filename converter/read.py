"""A notebook's file → NotebookNode: parsed, upgraded to format 4, normalised, validated; and results back into it."""

from __future__ import annotations

import json
import re
import warnings
from typing import TYPE_CHECKING, Any, cast

import nbformat

from converter import files, pair, record, schema, widgets
from converter import text as text_notebooks
from converter.errors import PairError, ReadError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import PurePosixPath

    from nbformat import NotebookNode

    from converter.model import Source

_WIDEST = 200
_JSON = "application/json"
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""How half of a surrogate pair stands in a file, whole or cut."""
_UNREAD_METADATA = ("collapsed", "scrolled", "deletable", "editable", "jupyter", "name", "execution")
_SAVE_AGAIN = "open it in Jupyter and save it again"


def notebook(source: Source, data: bytes) -> NotebookNode:
    """Return the notebook that *source* holds as *data*, in format 4, however old and careless the file is.

    Raises `ReadError` if it is none.
    """
    return READERS[source.file.suffix](data, source.path)


def ipynb(data: bytes, path: PurePosixPath) -> NotebookNode:
    """Parse the JSON of a Jupyter notebook; *path* is for messages."""
    raw = json_object(data, path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbformat warns of what `_normalise` and `validate` mend
            if _HALF.search(data):
                raw = json.loads(_whole_text(json.dumps(raw, ensure_ascii=False)))
            node = _node(_normalise(raw, path))
            if not schema.is_valid(node):
                nbformat.validate(node, relax_add_props=True)  # Jupyter opens such files, too
    except ReadError:
        raise
    except nbformat.ValidationError as error:
        where = list(getattr(error, "original", error).absolute_path)
        cell = where[1] + 1 if where[:1] == ["cells"] and len(where) > 1 else None
        raise _invalid(_reason(error), path, cell) from error
    except Exception as error:  # converters of old formats raise whatever a broken file makes them raise
        raise ReadError(
            f"is not a notebook that nbformat can read: {error}",
            source=path,
            hint=_SAVE_AGAIN,
        ) from error
    return node


def _node(raw: dict[str, Any]) -> NotebookNode:
    """Return *raw* as a notebook of format 4; the present one needs no text in between, and has no ids to mend."""
    if raw["nbformat"] == files.FORMAT:
        return cast("NotebookNode", nbformat.v4.to_notebook_json(raw))
    node = nbformat.convert(nbformat.reader.reads(json.dumps(raw, ensure_ascii=False)), files.FORMAT)
    return cast("NotebookNode", nbformat.validator.normalize(node)[1])


def json_object(data: bytes, path: PurePosixPath) -> dict[str, Any]:
    """Return the JSON object in *data*, which may start with a byte order mark."""
    hint = "restore it from git or save it again in Jupyter"
    try:
        raw = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ReadError(f"is not UTF-8 text (byte {error.start})", source=path, hint=hint) from error
    except json.JSONDecodeError as error:
        what = f"is not JSON: {error.msg}" if data.strip() else "is empty"
        raise ReadError(what, source=path, hint=hint, line=error.lineno if data.strip() else None) from error
    except RecursionError as error:
        raise ReadError("is not a notebook: its JSON is nested too deeply", source=path) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("nbformat"), int):
        raise ReadError("is JSON but not a notebook", source=path, hint="move it out of the folder of notebooks")
    return raw


def _normalise(raw: dict[str, Any], path: PurePosixPath) -> dict[str, Any]:
    """Fill in what Colab, Kaggle and hand-written notebooks leave out, so that validation asks for real faults only.

    Raises `ReadError` for the faults that validation could only tell by showing the whole cell.
    """
    raw.setdefault("nbformat_minor", 0)
    raw["metadata"] = _notebook_metadata(raw.get("metadata"))
    if raw["nbformat"] != files.FORMAT:
        return raw
    cells = raw.get("cells")
    if not isinstance(cells, list):
        raise _invalid("it has no cells" if cells is None else "its cells are no list", path)
    raw["nbformat_minor"] = schema.VERSION[1]  # nothing here asks for ids, and those of strangers may be no ids at all
    for number, cell in enumerate(cells, 1):
        fault = _fault(cell)
        if fault:
            raise _invalid(fault, path, number)
        _normalise_cell(cell)
    return raw


def _notebook_metadata(given: object) -> dict[str, Any]:
    """Return the notebook's metadata with kernelspec and language, if there are any, as the schema wants them.

    A record that no run of ours can have written, and widgets that nobody can draw, are left out.
    """
    metadata = dict(given) if isinstance(given, dict) else {}
    for key in ("kernelspec", "language_info"):
        if not isinstance(metadata.get(key, {}), dict):
            del metadata[key]
    if "kernelspec" in metadata:
        spec = {"name": "python3", **metadata["kernelspec"]}
        metadata["kernelspec"] = spec | {"display_name": str(spec.get("display_name") or spec["name"])}
    if metadata.get("language_info"):
        metadata["language_info"] = {"name": "python", **metadata["language_info"]}
    if not record.is_sound(metadata.get(record.KEY, {})):
        del metadata[record.KEY]
    if "widgets" in metadata:
        metadata["widgets"] = widgets.normal(metadata["widgets"])
        if not metadata["widgets"]:
            del metadata["widgets"]
    return metadata


def _fault(cell: object) -> str:
    """Return what makes *cell* no cell; empty if it is one."""
    if not isinstance(cell, dict):
        return "the cell is no object"
    if cell.get("cell_type") not in ("code", "markdown", "raw"):
        return f"unknown cell type {cell.get('cell_type')!r}"
    outputs = cell.get("outputs") or []
    if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
        return "an output is no object"
    is_bundle = all(isinstance(output.get("data") or {}, dict) for output in outputs)
    return "" if is_bundle else "the data of an output is no mimebundle"


def _normalise_cell(cell: dict[str, Any]) -> None:
    """Fill in what *cell* lacks, and take away what does not belong to its kind."""
    cell.pop("id", None)
    cell["metadata"] = _metadata(cell.get("metadata"))
    cell["source"] = _lines(cell.get("source"))
    if cell["cell_type"] == "code":
        cell.setdefault("execution_count", None)
        cell.pop("attachments", None)
        cell["outputs"] = [_output(output) for output in cell.get("outputs") or []]
        return
    for key in ("outputs", "execution_count"):  # Kaggle keeps these when a code cell becomes text
        cell.pop(key, None)
    attachments = cell.get("attachments")
    if "attachments" in cell and not (
        isinstance(attachments, dict) and all(isinstance(bundle, dict) for bundle in attachments.values())
    ):
        del cell["attachments"]


def _metadata(given: object) -> dict[str, Any]:
    """Return a cell's metadata without what the schema types and nobody here reads; no tag twice."""
    metadata = dict(given) if isinstance(given, dict) else {}
    for key in _UNREAD_METADATA:
        metadata.pop(key, None)
    if "tags" in metadata:
        tags = metadata["tags"] if isinstance(metadata["tags"], list) else [metadata["tags"]]
        metadata["tags"] = list(dict.fromkeys(str(tag) for tag in tags if tag))
    return metadata


def _lines(source: object) -> str:
    """Return the text of a cell, whose line ends may be those of Windows."""
    if isinstance(source, list):
        try:
            text = "".join(source)
        except TypeError:
            text = "".join(line for line in source if isinstance(line, str))
    else:
        text = str(source or "")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _output(output: dict[str, Any]) -> dict[str, Any]:
    """Fill in the optional parts of one output."""
    kind = output.get("output_type")
    if kind in ("display_data", "execute_result"):
        output["data"] = mimebundle(output.get("data") or {})
        output["metadata"] = output["metadata"] if isinstance(output.get("metadata"), dict) else {}
        if kind == "execute_result":
            output.setdefault("execution_count", None)
    elif kind == "stream":
        output.setdefault("name", "stdout")
        output.setdefault("text", "")
    elif kind == "error":
        for part, empty in (("ename", ""), ("evalue", ""), ("traceback", [])):
            output.setdefault(part, empty)
    return output


def mimebundle(data: dict[str, Any]) -> dict[str, Any]:
    """Return *data* as nbformat's schema wants it: objects only where the MIME type ends in `json`, else JSON as text.

    Altair 6, for one, shows objects as `application/vnd.vegalite.v6.json`.
    """
    return {
        mimetype: value
        if isinstance(value, str)
        or (isinstance(value, list) and all(isinstance(line, str) for line in value))
        or mimetype.endswith("+json")
        or mimetype == _JSON
        else json.dumps(value, ensure_ascii=False)
        for mimetype, value in data.items()
        if value is not None
    }


def _whole_text(text: str) -> str:
    """Return *text* with U+FFFD for every half of a surrogate pair: cut outputs hold them, and no UTF-8 file can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _invalid(reason: str, path: PurePosixPath, cell: int | None = None) -> ReadError:
    """Return the error that the notebook is not what nbformat's schema wants."""
    return ReadError(f"is not a valid notebook: {reason}", source=path, cell=cell, hint=_SAVE_AGAIN)


def _reason(error: nbformat.ValidationError) -> str:
    """Return the first line of what nbformat says is wrong, cut where it shows a whole cell."""
    says = str(error).strip().splitlines()[0].rstrip(":")
    return says if len(says) <= _WIDEST else says[:_WIDEST] + "…"


def text(data: bytes, path: PurePosixPath) -> NotebookNode:
    """Let Jupytext read a text notebook."""
    return ipynb(nbformat.writes(text_notebooks.notebook(data, path)).encode("utf-8", "surrogatepass"), path)


def docx(data: bytes, path: PurePosixPath) -> NotebookNode:
    """Let pandoc read a Word document."""
    from converter import word  # most blogs have none

    return ipynb(nbformat.writes(word.notebook(data, path)).encode("utf-8", "surrogatepass"), path)


def kept(data: bytes, source: Source, *, ours: bool) -> NotebookNode | None:
    """Return the notebook *data* that keeps the outputs of *source*; one that is *ours* need not be readable.

    Raises `PairError` if an author's cannot be read.
    """
    try:
        return ipynb(data, source.path)
    except ReadError as error:
        if ours:
            return None
        name = source.file.with_suffix(".ipynb").name
        hint = "restore it from git, or remove it and build"
        raise PairError(f"{name} keeps its outputs and {error.message}", source=source.path, hint=hint) from error


def result(source: Source, before: bytes, after: bytes) -> NotebookNode:
    """Return the notebook that *source* is with the results *after*, while its own file holds *before*."""
    return (
        pair.joined(notebook(source, before), ipynb(after, source.path))
        if pair.is_text(source)
        else notebook(source, after)
    )


def with_results(before: bytes, nb: NotebookNode, source: Source, kept: bytes | None = None) -> bytes:
    """Return the file that keeps results, with the outputs, execution counts, widgets and record of *nb*.

    That is the file *before* with nothing else of it changed, or, for a text notebook, the `.ipynb` beside it, which
    has been *kept* so far.

    The layout of the JSON (indentation, line ends, order of keys, escapes) is that of the file.
    """
    if source.file.suffix in files.WITHOUT_CODE:
        raise ReadError("holds no code, so it has no outputs", source=source.path)
    if pair.is_text(source):
        return pair.written(nb, source, kept)
    raw = json_object(before, source.path)
    done = json.loads(nbformat.writes(nb))  # text as lists of lines and keys in order, as Jupyter stores outputs
    if raw.get("nbformat") != files.FORMAT:
        raw = done
    else:
        for cell, result in zip(raw["cells"], done["cells"], strict=True):
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = result["outputs"], result["execution_count"]
        metadata = raw.setdefault("metadata", {})
        metadata[record.KEY] = done["metadata"][record.KEY]
        if "widgets" in done["metadata"]:
            metadata["widgets"] = done["metadata"]["widgets"]
        else:
            metadata.pop("widgets", None)
    text = before.decode("utf-8-sig")
    indent = re.match(r"\{\r?\n([ \t]+)", text)
    ascii_only = text.isascii() and re.search(r"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}", text) is not None
    new = json.dumps(raw, ensure_ascii=ascii_only, indent=indent[1] if indent else 1 if "\n" in text.strip() else None)
    new += "\n" * text.endswith("\n")
    if "\r\n" in text:
        new = new.replace("\n", "\r\n")
    mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    return mark + new.encode("utf-8", "surrogatepass")


READERS: dict[str, Callable[[bytes, PurePosixPath], NotebookNode]] = {
    ".ipynb": ipynb,
    **dict.fromkeys(text_notebooks.SUFFIXES, text),
    ".docx": docx,
}
"""How a source is read, by suffix: the place for more formats."""
