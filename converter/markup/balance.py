"""What is open, surplus or misplaced in a piece of HTML, found by one quick pass that follows HTML's own rules."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from converter.markup import elements, tags, written
from converter.markup.faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.markup.written import Tag

_LONGEST, _SHORTEST, _PATIENCE = 1_000_000, 60, 50
"""How long a badly written tag may be, how long after many of them, and how many these are."""
_DEEPEST = 512
"""As deep as browsers go."""


class _Open(NamedTuple):
    """An element that is open."""

    name: str
    start: int
    end: int
    """Of its start tag."""
    part_of: str
    """`svg` or `math`, of whose drawing or formula it is a part; empty for HTML."""


def faults(text: str) -> list[Fault]:
    """Return what is wrong with the HTML *text*, which is to stand in a `<div>`; nothing if it is whole and valid."""
    return _Pass(text).run() if "<" in text else []


class _Pass:
    """One way through a piece of HTML, with the elements that are open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[_Open] = []
        self.names: Counter[str] = Counter()
        """How many elements of each name are open."""
        self.found: list[Fault] = []
        self.is_lost = False
        """Whether only HTML's parser knows which elements are open."""
        self.torn = 0
        """How many tags never ended."""

    def run(self) -> list[Fault]:
        """Go through to the end."""
        text, at = self.text, 0
        while True:
            start = text.find("<", at)
            if start < 0:
                break
            self._text(at, start)
            at = self._plain_cells(start)
            if at == start:
                tag = written.tag_at(text, start)
                at = self._tag(tag) if tag else self._odd(start)
        self._text(at, len(text))
        for element in reversed(self.open):
            is_quiet = element.name in elements.ENDS_BY_ITSELF | elements.TABLE_PARTS
            says = "" if is_quiet else f"{self._shown(element)} is never closed"
            self._add(Kind.OPEN, element.start, element.end, f"</{element.name}>", says)
        return self.found

    def _text(self, start: int, end: int) -> None:
        """Deal with the text between two tags."""
        top = self.open[-1] if self.open else None
        if (
            top
            and not top.part_of
            and top.name in elements.TABLE_CONTEXT
            and not self.is_lost
            and self.text[start:end].strip()
        ):
            self._misplaced(top, f"text stands in {self._shown(top)} outside of its cells")

    def _plain_cells(self, start: int) -> int:
        """Return where the rows or cells end in which nothing can be wrong; *start* if there are none."""
        top = self.open[-1] if self.open else None
        if top is None or top.part_of or top.name not in elements.TABLE_CONTEXT or len(self.open) > _DEEPEST - 3:
            return start
        if top.name == "tr":
            return written.cells_end(self.text, start)
        return written.rows_end(self.text, start) if top.name != "colgroup" else start

    def _push(self, element: _Open) -> None:
        self.open.append(element)
        self.names[element.name] += 1
        if len(self.open) == _DEEPEST:
            self._misplaced(element, f"{self._shown(element)} stands in {_DEEPEST} other elements")

    def _pop(self) -> _Open:
        element = self.open.pop()
        self.names[element.name] -= 1
        return element

    def _add(self, kind: Kind, start: int, end: int, new: str = "", says: str = "") -> None:
        tag = self.text[start:end]
        if self.found and self.found[-1].start == start and kind is Kind.WRITTEN:  # the same tag, mended once more
            says = says or self.found.pop().says
        place = (len(self.text), len(self.text)) if kind is Kind.OPEN else (start, end)
        self.found.append(Fault(kind=kind, start=place[0], end=place[1], at=start, new=new, says=says, tag=tag))

    def _still_open(self, element: _Open, tag: Tag) -> None:
        """Say that *element* is open where *tag* ends what is around it; most `</p>` are not the author's."""
        where = (
            "its paragraph ends" if tag.is_end and tag.text.lower().startswith("</p>") else f"{self._shown(tag)} stands"
        )
        self._misplaced(element, f"{self._shown(element)} is still open where {where}")

    def _misplaced(self, at: _Open | Tag, says: str) -> None:
        self.is_lost = True
        self._add(Kind.MISPLACED, at.start, at.end, says=says)

    def _shown(self, element: _Open | Tag) -> str:
        return written.shown(self.text[element.start : element.end])

    @property
    def _is_foreign(self) -> bool:
        """Tell whether the next tag is one of a drawing or formula."""
        top = self.open[-1] if self.open else None
        return top is not None and top.part_of != "" and top.name not in elements.INTEGRATION[top.part_of]

    def _tag(self, tag: Tag) -> int:
        """Deal with a well-written *tag* and return where to go on."""
        if self._is_foreign:
            return self._foreign(tag, tag.name)
        return self._end(tag, tag.name) if tag.is_end else self._start(tag, tag.name)

    def _odd(self, start: int) -> int:
        """Deal with a `<` that begins no well-written tag."""
        longest = _LONGEST if self.torn < _PATIENCE else _SHORTEST
        odd = written.odd_at(self.text, start, is_foreign=self._is_foreign, longest=longest)
        if odd.is_open:
            self._add(Kind.OPEN, start, min(start + _SHORTEST, len(self.text)), odd.new or "", odd.says)
        elif odd.new is not None:
            self.torn += odd.end == start + 1
            self._add(Kind.WRITTEN, start, odd.end, odd.new, odd.says)
            if odd.end == start + 1:  # what makes it a tag for its author
                begins = re.split(r"[>\n]", self.text[start : start + _SHORTEST], maxsplit=1)[0]
                self.found[-1] = replace(self.found[-1], tag=begins)
        return self._tag(odd.tag) if odd.tag else odd.end

    # Elements of HTML

    def _start(self, tag: Tag, name: str) -> int:
        """Deal with a start tag of HTML."""
        if name in elements.DOCUMENT or name in elements.HEAD or name in ("link", "plaintext"):
            stays = self._of_a_page(tag, name)
            if stays >= 0:
                return stays
        if tag.is_empty and name not in elements.VOID and name not in ("svg", "math"):
            self._add(Kind.WRITTEN, tag.start, tag.end, f"{tag.text.rstrip('/> ')}></{name}>")
            return tag.end
        self._close_before(tag, name)
        if name in elements.RAW_TEXT:
            return self._raw_text(tag, name)
        if name not in elements.VOID and not (tag.is_empty and name in ("svg", "math")):
            self._push(_Open(name, tag.start, tag.end, name if name in ("svg", "math") else ""))
        return tag.end

    def _of_a_page(self, tag: Tag, name: str) -> int:
        """Leave out what belongs to a whole page and return where to go on; -1 if *tag* may stay."""
        attributes = tags.attributes(tag.attributes)
        if name == "plaintext":  # nothing can end it
            self._add(Kind.WRITTEN, tag.start, tag.start + 1, "&lt;", "<plaintext> cannot be closed")
            return tag.start + 1
        rel = set(attributes.get("rel", "").lower().split())
        is_of_body = name == "link" and rel and rel <= elements.BODY_LINKS
        if is_of_body or (name in ("link", "meta") and "itemprop" in attributes):
            return -1
        end = tag.end
        if name == "title":
            closing = re.compile(r"</title\s*>", re.IGNORECASE).search(self.text, end)
            end = closing.end() if closing else end
        self._add(Kind.WRITTEN, tag.start, end)
        return end

    def _close_before(self, tag: Tag, name: str) -> None:
        """Close what ends before an element *name*, and find what it cannot stand in."""
        if self.is_lost:
            return
        if name in elements.STARTS:
            through, holders = elements.STARTS[name]
            self._pop_while(through)
            if not self.open or self.open[-1].name not in holders:
                self._misplaced(tag, f"{self._shown(tag)} stands outside of its table")
            return
        top = self.open[-1].name if self.open else ""
        if top in elements.TABLE_CONTEXT and name not in elements.IN_TABLE_CONTEXT:
            self._misplaced(tag, f"{self._shown(tag)} stands in <{top}> outside of its cells")
        elif name in ("li", "dd", "dt"):
            self._close_item(tag, {"li"} if name == "li" else {"dd", "dt"})
        elif name in elements.STARTS_AFTER:
            self._pop_while(elements.STARTS_AFTER[name])
        if name in elements.ENDS_PARAGRAPH and not self.names["select"]:
            self._close_paragraph(tag)
        is_inside = name in elements.HEADINGS and self.open and self.open[-1].name in elements.HEADINGS
        if is_inside or (self.names[name] and self._stands_in_itself(name)):
            self._misplaced(tag, f"{self._shown(tag)} stands in {self._shown(self.open[-1])}")
        if name == "image":  # an old name of `<img>`
            self._misplaced(tag, "")

    def _stands_in_itself(self, name: str) -> bool:
        """Tell whether an element that cannot stand in itself does."""
        return name in elements.ALONE and any(element.name == name for element in self._within_scope())

    def _pop_while(self, through: frozenset[str]) -> None:
        while self.open and self.open[-1].name in through and not self.open[-1].part_of:
            self._pop()

    def _close_item(self, tag: Tag, names: set[str]) -> None:
        """Close the item of a list before the next one."""
        if not any(self.names[name] for name in names):
            return
        for depth, element in enumerate(reversed(self.open), 1):
            if element.name in names:
                between = self.open[len(self.open) - depth + 1 :]
                if all(it.name == "p" for it in between):
                    for _ in range(depth):
                        self._pop()
                else:
                    self._still_open(between[-1], tag)
                return
            if element.part_of or (
                element.name in elements.BLOCKS | {"table"} and element.name not in ("address", "div", "p")
            ):
                return

    def _close_paragraph(self, tag: Tag) -> None:
        """Close an open `<p>` before a block."""
        if not self.names["p"]:
            return
        for element in self._within_scope("button"):
            if element.name == "p":
                if element is self.open[-1]:
                    self._pop()
                else:
                    self._still_open(self.open[-1], tag)
                return

    def _within_scope(self, *more: str) -> Iterator[_Open]:
        """Yield the open elements that an end tag reaches, the innermost first."""
        for element in reversed(self.open):
            if element.part_of or element.name in elements.SCOPES or element.name in more:
                return
            yield element

    def _raw_text(self, tag: Tag, name: str) -> int:
        """Pass over an element whose content holds no tags."""
        start, end, state = written.raw_end(self.text, name, tag.end)
        if start >= 0:
            closing = written.tag_at(self.text, start)
            if closing is None or closing.attributes:
                self._add(Kind.WRITTEN, start, end, f"</{name}>")
            return end
        says = f"{self._shown(tag)} is never closed"
        if name in ("script", "style"):
            new = f"{'-->' if state else ''}</{name}>"
            self._add(Kind.OPEN, tag.start, tag.end, new, says)
            return len(self.text)
        # It would show everything behind it as its own text, tags and all.
        self._add(Kind.WRITTEN, tag.start, tag.end, f"{tag.text}</{name}>", says)
        return tag.end

    def _end(self, tag: Tag, name: str) -> int:
        """Deal with an end tag of HTML."""
        if self.open and self.open[-1].name == name:
            self._pop()
            return tag.end
        if name in elements.DOCUMENT or name in elements.HEAD or name in elements.VOID:
            self._add(Kind.WRITTEN, tag.start, tag.end)
            return tag.end
        if not self.names[name] or not (self.is_lost or any(it.name == name for it in self._reached(name))):
            why = ", as a paragraph ends where a block begins" if name == "p" else ""
            self._add(Kind.SURPLUS, tag.start, tag.end, says=f"{self._shown(tag)} closes nothing{why}")
            return tag.end
        if name in elements.BLOCKS:
            through = elements.ENDS_BY_ITSELF
            if name in ("table", "tbody", "thead", "tfoot", "tr"):
                through |= elements.TABLE_PARTS
            self._pop_while(through - {name})
        if self.open[-1].name != name:
            self._still_open(self.open[-1], tag)
        self._pop_to(name)
        return tag.end

    def _pop_to(self, name: str) -> None:
        while self._pop().name != name:
            pass

    def _reached(self, name: str) -> Iterator[_Open]:
        """Yield the open elements that an end tag *name* reaches."""
        if name in elements.TABLE_CONTEXT or name in ("td", "th", "caption"):
            yield from self._within_table()
        elif name in elements.SCOPES:  # reached from within themselves, as by `</object>`
            yield from (element for element in reversed(self.open) if not element.part_of)
        else:
            yield from self._within_scope()

    def _within_table(self) -> Iterator[_Open]:
        """Yield the open elements that the end tag of a part of a table reaches."""
        for element in reversed(self.open):
            if element.part_of or element.name == "template":
                return
            yield element
            if element.name == "table":
                return

    # Drawings and formulas

    def _foreign(self, tag: Tag, name: str) -> int:
        """Deal with a tag inside a drawing or formula."""
        if not tag.is_end:
            if name in elements.BREAKS_OUT:
                self._misplaced(tag, f"{self._shown(tag)} stands in <{self.open[-1].name}>")
            elif not tag.is_empty:
                self._push(_Open(name, tag.start, tag.end, self.open[-1].part_of))
        elif self.open[-1].name == name:
            self._pop()
        elif self.names[name]:
            self._still_open(self.open[-1], tag)
            self._pop_to(name)
        elif name in ("p", "br"):
            self._misplaced(tag, f"{self._shown(tag)} stands in <{self.open[-1].name}>")
        else:
            self._add(Kind.SURPLUS, tag.start, tag.end, says=f"{self._shown(tag)} closes nothing")
        return tag.end
