"""Code → HTML with Pygments' token classes, in bytes that do not depend on the version of Pygments."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_by_name
from pygments.lexers.special import TextLexer
from pygments.token import STANDARD_TYPES, Token, _TokenType
from pygments.util import ClassNotFound

from converter import lexing

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_MAGIC_LANGUAGES = {
    "bash": "bash", "sh": "bash", "script": "bash", "html": "html", "HTML": "html", "javascript": "javascript",
    "js": "javascript", "latex": "latex", "markdown": "markdown", "perl": "perl", "ruby": "ruby", "svg": "xml",
    "sql": "sql", "R": "r", "cython": "cython", "writefile": None,
}  # fmt: skip
_CELL_MAGIC = re.compile(r"%%(\w+)")
_IPYTHON_ONLY = frozenset("%!?")


def escape(text: str) -> str:
    """Return *text* as HTML in which nothing is markup, quotes included."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#39;")


def code(source: str, language: str) -> str:
    """Return the highlighted *source* as the lines of a `<pre>`, ending in a newline.

    Quotes are `&quot;` and `&#39;`, white space has no span, and tokens of one type that touch share one: Pygments
    has changed its mind on the first two, a post must not.
    """
    parts: list[str] = []
    last = text = ""
    if language == "ipython3" and _IPYTHON_ONLY.isdisjoint(source):
        language = "python"  # every rule that IPython adds is about one of these, and is tried on each token
    for kind, value in lexing.tokens(_lexer(language), source):
        name = _css_class(kind)
        if name == last:
            text += value
            continue
        parts.append(_span(last, text))
        last, text = name, value
    parts.append(_span(last, text))
    return "".join(parts)


def cell_language(source: str, language: str) -> str:
    """Return the language of a code cell: that of its kernel unless a cell magic such as `%%bash` says otherwise."""
    magic = _CELL_MAGIC.match(source.lstrip())
    return (_MAGIC_LANGUAGES.get(magic[1]) or language) if magic else language


def is_language(name: str) -> bool:
    """Tell whether Pygments knows the language *name*."""
    return not isinstance(_lexer(name), TextLexer)


def _span(name: str, text: str) -> str:
    """Return *text* in a span of class *name*, one span a line."""
    escaped = text if text.isalnum() else escape(text)  # most tokens are words
    if not (name and text):
        return escaped
    if "\n" in escaped:
        return "\n".join(f'<span class="{name}">{line}</span>' if line else "" for line in escaped.split("\n"))
    return f'<span class="{name}">{escaped}</span>'


@cache
def _css_class(kind: _TokenType) -> str:
    """Return Pygments' short class of a token type, or of the nearest type above it."""
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return "" if kind in (Token, Token.Text, Token.Text.Whitespace) else STANDARD_TYPES[kind]


@cache
def _lexer(language: str) -> Lexer:
    """Return the lexer for *language*; plain text if there is none."""
    options = {"stripnl": False, "ensurenl": True}
    lexer: Lexer
    if language == "ipython3":
        from ipython_pygments_lexers import IPython3Lexer

        lexer = IPython3Lexer(**options)
    else:
        try:
            lexer = get_lexer_by_name(language, **options)
        except ClassNotFound:
            lexer = TextLexer(**options)
    return lexer
