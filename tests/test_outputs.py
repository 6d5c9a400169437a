"""Outputs: what of them a post shows, as text without anything that differs from run to run."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from converter import config, directives, discover, liquid, outputs, streams
from converter.outputs import Names, Output
from tests import blogs
from tests.cases import each_case
from tests.test_images import PNG

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

    from tests.conftest import MakeBlog

SHOWN = ("template", "html")
IMAGE = base64.b64encode(PNG).decode()


def _shown(cell: NotebookNode, root: Path, names: Names | None = None) -> tuple[Output, ...]:
    settings = config.load(root)
    source = discover.source(settings.root / blogs.FILE, settings)
    return outputs.of_cell(cell, directives.of_cell(cell), source, settings, names or Names(headings=set()))


def _told(cell: NotebookNode, root: Path) -> str:
    lines = []
    for output in _shown(cell, root):
        lines.append(f"[{output.template}]")
        lines += [
            f"{field.name}: {value.path if field.name == 'asset' else value}"
            for field in fields(Output)
            if field.name not in SHOWN and (value := getattr(output, field.name))
        ]
        lines += output.html.split("\n") if output.html else []
    return "\n".join(lines)


def _case(text: str, root: Path) -> str:
    return _told(blogs.of_text("%% code\n" + text.replace("IMAGE", IMAGE)).cells[0], root)


@each_case("streams")
def test_streams_show_what_a_terminal_shows(text: str, blog: MakeBlog) -> str:
    """Fragments are joined, carriage returns and backspaces applied, colours are classes."""
    return _case("x\n%% outputs\n" + text, blog({}))


_PIECES = (
    "Users",
    "home",
    "C:",
    "\\",
    "/",
    "root",
    "me",
    "ipykernel_12",
    "/private/var/folders/a/b/T",
    "34.py",
    "\x1b[0m",
)
_LIQUID = ("{%", "-", " ", "endraw", "end", "raw", "%}", "&", "x")


@given(st.lists(st.sampled_from(_PIECES)).map("".join), st.lists(st.sampled_from(_LIQUID)).map("".join))
def test_texts_without_a_word_need_no_pattern(printed: str, tag: str) -> None:
    """Whether there is a home folder, or an end of `raw`, is asked of a plain word first; the answer is the same."""
    home = streams._HOME.sub(r"\1~", printed)
    assert streams.without_home(printed) == home
    assert streams.without_place(printed) == streams._PROCESS.sub("<cell>", home)
    assert liquid.defuse_in_raw(tag) == liquid._ANY_ENDRAW.sub("&#123;%", tag)


@each_case("errors")
def test_errors_show_no_home_folder(text: str, blog: MakeBlog) -> str:
    """A traceback tells where in the code, not on whose machine."""
    return _case("x\n%% outputs\n" + text, blog({}))


@each_case("outputs")
def test_the_best_representation_is_shown(text: str, blog: MakeBlog) -> str:
    """Of a mimebundle one payload is picked, in the order of display priority."""
    return _case(text, blog({}))


@each_case("json")
def test_big_json_is_folded(text: str, blog: MakeBlog) -> str:
    """In the post: what is large can be unfolded, what is small stays as it is, and no line is missing."""
    payload = json.loads(re.sub(r"\.\.\.(\d+)", lambda it: ", ".join(map(str, range(int(it[1])))), text))
    output = {"output_type": "display_data", "metadata": {}, "data": {"application/json": payload}}
    shown = blogs.body(blogs.convert(blog({blogs.FILE: blogs.notebook(blogs.code("x", output))})))
    found = re.search(r'<div class="output_json[^>]*>\n(.*?)\n</div>', shown, re.DOTALL)
    assert found
    lines = [line for line in html.unescape(re.sub("<[^>]*>", "\n", found[1])).split("\n") if line.strip()]
    assert lines == json.dumps(payload, indent=2, ensure_ascii=False).split("\n")
    return found[1]


@each_case("charts")
def test_charts_name_the_libraries_that_draw_them(text: str, blog: MakeBlog) -> str:
    """Whatever form a chart was stored in, no page loads a library from where the notebook would have."""
    return _case(text, blog({}))


@each_case("figure_alt")
def test_figures_say_what_they_show(text: str, blog: MakeBlog) -> str:
    """Nothing is made up: where neither author nor figure has words, there are none, and a warning."""
    names = Names(headings=set())
    cell = blogs.of_text("%% code\n" + text.replace("IMAGE", IMAGE)).cells[0]
    figures = [output for output in _shown(cell, blog({}), names) if output.template in ("image", "svg")]
    return "\n".join(
        [*(f'"{output.alt}"' for output in figures), *(f"{found.rule}: {found.message}" for found in names.findings)]
    )


@each_case("inline_images")
def test_images_can_stay_in_the_page(text: str, blog: MakeBlog) -> str:
    """`inline_images: true` writes no file; everything else is the same."""
    return _case(text, blog({"_config.yml": "notebooks: {inline_images: true}\n"}))


@each_case("terminal")
def test_a_terminal_shows_the_last_state(text: str) -> str:
    """The input is Python's notation of a string, as is the output."""
    return repr(streams.terminal(eval(f'"{text}"', {}, {})))[1:-1]  # noqa: S307 - a literal of ours


def test_the_same_picture_twice_is_one_file(blog: MakeBlog) -> None:
    """Names come from the content, so equal outputs share a file and a new cell renames nothing."""
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": IMAGE}}
    first, second = _shown(blogs.code("x", picture, picture), blog({}))
    assert first == second
    assert first.asset is not None
    assert first.asset.content == PNG


def test_no_two_outputs_of_a_post_share_an_id(blog: MakeBlog) -> None:
    """Different scripts never share the id of their element, and neither does the same script shown twice."""
    scripts = [{"application/javascript": text} for text in ("one()", "two()", "one()", "one()")]
    made = [{"output_type": "display_data", "metadata": {}, "data": data} for data in scripts]
    shown = _shown(blogs.code("x", *made), blog({}))
    assert len({output.name for output in shown}) == 4


def test_files_that_an_output_names_are_published(blog: MakeBlog) -> None:
    """As those of text cells; a missing one is an error of its cell, in a style sheet a warning."""
    shown = (
        "<audio><source src='song.mp3'></audio><video src='film.mp4' controls></video><iframe src='map.html'></iframe>"
        "<style>p {background: url(back.png)} q {background: url(gone.png)}</style><object data='gone.pdf'></object>"
    )
    names = ("song.mp3", "film.mp4", "map.html", "back.png")
    nb = blogs.notebook(blogs.code("x", {"output_type": "display_data", "metadata": {}, "data": {"text/html": shown}}))
    post = blogs.convert(blog({blogs.FILE: nb, **{f"_notebooks/{name}": b"x" for name in names}}))
    published = {str(asset.path): asset.content for asset in post.assets}
    assert published == {f"images/copied_from_nb/{name}": b"x" for name in names}
    assert all(re.search(rf"[('\"]/images/copied_from_nb/{name}[)'\"]", post.text) for name in names)
    assert [(it.rule, it.severity, it.cell, it.message.partition(";")[0]) for it in post.findings] == [
        ("image-exists", "error", 1, "in an output, there is no file gone.pdf"),
        ("image-exists", "warning", 1, "in an output, there is no image gone.png"),
    ]
