"""What must be known of the whole notebook before a cell is rendered: footnotes, headings, images, links, callouts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from markdown_it.token import Token

from converter import highlight, images, links, liquid, templating
from converter.jumps import Jump
from converter.markdown import callouts, footnotes, headings
from converter.markdown.cells import Cell, Page, live_pieces, plain, walk
from converter.markdown.protect import PLACEHOLDER
from converter.markup import tags
from converter.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_ALT = "an image has no text for those who do not see it; say what it shows: ![what it shows](…)"
_MAY_LINK = re.compile(r"[\]<@]|://|www\.")
"""What every link has: one of Markdown's, or a bare address."""
_MARKDOWN_LABEL = re.compile(r"\[\^(\d+|[A-Za-z]\w*)\]")
_SIZED_IMAGE = re.compile(r"!\[[^\[\]]*\]\(([^()<>\s]+) +=([\d%]*)x?[\d%]*\)")
_SPACED_IMAGE = re.compile(r"!\[[^\[\]]*\]\(([^()<>\n]* [^()<>\n\"]*\.(?:png|jpe?g|gif|svg|webp))\)", re.IGNORECASE)


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
        for token, block, line in walk(cell.tokens) if "[^" in cell.protected.text else ():
            labels: list[str] = []
            if token.type == "footnote_ref":
                labels = [token.meta["label"]]
            elif token.type == "text" and "[^" in token.content:
                labels = _MARKDOWN_LABEL.findall(token.content)
            references += [
                footnotes.Mention(label=label, named=True, cell=cell.number, line=cell.line(block, line))
                for label in labels
            ]
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


def images_of(cell: Cell, page: Page) -> None:
    """Publish the local images of *cell* and make its tokens refer to them."""
    if "![" not in cell.protected.text and "<" not in cell.protected.text:
        return
    for token, block, line in walk(cell.tokens):
        if token.type == "text":
            for found in _SPACED_IMAGE.finditer(token.content) if "![" in token.content else ():
                message = f"the address of image {found[1]} has a space, so it stays text; write %20 for the space"
                page.find("image-exists", message, cell, cell.line(block, line))
            for found in _SIZED_IMAGE.finditer(token.content) if "![" in token.content else ():
                message = f'Markdown has no sizes, so the image {found[1]} stays text; write <img src="{found[1]}" …>'
                page.find("image-exists", message, cell, cell.line(block, line))
        elif token.type == "image":
            where = cell.line(block, line)
            image = _image(str(token.attrs["src"]), cell, page, where)
            if image:
                token.attrs["src"] = image.url
                token.meta["image"] = image
            if not plain(token.children or []).strip() and not token.attrs.get("title"):  # a caption says it, too
                page.find("image-alt", _NO_ALT, cell, where, Severity.WARNING)
        elif token.type in ("html_block", "html_inline") and "<" in token.content:
            token.content = _html_images(token, cell, page, cell.line(block, line))


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

        def paint(address: str) -> str:
            image = _image(address, cell, page, line, Severity.WARNING)
            return image.url if image else address

        def link(address: str) -> str:
            post = _post(address, cell, page, line)
            return cell.with_piece(post.tag) + post.fragment if post else address

        changes = tags.new_addresses(name, attributes, resolve, paint, link)
        if name == "img" and attributes.keys().isdisjoint(("alt", "title", "caption")):
            page.find("image-alt", _NO_ALT, cell, line, Severity.WARNING)
        if name == "img" and (attributes.get("caption") or attributes.get("url")):
            image = tags.with_values(tag, changes | {"caption": None, "url": None})
            address = link(attributes["url"]) if attributes.get("url") else ""
            return _of_fastpages(image, attributes.get("caption", ""), address, token, page)
        return tags.with_values(tag, changes) if changes else tag

    def sheet(css: str, start: int) -> str:
        line = first_line + html.count("\n", 0, start)

        def paint(address: str) -> str:
            at = line + css.count("\n", 0, css.find(address))
            image = _image(address, cell, page, at, Severity.WARNING)
            return image.url if image else address

        return tags.css(css, paint)

    return tags.start_tags(tags.sheets(html, sheet), rewrite)


def _of_fastpages(image: str, caption: str, address: str, token: Token, page: Page) -> str:
    """Return an *image* with what fastpages' own attributes say, which HTML does not know: its caption and its link."""
    caption = highlight.escape(caption)
    is_figure = bool(caption) and token.type != "html_inline"  # a paragraph cannot hold one
    if caption and not is_figure:
        image = image.removesuffix(">").removesuffix("/").rstrip() + f' title="{caption}">'
    if address:
        image = f'<a href="{highlight.escape(address)}">{image}</a>'
    return templating.render(page.config, "figure.html.j2", image=image, caption=caption) if is_figure else image


def _image(address: str, cell: Cell, page: Page, line: int, severity: Severity = Severity.ERROR) -> images.Image | None:
    """Return the local image that *address* means, or None; what is wrong with it is a finding."""
    page.files.update(images.candidates(address, page.source))
    try:
        image = images.local(address, page.source, cell.node, page.config)
    except images.ImageError as error:
        page.find(error.rule, error.message, cell, line, severity)
        return None
    if image and image.asset:
        page.assets[image.asset.path] = image.asset
    return image


def links_of(cell: Cell, page: Page) -> None:
    """Make links to other notebooks of the blog links to their posts; those in HTML are dealt with as its images."""
    if not _MAY_LINK.search(cell.protected.text):
        return
    for token, block, line in walk(cell.tokens):
        if token.type == "link_open":
            post = _post(str(token.attrs["href"]), cell, page, cell.line(block, line))
            if post:
                token.meta["href"] = post.tag + post.fragment


def _post(address: str, cell: Cell, page: Page, line: int) -> links.Link | None:
    """Return the post that *address* means, or None; what is wrong with it, or with a link to a file, is a finding.

    Whether a link within this post is right, can be said when the post is there.
    """
    if address.startswith("#"):
        if not PLACEHOLDER.search(address):
            page.jumps.append(Jump(name=unquote(address[1:]), cell=cell.number, line=line))
        return None
    file = links.file_of(address, page.source)
    page.files.update([file] if file else ())
    try:
        post = links.to_post(address, page.source, page.config)
    except links.LinkError as error:
        page.find("link-resolves", error.message, cell, line, error.severity)
        return None
    if post is None and not PLACEHOLDER.search(address):
        page.files.update(images.candidates(address, page.source))
        wrong = links.astray(address, page.source, page.config)
        if wrong:
            page.find("link-resolves", wrong, cell, line, Severity.WARNING)
    if post and post.fragment and not headings.is_named(post.file, post.fragment):
        message = f"link to {address} finds no such heading in that notebook; fix what stands behind the #"
        page.find("link-resolves", message, cell, line, Severity.WARNING)
    return post


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
        embeds = callouts.embeds(cell.protected.original(first.content)) if first and len(inside) == 3 else []  # noqa: PLR2004 - one paragraph
        wrong = [address for address in embeds if isinstance(address, str)]
        callout = callouts.callout(first) if first and not embeds else None
        for address in wrong:
            message = f"{address} is no address of a video; write https://youtu.be/ID"
            page.find("embed-resolves", message, cell, cell.line(token), Severity.WARNING)
        if embeds and not wrong:
            for embed in embeds:
                yield Token("embed", "", 0, meta={"embed": embed})
        elif callout:
            if first is not None and not first.children:  # the marker was all of its paragraph
                inside = inside[3:]
            yield Token("callout", "", 0, children=inside, meta={"callout": callout})
        else:
            yield token
            yield from inside
            yield tokens[end]
