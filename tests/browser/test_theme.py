"""The theme in a real browser: for everyone, in the dark, on paper, on small screens, without mouse or scripts."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Literal

import pytest

from tests import validator
from tests.browser.test_pages import (
    BY_HAND,
    LISTS,
    LONG,
    OPEN_ALL,
    PAGES,
    POSTS,
    STATIC,
    TOUR,
    TWICE,
    VECTORS,
    in_sight,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

    from tests.browser.conftest import Visit
    from tests.jekyll.site import Site

pytestmark = [pytest.mark.jekyll, pytest.mark.browser]

AXE = validator.JAR.parents[3] / "axe-core/axe.min.js"
HEAVIEST = 60_000
"""Bytes that a post without plots and formulas may have, compressed, with its styles and scripts."""
STEADY = 0.01
"""How far a page may move as it loads: a tenth of what counts as good (Cumulative Layout Shift, web.dev)."""
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
SHIFTS = """
    window.shifts = [];
    const elementOf = (node) => node instanceof Element ? node : node?.parentElement;
    new PerformanceObserver((list) => {
        for (const { hadRecentInput, value, sources } of list.getEntries()) {
            const moved = sources.map(({ node, previousRect, currentRect }) => ({
                what: elementOf(node)?.outerHTML.slice(0, 80), from: previousRect, to: currentRect,
                inRow: Boolean(elementOf(node)?.closest(".site-header, .site-footer, .badges, .toc, .card, .pages")),
            }));
            if (!hadRecentInput) window.shifts.push({ value, moved });
        }
    }).observe({ type: "layout-shift", buffered: true });
"""
"""How far what is seen has moved by itself, and what it was (Layout Instability, WICG)."""


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the script of axe-core; skip where npm has not brought it."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: it needs npm (Debian, Ubuntu: apt install npm), then `make test`")
    return AXE.read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("url", PAGES)
def test_nobody_is_kept_out(visit: Visit, axe: str, url: str, scheme: Literal["light", "dark"]) -> None:
    page = visit.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(WIDE)
    visit.open(url)
    page.evaluate(OPEN_ALL)
    if "search" in url:
        page.locator(".search-results li").first.wait_for()
    for frame in page.frames:
        frame.evaluate(axe)
    found = page.evaluate("axe.run().then((result) => result.violations)")
    told = [(rule["id"], node["target"], node["failureSummary"]) for rule in found for node in rule["nodes"]]
    assert told == []


def test_pages_are_html(gallery: Site, requires_validator: tuple[str, ...]) -> None:
    root = gallery.host / gallery.baseurl.strip("/")
    files = [path for path in root.rglob("*.html") if "pagefind" not in path.parts]
    assert len(files) > len(PAGES)
    assert validator.errors(requires_validator, files, gallery.host) == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("url", ["/nbpress/", TOUR, BY_HAND])
def test_the_keyboard_reaches_everything(visit: Visit, url: str, size: ViewportSize) -> None:
    """Whatever can be used and seen gets the focus, in the order of the page, and shows it."""
    page = visit.page
    page.set_viewport_size(size)
    visit.open(url)
    visit.rest()
    expected = page.evaluate(
        """(() => {
            const selector = "a[href], button, summary, input:not([disabled]), [tabindex='0']";
            const all = [...document.querySelectorAll(`${selector}, iframe`)].flatMap((item) =>
                item.matches("iframe") ? [...item.contentDocument.querySelectorAll(selector)] : [item]);
            const usable = all.filter((item) => item.checkVisibility() && item.tabIndex >= 0);
            usable.forEach((item, number) => { item.dataset.number = number; });
            return usable.length;
        })()"""
    )
    assert expected > 5
    reached, unseen = [], []
    for _ in range(expected):
        page.keyboard.press("Tab")
        number, outline = page.evaluate(
            """(() => {
                const outer = document.activeElement;
                const focused = outer.contentDocument?.activeElement ?? outer;
                return [focused.dataset.number, getComputedStyle(focused).outlineStyle];
            })()"""
        )
        reached.append(number)
        unseen += [number] if outline == "none" else []
    assert reached == [str(number) for number in range(expected)]
    assert unseen == []


def test_the_menu_of_a_narrow_window_opens_by_keyboard(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size({"width": 320, "height": 700})
    visit.open("/nbpress/")
    archive = page.get_by_role("link", name="Archive", exact=True)
    assert not archive.is_visible()
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    assert archive.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/archive/")


@pytest.mark.parametrize("url", [BY_HAND, STATIC, TWICE, "/nbpress/"])
def test_a_page_is_light(visit: Visit, url: str) -> None:
    """HTML, styles and scripts, compressed as a web server does."""
    sizes = {}
    visit.page.on("response", lambda response: sizes.update({response.url: len(gzip.compress(response.body()))}))
    visit.open(url)
    visit.page.wait_for_timeout(100)
    parts = {name: size for name, size in sizes.items() if re.search(r"(\.html|\.css|\.js|/)$", name)}
    assert len(parts) >= 5
    assert sum(parts.values()) < HEAVIEST, parts


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("url", ["/nbpress/", BY_HAND, STATIC, TWICE])
def test_nothing_moves_while_a_page_loads(browser: Browser, bad_line: str, url: str, size: ViewportSize) -> None:
    """Painted between any two bytes, only columns of tables wait for rows, and numbers of lists for their items."""
    context = browser.new_context(viewport=size)
    context.add_init_script(SHIFTS)
    page = context.new_page()
    page.goto(bad_line.removesuffix("/nbpress/") + url)
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)
    shifts = page.evaluate("window.shifts")
    assert [source for shift in shifts for source in shift["moved"] if source["inRow"]] == []
    assert sum(shift["value"] for shift in shifts) < STEADY, shifts
    context.close()


@pytest.mark.parametrize("url", [VECTORS, TOUR])
def test_formulas_hardly_move_what_is_read(browser: Browser, address: str, url: str) -> None:
    """A formula is not as wide as its source, and lines break elsewhere."""
    context = browser.new_context(viewport=NARROW)
    context.add_init_script(SHIFTS)
    page = context.new_page()
    page.goto(address.removesuffix("/nbpress/") + url)
    page.locator(".math .katex").first.wait_for()
    page.evaluate("document.fonts.ready")
    assert sum(shift["value"] for shift in page.evaluate("window.shifts")) < STEADY
    fonts = page.evaluate("[...document.querySelectorAll('link[rel=preload]')].map((link) => link.href)")
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert len(fonts) == 2
    assert [loaded.count(font) for font in fonts] == [1, 1]  # not asked for again by the style sheet
    context.close()


@pytest.fixture
def plain(browser: Browser) -> Iterator[BrowserContext]:
    """Open a window of a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False, viewport=NARROW)
    yield context
    context.close()


def test_a_page_can_be_used_without_scripts(plain: BrowserContext, address: str) -> None:
    page = plain.new_page()
    page.goto(address.removesuffix("/nbpress/") + VECTORS)
    assert not page.get_by_role("button", name="Dark colours").is_visible()
    assert page.locator(".toc a").first.is_visible()
    folded = page.locator("details.description").first
    folded.locator("summary").click()
    assert folded.locator("pre").is_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Archive", exact=True).click()
    assert page.locator(".index a").count() > 3
    page.goto(address + "search/")
    assert "Searching needs JavaScript" in page.locator("main").inner_text()


def results(page: Page, words: str) -> list[str]:
    """Search for *words* and return the titles that are found."""
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("status").get_by_text(words).wait_for()
    return page.locator(".search-results h2").all_inner_texts()


def test_a_search_finds_what_may_be_found(visit: Visit) -> None:
    page = visit.open("/nbpress/search/")
    assert results(page, "aardvark") == ["Written by hand: Markdown & more"]
    assert "Hidden from lists" not in results(page, "quagga")  # which stands there
    assert not {"Hidden from lists", "Topics"} & set(results(page, "secrets"))  # its topic
    assert "Not searched" not in results(page, "narwhal")  # it says search_exclude
    assert results(page, "platypus") == ["Static notes"]  # in code
    assert "q=platypus" in page.url
    page.reload()
    page.get_by_role("link", name="Static notes").click()
    page.wait_for_url("**" + STATIC)
    assert visit.complaints == []


def test_words_in_code_count_less_than_words_in_the_text(gallery: Site) -> None:
    page = gallery.page(STATIC)
    assert float(str(page.one(".input")["data-pagefind-weight"])) < 1
    assert page.soup.select(".text_cell [data-pagefind-weight]") == []


def test_a_site_without_an_index_says_so(visit: Visit) -> None:
    visit.page.route("**/pagefind/**", lambda route: route.fulfill(status=404))
    page = visit.open("/nbpress/search/?q=word")
    page.get_by_text("This site has no search index yet").wait_for()


@pytest.mark.parametrize("url", [TWICE, STATIC, BY_HAND])
def test_a_note_stands_beside_the_text_where_there_is_room(visit: Visit, url: str) -> None:
    page = visit.page
    page.set_viewport_size(WIDE)
    visit.open(url)
    note, text = page.locator(".footnote").first, page.locator(".post-body")
    beside, column = note.bounding_box(), text.bounding_box()
    assert beside is not None
    assert column is not None
    assert column["x"] + column["width"] < beside["x"] < 1440 - beside["width"]
    page.set_viewport_size({"width": 800, "height": 900})
    below = note.bounding_box()
    assert below is None or below["x"] < column["x"] + column["width"]


def test_a_note_beside_the_text_has_all_of_its_paragraphs(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size(WIDE)
    visit.open(LONG)
    note = page.locator(".side-copy").nth(1)
    parts = note.locator(".footnote-text > *").evaluate_all("(parts) => parts.map((part) => part.innerText.trim())")
    assert parts == ["The first paragraph.", "The second, and then", "a list", 'code = "and code"']
    column, box = page.locator(".post-body").bounding_box(), note.locator("pre").bounding_box()
    assert column is not None
    assert box is not None
    assert column["x"] + column["width"] < box["x"]
    assert note.get_by_role("link", include_hidden=True).count() == 0


@pytest.mark.parametrize("url", [VECTORS, TOUR, LONG, TWICE])
def test_notes_stand_at_the_height_of_their_marks_one_below_the_other(visit: Visit, url: str) -> None:
    page = visit.page
    page.set_viewport_size(WIDE)
    visit.open(url)
    visit.scroll_through()
    marks, notes = page.locator(".post-body [role=doc-noteref]"), page.locator(".post-body .footnote")
    heights = marks.evaluate_all("(all) => all.map((mark) => [mark.hash, mark.getBoundingClientRect().top])")
    first = dict(reversed(heights))  # a note may have several marks
    wanted = list(first.values())[::-1]
    boxes = notes.evaluate_all("(all) => all.map((note) => note.getBoundingClientRect().toJSON())")
    assert len(boxes) == len(wanted)
    bottom = -1e9
    for top, box in zip(wanted, boxes, strict=True):
        assert box["top"] >= bottom
        assert abs(box["top"] - max(top, bottom + 16)) < 1
        bottom = box["bottom"]


def test_a_note_that_is_referred_to_twice_leads_back(visit: Visit) -> None:
    page = visit.open(TWICE)
    marks = page.locator("[role=doc-noteref]")
    assert [mark.get_attribute("id") for mark in marks.all()] == ["fnref-1", "fnref-1-2"]
    marks.nth(1).click()
    assert page.locator(":target").inner_text().startswith("1")
    page.locator(":target [role=doc-backlink]").click()
    assert page.locator(":target").get_attribute("id") == "fnref-1"
    assert in_sight(page, ":target")


def test_the_reading_column_has_sixty_to_seventy_five_characters(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size(WIDE)
    visit.open(BY_HAND)
    lengths = page.evaluate(
        """(() => {
            const pieces = [...document.querySelector(".post-body p").childNodes].filter((node) => node.nodeType === 3);
            const text = pieces.at(-1);
            const lines = [];
            const range = document.createRange();
            let top;
            for (let at = 0; at < text.length; at += 1) {
                range.setStart(text, at); range.setEnd(text, at + 1);
                const box = range.getBoundingClientRect();
                if (box.width === 0) continue;
                if (Math.abs(box.top - top) < 5) lines[lines.length - 1] += 1; else { lines.push(1); top = box.top; }
            }
            return lines.slice(1, -1);
        })()"""
    )
    assert lengths
    assert 55 <= sum(lengths) / len(lengths) <= 75  # a wide system font fits fewer


def test_the_contents_tell_where_the_reader_is(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size(WIDE)
    visit.open(TOUR)
    assert page.locator(".toc [aria-current]").count() == 0
    for name in ("Callouts", "Math"):
        page.locator(f"#{name}").evaluate("(heading) => heading.scrollIntoView()")
        page.locator(".toc [aria-current]", has_text=name).wait_for()
        assert in_sight(page, ".toc [aria-current]")
        assert page.locator(".toc [aria-current]").count() == 1


def test_code_can_be_copied(visit: Visit) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.open(STATIC)
    button = page.get_by_role("button", name="Copy the code")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == 'print("{{ platypus }}")'


def test_wide_things_have_a_name_and_a_place_in_the_tab_order(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size(NARROW)
    visit.open(BY_HAND)
    table, code = (page.get_by_role("region", name=name) for name in ("Wide table 1", "Wide code 1"))
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.table-scroll').scrollLeft > 0")
    assert code.get_attribute("tabindex") == "0"
    visit.open(STATIC)
    visit.rest()
    assert page.locator("[role=region], [tabindex='0']").count() == 0


def test_the_edge_shows_where_a_wide_thing_goes_on(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size(NARROW)
    visit.open(BY_HAND)
    for name in ("Wide table 1", "Wide code 1"):
        box = page.get_by_role("region", name=name)
        shadows = []
        for part, sides in ((0, "right"), (0.5, "left right"), (1, "left")):
            box.evaluate("(box, part) => { box.scrollLeft = part * (box.scrollWidth - box.clientWidth) }", part)
            page.wait_for_function("([box, sides]) => box.dataset.more === sides", arg=[box.element_handle(), sides])
            shadows.append(str(box.evaluate("(box) => getComputedStyle(box).boxShadow")))
        assert [shadow.count("inset") for shadow in shadows] == [1, 2, 1]
    visit.open(STATIC)
    page.wait_for_function("document.querySelector('.highlight pre').dataset.more === ''")
    assert page.evaluate("getComputedStyle(document.querySelector('.highlight pre')).boxShadow") == "none"


def test_comments_come_when_they_are_asked_for(visit: Visit) -> None:
    page = visit.open(BY_HAND)
    visit.page.wait_for_timeout(100)
    assert visit.foreign == []
    with page.expect_request("https://giscus.app/**"):
        page.get_by_role("button", name="Show the comments").click()
    script = page.locator(".comments script")
    assert script.get_attribute("src") == "https://giscus.app/client.js"
    assert script.get_attribute("data-repo") == "you/blog"
    assert script.get_attribute("data-category-id") == "DIC_1"
    assert visit.foreign == ["giscus.app"]


def test_paper_shows_the_text_and_none_of_the_switches(visit: Visit) -> None:
    page = visit.page
    page.emulate_media(media="print", color_scheme="dark")
    visit.open(TOUR)
    shown = [name for name in (".site-header", ".toc", ".badges", ".copy", ".anchor-link") if page.is_visible(name)]
    assert shown == []
    assert page.locator("details.description pre").first.is_visible()  # nothing opens on paper
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == "rgb(255, 255, 255)"


def test_the_choice_is_made_before_the_first_paint(gallery: Site) -> None:
    """The script that knows the reader's choice stands before the first style sheet."""
    for url in (*LISTS, *POSTS):
        head = gallery.page(url.partition("?")[0]).html.partition("</head>")[0]
        assert head.index("localStorage") < head.index('rel="stylesheet"')
