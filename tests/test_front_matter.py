"""Front matter: three spellings of one meaning, written so that it always reads back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from converter import config, discover, front_matter, matter_keys, matter_text
from converter.errors import FrontMatterError
from tests import blogs
from tests.cases import Case, each_case, read, same

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

    from converter.model import FrontMatter
    from tests.conftest import MakeBlog


def _parsed(nb: NotebookNode, root: Path, file: str = blogs.FILE) -> FrontMatter:
    settings = config.load(root)
    return front_matter.parse(nb, discover.source(settings.root / file, settings), settings)


@pytest.mark.parametrize("case", read("titles"), ids=lambda case: case.title)
def test_titles_read_back_as_their_author_meant_them(case: Case, blog: MakeBlog) -> None:
    """The input is the title of a fastpages cell; expected is its line of YAML, which gives it back as text."""
    text = front_matter.block(_parsed(blogs.notebook(blogs.markdown(f"# {case.text}"), title=None), blog({})))
    intended = case.text[1:-1] if case.title.startswith("quotes are YAML") else case.text
    assert yaml.safe_load(text)["title"] == intended
    same(text.splitlines()[0], case.expected)


@pytest.mark.parametrize("case", read("titles"), ids=lambda case: case.title)
def test_titles_of_a_yaml_block_are_yaml_where_they_can_be(case: Case, blog: MakeBlog) -> None:
    """In a `---` block the title is what YAML says, comments and all; where YAML has no text, it is as written."""
    nb = blogs.notebook(blogs.raw(f"---\ntitle: {case.text}\n---"), title=None)
    try:
        value = yaml.safe_load(f"title: {case.text}")["title"]
    except yaml.YAMLError:
        value = None
    intended = value if isinstance(value, str) else case.text
    assert yaml.safe_load(front_matter.block(_parsed(nb, blog({}))))["title"] == intended


@pytest.mark.parametrize("case", read("titles"), ids=lambda case: case.title)
def test_titles_in_metadata_are_text_already(case: Case, blog: MakeBlog) -> None:
    """What `metadata.front_matter` holds is a value, not YAML: its quotes are part of it."""
    nb = blogs.notebook(blogs.markdown("text"), title=case.text)
    assert yaml.safe_load(front_matter.block(_parsed(nb, blog({}))))["title"] == case.text


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("nb_path", "nb_path: _x/y.ipynb"),
        ("preview", "preview: _x/y.ipynb"),
        ("on", 'on: "_x/y.ipynb"'),
        ("null", 'null: "_x/y.ipynb"'),
        ("1", '1: "_x/y.ipynb"'),
    ],
)
def test_a_path_is_plain_where_its_line_reads_back(key: str, line: str) -> None:
    """What YAML takes for another key does not read back, and its value is in quotes."""
    assert matter_text.written(key, "_x/y.ipynb", "_x/y.ipynb") == line


@each_case("front_matter")
def test_front_matter_is_read_and_written(text: str, blog: MakeBlog) -> str:
    """Expected: the block of the post, what of its cell stays in the post, and findings."""
    try:
        matter = _parsed(blogs.of_text(text), blog({}))
    except FrontMatterError as error:
        return "\n".join(f"error {one} [{one.rule}]" for one in (error, *error.also))
    block = front_matter.block(matter)
    assert yaml.safe_load(block).keys() == matter.values.keys()
    return "\n".join(
        [block + "----", f"cell {matter.cell}, {matter.rest_line} lines: {matter.rest!r}", *map(str, matter.findings)]
    )


VALUES = {
    matter_keys.FLAG: ("true", "maybe"),
    matter_keys.NUMBER: ("3", "third"),
    matter_keys.SECONDS: ("60", "-1"),
    matter_keys.LIST: ("[a, b]", "{a: b}"),
    matter_keys.DATE: ("2020-01-31", "2020-01-32"),
    matter_keys.SIZE: ("512 MB", "much"),
    matter_keys.CHOICE: (None, "sometimes"),
    matter_keys.TEXT: ("some text", None),
    matter_keys.ANY: ("some text", None),
}
"""A right and a wrong value for each kind of key; any value is some text."""


@pytest.mark.parametrize("key", matter_keys.KEYS)
def test_every_key_is_read_checked_and_guessed(key: str, blog: MakeBlog) -> None:
    """A right value goes into the post as it is, a wrong one is refused with its line, a slip of the key is told."""
    root = blog({})

    def parsed(name: str, value: str) -> FrontMatter:
        return _parsed(blogs.notebook(blogs.markdown(f"# T\n\n- {name}: {value}"), title=None), root)

    right, wrong = VALUES[matter_keys.KEYS[key]]
    right = right or matter_keys.CHOICES[key][-1]
    matter = parsed(key, right)
    assert f"\n{key}: {right}\n" in f"\n{front_matter.block(matter)}"
    assert [finding.rule for finding in matter.findings] == []
    if wrong:
        with pytest.raises(FrontMatterError, match=rf"cell 1, line 3: {key}: must be"):
            parsed(key, wrong)
    swapped = key[:-2] + key[-1] + key[-2]  # of a short word, another short word
    for slip in sorted({key.title(), key.replace("_", "-"), swapped if len(key) > len("tags") else key} - {key}):
        misspelt = parsed(slip, right)
        assert f"{slip}: {right}" in front_matter.block(misspelt)
        told = [str(finding) for finding in misspelt.findings]
        assert len(told) == 1, slip
        assert f"{slip!r} is unknown; did you mean '{key}'?" in told[0]


def test_defaults_of_the_site_come_first_and_the_author_wins(blog: MakeBlog) -> None:
    """`notebooks.front_matter` is where every post starts from."""
    root = blog({"_config.yml": "notebooks:\n  front_matter: {keywords: fastai, toc: true, author: 'A: B'}\n"})
    nb = blogs.notebook(blogs.markdown("# T\n\n- toc: false\n- tags: [x]"), title=None)
    assert front_matter.block(_parsed(nb, root)) == (
        'keywords: fastai\ntoc: false\nauthor: "A: B"\ntitle: T\ntags: [x]\n'
        "nb_path: _notebooks/2020-01-02-post.ipynb\nlayout: notebook\n"
    )


def test_a_path_with_special_characters_reads_back(blog: MakeBlog) -> None:
    """`nb_path` is text, whatever the notebook is called."""
    file = "_notebooks/2020-01-02-a: b #c 'd'.ipynb"
    values = yaml.safe_load(front_matter.block(_parsed(blogs.notebook(), blog({}), file)))
    assert values["nb_path"] == file


def test_a_key_is_added_before_those_that_come_last(blog: MakeBlog) -> None:
    """`use_math` stands before `nb_path` and `layout`; what the author says of it stays."""
    matter = _parsed(blogs.notebook(), blog({}))
    assert list(front_matter.add(matter, "use_math", value=True).values) == ["title", "use_math", "nb_path", "layout"]
    said = _parsed(blogs.notebook(blogs.markdown("# T\n- use_math: false"), title=None), blog({}))
    assert front_matter.add(said, "use_math", value=True) == said


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (blogs.markdown("$a_1$"), True),
        (blogs.markdown("A.{% fn 1 %}\n\n{{ '$a_1$' | fndetail: 1 }}"), True),
        (blogs.code("x", {"output_type": "display_data", "data": {"text/latex": "$a_1$"}}), True),
        (blogs.code("x", {"output_type": "display_data", "data": {"text/markdown": "$a_1$"}}), True),
        (blogs.markdown("$5 or $6"), None),
        (blogs.markdown("`$a_1$`"), None),
        (blogs.code("'$a_1$'", {"output_type": "stream", "name": "stdout", "text": "$a_1$"}), None),
    ],
    ids=["text", "footnote", "LaTeX", "Markdown output", "noop: prices", "noop: code", "noop: stream"],
)
def test_posts_with_math_say_so(blog: MakeBlog, cell: NotebookNode, *, expected: bool | None) -> None:
    """`use_math: true` stands where a text cell or an output holds math, and nowhere else."""
    root = blog({blogs.FILE: blogs.notebook(cell)})
    assert yaml.safe_load(blogs.convert(root).text.split("---")[1]).get("use_math") is expected
