"""Code → tokens, as lexers of Pygments give them, with one look at each place for many of their rules.

Such a lexer tries the rules of its state in order, some sixty of them for Python, each a call of its own. The first of
several expressions that matches is what the alternation of all of them matches, so one call tells which rule it is.
"""

from __future__ import annotations

import functools
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pygments.lexer import Lexer, RegexLexer
from pygments.token import Error, Whitespace, _TokenType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    _Match = Callable[[str, int], re.Match[str] | None]
    _Rule = tuple[_Match, Any, Any]
    """What a rule looks for, the type of its token or a callback that yields tokens, and the states that follow."""
    _Look = tuple[_Match, Sequence[_Rule]]
    """What looks for rules, and those that it looks for: the first group of the match says which it has found."""

_INLINE = re.compile(r"\A\(\?[a-zA-Z]+\)")
"""Flags for a whole expression, which stand at its beginning."""
_GROUP = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*+\])|\((?!\?)", re.DOTALL)
"""A group that captures; before it what only looks like one: an escaped bracket, a set of characters."""
_ALONE = re.compile(r"\\[1-9]|\(\?[(P#]")
"""What keeps an expression alone: it needs the number or name of a group, or has a comment."""
_LONG = 1500
"""Characters from which an expression stays alone: lists of words, which take milliseconds to compile again."""
_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}
"""Flags that a part of an expression may have."""


def tokens(lexer: Lexer, text: str) -> Iterator[tuple[_TokenType, str]]:
    """Yield what `lexer.get_tokens(text)` yields."""
    if not _is_plain(lexer):
        return lexer.get_tokens(text)
    normal = lexer._preprocess_lexer_input(text)  # type: ignore[attr-defined]  # noqa: SLF001 - as `get_tokens` does
    return _tokens(lexer, normal, _states(lexer))


@functools.cache
def _is_plain(lexer: Lexer) -> bool:
    """Tell whether nothing but rules decides what *lexer* yields."""
    kind = type(lexer)  # a method that a class inherits unchanged is the same object
    is_plain = kind.get_tokens_unprocessed is RegexLexer.get_tokens_unprocessed
    return is_plain and kind.get_tokens is Lexer.get_tokens and not lexer.filters


@functools.cache
def _states(lexer: Lexer) -> _States:
    return _States(lexer)


class _States(dict[str, "list[_Look]"]):
    """The looks of a lexer by state, each made when the lexer first comes to it."""

    def __init__(self, lexer: Any) -> None:  # noqa: ANN401 - Pygments does not declare what we read
        super().__init__()
        self._lexer = lexer

    def __missing__(self, state: str) -> list[_Look]:
        self[state] = _looks(self._lexer._tokens[state], self._lexer.flags | re.UNICODE)  # noqa: SLF001 - no other way
        return self[state]


def _looks(rules: Sequence[_Rule], flags: int) -> list[_Look]:
    """Return *rules* with each run of those that an alternation can hold as one look."""
    found: list[_Look] = []
    for can_join, run in groupby(((rule, _part(rule[0], flags)) for rule in rules), lambda pair: pair[1] != ""):
        held, parts = zip(*run, strict=True)
        joined = re.compile("|".join(parts), flags) if can_join else None
        if joined and joined.groups == len(held):
            found.append((joined.match, held))
        else:
            found += [(rule[0], (rule,)) for rule in held]
    return found


def _part(match: _Match, flags: int) -> str:
    """Return what *match* looks for as a part of an alternation, with one group at its end; empty if it cannot be."""
    pattern = getattr(match, "__self__", None)
    if not isinstance(pattern, re.Pattern) or _ALONE.search(pattern.pattern):
        return ""
    # Long lists of words and sets of all letters take longer to compile again than they save.
    if len(pattern.pattern) > _LONG or not pattern.pattern.isascii():
        return ""
    own = re.RegexFlag(pattern.flags & ~flags)
    if flags & (re.VERBOSE | ~pattern.flags) or not _FLAGS.keys() >= set(own):
        return ""
    source = _GROUP.sub(lambda it: it[1] or "(?:", _INLINE.sub("", pattern.pattern))
    return f"(?{''.join(_FLAGS[flag] for flag in own)}:{source})()"


def _tokens(lexer: Lexer, text: str, states: _States) -> Iterator[tuple[_TokenType, str]]:
    """Yield type and text of each token of the normal *text*, by the steps of `RegexLexer.get_tokens_unprocessed`."""
    stack = ["root"]
    looks, at = states["root"], 0
    while True:
        for match, rules in looks:  # noqa: B007 - the last ones are used below
            found = match(text, at)
            if found:
                break
        else:
            if at == len(text):
                return
            yield (Whitespace, "\n") if text[at] == "\n" else (Error, text[at])
            if text[at] == "\n":
                stack = ["root"]
                looks = states["root"]
            at += 1
            continue
        own_match, action, following = rules[found.lastindex - 1 if len(rules) > 1 else 0]  # type: ignore[operator]
        if type(action) is _TokenType:
            yield action, found[0]
        elif action is not None:
            for _, kind, value in action(lexer, own_match(text, at)):
                yield kind, value
        at = found.end()
        if following is not None:
            _move(stack, following)
            looks = states[stack[-1]]


def _move(stack: list[str], following: str | int | tuple[str, ...]) -> None:
    """Change the *stack* of states as a rule says, but keep one."""
    if isinstance(following, int):
        del stack[max(len(stack) + following, 1) :]
        return
    for state in following if isinstance(following, tuple) else (following,):
        if state == "#pop":
            del stack[max(len(stack) - 1, 1) :]
        else:
            stack.append(stack[-1] if state == "#push" else state)
