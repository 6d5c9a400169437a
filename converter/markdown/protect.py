"""Math, citations and Liquid of a text cell are taken out before Markdown is parsed and put back into its tokens.

Markdown must not see them: `_` and `*` in math are not emphasis, `|` in math does not end a table cell, and a Liquid
tag in a link target has spaces. So each is replaced by a placeholder, one private-use character in braces (braces, so
that the characters around it meet punctuation, as they did before). JupyterLab does the same for math.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter import liquid

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST = 0x100000  # the last of Unicode's private-use planes, which no icon font uses
_MOST = 0x8000
"""Pieces of a cell; what follows them stays text, and the rest of the plane is for links to posts."""
PLACEHOLDER = re.compile("\\{([\U00100000-\U0010fffd])\\}")

_FENCE = re.compile(r"(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t]))*[ \t]*(`{3,}(?=[^`\n]*$)|~{3,})", re.MULTILINE)
_ITEM = re.compile(r"^[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]", re.MULTILINE)
_OF_CODE = 4
"""How far in a line of code stands that is in no fence."""
_BACKTICKS = re.compile(r"`+")
_CODE_ELEMENT = re.compile(r"<(pre|code|script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_HTML_TAG = re.compile(r"</?[A-Za-z][^<>\n]*(?:\n[^<>\n]+)*>")
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
_CITE = re.compile(r"\\cite\{\s*([^{}\\\s,]+(?:\s*,\s*[^{}\\\s,]+)*)\s*\}")
_ENVIRONMENT = re.compile(r"\\begin\{([A-Za-z]+\*?)\}")
_CLOSING_TAG = re.compile(r"</\w|<br\b|<(?:td|tr|th|p|div|li|span|b|i|img|a)[ >/]", re.IGNORECASE)
_LINK = re.compile(r"\]\((?:https?:|mailto:|\.{0,2}/|#|\{%)", re.IGNORECASE)
"""The middle of a link in Markdown. No formula has one, so the brackets around it were escaped by an author."""
_PERCENT = re.compile(r"\[%((?>[^\[%]|\[(?!%)|%(?!\]))*+)%\]")
_TEX = re.compile(r"\\[A-Za-z]|[\^_=]")
"""What tells a formula between `[%` and `%]` from a template's tag."""
_INTERESTING = re.compile(r"[`$\\<{]|\[%|^(?=[ \t>]*(?:[-*+\d][.) \t]*)*(?:```|~~~))", re.MULTILINE)
_AFTER_NOTE = re.compile(r"^\[\^[^\]\n]+\]:[^\n]*(?:\n[^\n]+)*\n[ \t]*\Z", re.MULTILINE)
_QUOTE_PREFIX = re.compile(r"\n[ \t]*(?:>[ \t]?)+")

_DOLLARS = {r"\\(": ("$", "$"), r"\\[": ("$$", "$$")}
"""What nbconvert makes of the doubled spellings, and all that the themes of fastpages know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Math:
    """A piece of math, delimiters and all."""

    text: str
    """As the author wrote it."""
    tex: str
    """As the page shall have it: with the delimiters that KaTeX and MathJax know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cite:
    r"""`\cite{one, two}` of LaTeX: names of entries in the references that the author keeps by hand."""

    text: str
    """As the author wrote it."""
    keys: tuple[str, ...]
    """The names."""


Part = Math | Cite | liquid.Piece
"""What a placeholder can stand for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """The source of a text cell without its math, citations and Liquid."""

    text: str
    """Markdown with placeholders."""
    pieces: tuple[Part, ...]
    """What the placeholders stand for."""
    starts: tuple[int, ...]
    """The line of the source, from 0, in which each piece begins."""
    shifts: tuple[tuple[int, int], ...]
    """Pairs (line of *text*, lines of the source that are missing up to its end)."""
    suspects: tuple[tuple[int, str], ...] = ()
    """Lines of the source, from 0, and beginnings of what looks like Liquid that authors may use, and is none."""

    def line(self, number: int) -> int:
        """Return the source's line for line *number* of the text, both from 0."""
        at = bisect.bisect_left(self.shifts, (number, 0)) - 1
        return number + (self.shifts[at][1] if at >= 0 else 0)

    def restore(self, text: str, show: Callable[[Part], str]) -> str:
        """Return *text* with each placeholder replaced by what *show* makes of its piece."""
        return PLACEHOLDER.sub(lambda found: self._shown(found, show), text)

    def piece(self, found: re.Match[str]) -> Part | None:
        """Return the piece of a match of `PLACEHOLDER`; None if the author wrote such a character."""
        index = ord(found[1]) - _FIRST
        return self.pieces[index] if index < len(self.pieces) else None

    def original(self, text: str) -> str:
        """Return *text* as the author wrote it."""
        return self.restore(text, lambda piece: piece.text)

    def _shown(self, found: re.Match[str], show: Callable[[Part], str]) -> str:
        piece = self.piece(found)
        return found[0] if piece is None else show(piece)


def shielded(source: str, allow: tuple[str, ...] | None = ()) -> Protected:
    """Return *source* with math, citations and Liquid replaced by placeholders; code is left alone.

    *allow* is what the site adds to the allow-list; None means that nothing is Liquid or a citation.
    """
    return _Scanner(source, allow).run()


def placeholder(index: int) -> str:
    """Return what stands for piece *index* of a cell."""
    return f"{{{chr(_FIRST + index)}}}"


class _Scanner:
    """One way through the source of a text cell."""

    def __init__(self, source: str, allow: tuple[str, ...] | None) -> None:
        self.source = source
        self.allow = allow
        self.out: list[str] = []
        self.pieces: list[Part] = []
        self.starts: list[int] = []
        self.shifts: list[tuple[int, int]] = []
        self.done = 0
        """Everything before it is in *out*."""
        self.ends: list[int] = []
        """Where each `{% endraw %}` outside of code ends; known where nothing is Liquid."""
        self.raw_ends: list[int] | None = None
        """The same, once somebody has asked."""
        self.paragraph_ends = [blank.start() for blank in _BLANK_LINE.finditer(source)] + [len(source)]
        self.absent: dict[str, int] = {}
        """Up to where there is no such closing delimiter: looked for once, not once from each opening one."""
        self.suspects: list[tuple[int, str]] = []
        self.known = (0, 0)
        """The last place whose line somebody has asked for, and that line."""
        self.first_item: int | None = None
        """Where the first item of a list may begin, once somebody has asked."""
        self.raw_until = 0
        """Nothing before it is Liquid."""

    def run(self) -> Protected:
        """Scan to the end."""
        at = 0
        while True:
            found = _INTERESTING.search(self.source, at)
            if found is None:
                break
            at = self._step(found.start())
        self.out.append(self.source[self.done :])
        return Protected(
            text="".join(self.out),
            pieces=tuple(self.pieces),
            starts=tuple(self.starts),
            shifts=tuple(self.shifts),
            suspects=tuple(self.suspects),
        )

    def _step(self, at: int) -> int:
        """Deal with what begins at *at* and return where to go on."""
        source = self.source
        if at == 0 or source[at - 1] == "\n":
            fence = _FENCE.match(source, at)
            if fence and not self._is_indented_code(fence):
                return self._fence_end(fence)
        match source[at : at + 1]:
            case "`":
                return self._code_end(at)
            case "$":
                return self._dollar(at)
            case "\\":
                return self._backslash(at)
            case "<":
                return self._html(at)
            case "{":
                return self._liquid(at) or at + 1
            case "[":
                return self._percent(at)
            case _:
                return at + 1

    def _is_indented_code(self, fence: re.Match[str]) -> bool:
        """Tell whether *fence* stands so far in that it is a line of code, or of a paragraph: in no list, that is."""
        before = fence[0].removesuffix(fence[1]).rpartition(">")
        is_in = before[2].isspace() and len(before[2].expandtabs(4)) >= _OF_CODE + len(before[1])
        if is_in and self.first_item is None:
            item = _ITEM.search(self.source)
            self.first_item = item.start() if item else len(self.source)
        return is_in and self.first_item is not None and fence.start() <= self.first_item

    def _fence_end(self, fence: re.Match[str]) -> int:
        """Return the end of the fenced code block that *fence* opens: its closing, or that of its block quote."""
        before = fence[0].removesuffix(fence[1])
        quote = rf"(?:[ \t]*>){{{before.count('>')}}}"
        margin = len(before.rpartition(">")[2].expandtabs(4)) + _OF_CODE - 1
        mark = rf"{fence[1][0]}{{{len(fence[1])},}}[ \t]*$"
        ending = rf"^{quote}[ \t]{{0,{margin}}}{mark}" + (rf"|\n(?!{quote})" if ">" in before else "")
        end = re.compile(ending, re.MULTILINE).search(self.source, fence.end())
        return end.end() if end else len(self.source)

    def _code_end(self, at: int) -> int:
        """Return the end of the code span that begins at *at*, or of its backticks if it is none."""
        opening = _BACKTICKS.match(self.source, at)
        assert opening  # noqa: S101 - there is a backtick
        limit = self._paragraph_end(at)
        for run in _BACKTICKS.finditer(self.source, opening.end(), limit):
            if len(run[0]) == len(opening[0]):
                return run.end()
        return opening.end()

    def _dollar(self, at: int) -> int:
        """Take math between dollars; a price is none (the rules of Pandoc and markdown-it)."""
        source, double = self.source, self.source.startswith("$$", at)
        mark = "$$" if double else "$"
        start, limit = at + len(mark), self._paragraph_end(at)
        if not double and (source[start : start + 1].isspace() or (source[at - 1 : at].isdigit() and at)):
            return start
        end = start
        while True:
            end = self._find(mark, end, limit)
            if end < 0:
                return start
            if source[end - 1] == "\\":
                end += 1
            elif not double and (source[end - 1].isspace() or source[end + 1 : end + 2].isdigit()):
                return start
            else:
                break
        content = source[start:end]
        if not content.strip() or "`" in content or _CLOSING_TAG.search(content):
            return start
        return self._take(at, Math(text=source[at : end + len(mark)], tex=mark + self._unquoted(at, content) + mark))

    def _backslash(self, at: int) -> int:
        r"""Take `\(…\)`, `\[…\]`, their doubled spellings, and environments; jump over other escapes."""
        source, limit = self.source, self._paragraph_end(at)
        for opening, closing in ((r"\\(", r"\\)"), (r"\\[", r"\\]"), (r"\(", r"\)"), (r"\[", r"\]")):
            end = self._find(closing, at + len(opening), limit) if source.startswith(opening, at) else -1
            if end < 0 or not source[at + len(opening) : end].strip() or _LINK.search(source, at, end):
                continue
            stop = end + len(closing)
            if source[stop : stop + 1] in ("(", "["):  # brackets that an author escaped, before a link's target
                continue
            content = self._unquoted(at, source[at + len(opening) : end])
            before, behind = _DOLLARS.get(opening, (opening, closing)) if "$" not in content else (opening, closing)
            return self._take(at, Math(text=source[at:stop], tex=before[-2:] + content + behind[-2:]))
        cite = _CITE.match(source, at) if self.allow is not None else None
        if cite:
            keys = tuple(key.strip() for key in cite[1].split(","))
            return self._take(at, Cite(text=cite[0], keys=keys))
        environment = _ENVIRONMENT.match(source, at)
        if environment:
            closing = f"\\end{{{environment[1]}}}"
            end = self._find(closing, at, limit)
            if end >= 0:
                text = source[at : end + len(closing)]
                return self._take(at, Math(text=text, tex=self._unquoted(at, text)))
        return at + 2

    def _percent(self, at: int) -> int:
        """Take `[% … %]`, which fastpages told KaTeX to typeset."""
        found = _PERCENT.match(self.source, at, self._paragraph_end(at))
        if found is None or "`" in found[1] or not _TEX.search(found[1]):
            return at + 1
        return self._take(at, Math(text=found[0], tex=f"$${self._unquoted(at, found[1])}$$"))

    def _html(self, at: int) -> int:
        """Jump over code elements; look for Liquid only in other tags."""
        code = _CODE_ELEMENT.match(self.source, at)
        if code:
            return code.end()
        piece = self._liquid(at)
        if piece:
            return piece
        tag = _HTML_TAG.match(self.source, at)
        if tag is None:
            return at + 1
        at += 1
        while at < tag.end():
            at = self._liquid(at) or at + 1
        return at

    def _liquid(self, at: int) -> int:
        """Take the allowed piece of Liquid that begins at *at*; return where it ends, or 0 if there is none."""
        if self.allow is None:
            end = liquid.endraw(self.source, at)
            self.ends += [end.end()] if end else []
            return 0
        if at < self.raw_until:
            end = liquid.endraw(self.source, at)
            if end:
                return self._take(at, liquid.Piece(kind=liquid.Kind.RAW, text=end[0]))
            return 0
        piece = liquid.match(self.source, at, self.allow)
        if piece and piece.kind is liquid.Kind.RAW:
            self.raw_until = self._raw_end(at)
            piece = piece if self.raw_until else None
        if piece is None:
            beginning = liquid.broken(self.source, at, self.allow)
            self.suspects += [(self._line(at), beginning)] if beginning else []
            return 0
        return self._take(at, piece)

    def _raw_end(self, at: int) -> int:
        """Return where the block of the `{% raw %}` at *at* ends; 0 if only code has an end for it."""
        if self.raw_ends is None:
            without_liquid = _Scanner(self.source, None)
            without_liquid.run()
            self.raw_ends = without_liquid.ends
        place = bisect.bisect_right(self.raw_ends, at)
        return self.raw_ends[place] if place < len(self.raw_ends) else 0

    def _take(self, at: int, piece: Part) -> int:
        """Replace *piece*, which begins at *at*, by a placeholder; return where it ends."""
        if len(self.pieces) >= _MOST:
            return at + len(piece.text)
        line = self._line(at)
        lost, before = piece.text.count("\n"), self.shifts[-1][1] if self.shifts else 0
        self.out.append(self.source[self.done : at])
        if getattr(piece, "kind", None) is liquid.Kind.DETAIL and _AFTER_NOTE.search(
            self.source, self.source.rfind("\n\n", 0, at) + 1, at
        ):
            self.out.append("\n")  # else Markdown takes it for the next line of the `[^note]: …` above
            self.shifts.append((line - before, before - 1))
            before -= 1
        self.out.append(placeholder(len(self.pieces)))
        if lost:
            self.shifts.append((line - before, before + lost))
        self.pieces.append(piece)
        self.starts.append(line)
        self.done = at + len(piece.text)
        return self.done

    def _line(self, at: int) -> int:
        """Return the line in which *at* stands, which is behind all that were asked for before."""
        before, line = self.known
        self.known = (at, line + self.source.count("\n", before, at))
        return self.known[1]

    def _paragraph_end(self, at: int) -> int:
        """Return where the next blank line begins."""
        return self.paragraph_ends[bisect.bisect_left(self.paragraph_ends, at)]

    def _find(self, closing: str, at: int, limit: int) -> int:
        """Return where *closing* stands between *at* and *limit*; -1 if it does not."""
        if self.absent.get(closing, -1) >= limit:
            return -1
        found = self.source.find(closing, at, limit)
        if found < 0:
            self.absent[closing] = limit
        return found

    def _unquoted(self, at: int, content: str) -> str:
        """Return *content* without the `>` of a block quote that its lines may begin with."""
        line = self.source[self.source.rfind("\n", 0, at) + 1 : at]
        return _QUOTE_PREFIX.sub("\n", content) if line.lstrip().startswith(">") else content
