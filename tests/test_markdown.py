"""Text cells → HTML: GitHub's Markdown, math, headings, links, emoji."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.common import normalize_url
from nbconvert.filters.strings import add_anchor

from converter.markdown import cells
from tests import blogs
from tests.cases import Case, each_case, read, same

if TYPE_CHECKING:
    from tests.conftest import MakeBlog

OTHERS = {
    "_notebooks/2020-01-01-other.ipynb": blogs.notebook(
        blogs.markdown("## A heading\n\n<a id='mark'></a>\n\n## A heading")
    ),
    "_notebooks/undated.ipynb": blogs.notebook(),
    "_notebooks/deep/2020-01-03-with space.ipynb": blogs.notebook(),
    "_notebooks/data/a b.csv": "a,b\n",
    "_notebooks/README": "",
    "assets/slides.pdf": "",
    "../outside.txt": "",
}


@each_case("markdown")
def test_text_becomes_html(text: str, blog: MakeBlog) -> str:
    """Every construct of GitHub's Markdown has the markup of the first fastpages posts."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({})))


@each_case("math")
def test_math_is_opaque(text: str, blog: MakeBlog) -> str:
    """Nothing happens to math between source and page, and nothing but math is math."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({})))


@each_case("cites")
def test_citations_of_latex_lead_to_references(text: str, blog: MakeBlog) -> str:
    r"""`\cite{name}` is a link to the entry of that name, and text in code and math."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({})))


@each_case("raw_code")
def test_raw_tags_around_a_whole_block_of_code_are_not_shown(text: str, blog: MakeBlog) -> str:
    """What fastpages wanted around the Liquid of a block goes; every other tag in code stays."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({})))


@each_case("headings")
def test_headings_have_unique_ids(text: str, blog: MakeBlog) -> str:
    """Every heading has the id that nbconvert would give it, and no two have the same."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({})))


@pytest.mark.parametrize(
    "text",
    [
        "Plain words",
        "a `b` *c* & d",
        "[x](y) <b>z</b>",
        '"q" it\'s',
        "ünï 数据",
        "{{ a }} {% b %}",
        "50% of a/b?c#d",
        "a  b",
        "$a_1$",
    ],
)
def test_ids_of_headings_are_those_of_nbconvert(text: str, blog: MakeBlog) -> None:
    """Links that authors made to headings of their old posts go on leading there."""
    html = blogs.text_cells(blogs.notebook(blogs.markdown(f"## {text}")), blog({})).html[0]
    ours = re.findall(r'<h2 id="([^"]*)">(.*?)<a class="anchor-link"', html)
    theirs = re.search(r'id="([^"]*)"', add_anchor(f"<h2>{ours[0][1]}</h2>"))
    assert theirs is not None
    assert unescape(ours[0][0]) == unescape(theirs[1])


@each_case("links")
def test_links_to_notebooks_lead_to_posts(text: str, blog: MakeBlog) -> str:
    """A link to another notebook becomes one to its post; every other link is left alone, and told of if it is dead."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog(OTHERS)))


@each_case("emoji")
def test_short_codes_become_emoji_in_prose_only(text: str, blog: MakeBlog) -> str:
    """Short codes are characters in prose and themselves in code, math and addresses."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({})))


@pytest.mark.parametrize("case", read("commonmark"), ids=lambda case: case.title)
def test_structure_is_that_of_cmark_gfm(case: Case, blog: MakeBlog) -> None:
    """Where readings of Markdown differ, GitHub's own parser is the arbiter."""
    html = blogs.text_cells(blogs.notebook(blogs.markdown(case.text)), blog({})).html[0]
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    same(_structure(html), _structure(cmarkgfm.github_flavored_markdown_to_html(case.text, options)))
    same(_structure(html), case.expected)


def _structure(html: str) -> str:
    """Return the elements and texts of *html*, one a line, without what is markup of our own or of GitHub's."""
    html = re.sub(r'<a class="anchor-link".*?</a>', "", html)
    html = re.sub(r"</?(?:tbody|thead|span)\b[^>]*>", "", html)
    html = re.sub(
        r'<div class="highlight"><pre>(.*?)</pre></div>', r"<pre><code>\1</code></pre>", html, flags=re.DOTALL
    )
    html = re.sub(r'<pre lang="[^"]*">', "<pre>", html)
    html = re.sub(r'<(h\d|li|ol|ul|code)(?: (?:id|class)="[^"]*")+>', r"<\1>", html)
    html = re.sub(
        r"<input[^>]*?(?=( checked)?)(?:[^>]*)>", lambda tag: f"<input{' checked' * ('checked' in tag[0])}>", html
    )
    html = re.sub(r'<(t[dh]) (?:style="text-align:\s*(\w+)"|align="(\w+)")>', r"<\1 \2\3>", html)
    html = html.replace("&quot;", '"').replace("&#39;", "'").replace(" />", ">").replace("<br/>", "<br>")
    parts = [part.strip() for part in re.split(r"(<[^>]+>)", html)]
    return "\n".join(part if part.startswith("<") else f"  {part}" for part in parts if part)


_PARTS = (
    "http://",
    "https://",
    "a",
    "b.c",
    "//",
    "/",
    "..",
    ".",
    "-",
    "xn--",
    "~",
    "?",
    "#",
    "=",
    "&",
    "é",
    "%20",
    "_",
    "A",
    " ",
)


@given(st.lists(st.sampled_from(_PARTS), max_size=8).map("".join))
def test_plain_addresses_are_what_they_would_become(address: str) -> None:
    """The short way for addresses that need no encoding takes none that does."""
    assert cells._normal_link(address) == normalize_url.normalizeLink(address)
