"""Stored outputs against fresh ones: would the notebook still come out the same? Nothing is run here."""

from __future__ import annotations

import contextlib
import copy
import difflib
import functools
import io
import json
import os
import re
import shutil
import stat
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converter import directives, images, outputs, stable, streams, watchdog
from converter.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

    from converter.model import Source

LEVELS = 16
"""By how many of 255 levels a channel of a pixel may differ: edges are smoothed a little otherwise elsewhere."""
SHARE = 0.001
"""How many of a picture's pixels may differ by more."""
LEFT_OUT = frozenset(
    (".git", ".venv", ".nbpress", "_site", ".jekyll-cache", "node_modules", "__pycache__", ".ipynb_checkpoints")
)
"""What no notebook reads, and is large or not to be shared between two runs."""

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_METADATA = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL)
_UUID4 = r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b"
_MASKS = (
    re.compile(rf"(?P<name>{_UUID4})"),
    re.compile(r"(?i)\bpid[ =:]{1,3}(?P<name>\d+)\b"),
    re.compile(r"(?P<name>(?:/private)?(?:/tmp|/var/folders/\w+/\w+/T)/[^\s'\"<>:,)\x1b]+)"),
)
"""What may differ in any text besides the names that a run gives anew: UUIDs, process numbers, temporary files."""
_DIFF_LINES = 40
_DIFF_WIDTH = 200


class Kind(StrEnum):
    """What a difference between two runs means."""

    COSMETIC = "cosmetic"
    """Only what every run invents anew: addresses, ids, names of temporary files."""
    VOLATILE = "volatile"
    """The author has said that the cell differs from run to run."""
    REAL = "real"
    """The notebook does not say any more what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One output that did not come out the same."""

    cell: int
    """The cell, counted from 1."""
    kind: Kind
    message: str
    """What differs: `output 2 (text/html) differs`."""
    detail: str = ""
    """A unified diff, shortened: of what matters if the difference is real, else of everything."""

    def finding(self, source: Source) -> Finding:
        """Return what the author should see; only a real difference is an error."""
        hint = "; pin what it depends on, or say `#| volatile: true` in the cell" if self.kind is Kind.REAL else ""
        return Finding(
            rule="outputs-reproduce",
            message=f"{self.message} ({self.kind}){hint}",
            source=source.path,
            cell=self.cell,
            detail=self.detail,
            severity=Severity.ERROR if self.kind is Kind.REAL else Severity.NOTE,
        )


def differences(stored: NotebookNode, fresh: NotebookNode) -> tuple[Difference, ...]:
    """Return how the outputs in *fresh* differ from those in *stored*, which has the same cells."""
    found: list[Difference] = []
    for number, (before, after) in enumerate(zip(stored.cells, fresh.cells, strict=True), 1):
        if before.cell_type != "code" or before.outputs == after.outputs:
            continue
        for difference in _of_cell(before.outputs, after.outputs):
            volatile = difference.kind is Kind.REAL and directives.of_cell(before).volatile
            found.append(replace(difference, cell=number, kind=Kind.VOLATILE if volatile else difference.kind))
    return tuple(found)


def masked(mimetype: str, text: str) -> str:
    """Return *text* with everything that a run invents as `<1>`, `<2>`, … in the order of appearance."""
    certain = {name.key for name in stable.certain(mimetype, text)}
    spans = [(name.start, name.end, name.key) for name in stable.possible(mimetype, text) if name.key in certain]
    spans += [(*match.span("name"), match["name"]) for mask in _MASKS for match in mask.finditer(text)]
    numbers: dict[str, int] = {}
    parts, at = [], 0
    for start, end, key in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= at:
            parts += [text[at:start], f"<{numbers.setdefault(key, len(numbers) + 1)}>"]
            at = end
    return "".join([*parts, text[at:]])


def _of_cell(stored: list[NotebookNode], fresh: list[NotebookNode]) -> list[Difference]:
    """Return the differences of one cell: outputs of a sort are compared in order, others are missing or new."""
    before, after = _settled(stored), _settled(fresh)
    found: list[Difference] = []
    matcher = difflib.SequenceMatcher(
        None, [_sort(one) for one in before], [_sort(one) for one in after], autojunk=False
    )
    for operation, start, end, other_start, other_end in matcher.get_opcodes():
        if operation == "equal":
            for offset in range(end - start):
                found += _of_output(start + offset + 1, before[start + offset], after[other_start + offset])
            continue
        for index in range(start, end):
            found += _of_output(index + 1, before[index], None)
        for index in range(other_start, other_end):
            found += _of_output(index + 1, None, after[index])
    return found or [_difference(Kind.COSMETIC, "execution counts or the pieces of a stream differ")]


def _settled(cell_outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return outputs as a post shows them; of streams side by side, which is first is a matter of buffers."""
    found: list[NotebookNode] = []
    for is_stream, group in groupby(cell_outputs, lambda output: bool(output.output_type == "stream")):
        side_by_side = list(group)
        found += streams.joined(sorted(side_by_side, key=lambda one: str(one.name))) if is_stream else side_by_side
    return found


def _sort(output: NotebookNode) -> str:
    """Return what sort of output it is: its stream, or the representation that a post shows."""
    if output.output_type == "stream":
        return str(output.name)
    if output.output_type == "error":
        return "error"
    shown = next((mimetype for mimetype in outputs.PRIORITY if mimetype in output.data), None)
    return shown or next(iter(sorted(output.data)), "nothing")


def _of_output(number: int, before: NotebookNode | None, after: NotebookNode | None) -> Iterator[Difference]:
    """Yield the differences of output *number* by representation; None stands for no such output."""
    there, here = _representations(before), _representations(after)
    for mimetype in dict.fromkeys([*there, *here]):
        where = f"output {number} ({mimetype})"
        if mimetype not in here:
            yield _difference(Kind.REAL, f"{where} is missing", _diff(_text(mimetype, there[mimetype]), ""))
        elif mimetype not in there:
            yield _difference(Kind.REAL, f"{where} is new", _diff("", _text(mimetype, here[mimetype])))
        elif there[mimetype] != here[mimetype]:
            if outputs.PRIORITY.get(mimetype) == "image":
                yield _of_image(where, str(there[mimetype]), str(here[mimetype]))
            else:
                yield _of_text(where, mimetype, _text(mimetype, there[mimetype]), _text(mimetype, here[mimetype]))


def _representations(output: NotebookNode | None) -> dict[str, Any]:
    """Return the representations of *output* by MIME type; of a stream or an error, one text by its name."""
    if output is None:
        return {}
    if output.output_type == "stream":
        return {str(output.name): output.text}
    if output.output_type == "error":
        return {"error": "\n".join([f"{output.ename}: {output.evalue}", *output.traceback])}
    return {**output.data, **({"metadata": output.metadata} if output.metadata else {})}


def _text(mimetype: str, payload: Any) -> str:  # noqa: ANN401 - text or JSON
    """Return *payload* as text in which only what matters can differ: no colours, keys in order."""
    if outputs.PRIORITY.get(mimetype) == "image":
        return f"a picture of {len(_picture(payload))} bytes"
    if not isinstance(payload, str):
        return json.dumps(payload, indent=1, sort_keys=True, ensure_ascii=False)
    return _METADATA.sub("", payload) if mimetype == stable.SVG else _ANSI.sub("", payload)


def _of_text(where: str, mimetype: str, before: str, after: str) -> Difference:
    """Return how one text differs from another: for real, or in what a run invents."""
    kind = mimetype if "/" in mimetype else "application/json" if mimetype == "metadata" else stable.PLAIN
    there, here = masked(kind, before), masked(kind, after)
    if there == here:
        return _difference(Kind.COSMETIC, f"{where} differs, but says the same", _diff(before, after))
    return _difference(Kind.REAL, f"{where} differs", _diff(there, here))


def _picture(payload: Any) -> bytes:  # noqa: ANN401 - text, if the notebook is in order
    """Return the bytes of a picture, those of its text if that is broken."""
    return images.decoded(str(payload)) or str(payload).encode("utf-8", "surrogatepass")


def _of_image(where: str, before: str, after: str) -> Difference:
    """Return how one picture differs from another: for real, or in what nobody sees."""
    seen = _seen(_picture(before), _picture(after))
    return _difference(Kind.REAL if seen else Kind.COSMETIC, f"{where} {seen or 'looks the same, its bytes differ'}")


def _seen(before: bytes, after: bytes) -> str:
    """Return what one sees to differ between two pictures, empty if nothing; by their bytes without Pillow."""
    if before == after:
        return ""
    try:
        from PIL import Image, ImageChops  # whoever plots with Matplotlib has it
    except ImportError:
        return "differs in its bytes; install Pillow to compare what it shows"
    try:
        with Image.open(io.BytesIO(before)) as one, Image.open(io.BytesIO(after)) as other:
            if one.size != other.size:
                return "was {} by {} pixels, is {} by {}".format(*one.size, *other.size)
            if getattr(one, "n_frames", 1) != getattr(other, "n_frames", 1):
                return "has another number of frames"
            share = 0.0
            for frame in range(getattr(one, "n_frames", 1)):
                one.seek(frame)
                other.seek(frame)
                # Premultiplied: the colour of what is transparent does not count.
                pair = [image.convert("RGBA").convert("RGBa") for image in (one, other)]
                levels = functools.reduce(ImageChops.lighter, ImageChops.difference(*pair).split()).histogram()
                share = max(share, sum(levels[LEVELS + 1 :]) / sum(levels))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "differs, and cannot be decoded"
    return f"differs in {share:.1%} of its pixels" if share > SHARE else ""


def _difference(kind: Kind, message: str, detail: str = "") -> Difference:
    """Return a difference in a cell that is still to be numbered."""
    return Difference(cell=0, kind=kind, message=message, detail=detail)


def _diff(before: str, after: str) -> str:
    """Return a unified diff that a terminal can hold."""
    there, here = (text.replace("><", ">\n<").splitlines() for text in (before, after))
    lines = list(difflib.unified_diff(there, here, "stored", "fresh", lineterm="", n=1))
    more = [f"… {len(lines) - _DIFF_LINES} more lines"] if len(lines) > _DIFF_LINES else []
    short = [line if len(line) <= _DIFF_WIDTH else f"{line[:_DIFF_WIDTH]}…" for line in lines[:_DIFF_LINES]]
    return "\n".join(short + more)


@contextlib.contextmanager
def scratch(root: Path, source: Source) -> Iterator[Source]:
    """Copy the blog at *root* and yield *source* as it lies in the copy, where its code may write what it likes.

    The copy shares no file with the blog. A link within the blog leads to the same place within the copy, one out of
    it to where it led. Git, caches, environments and what Jekyll made are left out.
    """
    with watchdog.folder() as folder:
        there = folder.resolve() / (root.resolve().name or "blog")
        _copy(root.resolve(), there, root.resolve(), there)
        yield replace(source, file=there / source.path)


def moved_back(nb: NotebookNode, scratched: Source, source: Source) -> NotebookNode:
    """Return a copy of *nb*, run as *scratched*, in whose outputs paths are those of *source*."""
    there, root = (str(one.file.parents[len(one.path.parts) - 1].resolve()) for one in (scratched, source))
    result: NotebookNode = copy.deepcopy(nb)
    for cell in result.cells:
        for output in cell.get("outputs", ()):
            stable.mapped(output, lambda _, text: text.replace(there, root))
    return result


def _copy(folder: Path, to: Path, root: Path, copied: Path) -> None:
    """Copy the files, folders and links in *folder*; sockets and the like, and what cannot be read, are left out."""
    to.mkdir()
    for file in folder.iterdir():
        target = to / file.name
        mode = file.lstat().st_mode
        if file.name in LEFT_OUT or file == copied.parent:  # the folder of temporary files may be within the blog
            continue
        if stat.S_ISLNK(mode):
            end = Path(os.path.realpath(file))  # unlike `resolve`, it does not mind links that go in a circle
            # A link with its end in the blog would let the run write there.
            target.symlink_to(copied / end.relative_to(root) if end.is_relative_to(root) else end)
            continue
        with contextlib.suppress(PermissionError, FileNotFoundError):
            if stat.S_ISDIR(mode) and not (file / "pyvenv.cfg").exists():
                _copy(file, target, root, copied)
            elif stat.S_ISREG(mode):
                shutil.copy2(file, target)
