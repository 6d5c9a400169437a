r"""The spellings of a citation: `{% cite key %}`, `[@key]`, `@key` and `\cite{key}`."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from converter.citations import Citation, Cite
from converter.markdown.protect import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

LABELS = {
    "page": ("p", "pp", "page", "pages"),
    "chapter": ("ch", "chap", "chaps", "chapter", "chapters"),
    "section": ("sec", "secs", "section", "sections", "§", "§§"),
    "figure": ("fig", "figs", "figure", "figures"),
    "volume": ("vol", "vols", "volume", "volumes"),
    "paragraph": ("para", "paras", "par", "paragraph", "paragraphs", "¶", "¶¶"),
    "line": ("l", "ll", "line", "lines"),
    "note": ("n", "nn", "note", "notes"),
    "part": ("pt", "part", "parts"),
    "issue": ("no", "nos", "issue", "issues"),
    "book": ("bk", "bks", "book", "books"),
    "verse": ("v", "vv", "verse", "verses"),
}
"""How authors write what a locator counts, by CSL's words."""
_KEY = r"(?:\w(?:\w|[:.#$%&\-+?<>~/](?=\w))*+|\{[^\s{}]++\})"
_LABEL_OF = {word: label for label, words in LABELS.items() for word in words}
_WORKS = re.compile(rf"(?P<prefix>(?:.*?(?<![\w@]))?)(?P<minus>-?)@(?P<key>{_KEY})(?P<rest>[^@]*)", re.DOTALL)
_WHERE = re.compile(
    r"\s*,?\s*(?:(?P<label>[A-Za-z]{1,10})\.?\s+|(?P<sign>§§?|¶¶?)\s*)?"
    r"(?P<where>(?:\d|[ivxlcIVXLC]+(?![A-Za-z]))[\w.:]*(?:\s?[-\u2013,&]\s?\d[\w.:]*)*)(?P<suffix>.*)",
    re.DOTALL,
)
_TAG_TEXT = re.compile(r"\{%-?\s*(?:(?:no)?cite|bibliography)\s*(.*?)\s*-?%\}", re.DOTALL)

TAG = re.compile(r"\{%-?\s*(?:(?:no)?cite|bibliography)\b")
"""The beginning of a tag of jekyll-scholar's that nbpress replaces."""
_LOOKS_LIKE_ONE = re.compile(r"(?<![\w@])@[\w{]|\\cite[pt]\{|" + TAG.pattern)
ANY = re.compile(
    rf"(?P<piece>{PLACEHOLDER.pattern})"
    r"|\[(?P<works>[^\[\]@]*@[^\[\]]*)\]"
    r"|\\cite(?P<kind>[pt])\{(?P<latex>[^{}\n]+)\}"
    rf"|(?<![\w@./:\-+#&=])@(?P<key>{_KEY})(?:[ \n]\[(?P<where>[^\[\]@\n]+)\])?"
)
"""A piece of Liquid, or something that is a citation if its keys are there."""


def citation(found: re.Match[str], keys: Container[str]) -> Citation | None:
    """Return the citation that *found*, a match of `ANY`, is; None if it is text.

    In brackets only something that begins with `@` is a citation whose keys nobody knows; everywhere else the keys
    must be there.
    """
    if found["works"]:
        return _of_brackets(found["works"], keys)
    if found["latex"]:
        cites = tuple(Cite(key=key.strip()) for key in found["latex"].split(",") if key.strip())
        known = any(cite.key in keys for cite in cites)
        return Citation(cites=cites, is_narrative=found["kind"] == "t" and len(cites) == 1) if known else None
    key = found["key"].strip("{}")
    where = _located(Cite(key=key), found["where"]) if found["where"] else None
    return Citation(cites=(where or Cite(key=key),), is_narrative=True) if key in keys else None


def looks_like_one(text: str) -> bool:
    """Tell whether *text* is worth a closer look."""
    return any(mark in text for mark in ("@", "\\cite", "{%")) and bool(_LOOKS_LIKE_ONE.search(text))


def end(found: re.Match[str], citation: Citation) -> int:
    """Return where *citation*, which *found* is, ends: brackets behind `@key` may be something else."""
    return found.end("key") if found["key"] and not citation.cites[0].locator else found.end()


def of_latex(keys: Iterable[str]) -> Citation:
    r"""Return the citation that `\cite{…}` of *keys* makes."""
    return Citation(cites=tuple(Cite(key=key) for key in keys))


def of_tag(text: str) -> tuple[Citation, list[str]]:
    """Return the citation that the tag `{% cite … %}` (or `nocite`) makes, and the options that it has and we have not.

    The options are those of jekyll-scholar; the n-th locator and label belong to the n-th key.
    """
    keys, options, unknown = _arguments(text)
    locators, labels = options["locator"], options["label"]
    cites = []
    for index, key in enumerate(keys):
        cite = Cite(key=key, is_yearly=bool(options["suppress_author"]))
        if index < len(locators):
            label = _LABEL_OF.get(labels[index].lower().rstrip("."), "page") if index < len(labels) else "page"
            located = _located(cite, locators[index])
            plain = Cite(key=key, is_yearly=cite.is_yearly, locator=locators[index], label=label)
            cite = located if located and index >= len(labels) and not located.suffix else plain
        cites.append(cite)
    return Citation(cites=tuple(cites)), unknown


def listing(text: str) -> tuple[str, list[str]]:
    """Return what the tag `{% bibliography … %}` lists, and the options that we have not.

    That is `all`, `cited` or `in order` (of citation). An option that we have not chooses fewer than all, in all
    likelihood, so with one the list has what is cited.
    """
    words, options, unknown = _arguments(text)
    unlike = [name for name in ("locator", "label", "suppress_author") if options[name]]
    odd = unknown + words + [f"--{name}" for name in unlike]
    return "in order" if options["in_order"] else "cited" if options["cited"] or odd else "all", odd


_FLAGS = {
    "-A": "suppress_author",
    "--suppress_author": "suppress_author",
    "-c": "cited",
    "--cited": "cited",
    "-C": "in_order",
    "--cited_in_order": "in_order",
}
_VALUED = {
    "-l": "locator",
    "--locator": "locator",
    "-L": "label",
    "--label": "label",
    "-p": "prefix",  # tells lists of one page apart for jekyll-scholar; a post has one
    "--prefix": "prefix",
}
_FOREIGN = {"-f", "--file", "-s", "--style", "-t", "--text", "-T", "--template", "-q", "--query", "-m", "--max"}
"""Options of jekyll-scholar that take a value, and that we have not."""


def _arguments(text: str) -> tuple[list[str], dict[str, list[str]], list[str]]:
    """Return the words of a tag that are no options, the values of each option, and options that nobody knows."""
    inner = _TAG_TEXT.fullmatch(text)
    try:
        words = shlex.split(inner[1] if inner else "")
    except ValueError:  # a quote without its end
        words = (inner[1] if inner else "").split()
    options: dict[str, list[str]] = {name: [] for name in (*_FLAGS.values(), *_VALUED.values())}
    plain, unknown = [], []
    rest = iter(words)
    for word in rest:
        name, _, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in _FLAGS:
            options[_FLAGS[name]].append(name)
        elif name in _VALUED:
            options[_VALUED[name]].append(value or next(rest, ""))
        elif word.startswith("-"):
            unknown.append(name)
            if name in _FOREIGN and not value:
                next(rest, "")
        else:
            plain.append(word.rstrip(","))
    return [word for word in plain if word], options, unknown


def _of_brackets(text: str, keys: Container[str]) -> Citation | None:
    """Return the citation that `[text]` is in Pandoc's Markdown."""
    cites = list(_works(text))
    if not all(cites):
        return None
    found = tuple(cite for cite in cites if cite)
    if not any(cite.key in keys for cite in found) and not re.match(r"-?@", text):
        return None
    return Citation(cites=found)


def _works(text: str) -> Iterator[Cite | None]:
    """Yield the works between the semicolons of *text*; None for what is none."""
    for part in text.split(";"):
        work = _WORKS.fullmatch(part.strip())
        if work is None or PLACEHOLDER.search(part):
            yield None
            continue
        prefix = " ".join(work["prefix"].split())
        cite = Cite(key=work["key"].strip("{}"), prefix=prefix, is_yearly=bool(work["minus"]))
        yield _located(cite, work["rest"]) or _with(cite, suffix=work["rest"])


def _located(cite: Cite, text: str) -> Cite | None:
    """Return *cite* with the locator, and what follows it, that *text* begins with; None if it begins with none."""
    found = _WHERE.fullmatch(text)
    if found is None:
        return None
    word = (found["label"] or found["sign"] or "").lower()
    if (word and word not in _LABEL_OF) or (not word and not found["where"][0].isdecimal()):
        return None
    return _with(cite, locator=found["where"].strip(), label=_LABEL_OF.get(word, "page"), suffix=found["suffix"])


def _with(cite: Cite, *, suffix: str, locator: str = "", label: str = "page") -> Cite:
    """Return *cite* with what stands behind its key."""
    tail = " ".join(suffix.split())
    glue = "" if not tail or tail[0] in ",.:" else " "
    return Cite(
        key=cite.key,
        prefix=cite.prefix,
        is_yearly=cite.is_yearly,
        label=label,
        locator=locator,
        suffix=glue + tail,
    )
