"""Text cells → HTML: parsed once into tokens, footnotes, headings, images and links settled there, then rendered.

The readings are CommonMark's and GitHub's (cmark-gfm), the markup is that of the first fastpages posts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from markdown_it import MarkdownIt
from markdown_it.common import normalize_url
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin
from nbformat import NotebookNode

from converter import callouts, discover, footnotes, highlight, html_tags, images, liquid, templating
from converter.front_matter import setting
from converter.model import Asset, Finding, Footnote, FrontMatter, Severity, Source
from converter.protect import PLACEHOLDER, Math, Protected, protect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import PurePosixPath

    from markdown_it.utils import EnvType, OptionsDict

    from converter.config import Config

_TEXT_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_SHORT_CODE = re.compile(r":[a-z0-9_+-]+:")
_MARKDOWN_LABEL = re.compile(r"\[\^(\d+|[A-Za-z]\w*)\]")
_NOTEBOOK_LINK = re.compile(r"(?!(?:[a-z][a-z0-9+.-]*:|//|/|#|\{))([^?#]+\.ipynb)(#.*)?", re.IGNORECASE)
_CODE = frozenset({"fence", "code_block", "code_inline"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCells:
    """What the text cells of a notebook became."""

    html: dict[int, str]
    """HTML by index of the cell."""
    notes: tuple[Footnote, ...]
    """The footnotes to collect at the end of the post; none where they stay where their author put them."""
    assets: tuple[Asset, ...]
    """Images to publish."""
    findings: tuple[Finding, ...]
    """What is wrong with footnotes, images and links."""
    has_math: bool
    """Whether any cell holds math."""


@dataclass(slots=True, kw_only=True)
class _Cell:
    """One text cell on its way."""

    index: int
    number: int
    """What people call it, from 1."""
    above: int
    """Lines of the cell that were cut off above (front matter)."""
    node: NotebookNode
    protected: Protected
    tokens: list[Token]

    def line(self, token: Token | None, within: int = 0) -> int:
        """Return the line, from 1, of what stands *within* lines after the first of *token*."""
        start = token.map[0] if token is not None and token.map else 0
        return self.protected.line(start + within) + self.above + 1


@dataclass(slots=True, kw_only=True)
class _Page:
    """What the cells of one notebook share while they are rendered; it lives in `render` and nowhere else."""

    source: Source
    config: Config
    style: str
    numbers: dict[tuple[bool, str], str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    """How often each footnote has been referred to so far."""
    notes: dict[str, str] = field(default_factory=dict)
    """HTML of the footnotes by number, for those collected at the end."""
    assets: dict[PurePosixPath, Asset] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def find(self, rule: str, message: str, cell: _Cell, line: int, severity: Severity = Severity.ERROR) -> None:
        """Note a finding in *cell*."""
        self.findings.append(
            Finding(rule=rule, message=message, source=self.source.path, cell=cell.number, line=line, severity=severity)
        )


def render(nb: NotebookNode, source: Source, matter: FrontMatter, config: Config) -> TextCells:
    """Return the HTML of every Markdown cell of *nb*, with what the whole of them needs."""
    cells = _parsed(nb, config)
    page = _Page(source=source, config=config, style=setting(matter, "footnotes", config.footnotes))
    _settle_footnotes(cells, page)
    _settle_headings(cells)
    for cell in cells:
        _settle_images(cell, page)
        _settle_links(cell, page)
        cell.tokens = list(_with_callouts(cell.tokens, cell))
    html = {cell.index: _RENDERER.cell(cell, page) for cell in cells}
    order = sorted(page.notes, key=lambda number: (not number.isdecimal(), int(number) if number.isdecimal() else 0))
    notes = tuple(
        Footnote(number=n, html=page.notes[n], anchors=tuple(_anchor(n, i) for i in range(1, page.seen.get(n, 0) + 1)))
        for n in order
    )
    findings = sorted(page.findings, key=lambda finding: (finding.cell or 0, finding.line or 0))
    return TextCells(
        html=html,
        notes=notes,
        assets=tuple(page.assets.values()),
        findings=tuple(findings),
        has_math=any(isinstance(piece, Math) for cell in cells for _, piece in _live_pieces(cell)),
    )


def fragment(text: str, source: Source, config: Config) -> str:
    """Return the HTML of Markdown that code has displayed: no footnotes, no Liquid, no files."""
    protected = protect(text, None)
    tokens = _PARSER.parse(protected.text, {})
    cell = _Cell(index=0, number=0, above=0, node=NotebookNode(), protected=protected, tokens=tokens)
    _settle_headings([cell])
    return _RENDERER.cell(cell, _Page(source=source, config=config, style="html"))


def _anchor(number: str, occurrence: int) -> str:
    """Return the id of a reference to footnote *number*."""
    return f"fnref-{number}" if occurrence == 1 else f"fnref-{number}-{occurrence}"


# Parsing


def _parser() -> MarkdownIt:
    """Return the parser: GitHub's Markdown, without anything that looks beyond one cell."""
    parser = MarkdownIt("commonmark", {"html": True, "tasklists": True, "strikethrough_single_tilde": True})
    parser.enable(["table", "strikethrough"])
    parser.use(gfm_autolink_plugin).use(footnote_plugin, inline=False)
    parser.core.ruler.disable("footnote_tail")  # it moves notes to the end of one cell; ours span the notebook
    parser.normalizeLink = _normal_link  # type: ignore[method-assign]  # markdown-it documents this as the way
    return parser


def _normal_link(address: str) -> str:
    """Return *address* percent-encoded as CommonMark does, placeholders left alone."""
    parts = re.split(f"({PLACEHOLDER.pattern[:2]}[\U00100000-\U0010fffd]{PLACEHOLDER.pattern[-2:]})", address)
    return "".join(part if PLACEHOLDER.fullmatch(part) else normalize_url.normalizeLink(part) for part in parts)


def _parsed(nb: NotebookNode, config: Config) -> list[_Cell]:
    """Return the text cells of *nb* as tokens; a `[^name]` may be defined in any of them."""
    cells = []
    for index, node in enumerate(nb.cells):
        if node.cell_type != "markdown":
            continue
        place = node.metadata.nbpress
        protected = protect(node.source, config.liquid_allow)
        cells.append(
            _Cell(
                index=index,
                number=place.number,
                above=place.line,
                node=node,
                protected=protected,
                tokens=_PARSER.parse(protected.text, {}),
            )
        )
    labels = {token.meta["label"] for cell in cells for token in cell.tokens if token.type == "footnote_reference_open"}
    if labels:
        for cell in cells:
            if "[^" in cell.protected.text:
                refs = {f":{label}": -1 for label in labels}
                cell.tokens = _PARSER.parse(cell.protected.text, {"footnotes": {"refs": refs, "list": {}}})
    return cells


def _walk(tokens: Iterable[Token]) -> Iterator[tuple[Token, Token, int]]:
    """Yield every token and inline child with the block token it stands in and its line within that block."""
    block: Token | None = None
    for token in tokens:
        if token.map or block is None:
            block = token
        if token.type != "inline":
            yield token, block, 0
            continue
        yield from _walk_inline(token.children or [], token if token.map else block, 0)


def _walk_inline(children: Iterable[Token], block: Token, line: int) -> Iterator[tuple[Token, Token, int]]:
    """Yield the inline tokens of a block, those in the alt texts of images too."""
    for child in children:
        yield child, block, line
        if child.children:
            yield from _walk_inline(child.children, block, line)
        line += child.type in ("softbreak", "hardbreak") or child.content.count("\n")


def _live_pieces(cell: _Cell) -> Iterator[tuple[int, Math | liquid.Piece]]:
    """Yield the pieces of math and Liquid that do not stand in code, by their numbers."""
    for token, _, _ in _walk(cell.tokens):
        if token.type in _CODE:
            continue
        for text in (token.content, *(str(value) for value in token.attrs.values())):
            for found in PLACEHOLDER.finditer(text):
                piece = cell.protected.piece(found)
                if piece is not None:
                    yield ord(found[1]) - 0x100000, piece


# What must be known of the whole notebook before anything is rendered


def _settle_footnotes(cells: list[_Cell], page: _Page) -> None:
    """Number the footnotes of all cells and note what is wrong with them."""
    references: list[footnotes.Mention] = []
    details: list[footnotes.Mention] = []
    for cell in cells:
        for index, piece in _live_pieces(cell):
            kind = getattr(piece, "kind", None)
            if kind in (liquid.Kind.REFERENCE, liquid.Kind.DETAIL):
                line = cell.protected.starts[index] + cell.above + 1
                mention = footnotes.Mention(label=piece.number, named=False, cell=cell.number, line=line)  # type: ignore[union-attr]  # only Liquid has a kind
                (references if kind is liquid.Kind.REFERENCE else details).append(mention)
        for token, block, line in _walk(cell.tokens):
            labels: list[str] = []
            if token.type == "footnote_ref":
                labels = [token.meta["label"]]
            elif token.type == "text":
                labels = _MARKDOWN_LABEL.findall(token.content)
            where = cell.line(block, line)
            references += [footnotes.Mention(label=label, named=True, cell=cell.number, line=where) for label in labels]
            if token.type == "footnote_reference_open":
                details.append(
                    footnotes.Mention(label=token.meta["label"], named=True, cell=cell.number, line=cell.line(token))
                )
    page.numbers = footnotes.numbers(references, details)
    for problem in footnotes.problems(references, details):
        page.findings.append(
            Finding(
                rule=problem.rule,
                message=problem.message,
                source=page.source.path,
                cell=problem.at.cell,
                line=problem.at.line,
            )
        )


def _settle_headings(cells: list[_Cell]) -> None:
    """Give every heading the id that nbconvert gives it, and a number after it where that is taken."""
    taken: set[str] = set()
    for cell in cells:
        for token, inline in zip(cell.tokens, cell.tokens[1:], strict=False):
            if token.type == "heading_open":
                wanted = _heading_id(cell.protected.original(_plain(inline.children or []))) or "section"
                name, number = wanted, 1
                while name in taken:
                    name, number = f"{wanted}-{number}", number + 1
                taken.add(name)
                token.meta["id"] = name


def _heading_id(text: str) -> str:
    """Return the id of a heading that reads *text* (nbconvert's `add_anchor`)."""
    return quote(re.sub(r"\s", "-", text.strip()), safe="?/:@!$&'()*+,;=")


def _plain(children: Sequence[Token]) -> str:
    """Return what a reader reads of inline tokens."""
    parts = []
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type != "html_inline":
            parts.append(_plain(child.children) if child.children else child.content)
    return "".join(parts)


def _settle_images(cell: _Cell, page: _Page) -> None:
    """Publish the local images of *cell* and make its tokens refer to them."""
    for token, block, line in _walk(cell.tokens):
        where = cell.line(block, line)
        if token.type == "image":
            image = _image(str(token.attrs["src"]), cell, page, where)
            if image:
                token.attrs["src"] = image.url
                token.meta["image"] = image
        elif token.type in ("html_block", "html_inline") and "<" in token.content:
            token.content = _html_images(token.content, cell, page, where)


def _html_images(html: str, cell: _Cell, page: _Page, first_line: int) -> str:
    """Return *html* with the addresses of local files replaced by those under which they are published."""
    position = 0

    def rewrite(tag: str, name: str, attributes: dict[str, str]) -> str:
        nonlocal position
        position = html.find(tag, position)
        line = first_line + html.count("\n", 0, position)

        def resolve(address: str) -> str:
            image = _image(address, cell, page, line)
            return image.url if image else address

        changes: dict[str, str | None] = {}
        for attribute in html_tags.URL_ATTRIBUTES.get(name, ()):
            old = attributes.get(attribute)
            if old:
                new = html_tags.srcset(old, resolve) if attribute == "srcset" else resolve(old)
                if new != old:
                    changes[attribute] = new
        if name == "img" and attributes.get("caption"):  # fastpages' own attribute, which HTML does not know
            image = html_tags.with_values(tag, changes | {"caption": None})
            caption = highlight.escape(attributes["caption"])
            return templating.render(page.config, "figure.html.j2", image=image, caption=caption)
        return html_tags.with_values(tag, changes) if changes else tag

    return html_tags.start_tags(html, rewrite)


def _image(address: str, cell: _Cell, page: _Page, line: int) -> images.Image | None:
    """Return the local image that *address* means, or None; what is wrong with it is a finding."""
    try:
        image = images.local(address, page.source, cell.node, page.config)
    except images.ImageError as error:
        page.find(error.rule, error.message, cell, line)
        return None
    if image and image.asset:
        page.assets[image.asset.path] = image.asset
    return image


def _settle_links(cell: _Cell, page: _Page) -> None:
    """Make links to other notebooks of the blog links to their posts."""
    for token, block, line in _walk(cell.tokens):
        if token.type != "link_open":
            continue
        found = _NOTEBOOK_LINK.fullmatch(str(token.attrs["href"]))
        if found is None:
            continue
        file = page.source.file.parent / unquote(found[1])
        target = discover.source(file.resolve(), page.config) if file.is_file() and _is_ours(file, page) else None
        if target is None:
            message = f"link to {found[1]} leads nowhere; no such notebook is in {page.config.source}"
            page.find("link-resolves", message, cell, cell.line(block, line))
        elif not target.date:
            message = f"link to {found[1]} cannot become a link to a post; give that notebook a dated name"
            page.find("link-resolves", message, cell, cell.line(block, line), Severity.WARNING)
        else:
            token.meta["href"] = f"{{% post_url {target.date}-{target.slug} %}}" + (found[2] or "")


def _is_ours(file: Any, page: _Page) -> bool:  # noqa: ANN401 - a Path
    """Tell whether *file* is one of the blog's notebooks."""
    return bool(file.resolve().is_relative_to((page.config.root / page.config.source).resolve()))


def _with_callouts(tokens: list[Token], cell: _Cell) -> Iterator[Token]:
    """Yield *tokens* with callouts, embeds and footnote texts as one token each, their inside as its children."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.type not in ("blockquote_open", "footnote_reference_open"):
            yield token
            index += 1
            continue
        closing = token.type.replace("_open", "_close")
        end = next(i for i in range(index, len(tokens)) if tokens[i].type == closing and tokens[i].level == token.level)
        inside = list(_with_callouts(tokens[index + 1 : end], cell))
        index = end + 1
        if token.type == "footnote_reference_open":
            yield Token("footnote_text", "", 0, children=inside, meta=token.meta)
            continue
        first = inside[1] if len(inside) > 1 and inside[1].type == "inline" else None
        embed = callouts.embed(cell.protected.original(first.content)) if first and len(inside) == 3 else None  # noqa: PLR2004 - one paragraph
        callout = callouts.callout(first) if first and not embed else None
        if embed:
            yield Token("embed", "", 0, meta={"embed": embed})
        elif callout:
            yield Token("callout", "", 0, children=inside, meta={"callout": callout})
        else:
            yield token
            yield from inside
            yield tokens[end]


# Rendering


class _Renderer(RendererHTML):
    """markdown-it's renderer in the markup of a fastpages post; a rule is a method named like its token."""

    def cell(self, cell: _Cell, page: _Page) -> str:
        """Return the HTML of a whole cell."""
        return self.render(cell.tokens, _PARSER.options, {"cell": cell, "page": page})

    def show(self, text: str, env: EnvType, *, escaped: bool = False, attribute: bool = False) -> str:
        """Return *text* with math and Liquid put back and everything else safe from Liquid."""
        cell: _Cell = env["cell"]
        parts, done = [], 0
        for found in PLACEHOLDER.finditer(text):
            piece = cell.protected.piece(found)
            if piece is not None:
                parts += [self._safe(text[done : found.start()], escaped=escaped), self._piece(piece, env, attribute)]
                done = found.end()
        return "".join([*parts, self._safe(text[done:], escaped=escaped)])

    def _safe(self, text: str, *, escaped: bool) -> str:
        return liquid.defuse(text if escaped else text.translate(_TEXT_ESCAPES))

    def _piece(self, piece: Math | liquid.Piece, env: EnvType, attribute: bool) -> str:  # noqa: FBT001 - passed on
        """Return what stands in the page for *piece*."""
        if isinstance(piece, Math):
            tex = liquid.defuse(highlight.escape(piece.tex) if attribute else piece.tex.translate(_TEXT_ESCAPES))
            return tex if attribute else f'<span class="math">{tex}</span>'
        if piece.kind is liquid.Kind.ALIVE:
            return piece.text
        if piece.kind is liquid.Kind.RAW or attribute:
            return ""
        page: _Page = env["page"]
        if piece.kind is liquid.Kind.REFERENCE:
            return self._reference(page.numbers[False, piece.number], page)
        return self._detail(page.numbers[False, piece.number], self._inline_markdown(piece.detail, env), page)

    def _inline_markdown(self, text: str, env: EnvType) -> str:
        """Return the HTML of the Markdown inside a footnote's quotes."""
        page, outer = env["page"], env["cell"]
        protected = protect(text, page.config.liquid_allow)
        tokens = _PARSER.parseInline(protected.text, {})
        inner = _Cell(
            index=outer.index,
            number=outer.number,
            above=outer.above,
            node=outer.node,
            protected=protected,
            tokens=tokens,
        )
        _settle_images(inner, page)
        _settle_links(inner, page)
        return self.cell(inner, page)

    def _reference(self, number: str, page: _Page) -> str:
        page.seen[number] = page.seen.get(number, 0) + 1
        anchor = _anchor(number, page.seen[number])
        return templating.render(
            page.config, f"footnote_reference_{page.style}.html.j2", number=number, anchor=anchor
        ).removesuffix("\n")

    def _detail(self, number: str, html: str, page: _Page) -> str:
        """Return a footnote's text where it stands; nothing if the notes are collected at the end."""
        if page.style == "html":
            page.notes.setdefault(number, html.strip())
            return ""
        return templating.render(page.config, "footnote_text_liquid.html.j2", number=number, html=html).removesuffix(
            "\n"
        )

    # Blocks

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<{tokens[idx].tag} id="{highlight.escape(tokens[idx].meta["id"])}">'

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        name = highlight.escape(tokens[idx - 2].meta["id"])
        return f'<a class="anchor-link" href="#{name}"> </a></{tokens[idx].tag}>'

    def paragraph_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "" if tokens[idx].hidden or self._is_empty(tokens[idx + 1], env) else "<p>"

    def paragraph_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        if tokens[idx].hidden:  # in a tight list
            following = tokens[idx + 1] if idx + 1 < len(tokens) else None
            return "" if following is None or following.type == "list_item_close" else "\n"
        return "" if self._is_empty(tokens[idx - 1], env) else "</p>\n"

    def _is_empty(self, inline: Token, env: EnvType) -> bool:
        """Tell whether nothing of a paragraph will be seen: raw tags, and texts of footnotes that go to the end."""
        pieces = [
            piece for found in PLACEHOLDER.finditer(inline.content) if (piece := env["cell"].protected.piece(found))
        ]
        gone = {liquid.Kind.RAW} | ({liquid.Kind.DETAIL} if env["page"].style == "html" else set())
        return (
            bool(pieces)
            and all(getattr(piece, "kind", None) in gone for piece in pieces)
            and not PLACEHOLDER.sub("", inline.content).strip()
        )

    def blockquote_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<blockquote>"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        source = env["cell"].protected.original(token.content)
        language = token.info.strip().split(maxsplit=1)[0].strip("{}.").lower() if token.info.strip() else ""
        if language and highlight.is_language(language):
            code = liquid.defuse(highlight.code(source, language))
            return f'<div class="highlight"><pre><span></span>{code}</pre></div>\n'
        return f"<pre><code>{liquid.defuse(source.translate(_TEXT_ESCAPES))}</code></pre>\n"

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        source = env["cell"].protected.original(tokens[idx].content)
        return f"<pre><code>{liquid.defuse(source.translate(_TEXT_ESCAPES))}</code></pre>\n"

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.show(tokens[idx].content, env, escaped=True)

    def callout(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        inside = self.render(tokens[idx].children or [], options, env)
        return templating.render(
            env["page"].config, "callout.html.j2", callout=tokens[idx].meta["callout"], html=inside
        )

    def embed(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        embed = tokens[idx].meta["embed"]
        address = highlight.escape(liquid.defuse(embed.address))
        return templating.render(env["page"].config, f"embed_{embed.kind}.html.j2", embed=embed, address=address)

    def footnote_text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        page: _Page = env["page"]
        inside = tokens[idx].children or []
        number = page.numbers[True, tokens[idx].meta["label"]]
        if len(inside) == 3 and inside[1].type == "inline":  # noqa: PLR2004 - one paragraph
            html = self.renderInline(inside[1].children or [], options, env)
        else:
            html = self.render(inside, options, env)
        text = self._detail(number, html, page)
        return f"<p>{text}</p>\n" if text else ""

    # Inline

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.show(_with_emoji(tokens[idx].content), env)

    def code_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        source = env["cell"].protected.original(tokens[idx].content)
        return f"<code>{liquid.defuse(source.translate(_TEXT_ESCAPES))}</code>"

    def html_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.show(tokens[idx].content, env, escaped=True)

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        href = token.meta.get("href") or self._attribute(str(token.attrs["href"]), env)
        title = f' title="{self._attribute(str(token.attrs["title"]), env)}"' if token.attrs.get("title") else ""
        return f'<a href="{href}"{title}>'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token, page = tokens[idx], env["page"]
        alt = self._attribute(_plain(token.children or []), env)
        parts = [f'<img src="{self._attribute(str(token.attrs["src"]), env)}" alt="{alt}"']
        if token.attrs.get("title"):
            parts.append(f'title="{self._attribute(str(token.attrs["title"]), env)}"')
        image: images.Image | None = token.meta.get("image")
        if image and page.config.image_attributes:
            parts += [f'width="{image.size[0]}" height="{image.size[1]}"'] if image.size else []
            parts.append('loading="lazy" decoding="async"')
        return " ".join(parts) + ">"

    def footnote_ref(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        page: _Page = env["page"]
        return self._reference(page.numbers[True, tokens[idx].meta["label"]], page)

    def _attribute(self, text: str, env: EnvType) -> str:
        """Return *text* as the value of an attribute."""
        return self.show(highlight.escape(text), env, escaped=True, attribute=True)


def _with_emoji(text: str) -> str:
    """Return *text* with short codes such as `:smile:` as the characters they name."""
    if not _SHORT_CODE.search(text):
        return text
    import emoji

    return emoji.emojize(text, language="alias")


_PARSER = _parser()
_RENDERER = _Renderer()
