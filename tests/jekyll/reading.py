"""What a reader must find of a text cell, read by cmark-gfm instead of our own parser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cmarkgfm
import emoji
from bs4 import BeautifulSoup, Comment
from cmarkgfm.cmark import Options

from tests.jekyll.site import squeezed

if TYPE_CHECKING:
    from collections.abc import Iterator

CUT = "\ue000"
"""Where something stands that is not text on the page, such as a footnote's mark."""
_MATH_START = 0xE001
_SPECIAL = re.compile(
    r"""
    (?P<code> ^(?P<fence>```|~~~).*?^(?P=fence) | `[^`\n]+` )
  | (?P<math> \$\$.+?\$\$ | \\\[.+?\\\] | \\\(.+?\\\) | \\begin\{(?P<name>\w+\*?)\}.+?\\end\{(?P=name)\}
            | (?<![\w$\\])\$(?=\S)[^$\n]*?(?<=\S)\$(?!\d) )
  | (?P<embed> ^>\ youtube:.*$ | ^>\ twitter: )
  | (?P<alert> \[!\w+\] )
  | (?P<mark> \{%\ fn\ \w+\ %\} | <%\ fn\ \w+\ %> | \[\^\w+\]:? )
  | (?P<citation> \{%\ cite\ [^%]+%\} | \[[^\[\]]*@[^\[\]]+\] | (?<![\w@])@[a-z]+\d{4} )
  | (?P<note> \{\{\ (?P<quote>['"])(?P<words>.+?)(?P=quote)\ \|\ fndetail:\ \w+\ \}\} )
  | (?P<raw> \{%\ raw\ %\}(?P<literal>.*?)\{%\ endraw\ %\} )
  | (?P<alive> \{\{\ (?:site|page)\.\w+\ \}\} )
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


def pieces(source: str) -> Iterator[str]:
    """Yield the pieces of text, in order, that the page must show of the text cell *source*."""
    formulas: list[str] = []

    def plain(found: re.Match[str]) -> str:
        kind = found.lastgroup and next(name for name in _KINDS if found[name] is not None)
        if kind == "code":
            return found[0]
        if kind == "math":
            formulas.append(found[0])
            return chr(_MATH_START + len(formulas) - 1)
        if kind == "note":
            return CUT + _SPECIAL.sub(plain, found["words"]) + CUT
        return CUT + (found["literal"] if kind == "raw" else "") + CUT

    html = cmarkgfm.github_flavored_markdown_to_html(_SPECIAL.sub(plain, source), Options.CMARK_OPT_UNSAFE)
    for node in BeautifulSoup(html, "html.parser").find_all(string=True):
        if isinstance(node, Comment):
            continue
        text = str(node) if node.find_parent("code") else emoji.emojize(str(node), language="alias")
        for number, formula in enumerate(formulas):
            text = text.replace(chr(_MATH_START + number), formula)
        yield from filter(None, map(squeezed, text.split(CUT)))


_KINDS = ("code", "math", "embed", "alert", "mark", "citation", "note", "raw", "alive")
