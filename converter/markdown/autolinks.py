"""Bare addresses in prose become links, where cmark-gfm makes them links.

The rules are those of GitHub's extension (https://github.github.com/gfm/#autolinks-extension-) and, where that text is
silent, of `autolink.c` in cmark-gfm; only that a bracket before an address does not keep it from being one. Each looks
at the few characters around its mark, so that a long line costs no more than its length.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from markdown_it.token import Token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline

_SCHEME = re.compile(r"(?<![A-Za-z])(?:https?|ftp)\Z")
_LONGEST = len("xhttps")
_BEFORE_WWW = frozenset(" \t\r\n*_~(")
_NAME = re.compile(r"[A-Za-z0-9._-]*+")
_MOST_DOTS = 10
_REST = re.compile(r"[^ \t\r\n\0\v\f<]*")
_ENTITY = re.compile(r"&[A-Za-z]+;\Z")
_MARKS = frozenset("?!.,:*_~'\"[]")
_MAIL = re.compile(
    r"(?P<scheme>(?<![A-Za-z0-9])(?:mailto|xmpp):)?(?<![A-Za-z0-9.+_-])[A-Za-z0-9.+_-]++"
    r"@(?P<domain>[A-Za-z0-9_-]++(?:\.(?=[A-Za-z0-9])[A-Za-z0-9_-]++)++)(?!@)"
)


def plugin(parser: MarkdownIt) -> None:
    """Let *parser* recognise addresses that begin with `http://`, `https://`, `ftp://` or `www.`, and those of mail.

    Its inline rules have to be asked at `://` and `www.`.
    """
    parser.inline.ruler.push("autolink_www", _www)
    parser.inline.ruler.push("autolink_scheme", _with_scheme)
    parser.core.ruler.push("autolink_mail", _mails)


def _www(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
    """Make a link of `www.…`."""
    if silent or state.linkLevel or not state.src.startswith("www.", state.pos):
        return False
    before = state.pending[-1:] or state.src[state.pos - 1 : state.pos]
    if before and before not in _BEFORE_WWW:
        return False
    end = _address_end(state.src, state.pos, state.pos, state.posMax, is_short_allowed=False)
    return bool(end) and _push(state, "", state.src[state.pos : end], "http://", end)


def _with_scheme(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
    """Make a link of `https://…` where its `:` is met; the letters before it wait in `pending`."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-_LONGEST:])
    if scheme is None:
        return False
    start = state.pos + len("://")
    end = _address_end(state.src, start - len(scheme[0]) - 3, start, state.posMax, is_short_allowed=True)
    return bool(end) and _push(state, scheme[0], state.src[state.pos : end], "", end)


def _mails(state: StateCore) -> None:
    """Make links of `name@example.org` in all text that stands in no link, once emphasis is settled."""
    for token in state.tokens:
        if token.type == "inline" and "@" in token.content:
            token.children = list(_with_mails(token.children or [], state.md))


def _with_mails(children: list[Token], parser: MarkdownIt) -> Iterator[Token]:
    """Yield *children*, text cut where an address of mail begins and ends."""
    depth = 0
    for child in children:
        depth += child.nesting if child.type in ("link_open", "link_close") else 0
        if child.type != "text" or depth or "@" not in child.content:
            yield child
            continue
        done = 0
        for found in _MAIL.finditer(child.content):
            if not found["domain"][-1].isalpha():
                continue
            if done < found.start():
                yield Token("text", "", 0, content=child.content[done : found.start()], level=child.level)
            address = parser.normalizeLink(found[0] if found["scheme"] else f"mailto:{found[0]}")
            yield Token("link_open", "a", 1, attrs={"href": address}, markup="autolink", info="auto")
            yield Token("text", "", 0, content=found[0], level=child.level + 1)
            yield Token("link_close", "a", -1, markup="autolink", info="auto")
            done = found.end()
        if done < len(child.content):
            yield Token("text", "", 0, content=child.content[done:], level=child.level) if done else child


def _address_end(text: str, start: int, host: int, limit: int, *, is_short_allowed: bool) -> int:
    """Return where the address ends that begins at *start* with its host at *host*; 0 if it is none."""
    name = _NAME.match(text, host, limit)[0]  # type: ignore[index]  # it matches anything
    end = host + len(name)
    bare = name.removeprefix("www.")
    # cmark-gfm looks at the first byte of other scripts, and no further.
    if not bare[:1].isalnum() and (bare or end >= limit or not _is_foreign(text[end])):
        return 0
    parts = name.split(".")
    has_underscore = any("_" in part for part in parts[-2:])
    if (has_underscore and len(parts) <= _MOST_DOTS + 1) or not (is_short_allowed or len(parts) > 1):
        return 0
    rest = _REST.match(text, end, limit)
    return _trimmed(text, start, rest.end() if rest else end)


def _is_foreign(character: str) -> bool:
    """Tell whether *character* is one of other scripts that may begin a name: no white space, no punctuation."""
    return not (character.isascii() or character.isspace() or unicodedata.category(character)[0] == "P")


def _trimmed(text: str, start: int, end: int) -> int:
    """Return where the address from *start* to *end* ends without what belongs to the sentence around it."""
    surplus = text.count(")", start, end) - text.count("(", start, end)
    while end > start:
        last = text[end - 1]
        if last == ")" and surplus > 0:
            surplus -= 1
            end -= 1
        elif last in _MARKS:
            end -= 1
        elif last == ";":
            entity = _ENTITY.search(text, max(start, end - 40), end)
            end = entity.start() if entity else end - 1
        else:
            break
    return end


def _push(state: StateInline, before: str, behind: str, prefix: str, end: int) -> bool:
    """Put a link for *before* (which is taken back from `pending`) and *behind* into *state*, and go on at *end*."""
    address = state.md.normalizeLink(prefix + before + behind)
    if not behind or not state.md.validateLink(address):
        return False
    if before:
        state.pending = state.pending[: -len(before)]
    token = state.push("link_open", "a", 1)
    token.attrs, token.markup, token.info = {"href": address}, "autolink", "auto"
    token = state.push("text", "", 0)
    token.content = state.md.normalizeLinkText(before + behind)
    token = state.push("link_close", "a", -1)
    token.markup, token.info = "autolink", "auto"
    state.pos = end
    return True
