"""Formulas in Chromium: drawn by KaTeX, or as the MathML that stands in the post; and what is no formula."""

# ruff: noqa: RUF001 - in mathematics the signs that look alike are what they look like

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

from tests import blogs
from tests.browser import server
from tests.browser.conftest import window
from tests.jekyll import site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator

    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.jekyll, pytest.mark.browser]


class Case(NamedTuple):
    """A text cell, and the formulas of its page: how each is written, and the signs a reader sees."""

    text: str
    formulas: dict[str, str]
    place: str = ""
    """The element of the cell in which the formulas stand."""


CASES = {
    "underscores": Case("Let $a_1+b_1$ be *so*.", {"a_1+b_1": "a1+b1"}, "p"),
    "stars": Case("Let $a*b*c$ and $d^*$ be.", {"a*b*c": "a∗b∗c", "d^*": "d∗"}),
    "less-than": Case("If $a<b$ and $c>d$.", {"a<b": "a<b", "c>d": "c>d"}),
    "lines": Case("$$\n-x=y\n$$", {"-x=y": "-x=y"}),
    "a dash first": Case("$$\n- x_1\n+ y_1\n$$", {"- x_1\n+ y_1": "-x1+y1"}),
    "bars in a table": Case("| a | b |\n|---|---|\n| $|x|$ | $\\|y\\|$ |", {"|x|": "∣x∣", "\\|y\\|": "∥y∥"}, "td"),
    "backslashes": Case("$$\\begin{matrix}a\\\\b\\end{matrix}$$", {"\\begin{matrix}a\\\\b\\end{matrix}": "ab"}),
    "ampersands": Case(
        "$\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}$",
        {"\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}": "(abcd)"},
    ),
    "braces": Case(
        "Half is $\\frac{{1}}{{2}}$, a power $x^{{{n}}}$.", {"\\frac{{1}}{{2}}": "12", "x^{{{n}}}": "xn"}, "p"
    ),
    "parentheses": Case("So is \\(b\\), and \\[c_1\\]", {"b": "b", "c_1": "c1"}),
    "doubled backslashes": Case("So is \\\\(e_1\\\\), and \\\\[g_1\\\\]", {"e_1": "e1", "g_1": "g1"}),
    "environment": Case(
        "\\begin{align}\na &= b_1 \\\\\nc &= d_2\n\\end{align}",
        {"\\begin{align}\na &= b_1 \\\\\nc &= d_2\n\\end{align}": "a=b1c=d2"},
    ),
    "columns": Case(
        "$$\\begin{array}{l|cr} k_1 & m & 1 \\\\ k & m & 1000 \\end{array}$$",
        {"\\begin{array}{l|cr} k_1 & m & 1 \\\\ k & m & 1000 \\end{array}": "k1m1km1000"},
    ),
    "too wide": Case(
        "$$\n" + " + ".join(f"a_{{{index}}}" for index in range(40)) + "\n$$",
        {" + ".join(f"a_{{{index}}}" for index in range(40)): "+".join(f"a{index}" for index in range(40))},
    ),
    "text": Case("$x \\text{ if it's } < 2$", {"x \\text{ if it's } < 2": "xifit’s<2"}),
    "prices": Case("It costs $5, or $10; from $3 to $4. A \\$x\\$ and `$code$`.", {}),
    "list": Case("- one $l_1$\n- two\n\n  $$\n  l_2\n  $$", {"l_1": "l1", "l_2": "l2"}, "li"),
    "footnote": Case("A note.[^1]\n\n[^1]: It's $f_1<2$.", {"f_1<2": "f1<2"}, "[role=note]"),
    "callout": Case("> Note: Take $n_1$.\n>\n> $$n_2$$", {"n_1": "n1", "n_2": "n2"}, "[role=note]"),
    "quote": Case("> $$\n> q_1\n> $$", {"q_1": "q1"}, "blockquote"),
    "heading": Case("## The case $\\frac{h}{2}$", {"\\frac{h}{2}": "h2"}, "h2"),
    "heading, deeper": Case("### Where $a_1<b$", {"a_1<b": "a1<b"}, "h3"),
    "link and emphasis": Case("[see $k_1$](https://example.org), *where $k_2$*", {"k_1": "k1", "k_2": "k2"}, "a, em"),
}
FRONT_MATTER = {"title": "Formulas", "toc": True}
URL = "/nbpress/2026/01/02/formulas.html"
SEEN = """(all) => all.map((math) => {
    const copy = math.cloneNode(true);
    copy.querySelectorAll("annotation").forEach((source) => source.remove());
    copy.querySelectorAll("mtd:last-child > mtext").forEach((number) => number.remove());
    return copy.textContent;
})"""
"""The signs of formulas, as the browser hands them to those who cannot see; KaTeX's style sheet numbers the lines."""
APART = "(all) => all.map((math) => getComputedStyle(math).display === 'block math')"
"""Whether formulas stand on lines of their own."""
SAME = str.maketrans({"−": "-", "|": "∣", "‖": "∥", "*": "∗", "'": "’", "\xa0": " "})
"""Signs that KaTeX and latex2mathml choose differently for the same thing."""


class Served(NamedTuple):
    """The blog under one setting of `math`."""

    math: str
    address: str


@pytest.fixture(scope="module", params=["katex", "mathml"])
def blog(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, requires_jekyll: str
) -> Iterator[Served]:
    """Build the notebook under each setting, and serve the blog."""
    root = tmp_path_factory.mktemp(request.param)
    source = site.copy_checkout(root / "blog", "_theme", "assets", "_config.yml", "pages")
    settings = yaml.safe_load((source / "_config.yml").read_text("utf-8"))
    settings["notebooks"]["math"] = request.param
    nb = blogs.notebook(*(blogs.markdown(case.text) for case in CASES.values()), front_matter=FRONT_MATTER)
    blogs.write(source, {"_config.yml": yaml.safe_dump(settings), "_notebooks/2026-01-02-formulas.ipynb": nb})
    command = [sys.executable, "-m", "converter", "build"]
    done = subprocess.run(command, cwd=source, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "math-converts" not in done.stdout + done.stderr
    built = site.build(source, root / "host", requires_jekyll)
    assert built.status == 0, built.output
    with server.serving(built.host) as host:
        yield Served(request.param, f"{host}{built.baseurl}/")


@pytest.fixture(scope="module")
def visit(browser: Browser, blog: Served) -> Iterator[Visit]:
    """Open the post once for all tests."""
    with window(browser, blog.address) as opened:
        opened.open(URL)
        yield opened


def formulas(visit: Visit, name: str) -> Locator:
    """Return the formulas of the case *name*, as whoever reads MathML meets them: KaTeX writes it as well."""
    cell = visit.page.locator(".text_cell").nth(list(CASES).index(name))
    return cell.locator(f":is({CASES[name].place or '*'}) math")


@pytest.mark.parametrize("name", CASES)
def test_a_formula_says_what_was_written(visit: Visit, name: str) -> None:
    seen = formulas(visit, name).evaluate_all(SEEN)
    assert ["".join(text.translate(SAME).split()) for text in seen] == list(CASES[name].formulas.values())


@pytest.mark.parametrize("name", CASES)
def test_a_formula_is_drawn(visit: Visit, blog: Served, name: str) -> None:
    """By KaTeX with boxes of its own, from just that source; else by the browser."""
    cell = visit.page.locator(".text_cell").nth(list(CASES).index(name))
    wanted = len(CASES[name].formulas)
    if blog.math == "katex":
        sources = formulas(visit, name).locator("annotation").all_text_contents()
        assert [source.strip() for source in sources] == list(CASES[name].formulas)
        drawn = cell.locator(".katex-html").all()
    else:
        drawn = formulas(visit, name).all()
    assert len(drawn) == wanted
    for box in (drawing.bounding_box() for drawing in drawn):
        assert box
        assert box["width"] > 5
        assert box["height"] > 5


def test_no_formula_is_an_error_or_left_as_it_was_typed(visit: Visit, blog: Served) -> None:
    assert visit.page.locator(".katex-error").count() == 0
    marked = visit.page.locator(".math")
    assert marked.count() == marked.locator(".katex").count()
    assert (marked.count() == 0) == (blog.math == "mathml")
    assert visit.complaints == []
    assert visit.foreign == []


def test_prices_and_code_are_left_alone(visit: Visit) -> None:
    cell = visit.page.locator(".text_cell").nth(list(CASES).index("prices"))
    assert cell.inner_text().strip() == "It costs $5, or $10; from $3 to $4. A $x$ and $code$."


def test_formulas_of_headings_stand_in_the_contents(visit: Visit) -> None:
    seen = visit.page.locator(".toc math").evaluate_all(SEEN)
    assert seen == [sign for case in CASES.values() if case.place in ("h2", "h3") for sign in case.formulas.values()]


def test_a_formula_apart_stands_on_a_line_of_its_own(visit: Visit) -> None:
    wanted = {name: re.search(r"\$\$|\\begin\{align|\\\[", case.text) is not None for name, case in CASES.items()}
    found = {name: formulas(visit, name).evaluate_all(APART) for name in CASES}
    assert {name: any(apart) for name, apart in found.items()} == wanted


def test_only_formulas_for_katex_bring_scripts(visit: Visit, blog: Served) -> None:
    scripts = visit.page.locator("script[src*='katex'], script[src*='math']").count()
    assert (scripts > 0) == (blog.math == "katex")


@pytest.mark.parametrize("blog", ["mathml"], indirect=True)
def test_columns_are_aligned_as_they_are_written(visit: Visit) -> None:
    """Browsers do not read `columnalign`; the style sheet does."""
    edges = """(cells) => cells.map((cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        const { left, right } = range.getBoundingClientRect();
        return [left, right].map(Math.round);
    })"""
    aligned = formulas(visit, "environment").locator("mtr > mtd").evaluate_all(edges)
    (_, a), (first, _), _, (_, c), (second, _), _ = aligned
    assert (a, first) == (c, second)  # to the right before the sign, to the left behind it
    assert 0 <= first - a < 8
    cells = formulas(visit, "columns").locator("mtr > mtd").evaluate_all(edges)
    assert cells[0][0] == cells[3][0]
    assert cells[2][1] == cells[5][1]


def test_a_formula_that_is_too_wide_scrolls_by_keyboard(visit: Visit) -> None:
    cell = visit.page.locator(".text_cell").nth(list(CASES).index("too wide"))
    box = cell.get_by_role("region", name="Wide formula")
    box.focus()
    visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_function("(box) => box.scrollLeft > 0", arg=box.element_handle())
    assert visit.page.evaluate("document.documentElement.scrollWidth === innerWidth")
