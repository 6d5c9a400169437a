"""The blog of this checkout as a reader meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.jekyll, pytest.mark.browser]

VECTORS = "/nbpress/nlp/spacy/2026/10/05/word-vectors-with-spacy.html"
TOUR = "/nbpress/guide/2026/10/12/everything-an-author-can-write.html"
PLOTS = "/nbpress/guide/plots/2026/10/19/plots-and-rich-output.html"
POSTS = (VECTORS, TOUR, PLOTS)
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true })"
LISTS = ("/nbpress/", "/nbpress/page2/", "/nbpress/archive/", "/nbpress/categories/", "/nbpress/search/?q=vector")
BY_HAND = "/nbpress/notes/c%23/2026/08/03/written-by-hand.html"
STATIC = "/nbpress/notes/2026/08/04/static-notes.html"
TWICE = "/nbpress/2026/08/05/twice.html"
LONG = "/nbpress/2026/08/02/long-words.html"
PAGES = (*LISTS, "/nbpress/about/", "/nbpress/404.html", BY_HAND, STATIC, TWICE, LONG, *POSTS)


@pytest.mark.parametrize("url", PAGES)
def test_a_page_is_quiet_and_asks_nobody_else(visit: Visit, url: str) -> None:
    visit.open(url)
    visit.scroll_through()
    assert visit.complaints == []
    assert visit.foreign == []


def test_a_video_is_asked_for_when_the_reader_starts_it(visit: Visit) -> None:
    page = visit.open(TOUR)
    visit.scroll_through()
    frame = page.locator(".embed-youtube iframe")
    link = frame.content_frame.get_by_role("link", name="Play video (loads from youtube-nocookie.com)")
    link.focus()
    assert visit.foreign == []
    # Asked for, and stopped by `visit`: only then does it know the host.
    with page.expect_event("requestfailed", lambda request: request.url.endswith("?autoplay=1")):
        page.keyboard.press("Enter")
    assert visit.foreign == ["www.youtube-nocookie.com"]


@pytest.mark.parametrize("width", [320, 360, 768])
@pytest.mark.parametrize("url", PAGES)
def test_no_page_scrolls_sideways(visit: Visit, url: str, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 700})
    page = visit.open(url)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("url", PAGES)
def test_every_image_is_drawn(visit: Visit, url: str) -> None:
    page = visit.open(url)
    page.evaluate(OPEN_ALL)
    visit.scroll_through()
    drawn = page.evaluate("[...document.images].map((image) => [image.src, image.naturalWidth, image.clientWidth])")
    assert [image for image in drawn if not (image[1] and image[2])] == []
    sizes = page.evaluate(
        "[...document.querySelectorAll('.output_svg svg')].map((svg) => svg.getBoundingClientRect().height)"
    )
    assert all(height > 0 for height in sizes)


@pytest.mark.parametrize("url", POSTS)
def test_every_formula_is_drawn(visit: Visit, url: str) -> None:
    page = visit.open(url)
    formulas = page.locator(".math")
    assert formulas.count() > 0
    assert page.locator(".math:has(.katex)").count() == formulas.count()
    assert page.locator(".katex-error").count() == 0
    # KaTeX draws in its own fonts, and they come from this site.
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px KaTeX_Main'))")


def test_a_formula_apart_stands_on_its_own_line(visit: Visit) -> None:
    page = visit.open(TOUR)
    shown = page.evaluate(
        """[...document.querySelectorAll(".math")].map((math) => [
            math.querySelector("annotation").textContent.trim(),
            Boolean(math.querySelector(".katex-display")),
        ])"""
    )
    apart = [source for source, is_apart in shown if is_apart]
    assert [source.split()[0] for source in apart] == ["F", "v", "\\begin{align}"]
    assert ["T^2 = a^3", False] in shown
    assert not any("$" in source or source.startswith(("\\(", "\\[")) for source, _ in shown)


def test_prices_are_no_formulas(visit: Visit) -> None:
    page = visit.open(TOUR)
    prices = page.locator("li", has_text="A poster of the planets costs $5, a globe of Mars between $20 and $30")
    assert prices.count() == 1
    assert prices.locator(".katex").count() == 0


def test_code_keeps_its_dollars(visit: Visit) -> None:
    page = visit.open(TOUR)
    assert page.locator(":is(pre, code) .katex").count() == 0
    assert page.locator("code", has_text="$T^2 = a^3$").count() == 1


def test_folded_code_opens_with_the_keyboard(visit: Visit) -> None:
    page = visit.open(VECTORS)
    details = page.locator("details.description").first
    summary = details.locator("summary")
    code = details.locator("pre")
    assert not code.is_visible()
    assert summary.inner_text() == "Show Code"
    summary.focus()
    page.keyboard.press("Enter")
    assert code.is_visible()
    assert summary.inner_text() == "Hide Code"
    page.keyboard.press("Space")
    assert not code.is_visible()


def test_a_footnote_leads_to_its_note_and_back(visit: Visit) -> None:
    page = visit.open(VECTORS)
    marks = page.locator("[role=doc-noteref]")
    assert marks.count() > 0
    for index in range(marks.count()):
        mark = marks.nth(index)
        mark.focus()
        page.keyboard.press("Enter")
        note = page.locator(":target")
        assert "#" + str(note.get_attribute("id")) == mark.get_attribute("href")
        assert in_sight(page, ":target")
        note.locator("[role=doc-backlink]").click()
        assert page.locator(":target").get_attribute("id") == mark.get_attribute("id")
        assert in_sight(page, ":target")


def test_a_citation_leads_to_its_entry_and_back(visit: Visit) -> None:
    page = visit.open(TOUR)
    citations = page.locator("[role=doc-biblioref]")
    assert citations.count() > 3
    for index in range(citations.count()):
        citation = citations.nth(index)
        citation.focus()
        page.keyboard.press("Enter")
        entry = page.locator("[role=doc-bibliography] :target")
        assert "#" + str(entry.get_attribute("id")) == citation.get_attribute("href")
        assert in_sight(page, ":target")
        entry.locator(f"[role=doc-backlink][href='#{citation.get_attribute('id')}']").click()
        assert in_sight(page, "[role=doc-biblioref]:target")


def in_sight(page: Page, selector: str) -> bool:
    """Tell whether the top of the element lies in the window."""
    inside: bool = page.evaluate(
        """(selector) => {
            const top = document.querySelector(selector).getBoundingClientRect().top;
            return top >= 0 && top < innerHeight;
        }""",
        selector,
    )
    return inside


def test_the_choice_of_dark_colours_survives_a_reload(visit: Visit) -> None:
    page = visit.open(TOUR)
    switch = page.get_by_role("button", name="Dark colours")
    assert switch.get_attribute("aria-pressed") == "false"
    assert is_light(page)
    switch.click()
    assert switch.get_attribute("aria-pressed") == "true"
    assert not is_light(page)
    page.reload()
    assert not is_light(page)
    visit.open("/nbpress/")
    assert not is_light(page)
    page.get_by_role("button", name="Dark colours").click()
    assert is_light(page)


def test_the_page_follows_the_system_until_the_reader_chooses(visit: Visit) -> None:
    page = visit.open(TOUR)
    page.emulate_media(color_scheme="dark")
    assert not is_light(page)
    assert page.get_by_role("button", name="Dark colours").get_attribute("aria-pressed") == "true"
    page.emulate_media(color_scheme="light")
    assert is_light(page)


def is_light(page: Page) -> bool:
    """Tell whether the page's paper is brighter than its ink."""
    paper, ink = page.evaluate(
        """["backgroundColor", "color"].map((name) =>
            getComputedStyle(document.documentElement)[name].match(/\\d+/g).slice(0, 3).map(Number))"""
    )
    return bool(sum(paper) > sum(ink))


def test_the_table_of_contents_leads_to_the_headings(visit: Visit) -> None:
    page = visit.open(TOUR)
    links = page.locator(".toc a")
    assert links.count() > 5
    for link in (links.first, links.last):
        link.click()
        assert page.locator(":target").inner_text().strip(" #") == link.inner_text()
        assert in_sight(page, ":target")


def test_what_scrolls_can_be_reached_with_the_keyboard(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 700})
    page = visit.open(PLOTS)
    page.evaluate(OPEN_ALL)
    visit.rest()
    unreachable = page.evaluate(
        """[...document.querySelectorAll("main *")].filter((box) =>
            getComputedStyle(box).overflowX === "auto" && box.scrollWidth > box.clientWidth && box.tabIndex < 0
        ).map((box) => box.outerHTML.slice(0, 80))"""
    )
    assert unreachable == []
