"""Notebooks full of what Liquid takes for its own, and what the page must show of each cell."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import quote

import nbformat
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from nbformat import v4

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

LIQUID = (
    *("{{", "}}", "{%", "%}", "{%-", "-%}", "{", "}", "{{{", "}}}", "{#", "#}"),
    *(
        "{{ x }}",
        "{{x|upcase",
        "{{- 'a' -}}",
        "{{ 1 | nosuch }}",
        "{{''}}",
        "{{ unclosed",
        "{{'a': 1}}",
        "{{1,2},{3,4}}",
    ),
    *("{% if a %}", "{% for x in y", "{% assign x = 1 %}", "{% comment %}", "{% liquid", "{% nosuch %}", "'{%Y-%m}'"),
    *("{% raw %}", "{%- raw -%}", "{% endraw %}", "{%endraw%}", "{%- endraw -%}", "{% endraw", "{% endraw foo %}"),
    *("{% break %}", "{% endcomment %}", "{{ '{{' }}", "{{ '%}' }}", '{{ "it\'s" }}'),
    *(
        "{%- endraw",
        "{%raw%}{{",
        "{{-",
        "-}}",
        "{% fnord 1 %}",
        "<% x %>",
        "| fn",
        "{{ 'a' | b: 'c' }}",
        "{% include_cached %}",
    ),
)
"""What Jekyll would act on, or stumble over."""
OTHER = (
    "'",
    '"',
    "it's",
    "a < b",
    "x & y",
    "\\frac",
    "C:\\temp",
    "é",
    "naïve",
    "日本語",
    "…",
    "%",
    "%%",
    "word",
    "#",
    "&",
    ";",
    *("]]>", "-->", "\\", "\\{", "%7B%7B", "&#123;", "&lbrace;", "\u2060", "\u200d", "👍", "ё", "١٢"),
)
"""What only has to arrive."""
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])|(&#?\w+;)")
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c6360000000020001"
)
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the page must show in one place."""

    selector: str
    """The place, within the cell or (with an id) within the page."""
    text: str
    """What stands there, to the letter."""
    attribute: str = ""
    """The attribute that holds it; the text of the element if empty."""
    is_prose: bool = True
    """White space does not count."""
    is_part: bool = False
    """More may stand around it."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell and the claims about it."""

    node: NotebookNode
    claims: tuple[Claim, ...]


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """A notebook and what its page must show."""

    title: str
    description: str
    footnotes: str
    cells: tuple[Cell, ...]

    def text(self) -> str:
        """Return the notebook as it is saved."""
        matter = {"title": self.title, "description": self.description, "toc": True, "footnotes": self.footnotes}
        cells = [{**cell.node, "id": f"cell-{number}"} for number, cell in enumerate(self.cells)]
        return json.dumps(v4.new_notebook(metadata={"front_matter": matter}) | {"cells": cells}, ensure_ascii=False)


def _line(without: str = "", most: int = 6) -> st.SearchStrategy[str]:
    """Return lines of nasty text that hold no character of *without*, blank neither at the start nor at the end."""
    words = [word for word in LIQUID * 2 + OTHER if not set(word) & set(without)]
    joined = st.lists(st.tuples(st.sampled_from(words), st.sampled_from((" ", " ", ""))), min_size=1, max_size=most)
    return joined.map(lambda pairs: "".join(word + blank for word, blank in pairs).strip()).filter(_ends)


def _ends(line: str) -> bool:
    """Tell whether *line* says something, and its end escapes nothing that the test puts behind it."""
    return bool(line) and not line.endswith("\\")


def _lines(without: str = "") -> st.SearchStrategy[str]:
    """Return several such lines; the later ones may be indented."""
    indented = st.tuples(st.sampled_from(("", "", "    ")), _line(without)).map("".join)
    return st.lists(indented, min_size=1, max_size=4).map("\n".join)


def _read(text: str) -> str:
    """Return what a reader of Markdown sees of *text*: without the backslash of an escape, entities as characters."""
    return _ESCAPE.sub(lambda found: found[1] or unescape(found[2]), text)


def _inert(text: str) -> bool:
    """Tell whether nothing in *text* is Liquid that an author may use, such as a whole `raw` block."""
    return not _RAW.search(text)


def _prose(number: int) -> st.SearchStrategy[Cell]:
    """Return paragraphs; a `raw` block that the author wrote shows its inside."""

    def cell(line: str) -> Cell:
        text = f"w{number}a {line} w{number}z"
        return Cell(
            node=v4.new_markdown_cell(text),
            claims=(Claim(selector="p", text=_read(_RAW.sub(r"\1", text))),),
        )

    return _line(most=9).filter(lambda line: "\\{" not in line).map(cell)


def _inline_code(number: int) -> st.SearchStrategy[Cell]:
    """Return code spans in text."""
    return _line("`").map(
        lambda code: Cell(
            node=v4.new_markdown_cell(f"w{number} `{code}` end"),
            claims=(
                Claim(selector="code", text=code, is_prose=False),
                Claim(selector="p", text=f"w{number} {code} end"),
            ),
        )
    )


def _mixed(number: int) -> st.SearchStrategy[Cell]:
    """Return text, code and a formula on one line; what looks like Liquid may begin in one and end in another."""
    parts = st.tuples(
        _line("`", most=3), _line("`", most=2), _line("`", most=3), _line("`$\\", most=2), _line("`", most=3)
    )

    def cell(texts: tuple[str, ...]) -> Cell:
        first, code, second, formula, third = texts
        return Cell(
            node=v4.new_markdown_cell(f"w{number} {first} `{code}` {second} ${formula}$ {third} end"),
            claims=(
                Claim(selector="code", text=code, is_prose=False),
                Claim(selector=".math", text=f"${formula}$", is_prose=False),
                Claim(
                    selector="p", text=f"w{number} {_read(first)} {code} {_read(second)} ${formula}$ {_read(third)} end"
                ),
            ),
        )

    return parts.filter(lambda texts: _inert(texts[0] + texts[2] + texts[4])).map(cell)


def _fence(number: int) -> st.SearchStrategy[Cell]:
    """Return fenced code, with and without a language."""
    return st.tuples(st.sampled_from(("", "python", "jinja", "html", "yaml")), _lines("`")).map(
        lambda both: Cell(
            node=v4.new_markdown_cell(f"w{number}\n\n```{both[0]}\n{both[1]}\n```\n"),
            claims=(Claim(selector="pre", text=both[1] + "\n", is_prose=False),),
        )
    )


def _math(number: int) -> st.SearchStrategy[Cell]:
    """Return formulas, inline and displayed."""
    tex = (
        "\\frac{{a}}{{b}}",
        "{{\\bf x}}",
        "{{ x }}",
        "{%",
        "%}",
        "{% raw %}",
        "{% endraw %}",
        "a_{b}",
        "x < y",
        "\\{x\\}",
        "'",
    )
    formula = st.lists(st.sampled_from(tex), min_size=1, max_size=5).map(" ".join)
    marks = st.sampled_from(
        (("$", "$"), ("$$", "$$"), ("\\(", "\\)"), ("\\[", "\\]"), ("\\begin{align}", "\\end{align}"))
    )
    return st.tuples(marks, formula).map(
        lambda both: Cell(
            node=v4.new_markdown_cell(f"w{number} {both[0][0]}{both[1]}{both[0][1]} end"),
            claims=(Claim(selector=".math", text=f"{both[0][0]}{both[1]}{both[0][1]}", is_prose=False),),
        )
    )


def _table(number: int) -> st.SearchStrategy[Cell]:
    """Return a table with text, code and math in its cells."""
    return (
        st.tuples(_line("|").filter(_inert), _line("|`"))
        .filter(lambda both: _inert("".join(both)))
        .map(
            lambda both: Cell(
                node=v4.new_markdown_cell(f"| w{number} | code |\n|---|---|\n| x {both[0]} x | `{both[1]}` |\n"),
                claims=(
                    Claim(selector="td:nth-of-type(1)", text=f"x {_read(both[0])} x"),
                    Claim(selector="td code", text=both[1], is_prose=False),
                ),
            )
        )
    )


def _image(number: int) -> st.SearchStrategy[Cell]:
    """Return an image with an alternative text and a caption."""
    return (
        st.tuples(_line("[]"), _line('"'))
        .filter(lambda both: _inert(" ".join(both)))
        .map(
            lambda both: Cell(
                node=v4.new_markdown_cell(f'![w{number} {both[0]} end](https://example.org/x.png "cap {both[1]} end")'),
                claims=(
                    Claim(selector="img", attribute="alt", text=f"w{number} {_read(both[0])} end"),
                    Claim(selector="figcaption", text=f"cap {_read(both[1])} end"),
                ),
            )
        )
    )


def _link(number: int) -> st.SearchStrategy[Cell]:
    """Return a link with braces in its text and its title."""
    return (
        st.tuples(_line("[]"), _line('"'))
        .filter(lambda both: _inert(" ".join(both)))
        .map(
            lambda both: Cell(
                node=v4.new_markdown_cell(f'w{number} [to {both[0]} end](https://example.org/?q=1 "{both[1]}") end'),
                claims=(
                    Claim(selector="a", text=f"to {_read(both[0])} end"),
                    Claim(selector="a", attribute="title", text=_read(both[1])),
                ),
            )
        )
    )


def _heading(number: int) -> st.SearchStrategy[Cell]:
    """Return two headings, which stand in the table of contents as well, one with a formula."""

    def cell(both: tuple[str, str]) -> Cell:
        first, second = f"w{number} {both[0]} end", f"x{number} {both[1]} $a_{{{{b}}}} < c$"
        return Cell(
            node=v4.new_markdown_cell(f"## {first}\n\ntext\n\n### {second}"),
            claims=(
                Claim(selector="h2", text=_read(first)),
                Claim(selector="h3", text=f"x{number} {_read(both[1])} $a_{{{{b}}}} < c$"),
            ),
        )

    return st.tuples(_line("#"), _line("#")).filter(lambda both: _inert(" ".join(both))).map(cell)


def _callout(number: int) -> st.SearchStrategy[Cell]:
    """Return a callout."""
    return (
        _line()
        .filter(_inert)
        .map(
            lambda text: Cell(
                node=v4.new_markdown_cell(f"> Note: w{number} {text} end"),
                claims=(Claim(selector=".flash", text=f"Note: w{number} {_read(text)} end"),),
            )
        )
    )


def _footnote(number: int) -> st.SearchStrategy[Cell]:
    """Return a footnote in the spelling of fastpages or Markdown's."""

    def cell(both: tuple[str, bool]) -> Cell:
        text, is_markdown = f"n {both[0]} n", both[1]
        mark, note = f"{{% fn {number} %}}", f"{{{{ '{text}' | fndetail: {number} }}}}"
        if is_markdown:
            mark, note = f"[^{number}]", f"[^{number}]: {text}"
        claim = Claim(selector=f'[id="fn-{number}"]', text=_read(text))
        return Cell(node=v4.new_markdown_cell(f"w{number} text{mark}\n\n{note}\n"), claims=(claim,))

    # A second opening before the end, `{{ '`, leaves open which of the two notes the author meant to begin.
    is_one = re.compile(r"(?:\{\{|<%=?)-?\s*['\"]|'\s*\|")
    return st.tuples(_line().filter(lambda text: _inert(text) and not is_one.search(text)), st.booleans()).map(cell)


def _nested(number: int) -> st.SearchStrategy[Cell]:
    """Return an alert with a list, and a list with a quote and code in it."""

    def cell(texts: tuple[str, ...]) -> Cell:
        first, item, quoted, code = texts
        source = (
            f"> [!WARNING]\n> w{number} {first} end\n>\n> - i{number} {item} end\n\n"
            f"1. *x{number}*\n\n   > q{number} {quoted} end\n\n   ```\n   {code}\n   ```\n"
        )
        claims = (
            Claim(selector=".flash p", text=f"w{number} {_read(first)} end"),
            Claim(selector=".flash li", text=f"i{number} {_read(item)} end"),
            Claim(selector="ol blockquote p", text=f"q{number} {_read(quoted)} end"),
            Claim(selector="ol pre", text=f"{code}\n", is_prose=False),
        )
        return Cell(node=v4.new_markdown_cell(source), claims=claims)

    texts = st.tuples(_line(), _line(), _line(), _line("`"))
    return texts.filter(lambda texts: _inert(" ".join(texts))).map(cell)


def _details(number: int) -> st.SearchStrategy[Cell]:
    """Return Markdown between tags of HTML, and a comment."""

    def cell(texts: tuple[str, str, str]) -> Cell:
        summary, inside, comment = texts
        escaped = summary.replace("&", "&amp;").replace("<", "&lt;")
        source = (
            f"<details open>\n<summary>{escaped}</summary>\n\nw{number} {inside} end\n\n</details>\n\n"
            f"<!-- {comment} -->\n\nx{number} end"
        )
        claims = (
            Claim(selector="summary", text=summary),
            Claim(selector="details p", text=f"w{number} {_read(inside)} end"),
        )
        return Cell(node=v4.new_markdown_cell(source), claims=claims)

    texts = st.tuples(_line(), _line(), _line(">"))
    return texts.filter(lambda texts: _inert(" ".join(texts))).map(cell)


def _target(number: int) -> st.SearchStrategy[Cell]:
    """Return links with braces in their targets: in angles, by reference, and bare."""

    def cell(both: tuple[str, str]) -> Cell:
        first, second = both
        source = (
            f"w{number} [a](<https://example.org/{first}>) [b{number}][r]\n\n"
            f'[r]: <https://example.org/x/{second}> "t {second} t"\n\n'
            f"<https://example.org/?q={{{{{number}}}}}>"
        )
        claims = (
            Claim(selector="p:nth-of-type(1) a:nth-of-type(1)", attribute="href", text=_address(first)),
            Claim(selector="p:nth-of-type(1) a:nth-of-type(2)", attribute="href", text=_address(f"x/{second}")),
            Claim(selector="p:nth-of-type(1) a:nth-of-type(2)", attribute="title", text=f"t {_read(second)} t"),
            Claim(selector="p:nth-of-type(2) a", text=f"https://example.org/?q={{{{{number}}}}}"),
        )
        return Cell(node=v4.new_markdown_cell(source), claims=claims)

    lines = st.tuples(_line("<>\\"), _line('<>"\\'))
    return lines.filter(lambda both: _inert(" ".join((*both, both[1]))) and "&" not in "".join(both)).map(cell)


def _address(path: str) -> str:
    """Return the address of *path* as CommonMark encodes it."""
    path = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", path)
    return quote(f"https://example.org/{path}", safe="%;/?:@&=+$,-_.!~*'()#")


def _captioned(number: int) -> st.SearchStrategy[Cell]:
    """Return an image with fastpages' own attribute for captions."""

    def cell(both: tuple[str, str]) -> Cell:
        alt, caption = (f"c{number} {text} end" for text in both)
        escaped = [text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;") for text in (alt, caption)]
        source = f'<img src="https://example.org/x.png" width="50%" alt="{escaped[0]}" caption="{escaped[1]}">'
        claims = (
            Claim(selector="img", attribute="alt", text=alt),
            Claim(selector="figcaption", text=caption),
        )
        return Cell(node=v4.new_markdown_cell(source), claims=claims)

    return st.tuples(_line(), _line()).filter(lambda both: _inert(" ".join(both))).map(cell)


def _plot(number: int) -> st.SearchStrategy[Cell]:
    """Return a plot whose text for the blind stands in the cell's metadata, and JavaScript with a string."""

    def cell(both: tuple[str, str]) -> Cell:
        alt, script = both[0], f"var w{number} = {json.dumps(both[1], ensure_ascii=False)};"
        png = b64encode(_PNG + bytes([number])).decode()
        outputs = [
            {"output_type": "display_data", "metadata": {}, "data": {"image/png": png, "text/plain": "<Figure>"}},
            {"output_type": "display_data", "metadata": {}, "data": {"application/javascript": script}},
            {"output_type": "stream", "name": "stderr", "text": f"\x1b[31m{alt}\x1b[0m\n"},
        ]
        claims = (
            Claim(selector=".output_png img", attribute="alt", text=f"a {alt} end"),
            Claim(selector=".output_javascript script", text=script, is_part=True),
            Claim(selector=".output_stderr pre", text=f"{alt}\n", is_prose=False),
        )
        node = v4.new_code_cell(
            f"plot({number})", outputs=nbformat.from_dict(outputs), metadata={"alt": f"a {alt} end"}
        )
        return Cell(node=node, claims=claims)

    return st.tuples(_line(), _line()).map(cell)


def _html(number: int) -> st.SearchStrategy[Cell]:
    """Return HTML in a text cell and in a raw cell: text, attribute, comment, script."""

    def cell(both: tuple[str, bool]) -> Cell:
        text, is_raw = both
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        html = (
            f'<div id="h{number}" data-x="{escaped}"><b>{escaped}</b><i title="{escaped}">x</i></div>'
            f'<script id="j{number}" type="text/plain">{text}</script>'
        )
        claims = (
            Claim(selector=f"#h{number}", attribute="data-x", text=text),
            Claim(selector=f"#h{number} b", text=text),
            Claim(selector=f"#h{number} i", attribute="title", text=text),
            Claim(selector=f"#j{number}", text=text, is_prose=False),
        )
        return Cell(node=v4.new_raw_cell(html) if is_raw else v4.new_markdown_cell(html), claims=claims)

    return st.tuples(_line().filter(lambda text: _inert(f"{text} {text}")), st.booleans()).map(cell)


def _code(number: int) -> st.SearchStrategy[Cell]:
    """Return a code cell with every kind of text output."""

    def cell(parts: tuple[str, str, str, str, str]) -> Cell:
        source, start, stream, rich, error = parts
        escaped = rich.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        html = (
            f'<p id="p{number}" title="{escaped}">{escaped}</p><script id="s{number}" type="text/plain">{rich}</script>'
        )
        svg = f'<svg id="g{number}" xmlns="http://www.w3.org/2000/svg"><text>{escaped}</text></svg>'
        caption = json.dumps(f"c {error} end", ensure_ascii=False)
        outputs = [
            {"output_type": "stream", "name": "stdout", "text": f"{start}{stream}\n"},
            {"output_type": "display_data", "metadata": {}, "data": {"text/html": html, "text/plain": ""}},
            {"output_type": "display_data", "metadata": {}, "data": {"application/json": {"k": rich}}},
            {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": f"m {error} end"}},
            {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": svg}},
            {"output_type": "display_data", "metadata": {}, "data": {"text/latex": f"${error}$"}},
            {"output_type": "display_data", "metadata": {}, "data": {"text/plain": f"{start}{stream}"}},
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": [f"E: {error}"]},
        ]
        claims = (
            Claim(selector=".input_area pre", text=f"x = {number}\n{source}\n", is_prose=False),
            Claim(selector=".output_stdout pre", text=f"{start}{stream}\n", is_prose=False),
            Claim(selector=f"#p{number}", text=rich, is_prose=False),
            Claim(selector=f"#p{number}", attribute="title", text=rich),
            Claim(selector=f"#s{number}", text=rich, is_prose=False),
            Claim(
                selector=".output_json pre", text=json.dumps({"k": rich}, indent=2, ensure_ascii=False), is_prose=False
            ),
            Claim(
                selector=".output_text:not(.output_stdout, .output_json, .output_error) pre",
                text=f"{start}{stream}",
                is_prose=False,
            ),
            Claim(selector=".output_markdown p", text=f"m {_read(error)} end"),
            Claim(selector=f"#g{number} text", text=rich, is_prose=False),
            Claim(selector=".output_svg figcaption", text=f"c {error} end"),
            Claim(selector=".output_latex .math", text=f"${error}$", is_prose=False),
            Claim(selector=".output_error pre", text=f"E: {error}", is_prose=False),
        )
        return Cell(
            node=v4.new_code_cell(
                f"#| fig-cap: {caption}\nx = {number}\n{source}", outputs=nbformat.from_dict(outputs)
            ),
            claims=claims,
        )

    return st.tuples(_lines(), st.sampled_from(("out ", "\n", "\n\n  ")), _lines(), _line(), _line()).map(cell)


KINDS: tuple[Callable[[int], st.SearchStrategy[Cell]], ...] = (
    *(_nested, _details, _target, _captioned, _plot),
    *(_prose, _inline_code, _mixed, _fence, _math, _table, _image, _link, _heading, _callout, _footnote, _html, _code),
)


EACH = 9
"""How many kinds of cells one notebook has."""


@st.composite
def _notebooks(draw: st.DrawFn) -> Notebook:
    kinds = draw(st.permutations(KINDS))[:EACH]
    cells = tuple(draw(kind(number)) for number, kind in enumerate(kinds, 1))
    title, description = (draw(_line(most=4).map(lambda text: f"T {text}")) for _ in range(2))
    return Notebook(
        title=title, description=description, footnotes=draw(st.sampled_from(("liquid", "html"))), cells=cells
    )


def notebooks(number: int) -> list[Notebook]:
    """Return *number* notebooks, the same ones every time."""
    made: list[Notebook] = []

    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_notebooks())
    def collect(example: Notebook) -> None:
        made.append(example)

    collect()
    return made
