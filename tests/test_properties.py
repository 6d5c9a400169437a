"""What holds for every blog: twice is once, order does not matter, nothing of the machine, no stray exception."""

from __future__ import annotations

import datetime
import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from converter import config, convert, discover, front_matter, pipeline, read
from converter.config import Config
from converter.errors import ConverterError, FrontMatterError
from tests import blogs, cases, goldens
from tests.test_images import PNG

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

    from tests.conftest import MakeBlog

TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=60)
PIECES = (
    *("# ", "- ", "> ", "1. ", "| a |\n|---|\n", "\n\n", "\n", "    ", "```", "~~~\n", "`", "*", "_", "~", "[x](", ")"),
    *("![", "]", "[^1]", "[^1]: ", "[x]: a.png", "<b ", "<img src=", "<script>", "</script>", "<!--", "-->", ">", '"'),
    *("'", "=", "$", "$$", "\\(", "\\)", "\\", "\\begin{a}", "\\end{a}", "{{", "}}", "{%", "%}", "{", "}", "x", "é"),
    *("{% raw %}", "{% endraw %}", "{%-endraw", "{% fn 1 %}", "{{ '", "' | fndetail: 1 }}", "> Note: ", "> [!TIP]\n"),
    *("> youtube: https://youtu.be/", ":smile:", "#hide\n", "#| echo: false\n", "#| fig-cap: ", "%%time\n", "---\n"),
    *("title: ", "- toc: true\n", "\x1b[31m", "\r", "🎉", "attachment:a.png", "2020-01-01-x.ipynb", "../../etc/passwd"),
    *("%2e%2e/", "http://[", "&#123;", "&amp;", "\x08", "\t"),
)
MIMETYPES = ("text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml", "image/png", "application/json")
SOURCE = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
OUTPUT = st.one_of(
    SOURCE.map(lambda text: {"output_type": "stream", "name": "stdout", "text": text}),
    SOURCE.map(lambda text: {"output_type": "error", "ename": text, "evalue": text, "traceback": [text]}),
    st.tuples(
        st.sampled_from(
            [
                "text/plain",
                "text/html",
                "text/markdown",
                "text/latex",
                "image/svg+xml",
                "image/png",
                "application/javascript",
            ]
        ),
        SOURCE,
    ).map(lambda pair: {"output_type": "display_data", "data": {pair[0]: pair[1]}}),
)
CELL = st.one_of(
    SOURCE.map(blogs.markdown),
    SOURCE.map(blogs.raw),
    st.builds(lambda source, outputs: blogs.code(source, *outputs), SOURCE, st.lists(OUTPUT, max_size=2)),
)


def _snapshot(root: Path) -> dict[str, bytes]:
    """Return every file of a blog but what may be forgotten."""
    files = (file for file in sorted(root.rglob("*")) if file.is_file() and ".nbpress" not in file.parts)
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in files}


def _golden(name: str) -> dict[str, bytes]:
    """Return the files of a golden blog, without what it becomes."""
    folder = goldens.FOLDER / name
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    paths = {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
    return {path: content for path, content in paths.items() if not path.startswith("expected/")}


@pytest.mark.parametrize("name", goldens.names())
def test_twice_is_once(name: str, blog: MakeBlog) -> None:
    """A second build writes nothing, removes nothing, and says the same."""
    root = blog(_golden(name))
    first = pipeline.build(config.load(root))
    after = _snapshot(root)
    second = pipeline.build(config.load(root))
    assert (second.written, second.removed, second.executed) == ((), (), ())
    assert _snapshot(root) == after
    assert [str(finding) for finding in second.findings] == [str(finding) for finding in first.findings]


@pytest.mark.parametrize("name", goldens.names())
def test_a_build_gives_what_converting_gives(name: str, blog: MakeBlog) -> None:
    """Posts and images on the disk are those of the goldens: building adds nothing of its own."""
    root = blog(_golden(name))
    pipeline.build(config.load(root))
    written = {path: content for path, content in _snapshot(root).items() if path not in _golden(name)}
    assert written == {path: content for path, content in goldens.expected(name).items() if path != goldens.FINDINGS}


def test_the_order_of_notebooks_does_not_matter(blog: MakeBlog) -> None:
    """Built one by one, backwards or all at once, a blog is the same."""
    files = _golden("outputs") | _golden("subfolder") | _golden("text")
    roots = [blog(files, name) for name in ("all", "forwards", "backwards")]
    names = [path for path in files if path.endswith(".ipynb") and "/_" not in path]
    pipeline.build(config.load(roots[0]))
    for root, order in zip(roots[1:], (names, names[::-1]), strict=True):
        for name in order:
            pipeline.build(config.load(root), [root / name])
    assert _snapshot(roots[1]) == _snapshot(roots[0])
    assert _snapshot(roots[2]) == _snapshot(roots[0])


def test_a_blog_may_lie_anywhere(blog: MakeBlog, tmp_path: Path) -> None:
    """Neither the folder's path nor today's date is in what is written, except where an author wrote it."""
    for name in goldens.names():
        root = blog(_golden(name), f"a blog of {name}")
        pipeline.build(config.load(root))
        for path, content in _snapshot(root).items():
            if path not in _golden(name):
                assert str(tmp_path).encode() not in content
                assert datetime.datetime.now(tz=datetime.UTC).date().isoformat().encode() not in content


@given(st.lists(CELL, max_size=4))
@example([blogs.markdown("[a](http://[)")])
@example([blogs.markdown("![a](" + "../" * 50 + "x)")])
def test_no_text_raises_anything_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, cells: list[NotebookNode]
) -> None:
    """Whatever stands in cells and outputs, there is a post, or an error that was raised on purpose."""
    post = _converted(tmp_path_factory, blogs.notebook(*cells))
    assert post is not None


@given(st.lists(CELL, max_size=3))
def test_converting_is_a_function(tmp_path_factory: pytest.TempPathFactory, cells: list[NotebookNode]) -> None:
    """The same notebook gives the same post, findings and all, and is not changed by that."""
    nb = blogs.notebook(*cells)
    before = json.dumps(nb)
    first, second = (_converted(tmp_path_factory, nb) for _ in range(2))
    assert first == second
    assert json.dumps(nb) == before


@given(st.lists(SOURCE, max_size=3))
def test_code_and_outputs_stay_in_their_raw_block(tmp_path_factory: pytest.TempPathFactory, sources: list[str]) -> None:
    """Each code cell has one end of a raw block, its own, whatever code, text, errors and captions say."""
    shown = [
        {"output_type": kind, **({"data": {"text/plain": text}} if kind == "display_data" else {"traceback": [text]})}
        for text in sources
        for kind in ("display_data", "error")
    ]
    nb = blogs.notebook(*(blogs.code(f"x\n{text}", *shown) for text in sources))
    assert len(re.findall(r"\{%-?\s*endraw", _converted(tmp_path_factory, nb))) == len(nb.cells)


def _converted(factory: pytest.TempPathFactory, nb: NotebookNode) -> str:
    """Return the post of *nb*, or the error that was raised on purpose."""
    settings = Config(root=factory.getbasetemp())
    source = discover.source(settings.root / blogs.FILE, settings)
    try:
        post = convert.notebook(read.notebook(source, json.dumps(nb).encode()), source, settings)
    except ConverterError as error:
        return str(error)
    return "\n".join([post.text, *map(str, post.findings)])


@pytest.mark.parametrize("file", sorted(file.stem for file in cases.FOLDER.glob("*.md")))
def test_every_case_goes_through_the_whole_pipeline(file: str, blog: MakeBlog) -> None:
    """Each input of the case files, as text, as code and as output, becomes a post."""
    for case in cases.read(file):
        output = {"output_type": "display_data", "data": {"text/html": case.text, "text/plain": case.text}}
        nb = blogs.notebook(blogs.markdown(case.text), blogs.code(case.text, output), blogs.raw(case.text))
        root = blog({blogs.FILE: nb, "_notebooks/a.png": PNG}, name="blog")
        try:
            assert blogs.convert(root).text.startswith("---\n")
        except FrontMatterError:
            assert file == "front_matter"  # some of whose cases are about values that are wrong


@given(TEXT.filter(lambda text: text.strip()))
@example("Deep learning: A tutorial")
@example("a\u2028b \u0085 \ufeff")
@example("- {a: b}")
@example("0x1F")
@example("1e3")
@example("é\u0301")
@example("a\nb")
def test_front_matter_always_reads_back(title: str) -> None:
    """Any title gives YAML that reads back to that title, as text."""
    nb = blogs.notebook(title=title, nested={"a": 1})
    values = yaml.safe_load(_block(nb))
    assert values["title"] == title


@given(
    st.dictionaries(
        st.from_regex(r"\A[a-z]{4}_[a-z]{3}\Z"),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), TEXT),
            lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
            max_leaves=5,
        ),
        max_size=4,
    )
)
def test_any_value_of_metadata_reads_back(extra: dict[str, object]) -> None:
    """Keys of the author's own pass through with any value that JSON can hold."""
    nb = blogs.notebook(front_matter={"title": "T", **extra}, title=None)
    values = yaml.safe_load(_block(nb))
    assert {key: values[key] for key in extra} == extra


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cs"]), min_size=1, max_size=40)
)
def test_a_heading_reads_back(title: str) -> None:
    """Any heading gives a title that is text, and that says what the heading says."""
    plain = title.strip()
    if not plain or plain.strip("#").strip() != plain or plain[0] in "'\"":
        return
    nb = blogs.notebook(blogs.markdown(f"# {plain}"), title=None)
    assert yaml.safe_load(_block(nb))["title"] == plain


def _block(nb: NotebookNode) -> str:
    """Return the front matter of *nb*."""
    settings = Config()
    return front_matter.block(front_matter.parse(nb, discover.source(settings.root / blogs.FILE, settings), settings))
