"""Text notebooks: which files are any, how they become cells, and where these stand in the file."""

from __future__ import annotations

import contextlib
import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import jupytext
import jupytext.languages
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter import config, discover, findings, pipeline, read, text
from converter import convert as stages
from converter.errors import ReadError
from tests import blogs, folders
from tests.cases import each_case

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

    from tests.conftest import MakeBlog

JUPYTEXT = "jupytext:\n  formats: ipynb,md\n"


@each_case("text_notebooks")
def test_text_becomes_cells(text: str) -> str:
    """The input is the file's name and what is in it; of each cell the line where it begins in the file is shown."""
    name, _, content = text.partition("\n")
    path, data = PurePosixPath(name), (content + "\n").encode()
    try:
        nb = read.text(data, path)
    except ReadError as error:
        return f"{error} [{error.rule}]"
    spec = nb.metadata.get("kernelspec", {})
    hides = " hide_input" * nb.metadata.get("hide_input", False)
    said = [f"kernel {spec['name']} ({spec.get('language')}){hides}"] if spec else []
    for number, cell in enumerate(nb.cells, 1):
        metadata = f" {json.dumps(cell.metadata)}" if cell.metadata else ""
        said += [f"%% {cell.cell_type}{metadata} line {_line(data, path, number)}", cell.source]
    return "\n".join(said)


def _line(data: bytes, path: PurePosixPath, cell: int) -> int:
    return text.line_in_file(data, path, cell, 1)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("2020-01-02-x.md", f"---\ntitle: x\n{JUPYTEXT}---\n", True),
        ("x.md", f"---\n{JUPYTEXT}---\n", True),
        ("x.md", "---\nkernelspec:\n  name: python3\n---\n", True),
        ("x.md", "\ufeff---\r\njupyter:\r\n  kernelspec: {name: ir}\r\n---\r\n", True),
        ("x.md", f"<!--\n---\n{JUPYTEXT}---\n-->\n", True),
        ("2020-01-02-x.md", "---\ntitle: x\n---\n", True),
        ("2020-01-02-x.md", "---\ntitle: never closed\n", True),
        ("2020-01-02-x.Rmd", "---\ntitle: x\n---\n", True),
        ("2020-01-02-x.qmd", "---\ntitle: x\n---\n", True),
        ("2020-01-02-x.py", "# %%\nx = 1\n", True),
        ("2020-01-02-x.py", "import x\n\n#%% [markdown]\n# text\n", True),
        ("2020-01-02-x.R", "# %%\nx <- 1\n", True),
        ("2020-01-02-x.rs", "// %%\nlet x = 1;\n", True),
        (
            "x.py",
            f"#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# ---\n# {JUPYTEXT.rstrip()}\n# ---\n".replace(
                "\n  ", "\n#   "
            ),
            True,
        ),
        ("2020-01-02-x.md", b"---\ntitle: \xff\n---\n", True),
        ("README.md", "# Read me\n", False),
        ("README.md", "---\ntitle: of another tool\n---\n", False),
        ("2020-01-02-x.md", "# A dated note without YAML\n", False),
        ("2020-01-02-x.md", "", False),
        ("notes.md", "I wrote:\n\n---\njupytext: no header\n---\n", False),
        ("helper.py", "# %%\nx = 1\n", False),
        ("helper.py", '"""A module."""\n\nx = "# %%"\n', False),
        ("2020-01-02-x.py", '"""A dated script."""\n# %%timeit is no marker\n', False),
        ("2020-01-02-x.txt", "---\ntitle: x\n---\n", False),
        ("2020-01-02-x.ipynb", f"---\n{JUPYTEXT}---\n", False),
    ],
)
def test_a_text_notebook_says_that_it_is_one(
    tmp_path: Path, name: str, content: str | bytes, *, expected: bool
) -> None:
    """By its header, or by a dated name and the form of a post; what merely lies beside notebooks is none."""
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert text.is_notebook(file) is expected


def test_scripts_have_the_comments_that_jupytext_gives_them() -> None:
    """A suffix or mark that Jupytext does not know would never be read."""
    known = {suffix: of["comment"] for suffix, of in jupytext.languages._SCRIPT_EXTENSIONS.items()}
    assert text.SCRIPTS.items() <= known.items()


@pytest.mark.parametrize("data", [b"\xff\xfe", b"---\n\xffjupytext:\n---\n", b"\x00", b"", b"---\n"], ids=repr)
@pytest.mark.parametrize("suffix", [".md", ".py", ".Rmd", ".qmd", ".jl"])
def test_whatever_a_file_holds_the_answer_is_a_notebook_or_a_read_error(suffix: str, data: bytes) -> None:
    with contextlib.suppress(ReadError):
        read.text(data, PurePosixPath(f"x{suffix}"))


@given(
    st.text(alphabet=st.sampled_from("-#%` \n:[]{}ab'\"~+<!>\t\\é"), max_size=80),
    st.sampled_from(sorted(text.SUFFIXES)),
)
def test_no_text_raises_anything_else(content: str, suffix: str) -> None:
    """Neither as a whole, nor behind a header that makes it a notebook; every line of it is found in the file."""
    path = PurePosixPath(f"x{suffix}")
    for data in (content, f"---\njupytext: {{}}\n---\n{content}"):
        try:
            nb = read.text(data.encode(), path)
        except ReadError:
            continue
        for number in range(1, len(nb.cells) + 1):
            assert 1 <= text.line_in_file(data.encode(), path, number, 1) <= data.count("\n") + 1


PIECES: tuple[NotebookNode, ...] = (
    blogs.markdown("# A heading\n\nProse with $a_1 < b$ and `code` and a note[^1].\n\n[^1]: The note."),
    blogs.markdown("> Note: with care\n\n- item\n- item\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
    blogs.markdown("{{ site.title }} and {% raw %} and :smile:"),
    blogs.code("#hide_input\nprint(1)"),
    blogs.code("%matplotlib inline\n\ndef f(x):\n\n    return {x: '# %%'}\n\n\nf(1)"),
    blogs.code("%%bash\necho 1"),
    blogs.code("#| echo: false\n#| fig-cap: 'a: b'\nplot()", tags=["hide-output"]),
    blogs.code("1", tags=["remove-input"]),
    blogs.raw("<b>raw</b>"),
)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), st.sampled_from(["md", "md:myst", "py:percent"]))
def test_a_notebook_and_what_jupytext_makes_of_it_are_one_post(cells: list[NotebookNode], form: str) -> None:
    """Apart from the path that the post names; this is what pairs rest on."""
    nb = blogs.notebook(blogs.raw("---\ntitle: 'A: b'\ntags: [x, y]\n---"), *cells, title=None)
    defaults = config.Config()
    posts = []
    for name, data in (
        ("ipynb", json.dumps(nb).encode()),
        (form.partition(":")[0], jupytext.writes(nb, form).encode()),
    ):
        source = discover.source(defaults.root / f"_notebooks/2020-01-02-x.{name}", defaults)
        post = stages.notebook(read.notebook(source, data), source, defaults)
        posts.append(post.text.replace(str(source.path), "PATH"))
    assert posts[0] == posts[1]


def test_findings_name_the_line_of_the_text(blog: MakeBlog) -> None:
    """For people and for GitHub; an `.ipynb` keeps its cells."""
    lines = ["---", "title: x", "tag: [y]", JUPYTEXT.rstrip(), "---", "", "# A", "", "![x](none.png)", ""]
    root = blog(
        {"_notebooks/2020-01-02-x.md": "\n".join(lines), blogs.FILE: blogs.notebook(blogs.markdown("![x](n.png)"))}
    )
    report = pipeline.check(config.load(root))
    where = {(str(it.source)[-5:], it.rule, it.cell, it.line) for it in report.findings if it.rule != "post-exists"}
    assert where == {
        ("-x.md", "front-matter-key-known", None, 3),
        ("-x.md", "image-exists", None, 10),
        ("ipynb", "image-exists", 1, 1),
    }
    said = [findings.as_annotation(it, root) for it in report.findings if it.rule == "image-exists"]
    assert any(it.startswith("::error file=_notebooks/2020-01-02-x.md,line=10,") for it in said)


def test_links_between_notebooks_know_texts(blog: MakeBlog) -> None:
    """A text notebook is a target like any other; a README is a file like any other."""
    body = "[a](2020-01-03-b.py#top) [b](README.md) [c](gone.md) [d](2020-01-03-b.ipynb)"
    body += " [e](../_word/2020-01-04-e.docx) [f](../files/2020-01-05-f.docx)"
    files = {"_notebooks/2020-01-03-b.py": "# %%\n1\n", "_notebooks/README.md": "# x\n"}
    files |= {"_word/2020-01-04-e.docx": "", "files/2020-01-05-f.docx": ""}
    root = blog({blogs.FILE: blogs.notebook(blogs.markdown(body)), **files})
    post = blogs.convert(root)
    assert '<a href="{% post_url 2020-01-03-b %}#top">' in post.text
    assert '<a href="README.md">' in post.text
    assert '<a href="{% post_url 2020-01-04-e %}">' in post.text
    assert '<a href="../files/2020-01-05-f.docx">' in post.text
    assert '<a href="gone.md">' in post.text
    said = [(finding.rule, finding.message.split(" leads nowhere")[0].split(" ")[-1]) for finding in post.findings]
    # The file of the pair is not there yet, and what stands beside notebooks is not published.
    wrong = ("README.md", "gone.md", "2020-01-03-b.ipynb", "../files/2020-01-05-f.docx")
    assert sorted(said) == sorted(("link-resolves", it) for it in wrong), post.findings


def test_what_lies_beside_notebooks_becomes_no_post(tmp_path: Path) -> None:
    """One post of the text notebook, none of the module that it imports, of a README and of a data sheet."""
    files = {
        "_notebooks/2020-01-02-x.py": "# %% [markdown]\n# # X\n",
        "_notebooks/helper.py": "x = 1\n",
        "_notebooks/README.md": "# Notebooks\n",
        "_notebooks/data/card.md": "---\nlicense: mit\n---\n",
        "_notebooks/_2020-01-02-draft.md": "---\ntitle: x\n---\n",
    }
    root = folders.make(tmp_path / "blog", files)
    report = pipeline.build(config.load(root))
    assert [str(path) for path in report.written] == ["_posts/2020-01-02-x.html"]
    assert report.findings == ()
