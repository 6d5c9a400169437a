"""Settings: read from `_config.yml`, all faults at once, nothing repeated."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from converter import config, pipeline, site_keys
from converter.config import Config
from converter.errors import ConfigError
from tests.cases import each_case

if TYPE_CHECKING:
    from tests.conftest import MakeBlog

CHECKOUT = Path(__file__).parents[1]
READERS = {
    "nbs/x": "",
    "look/x": "",
    "_includes/deep/foot.html": "{{ site.base_urls | size }}",
    "_plugins/x.rb": 'site.config["logos"]',
    "index.html": "{% for it in site['emails'] %}",
    "_posts/2020-01-01-x.md": "{{ site.authors_all }}",
}
"""A blog that reads settings of its own, in each of the ways."""


@each_case("config")
def test_settings_are_read_or_refused(text: str, blog: MakeBlog) -> str:
    """The input is `_config.yml`; expected are the settings that differ from the defaults, or all faults."""
    try:
        settings = config.load(blog({"_config.yml": text, **READERS}))
    except ConfigError as error:
        return "\n".join(error.faults)
    default = Config()
    found = [str(finding) for finding in settings.findings]
    return "\n".join(found) or "\n".join(
        f"{field.name}: {value}"
        for field in fields(Config)
        if field.name != "root" and (value := getattr(settings, field.name)) != getattr(default, field.name)
    )


def test_the_nearest_config_upwards_is_the_blogs(blog: MakeBlog, tmp_path: Path) -> None:
    """Commands work in every folder of the blog."""
    root = blog({"_notebooks/deep/x.txt": ""})
    assert config.site_root(root / "_notebooks/deep") == root
    assert config.site_root(root) == root
    with pytest.raises(ConfigError, match=r"neither this folder nor one above it holds a _config\.yml"):
        config.site_root(tmp_path)


def test_a_folder_without_config_is_no_blog(tmp_path: Path) -> None:
    """The message says what to do."""
    with pytest.raises(ConfigError, match="run nbpress inside the blog, or give its folder: --site DIR"):
        config.load(tmp_path)


def test_every_setting_is_documented() -> None:
    """Each field has a docstring below it, from which the reference is made."""
    import ast
    import inspect

    (tree,) = ast.parse(inspect.getsource(Config)).body
    assert isinstance(tree, ast.ClassDef)
    documented = {
        before.target.id
        for before, after in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name) and isinstance(after, ast.Expr)
    }
    assert documented == {field.name for field in fields(Config)}


def test_the_warnings_of_settings_come_with_every_command(blog: MakeBlog) -> None:
    """They are findings like others, and keep nothing from being built."""
    settings = config.load(blog({"_config.yml": "base_url: /x\n"}))
    for command in (pipeline.build, pipeline.check):
        assert [it.rule for it in command(settings).findings] == ["settings-understood"]
        assert not command(settings).failed


def test_the_showcase_reads_no_unknown_key() -> None:
    """What its theme asks the site for is known, so that an author who misspells it is told."""
    theme = [file for file in (CHECKOUT / "_theme").rglob("*") if file.is_file()]
    asked = {key for file in theme for key in re.findall(r"\bsite\.([a-z_]+)", file.read_text("utf-8"))}
    of_jekyll = {"posts", "pages", "data", "static_files", "time", "config", "categories", "tags"}
    names_of_files = {"css", "js"}
    assert asked - of_jekyll - names_of_files <= site_keys.KNOWN
