"""Highlighted code: bytes that do not depend on the version of Pygments."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st
from ipython_pygments_lexers import IPython3Lexer
from pygments.lexers.python import PythonLexer

from converter import highlight
from tests.cases import each_case


@each_case("highlight")
def test_code_has_the_classes_of_pygments(text: str) -> str:
    """The first line of the input is the language."""
    language, _, source = text.partition("\n")
    return highlight.code(source, language)


@each_case("cell_language")
def test_a_cell_magic_names_the_language(text: str) -> str:
    """Without one, or with one that says nothing of a language, it is the kernel's."""
    return highlight.cell_language(text, "ipython3")


@given(st.text(), st.sampled_from(["ipython3", "python", "bash", "javascript", "r", "html", "nosuchlanguage"]))
def test_highlighting_loses_nothing(source: str, language: str) -> None:
    """Without its spans the code is what it was, but for the end of its last line."""
    plain = html.unescape(re.sub(r"</?span[^>]*>", "", highlight.code(source, language)))
    normal = source.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    assert plain == normal + "\n" * (not normal.endswith("\n"))


@given(st.text(alphabet="ab \n\t\"'#:=()", max_size=40))
def test_spans_lie_within_lines(source: str) -> None:
    """No span is empty and none goes over a line's end, so that a theme may number lines."""
    for inside in re.findall(r'<span class="[^"]*">(.*?)</span>', highlight.code(source, "python"), re.DOTALL):
        assert inside
        assert "\n" not in inside


@given(st.text(st.sampled_from("ab1 \n\t\"'\\#@:.{}()[]=-+frb_é"), max_size=60))
def test_cells_without_magic_are_plain_python(source: str) -> None:
    """What is IPython's own is about `%`, `!`, `?`; without them Python's lexer, which is quicker, sees the same."""
    options = {"stripnl": False, "ensurenl": True}
    tokens = IPython3Lexer(**options).get_tokens(source)
    assert list(PythonLexer(**options).get_tokens(source)) == list(tokens)
