"""Math and Liquid are taken out before Markdown is parsed, and go back exactly as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from converter import liquid
from converter.markdown.protect import PLACEHOLDER, Part, shielded
from tests.cases import each_case

PARTS = (
    *"{}%|<> \n\tab1'_*$`\\é",
    *("$$", "```", "~~~", "\\(", "\\)", "\\[", "\\]", "\\begin{a}", "\\end{a}", "{{", "{%", "%}", "}}"),
    *("{% raw %}", "{% endraw %}", "{% fn 1 %}", "{{ 'x' | fndetail: 1 }}", "| fndetail: 1", "<pre>", "</pre>"),
)
ALPHABET = st.sampled_from(PARTS)


def kind(piece: Part) -> str:
    """Return the name of what *piece* is."""
    return piece.kind.name.lower() if isinstance(piece, liquid.Piece) else type(piece).__name__.lower()


@each_case("protect")
def test_pieces_and_their_lines(text: str) -> str:
    """Every piece is found with its kind and the line where it begins; code is left alone."""
    protected = shielded(text, ())
    pieces = [
        f"{line + 1} {kind(piece)} {piece.text!r}"
        for line, piece in zip(protected.starts, protected.pieces, strict=True)
    ]
    numbers = {chr(0x100000 + index): str(index) for index in range(len(pieces))}
    return "\n".join([PLACEHOLDER.sub(lambda found: f"⟨{numbers[found[1]]}⟩", protected.text), "----", *pieces])


@given(st.lists(ALPHABET, max_size=30).map("".join))
def test_what_was_taken_out_goes_back_unchanged(text: str) -> None:
    """Protecting and restoring give the source again, whatever it is."""
    protected = shielded(text, ())
    assert protected.original(protected.text) == text


@given(st.lists(ALPHABET, max_size=30).map("".join))
def test_lines_of_the_protected_text_are_lines_of_the_source(text: str) -> None:
    """The first line of the text is the first of the source, the last is the last, and none goes back."""
    protected = shielded(text, ())
    lines = [protected.line(number) for number in range(protected.text.count("\n") + 1)]
    assert lines[0] == 0
    assert lines[-1] <= text.count("\n")
    assert lines == sorted(lines)
