"""Pieces of HTML kept apart on one page: style sheets, ids, and the files and links that outputs name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from converter.markdown.cells import OF_PAGE
from converter.markup import ids, styles
from tests import blogs
from tests.cases import each_case
from tests.test_images import PNG

if TYPE_CHECKING:
    from tests.conftest import MakeBlog

FILES = {
    "_notebooks/2020-01-01-other.ipynb": blogs.notebook(blogs.markdown("## A heading")),
    "_notebooks/plots/a b.png": PNG,
    "_notebooks/clip.mp4": b"film",
}


def test_ids_of_the_theme_are_taken() -> None:
    """A heading called `content` is not where the theme's link to the content leads."""
    theme = Path(__file__).parents[1] / "_theme"
    texts = [file.read_text("utf-8") for file in theme.rglob("*") if file.suffix in (".html", ".rb")]
    given = {name for text in texts for name in re.findall(r'\sid="([\w-]+)"', text)}
    assert given | {"notebook-container"} == OF_PAGE


@each_case("styles")
def test_style_sheets_keep_to_their_element(text: str) -> str:
    """No rule finds anything outside, none weighs more than before, and what a sheet names further up still counts."""
    return styles.kept_to("#o", text)


@each_case("ids")
def test_ids_are_unique(text: str) -> str:
    """What has an id that is taken gets another one, as does whatever refers to it; nothing else changes."""
    return ids.unique(text, {"a", "g", "T_1"})


@each_case("html_apart")
def test_pieces_of_a_post_keep_apart(text: str, blog: MakeBlog) -> str:
    """Cells and outputs of one notebook share a page, and none of them notices the others."""
    post = blogs.convert(blog({blogs.FILE: blogs.of_text(text), **FILES}))
    files = [f"file {asset.path}" for asset in post.assets]
    lines = [line for line in blogs.body(post).split("\n") if line.strip()]
    return "\n".join([*(f"{it.severity} {it}" for it in post.findings if it.rule != "image-alt"), *files, *lines])


@each_case("sanitize")
def test_strangers_can_do_nothing(text: str, blog: MakeBlog) -> str:
    """Under `sanitize: true` a page shows what a notebook says, and nothing of it acts."""
    settings = {"_config.yml": "notebooks: {execute: never, sanitize: true}\n"}
    post = blogs.convert(blog({blogs.FILE: blogs.of_text(text), **settings}))
    files = [f"file {asset.path}" for asset in post.assets]
    lines = [line for line in blogs.body(post).split("\n") if line.strip()]
    return "\n".join([*(f"{it.severity} {it}" for it in post.findings if it.rule != "image-alt"), *files, *lines])
