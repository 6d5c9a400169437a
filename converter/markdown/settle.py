"""What must be known of the whole notebook before a cell is rendered: footnotes, headings, images, links, callouts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from markdown_it.token import Token

from converter import discover, highlight, images, liquid, templating
from converter.markdown import callouts, footnotes
from converter.markdown.cells import Cell, Page, live_pieces, plain, walk
from converter.markdown.protect import Math, Part
from converter.markup import tags
from converter.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_ALT = "an image has no text for those who do not see it; say what it shows: ![what it shows](…)"
_MARKDOWN_LABEL = re.compile(r"\[\^(\d+|[A-Za-z]\w*)\]")
_SPACED_IMAGE = re.compile(r"!\[[^\[\]]*\]\(([^()<>\n]* [^()<>\n\"]*\.(?:png|jpe?g|gif|svg|webp))\)", re.IGNORECASE)
_NOTEBOOK_LINK = re.compile(r"(?!(?:[a-z][a-z0-9+.-]*:|//|/|#|\{))([^?#]+\.\w+)(#.*)?")


def footnotes_of(cells: list[Cell], page: Page) -> None:
    """Give the footnotes of all cells their numbers, and note what is wrong with them."""
    references: list[footnotes.Mention] = []
    details: list[footnotes.Mention] = []
    for cell in cells:
        for index, piece in live_pieces(cell):
            kind = getattr(piece, "kind", None)
            if kind in (liquid.Kind.REFERENCE, liquid.Kind.DETAIL):
                line = cell.protected.starts[index] + cell.above + 1
                mention = footnotes.Mention(label=piece.number, named=False, cell=cell.number, line=line)  # type: ignore[union-attr]  # only Liquid has a kind
                (references if kind is liquid.Kind.REFERENCE else details).append(mention)
                inner = liquid.references(piece.detail)  # type: ignore[union-attr]  # likewise
                references += [replace(mention, label=label) for label in inner]
        for token, block, line in walk(cell.tokens):
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


def headings_of(cells: list[Cell], taken: set[str]) -> None:
    """Give every heading the id that nbconvert gives it, and a number after it where that is *taken*."""
    for cell in cells:
        for token, inline in zip(cell.tokens, cell.tokens[1:], strict=False):
            if token.type == "heading_open":
                text = cell.protected.restore(plain(inline.children or []), _math_only)
                wanted = _heading_id(text) or "section"
                name, number = wanted, 1
                while name in taken:
                    name, number = f"{wanted}-{number}", number + 1
                taken.add(name)
                token.meta["id"] = name


def _math_only(piece: Part) -> str:
    """Return what of *piece* is part of a heading's text."""
    return piece.text if isinstance(piece, Math) else ""


def _heading_id(text: str) -> str:
    """Return the id of a heading that reads *text* (nbconvert's `add_anchor`)."""
    return quote(re.sub(r"\s", "-", text.strip()), safe="?/:@!$&'()*+,;=")


def images_of(cell: Cell, page: Page) -> None:
    """Publish the local images of *cell* and make its tokens refer to them."""
    for token, block, line in walk(cell.tokens):
        where = cell.line(block, line)
        if token.type == "text":
            for found in _SPACED_IMAGE.finditer(token.content):
                message = f"the address of image {found[1]} has a space, so it stays text; write %20 for the space"
                page.find("image-exists", message, cell, where)
        if token.type == "image":
            image = _image(str(token.attrs["src"]), cell, page, where)
            if image:
                token.attrs["src"] = image.url
                token.meta["image"] = image
            if not plain(token.children or []).strip() and not token.attrs.get("title"):  # a caption says it, too
                page.find("image-alt", _NO_ALT, cell, where, Severity.WARNING)
        elif token.type in ("html_block", "html_inline") and "<" in token.content:
            token.content = _html_images(token, cell, page, where)


def _html_images(token: Token, cell: Cell, page: Page, first_line: int) -> str:
    """Return the HTML of *token* with the addresses of local files replaced by those under which they are published."""
    html, position = token.content, 0

    def rewrite(tag: str, name: str, attributes: dict[str, str]) -> str:
        nonlocal position
        position = html.find(tag, position)
        line = first_line + html.count("\n", 0, position)

        def resolve(address: str) -> str:
            image = _image(address, cell, page, line)
            return image.url if image else address

        changes: dict[str, str | None] = {}
        for attribute in tags.URL_ATTRIBUTES.get(name, ()):
            old = attributes.get(attribute)
            if old:
                new = tags.srcset(old, resolve) if attribute == "srcset" else resolve(old)
                if new != old:
                    changes[attribute] = new
        if name == "img" and attributes.keys().isdisjoint(("alt", "title", "caption")):
            page.find("image-alt", _NO_ALT, cell, line, Severity.WARNING)
        if name == "img" and attributes.get("caption"):  # fastpages' own attribute, which HTML does not know
            image = tags.with_values(tag, changes | {"caption": None})
            caption = highlight.escape(attributes["caption"])
            if token.type == "html_inline":  # a paragraph cannot hold a figure
                return image.removesuffix(">").removesuffix("/").rstrip() + f' title="{caption}">'
            return templating.render(page.config, "figure.html.j2", image=image, caption=caption)
        return tags.with_values(tag, changes) if changes else tag

    return tags.start_tags(html, rewrite)


def _image(address: str, cell: Cell, page: Page, line: int) -> images.Image | None:
    """Return the local image that *address* means, or None; what is wrong with it is a finding."""
    page.files.update(images.candidates(address, page.source))
    try:
        image = images.local(address, page.source, cell.node, page.config)
    except images.ImageError as error:
        page.find(error.rule, error.message, cell, line)
        return None
    if image and image.asset:
        page.assets[image.asset.path] = image.asset
    return image


def links_of(cell: Cell, page: Page) -> None:
    """Make links to other notebooks of the blog links to their posts."""
    for token, block, line in walk(cell.tokens):
        if token.type != "link_open":
            continue
        found = _NOTEBOOK_LINK.fullmatch(str(token.attrs["href"]))
        if found is None:
            continue
        file = page.source.file.parent / unquote(found[1])
        if file.suffix not in discover.ALL_SUFFIXES:
            continue
        page.files.add(file)
        if file.suffix != ".ipynb" and not discover.is_notebook(file):
            continue  # a module or a README: a file like any other
        target = discover.source(file.resolve(), page.config) if file.is_file() and _is_ours(file, page) else None
        if target is None:
            message = f"link to {found[1]} leads nowhere; no such notebook is in {page.config.source}"
            page.find("link-resolves", message, cell, cell.line(block, line))
        elif not target.date:
            message = f"link to {found[1]} cannot become a link to a post; give that notebook a dated name"
            page.find("link-resolves", message, cell, cell.line(block, line), Severity.WARNING)
        else:
            token.meta["href"] = f"{{% post_url {target.date}-{target.slug} %}}" + (found[2] or "")


def _is_ours(file: Path, page: Page) -> bool:
    """Tell whether *file* is one of the blog's notebooks."""
    return bool(file.resolve().is_relative_to((page.config.root / page.config.source).resolve()))


def with_callouts(tokens: list[Token], cell: Cell, page: Page) -> Iterator[Token]:
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
        inside = list(with_callouts(tokens[index + 1 : end], cell, page))
        index = end + 1
        if token.type == "footnote_reference_open":
            yield Token("footnote_text", "", 0, children=inside, meta=token.meta)
            continue
        first = inside[1] if len(inside) > 1 and inside[1].type == "inline" else None
        embed = callouts.embed(cell.protected.original(first.content)) if first and len(inside) == 3 else None  # noqa: PLR2004 - one paragraph
        callout = callouts.callout(first) if first and not embed else None
        if isinstance(embed, str):
            message = f"{embed} is no address of a video; write https://youtu.be/ID"
            page.find("embed-resolves", message, cell, cell.line(token), Severity.WARNING)
        if isinstance(embed, callouts.Embed):
            yield Token("embed", "", 0, meta={"embed": embed})
        elif callout:
            if first is not None and not first.children:  # the marker was all of its paragraph
                inside = inside[3:]
            yield Token("callout", "", 0, children=inside, meta={"callout": callout})
        else:
            yield token
            yield from inside
            yield tokens[end]
