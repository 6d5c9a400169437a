"""A piece of HTML made whole: what is open is closed, what is surplus goes; no cell ends or swallows another."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace

from converter.markup.balance import faults
from converter.markup.faults import Fault, Kind

_OPAQUE = re.compile(r"&#?\w+;|[\U000F0000-\U000FFFFD]|(?<=<pre>)\n|(?<=<textarea>)\n|(?<=<listing>)\n", re.IGNORECASE)
_OPAQUE_OR_LIQUID = re.compile(rf"\{{\{{.*?\}}\}}|\{{%.*?%\}}|{_OPAQUE.pattern}", re.IGNORECASE | re.DOTALL)
_FIRST, _MOST = 0xF0000, 0xFFFE  # the characters of a private plane
_MASK = re.compile("[\U000f0000-\U000ffffd]")
_TURNS = 4
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A piece of HTML that may stand beside others."""

    html: str
    """Balanced; the same text if it was."""
    faults: tuple[Fault, ...] = ()
    """What an author should know of what was wrong."""


@dataclass(slots=True)
class Mask:
    """What HTML's parser must neither see nor change, as one character each: entities, and Liquid where it is alive."""

    liquid: bool
    pieces: dict[str, str]
    """The character that stands for each text."""

    def on(self, text: str) -> str:
        """Return *text* with the characters in it."""
        return (_OPAQUE_OR_LIQUID if self.liquid else _OPAQUE).sub(self._one, text)

    def off(self, text: str) -> str:
        """Return *text* with what the characters stand for."""
        originals = {mask: piece for piece, mask in self.pieces.items()}
        return _MASK.sub(lambda found: originals.get(found[0], found[0]), text)

    def _one(self, found: re.Match[str]) -> str:
        if found[0] not in self.pieces and len(self.pieces) >= _MOST:
            return found[0]
        return self.pieces.setdefault(found[0], chr(_FIRST + len(self.pieces)))


def whole(text: str, *, liquid: bool = False) -> Whole:
    """Return the HTML *text* as a piece that ends where it ends; tags of *liquid* in it stay as they are.

    What is whole and valid comes back as it is. Else as little as possible is changed, tag by tag; where elements
    overlap, HTML's own parser says what they mean.
    """
    if "<" not in text or (not liquid and not faults(text)):
        return Whole(html=text)
    mask = Mask(liquid, {})
    masked = mask.on(text)
    first = faults(masked)
    if not first:
        return Whole(html=text)
    mended, found = masked, first
    for _ in range(_TURNS):
        before, mended = mended, _mended(mended, found)
        found = faults(mended)
        if not found or mended == before:  # the parser sees nothing wrong, so it keeps to its place
            break
    else:
        mended = html.escape(masked, quote=False)  # nothing is lost, if nothing else
    told = [it for it in first if it.says]
    order = [it for it in told if it.kind is Kind.MISPLACED]  # after the first of them, the others may follow from it
    return Whole(
        html=mask.off(mended), faults=tuple(_told(it, masked, mask) for it in (order[:1] or told[:_MOST_TOLD]))
    )


def _told(fault: Fault, text: str, mask: Mask) -> Fault:
    """Return *fault* in words and with a tag that its author can find."""
    nth = text.count(fault.tag, 0, fault.at)
    return replace(fault, says=mask.off(fault.says), tag=mask.off(fault.tag), nth=nth)


def _mended(text: str, found: list[Fault]) -> str:
    """Return *text* with the faults *found* in it mended."""
    must_parse = any(fault.kind is Kind.MISPLACED for fault in found)
    # What overlaps is for the parser to read: it needs every end tag that the author wrote.
    # But of `</p>` alone, which is an empty paragraph for it.
    edits = [
        it
        for it in found
        if it.kind is Kind.WRITTEN or not must_parse or (it.kind is Kind.SURPLUS and it.tag.lower().startswith("</p"))
    ]
    parts, done = [], 0
    for edit in sorted(edits, key=lambda it: it.start):
        parts += [text[done : edit.start], edit.new]
        done = max(done, edit.end)
    text = "".join([*parts, text[done:]])
    return _parsed(text) if must_parse else text


def _parsed(text: str) -> str:
    """Return *text* as HTML's parser reads it, written out again."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text, is_fragment=True)
    seen: set[str] = set()
    for node in tree.css("[id]"):  # an element that overlaps others becomes several
        name = node.attributes.get("id") or ""
        if name in seen:
            del node.attrs["id"]
        seen.add(name)
    return tree.html or ""


def line(text: str, fault: Fault) -> int:
    """Return in which line of *text*, from 0, the tag of *fault* stands."""
    at = -1
    for _ in range(fault.nth + 1):
        at = text.find(fault.tag, at + 1)
    return text.count("\n", 0, max(at, 0))
