"""Permalinks: where Jekyll publishes a post, and what several posts would share."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from converter import config, permalinks
from converter.posts import Index
from tests.cases import each_case

if TYPE_CHECKING:
    from tests.conftest import MakeBlog


def files_of(text: str) -> dict[str, object]:
    """Return the files of the blog that a case describes."""
    settings, _, posts = text.partition("\n---\n")
    given: dict[str, dict[str, Any]] = yaml.load(posts, yaml.BaseLoader)  # noqa: S506 - texts only
    matters = {name: yaml.safe_dump(matter) if matter else "" for name, matter in given.items()}
    posts_of = {name: f"---\n{matter.replace(chr(39), '')}---\nText.\n" for name, matter in matters.items()}
    return {"_config.yml": settings + "\n", **posts_of}


@each_case("permalinks")
def test_posts_have_the_addresses_that_jekyll_gives_them(text: str, blog: MakeBlog) -> str:
    """`tests/jekyll/test_permalinks.py` asks Jekyll itself about the same posts."""
    settings = config.load(blog(files_of(text)))
    matters = Index.read(settings).matters
    places = {
        path: permalinks.file_of(path, yaml.safe_load(matter) or {}, settings) for path, matter in matters.items()
    }
    lines = [f"{path}: {place}" for path, place in sorted(places.items(), key=str) if place]
    clashes = [
        f"{clash.address}{' chosen' * clash.is_chosen}: {' '.join(map(str, clash.posts))}"
        for clash in permalinks.shared(matters, settings)
    ]
    return "\n".join([*lines, *(["----", *clashes] if clashes else [])])


def test_what_no_template_says_has_no_address(blog: MakeBlog) -> None:
    """Of a placeholder that Jekyll does not know, Jekyll itself tells."""
    settings = config.load(blog({"_config.yml": "permalink: /:nosuch/\n"}))
    assert permalinks.file_of(PurePosixPath("_posts/2020-01-02-a.md"), {}, settings) is None
    assert permalinks.file_of(PurePosixPath("_posts/20-01-02-a.md"), {"permalink": "/:year/"}, settings) is None
