"""Names of notebooks and their posts; which files are notebooks of the blog."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from converter import config, discover
from converter.errors import ConfigError, PostNameError
from tests import blogs
from tests.cases import each_case

if TYPE_CHECKING:
    from tests.conftest import MakeBlog


@each_case("names")
def test_a_name_gives_the_post_or_a_proposal(text: str, blog: MakeBlog) -> str:
    """The input is the notebook's path, perhaps with the date of its front matter below it."""
    settings = config.load(blog({}))
    path, _, date = text.partition("\n")
    source = discover.source(settings.root / "_notebooks" / path, settings)
    try:
        return str(discover.post_path(source, date, settings))
    except PostNameError as error:
        return f"error {error} [{error.rule}]"


def test_a_name_that_is_no_text_is_an_error(blog: MakeBlog) -> None:
    """The post could not say from which notebook it comes."""
    settings = config.load(blog({}))
    source = discover.source(settings.root / "_notebooks" / os.fsdecode(b"2020-01-02-\xff.ipynb"), settings)
    with pytest.raises(PostNameError, match="cannot be part of an address"):
        discover.post_path(source, "", settings)


def test_the_folder_is_searched_to_its_depth_in_order(blog: MakeBlog) -> None:
    """Names that begin with a dot or an underscore, checkpoints and other files are passed over."""
    names = [
        "_notebooks/2020-01-02-b.ipynb",
        "_notebooks/2020-01-01-z.ipynb",
        "_notebooks/a/b/2020-01-03-c.ipynb",
        "_notebooks/a/2020-01-03-c.ipynb",
        "_notebooks/_2020-01-01-draft.ipynb",
        "_notebooks/.hidden.ipynb",
        "_notebooks/_drafts/2020-01-01-x.ipynb",
        "_notebooks/.ipynb_checkpoints/2020-01-02-b-checkpoint.ipynb",
        "_notebooks/a/.ipynb_checkpoints/x.ipynb",
        "_notebooks/data.csv",
        "_notebooks/2020-01-01-x.ipynb.bak",
        "2020-01-01-elsewhere.ipynb",
    ]
    settings = config.load(blog(dict.fromkeys(names, "{}")))
    assert [str(source.path) for source in discover.sources(settings)] == [
        "_notebooks/2020-01-01-z.ipynb",
        "_notebooks/2020-01-02-b.ipynb",
        "_notebooks/a/2020-01-03-c.ipynb",
        "_notebooks/a/b/2020-01-03-c.ipynb",
    ]


def test_named_files_and_folders_are_chosen(blog: MakeBlog) -> None:
    """A folder means all below it; the order is that of the blog."""
    names = ["_notebooks/2020-01-01-a.ipynb", "_notebooks/s/2020-01-02-b.ipynb", "_notebooks/s/2020-01-03-c.ipynb"]
    settings = config.load(blog(dict.fromkeys(names, "{}")))
    only = [settings.root / "_notebooks/s", settings.root / "_notebooks/2020-01-01-a.ipynb"]
    assert [str(source.path) for source in discover.sources(settings, only)] == names
    assert [str(source.path) for source in discover.sources(settings, only[:1])] == names[1:]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("_notebooks/gone.ipynb", "no such file"),
        ("other.ipynb", "not a notebook of this blog"),
        ("_notebooks/_draft.ipynb", "not a notebook of this blog"),
    ],
)
def test_a_named_file_that_is_no_notebook_is_an_error(blog: MakeBlog, path: str, reason: str) -> None:
    """Asking for something that cannot be built never means that all is well."""
    settings = config.load(blog({"other.ipynb": "{}", "_notebooks/_draft.ipynb": "{}", blogs.FILE: "{}"}))
    with pytest.raises(ConfigError, match=reason):
        discover.sources(settings, [settings.root / path])


def test_a_blog_without_notebooks_has_no_sources(blog: MakeBlog) -> None:
    """A missing folder is an empty one."""
    assert discover.sources(config.load(blog({}))) == ()


def test_two_notebooks_of_one_post_name_each_other(blog: MakeBlog) -> None:
    """The finding at each names the others."""
    settings = config.load(blog({}))
    claim = [
        discover.source(settings.root / "_notebooks" / name, settings)
        for name in ("a/2020-01-01-x.ipynb", "2020-01-01-x.ipynb")
    ]
    assert str(discover.shared_path(claim[0], claim)) == (
        "_notebooks/a/2020-01-01-x.ipynb: would write the same post as _notebooks/2020-01-01-x.ipynb; "
        "rename one of them [post-path-unique]"
    )
