"""Lexing: the tokens of Pygments, of every one of its lexers that nothing but rules decides, from fewer looks."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipython_pygments_lexers import IPython3Lexer
from pygments.filters import VisibleWhitespaceFilter
from pygments.lexer import RegexLexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.lexers.python import PythonLexer
from pygments.token import Keyword, Name

from converter import lexing

if TYPE_CHECKING:
    from pygments.lexer import Lexer

ROOT = Path(__file__).parent.parent
OPTIONS = {"stripnl": False, "ensurenl": True}
LANGUAGES = (
    *("python", "ipython3", "python2", "julia", "r", "bash", "javascript", "typescript", "sql", "html", "css", "json"),
    *("java", "kotlin", "scala", "rust", "go", "haskell", "octave", "latex", "markdown", "make", "diff", "toml"),
)
"""Those of kernels and of blocks of code."""
FILES = (
    "converter/r*.py",
    "assets/js/*.js",
    "docs/a*.md",
    "Makefile",
    "_theme/includes/t*.html",
    ".github/workflows/*.yml",
)
"""What they read: mostly something else, which makes them try more rules."""


@functools.cache
def _lexer(name: str) -> Lexer:
    """Return the lexer of a language."""
    return IPython3Lexer(**OPTIONS) if name == "ipython3" else get_lexer_by_name(name, **OPTIONS)


def _assert_same(lexer: Lexer, text: str) -> None:
    """Compare our tokens with those of Pygments."""
    assert list(lexing.tokens(lexer, text)) == list(lexer.get_tokens(text))


@pytest.mark.parametrize("name", LANGUAGES)
def test_files_have_the_tokens_of_pygments(name: str) -> None:
    """Real text, the beginning of each file."""
    for pattern in FILES:
        files = sorted(ROOT.glob(pattern))
        assert files, pattern
        for file in files:
            _assert_same(_lexer(name), file.read_text("utf-8")[:3000])


def test_every_lexer_gives_the_tokens_of_pygments() -> None:
    """A few lines of everything, with faults, for all lexers, whatever their rules look like."""
    code = Path(__file__).read_text("utf-8")[:300]
    text = f'\ufeff{code}\n\r\n<a href="x">{{{{ y }}}}</a> 1.5e3 "open\n\x00 $ \\( é % ?\n\tdef f(x): return x\r'
    lexers = [get_lexer_by_name(aliases[0], **OPTIONS) for _, aliases, _, _ in get_all_lexers() if aliases]
    assert sum(map(lexing._is_plain, lexers)) > 300
    for lexer in lexers:
        _assert_same(lexer, text)


@given(
    st.lists(
        st.sampled_from(
            (
                *("def", "class", " ", "  ", "\n", "\\\n", "import", "from", "as", "lazy", "match", "case _:", "# x"),
                *("'", '"', '"""', "'''", "f", "rb", "{", "}", "{{", "\\", "%s", "%", "!", "?", "%%bash\n", "%%time\n"),
                *("(", ")", "[", "]", "@", "@a", "=", "==", ".", "..", ":", ",", "1", "1.5", "0x1f", "1e5", "_", "$"),
                *("print", "self", "__init__", "ValueError", "None", "in", "é", "名", "\r", "\t", "\x00", "N{x}", "!r"),
            )
        ),
        max_size=40,
    ),
    st.sampled_from(["python", "ipython3", "bash", "r", "julia", "javascript", "html", "sql"]),
)
def test_any_text_has_the_tokens_of_pygments(parts: list[str], name: str) -> None:
    """Whatever follows whatever, strings within strings, magics in the middle."""
    _assert_same(_lexer(name), "".join(parts))


class _Odd(RegexLexer):
    """Rules that an alternation could get wrong."""

    flags = re.IGNORECASE
    tokens = {  # noqa: RUF012 - as Pygments wants it
        "root": [
            (r"(a)(b)\1", Name.Class),
            (r"(?i)[(]\(", Name.Label),
            (r"(?s)x.y", Name.Tag),
            (r"(?P<quote>['`]).*?(?P=quote)", Name.Other),
            (r"(?# a comment (of its own)c", Name.Constant),
            (r"ab|abc", Keyword),
            (r"abcd", Name),
            (r"[])(]", Name.Function, ("deep", "#push")),
            (r"d*", Name.Variable, "deep"),
        ],
        "deep": [(r"e", Name, "#pop:2"), (r"f", Name, ("#pop", "deep", "deep")), (r"g", Name, "#push"), (r"\n", Name)],
    }


@given(st.text(st.sampled_from("abcdABxy()]['`efg\n"), max_size=30).map(lambda text: f"{text}g"))
def test_odd_rules_have_the_tokens_of_pygments(text: str) -> None:
    """References, names, comments, flags, choices of which an earlier one is shorter, several states at once."""
    _assert_same(_Odd(**OPTIONS), text)


def test_most_rules_share_a_look() -> None:
    """That is what it is for: in Python, names are tried last, behind fifty other rules."""
    rules = _lexer("python")._tokens["root"]  # type: ignore[attr-defined]
    assert len(rules) > 40
    assert len(lexing._states(_lexer("python"))["root"]) < 6


@pytest.mark.parametrize("name", ["matlab", "mysql", "stata", "tsql"])
def test_long_lists_of_words_are_not_compiled_again(name: str) -> None:
    """Thousands of names of functions would take longer than the notebook; the rules around them share looks."""
    rules = _lexer(name)._tokens["root"]  # type: ignore[attr-defined]
    looks = lexing._states(_lexer(name))["root"]
    assert max(len(match.__self__.pattern) for match, _, _ in rules) > 3000
    assert all(len(match.__self__.pattern) < 3000 for match, held in looks if len(held) > 1)  # type: ignore[attr-defined]
    assert len(looks) < len(rules) / 3


def test_lexers_with_code_of_their_own_are_left_alone() -> None:
    """What a class does beside its rules, or a filter to its tokens, happens."""
    filtered = PythonLexer(**OPTIONS)
    filtered.add_filter(VisibleWhitespaceFilter(spaces=True))
    for lexer in (_lexer("yaml"), _lexer("cpp"), _lexer("console"), _lexer("text"), filtered):
        assert not lexing._is_plain(lexer)
        _assert_same(lexer, "if (a) { b: 'c' }\n$ ls\n")
