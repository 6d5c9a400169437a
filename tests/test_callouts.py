"""Block quotes that are callouts, alerts or embeds, and those that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import blogs
from tests.cases import each_case

if TYPE_CHECKING:
    from tests.conftest import MakeBlog


@each_case("callouts")
def test_marked_block_quotes_become_callouts(text: str, blog: MakeBlog) -> str:
    """The whole quote is the callout: several paragraphs, lists, code."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({})))


@each_case("embeds")
def test_addresses_become_embeds_without_network(text: str, blog: MakeBlog) -> str:
    """All forms of address name the same video; a quote with more in it is a quote."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({})))


@each_case("block_quotes")
def test_ordinary_block_quotes_are_left_alone(text: str, blog: MakeBlog) -> str:
    """A colon, a bold word or an unknown alert does not make a callout."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({})))
