"""Reproduction: what differs between two runs, what it means, and outputs in which nothing differs without need."""

from __future__ import annotations

import base64
import io
import os
import shutil
import socket
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
import yaml

from converter import reproduce, stable
from converter.model import Severity, Source
from converter.reproduce import Kind
from tests import blogs
from tests.cases import each_case

if TYPE_CHECKING:
    from nbformat import NotebookNode

PATH = PurePosixPath("_notebooks/2020-01-02-post.ipynb")


def source(root: Path) -> Source:
    return Source(file=root / PATH, path=PATH, folder=PurePosixPath(), date="2020-01-02", slug="post")


def picture(dots: int, level: int = 255, size: tuple[int, int] = (100, 100), *, compression: int = 6) -> NotebookNode:
    """Return a notebook that shows a black picture with the first *dots* pixels at *level*."""
    image_module = pytest.importorskip("PIL.Image", reason="Pillow is not installed: pip install pillow")
    image = image_module.new("L", size)
    for dot in range(dots):
        image.putpixel((dot % size[0], dot // size[0]), level)
    content = io.BytesIO()
    image.save(content, "png", compress_level=compression)
    data = {"image/png": base64.b64encode(content.getvalue()).decode()}
    return blogs.notebook(blogs.code("show()", {"output_type": "display_data", "data": data, "metadata": {}}))


@each_case("reproduce")
def test_differences(text: str) -> str:
    stored, fresh, *code = yaml.safe_load_all(text)
    before, after = (blogs.notebook(blogs.code(*(code or ["x"]), *outputs)) for outputs in (stored, fresh))
    found = reproduce.differences(before, after)
    assert {difference.cell for difference in found} <= {1}
    return "\n".join(f"{one.kind}: {one.message}" + f"\n{one.detail}".rstrip() for one in found)


@each_case("reproduce_stable")
def test_stable_outputs(text: str) -> str:
    nb = blogs.of_text(text)
    before = blogs.of_text(text)
    result = stable.outputs(nb)
    assert nb == before, "the notebook itself is not touched"
    assert stable.outputs(result) == result, "twice is once"
    texts = [text for cell in result.cells for text in stable.texts(cell)]
    return "\n".join(f"{mimetype}\n{shown.rstrip()}" for mimetype, shown in texts if shown != "{}")


def test_names_do_not_depend_on_other_cells_nor_on_directives() -> None:
    shown = {"output_type": "stream", "name": "stdout", "text": "<A at 0x7f0011223344>"}
    alone = stable.outputs(blogs.notebook(blogs.code("a", shown)))
    other = {**shown, "text": "<A at 0x7f0011223355>"}
    below = stable.outputs(blogs.notebook(blogs.code("b", other), blogs.code("#hide_input\na", shown)))
    assert alone.cells[0].outputs == below.cells[1].outputs


def test_names_do_not_depend_on_addresses_that_objects_share_by_chance() -> None:
    """Of objects shown in a better form one is gone before the next one is made."""

    def table(ident: str, address: str) -> dict[str, object]:
        data = {"text/html": f'<table id="T_{ident}">', "text/plain": f"<Styler at 0x7f00112233{address}>"}
        return {"output_type": "display_data", "data": data}

    cell = {"output_type": "stream", "name": "stdout", "text": "<A at 0x7f0011223300>"}
    shared = blogs.code("a", table("0a1b2", "44"), table("3c4d5", "44"), cell)
    apart = blogs.code("a", table("abcde", "55"), table("12345", "66"), cell)
    first, second = (stable.outputs(blogs.notebook(it)).cells[0] for it in (shared, apart))
    assert first.outputs == second.outputs
    assert first.outputs[0] != first.outputs[1]


def test_equal_cells_have_their_own_names() -> None:
    cells = [
        blogs.code("a", {"output_type": "stream", "name": "stdout", "text": f"<A at 0x7f001122334{number}>"})
        for number in (1, 2)
    ]
    first, second = stable.outputs(blogs.notebook(*cells)).cells
    assert first.outputs != second.outputs


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (picture(0, compression=0), Kind.COSMETIC),
        (picture(10), Kind.COSMETIC),
        (picture(11), Kind.REAL),
        (picture(10_000, level=reproduce.LEVELS), Kind.COSMETIC),
        (picture(10_000, level=reproduce.LEVELS + 1), Kind.REAL),
        (picture(0, size=(100, 101)), Kind.REAL),
    ],
    ids=["other bytes", "few pixels", "more pixels", "a shade", "more than a shade", "another size"],
)
def test_pictures_are_compared_by_what_one_sees(after: NotebookNode, kind: Kind) -> None:
    assert [one.kind for one in reproduce.differences(picture(0), after)] == [kind]


def test_a_broken_picture_is_a_real_difference() -> None:
    broken = picture(0)
    broken.cells[0].outputs[0].data["image/png"] = "QUJD"
    assert [one.kind for one in reproduce.differences(picture(0), broken)] == [Kind.REAL]


def test_only_real_differences_are_errors(tmp_path: Path) -> None:
    found = [
        reproduce.Difference(cell=3, kind=kind, message="output 1 (stdout) differs").finding(source(tmp_path))
        for kind in Kind
    ]
    (error,) = (one for one in found if one.severity is Severity.ERROR)
    assert error.cell == 3
    assert "(real)" in error.message


def test_a_diff_is_short() -> None:
    long = "\n".join(f"{number} " + "x" * 1000 for number in range(1000))
    before, after = (
        blogs.notebook(blogs.code("a", {"output_type": "stream", "name": "stdout", "text": text}))
        for text in (long, "")
    )
    (difference,) = reproduce.differences(before, after)
    assert len(difference.detail) < 10_000
    assert difference.detail.endswith("more lines")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a blog with everything that lies around in one."""
    return blogs.write(
        tmp_path / "blog",
        {
            str(PATH): blogs.notebook(),
            "_notebooks/data/prices.csv": "1\n",
            "_notebooks/helpers.py": "x = 1\n",
            ".git/HEAD": "ref",
            ".nbpress/state": "x",
            "_site/index.html": "x",
            "env/pyvenv.cfg": "x",
            "node_modules/x/y.js": "x",
        },
    )


def files(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


def test_a_scratch_copy_has_what_a_run_needs_and_nothing_else(checkout: Path) -> None:
    before = files(checkout)
    with reproduce.scratch(checkout, source(checkout)) as moved:
        root = moved.file.parents[1]
        assert moved.file.read_bytes() == before[str(PATH)]
        assert set(files(root)) == {"_config.yml", str(PATH), "_notebooks/data/prices.csv", "_notebooks/helpers.py"}
        assert root.name == checkout.name
    assert not root.exists()


def test_what_happens_in_a_scratch_copy_stays_there(checkout: Path, tmp_path: Path) -> None:
    outside = blogs.write(tmp_path / "outside", {"far.csv": "far"})
    (checkout / "_notebooks/relative.csv").symlink_to("data/prices.csv")
    (checkout / "_notebooks/absolute.csv").symlink_to(checkout / "_notebooks/data/prices.csv")
    (checkout / "_notebooks/folder").symlink_to("data")
    (checkout / "_notebooks/far.csv").symlink_to(Path(os.path.relpath(outside / "far.csv", checkout / "_notebooks")))
    (checkout / "_notebooks/broken.csv").symlink_to("nowhere.csv")
    (checkout / "_notebooks/circle.csv").symlink_to("circle.csv")
    before = files(checkout)
    with reproduce.scratch(checkout, source(checkout)) as moved:
        folder = moved.file.parent
        for name in ("relative.csv", "absolute.csv", "folder/prices.csv"):
            assert (folder / name).read_text() == "1\n"
            (folder / name).write_text("changed")
            (folder / name).write_text("1\n")
        assert (folder / "far.csv").read_text() == "far"
        assert (folder / "broken.csv").is_symlink()
        for file in (folder / "relative.csv", folder / "absolute.csv", moved.file):
            file.write_text("changed")
        shutil.rmtree(folder / "data")
    assert files(checkout) == before


def test_sockets_and_pipes_are_not_copied(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        with reproduce.scratch(checkout, source(checkout)) as moved:
            assert not {"pipe", "socket"} & {file.name for file in moved.file.parents[1].iterdir()}


def test_temporary_files_may_lie_in_the_blog(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(checkout))
    with reproduce.scratch(checkout, source(checkout)) as moved:
        assert moved.file.is_file()


def test_paths_of_the_scratch_copy_become_those_of_the_blog(checkout: Path) -> None:
    original = source(checkout)
    with reproduce.scratch(checkout, original) as moved:
        shown = {"output_type": "stream", "name": "stdout", "text": f"{moved.file.parent}\n"}
        nb = blogs.notebook(blogs.markdown("x"), blogs.code("cwd", shown))
        back = reproduce.moved_back(nb, moved, original)
    assert back.cells[1].outputs[0].text == f"{original.file.parent}\n"
    assert nb.cells[1].outputs[0].text == shown["text"]
