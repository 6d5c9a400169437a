"""HTML that code has displayed, or that stands in a raw cell, made a part of the page without disturbing the rest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from converter import images, links, liquid
from converter.markup import ids, styles, tags
from converter.markup.clean import clean
from converter.markup.whole import line, whole
from converter.model import Finding, Severity

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath

    from converter.config import Config
    from converter.model import Asset, Source

_METADATA = re.compile(r"<metadata\b[^>]*>.*?</metadata\s*>\s*", re.DOTALL)
"""What no reader of a drawing sees, in elements that HTML does not know."""
_NAMESPACE = re.compile(r"""(<svg\b[^<>]*?)\s+xmlns:(?!xlink\b)[\w-]+\s*=\s*(?:"[^"]*"|'[^']*')""")
_PLAYER_SHEET = re.compile(r'<link\b[^>]*\bhref="https://maxcdn\.bootstrapcdn\.com/font-awesome/[^"]*"\s*/?>')
"""What the players of Matplotlib's animations (`to_jshtml`) load from elsewhere for the signs on their buttons."""
_PLAYER_SIGNS = "".join(
    f'.fa-{name}::before{{content:"{sign}"}}'
    for name, sign in {
        "minus": "\u2212",
        "plus": "+",
        "play": "\u25b6\ufe0e",
        "pause": "\u2759\u2759",
        "fast-backward": "\xab",
        "step-backward": "\u2039",
        "step-forward": "\u203a",
        "fast-forward": "\xbb",
    }.items()
)
_PLAYER_STYLE = (
    f"<style>.fa{{display:inline-block;font-style:normal}}.fa-flip-horizontal{{scale:-1 1}}{_PLAYER_SIGNS}</style>"
)
_POST = re.compile("\U000ffffe(.*?)\U000ffffe", re.DOTALL)
"""The tag for a post's address, between two characters that are none."""


@dataclass(slots=True, kw_only=True)
class Shared:
    """What the HTML of outputs and raw cells shares with the rest of the post."""

    headings: set[str]
    """Ids that are taken."""
    findings: list[Finding] = field(default_factory=list)
    """What is odd about the cell that was looked at last; which one it is, only the caller knows."""
    assets: dict[PurePosixPath, Asset] = field(default_factory=dict)
    """Local files that the HTML shows."""
    files: set[Path] = field(default_factory=set)
    """Files that were looked for, there or not."""

    def find(self, rule: str, message: str, line: int | None = None, severity: Severity = Severity.WARNING) -> None:
        """Note a finding about an output or a raw cell."""
        self.findings.append(Finding(rule=rule, message=message, line=line, severity=severity))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inset:
    """HTML that is a part of the page."""

    html: str
    """Safe from Liquid where it is to stand."""
    name: str = ""
    """The id that the element around it must have, as its style sheets name it; empty if it has none."""


def of_output(text: str, source: Source, config: Config, shared: Shared) -> Inset:
    """Return the HTML *text* of an output for a `{% raw %}` block."""
    piece, told = whole(text), len(shared.findings)
    for fault in piece.faults:
        shared.find("html-closed", fault.message)
    html = clean(piece.html) if config.sanitize else styles.imported(_plain_drawings(_with_signs(piece.html, config)))
    name = root(html, shared.headings)
    html = styles.kept_to(f"#{name}", _settled(html, NotebookNode(), source, config, shared))
    html = liquid.defuse_script_in_raw(html)
    shared.findings[told:] = [replace(it, message=f"in an output, {it.message}") for it in shared.findings[told:]]
    return Inset(html=_POST.sub(r"{% endraw %}\1{% raw %}", html), name=name)


def _with_signs(html: str, config: Config) -> str:
    """Return *html* with signs of its own for the player of an animation, where pages ask nobody else for them."""
    if config.assets == "cdn" or 'class="animation"' not in html:
        return html
    return _PLAYER_SHEET.sub(lambda _: _PLAYER_STYLE, html, count=1)


def _plain_drawings(html: str) -> str:
    """Return *html* with drawings as HTML knows them: no metadata, no namespaces but its own."""
    if "<svg" not in html or ("<metadata" not in html and "xmlns:" not in html):
        return html
    html, found = _METADATA.sub("", html), 1
    while found:
        html, found = _NAMESPACE.subn(r"\1", html)
    return html


def of_raw_cell(cell: NotebookNode, whole_page: str, source: Source, config: Config, shared: Shared) -> Inset:
    """Return the HTML of a raw cell; its style sheets are the author's, for all below the selector *whole_page*."""
    piece = whole(cell.source)
    for fault in piece.faults:
        first = 1 + cell.metadata.nbpress.line
        shared.find("html-closed", fault.message, first + line(cell.source, fault))
    html = clean(piece.html) if config.sanitize else piece.html
    html = liquid.defuse(styles.kept_to(whole_page, _settled(html, cell, source, config, shared)))
    return Inset(html=_POST.sub(r"\1", html))


def root(html: str, taken: set[str]) -> str:
    """Return an id for the element around *html*, made from its content; none is needed without a style sheet."""
    if "<style" not in html.lower():
        return ""
    digest = hashlib.sha256(html.encode("utf-8", "surrogatepass")).hexdigest()
    return ids.free(f"output-{digest[:16]}", taken)


def _settled(html: str, cell: NotebookNode, source: Source, config: Config, shared: Shared) -> str:
    """Return *html*, which may name attachments of *cell*, with its files published, and its ids its own."""

    def resolve(address: str, severity: Severity = Severity.ERROR) -> str:
        shared.files.update(images.candidates(address, source))
        try:
            image = images.local(address, source, cell, config)
        except images.ImageError as error:
            shared.find(error.rule, error.message, severity=severity)
            return address
        if image and image.asset:
            shared.assets[image.asset.path] = image.asset
        return image.url if image else address

    def paint(address: str) -> str:
        return resolve(address, Severity.WARNING)  # style sheets of libraries name what only they have

    def link(address: str) -> str:
        file = links.file_of(address, source)
        shared.files.update([file] if file else ())
        try:
            post = links.to_post(address, source, config)
        except links.LinkError as error:
            shared.find("link-resolves", error.message, severity=error.severity)
            return address
        return f"\U000ffffe{post.tag}\U000ffffe{post.fragment}" if post else address

    return ids.unique(tags.with_addresses(html, resolve, paint, link), shared.headings)
