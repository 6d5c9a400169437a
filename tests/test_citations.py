"""Citations: every spelling, every style, and the files they come from."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converter import bibliography, bibtex, citations, config, pipeline
from tests import blogs
from tests.cases import each_case

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeBlog

WORKS = r"""
@book{knuth, author={Donald E. Knuth}, title={The Art of Computer Programming}, year=1997, publisher={Addison-Wesley}}
@phdthesis{ng, author={Ada Ng}, title={On {LaTeX} at {\'E}cole}, school={MIT}, year=1999}
@book{lee, editor={Ann Lee and Ben Wu}, title={A Book}, edition={Second}, publisher={P}, address={Berlin}, year=2010}
@article{many, author={An One and Bo Two and Cy Three}, title={Many}, journal={J}, volume=3, number=2, year=2001}
@article{same1, author={Jo Same}, title={A}, journal={J}, year=2020, doi={10.1/a}}
@article{same2, author={Jo Same}, title={B}, journal={J}, year=2020, url={https://x.org/?a=1&b=2}}
@article{same3, author={Jo Same}, title={C}, journal={J}, year=2021}
@misc{braces, title={On {{ braces }} and {\%} raw}, author={{{Liquid} <team> {% raw %}}}, year=2000}
"""
BIB = "_bibliography/works.bib"


@each_case("bibtex")
def test_entries_are_read_as_people_write_them(text: str) -> str:
    """The input is a file; expected are its entries as CSL-JSON, and what is wrong with it."""
    found = bibtex.read(text.encode())
    faults = [f"line {fault.line}{', lost' * fault.is_lost}: {fault.message}" for fault in found.faults]
    return "\n".join([*(json.dumps(item, ensure_ascii=False) for item in found.items.values()), *faults])


@each_case("citations")
def test_citations_in_all_spellings(text: str, blog: MakeBlog) -> str:
    """What links to the list stands in `<…>`, a key that nobody knows in `!…!`; then the list at the end."""
    cells = blogs.text_cells(blogs.of_text(text), blog({BIB: WORKS}))
    html, _, findings = blogs.told(cells).partition("\n----\n")
    html = re.sub(r'<a href="#ref-[^"]+" id="cite-[^"]+" role="doc-biblioref">(.*?)</a>', r"<\1>", html)
    html = re.sub(r'<mark class="citation-missing">(.*?)</mark>', r"!\1!", html)
    html = re.sub(r'<span class="citation">((?:(?!</?span).)*)</span>', r"\1", html)
    listed = " ".join(item.name for item in cells.references.items)
    return "\n".join(part for part in (html, listed, findings) if part)


def _post(root: Path, *, status: str = "") -> str:
    """Return the body of the post of the blog's only notebook, whose findings are those that *status* names."""
    post = blogs.convert(root)
    assert " ".join(finding.rule for finding in post.findings) == status
    return blogs.body(post)


def test_a_post_that_cites_nothing_asks_nobody_for_a_bibliography(blog: MakeBlog) -> None:
    """No file is named as one it depends on, and no library is loaded."""
    root = blog({BIB: WORKS, blogs.FILE: blogs.notebook(blogs.markdown("Mail me@example.org, a@b."))})
    assert not [file for file in blogs.convert(root).files if "bib" in file.name]


def test_the_list_stands_at_the_end_below_a_title_of_its_own(blog: MakeBlog) -> None:
    """Its heading has the style's words, in the language of the settings."""
    nb = blogs.notebook(blogs.markdown("[@ng; @knuth]"), blogs.code("1"))
    text = _post(blog({BIB: WORKS, blogs.FILE: nb}))
    assert text.index("cite-ng") < text.index("code_cell") < text.index('<h2 id="references-title">References</h2>')
    assert text.index('<li id="ref-knuth">') < text.index('<li id="ref-ng">')
    site = "notebooks: {execute: never, citation_locale: de-DE, citation_style: numeric}\n"
    text = _post(blog({BIB: WORKS, blogs.FILE: nb, "_config.yml": site}, "german"))
    assert '<h2 id="references-title">Literatur</h2>' in text or ">Referenzen<" in text
    assert text.index('<li id="ref-ng">[1] ') < text.index('<li id="ref-knuth">[2] ')


def test_a_heading_at_the_very_end_heads_the_list(blog: MakeBlog) -> None:
    """As in Pandoc's documents the author's own heading stands above it."""
    root = blog({BIB: WORKS, blogs.FILE: blogs.notebook(blogs.markdown("[@ng]\n\n## Works"))})
    text = _post(root)
    assert "references-title" not in text
    assert text.index('id="Works"') < text.index('<section class="references"')


def test_everything_is_listed_where_the_author_asks_for_it(blog: MakeBlog) -> None:
    """`{% bibliography %}` lists what nobody cites, too."""
    root = blog({BIB: WORKS, blogs.FILE: blogs.notebook(blogs.markdown("{% bibliography %}"))})
    text = _post(root)
    assert text.count('<li id="ref-') == WORKS.count("\n@")
    assert 'href="https://doi.org/10.1/a"' in text
    assert 'href="https://x.org/?a=1&amp;b=2"' in text
    assert "doc-backlink" not in text


def test_ids_are_unique_and_every_link_within_the_page_arrives(blog: MakeBlog) -> None:
    """Headings of the same names give way; keys that differ in what an id cannot hold do so, too."""
    works = WORKS + "@misc{a:b/c+d, title={T}}\n@misc{ng-2, title={T}}\n"
    cells = (
        blogs.markdown("## ref-ng\n\n[@ng] [@ng] [@ng-2] {% cite a:b/c+d %} @{a:b/c+d}\n\n## cite-ng"),
        blogs.markdown("A.[^1] [@knuth]\n\n[^1]: Note [@knuth; @ng]."),
    )
    for style in ("html", "liquid"):
        site = f"notebooks: {{execute: never, footnotes: {style}}}\n"
        files = {BIB: works, blogs.FILE: blogs.notebook(*cells), "_config.yml": site}
        text = _post(blog(files, style))
        ids = re.findall(r' id="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        targets = {unquote(target) for target in re.findall(r' href="#([^"]+)"', text) if not target.startswith("fn")}
        assert targets <= set(ids)
        assert {name for name in ids if name.startswith(("ref-", "cite-"))} <= targets


def test_front_matter_names_bibliography_and_style_of_its_own(blog: MakeBlog) -> None:
    """Paths are relative to the notebook, or to the root of the blog; the blog's own bibliography does not count."""
    head = "---\ntitle: T\nbibliography: [own.bib, more/other.bib]\ncsl: numeric\n---"
    nb = blogs.notebook(blogs.markdown(head), blogs.markdown("[@b] [@a] [@ng]"), title=None)
    own, other = "@misc{a, title={A}}", "@misc{b, title={B}}\n@misc{a, title={Again}}"
    root = blog({BIB: WORKS, "_notebooks/own.bib": own, "_bibliography/more/other.bib": other, blogs.FILE: nb})
    text = _post(root, status="bibliography-reads citation-resolves")
    assert "[1] <i>B</i>" in text
    assert "[2] <i>A</i>" in text
    head = "---\ntitle: T\nbibliography: ../../outside.bib\ncsl: gone.csl\n---"
    nb = blogs.notebook(blogs.markdown(head), blogs.markdown("[@b]"), title=None)
    root = blog({blogs.FILE: nb}, "outside")
    assert "b?" in _post(root, status="bibliography-reads citation-style-reads citation-resolves")


@pytest.mark.parametrize(
    ("style", "says"),
    [
        ("<style", "is no XML"),
        ("<x/>", "is no CSL style"),
        ("<style xmlns='http://purl.org/net/xbiblio/csl' version='1.0'><info/></style>", "the independent style"),
        ("<style class='note'><citation/><bibliography/></style>", "puts citations into footnotes"),
        (None, "is not there; name author-date or numeric, or a file"),
    ],
)
def test_a_style_that_cannot_be_used_is_a_finding(style: str | None, says: str, blog: MakeBlog) -> None:
    """The post has the default style."""
    site = "notebooks: {execute: never, citation_style: my.csl}\n"
    files = {BIB: WORKS, blogs.FILE: blogs.notebook(blogs.markdown("[@ng]")), "_config.yml": site}
    post = blogs.convert(blog(files | ({"my.csl": style} if style else {})))
    assert [finding.rule for finding in post.findings] == ["citation-style-reads"]
    assert says in post.findings[0].message
    assert "Ng, 1999</a>)" in post.text


def test_a_style_of_the_blog_is_used(blog: MakeBlog) -> None:
    """Any independent style of CSL will do."""
    default = citations.DEFAULT.read_text("utf-8").replace(
        'prefix="(" suffix=")" delimiter="; "', 'prefix="{" suffix="}"'
    )
    site = "notebooks: {execute: never, citation_style: my.csl}\n"
    files = {BIB: WORKS, blogs.FILE: blogs.notebook(blogs.markdown("[@ng]")), "_config.yml": site}
    text = _post(blog(files | {"my.csl": default}))
    assert '<span class="citation">&#123;<a href="#ref-ng"' in text


def test_a_language_that_nobody_speaks_is_a_finding(blog: MakeBlog) -> None:
    """So is a misspelt locale."""
    site = "notebooks: {execute: never, citation_locale: klingon}\n"
    files = {BIB: WORKS, blogs.FILE: blogs.notebook(blogs.markdown("[@ng]")), "_config.yml": site}
    assert "Ng, 1999</a>)" in _post(blog(files), status="citation-style-reads")


def test_without_a_bibliography_all_stays_as_it_was_written(blog: MakeBlog) -> None:
    """One finding for the notebook, at its first tag; the tags show, in footnotes too, safe from Liquid."""
    first, *others = "@ada [thanks to @ada] [@ada] \\cite{a}{% fn 1 %}", "{% cite a b -A %}, {% cite %}"
    others += ["{{ 'one {% cite a %}' | fndetail: 1 }}", "{% bibliography --cited %}"]
    text = "\n\n".join([first, *others])
    root = blog({blogs.FILE: blogs.notebook(blogs.markdown("x"), blogs.markdown(text))})
    post = blogs.convert(root)
    (finding,) = post.findings
    assert (finding.rule, finding.cell, finding.line) == ("citation-resolves", 2, 3)
    html = blogs.body(post)
    assert "@ada [thanks to @ada] [@ada] [<a" in html
    assert "<p>&#123;% cite a b -A %}, &#123;% cite %}</p>" in html
    assert "{{ 'one &#38;#123;% cite a %&#125;' | fndetail: 1 }}".replace("&#38;", "&") in html
    assert "<p>&#123;% bibliography --cited %}</p>" in html


def test_with_jekyll_scholar_citations_go_through(blog: MakeBlog) -> None:
    """Whoever has the plugin keeps what it does."""
    source = "{% cite ng %} [@ng]\n\n{% bibliography --cited %}"
    files = {BIB: WORKS, blogs.FILE: blogs.notebook(blogs.markdown(source))}
    text = _post(blog(files | {"_config.yml": "plugins: [jekyll-scholar]\nnotebooks: {execute: never}\n"}))
    assert "<p>{% cite ng %} [@ng]</p>\n<p>{% bibliography --cited %}</p>" in text


def test_files_in_other_encodings_are_read() -> None:
    """A byte order mark is nothing; Latin-1 is a warning with the line."""
    assert list(bibtex.read("\ufeff@misc{a, title={Ä}}".encode()).items) == ["a"]
    found = bibtex.read("\r\n@misc{a, title={Ä}}\r\n".encode("latin-1"))
    assert found.items["a"]["title"] == "Ä"
    assert [(fault.line, fault.is_lost) for fault in found.faults] == [(2, False)]


WEIRD = st.text(
    st.sampled_from('@{}[]()"#%,=\\$~\n ab1éé;.<>&-_') | st.characters(exclude_categories=["Cs"]), max_size=80
)


@settings(max_examples=300, deadline=None)
@given(text=WEIRD, field=WEIRD)
def test_no_file_brings_the_reader_down(text: str, field: str) -> None:
    """Whatever a .bib file holds, what can be read is read."""
    fields = ", ".join(f"{name}={{{field}}}" for name in ("author", "title", "date", "url", "edition", "pages"))
    content = f"{text}\n@article{{a, {fields}}}\n@misc{{z, title={{Z}}}}"
    bibtex.read(content.encode())


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=WEIRD, field=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}\\"), max_size=40))
def test_no_entry_brings_the_renderer_down(text: str, field: str, blog: MakeBlog) -> None:
    """Whatever fields and text around a citation hold, there is a post, and it is safe from Liquid."""
    item = {"id": "a", "type": "book", "title": field, "author": [{"family": field}], "publisher": field}
    style = citations.style(citations.DEFAULT, None)
    one = citations.Citation(cites=(citations.Cite(key="a", locator="1"), citations.Cite(key="b")))
    assert citations.render([one], {"a": item}, style, whole=False).references.keys() == {"a"}
    nb = blogs.notebook(blogs.markdown(f"{text} [@ng] {text}\n\n[{text} @ng, {text}]"))
    blogs.text_cells(nb, blogs.write(blog({}).parent / "any", {BIB: WORKS}))


def test_several_files_are_one_bibliography_in_the_order_of_their_names(blog: MakeBlog) -> None:
    """Where everything is listed in the order of the files, the first of them comes first."""
    site = "notebooks: {execute: never, citation_style: numeric}\n"
    files = {
        "_bibliography/a.bib": "@misc{x, title={X}}\n@misc{y, title={Y}}",
        "_bibliography/b.bib": "@misc{b, title={B}}\n@misc{x, title={Z}}",
    }
    root = blog({**files, blogs.FILE: blogs.notebook(blogs.markdown("{% bibliography %}")), "_config.yml": site})
    text = _post(root, status="bibliography-reads")
    assert re.findall(r"\[(\d)\] <i>(.)</i>", text) == [("1", "X"), ("2", "Y"), ("3", "B")]


def test_a_changed_bibliography_or_style_renders_who_cites_and_runs_nothing(blog: MakeBlog) -> None:
    """The memo knows the files; a new one in the folder counts, posts that cite nothing stay out of it."""
    cites = blogs.notebook(blogs.markdown("[@ng]"), blogs.code("raise SystemError"))
    site = "notebooks: {citation_style: my.csl}\n"
    style = citations.DEFAULT.read_text("utf-8")
    plain = blogs.notebook(blogs.markdown("Nothing."))
    files = {BIB: WORKS, "my.csl": style, "_config.yml": site, "_notebooks/2020-01-03-plain.ipynb": plain}
    root = blog(files | {blogs.FILE: cites})
    configured = config.load(root)
    pipeline.adopt(configured, [root / blogs.FILE])  # so its outputs are fresh, and to run it would fail
    assert len(pipeline.build(configured).written) == 2
    assert pipeline.build(configured).unchanged == 2
    changes = {
        BIB: WORKS.replace("Ada Ng", "Ida Ng"),
        "my.csl": style.replace('delimiter=", "', 'delimiter=" "'),
        "_bibliography/a.bib": "@book{ng, title={Another}, author={Zoe Ng}, year=2001}",
    }
    for name, text in changes.items():
        (root / name).write_text(text, "utf-8")
        assert pipeline.check(configured).failed
        report = pipeline.build(configured)
        assert [path.name for path in report.written] == ["2020-01-02-post.html"]
        assert report.executed == ()
        assert not pipeline.check(configured).failed
    assert "Ng 2001</a>)" in (root / "_posts/2020-01-02-post.html").read_text("utf-8")


def test_each_file_is_read_once(blog: MakeBlog) -> None:
    """A thousand posts that cite cost one reading of the bibliography."""
    notebooks = {
        f"_notebooks/2020-01-{day:02}-post.ipynb": blogs.notebook(blogs.markdown("[@ng]")) for day in range(1, 9)
    }
    root = blog({BIB: WORKS, **notebooks})
    before = bibliography._read.cache_info().misses
    pipeline.build(config.load(root))
    assert bibliography._read.cache_info().misses == before + 1
