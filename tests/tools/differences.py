"""Run by hand: the cells of a corpus of fastpages blogs whose post is not that of fastpages, each with the reason.

    python -m tests.tools.differences CORPUS COMPARE.py BUILT RESULTS.json

CORPUS holds the blogs with the posts of the original converter, COMPARE.py is the script that compares, BUILT the
folder in which it kept the blogs that it built (`--keep`), RESULTS.json what it found (`--json`).
A reason is not believed but tried, except for footnotes and citations: fastpages' post, or what cmark-gfm makes of
the cell's source, changed in nothing but what the reason names, must be ours.
What no reason explains is a fault of nbpress.
The last lines say how much is equal, how much would be if nbpress had no such fault, and how much if it differed in
nothing but readings of cmark-gfm. docs/fastpages.md groups what this prints.
"""

from __future__ import annotations

import argparse
import html
import importlib.util
import json
import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cmarkgfm
from bs4 import BeautifulSoup
from cmarkgfm.cmark import Options

from converter.markdown.protect import Cite, Part, shielded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

UNEXPLAINED = "unexplained"
KINDS = ("text", "structure", "folding")
_CELL = re.compile(r"cell (\d+): ")
_OPTIONS = Options.CMARK_OPT_UNSAFE
_EMBED = re.compile(r"^>[ ]*(?:youtube|twitter):.*\n?", re.MULTILINE | re.IGNORECASE)
_OPEN_BRACKET = re.compile(r"\[(?=https?://[^\]\s]*\](?!\())")
_TILDE = re.compile(r"~~?(?=[/\\])")

_Reduced = dict[str, Any]
"""A cell as compare.py compares it."""

WRITTEN: dict[str, Callable[[str], str]] = {
    "output: a line ends with a carriage return": lambda text: text.replace("\r\n", "\n"),
    "output: a chart that is drawn": lambda text: re.sub(r"&lt;VegaLite \d object&gt;[^<]*", "", text),
    "output: <image> is an image": lambda text: text.replace("<image ", "<img "),
    "output: the path of a home folder": lambda text: re.sub(r"\bc:\\Users\\\w+", "~", text),
    "output: the file of a cell": lambda text: re.sub(r"/tmp/ipykernel_\d+/\d+\.py", "&lt;cell&gt;", text),  # noqa: S108
}
"""Reasons for other outputs, and what makes of fastpages' post ours."""


@dataclass(frozen=True, kw_only=True)
class Blogs:
    """Where the posts are."""

    corpus: Path
    built: Path
    compare: ModuleType


@dataclass(frozen=True, kw_only=True)
class Post:
    """One post of both converters."""

    blogs: Blogs
    name: str
    """Blog and file, as compare.py names it."""

    @cached_property
    def golden(self) -> str:
        """The body of fastpages' post."""
        blog, name = self.name.split("/", 1)
        text = (self.blogs.corpus / blog / "expected" / name).read_bytes().decode("utf-8", "replace")
        return str(self.blogs.compare.split(text)[1])

    @cached_property
    def theirs(self) -> list[_Reduced]:
        """The cells of fastpages' post."""
        return list(self.blogs.compare.cells(self.golden))

    @cached_property
    def ours(self) -> list[_Reduced]:
        """The cells of our post."""
        blog, name = self.name.split("/", 1)
        text = (self.blogs.built / blog / "_posts" / name).with_suffix(".html").read_text("utf-8")
        return list(self.blogs.compare.cells(self.blogs.compare.split(text)[1]))

    @cached_property
    def notebook(self) -> dict[str, Any]:
        """The notebook, as JSON has it."""
        blog, name = self.name.split("/", 1)
        files = (self.blogs.built / blog).rglob("*.ipynb")
        file = next(file for file in files if file.stem.replace(" ", "-") == Path(name).stem)
        found: dict[str, Any] = json.loads(file.read_text("utf-8-sig"))
        return found

    def typed(self) -> Iterator[list[str]]:
        """Yield what was typed in each cell that asked for something, prompts and all, as compare.py compares it."""
        for cell in self.notebook["cells"]:
            asked = [output for output in cell.get("outputs", ()) if output.get("name") == "stdin"]
            if asked:
                yield [self.blogs.compare.plain("".join(output["text"])) for output in asked]

    def overwritten(self) -> Iterator[str]:
        """Yield what a terminal shows of each output with carriage returns, as compare.py compares it."""
        for cell in self.notebook["cells"]:
            for output in cell.get("outputs", ()):
                text = "".join(output.get("text", ()))
                if "\r" in text:
                    yield self.blogs.compare.plain("\n".join(map(_overwritten, text.split("\n"))))

    def markdown(self) -> Iterator[str]:
        """Yield what cmark-gfm makes of each output in Markdown, as compare.py compares it."""
        for cell in self.notebook["cells"]:
            for output in cell.get("outputs", ()):
                source = "".join(output.get("data", {}).get("text/markdown", ()))
                if source:
                    yield str(self.read(source)["text"])

    def read(self, source: str) -> _Reduced:
        """Return what cmark-gfm makes of *source*; it knows neither math nor citations, so they are put back."""
        protected = shielded(_OPEN_BRACKET.sub(r"\\[", source))  # a link on purpose: decision 21
        made = cmarkgfm.github_flavored_markdown_to_html(protected.text, options=_OPTIONS)
        made = protected.restore(made, _shown)
        found: _Reduced = self.blogs.compare.text_cell(
            BeautifulSoup(f"<div>{made}</div>", "html.parser"), included=False
        )
        found["tags"] += [
            tag for piece in protected.pieces if isinstance(piece, Cite) for tag in ["a"] * len(piece.keys)
        ]
        return found


def main() -> None:
    """Print a line for each cell that differs, then how many there are of each reason, then the best rates."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    for name in ("corpus", "compare", "built", "results"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    blogs = Blogs(corpus=args.corpus, built=args.built, compare=_module(args.compare))
    results = [result for result in json.loads(args.results.read_text("utf-8")) if not result["missing"]]
    reasons = {result["post"]: differences(result, blogs) for result in results}
    for post, found in reasons.items():
        for number, reason in found.items():
            print(f"{post}: cell {number}: {reason}")  # noqa: T201 - a script
    for reason, count in Counter(reason for found in reasons.values() for reason in found.values()).most_common():
        print(f"{count:4} {reason}")  # noqa: T201 - a script
    for line in rates(results, reasons):
        print(line)  # noqa: T201 - a script


def differences(result: dict[str, Any], blogs: Blogs) -> dict[int, str]:
    """Return the reason for each cell that differs in *result*, by its number; 0 stands for all of them."""
    post = Post(blogs=blogs, name=result["post"])
    found = {_number(line) for kind in KINDS for line in result[kind]}
    return {number: reason(post, number) if number else UNEXPLAINED for number in sorted(found)}


def rates(results: list[dict[str, Any]], reasons: dict[str, dict[int, str]]) -> Iterator[str]:
    """Yield how much is equal, how much would be without faults, and how much if GitHub's readings were all."""
    cells = sum(result["cells"] for result in results)
    scopes = [lambda _: True, lambda reason: reason != UNEXPLAINED, lambda reason: reason.startswith("cmark-gfm")]
    for kind in KINDS:
        wrong = [reasons[result["post"]][_number(line)] for result in results for line in result[kind]]
        shares = [f"{100 - 100 * sum(map(scope, wrong)) / cells:6.2f} %" for scope in scopes]
        yield f"{kind:10} cells equal {shares[0]}, at most {shares[1]}, cmark-gfm itself {shares[2]}"
    posts = [sum(not any(map(scope, found.values())) for found in reasons.values()) for scope in scopes]
    yield f"posts      equal {posts[0]}, at most {posts[1]}, cmark-gfm itself {posts[2]}, of {len(results)}"


def reason(post: Post, number: int) -> str:
    """Return why cell *number* of *post* is not what fastpages made of it."""
    theirs, ours = post.theirs[number - 1], post.ours[number - 1]
    return _of_code(post, number, theirs, ours) if ours["kind"] == "code" else _of_text(post, theirs, ours)


def _of_code(post: Post, number: int, theirs: _Reduced, ours: _Reduced) -> str:
    for name, change in WRITTEN.items():
        changed = post.blogs.compare.cells(change(post.golden))[number - 1]
        if all(_TILDE.sub("", changed[key]) == _TILDE.sub("", ours[key]) for key in ("text", "folding")):
            return name
    is_same, shown = theirs["text"] == ours["text"], ours["text"].split("⇒")[1]
    if "interactivewidget" in shown or (is_same and "output hidden" in theirs["folding"]):
        return "output: a widget, or a note that one stood here"
    if is_same and not shown:
        return "output: an empty one is left out"
    if is_same and len({cell["folding"].replace("closed", "shown") for cell in (theirs, ours)}) == 1:
        return "two directives, and both count"
    if any(_without(ours["text"], typed) == theirs["text"] for typed in post.typed()):
        return "output: what was typed at input() is shown"
    if any(text in shown for text in post.overwritten() if text):
        return "output: carriage returns do what they do in a terminal"
    return "cmark-gfm, in an output" if any(text in shown.lower() for text in post.markdown()) else UNEXPLAINED


def _overwritten(line: str) -> str:
    """Return what is left of a *line* in which each carriage return goes back to its beginning."""
    row: list[str] = []
    for part in line.split("\r"):
        row[: len(part)] = part
    return "".join(row)


def _without(text: str, parts: list[str]) -> str:
    """Return *text* without the first of each of *parts*."""
    for part in parts:
        text = text.replace(part, "", 1)
    return text


def _of_text(post: Post, theirs: _Reduced, ours: _Reduced) -> str:
    sources = ["".join(cell["source"]) for cell in post.notebook["cells"] if cell["cell_type"] == "markdown"]
    sources += [_EMBED.sub("", source) for source in sources if _EMBED.search(source)]
    read = [(post.read(source), source) for source in sources]
    cmark, source = max(read, key=lambda pair: _likeness(pair[0]["text"], ours["text"]))
    if re.search(r"\{%-?\s*(?:cite|bibliography)\b", source):
        return "citations are rendered"
    if re.search(r"^\[\^\w+\]:", source, re.MULTILINE):
        return "footnotes of Markdown are Liquid"
    if ours["text"] != cmark["text"] or _tags(ours) != _tags(cmark):
        return UNEXPLAINED
    if _EMBED.search(source):
        return "no video at that address"
    lost: Counter[str] = Counter(ours["tags"]) - Counter(theirs["tags"])
    if theirs["text"] == ours["text"] and set(lost) == {"a"} and "[`" in source:
        return "fastpages lost a link around code"
    return "cmark-gfm"


def _shown(piece: Part) -> str:
    """Return what stands on the page for *piece*, links aside."""
    shown = f"[{','.join(piece.keys)}]" if isinstance(piece, Cite) else getattr(piece, "tex", piece.text)
    return html.escape(shown)


def _tags(cell: _Reduced) -> list[str]:
    """Return the tags of *cell*; a highlighted block of ours has no `<code>`."""
    return sorted(tag for tag in cell["tags"] if tag != "code")


def _likeness(one: str, other: str) -> float:
    return (one == other) + SequenceMatcher(None, one[:600], other[:600], autojunk=False).ratio()


def _number(line: str) -> int:
    """Return the number of the cell of which *line* tells; 0 if it tells of all."""
    found = _CELL.match(line)
    return int(found[1]) if found else 0


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
