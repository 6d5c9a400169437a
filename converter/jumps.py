"""Links within a post: whether the page has what they lead to."""

from __future__ import annotations

import difflib
import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from converter.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from converter.config import Config
    from converter.model import Source

GIVEN = re.compile(r"""\b(?:id|name)\s*=\s*(?:\\*["'])?([^\s"'\\<>]+)""")
"""An id in HTML, or in a text that holds HTML."""
_EVERYWHERE = re.compile(r"|(?i:top)|[!/].*|.*:~:.*|fn(?:ref)?-[\w-]+", re.DOTALL)
"""What browsers or scripts make of the part behind `#`, and footnotes, which plugins number and others check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """A link to a place in the same post."""

    name: str
    """The id that it names, percent-decoded."""
    cell: int
    line: int


def dead(
    jumps: Collection[Jump], text: str, known: Collection[str], source: Source, config: Config, files: set[Path]
) -> Iterator[Finding]:
    """Yield a finding for each of *jumps* that leads nowhere; *files* gets what decided it.

    The page has the ids that are *known*, those in the *text* of the post, and those of the theme. Where the theme
    comes from elsewhere, only a link that is nearly right is wrong for sure.
    """
    if not jumps:
        return
    names = {unquote(name) for name in known}
    odd = [jump for jump in jumps if jump.name not in names and not _EVERYWHERE.fullmatch(jump.name)]
    if not odd:
        return
    names |= {unquote(html.unescape(name)) for name in GIVEN.findall(text)}
    others = _of_theme(config, files) if any(jump.name not in names for jump in odd) else set()
    alike = {name.casefold(): name for name in sorted(names, reverse=True)}
    for jump in odd:
        if jump.name in names | others:
            continue
        near = difflib.get_close_matches(jump.name.casefold(), alike, n=1, cutoff=0.75)
        if config.has_theme and not near:
            continue
        remedy = f"did you mean #{alike[near[0]]}?" if near else "fix it, or give its target this id"
        yield Finding(
            rule="link-resolves",
            message=f"link to #{jump.name} leads nowhere in this post; {remedy}",
            source=source.path,
            cell=jump.cell,
            line=jump.line,
            severity=Severity.WARNING,
        )


def _of_theme(config: Config, files: set[Path]) -> set[str]:
    """Return the ids that the layouts and includes of the blog give."""
    folders = [config.root / config.layouts, config.root / config.includes]
    found = [path for folder in folders for path in sorted(folder.rglob("*"))]
    files.update(folders, found)
    return {name for file in found if file.is_file() for name in GIVEN.findall(file.read_text("utf-8", "replace"))}
