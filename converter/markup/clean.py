"""HTML of strangers without anything that could act: scripts, event handlers, style sheets, frames, forms."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nh3 import Cleaner

FRAMES = "https://www.youtube-nocookie.com/embed/"
"""What a frame may show: the videos of embeds, which are ours."""
_PLAY = re.compile(rf'<a href="{re.escape(FRAMES)}[^"<>]*"[^<>]*>[^<>]*</a>')
"""What a frame may hold until then: the link that starts the video."""
_TAGS = frozenset({"audio", "font", "iframe", "input", "picture", "section", "source", "track", "video"})
"""What may stay besides the elements that nh3 knows as harmless; of `input` only the boxes of task lists."""
_WITH_CONTENT = frozenset({"math", "script", "style", "svg", "template", "title"})
"""Elements that go with all that is in them."""
_SIZE = frozenset({"height", "width"})
_MEDIA = _SIZE | {"controls", "loop", "muted", "poster", "preload", "src"}
_ATTRIBUTES = {
    "*": {"align", "class", "dir", "hidden", "id", "lang", "role", "style", "title", "valign"},
    "a": {"href", "name"},
    "audio": {*_MEDIA},
    "col": {"span", *_SIZE},
    "details": {"open"},
    "font": {"color", "size"},
    "iframe": {"allow", "allowfullscreen", "loading", "referrerpolicy", "src", "srcdoc", *_SIZE},
    "img": {"alt", "decoding", "loading", "sizes", "src", "srcset", *_SIZE},
    "input": {"checked", "disabled"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "source": {"media", "sizes", "src", "srcset", "type"},
    "table": {"border", *_SIZE},
    "td": {"colspan", "headers", "rowspan", *_SIZE},
    "th": {"colspan", "headers", "rowspan", "scope", *_SIZE},
    "track": {"default", "kind", "label", "src", "srclang"},
    "video": {*_MEDIA, "playsinline"},
}
_STYLES = (
    "background-color border border-bottom border-collapse border-color border-left border-right border-style "
    "border-top border-width color display font-family font-size font-style font-weight height line-height margin "
    "margin-bottom margin-left margin-right margin-top max-height max-width min-width opacity overflow padding "
    "padding-bottom padding-left padding-right padding-top text-align text-decoration text-indent vertical-align "
    "white-space width"
)
_LIVE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|[\U000f0000\U000f0001]", re.DOTALL)
_MASK = re.compile("\U000f0000(\\d+)\U000f0001")
_BRACE = re.compile("\\{(?=[{%\U000f0000]|$)")
_IDLE = re.compile(r"<iframe(?![^>]*\ssrc=)[^>]*></iframe>|<input(?![^>]*\stype=)[^>]*>")
"""What is left of frames and of fields that are not allowed."""
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)


def clean(html: str, *, is_live: bool = False) -> str:
    """Return *html* with nothing in it that acts; Liquid stays if it *is_live*.

    Text stays, and so do tables, pictures, films, sounds, and styles of single elements that move nothing elsewhere.
    """
    if not re.search("[<&]", html):
        return html
    pieces = _LIVE.findall(html) if is_live else []
    masks = iter(range(len(pieces)))
    # Entities are not hidden from the cleaner: `&#106;avascript:` is what it is for.
    masked = _LIVE.sub(lambda _: f"\U000f0000{next(masks)}\U000f0001", html) if is_live else html
    cleaned = _IDLE.sub("", _cleaner().clean(masked))
    if not is_live:
        return cleaned
    cleaned = _BRACE.sub("&#123;", cleaned)  # an entity has become a brace again
    return _MASK.sub(lambda found: pieces[int(found[1])], cleaned)


@lru_cache(maxsize=1)
def _cleaner() -> Cleaner:
    import nh3

    return nh3.Cleaner(
        tags=nh3.ALLOWED_TAGS | _TAGS,
        clean_content_tags=set(_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        generic_attribute_prefixes={"aria-"},
        tag_attribute_values={"input": {"type": {"checkbox"}}},
        url_schemes={"data", "http", "https", "mailto", "tel"},
        link_rel=None,
        filter_style_properties=set(_STYLES.split()),
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return the *value* of an attribute that may stay."""
    if tag == "iframe" and name == "src":
        return value if value.startswith(FRAMES) else None
    if name == "srcdoc":
        return value if _PLAY.fullmatch(value) and clean(value) == value else None
    if value.lstrip().lower().startswith("data:"):
        return value if (tag, name) == ("img", "src") and _PICTURE.match(value) else None
    return value
