"""Block quotes that are more than quotes: callouts (`> Note: …`, `> [!NOTE]`) and embeds (`> youtube: URL`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from markdown_it.token import Token

CALLOUTS = {
    "note": ("Note", "flash"),
    "tip": ("Tip", "flash flash-success"),
    "important": ("Important", "flash flash-warn"),
    "warning": ("Warning", "flash flash-error"),
    "caution": ("Caution", "flash flash-error"),
}
"""Title and classes of each callout, by the word that makes one; the classes are those of fastpages."""

EMBEDS = ("youtube", "twitter")
"""Words that make a block quote with an address an embed."""

_COLON = re.compile(r"(note|tip|important|warning):[ \t]*", re.IGNORECASE)
_ALERT = re.compile(r"\[!(note|tip|important|warning|caution)\][ \t]*$", re.IGNORECASE)
_EMBED = re.compile(
    r"(youtube|twitter):\s*<?((?:https?:)?//[^\s<>]+|[\w-]+(?:\.[\w-]+)+/[^\s<>]+|[\w-]{11})>?", re.IGNORECASE
)
_YOUTUBE = re.compile(r"(?:[\w-]+\.)*(?:youtube(?:-nocookie)?\.com|youtu\.be)", re.IGNORECASE)
_VIDEO_PATH = re.compile(r"/(?:(?:embed|shorts|live|v|e)/)?([\w-]{11})/?")
_VIDEO_ID = re.compile(r"(?![a-z]+\Z)[\w-]{11}")
"""YouTube's ids; eleven small letters are a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callout:
    """A callout's title and classes."""

    title: str
    css_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """Something of another site."""

    kind: str
    address: str
    video: str = ""
    """YouTube's id of the video."""
    start: int = 0
    """Where in the video to begin, in seconds."""


def embeds(text: str) -> list[Embed | str]:
    """Return what a block quote with nothing but *text* embeds, one or one a line, or addresses that embed nothing."""
    found = _embed(text)
    lines = [_embed(line) for line in text.split("\n")] if found is None else [found]
    return [embed for embed in lines if embed is not None] if None not in lines else []


def _embed(text: str) -> Embed | str | None:
    found = _EMBED.fullmatch(text.strip())
    if found is None:
        return None
    kind, address = found[1].lower(), _with_scheme(found[2], found[1].lower())
    if not address:
        return None
    if kind == "twitter":
        return Embed(kind=kind, address=address)
    video = _video(address)
    return Embed(kind=kind, address=address, video=video, start=_start(address)) if video else address


def callout(first: Token) -> Callout | None:
    """Return the callout that a block quote makes whose first paragraph is *first*, and take the marker out of it."""
    children = first.children or []
    if not children or children[0].type != "text":
        return None
    lead = children[0].content
    alert = _ALERT.fullmatch(lead) if len(children) == 1 or children[1].type in ("softbreak", "hardbreak") else None
    colon = _COLON.match(lead)
    if alert:
        del children[:2]
    elif colon:
        children[0].content = lead[colon.end() :]
    else:
        return None
    while children and (children[0].type in ("softbreak", "hardbreak") or not (children[0].content or children[0].tag)):
        del children[0]
    title, css_class = CALLOUTS[(alert or colon)[1].lower()]  # type: ignore[index]  # one of the two matched
    return Callout(title=title, css_class=css_class)


def _with_scheme(address: str, kind: str) -> str:
    """Return the whole of an *address* that an author has shortened; nothing if it is a word."""
    if "/" not in address:  # the bare id of a video, which fastpages took, too
        return f"https://youtu.be/{address}" if kind == "youtube" and _VIDEO_ID.fullmatch(address) else ""
    return address if "://" in address else f"https:{address}" if address.startswith("//") else f"https://{address}"


def _video(address: str) -> str:
    """Return the id in any form of YouTube address; nothing for other addresses."""
    parts = urlsplit(address)
    if not _YOUTUBE.fullmatch(parts.hostname or ""):
        return ""
    path = _VIDEO_PATH.fullmatch(parts.path)
    candidates = [*parse_qs(parts.query).get("v", []), path[1] if path else ""]
    return next((name for name in candidates if re.fullmatch(r"[\w-]{11}", name)), "")


def _start(address: str) -> int:
    """Return the second in which a YouTube address lets the video begin (`t=1m5s`, `t=65`, `start=65`)."""
    query = parse_qs(urlsplit(address).query)
    value = (query.get("t") or query.get("start") or ["0"])[0]
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", value)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return 3600 * hours + 60 * minutes + seconds
