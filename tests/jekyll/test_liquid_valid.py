"""Findings about Liquid are what Jekyll says: it refuses what they call an error, and takes everything else."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from converter.markdown import live
from tests import blogs
from tests.cases import read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeBlog

pytestmark = pytest.mark.jekyll

RENDERED = """
require "json"
require "jekyll"
Jekyll.logger.log_level = :error
site = Jekyll::Site.new(Jekyll.configuration("source" => ARGV[0], "quiet" => true))
site.reset
site.read
verdicts = site.posts.docs.to_h do |post|
  begin
    post.output = Jekyll::Renderer.new(site, post, site.site_payload).run
    [post.basename, ""]
  rescue StandardError, SyntaxError => error
    [post.basename, error.class.name + " " + error.message.lines.first.to_s]
  end
end
puts JSON.generate(verdicts)
"""
"""What Jekyll says of every post of a blog, one by one, where `jekyll build` stops at the first."""
FILTERS = "require 'jekyll'; puts Liquid::StandardFilters.instance_methods + Jekyll::Filters.instance_methods"
NEWER = {"base64_decode", "base64_encode", "base64_url_safe_decode", "base64_url_safe_encode", "sum"} | {
    "remove_last",
    "replace_last",
}
"""Filters of Liquid 5 that a Jekyll with Liquid 4 has not."""


def ruby(*arguments: str, cwd: Path | None = None) -> str:
    """Return what Ruby prints."""
    done = subprocess.run(
        ["ruby", "-e", *arguments],
        cwd=cwd,
        env=os.environ | {"JEKYLL_NO_BUNDLER_REQUIRE": "true"},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return done.stdout


def test_jekyll_refuses_what_is_an_error_and_nothing_else(blog: MakeBlog, requires_jekyll: str) -> None:
    """Every case of `liquid_valid.md` is a post of one blog."""
    del requires_jekyll
    cases = read("liquid_valid")
    root = blog(blogs.LIQUID)
    for number, case in enumerate(cases):
        html = blogs.text_cells(blogs.of_text(case.text), root).html[0]
        (root / f"_posts/2020-02-02-n{number}.html").write_text(f"---\n---\n{html}", "utf-8")
    verdicts: dict[str, str] = json.loads(ruby(RENDERED, str(root), cwd=root))
    wrong = [
        f"{case.title}: Jekyll says {verdicts[f'2020-02-02-n{number}.html'] or 'nothing'}"
        for number, case in enumerate(cases)
        if bool(verdicts[f"2020-02-02-n{number}.html"]) != case.expected.startswith("error")
        or (case.expected.startswith("warning") and _has_liquid(root / f"_posts/2020-02-02-n{number}.html"))
    ]
    assert wrong == []


def _has_liquid(post: Path) -> bool:
    """Tell whether there is anything in *post* that Jekyll would run; what is not whole must be shown."""
    text = post.read_text("utf-8")
    return "{{" in text or "{%" in text


def test_the_filters_that_we_know_are_those_of_jekyll(requires_jekyll: str) -> None:
    """No filter is missing from the list, and none is in it that Jekyll lacks."""
    del requires_jekyll
    assert set(ruby(FILTERS).split()) - NEWER == live.FILTERS
