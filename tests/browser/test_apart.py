"""Pieces of HTML on one page, as Chromium sees them: whose style sheets they follow, and where they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import blogs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.conftest import MakeBlog

pytestmark = pytest.mark.browser

RED, BLUE, BLACK = "rgb(255, 0, 0)", "rgb(0, 0, 255)", "rgb(0, 0, 0)"
STYLER = (
    '<style type="text/css">#T_a1_row0_col0 { color: red; } #T_a1 th { color: blue }</style>'
    '<table id="T_a1"><thead><tr><th>h</th></tr></thead><tbody><tr><td id="T_a1_row0_col0">1</td></tr></tbody></table>'
)
VARIABLES = (
    "<style>:root { --mark: red } html[data-theme=dark] { --mark: blue } .xr { color: var(--mark) }</style>"
    '<b class="xr">x</b>'
)
RUDE = (
    "<style>p, td, body, h2 { color: red } @keyframes blink { to { opacity: 0 } } .own { animation: blink 1s infinite }"
    '</style><p class="own">own</p><div><p>inner'
)
DRAWING = '<svg id="s"><style>* { fill: red }</style><rect id="r" width="1" height="1"/></svg>'


@pytest.fixture
def page(blog: MakeBlog, browser: Browser) -> Iterator[Page]:
    """Show the body of a post between two paragraphs of the site's own."""
    outputs = [{"output_type": "display_data", "data": {"text/html": it}} for it in (STYLER, RUDE, VARIABLES, STYLER)]
    outputs += [{"output_type": "display_data", "data": {"image/svg+xml": DRAWING}}] * 2
    nb = blogs.notebook(
        blogs.markdown("before"),
        blogs.code("show()", *outputs),
        blogs.markdown("<style>.post { color: blue } .outside { color: red }</style>\n\n<i class='post'>x</i>"),
    )
    post = blogs.convert(blog({blogs.FILE: nb}))
    body = f'<p class="outside">site</p><div id="notebook-container">{blogs.body(post)}</div><p id="after">site</p>'
    shown = browser.new_page()
    shown.set_content(f"<!DOCTYPE html><style>@keyframes blink {{ to {{ top: 1px }} }}</style><body>{body}</body>")
    yield shown
    shown.close()


def style(page: Page, selector: str, name: str = "color") -> list[str]:
    """Return a style, as it is computed, of everything that *selector* finds."""
    script = "([selector, name]) => [...document.querySelectorAll(selector)].map((it) => getComputedStyle(it)[name])"
    found: list[str] = page.evaluate(script, [selector, name])
    return found


def test_an_output_follows_its_own_style_sheet(page: Page) -> None:
    """The same styled table twice has other ids the second time, and its colours both times."""
    assert style(page, "td") == [RED, RED]
    assert style(page, "th") == [BLUE, BLUE]
    assert style(page, ".own, .own + div p") == [RED, RED]
    assert style(page, ".xr") == [RED]
    assert style(page, "rect", "fill") == [RED, RED]


def test_what_a_style_sheet_says_of_the_page_follows_the_page(page: Page) -> None:
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert style(page, ".xr") == [BLUE]


def test_nothing_outside_follows_it(page: Page) -> None:
    assert set(style(page, "body, body > p, .text_cell p")) == {BLACK}
    assert style(page, ".post") == [BLUE]
    assert style(page, ".own", "animationName")[0].startswith("blink-output-")


def test_what_an_output_leaves_open_ends_with_it(page: Page) -> None:
    assert page.evaluate("document.getElementById('after').parentElement.tagName") == "BODY"
    assert page.locator("#notebook-container > .cell").count() == 3
