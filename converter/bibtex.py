"""BibTeX and BibLaTeX files → entries in the terms of CSL-JSON, each fault with its line."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from converter import bibtex_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bibtexparser.library import Library
    from bibtexparser.model import Entry, ParsingFailedBlock
    from pylatexenc.latex2text import LatexNodes2Text

TYPES = {
    "article": "article-journal",
    "book": "book",
    "booklet": "pamphlet",
    "collection": "book",
    "conference": "paper-conference",
    "dataset": "dataset",
    "electronic": "webpage",
    "inbook": "chapter",
    "incollection": "chapter",
    "inproceedings": "paper-conference",
    "inreference": "entry-encyclopedia",
    "manual": "book",
    "mastersthesis": "thesis",
    "mvbook": "book",
    "online": "webpage",
    "patent": "patent",
    "phdthesis": "thesis",
    "proceedings": "book",
    "report": "report",
    "software": "software",
    "techreport": "report",
    "thesis": "thesis",
    "unpublished": "manuscript",
    "video": "motion_picture",
    "www": "webpage",
}
"""CSL's type of each type of entry; every other entry is a `document`."""
FIELDS = {
    "container-title": ("journaltitle", "journal", "booktitle", "maintitle"),
    "collection-title": ("series",),
    "volume": ("volume",),
    "edition": ("edition",),
    "publisher": ("publisher", "institution", "school", "organization"),
    "publisher-place": ("location", "address"),
    "chapter-number": ("chapter",),
    "genre": ("type",),
    "version": ("version",),
    "note": ("note", "addendum"),
    "ISBN": ("isbn",),
    "ISSN": ("issn",),
    "title-short": ("shorttitle",),
}
"""CSL's variables and the fields they are taken from, the first that is there."""
NAMES = ("author", "editor", "translator")
_NOT_INHERITED = frozenset({"crossref", "key", "label", "title", "subtitle", "shorttitle", "doi", "url", "pages"})
_GENRES = {"phdthesis": "PhD thesis", "mastersthesis": "Master\u2019s thesis"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_DAY = re.compile(r"(-?\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:T.*)?[~?%]?")
_UNSAFE = dict.fromkeys(range(0xFDD0, 0xFDF0))
"""Characters that are none, which citations use as marks."""
_EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MARKS = ("\ufdd8", "\ufdd9")
_NOCASE = ('<span class="nocase">', "</span>")
_ARGUMENT = re.compile(r"(?:\\[A-Za-z]+\s*|\\[^A-Za-z\s]|[\^_])$")
"""What makes braces behind it the argument of a macro."""
_LONGEST = 40
"""How long the names of macros are, at most."""
_URL = re.compile(r"\\url\s*\{([^{}]+)\}|(https?://\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a file, and where."""

    message: str
    line: int | None = None
    """The line, from 1."""
    is_lost: bool = True
    """Whether an entry cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What one file holds."""

    items: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """CSL-JSON by key, in the order of the file; texts are HTML. An entry is made out when somebody asks for it."""
    faults: tuple[Fault, ...] = ()


class _Items(Mapping[str, dict[str, Any]]):
    """Entries that are made out one by one: LaTeX takes its time, and a post cites few of a thousand works."""

    def __init__(self, raw: dict[str, dict[str, str]]) -> None:
        self._raw = raw
        self._by_lower = {key.lower(): fields for key, fields in raw.items()}
        self._made: dict[str, dict[str, Any]] = {}

    def __getitem__(self, key: str) -> dict[str, Any]:
        if key not in self._made:
            self._made[key] = _item(key, _with_parent(self._raw[key], self._by_lower, set()))
        return self._made[key]

    def __contains__(self, key: object) -> bool:
        return key in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


_REASONS = {
    "Unexpected block start": "a brace, bracket or quote in it is still open where the next entry begins; close it",
    "Unexpectedly reached end": "a brace, bracket or quote in it is never closed; close it",
    "Expected comma after entry key": "no comma stands behind its key; put one there",
    "Expected a `=`": "the name of a field has no equals sign behind it; put one there",
    "Expected equals sign": "the name of a field has no equals sign behind it; put one there",
    "Expected either a": "no comma stands behind the value of a field; put one there",
}
"""How the parser begins what it says of an entry that it gives up, and what that means."""


def read(content: bytes) -> Entries:
    """Return the entries of the file *content*; what cannot be read is a fault, and everything else still counts."""
    from bibtexparser.entrypoint import parse_string

    for name in ("bibtexparser", "pylatexenc"):  # what they would print is among the faults
        logging.getLogger(name).setLevel(logging.CRITICAL)
    faults: list[Fault] = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.append(Fault(message="is not UTF-8 here; read as Latin-1, save it as UTF-8", line=line, is_lost=False))
        text = content.decode("latin-1")
    library = parse_string(text.replace("\r\n", "\n").translate(_UNSAFE), parse_stack=[])
    faults += [fault for block in library.failed_blocks if (fault := _fault(block, library))]
    strings = dict(zip(_MONTHS, _MONTHS, strict=True))
    for name, definition in library.strings_dict.items():
        strings[name.lower()] = bibtex_fields.value(definition.value, strings)
    raw = {
        entry.key: {
            "ENTRYTYPE": entry.entry_type.lower(),
            **{name.lower(): bibtex_fields.value(text, strings) for name, text in _fields(entry, faults)},
        }
        for entry in library.entries
        if entry.key
    }
    faults += [
        Fault(message="an entry has no key, so nothing can cite it; give it one", line=(entry.start_line or 0) + 1)
        for entry in library.entries
        if not entry.key
    ]
    return Entries(items=_Items(raw), faults=tuple(sorted(faults, key=lambda fault: fault.line or 0)))


def _fault(block: ParsingFailedBlock, library: Library) -> Fault | None:
    """Return what is wrong with *block*; of a field that is given twice the entry is kept, with the first."""
    from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry

    line = (block.start_line or 0) + 1
    name = re.match(r"\s*@\s*\w+\s*\{\s*([^\s,{}=]+)", block.raw or "")
    entry = f"entry {name[1]}" if name else "an entry"
    if isinstance(block, DuplicateBlockKeyBlock):
        return Fault(message=f"{entry} is there already, the first one counts; rename it", line=line, is_lost=False)
    if isinstance(block, DuplicateFieldKeyBlock):
        twice = ", ".join(sorted(block.duplicate_keys))
        double = block.ignore_error_block
        if isinstance(double, Entry):
            kept = {item.key.lower(): item for item in reversed(double.fields)}
            library.add([Entry(double.entry_type, double.key, list(kept.values()), double.start_line, double.raw)])
        return Fault(
            message=f"{entry} has {twice} twice, the first one counts; remove the other", line=line, is_lost=False
        )
    return Fault(message=f"{entry} cannot be read: {_reason(str(getattr(block.error, 'abort_reason', '')))}", line=line)


def _reason(said: str) -> str:
    """Return, for authors, what the parser has *said* of an entry that it has given up."""
    return next((reason for start, reason in _REASONS.items() if said.startswith(start)), "it is no BibTeX; fix it")


def _fields(entry: Entry, faults: list[Fault]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each field; a missing comma between two, which the parser overlooks, is a fault."""
    for item in entry.fields:
        found = list(bibtex_fields.apart(item.key, str(item.value)))
        for name, _ in found[:-1]:
            message = f"no comma stands behind {name} of entry {entry.key}; put one there"
            faults.append(Fault(message=message, line=(item.start_line or 0) + 1, is_lost=False))
        yield from found


def _with_parent(fields: dict[str, str], by_key: Mapping[str, dict[str, str]], seen: set[str]) -> dict[str, str]:
    """Return *fields* with what they lack from the entry that `crossref` names; its title is their `booktitle`."""
    name = fields.get("crossref", "").strip().lower()
    parent = by_key.get(name)
    if parent is None or name in seen:
        return fields
    parent = _with_parent(parent, by_key, seen | {name})
    inherited = {key: value for key, value in parent.items() if key not in _NOT_INHERITED}
    book = parent.get("booktitle") or parent.get("title")
    return inherited | ({"booktitle": book} if book else {}) | fields


def _item(key: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the entry with *fields* as CSL-JSON."""
    entry_type = fields["ENTRYTYPE"]
    item: dict[str, Any] = {"id": key, "type": TYPES.get(entry_type, "document")}
    title = ": ".join(_cased(fields[name]) for name in ("title", "subtitle") if fields.get(name, "").strip())
    item |= {"title": title} if title else {}
    for variable, names in FIELDS.items():
        value = next((fields[name] for name in names if fields.get(name, "").strip()), "")
        item |= {variable: _cased(value) if variable.endswith("title") else _html(value)} if value else {}
    item |= {"genre": _GENRES[entry_type]} if entry_type in _GENRES and "genre" not in item else {}
    if fields.get("number"):
        item["issue" if item["type"] in ("article-journal", "article-magazine") else "number"] = _html(fields["number"])
    if fields.get("pages"):
        item["page"] = re.sub(r"\s*[-\u2013\u2014]+\s*", "-", _html(fields["pages"]))
    if item.get("edition", "").lower() in _ORDINALS:
        item["edition"] = str(_ORDINALS.index(item["edition"].lower()) + 1)
    item["edition"] = re.sub(r"^(\d+)(?:st|nd|rd|th)\b\.?$", r"\1", item.get("edition", ""))
    item |= {role: people for role in NAMES if (people := list(_people(fields.get(role, ""))))}
    item |= {"issued": issued} if (issued := _issued(fields)) else {}
    item |= {"accessed": day} if (day := _date(fields.get("urldate", ""))) else {}
    item |= _addresses(fields)
    if "publisher" not in item and (how := _URL.sub("", fields.get("howpublished", ""))).strip():
        item["publisher"] = _html(how)
    if title and item.get("container-title") == item.get(
        "title"
    ):  # of proceedings, and of a book that a chapter refers to
        del item["container-title"]
    return {name: value for name, value in item.items() if value}


def _addresses(fields: Mapping[str, str]) -> dict[str, str]:
    """Return DOI and URL, as plain text."""
    doi = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", _verbatim(fields.get("doi", "")), flags=re.IGNORECASE)
    url = _verbatim(fields.get("url", ""))
    if not url:
        found = _URL.search(fields.get("howpublished", "")) or _URL.search(fields.get("note", ""))
        url = _verbatim((found[1] or found[2]).rstrip("}.,;")) if found else ""
    archive = (fields.get("eprinttype") or fields.get("archiveprefix") or "").strip().lower()
    if not url and archive == "arxiv" and fields.get("eprint"):
        url = f"https://arxiv.org/abs/{_verbatim(fields['eprint'])}"
    return ({"DOI": doi} if doi else {}) | ({"URL": url} if url else {})


def _people(text: str) -> Iterator[dict[str, str]]:
    """Yield the names in *text*; a name that is all in braces is that of an organisation."""
    from bibtexparser.middlewares.names import parse_single_name_into_parts, split_multiple_persons_names

    for name in split_multiple_persons_names(" ".join(text.split())):
        if re.fullmatch(r"\{.*\}", name) or name == "others":
            yield {"literal": _html(name)}
            continue
        parts = parse_single_name_into_parts(name, strict=False)
        pieces = {
            "family": parts.last,
            "given": parts.first,
            "non-dropping-particle": parts.von,
            "suffix": parts.jr,
        }
        found = {role: _html(" ".join(words)) for role, words in pieces.items() if words}
        given = found.get("given", "")
        if given and given.upper() == given.lower():  # a script without capitals has no initials
            yield {
                "literal": f"{found.get('family', '')}{given}"
                if _EASTERN.search(given)
                else html.escape(name, quote=False)
            }
        elif found:
            yield found if "family" in found else {"literal": " ".join(found.values())}


def _issued(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return when something came out: BibLaTeX's `date`, or `year` with `month` and `day`; any other text as it is."""
    if fields.get("date", "").strip():
        return _date(fields["date"])
    year = _text(fields.get("year", "")).strip("[]() ")
    if not re.fullmatch(r"-?\d{1,4}", year):
        return {"literal": html.escape(year, quote=False)} if year else {}
    parts = [int(year)]
    month = _text(fields.get("month", "")).strip().lower()
    number = _MONTHS.index(month[:3]) + 1 if month[:3] in _MONTHS else int(month) if month.isdecimal() else 0
    if 1 <= number <= 12:  # noqa: PLR2004 - months
        parts.append(number)
        day = re.search(r"\d{1,2}", month) if not month.isdecimal() else None
        parts += [int(day[0])] if day else []
    return {"date-parts": [parts]}


def _date(text: str) -> dict[str, Any]:
    """Return a date of BibLaTeX, `2020-03-04`, `2020-03` or `2020/2021`; any other text as it is."""
    text = _text(text)
    days = [_DAY.fullmatch(part.strip()) for part in text.split("/") if part.strip(" .")]
    if not days or not all(days):
        return {"literal": html.escape(text, quote=False)} if text else {}
    return {"date-parts": [[int(part) for part in day.groups() if part] for day in days[:2] if day]}


def _cased(text: str) -> str:
    """Return *text* as HTML in which what stands in braces keeps its case."""
    out, depth, marked = [], 0, -1
    for index, char in enumerate(text):
        escaped = text[index - 1 : index] == "\\"
        if char == "}" and not escaped:
            out.append(_MARKS[1] if depth == marked else "")
            marked = -1 if depth == marked else marked
            depth -= 1
        out.append(char)
        if char == "{" and not escaped:
            depth += 1
            if (
                marked < 0
                and not _ARGUMENT.search(text[max(0, index - _LONGEST) : index])
                and text[index + 1 : index + 2] != "\\"
            ):
                marked = depth
                out.append(_MARKS[0])
    shown = _html("".join(out))
    for mark, tag in zip(_MARKS, _NOCASE, strict=True):
        shown = shown.replace(mark, tag)
    return shown


def _html(text: str) -> str:
    """Return *text* in LaTeX as HTML."""
    return html.escape(_text(text), quote=False)


def _text(text: str) -> str:
    """Return *text* in LaTeX as plain Unicode on one line."""
    escaped = re.sub(r"(?<!\\)([%&])", r"\\\1", text)
    if re.search(r"[\\${}~`'-]", escaped):
        escaped = _decoder().latex_to_text(_URL.sub(lambda found: found[1] or found[2], escaped))
    return " ".join(escaped.replace("\xa0", " ").split())


def _verbatim(text: str) -> str:
    r"""Return an address without what LaTeX asks for: `\_` is `_`."""
    return re.sub(r"\\url\s*", "", re.sub(r"\\([_%&#~$])", r"\1", text)).replace("{", "").replace("}", "").strip()


@cache
def _decoder() -> LatexNodes2Text:
    """Return what turns LaTeX into text, macros that nobody knows into their arguments."""
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text")
