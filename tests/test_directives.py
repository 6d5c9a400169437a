"""Directives: every spelling means the same, wherever it may stand; nothing else is one."""

from __future__ import annotations

import itertools
from dataclasses import fields

import pytest

from converter import directives
from converter.views import Show, View
from tests import blogs
from tests.cases import each_case

CLOSED, OPEN = View(input=Show.CLOSED), View(input=Show.OPEN)
COMMENTS = {
    "hide": View(removed=True),
    "hide_input": View(input=Show.HIDDEN),
    "hide_output": View(output=Show.HIDDEN),
    "collapse": CLOSED,
    "collapse_hide": CLOSED,
    "collapse_input": CLOSED,
    "collapse_show": OPEN,
    "collapse_input open": OPEN,
    "collapse_output": View(output=Show.CLOSED),
    "volatile": View(volatile=True),
    "export": View(input=Show.HIDDEN),
    "export module.name": View(input=Show.HIDDEN),
    "exports": View(input=Show.HIDDEN),
    "exporti": View(removed=True),
    "default_exp core": View(removed=True),
    "default_cls_lvl 3": View(),
}
SIGNS = ("#", "//", "--", ";", ";;", "% ")
"""What comments begin with in languages that have a kernel."""
OPTIONS = {
    "include: false": View(removed=True),
    "echo: false": View(input=Show.HIDDEN),
    "output: false": View(output=Show.HIDDEN),
    "code-fold: true": CLOSED,
    "code-fold: show": OPEN,
    "eval: false": View(skipped=True),
    "error: true": View(may_fail=True),
    "volatile: true": View(volatile=True),
    "fig-cap: A caption": View(caption="A caption"),
    "fig-alt: 'An alt text'": View(alt="An alt text"),
    "label: fig-one": View(label="fig-one"),
    "renderings: [light, dark]": View(renderings=("light", "dark")),
}
TAGS = {
    "remove-cell": View(removed=True),
    "remove-input": View(input=Show.HIDDEN),
    "remove-output": View(output=Show.HIDDEN),
    "hide-input": CLOSED,
    "hide-output": View(output=Show.CLOSED),
    "hide-cell": View(input=Show.CLOSED, output=Show.CLOSED),
    "skip-execution": View(skipped=True),
    "raises-exception": View(may_fail=True),
    "volatile": View(volatile=True),
}
POSITIONS = {
    "first": "{}\nx = 1",
    "after an ordinary comment": "# load data\n{}\nx = 1",
    "after an empty line": "\n{}\nx = 1",
    "before a magic": "{}\n%%time\nx = 1",
    "after a magic": "%%time\n{}\nx = 1",
    "without code": "{}",
}


def _spellings() -> list[tuple[str, View]]:
    found = []
    for words, view in COMMENTS.items():
        cases = (words, words.upper(), words.title())
        for text, hyphens, space in itertools.product(cases, (False, True), ("", " ", "  ")):
            name, _, rest = text.partition(" ")
            spelt = f"{name.replace('_', '-') if hyphens else name} {rest}".rstrip()
            found += [(f"{sign}{space}{spelt}", view) for sign in SIGNS]
            found.append((f"#|{space}{spelt}", view))
    for words, view in OPTIONS.items():
        found += [(f"#| {words}", view), (f"#|{words}", view), (f"#|   {words}  ", view), (f"# | {words}", view)]
        found += [(f"{sign.strip()}| {words}", view) for sign in SIGNS]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("position", POSITIONS.values(), ids=POSITIONS)
def test_every_spelling_counts_in_every_position(position: str) -> None:
    """Case, space and hyphens do not matter, nor what stands above; the line goes and nothing else."""
    for spelling, view in _spellings():
        directed = directives.of_source(position.format(spelling))
        assert directed.view == view, spelling
        expected = position.replace("{}\n", "").replace("{}", "").lstrip("\n")
        assert directed.source == expected, spelling
        assert directed.suspects == (), spelling


@pytest.mark.parametrize(("tag", "view"), TAGS.items())
def test_tags_of_jupyter_book_mean_the_same(tag: str, view: View) -> None:
    """Tags are read with hyphens or underscores, in any case."""
    for spelling in (tag, tag.replace("-", "_"), tag.upper()):
        assert directives.of_cell(blogs.code("x", tags=["other", spelling])) == view


@pytest.mark.parametrize(
    ("metadata", "view"),
    [
        ({"hide_input": True}, View(input=Show.HIDDEN)),
        ({"hide_output": True}, View(output=Show.HIDDEN)),
        ({"caption": "c", "alt": "a"}, View(caption="c", alt="a")),
        ({"hide_input": False, "hide_output": None, "tags": None}, View()),
    ],
)
def test_metadata_of_extensions_mean_the_same(metadata: dict[str, object], view: View) -> None:
    """The notebook extensions' metadata count where they are true."""
    assert directives.of_cell(blogs.code("x", **metadata)) == view


def test_metadata_of_the_notebook_hold_for_all_its_cells() -> None:
    """`hide_input: true` in the notebook hides the input of every code cell."""
    assert directives.of_notebook(blogs.notebook(hide_input=True)) == View(input=Show.HIDDEN)


def test_markdown_cells_have_no_comments() -> None:
    """`#hide` in a text cell is a heading; only a tag can remove it."""
    assert directives.of_cell(blogs.markdown("#hide\ntext")) == View()
    assert directives.of_cell(blogs.markdown("text", tags=["remove-cell"])).removed


@each_case("directives")
def test_directives_leave_the_source(text: str) -> str:
    """What directives ask for, what is left of the source, and comments that look misspelt."""
    directed = directives.of_source(text)
    default = View()
    view = [
        f"{field.name}: {value.name.lower() if isinstance(value, Show) else value}"
        for field in fields(View)
        if (value := getattr(directed.view, field.name)) != getattr(default, field.name)
    ]
    suspects = [f"line {suspect.line}: {suspect.message}" for suspect in directed.suspects]
    return "\n".join([*(view or ["nothing"]), *suspects, "----", directed.source])


@each_case("directives_overlooked")
def test_directives_below_the_code_are_told(text: str) -> str:
    """Lines that have no effect where they stand; fastpages looked everywhere."""
    return "\n".join(f"line {suspect.line}: {suspect.message}" for suspect in directives.overlooked(text))
