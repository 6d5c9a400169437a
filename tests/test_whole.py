"""Whole HTML: a piece ends where it ends, whatever its author left open, and what is whole stays to the byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from converter.markup.balance import faults
from converter.markup.whole import whole
from tests import blogs
from tests.cases import each_case, read

if TYPE_CHECKING:
    from tests.conftest import MakeBlog

NAMES = (
    "p",
    "div",
    "b",
    "i",
    "span",
    "a",
    "ul",
    "li",
    "table",
    "tr",
    "td",
    "caption",
    "select",
    "option",
    "svg",
    "g",
    "style",
    "script",
    "textarea",
    "title",
    "details",
    "h1",
    "h2",
    "pre",
    "blockquote",
    "dl",
    "dt",
    "math",
    "mi",
    "foreignObject",
    "br",
    "img",
    "button",
    "html",
    "body",
    "meta",
    "colgroup",
    "ruby",
    "rt",
    "template",
    "iframe",
    "noscript",
)
SCRAPS = (
    *("<!--", "-->", "<![CDATA[", "]]>", "<?php ", "<!doctype html>", '<div class="x', '"', "<a href=", "<", ">", "</"),
    *('<p a="b"c>', '<p a b=c=d">', '<img src="a"">', '</p x="', "&#123;", "&lt;", "word", " ", "\n\n", "{{ x }}"),
)
TAGS = (*(f"<{name}>" for name in NAMES), *(f"</{name}>" for name in NAMES), *(f"<{name}/>" for name in NAMES[:9]))
PARTS_OF_TABLES = (
    *(
        "<table>",
        "</table>",
        "<tbody>",
        "</tbody>",
        "<tr>",
        "</tr>",
        "<td>1</td>",
        "<td>",
        "</td>",
        "</th>",
        "word",
        " ",
    ),
    *('<th a="b" c>1</th> ', "<tr><td>1</td><th>2</th></tr>\n", "<tr>\n<td>1</td>\n</tr>", "<td>1</th>", "<td/>1</td>"),
    *(
        "<td><b>1</b></td>",
        "<TD>1</TD>",
        "<p>",
        "<b>",
        "</b>",
        "<colgroup>",
        "<select>",
        "<template>",
        "<svg>",
        "<td a=>1</td>",
    ),
)
TABLES = st.builds(
    "{}{}".format,
    st.sampled_from(("", "<table>", "<table><tbody>", "<table><tr>", "<svg><tr>")),
    st.lists(st.sampled_from(PARTS_OF_TABLES), max_size=8).map("".join),
)
SOUP = st.lists(st.sampled_from(TAGS + SCRAPS), max_size=12).map("".join)


@each_case("whole")
def test_html_is_made_whole(text: str) -> str:
    """What was wrong is mended with as few changes as can be, and told where a reader would notice."""
    result = whole(text, liquid=True)
    return "\n".join([result.html, *(f"- {fault.message}" for fault in result.faults)])


@given(SOUP)
def test_no_piece_leaves_its_place(soup: str) -> None:
    """However broken: as HTML's own parser sees the page, what follows is still beside it, and it is made only once."""
    html = whole(soup).html
    page = LexborHTMLParser(f'<!DOCTYPE html><body><div id="A">{html}</div><p id="B">next</p>')
    following = page.css_first("#B")
    assert following is not None
    assert following.parent is not None
    assert following.parent.tag == "body"
    assert following.prev is not None
    assert following.prev.attributes.get("id") == "A"
    assert whole(html).html == html


@given(TABLES)
@example("<table><tr><td>1</th></table>")
@example("<table><tr><td>1</td>word<td>2</td></table>")
@example("<table><tr>word<td>1</td></tr></table>")
@example("<table><tr><td/>1</td><td a=b/>1</td></tr></table>")
def test_plain_cells_are_as_whole_as_others(table: str) -> None:
    """Cells that hold only text are passed over at once; with a comment in each they are not: it is all the same."""
    commented = re.sub(r"(?i)(?=</t[dh]>)", "<!-- -->", table)
    assert [(it.kind, it.says, it.tag) for it in faults(table)] == [
        (it.kind, it.says, it.tag) for it in faults(commented)
    ]
    assert whole(commented).html.replace("<!-- -->", "") == whole(table).html


@pytest.mark.parametrize("text", [case.text for case in read("whole")])
def test_a_second_time_changes_nothing(text: str) -> None:
    """What has been made whole is whole."""
    html = whole(text, liquid=True).html
    assert whole(html, liquid=True).html == html


@each_case("html_closed")
def test_a_cell_keeps_to_itself(text: str, blog: MakeBlog) -> str:
    """Text cells, raw cells, callouts, footnotes and outputs are each made whole, and findings say where."""
    post = blogs.convert(blog({blogs.FILE: blogs.of_text(text)}))
    findings = [str(it) for it in post.findings if it.rule == "html-closed"]
    return "\n".join([*findings, *blogs.body(post).split("\n")])
