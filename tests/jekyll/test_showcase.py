"""The blog of this checkout, built by Jekyll and read back."""

from __future__ import annotations

import functools
import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

import jupytext
import pytest
from bs4 import BeautifulSoup

from converter import read
from tests.jekyll import reading
from tests.jekyll.site import squeezed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.jekyll.site import Page, Site

pytestmark = pytest.mark.jekyll

COMPLAINT = re.compile(r".*(?:Warning|Conflict|Error|Skipping|Deprecat).*", re.IGNORECASE)
LIQUID = re.compile(r"\{[{%]-?\s*\w*")
PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")


@pytest.fixture(scope="module")
def posts(showcase: Site) -> dict[str, Page]:
    """Return the page of every notebook that the first page of the site leads to, by the notebook's path."""
    found = {}
    for link in showcase.page(f"{showcase.baseurl}/").soup.select(".post-list h2 a"):
        page = showcase.page(str(link["href"]))
        source = (
            str(page.one(".badges a[href*='/blob/'][href^='https://github.com']")["href"])
            .partition("/blob/")[2]
            .partition("/")[2]
        )
        found[unquote(source)] = page
    return found


def notebook(showcase: Site, path: str) -> dict[str, Any]:
    """Return the notebook at *path*; a text as Jupytext reads it, with the outputs of its pair."""
    file = showcase.source / path
    if file.suffix == ".docx":
        return read.docx(file.read_bytes(), PurePosixPath(path))
    paired: dict[str, Any] = json.loads(file.with_suffix(".ipynb").read_text("utf-8"))
    if file.suffix != ".ipynb":
        cells = jupytext.read(file).cells
        assert [cell.source for cell in cells] == ["".join(cell["source"]) for cell in paired["cells"]]
    return paired


def text_cells(showcase: Site, path: str) -> list[str]:
    """Return the text cells of the notebook at *path*, without the cell that is its front matter."""
    cells = notebook(showcase, path)["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return sources[1:] if sources[0].startswith("# ") else sources


def test_jekyll_builds_it_without_a_word_of_complaint(showcase: Site) -> None:
    assert showcase.status == 0, showcase.output
    assert COMPLAINT.findall(showcase.output) == []


def test_the_first_page_leads_to_every_notebook(showcase: Site, posts: dict[str, Page]) -> None:
    found = (
        file
        for kind in ("_notebooks/*.ipynb", "_notebooks/*.md", "_word/*.docx")
        for file in showcase.source.glob(kind)
    )
    notebooks = {file.relative_to(showcase.source).as_posix() for file in found}
    texts = {path for path in notebooks if path.endswith(".md")}
    assert texts
    assert set(posts) == notebooks - {path.replace(".md", ".ipynb") for path in texts}


def test_every_post_is_in_the_feed_and_in_the_sitemap(showcase: Site, posts: dict[str, Page]) -> None:
    for file in ("feed.xml", "sitemap.xml"):
        listed = (showcase.host / showcase.baseurl.strip("/") / file).read_text("utf-8")
        assert [page.url for page in posts.values() if page.url not in listed] == []


def test_a_page_says_what_the_text_cells_say(showcase: Site, posts: dict[str, Page]) -> None:
    """Read by another parser, piece by piece and in the order of the notebook."""
    for path, page in posts.items():
        at = 0
        for source in text_cells(showcase, path):
            for piece in reading.pieces(source):
                found = page.text.find(piece, at)
                assert found >= 0, f"{path}: {piece!r} does not follow {page.text[max(at - 60, 0) : at]!r}"
                at = found + len(piece)


def test_no_liquid_and_no_placeholder_is_left_on_a_page(showcase: Site, posts: dict[str, Page]) -> None:
    """Braces that a reader sees, or that stand in an attribute, are in the notebook as well."""
    for path, page in posts.items():
        cells = notebook(showcase, path)["cells"]
        outputs = json.dumps([cell.get("outputs") for cell in cells], ensure_ascii=False)
        written = squeezed("\n".join("".join(cell["source"]) for cell in cells) + outputs)
        values = [str(value) for tag in page.soup.select("*") for value in tag.attrs.values()]
        seen = [braces for text in (page.text, *values) for braces in LIQUID.findall(text)]
        assert [braces for braces in seen if squeezed(braces) not in written] == []
        assert PRIVATE_USE.findall(page.html) == []


def test_every_address_of_the_site_leads_somewhere(showcase: Site, posts: dict[str, Page]) -> None:
    for page in (*posts.values(), showcase.page("/nbpress/"), showcase.page("/nbpress/about/")):
        dead = [address for address in addresses(page) if not leads_somewhere(address, page, showcase)]
        assert dead == [], page.url


def addresses(page: Page) -> Iterator[str]:
    """Yield every address that *page* names."""
    for attribute in ("href", "src"):
        for tag in page.soup.select(f"[{attribute}]"):
            yield str(tag[attribute])


def leads_somewhere(address: str, page: Page, site: Site) -> bool:
    """Tell whether there is what *address* on *page* names; other hosts are taken at their word."""
    parts = urlsplit(urljoin(page.url, address))
    own_host = urlsplit("https://your-name.github.io").netloc
    if parts.scheme == "data" or parts.netloc not in ("", own_host):
        return True
    file = site.host / unquote(parts.path).strip("/")
    file = file / "index.html" if file.is_dir() else file
    if not file.is_file():
        return False
    return not parts.fragment or unquote(parts.fragment) in names_in(file)


@functools.cache
def names_in(file: Path) -> frozenset[str]:
    """Return what can stand behind the `#` of a link to *file*."""
    return frozenset(map(unquote, ids(BeautifulSoup(file.read_text("utf-8"), "html.parser"))))


def ids(soup: BeautifulSoup) -> list[str]:
    """Return every id of a page."""
    return [str(tag["id"]) for tag in soup.select("[id]")]


def test_no_id_is_used_twice_on_a_page(posts: dict[str, Page]) -> None:
    for page in posts.values():
        used = ids(page.soup)
        assert sorted({name for name in used if used.count(name) > 1}) == [], page.url


def test_every_footnote_leads_to_its_note_and_back(showcase: Site, posts: dict[str, Page]) -> None:
    total = 0
    for page in posts.values():
        for mark in page.soup.select("[role=doc-noteref]"):
            note = page.one(f'[id="{str(mark["href"]).removeprefix("#")}"]')
            back = note.select('[role="doc-backlink"]')
            assert len(back) == 1
            assert back[0]["href"] == f"#{mark['id']}"
            assert len(note.get_text()) > len("1 ↩")
            total += 1
    marks = re.compile(r"\{% fn |<% fn |\[\^\w+\](?!:)")
    expected = [
        mark for path in posts for source in text_cells(showcase, path) for mark in marks.findall(prose(source))
    ]
    assert total == len(expected) > 0


def test_every_citation_leads_to_its_entry_and_back(posts: dict[str, Page]) -> None:
    total = 0
    for page in posts.values():
        for citation in page.soup.select("[role=doc-biblioref]"):
            entry = page.one(f'[id="{str(citation["href"]).removeprefix("#")}"]')
            assert entry.find_parent(attrs={"role": "doc-bibliography"})
            assert f"#{citation['id']}" in [back["href"] for back in entry.select('[role="doc-backlink"]')]
            total += 1
    assert total > 3


def prose(source: str) -> str:
    """Return a text cell without what stands in code."""
    return re.sub(r"(?ms)^(```|~~~).*?^\1|`[^`\n]+`", "", source)


def test_every_caption_stands_below_its_image(showcase: Site, posts: dict[str, Page]) -> None:
    for path, page in posts.items():
        shown = [squeezed(caption.get_text()) for caption in page.soup.select("figure figcaption")]
        assert shown == list(captions(showcase, path))
        assert not page.soup.select("img[title]")


def captions(showcase: Site, path: str) -> Iterator[str]:
    """Yield the captions that the author of the notebook at *path* wrote."""
    for cell in notebook(showcase, path)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            yield from re.findall(r"^#\| fig-cap: (.+)$", source, re.MULTILINE)
        elif cell["cell_type"] == "markdown":
            yield from re.findall(r'(?m)(?:^!\[[^\]]*\]\(\S+ |^<img .*\bcaption=)"([^"]+)"', prose(source))
            yield from re.findall(r"<figcaption>(.*?)</figcaption>", prose(source))


def test_every_image_has_a_text_for_those_who_cannot_see_it(posts: dict[str, Page]) -> None:
    images = [(page, image) for page in posts.values() for image in page.soup.select("img")]
    assert images
    assert [str(image) for _, image in images if not image.get("alt")] == []


def test_collapsed_code_says_what_its_switch_does(posts: dict[str, Page]) -> None:
    labels = {
        tuple(summary.select_one(f".when-{state}").get_text() for state in ("closed", "open"))  # type: ignore[union-attr]  # a missing label is a failure
        for page in posts.values()
        for summary in page.soup.select("details.description > summary")
    }
    assert labels == {("Show Code", "Hide Code"), ("Show Output", "Hide Output")}


def test_every_link_and_button_has_a_name(posts: dict[str, Page]) -> None:
    for page in posts.values():
        for tag in page.soup.select("a, button, summary, input, iframe"):
            name = tag.get_text().strip() or tag.get("aria-label") or tag.get("title")
            assert name, f"{page.url}: {tag}"


def test_the_table_of_contents_lists_the_headings(showcase: Site, posts: dict[str, Page]) -> None:
    for path, page in posts.items():
        sources = text_cells(showcase, path)
        headings = [squeezed(text) for source in sources for text in re.findall(r"(?m)^##+ (.+)$", prose(source))]
        headings += ["References"] * len(page.soup.select('[role="doc-bibliography"]'))
        wanted = [] if path.endswith(".docx") else headings  # the document does not ask for one
        assert [squeezed(link.get_text()) for link in page.soup.select(".toc a")] == wanted


def test_what_is_no_part_of_the_blog_is_not_published(showcase: Site) -> None:
    root = showcase.host / showcase.baseurl.strip("/")
    published = {PurePosixPath(file.relative_to(root)).parts[0] for file in root.rglob("*") if file.is_file()}
    assert published == {
        *("404.html", "about", "archive", "assets", "categories", "feed.xml", "images", "index.html", "robots.txt"),
        *("search", "sitemap.xml", "guide", "nlp"),
    }
