"""Golden notebooks: small blogs in `notebooks/` become exactly the files in their `expected/`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests import goldens
from tests.cases import same

if TYPE_CHECKING:
    from pathlib import Path

POST, IMAGE = "_posts/2020-09-19-BERT-Introduction.html", "images/copied_from_nb/images/EmbeddingText.gif"
SEED = {
    POST: "ba92d37138d526418c7a061b8388d7f3a9c6efdb0123fcc68d95a00265a869ac",
    IMAGE: "ef1955ae757c8b966c83248350331bd3a30f658ced11f387f8ebf05ab3368629",
}
"""The digests of the reference: whoever edits it does so in two places, knowingly."""


@pytest.mark.parametrize("name", goldens.names())
def test_posts_and_images_are_the_committed_ones(name: str) -> None:
    """Every file is there, none besides, and each is the same to the byte."""
    made, expected = goldens.made(name), goldens.expected(name)
    assert expected, f"notebooks/{name} has no expected/; {goldens.ACCEPT}"
    for path in sorted(made.keys() & expected.keys()):
        if b"\0" in expected[path]:
            assert made[path] == expected[path], f"{path} differs; {goldens.ACCEPT}"
        else:
            same(made[path].decode(), expected[path].decode(), goldens.ACCEPT)
    assert sorted(made) == sorted(expected), goldens.ACCEPT


@pytest.mark.parametrize("name", goldens.names())
def test_each_golden_says_in_a_line_what_it_shows(name: str) -> None:
    """A folder without its sentence is one that nobody dares to change."""
    text = (goldens.FOLDER / name / "README.md").read_text("utf-8")
    assert len(text.splitlines()) == 1
    assert text.endswith(".\n")


def test_the_reference_is_complete_and_unchanged() -> None:
    """The seed is a real post with its image; both are here, to the byte, and come out so."""
    digests = {
        path: hashlib.sha256(content).hexdigest() for path, content in goldens.expected(goldens.REFERENCE).items()
    }
    assert digests == SEED
    assert goldens.made(goldens.REFERENCE) == goldens.expected(goldens.REFERENCE)


def test_the_command_never_writes_the_reference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`make goldens` leaves the reference alone, by name and among all; in CI it writes nothing."""
    for name in (goldens.REFERENCE, "other"):
        (tmp_path / name / "expected").mkdir(parents=True)
        (tmp_path / name / "expected/old.txt").write_text("old")
        (tmp_path / name / "_config.yml").write_text("")
    monkeypatch.setattr(goldens, "FOLDER", tmp_path)
    monkeypatch.setenv("CI", "true")
    assert goldens.main([]) == 1
    assert goldens.expected("other") == {"old.txt": b"old"}
    monkeypatch.delenv("CI")
    assert goldens.main([goldens.REFERENCE]) == 1
    assert goldens.main(["gone"]) == 1
    assert goldens.main([]) == 0
    assert goldens.expected(goldens.REFERENCE) == {"old.txt": b"old"}
    assert goldens.expected("other") == {}
