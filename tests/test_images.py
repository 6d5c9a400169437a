"""Images of text cells: found wherever they stand, published under the blog's address, faults with their place."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from converter import config, discover, images, pipeline
from tests import blogs
from tests.cases import each_case

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

    from tests.conftest import MakeBlog

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGNQ6jgDQQxwFgBTwAjFBz8e6QAAAABJRU5ErkJggg=="
)
"""A picture of three by two pixels."""
SETTINGS = "baseurl: /blog\nnotebooks: {execute: never}\n"
FILES = {
    "_config.yml": SETTINGS,
    **dict.fromkeys(
        (
            "_notebooks/a.png",
            "_notebooks/b.png",
            "_notebooks/a b.png",
            "_notebooks/50%.png",
            "_notebooks/ünï.png",
            "_notebooks/a(1).png",
            "_notebooks/it's.png",
            "_notebooks/c.svg",
            "_notebooks/img/a.png",
            "_notebooks/_private/a.png",
            "_notebooks/sub/deep.png",
            "images/site.png",
            "_drafts/d.png",
        ),
        PNG,
    ),
    "_notebooks/movie.mp4": b"no picture",
    "_notebooks/map.html": b"<p>A map</p>",
}


@each_case("images")
def test_images_are_published_wherever_they_stand(text: str, blog: MakeBlog, tmp_path: Path) -> str:
    """Every spelling of a local image is found; everything else is left alone or is a finding."""
    (tmp_path / "outside.png").write_bytes(PNG)
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog(FILES)))


@each_case("image_alt")
def test_an_image_without_words_is_a_warning(text: str, blog: MakeBlog) -> str:
    """The page shows it all the same."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog(FILES)))


@each_case("images_of_subfolder")
def test_images_of_a_subfolder_keep_their_path(text: str, blog: MakeBlog) -> str:
    """A notebook in a folder names its images from there; they are published under the same folder."""
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog(FILES), "_notebooks/sub/2020-01-02-post.ipynb"))


@each_case("images_with_attributes")
def test_local_images_have_sizes_if_the_site_wants_them(text: str, blog: MakeBlog) -> str:
    """`image_attributes: true` adds size, `loading` and `decoding` to the local images of text cells only."""
    settings = "notebooks: {image_attributes: true}\n"
    return blogs.told(blogs.text_cells(blogs.of_text(text), blog({**FILES, "_config.yml": settings})))


def _attached(source: str, *names: str, content: bytes = PNG) -> NotebookNode:
    cell = blogs.markdown(source)
    cell.attachments = {name: {"image/png": base64.b64encode(content).decode()} for name in names}
    return cell


def test_equal_names_of_attachments_in_two_cells_are_two_images(blog: MakeBlog) -> None:
    """Jupyter calls every pasted picture `image.png`; what counts is the content."""
    other = PNG[:-4] + b"\0\0\0\0"
    nb = blogs.notebook(
        _attached("![a](attachment:image.png)", "image.png"),
        _attached("![a](attachment:image.png)", "image.png", content=other),
    )
    cells = blogs.text_cells(nb, blog(FILES))
    assert [asset.content for asset in cells.assets] == [PNG, other]
    assert len({cells.html[0], cells.html[1]}) == 2
    assert cells.findings == ()


@pytest.mark.parametrize("content", [5, "?", ["a", "b"], None])
def test_an_attachment_that_is_no_picture_is_a_finding(blog: MakeBlog, content: object) -> None:
    """Whatever stands where base64 should, the cell is shown."""
    cell = blogs.markdown("![x](attachment:a.png)")
    cell.attachments = {"a.png": {"image/png": content}}
    found = blogs.text_cells(blogs.notebook(cell), blog(FILES)).findings
    assert [finding.rule for finding in found] == ["image-exists"]


def test_equal_attachments_are_one_file(blog: MakeBlog) -> None:
    """The name comes from the content, so the same picture twice is published once."""
    nb = blogs.notebook(_attached("![a](attachment:a.png)", "a.png"), _attached("![a](attachment:b.png)", "b.png"))
    cells = blogs.text_cells(nb, blog(FILES))
    assert len(cells.assets) == 1
    assert cells.html[0] == cells.html[1]


def test_an_attachment_with_a_space_is_found(blog: MakeBlog) -> None:
    """Jupyter writes `attachment:my%20picture.png`."""
    nb = blogs.notebook(_attached("![a](attachment:my%20picture.png)", "my picture.png"))
    cells = blogs.text_cells(nb, blog(FILES))
    assert cells.findings == ()
    assert len(cells.assets) == 1


def test_an_attachment_that_is_not_there_is_a_finding(blog: MakeBlog) -> None:
    """The post is made all the same."""
    cells = blogs.text_cells(blogs.notebook(blogs.markdown("![x](attachment:gone.png)")), blog(FILES))
    assert [str(finding) for finding in cells.findings] == [
        f"{blogs.FILE}: cell 1, line 1: the cell has no attachment gone.png; paste the image again [image-exists]"
    ]
    assert cells.html[0] == '<p><img src="attachment:gone.png" alt="x"></p>\n'


def test_a_new_cell_renames_no_image(blog: MakeBlog) -> None:
    """Names of attachments and output images do not depend on where their cells stand."""
    cell = _attached("![a](attachment:image.png)", "image.png")
    alone = blogs.text_cells(blogs.notebook(cell), blog(FILES))
    second = blogs.text_cells(blogs.notebook(blogs.markdown("New."), cell), blog(FILES))
    assert alone.html[0] == second.html[1]


def test_a_symbolic_link_out_of_the_blog_is_refused(blog: MakeBlog, tmp_path: Path) -> None:
    """What counts is where a file really lies."""
    (tmp_path / "outside.png").write_bytes(PNG)
    root = blog(FILES)
    (root / "_notebooks/link.png").symlink_to(tmp_path / "outside.png")
    cells = blogs.text_cells(blogs.notebook(blogs.markdown("![a](link.png)")), root)
    assert [finding.rule for finding in cells.findings] == ["image-inside-blog"]
    assert cells.assets == ()


def test_the_folder_of_notebooks_may_be_a_link_that_changes(blog: MakeBlog, tmp_path: Path) -> None:
    """A preview builds again and again in one process, and asks each time where the folder lies."""
    root = blog({"_config.yml": SETTINGS})
    for name in ("first", "second"):
        nb = blogs.notebook(blogs.markdown(f"![{name}](a.png)"))
        blogs.write(tmp_path / name, {"2020-01-02-post.ipynb": nb, "a.png": PNG})
        (root / "_notebooks").unlink(missing_ok=True)
        (root / "_notebooks").symlink_to(tmp_path / name)
        report = pipeline.build(config.load(root))
        assert [str(finding) for finding in report.findings] == []
        assert name in (root / "_posts/2020-01-02-post.html").read_text()


def test_published_images_hold_the_bytes_of_the_originals(blog: MakeBlog) -> None:
    """Images are copied, not converted."""
    cells = blogs.text_cells(blogs.notebook(blogs.markdown("![a](a.png) and ![a](img/a.png)")), blog(FILES))
    assert [(str(asset.path), asset.content) for asset in cells.assets] == [
        ("images/copied_from_nb/a.png", PNG),
        ("images/copied_from_nb/img/a.png", PNG),
    ]


def test_a_broken_image_has_no_size() -> None:
    """A file that only claims to be a picture is published without a size."""
    assert images.size(b"\x89PNG\r\n\x1a\nbroken") is None
    assert images.size(PNG) == (3, 2)


@pytest.mark.parametrize("address", ["x" * 5000 + ".png", "a\0b.png"])
def test_an_impossible_name_is_a_missing_image(blog: MakeBlog, address: str) -> None:
    """Names that no disk takes are findings, not crashes."""
    settings = config.load(blog(FILES))
    source = discover.source(settings.root / blogs.FILE, settings)
    with pytest.raises(images.ImageError, match="there is no image"):
        images.local(address, source, blogs.markdown(""), settings)
