"""Citations in text cells: read in all spellings, checked, given their texts and the list of references."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from markdown_it.token import Token

from converter import bibliography, citations, front_matter, liquid
from converter.liquid import Kind
from converter.markdown import spellings
from converter.markdown.cells import PARSER, Cell, Page, live_pieces
from converter.markdown.protect import PLACEHOLDER, shielded
from converter.markdown.protect import Cite as LatexCite
from converter.model import Finding, Reference, References, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from converter.citations import Citation
    from converter.model import FrontMatter

_NAME_SAFE = "!$&'()*+,;=:@/?-._~"
_OPAQUE_TAG = re.compile(r"<(/?)(?:a|code|kbd|samp|pre|button)\b", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Cited:
    """What a page cites."""

    rendered: citations.Rendered
    names: dict[str, str]
    """Id of each work in the list, by its key."""
    anchors: dict[str, list[str]]
    """Ids of the citations of each work, in the order of the page."""
    seen: dict[str, int] = field(default_factory=dict)
    """How often each work has been cited so far."""
    title: str = ""
    """What to write above the list at the end; empty if the list stands elsewhere, or below a heading."""
    is_placed: bool = False
    """Whether the author has said where the list goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A piece of a citation as its template sees it."""

    html: str
    is_missing: bool = False
    target: str = ""
    """The id it links to, as part of an address."""
    anchor: str = ""
    """Its own id; empty if it links nowhere."""


def settle(cells: list[Cell], page: Page, matter: FrontMatter, last: int) -> None:
    """Make tokens of all citations in *cells*, and give *page* their texts; *last* is the index of the last cell.

    Where a plugin of the site has the tag `{% cite %}`, nothing is a citation of ours; in a blog without a bibliography
    all stays as it was written.
    """
    if "cite" in page.config.liquid_allow or not any(map(_may_cite, cells)):
        return
    library = bibliography.of(matter, page.source, page.config)
    page.files.update(library.files)
    if not (library.entries or library.findings):
        _tell_unread(cells, page)
        return
    reader = _Reader(library, page)
    for cell in cells:
        cell.tokens = list(reader.blocks(cell.tokens, cell))
    if not reader.found and reader.listing is None:
        return
    page.findings += library.findings
    style = _style(matter, page)
    whole, in_order = reader.listing == "all", reader.listing == "in order"
    rendered = citations.render(reader.found, library.entries, style, whole=whole, in_order=in_order)
    for key in rendered.references:
        reader.name(key)
    ends_in_heading = bool(cells) and cells[-1].index == last and cells[-1].tokens[-1:][0].type == "heading_close"
    page.cited = Cited(
        rendered=rendered,
        names=reader.names,
        anchors=reader.anchors,
        title="" if ends_in_heading else rendered.title,
        is_placed=reader.listing is not None,
    )


def is_of_page(citation: Citation, page: Page) -> bool:
    """Tell whether *page* has a text for *citation*."""
    return page.cited is not None and citation in page.cited.rendered.citations


def shown(citation: Citation, page: Page, *, linked: bool = True) -> list[Shown]:
    """Return the pieces of *citation*; those of works that are there link to the list, if *linked*."""
    cited = page.cited
    found = []
    for part in cited.rendered.citations.get(citation, ()) if cited else ():
        html = liquid.defuse(part.html)
        if cited is None or not part.key or part.is_missing or not linked:
            found.append(Shown(html=html, is_missing=part.is_missing))
            continue
        number = cited.seen.get(part.key, 0)
        cited.seen[part.key] = number + 1
        anchors = cited.anchors[part.key]
        target = quote(cited.names[part.key], safe=_NAME_SAFE).replace("&", "&amp;")
        anchor = _attribute(anchors[number]) if number < len(anchors) else ""
        found.append(Shown(html=html, target=target, anchor=anchor))
    return found


def listed(page: Page, title: str = "") -> References:
    """Return the list of references under *title*."""
    cited = page.cited
    if cited is None:
        return References()
    items = tuple(
        Reference(
            name=_attribute(cited.names[key]),
            html=liquid.defuse(html),
            anchors=tuple(quote(name, safe=_NAME_SAFE).replace("&", "&amp;") for name in cited.anchors.get(key, ())),
        )
        for key, html in cited.rendered.references.items()
    )
    return References(items=items, title=title)


def at_the_end(page: Page) -> References:
    """Return the list of references that stands at the end of the post; empty if it stands elsewhere."""
    return listed(page, page.cited.title) if page.cited and not page.cited.is_placed else References()


def _attribute(name: str) -> str:
    """Return the id *name* as an attribute has it."""
    return liquid.defuse(name.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;"))


def _may_cite(cell: Cell) -> bool:
    """Tell whether anything in *cell* looks like a citation."""
    texts = [cell.protected.text]
    for piece in cell.protected.pieces:
        if isinstance(piece, LatexCite):
            return True
        if isinstance(piece, liquid.Piece):
            if piece.kind in (Kind.CITE, Kind.NOCITE, Kind.BIBLIOGRAPHY):
                return True
            texts.append(piece.detail)
    return any(map(spellings.looks_like_one, texts))


def _tell_unread(cells: list[Cell], page: Page) -> None:
    """Find, once, that there is nothing to cite from, if any of *cells* has a tag that cites; the tags stay."""
    message = f"there is no bibliography to cite from; put a .bib file into {page.config.bibliography}/"
    for cell in cells:
        for index, piece in live_pieces(cell):
            if isinstance(piece, liquid.Piece) and spellings.TAG.search(piece.text):
                line = cell.protected.starts[index] + cell.above + 1
                page.find("citation-resolves", message, cell, line)
                return


def _style(matter: FrontMatter, page: Page) -> object:
    """Return the style that front matter or settings name; the default if it cannot be used, which is a finding."""
    name = str(front_matter.setting(matter, "csl", page.config.citation_style))
    own = citations.own_style(name)
    files = [own] if own else [page.config.root / name]
    if own is None and "csl" in matter.values:
        files = bibliography.beside(name, page.source, page.config) or files
    file = next((file for file in files if file.is_file()), files[-1])
    page.files.update(files)
    try:
        return citations.style(file, page.config.citation_locale)
    except citations.StyleError as error:
        message = f"citation style {name} {error}; the post has the default style"
        page.findings.append(Finding(rule="citation-style-reads", message=message, source=page.source.path))
        return citations.style(citations.DEFAULT, None)


class _Reader:
    """One way through the tokens of a notebook."""

    def __init__(self, library: bibliography.Bibliography, page: Page) -> None:
        self.entries = library.entries
        self.page = page
        self.found: list[Citation] = []
        """All citations, in the order of the page."""
        self.listing: str | None = None
        """What the list that the author has placed holds: `cited` or `all`."""
        self.names: dict[str, str] = {}
        self.anchors: dict[str, list[str]] = {}

    def blocks(self, tokens: Sequence[Token], cell: Cell) -> Iterator[Token]:
        """Yield *tokens* with citations among their inline children, and `{% bibliography %}` as a token."""
        block: Token | None = None
        skip = 0
        for index, token in enumerate(tokens):
            block = token if token.map or block is None else block
            if skip:
                skip -= 1
            elif token.type == "paragraph_open" and self._only(tokens[index + 1], cell, Kind.BIBLIOGRAPHY):
                piece = self._only(tokens[index + 1], cell, Kind.BIBLIOGRAPHY)
                skip = 2
                if piece and self._place(piece, cell, cell.line(block)):
                    yield Token("bibliography", "", 0, map=token.map)
            elif token.type == "inline":
                token.children = list(self._inline(token.children or [], cell, token if token.map else block))
                yield token
            else:
                if token.type == "html_block":
                    self._of_html(token, cell, cell.line(block))
                yield token

    def name(self, key: str) -> str:
        """Return the id of the entry of *key* in the list of references."""
        if key not in self.names:
            self.names[key] = self._free(f"ref-{'-'.join(key.split())}")
        return self.names[key]

    def _free(self, wanted: str) -> str:
        """Return the id *wanted*, with a number where it is taken, and take it."""
        name, number = wanted, 2
        while name in self.page.ids:
            name, number = f"{wanted}-{number}", number + 1
        self.page.ids.add(name)
        return name

    def _only(self, inline: Token, cell: Cell, kind: Kind) -> liquid.Piece | None:
        """Return the piece of Liquid of that *kind* if it is all that *inline* holds."""
        whole = PLACEHOLDER.fullmatch(inline.content.strip())
        piece = cell.protected.piece(whole) if whole else None
        return piece if isinstance(piece, liquid.Piece) and piece.kind is kind else None

    def _place(self, piece: liquid.Piece, cell: Cell, line: int) -> bool:
        """Note that the list goes where *piece* stands; tell whether it does."""
        if self.listing is not None:
            self._odd("the post has a list of references already; remove this {% bibliography %}", cell, line)
            return False
        self.listing, unknown = spellings.listing(piece.text)
        for option in unknown:
            self._odd(
                f"nbpress does not know {option} in {{% bibliography %}}; remove it (the list has what the post cites)",
                cell,
                line,
            )
        return True

    def _inline(self, children: Sequence[Token], cell: Cell, block: Token | None) -> Iterator[Token]:
        """Yield *children* with citations as tokens of their own; in links and code they are no links."""
        run: list[Token] = []
        opaque, line = 0, 0
        for child in children:
            if child.type in ("text", "softbreak") and not opaque:
                run.append(child)
                continue
            yield from self._run(run, cell, cell.line(block, line))
            line += sum(_lines(it) for it in run) + _lines(child)
            run = []
            if child.type == "html_inline":
                tag = _OPAQUE_TAG.match(child.content)
                opaque += 0 if tag is None else -1 if tag[1] else 1
                self._of_html(child, cell, cell.line(block, line))
            elif child.type in ("link_open", "link_close"):
                opaque += child.nesting
            if child.type == "text":
                yield from self._pieces_only(child, cell, cell.line(block, line))
            else:
                yield child
        yield from self._run(run, cell, cell.line(block, line))

    def _run(self, run: list[Token], cell: Cell, line: int) -> Iterator[Token]:
        """Yield the text of *run*, cut at its citations; as it was if there is none."""
        text = "".join("\n" if token.type == "softbreak" else token.content for token in run)
        cuts = list(self._cuts(text, cell, line))
        if not cuts:
            yield from run
            return
        done = 0
        for start, end, token in cuts:
            yield from _texts(text[done:start])
            yield from [token] if token else []
            done = end
        yield from _texts(text[done:])

    def _cuts(self, text: str, cell: Cell, line: int) -> Iterator[tuple[int, int, Token | None]]:
        """Yield where in *text* each citation begins and ends, with its token."""
        at = 0
        while found := spellings.ANY.search(text, at):
            where = line + text.count("\n", 0, found.start())
            at = found.end()
            if found["piece"]:
                piece = cell.protected.piece(PLACEHOLDER.match(found["piece"]))  # type: ignore[arg-type]  # it is one
                citation = self._of_piece(piece, cell, where)
                if citation or getattr(piece, "kind", None) is Kind.BIBLIOGRAPHY:
                    yield found.start(), found.end(), _token(citation) if citation else None
                continue
            citation = spellings.citation(found, self.entries)
            if citation is None:
                at = found.start() + 1
            else:
                end = spellings.end(found, citation)
                at = end
                yield found.start(), end, _token(self._take(citation, cell, where))

    def _pieces_only(self, token: Token, cell: Cell, line: int) -> Iterator[Token]:
        """Yield a text within a link, where only Liquid is a citation, and links nowhere."""
        done = 0
        for found in PLACEHOLDER.finditer(token.content):
            citation = self._of_piece(cell.protected.piece(found), cell, line, linked=False)
            if citation:
                yield from _texts(token.content[done : found.start()])
                yield _token(citation, linked=False)
                done = found.end()
        yield from _texts(token.content[done:]) if done else [token]

    def _of_html(self, token: Token, cell: Cell, line: int) -> None:
        """Note the citations in the author's HTML; they are put back with the other pieces."""
        for found in PLACEHOLDER.finditer(token.content):
            piece = cell.protected.piece(found)
            if token.type == "html_block" and isinstance(piece, liquid.Piece) and piece.kind is Kind.BIBLIOGRAPHY:
                if not self._place(piece, cell, line):
                    token.content = token.content.replace(found[0], "")
            else:
                self._of_piece(piece, cell, line)

    def _of_piece(self, piece: object, cell: Cell, line: int, *, linked: bool = True) -> Citation | None:
        """Return the citation that *piece* is, and note it; those in the text of a footnote are noted, too."""
        if isinstance(piece, LatexCite) and any(key in self.entries for key in piece.keys):
            return self._take(spellings.of_latex(piece.keys), cell, line, linked=linked)
        if not isinstance(piece, liquid.Piece):
            return None
        if piece.kind is Kind.BIBLIOGRAPHY:
            self._odd("{% bibliography %} stands within a text; put it into a paragraph of its own", cell, line)
        if piece.kind is Kind.DETAIL and spellings.looks_like_one(piece.detail):
            self._read_detail(piece, cell, line)
        if piece.kind not in (Kind.CITE, Kind.NOCITE):
            return None
        name = piece.kind.name.lower()
        citation, unknown = spellings.of_tag(piece.text)
        for option in unknown:
            self._odd(f"nbpress does not know {option} in {{% {name} %}}, so it has no effect; remove it", cell, line)
        if not citation.cites:
            self._odd(f"{{% {name} %}} names nothing; write the key of an entry", cell, line)
            return None
        is_shown = piece.kind is Kind.CITE
        self._take(citation, cell, line, linked=linked and is_shown)
        return citation if is_shown else None

    def _read_detail(self, piece: liquid.Piece, outer: Cell, line: int) -> None:
        """Note the citations in the text of a footnote, and keep it as tokens."""
        protected = shielded(piece.detail, self.page.config.liquid_allow)
        tokens = PARSER.parseInline(protected.text, {})
        cell = replace(outer, protected=protected, tokens=tokens, above=line - 1)
        self.page.details[piece.detail] = list(self.blocks(tokens, cell))

    def _take(self, citation: Citation, cell: Cell, line: int, *, linked: bool = True) -> Citation:
        """Note *citation*, and what is wrong with it."""
        self.found.append(citation)
        for cite in citation.cites:
            if cite.key in self.entries:
                self.name(cite.key)
                slug = "-".join(cite.key.split())
                if linked:
                    self.anchors.setdefault(cite.key, []).append(self._free(f"cite-{slug}"))
            else:
                near = difflib.get_close_matches(cite.key, self.entries, n=1)
                guess = f"did you mean {near[0]}?" if near else f"add it to {self.page.config.bibliography}"
                message = f"nothing in the bibliography has the key {cite.key}; {guess}"
                self.page.find("citation-resolves", message, cell, line)
        return citation

    def _odd(self, message: str, cell: Cell, line: int) -> None:
        """Find that something about citations is not understood."""
        self.page.find("citation-understood", message, cell, line, Severity.WARNING)


def _token(citation: Citation, *, linked: bool = True) -> Token:
    """Return the token of *citation*."""
    return Token("citation", "", 0, meta={"citation": citation, "linked": linked})


def _texts(text: str) -> Iterator[Token]:
    """Yield *text* as tokens."""
    for index, line in enumerate(text.split("\n")):
        if index:
            yield Token("softbreak", "br", 0)
        if line:
            yield Token("text", "", 0, content=line)


def _lines(token: Token) -> int:
    """Return how many lines end within *token*."""
    return (token.type in ("softbreak", "hardbreak")) + token.content.count("\n")
