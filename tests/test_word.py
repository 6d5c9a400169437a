"""Word documents: whatever Word can say becomes a post, or a sentence about why not."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from converter import config, pipeline
from tests import blogs, documents, folders
from tests.cases import each_case

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeBlog

FILE, POST = "_word/2020-01-02-a-document.docx", "_posts/2020-01-02-a-document.html"
GOOD = "---\ntitle: Good\n---\n\nText with ![a picture](p.png){width=1in}.\n"


@pytest.fixture(scope="module")
def good() -> bytes:
    """Return a document without fault."""
    return documents.of_markdown(GOOD)


@each_case("word")
def test_a_document_becomes_a_post(text: str, blog: MakeBlog) -> str:
    """The input is what pandoc makes a document of; then come front matter, text, images and findings."""
    root = blog({FILE: documents.of_markdown(text)})
    post = blogs.convert(root, FILE)
    _, head, _ = post.text.split("---\n", 2)
    matter = [line for line in head.splitlines() if not line.startswith(("nb_path:", "layout:"))]
    cell = re.search(r'rendered_html">\n(.*?)\n*</div>\n</div>\n</div>\n', blogs.body(post) + "\n", re.DOTALL)
    said = [f"file {asset.path}" for asset in post.assets] + [str(finding) for finding in post.findings]
    return "\n".join([*matter, "----", cell[1] if cell else "", *(["----", *said] if said else [])])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: b"", "is no Word document; open it in Word and save it again"),
        (lambda _: b"no zip", "is no Word document; open it in Word and save it again"),
        (lambda it: it[: len(it) // 2], "is no Word document; open it in Word and save it again"),
        (
            lambda it: documents.changed(it, {documents.DOCUMENT: None}),
            "is no Word document; open it in Word and save it again",
        ),
        (
            lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "is a document of old Word or protected by a password; save it as .docx without a password",
        ),
        (
            lambda it: documents.claiming(it, documents.DOCUMENT, 700_000_000),
            "holds 700 MB; compress its pictures in Word",
        ),
        (
            lambda it: documents.changed(it, {_image(it): bytes(51_000_000)}),
            "has 51 MB; compress the pictures in Word",
        ),
        (lambda it: documents.changed(it, {documents.DOCUMENT: b"<w:document><"}), "pandoc cannot read it: "),
        (lambda it: it.replace(b"PK\x03\x04", b"PK\x03\x05"), "open it in Word and save it"),
    ],
    ids=["empty", "text", "cut", "no text", "password", "bomb", "huge image", "XML", "headers"],
)
def test_what_is_no_document_is_a_finding_and_the_others_go_on(
    tmp_path: Path, good: bytes, change: object, message: str
) -> None:
    """One sentence that says what to do; the file stays as it is."""
    assert callable(change)
    bad = change(good)
    root = folders.make(tmp_path / "blog", {FILE: good, "_word/2020-01-03-bad.docx": bad})
    report = pipeline.build(config.load(root))
    assert [(str(it.source), it.rule) for it in report.findings] == [("_word/2020-01-03-bad.docx", "notebook-reads")]
    assert message in report.findings[0].message
    assert (root / POST).is_file()
    assert (root / "_word/2020-01-03-bad.docx").read_bytes() == bad


def _image(document: bytes) -> str:
    return next(name for name in documents.parts(document) if name.startswith("word/media/"))


def test_pictures_that_no_browser_shows_are_findings(blog: MakeBlog, good: bytes) -> None:
    """Windows metafiles and TIFF; the post is written without them."""
    name = _image(good)
    other = name.replace(".png", ".emf")
    relations = documents.replaced(
        good, name.removeprefix("word/"), other.removeprefix("word/"), part="word/_rels/document.xml.rels"
    )
    document = documents.changed(relations, {name: None, other: b"\x01\x00\x00\x00"})
    root = blog({FILE: document})
    report = pipeline.build(config.load(root))
    assert [(it.rule, it.cell, it.line) for it in report.findings] == [("image-exists", None, None)]
    assert "is image/x-emf, which no browser shows; save it as PNG" in report.findings[0].message
    assert (root / POST).is_file()


def test_properties_are_front_matter_and_the_document_comes_before_them(blog: MakeBlog) -> None:
    """Each over the one before: settings of the blog, properties, a styled title, what stands at the head."""
    settings = "notebooks:\n  front_matter: {author: The blog, comments: true, toc: true}\n"
    plain = documents.of_markdown("Only text.\n")
    core = documents.parts(plain)[documents.CORE].decode()
    told = "<dc:title>From properties</dc:title><dc:creator>Ada; Bob</dc:creator><dc:subject>So: a subject</dc:subject>"
    told += "<cp:keywords>one, two; three</cp:keywords><cp:category>guide</cp:category>"
    document = documents.changed(
        plain, {documents.CORE: re.sub(r"<dc:title>.*?<dcterms", told + "<dcterms", core, count=1).encode()}
    )
    root = blog({"_config.yml": settings, FILE: document})
    assert blogs.convert(root, FILE).text.split("---\n")[1].splitlines() == [
        'author: ["Ada", "Bob"]',
        "comments: true",
        "toc: true",
        'description: "So: a subject"',
        'title: "From properties"',
        'categories: ["guide"]',
        'tags: ["one", "two", "three"]',
        f"nb_path: {FILE}",
        "layout: notebook",
    ]


def test_the_table_of_contents_of_word_is_left_out(blog: MakeBlog) -> None:
    """It has the numbers of pages; `toc: true` gives one that leads somewhere."""
    contents = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        "<w:sdtContent><w:sdt><w:sdtContent><w:p><w:r><w:t>Contents</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:r><w:t>One 17</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    document = documents.replaced(documents.of_markdown("# One\n\nText.\n"), "<w:body>", f"<w:body>{contents}")
    post = blogs.convert(blog({FILE: document}), FILE)
    assert "Contents" not in post.text
    assert "17" not in post.text
    assert "<p>Text.</p>" in post.text


def test_a_document_goes_with_its_post_and_its_images(tmp_path: Path, good: bytes) -> None:
    """What was made of it is the same each time, and gone when it is gone; Word's own lock files are no documents."""
    root = folders.make(tmp_path / "blog", {FILE: good, "_word/~$20-01-02-a-document.docx": b"\x05Ada"})
    settings = config.load(root)
    image = "images/copied_from_nb/2020-01-02-a-document_files/497790947d466676.png"
    report = pipeline.build(settings)
    assert [str(path) for path in report.written] == [image, POST]
    assert report.findings == ()
    before = folders.states(root)
    folders.nbpress(root, "clean")
    assert pipeline.check(settings).findings == ()
    assert pipeline.build(settings).unchanged == 1
    assert folders.states(root) == before
    (root / FILE).unlink()
    assert [str(path) for path in pipeline.build(settings).removed] == [POST, image]


def test_a_document_and_a_notebook_of_one_name_are_an_error(tmp_path: Path, good: bytes) -> None:
    files = {FILE: good, "_notebooks/2020-01-02-a-document.ipynb": ["# A notebook"]}
    root = folders.make(tmp_path / "blog", files)
    assert {it.rule for it in pipeline.build(config.load(root)).findings} == {"post-path-unique"}


def test_documents_lie_where_the_settings_say(tmp_path: Path, good: bytes) -> None:
    """Also beside the notebooks."""
    for folder in ("texts/word", "_notebooks"):
        files = {"_config.yml": f"notebooks: {{word: {folder}}}\n", f"{folder}/deep/2020-01-02-a-document.docx": good}
        root = folders.make(tmp_path / folder, files)
        report = pipeline.build(config.load(root))
        assert POST in [str(path) for path in report.written]
        assert (root / "images/copied_from_nb/deep/2020-01-02-a-document_files").is_dir()


def test_without_pandoc_a_finding_says_what_to_install(tmp_path: Path, good: bytes) -> None:
    """The extra is optional; everything else of the blog is built."""
    root = folders.make(tmp_path / "blog", {FILE: good, blogs.FILE: ["# A notebook"]})
    code = "import sys; sys.modules['pypandoc'] = None; from converter.cli import main; main(['build'])"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=root, env=folders.environment(), capture_output=True, text=True, check=False)
    assert done.stdout == (
        f"{FILE}: is a Word document, and nothing here can read it; pip install 'nbpress[word]' [pandoc-installed]\n"
    )
    assert done.returncode == 1
    assert (root / "_posts/2020-01-02-post.html").is_file()


def test_a_document_has_no_outputs_to_adopt(tmp_path: Path, good: bytes) -> None:
    """And nothing is written over it."""
    root = folders.make(tmp_path / "blog", {FILE: good})
    report = pipeline.adopt(config.load(root), [root / FILE])
    assert [it.message for it in report.findings] == ["holds no code, so it has no outputs"]
    assert (root / FILE).read_bytes() == good
