"""Tokens → HTML in the markup of the first fastpages posts."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING

from markdown_it.renderer import RendererHTML

from converter import highlight, liquid, mathml, templating
from converter.markdown import citations, settle, spellings
from converter.markdown.cells import HTML, PARSER, Cell, Page, holds_html, plain, walk
from converter.markdown.protect import PLACEHOLDER, Cite, Math, Part, shielded
from converter.markup.clean import clean
from converter.markup.whole import whole
from converter.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

    from converter.citations import Citation
    from converter.images import Image
    from converter.markup.faults import Fault

_TEXT_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_SHORT_CODE = re.compile(r"(?<![\w:]):[a-z0-9_+-]+:(?![\w:])")


def anchor(number: str, occurrence: int) -> str:
    """Return the id of a reference to footnote *number*."""
    return f"fnref-{number}" if occurrence == 1 else f"fnref-{number}-{occurrence}"


class Renderer(RendererHTML):
    """markdown-it's renderer in the markup of a fastpages post; a rule is a method named like its token."""

    def cell(self, cell: Cell, page: Page) -> str:
        """Return the HTML of a whole cell."""
        return self.closed(
            cell.tokens, self.render(cell.tokens, PARSER.options, {"cell": cell, "page": page}), cell, page
        )

    def closed(self, tokens: Sequence[Token], html: str, cell: Cell, page: Page) -> str:
        """Return the *html* that *tokens* became as a piece of its own, whatever their author left open."""
        if "<" not in cell.protected.text or not holds_html(tokens):
            return html
        result = whole(html, liquid=True)
        for fault in result.faults:
            page.find("html-closed", fault.message, cell, _line(cell, fault), Severity.WARNING)
        return clean(result.html, is_live=True) if page.config.sanitize else result.html

    def show(self, text: str, env: EnvType, *, escaped: bool = False, attribute: bool = False) -> str:
        """Return *text* with math and Liquid put back and everything else safe from Liquid."""
        if "{" not in text:
            return text if escaped else text.translate(_TEXT_ESCAPES)
        cell: Cell = env["cell"]
        parts, done = [], 0
        for found in PLACEHOLDER.finditer(text):
            piece = cell.protected.piece(found)
            if piece is not None:
                parts += [self._safe(text[done : found.start()], escaped=escaped), self._piece(piece, env, attribute)]
                done = found.end()
        return "".join([*parts, self._safe(text[done:], escaped=escaped)])

    def _safe(self, text: str, *, escaped: bool) -> str:
        return liquid.defuse(text if escaped else text.translate(_TEXT_ESCAPES))

    def _mathml(self, tex: str, env: EnvType) -> str | None:
        """Return the formula *tex* as MathML if the site wants that; what cannot be done is KaTeX's, and a finding."""
        page: Page = env["page"]
        if page.config.math != "mathml":
            return None
        element = mathml.formula(tex)
        if element is None:
            message = f"{' '.join(tex.split())[:60]} cannot be written as MathML, so the page needs KaTeX; simplify it"
            page.find("math-converts", message, env["cell"], env["cell"].above + 1, Severity.WARNING)
        return element and liquid.defuse(element)

    def _piece(self, piece: Part, env: EnvType, attribute: bool) -> str:  # noqa: FBT001 - passed on
        """Return what stands in the page for *piece*."""
        if isinstance(piece, Math):
            element = None if attribute else self._mathml(piece.tex, env)
            if element:
                return element
            env["page"].has_math = True
            tex = liquid.defuse(highlight.escape(piece.tex) if attribute else piece.tex.translate(_TEXT_ESCAPES))
            return tex if attribute else f'<span class="math">{tex}</span>'
        if isinstance(piece, Cite):
            return self._cite(piece, env["page"], attribute)
        if piece.kind is liquid.Kind.ALIVE:
            may_act = piece.is_ours or not env["page"].config.sanitize
            return piece.text if may_act else liquid.defuse(highlight.escape(piece.text))
        if piece.kind is liquid.Kind.RAW or attribute:
            return ""
        page: Page = env["page"]
        if piece.kind in (liquid.Kind.CITE, liquid.Kind.NOCITE, liquid.Kind.BIBLIOGRAPHY):
            return self._scholar(piece, page)
        if piece.kind is liquid.Kind.REFERENCE:
            return self._reference(page.numbers[False, piece.number], page)
        return self._detail(page.numbers[False, piece.number], self._inline_markdown(piece.detail, env), page)

    def _cite(self, cite: Cite, page: Page, attribute: bool) -> str:  # noqa: FBT001 - passed on
        """Return links to the references, in the markup of nbdev; an id for each name's first citation."""
        found = spellings.of_latex(cite.keys)
        if citations.is_of_page(found, page) and not attribute:
            return self._citation(found, page)
        names = [liquid.defuse(highlight.escape(key)) for key in cite.keys]
        if attribute:
            return f"[{', '.join(names)}]"
        links = []
        for name in names:
            identity = "" if f"call-{name}" in page.ids else f' id="call-{name}"'
            page.ids.add(f"call-{name}")
            links.append(f'<a class="latex_cit"{identity} href="#cit-{name}">{name}</a>')
        return f"[{','.join(links)}]"

    def _inline_markdown(self, text: str, env: EnvType) -> str:
        """Return the HTML of the Markdown inside a footnote's quotes."""
        page, outer = env["page"], env["cell"]
        protected = shielded(text, page.config.liquid_allow)
        tokens = deepcopy(page.details[text]) if text in page.details else PARSER.parseInline(protected.text, {})
        inner = Cell(
            index=outer.index,
            number=outer.number,
            above=outer.above,
            node=outer.node,
            protected=protected,
            tokens=tokens,
        )
        settle.images_of(inner, page)
        settle.links_of(inner, page)
        page.depth += 1
        html = self.cell(inner, page)
        page.depth -= 1
        return html

    def _reference(self, number: str, page: Page) -> str:
        page.seen[number] = page.seen.get(number, 0) + 1
        name = anchor(number, page.seen[number])
        style = "html" if page.depth else page.style  # Liquid does not look into the string of a footnote's text
        return templating.render(
            page.config, f"footnote_reference_{style}.html.j2", number=number, anchor=name
        ).removesuffix("\n")

    def _citation(self, citation: Citation, page: Page, *, linked: bool = True) -> str:
        parts = citations.shown(citation, page, linked=linked)
        return templating.render(page.config, "citation.html.j2", parts=parts).removesuffix("\n") if parts else ""

    def _scholar(self, piece: liquid.Piece, page: Page) -> str:
        """Return what stands for a tag of jekyll-scholar's; the tag itself where there is nothing to cite from."""
        if page.cited is None:
            return liquid.defuse(highlight.escape(piece.text))
        if piece.kind is liquid.Kind.NOCITE:
            return ""
        is_list = piece.kind is liquid.Kind.BIBLIOGRAPHY
        return self._bibliography(page) if is_list else self._citation(spellings.of_tag(piece.text)[0], page)

    def _bibliography(self, page: Page) -> str:
        found = citations.listed(page)
        return templating.render(page.config, "references.html.j2", references=found) if found.items else ""

    def _detail(self, number: str, html: str, page: Page) -> str:
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
        """Tell whether nothing of a paragraph will be seen: what works elsewhere, or not at all."""
        if "{" not in inline.content:
            return False
        pieces = [
            piece for found in PLACEHOLDER.finditer(inline.content) if (piece := env["cell"].protected.piece(found))
        ]
        page: Page = env["page"]
        gone = {liquid.Kind.RAW} | ({liquid.Kind.DETAIL} if page.style == "html" else set())
        gone |= {liquid.Kind.NOCITE} if page.cited else set()
        return (
            bool(pieces)
            and all(getattr(piece, "kind", None) in gone for piece in pieces)
            and not PLACEHOLDER.sub("", inline.content).strip()
        )

    def blockquote_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<blockquote>"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        source = _unwrapped(env["cell"].protected.original(token.content))
        language = token.info.strip().split(maxsplit=1)[0].strip("{}.").lower() if token.info.strip() else ""
        if language and highlight.is_language(language):
            code = liquid.defuse(highlight.code(source, language))
            return f'<div class="highlight"><pre><span></span>{code}</pre></div>\n'
        return f"<pre><code>{liquid.defuse(source.translate(_TEXT_ESCAPES))}</code></pre>\n"

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        source = _unwrapped(env["cell"].protected.original(tokens[idx].content))
        return f"<pre><code>{liquid.defuse(source.translate(_TEXT_ESCAPES))}</code></pre>\n"

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.show(tokens[idx].content, env, escaped=True)

    def callout(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        children = tokens[idx].children or []
        inside = self.closed(children, self.render(children, options, env), env["cell"], env["page"])
        return templating.render(
            env["page"].config, "callout.html.j2", callout=tokens[idx].meta["callout"], html=inside
        )

    def embed(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        embed = tokens[idx].meta["embed"]
        address = liquid.defuse(highlight.escape(embed.address))
        return templating.render(env["page"].config, f"embed_{embed.kind}.html.j2", embed=embed, address=address)

    def footnote_text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        page: Page = env["page"]
        inside = tokens[idx].children or []
        page.depth += 1
        number = page.numbers[True, tokens[idx].meta["label"]]
        if len(inside) == 3 and inside[1].type == "inline":  # noqa: PLR2004 - one paragraph
            html = self.renderInline(inside[1].children or [], options, env)
        else:
            html = self.render(inside, options, env)
        page.depth -= 1
        text = self._detail(number, self.closed(inside, html, env["cell"], page), page)
        if len(inside) != 3:  # noqa: PLR2004 - blocks cannot stand in a paragraph
            return f"{text}\n" if text else ""
        return f"<p>{text}</p>\n" if text else ""

    def bibliography(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self._bibliography(env["page"])

    # Inline

    def citation(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        meta = tokens[idx].meta
        return self._citation(meta["citation"], env["page"], linked=meta["linked"])

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        content = tokens[idx].content
        if ":" in content and env["page"].has_emoji:
            is_address = idx > 0 and tokens[idx - 1].type == "link_open" and tokens[idx - 1].info == "auto"
            content = content if is_address else _with_emoji(content)
        return self.show(content, env)

    def bracket(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.show(tokens[idx].content, env)

    def code_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        source = env["cell"].protected.original(tokens[idx].content)
        return f"<code>{liquid.defuse(source.translate(_TEXT_ESCAPES))}</code>"

    def html_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.show(tokens[idx].content, env, escaped=True)

    def s_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<del>"  # as GitHub writes it

    def s_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</del>"

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        href = token.meta.get("href") or self._attribute(str(token.attrs["href"]), env)
        title = f' title="{self._attribute(str(token.attrs["title"]), env)}"' if token.attrs.get("title") else ""
        return f'<a href="{href}"{title}>'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token, page = tokens[idx], env["page"]
        alt = self._attribute(plain(token.children or []), env)
        parts = [f'<img src="{self._attribute(str(token.attrs["src"]), env)}" alt="{alt}"']
        if token.attrs.get("title"):
            parts.append(f'title="{self._attribute(str(token.attrs["title"]), env)}"')
        image: Image | None = token.meta.get("image")
        if image and page.config.image_attributes:
            parts += [f'width="{image.size[0]}" height="{image.size[1]}"'] if image.size else []
            parts.append('loading="lazy" decoding="async"')
        return " ".join(parts) + ">"

    def footnote_ref(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        page: Page = env["page"]
        return self._reference(page.numbers[True, tokens[idx].meta["label"]], page)

    def _attribute(self, text: str, env: EnvType) -> str:
        """Return *text* as the value of an attribute."""
        return self.show(highlight.escape(text), env, escaped=True, attribute=True)


def _line(cell: Cell, fault: Fault) -> int:
    """Return the line of *cell* in which the tag of *fault* stands; where our own tags are equal, one near it."""
    seen, found = 0, cell.line(None)
    for token, block, line in walk(cell.tokens):
        if token.type in HTML:
            for match in re.finditer(re.escape(fault.tag), token.content):
                found = cell.line(block, line + token.content.count("\n", 0, match.start()))
                seen += 1
                if seen > fault.nth:
                    return found
    return found


def _with_emoji(text: str) -> str:
    """Return *text* with short codes such as `:smile:` as the characters they name."""
    if not _SHORT_CODE.search(text):
        return text
    import emoji

    return _SHORT_CODE.sub(lambda found: emoji.emojize(found[0], language="alias"), text)


def _unwrapped(code: str) -> str:
    """Return a block of *code* without the raw tags that fastpages wanted around the Liquid of a block."""
    inside = liquid.inside_raw(code)
    return code if inside is None else inside


RENDERER = Renderer()
