"""The addresses of posts are those that Jekyll itself gives them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cases import Case, read
from tests.jekyll.test_liquid_valid import ruby
from tests.test_permalinks import files_of

if TYPE_CHECKING:
    from tests.conftest import MakeBlog

pytestmark = pytest.mark.jekyll

PUBLISHED = """
require "json"
require "jekyll"
Jekyll.logger.log_level = :error
site = Jekyll::Site.new(Jekyll.configuration("source" => ARGV[0], "destination" => "/site", "quiet" => true))
site.reset
site.read
puts JSON.generate(site.posts.docs.to_h { |post| [post.relative_path, post.destination("/site").sub("/site", "")] })
"""


@pytest.mark.parametrize("case", read("permalinks"), ids=lambda case: case.title)
def test_jekyll_publishes_posts_where_we_say(case: Case, blog: MakeBlog, requires_jekyll: str) -> None:
    """Every case of `permalinks.md` is a blog."""
    del requires_jekyll
    root = blog(files_of(case.text))
    said: dict[str, str] = json.loads(ruby(PUBLISHED, str(root), cwd=root))
    expected, _, _ = case.expected.partition("\n----")
    assert sorted(f"{path}: {place}" for path, place in said.items()) == sorted(expected.splitlines())
