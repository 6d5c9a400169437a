"""What a reader sees is what the notebook says, whatever it says: shown by Jekyll itself under strict settings."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml
from bs4.element import NavigableString

from tests.jekyll import nasty, site
from tests.jekyll.site import squeezed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bs4 import Tag

    from tests.jekyll.nasty import Claim, Notebook
    from tests.jekyll.site import Page, Site

pytestmark = pytest.mark.jekyll

NUMBER = 300


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The notebooks, what nbpress said of them, and the site that Jekyll made."""

    notebooks: list[Notebook]
    status: int
    """The exit status of nbpress."""
    findings: str
    """What nbpress said of them."""
    site: Site

    def pages(self) -> Iterator[tuple[Notebook, Page]]:
        """Yield every notebook with its page."""
        for number, notebook in enumerate(self.notebooks):
            yield notebook, self.site.page(f"/nbpress/2020/01/01/n{number}.html")


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory, requires_jekyll: str) -> Proof:
    """Convert all notebooks in one process and let Jekyll build them, with the theme and the settings of this blog."""
    folder = tmp_path_factory.mktemp("proof")
    root = site.copy_checkout(folder / "blog", "_theme", "_config.yml", "index.html")
    notebooks = nasty.notebooks(NUMBER)
    settings = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    settings["notebooks"]["execute"] = "never"
    settings["pagination"] = 0  # all on one page
    (root / "_config.yml").write_text(yaml.safe_dump(settings), "utf-8")
    (root / "_notebooks").mkdir()
    for number, notebook in enumerate(notebooks):
        (root / f"_notebooks/2020-01-01-n{number}.ipynb").write_text(notebook.text(), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "converter", "--quiet", "build"],
        cwd=root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    built = site.build(root, folder / "host", requires_jekyll)
    return Proof(notebooks=notebooks, status=done.returncode, findings=done.stdout + done.stderr, site=built)


def test_nbpress_finds_no_fault_in_them(proof: Proof) -> None:
    """It only warns of tags that authors may have meant to work, and that are shown instead."""
    others = [line for line in proof.findings.splitlines() if not re.search(r" shown as .* \[liquid-valid\]$", line)]
    assert others == []
    assert proof.status == 0


def test_jekyll_builds_them_without_a_word_of_complaint(proof: Proof) -> None:
    words = ("warning", "conflict", "error", "skipping")
    assert [line for line in proof.site.output.splitlines() if any(word in line.lower() for word in words)] == []
    assert proof.site.status == 0


def test_every_cell_comes_back_to_the_letter(proof: Proof) -> None:
    wrong = [fault for notebook, page in proof.pages() for fault in faults(notebook, page)]
    assert not wrong, f"{len(wrong)} claims do not hold:\n" + "\n".join(wrong[:20])


def test_the_pages_hold_what_surrounds_the_cells(proof: Proof) -> None:
    """Titles, descriptions, and the table of contents."""
    for notebook, page in proof.pages():
        assert page.one(".page-header h1").get_text() == notebook.title
        assert page.one(".page-header .lead").get_text() == notebook.description
        claims = [claim for cell in notebook.cells for claim in cell.claims]
        headings = [squeezed(claim.text) for claim in claims if claim.selector in ("h2", "h3")]
        assert [squeezed(link.get_text()) for link in page.soup.select(".toc a")] == headings
    shown = [link.get_text() for link in proof.site.page("/nbpress/").soup.select(".post-list h2 a")]
    assert sorted(shown) == sorted(notebook.title for notebook in proof.notebooks)


def faults(notebook: Notebook, page: Page) -> Iterator[str]:
    """Yield a line for every claim about *notebook* that its page does not fulfil."""
    boxes = iter(page.soup.select("#notebook-container > .cell"))
    for cell in notebook.cells:
        box = None if cell.node.cell_type == "raw" else next(boxes, None)
        for claim in cell.claims:
            place = page.soup if "#" in claim.selector or "id=" in claim.selector else box
            got = shown(place, claim)
            if claim.is_part and got and claim.text in got:
                continue
            if got != (squeezed(claim.text) if claim.is_prose else claim.text):
                where = f"{page.url} {claim.selector}\n  in    {cell.node.source!r:.400}"
                yield f"{where}\n  said  {claim.text!r}\n  shown {got!r}"
    if next(boxes, None) is not None:
        yield f"{page.url}: more cells than the notebook has"


def shown(place: Tag | None, claim: Claim) -> str | None:
    """Return what *place* shows where *claim* looks; None if there is nothing."""
    found = place.select_one(claim.selector) if place is not None else None
    if found is None:
        return None
    if claim.attribute:
        return squeezed(str(found.get(claim.attribute)))
    if claim.selector.startswith("[id="):
        text = found.select_one(".footnote-text") or found
        return squeezed(text.get_text().replace("↩", ""))
    if claim.is_prose:
        return squeezed(found.get_text(""))
    # HTML has no line of its own for the line end right behind `<pre>`.
    is_dropped = found.name == "pre" and isinstance(found.contents[0], NavigableString)
    return found.get_text().removeprefix("\n") if is_dropped else found.get_text()
