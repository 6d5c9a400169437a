"""Citations → their texts and the list of references, in a CSL style, by citeproc-py."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from converter.config import CITATION_STYLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_STYLES = Path(__file__).parent / "styles"
DEFAULT = _STYLES / "author-date.csl"
"""The style of a blog that says nothing."""
_OPEN, _SPLIT, _CLOSE, _DOI, _URL, _NOBODY = (chr(0xFDD0 + number) for number in range(6))
"""Marks in what citeproc-py gives back: characters that are none, which `bibtex` lets nobody use."""
_CITE = re.compile(f"{_OPEN}(\\d+){_SPLIT}(.*?){_CLOSE}", re.DOTALL)
_DOI_WITH_LEAD = re.compile(rf"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?{_DOI}", re.IGNORECASE)
_NOBODY_WITH_STOP = re.compile(rf"{_NOBODY}[\s,.:;]*")


class StyleError(Exception):
    """Say why a file is no style for citations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cite:
    """One work within a citation."""

    key: str
    label: str = "page"
    """What the locator counts."""
    locator: str = ""
    """Where in the work."""
    prefix: str = ""
    """What the author says before it."""
    suffix: str = ""
    """What the author says after it."""
    is_yearly: bool = False
    """Whether the work's authors are left out, as the sentence names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A place in a text that refers to works."""

    cites: tuple[Cite, ...]
    is_narrative: bool = False
    """Whether the authors are part of the sentence: *Knuth (1997)* instead of *(Knuth, 1997)*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a citation's text."""

    html: str
    key: str = ""
    """The work that it refers to; empty for what stands between."""
    is_missing: bool = False
    """Whether there is no such work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The citations of a page and its list of references."""

    citations: Mapping[Citation, tuple[Part, ...]] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    """The works by their keys in the order of the style, as HTML."""
    title: str = ""
    """What the style's language calls them."""


_OWN_NAMES = " or ".join(CITATION_STYLES)


def own_style(name: str) -> Path | None:
    """Return the file of the style that comes with nbpress as *name*; None if there is none."""
    return _STYLES / f"{name}.csl" if name in CITATION_STYLES else None


def style(file: Path, locale: str | None) -> Any:  # noqa: ANN401 - citeproc-py has no types
    """Return the style in *file*, its words in those of *locale*; raise `StyleError` if it is none for a page."""
    try:
        state = file.stat()
        return _style(file, state.st_mtime_ns, state.st_size, locale)
    except FileNotFoundError as error:
        raise StyleError(f"is not there; name {_OWN_NAMES}, or a file of the blog that ends in .csl") from error
    except OSError as error:
        raise StyleError(f"cannot be read: {error.strerror}; check its rights") from error


@lru_cache(maxsize=8)
def _style(file: Path, time: int, size: int, locale: str | None) -> Any:  # noqa: ANN401, ARG001 - no types; new state, new style
    """Return the style in *file* in the state of *time* and *size*."""
    from citeproc import LOCALES_PATH, PRIMARY_DIALECTS, CitationStylesStyle
    from lxml import etree

    try:
        root = etree.parse(file, etree.XMLParser(no_network=True, resolve_entities=False)).getroot()
    except etree.XMLSyntaxError as error:
        raise StyleError(f"is no XML: {error.msg}") from error
    if etree.QName(root).localname != "style":
        raise StyleError("is no CSL style")
    if root.find("{*}citation") is None or root.find("{*}bibliography") is None:
        raise StyleError("has no citations or no bibliography of its own; take the independent style that it refers to")
    if root.get("class") == "note":
        raise StyleError("puts citations into footnotes; take a style of the class `in-text`")
    speaks = locale in (None, *PRIMARY_DIALECTS) or Path(LOCALES_PATH, f"locales-{locale}.xml").is_file()
    if not speaks:  # citeproc-py would take English
        raise StyleError(f"cannot speak the language {locale}, which citeproc-py does not know")
    return CitationStylesStyle(str(file), locale=locale, validate=False)


def render(
    citations: Sequence[Citation],
    entries: Mapping[str, dict[str, Any]],
    style: Any,  # noqa: ANN401 - no types
    *,
    whole: bool,
    in_order: bool = False,
) -> Rendered:
    """Return the texts of *citations*, in the order of the page, and the list of what they cite; or of all, if *whole*.

    The list is in the order of its style, or *in_order* of the citations. A work that is not among *entries* has a part
    of its own, which shows its key.
    """
    cited = dict.fromkeys(cite.key for citation in citations for cite in citation.cites if cite.key in entries)
    keys = list(cited | dict.fromkeys(entries) if whole else cited)
    desk = _Desk(keys, entries, style)
    references = desk.references()
    return Rendered(
        citations={citation: tuple(desk.parts(citation)) for citation in dict.fromkeys(citations)},
        references={key: references[key] for key in keys if key in references} if in_order else references,
        title=desk.title,
    )


class _Desk:
    """citeproc-py at work on one page."""

    def __init__(self, keys: Sequence[str], entries: Mapping[str, dict[str, Any]], style: Any) -> None:  # noqa: ANN401 - no types
        from citeproc import Citation as Registered
        from citeproc import CitationItem, CitationStylesBibliography, formatter
        from citeproc.source.json import CiteProcJSON

        self.entries = entries
        self.style = style
        # citeproc-py lowers the case of keys, so it gets numbers in their stead.
        self.numbers = {key: str(number) for number, key in enumerate(keys)}
        marks = {"DOI": _DOI, "URL": _URL}
        data = [
            {name: marks.get(name, value) for name, value in entries[key].items()} | {"id": number}
            for key, number in self.numbers.items()
        ]
        self.source = CiteProcJSON(data)
        self.bibliography = CitationStylesBibliography(style, self.source, formatter.html)
        if keys:
            self.bibliography.register(Registered([CitationItem(number) for number in self.numbers.values()]))
            self.bibliography.sort()
        title = style.root.get_term("reference")
        self.title = str(title.multiple) if title is not None else ""
        self.title = self.title[:1].upper() + self.title[1:]
        if style.root.citation.get("disambiguate-add-year-suffix") == "true":
            self._tell_years_apart()

    def _tell_years_apart(self) -> None:
        """Give works that a citation could not tell apart letters behind their years (CSL's `year-suffix`).

        citeproc-py knows nothing of it (its issue 215), so the letter travels inside the year.
        """
        alike: dict[str, list[str]] = defaultdict(list)
        hints = [_hint(self.source[number]) for number in self.bibliography.keys]
        for number, hint in zip(self.bibliography.keys, hints, strict=True):
            if hints.count(hint) < 2:  # noqa: PLR2004 - to render all of them would double the time
                continue
            alike[self._cited([self._item(number, Cite(key=""))], [""], [""])].append(number)
        for group in alike.values():
            for index, number in enumerate(group if len(group) > 1 else ()):
                date = self.source[number].get("issued")
                if date is not None and "year" in date:
                    date["year"] = _Year(date["year"], _letters(index))

    def parts(self, citation: Citation) -> Iterable[Part]:
        """Yield the pieces of *citation*."""
        known = [cite for cite in citation.cites if cite.key in self.numbers]
        if known:
            yield from self._known(known, is_narrative=citation.is_narrative)
        for index, cite in enumerate(cite for cite in citation.cites if cite.key not in self.numbers):
            if known or index:
                yield Part(html=" ")
            yield Part(html=html.escape(cite.key), key=cite.key, is_missing=True)

    def _known(self, cites: Sequence[Cite], *, is_narrative: bool) -> Iterable[Part]:
        """Yield the pieces of a citation of works that are there."""
        items = [self._item(self.numbers[cite.key], cite) for cite in cites]
        hidden = [self.numbers[cite.key] for cite in cites if cite.is_yearly or is_narrative]
        authors = {number: self.source[number].get("author") for number in hidden}
        lead = self._names(self.source[hidden[0]], cites[0]) if is_narrative else ""
        from citeproc.source import Name

        for number in hidden:
            self.source[number]["author"] = [Name(literal=_NOBODY)]
        text = self._cited(items, [cite.prefix for cite in cites], [cite.suffix for cite in cites])
        for number, names in authors.items():
            del self.source[number]["author"]
            self.source[number].update({"author": names} if names is not None else {})
        text = _NOBODY_WITH_STOP.sub("", text)
        if is_narrative:
            whole = _CITE.sub(lambda found: found[2], text)
            yield Part(html=f"{lead} {whole}".strip(), key=cites[0].key)
            return
        done = 0
        for found in _CITE.finditer(text):
            between = text[done : found.start()]
            yield from [Part(html=between)] if between else []
            yield Part(html=found[2], key=cites[int(found[1])].key)
            done = found.end()
        yield from [Part(html=text[done:])] if text[done:] else []

    def _item(self, number: str, cite: Cite) -> Any:  # noqa: ANN401 - no types
        """Return *cite* as citeproc-py knows it, in a citation of its own."""
        from citeproc import Citation as Registered
        from citeproc import CitationItem, Locator

        where = {"locator": Locator(cite.label, html.escape(cite.locator, quote=False))} if cite.locator else {}
        item = CitationItem(number, **where)
        Registered([item]).bibliography = self.bibliography
        return item

    def _cited(self, items: Sequence[Any], prefixes: Sequence[str], suffixes: Sequence[str]) -> str:
        """Return *items* in the layout of a citation, marks around each.

        citeproc-py's own function puts them into the order of the bibliography, whatever the style says.
        """
        layout = self.style.root.citation.layout
        texts = {}
        for index, item in enumerate(items):
            layout.repressed = {}
            shown = layout.render_children(item) or item.reference.get("title", "") or _NOBODY
            before = f"{html.escape(prefixes[index], quote=False)} " if prefixes[index] else ""
            after = html.escape(suffixes[index], quote=False)
            texts[id(item)] = f"{before}{_OPEN}{index}{_SPLIT}{shown}{_CLOSE}{after}"
        sort = self.style.root.citation.sort
        ordered = sort.sort(list(items), layout) if sort is not None else items
        return str(layout.format(layout.wrap(layout.join([texts[id(item)] for item in ordered]))))

    def _names(self, reference: Any, cite: Cite) -> str:  # noqa: ANN401 - no types
        """Return the authors, or who stands in for them, as they are named in a sentence."""
        names = reference.get("author") or reference.get("editor") or []
        found = []
        for name in names:
            _, family, dropping, particle, _ = name.parts()
            found.append(" ".join(part for part in (dropping, particle, family) if part))
        root = self.style.root
        most = int(root.citation.get("et-al-min") or 4)
        if not found:
            return str(reference.get("title_short") or reference.get("title") or html.escape(cite.key))
        if len(found) >= most:
            first = int(root.citation.get("et-al-use-first") or 1)
            return ", ".join(found[:first]) + f" {root.get_single_term('et-al')}"
        return f" {root.get_single_term('and')} ".join([", ".join(found[:-1]), found[-1]] if found[1:] else found)

    def references(self) -> dict[str, str]:
        """Return the works by key, in the order of the style, addresses as links."""
        keys = {number: key for key, number in self.numbers.items()}
        found = {}
        for item in self.bibliography.items:
            text = "".join(map(str, self.style.render_bibliography([item])))
            found[keys[item.key]] = self._linked(text or html.escape(keys[item.key]), self.entries[keys[item.key]])
        return found

    def _linked(self, text: str, entry: Mapping[str, Any]) -> str:
        """Return *text* with DOI and URL of *entry* in the place of their marks."""
        doi, url = entry.get("DOI", ""), entry.get("URL", "")
        text = _DOI_WITH_LEAD.sub(lambda _: _link(f"https://doi.org/{doi}"), text)
        return text.replace(_URL, _link(url) if re.match(r"https?://|ftp://", url) else html.escape(url))


def _hint(reference: Any) -> tuple[str, str]:  # noqa: ANN401 - no types
    """Return what works have in common that a citation by author and date cannot tell apart."""
    names = reference.get("author") or reference.get("editor") or []
    date = reference.get("issued")
    year = date["year"] if date is not None and "year" in date else ""
    return (str(names[0].parts()[1]) if names else "", str(year))


class _Year(int):
    """A year with a letter behind it."""

    def __new__(cls, year: int, letter: str) -> Self:
        made = super().__new__(cls, year)
        made.letter = letter
        return made

    letter: str

    def __abs__(self) -> _Year:
        return self

    def __str__(self) -> str:
        return f"{int(self)}{self.letter}"


def _letters(index: int) -> str:
    """Return `a` for 0, `b` for 1, and `aa` for 26."""
    return (_letters(index // 26 - 1) if index >= 26 else "") + chr(ord("a") + index % 26)  # noqa: PLR2004 - letters


def _link(address: str) -> str:
    """Return a link to *address* that shows it."""
    target = html.escape(re.sub(r"[\s<>\"{}|\\^`]", lambda found: f"%{ord(found[0]):02X}", address))
    return f'<a href="{target}">{html.escape(address, quote=False)}</a>'
