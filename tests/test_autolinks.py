"""Bare addresses: links where cmark-gfm makes links, and no line is too long for them."""

from __future__ import annotations

import time

import cmarkgfm
import pytest
from bs4 import BeautifulSoup
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from converter.markdown.cells import PARSER

ADDRESSES = ("https://a.org", "http://a.org/p_q", "ftp://b.org", "www.a.org/x", "j.d_e@x.org", " mailto:j@x.org")
AROUND = (*"()\"',.;:?! \né/-+=", "x", "?q=1", "&amp;", "(a)", "</b>", "日本")
SECONDS = 2


def links(html: str) -> list[tuple[str, str]]:
    """Return address and text of every link in *html*."""
    return [(str(link["href"]), link.get_text()) for link in BeautifulSoup(html, "html.parser").find_all("a")]


@given(st.lists(st.sampled_from(ADDRESSES + AROUND), min_size=1, max_size=8).map("".join))
def test_links_are_those_of_cmark_gfm(text: str) -> None:
    """Whatever stands before and behind an address."""
    text = f"x {text}"
    theirs = cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)
    assert [shown for _, shown in links(PARSER.render(text))] == [shown for _, shown in links(theirs)]


@pytest.mark.parametrize(
    "text",
    [
        *(":" * 40_000, "@" * 40_000, "a:" * 20_000, "a@" * 20_000, "www." * 10_000, "http://" * 6_000),
        *("http://a" + ")" * 40_000, "http://a&" + "a;" * 20_000, "a.b@c.d" * 6_000, "x" * 40_000 + "@a.b"),
    ],
    ids=lambda text: text[:10],
)
def test_a_long_line_costs_no_more_than_its_length(text: str) -> None:
    """Nobody can hang a build with 40 000 characters; they take a fraction of a second."""
    start = time.perf_counter()
    PARSER.parse(text)
    assert time.perf_counter() - start < SECONDS
