"""Pages of posts are HTML: valid as the Nu checker sees it, one title each, and no cell in another, however broken."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import nbformat
import pytest
from selectolax.lexbor import LexborHTMLParser

from tests import goldens, validator
from tests.jekyll import site

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jekyll.site import Site

pytestmark = pytest.mark.jekyll

BROKEN = "2020-01-15-broken-html"
PAGE = "html.md"
"""The page of `docs/` with the complaints that are accepted, and why."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, requires_jekyll: str) -> Site:
    """Build the posts of all golden notebooks as one site, with the theme and the settings of this blog."""
    folder = tmp_path_factory.mktemp("html")
    root = site.copy_checkout(folder / "blog", "_theme", "_config.yml", "index.html", "assets")
    for name in goldens.names():
        expected = goldens.FOLDER / name / "expected"
        for part in ("_posts", "images"):
            if (expected / part).is_dir():
                shutil.copytree(expected / part, root / part, dirs_exist_ok=True)
        for other in (goldens.FOLDER / name / "_includes",):
            if other.is_dir():
                shutil.copytree(other, root / "_theme/includes", dirs_exist_ok=True)
    return site.build(root, folder / "host", requires_jekyll)


def pages(built: Site) -> list[Path]:
    """Return the files of all posts of a site."""
    names = {file.name[11:] for file in (built.source / "_posts").rglob("*.html")}
    return sorted(file for file in built.host.rglob("*.html") if file.name in names)


def accepted() -> list[re.Pattern[str]]:
    """Return the complaints that the documentation accepts."""
    text = (site.CHECKOUT / "docs" / PAGE).read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| .+ \|$", text.partition("## What a validator says")[2], re.MULTILINE)
    return [re.compile(re.escape(row).replace("…", ".*")) for row in rows]


def test_jekyll_builds_them(built: Site) -> None:
    assert built.status == 0, built.output
    assert len(pages(built)) >= len(goldens.names())


def test_the_pages_are_valid(built: Site, showcase: Site, requires_validator: tuple[str, ...], tmp_path: Path) -> None:
    """One call of the checker for the goldens and the showcase; what it may say is a short list with reasons."""
    allowed = accepted()
    assert allowed
    for name, made in (("goldens", built), ("showcase", showcase)):
        for page in pages(made):
            target = tmp_path / name / page.name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(page, target)
    complaints = validator.errors(requires_validator, [tmp_path], tmp_path)
    assert [it for it in complaints if not any(rule.search(it) for rule in allowed)] == []
    unused = [rule.pattern for rule in allowed if not any(rule.search(it) for it in complaints)]
    assert unused == [], "what nobody says any more needs no excuse"


def test_the_title_is_the_only_heading_of_the_first_level(built: Site) -> None:
    for page in pages(built):
        tree = LexborHTMLParser(page.read_text("utf-8"))
        assert [node.parent.attributes.get("class") for node in tree.css("h1") if node.parent] == ["page-header"], page


def test_no_id_is_given_twice(built: Site) -> None:
    for page in pages(built):
        names = [str(node.attributes["id"]) for node in LexborHTMLParser(page.read_text("utf-8")).css("[id]")]
        assert sorted({name for name in names if names.count(name) > 1}) == [], page


def test_broken_cells_stand_beside_their_neighbours(built: Site) -> None:
    """As HTML's own parser sees the page, each cell of the notebook is one child of its body, in order."""
    page = next(page for page in pages(built) if page.name == f"{BROKEN[11:]}.html")
    tree = LexborHTMLParser(page.read_text("utf-8"))
    body = tree.css_first("#notebook-container")
    assert body is not None
    nb = nbformat.read(goldens.FOLDER / f"broken-html/_notebooks/{BROKEN}.ipynb", as_version=4)
    wanted = [cell.source.split("\n")[0] for cell in nb.cells if cell.source.startswith("after ")]
    cells = [node for node in body.iter() if "text_cell" in (node.attributes.get("class") or "")]
    beside = [node.text().strip() for node in cells if node.text().strip().startswith("after ")]
    assert beside == wanted
    assert len(tree.css(".cell")) == len(tree.css("#notebook-container > .cell"))
    assert len(tree.css("#notebook-container > .cell")) == sum(cell.cell_type != "raw" for cell in nb.cells) - 1
    last = cells[-1]
    assert last.text().strip() == "the end"
    assert tree.css_first("main #notebook-container") is not None
    assert [node.tag for node in tree.css("body > *")][-1] in ("footer", "script", "dialog")
