"""Run by hand: the cells of a corpus of fastpages blogs whose post is not that of fastpages, each with the reason.

    python -m tests.tools.differences CORPUS/compare.py BUILT RESULTS.json

*compare.py* is the script that compares posts with those of the original converter, BUILT the folder in which it kept
the blogs that it built (`--keep`), RESULTS.json what it found (`--json`). docs/fastpages.md groups what this prints.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cmarkgfm
from bs4 import BeautifulSoup
from cmarkgfm.cmark import Options

from converter.markdown.protect import PLACEHOLDER, Cite, shielded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_CELL = re.compile(r"cell (\d+): (.*)", re.DOTALL)


def main() -> None:
    """Print a line for each cell that differs, then how many there are of each reason."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("compare", type=Path)
    parser.add_argument("built", type=Path)
    parser.add_argument("results", type=Path)
    args = parser.parse_args()
    compare = _module(args.compare)
    found = [
        (post, number, reason)
        for result in json.loads(args.results.read_text("utf-8"))
        for post, number, reason in differences(result, compare, args.built)
    ]
    for post, number, reason in found:
        print(f"{post}: cell {number}: {reason}")  # noqa: T201 - a script
    for reason, count in Counter(reason for _, _, reason in found).most_common():
        print(f"{count:4} {reason}")  # noqa: T201 - a script


def differences(result: dict[str, Any], compare: ModuleType, built: Path) -> Iterator[tuple[str, int, str]]:
    """Yield post, number of the cell and reason for each cell that differs in *result*."""
    kinds = ("text", "structure", "folding")
    told = [found for kind in kinds for line in result[kind] if (found := _CELL.match(line))]
    numbers = sorted({int(found[1]) for found in told})
    if not numbers:
        return
    blog, name = result["post"].split("/", 1)
    golden = (Path(compare.__file__ or "").parent / blog / "expected" / name).read_bytes().decode("utf-8", "replace")
    stem = Path(name).stem
    post = (built / blog / "_posts" / f"{stem}.html").read_text("utf-8")
    theirs, ours = (compare.cells(compare.split(text)[1]) for text in (golden, post))
    file = next(file for file in (built / blog).rglob("*.ipynb") if file.stem.replace(" ", "-") == stem)
    cells = json.loads(file.read_text("utf-8-sig"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    for number in numbers:
        yield result["post"], number, _reason(theirs[number - 1], ours[number - 1], sources, compare)


def _reason(theirs: dict[str, Any], ours: dict[str, Any], sources: list[str], compare: ModuleType) -> str:
    """Return why the cell *ours* differs from *theirs*."""
    if ours["kind"] == "code":
        if "interactivewidget" in ours["text"]:
            return "output: a widget, or a note that one stood here"
        return (
            "output: an empty one is left out" if theirs["folding"] != ours["folding"] else "output: one more is shown"
        )
    read = [(_read(source, compare), source) for source in sources]
    cmark, source = max(read, key=lambda pair: _likeness(pair[0]["text"], ours["text"]))
    if re.search(r"\{%-?\s*(?:cite|bibliography)\b", source):
        return "citations are rendered"
    if re.search(r"^\[\^\w+\]:", source, re.MULTILINE):
        return "footnotes of Markdown are Liquid"
    lost = Counter(ours["tags"]) - Counter(theirs["tags"])
    if theirs["text"] == ours["text"] and set(lost) == {"a"} and "[`" in source:
        return "fastpages lost a link around code"
    if ours["text"] == cmark["text"] and _tags(ours) == _tags(cmark):
        return "cmark-gfm"
    # cmark-gfm knows neither math nor citations: without them, the structure tells.
    protected = shielded(source)
    plain = _read(PLACEHOLDER.sub("", protected.text), compare)
    cites = Counter(a=sum(len(piece.keys) for piece in protected.pieces if isinstance(piece, Cite)))
    return "cmark-gfm" if Counter(_tags(ours)) - cites == Counter(_tags(plain)) else "unexplained"


def _tags(cell: dict[str, Any]) -> list[str]:
    """Return the tags of *cell*; a highlighted block of ours has no `<code>`."""
    return [tag for tag in cell["tags"] if tag != "code"]


def _read(source: str, compare: ModuleType) -> dict[str, Any]:
    """Return what cmark-gfm makes of *source*, reduced to what is compared."""
    html = cmarkgfm.github_flavored_markdown_to_html(source, options=Options.CMARK_OPT_UNSAFE)
    found: dict[str, Any] = compare.text_cell(BeautifulSoup(f"<div>{html}</div>", "html.parser"), included=False)
    return found


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one[:600], other[:600], autojunk=False).ratio()


def _module(file: Path) -> ModuleType:
    """Return the script *file* as a module."""
    spec = importlib.util.spec_from_file_location("compare", file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file} is no Python script")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
