"""The notebooks of a blog: which files they are, and what their names say of the post."""

from __future__ import annotations

import datetime
import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from converter.errors import ConfigError, PostNameError
from converter.model import Finding, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from converter.config import Config

SUFFIXES = (".ipynb",)
_DATED = re.compile(r"(\d{4})-(\d{2})-(\d{2})-(.+)", re.DOTALL)
_UNSAFE = re.compile(r"[{}\x00-\x1f\x7f]|-->")
_NEARLY_DATED = re.compile(r"(\d{4})[-_. ](\d{1,2})[-_. ](\d{1,2})[-_. ]*(.*)", re.DOTALL)


def sources(config: Config, only: Iterable[Path] = ()) -> tuple[Source, ...]:
    """Return the blog's notebooks in the order of their paths, or those that *only* names (files or folders)."""
    wanted = [path.resolve() for path in only]
    everything = tuple(source(file, config) for file in _files(config.root / config.source))
    if not wanted:
        return everything
    above = {item: {item.file.resolve(), *item.file.resolve().parents} for item in everything}
    chosen = tuple(item for item in everything if above[item].intersection(wanted))
    strangers = [path for path in wanted if not any(path in parents for parents in above.values())]
    if strangers:
        raise ConfigError(tuple(_stranger(path, config) for path in strangers))
    return chosen


def source(file: Path, config: Config) -> Source:
    """Return what the path of the notebook at *file* says of it; open nothing."""
    path = PurePosixPath(file.relative_to(config.root).as_posix())
    folder = path.relative_to(config.source).parent if path.is_relative_to(config.source) else PurePosixPath()
    dated = _DATED.fullmatch(file.stem)
    if dated and _is_date(*dated.groups()[:3]):
        date, name = "-".join(dated.groups()[:3]), dated[4]
    else:
        date, name = "", file.stem
    return Source(file=file, path=path, folder=folder, date=date, slug=slug(name))


def slug(name: str) -> str:
    """Return *name* as it stands in a post's path: white space becomes `-`."""
    return re.sub(r"\s+", "-", name.strip())


def post_path(source: Source, date: str, config: Config) -> PurePosixPath:
    """Return the path of the post that *source* becomes, given the *date* of its front matter.

    Raises `PostNameError` if neither the name nor the front matter holds a calendar date, with the right name in it.
    """
    if _UNSAFE.search(source.file.name) or not source.slug.strip("-. "):
        raise PostNameError(
            "the name cannot be part of an address",
            source=source.path,
            hint="use letters, digits and hyphens, without braces, line ends and `-->`",
        )
    day = source.date or date
    if not day:
        raise PostNameError(
            "the name gives no date and the front matter no `date:`",
            source=source.path,
            hint=f"rename it to {_proposal(source.file.stem)}",
        )
    return config.posts / f"{day}-{source.slug}.html"


def shared_path(source: Source, claim: Sequence[Source]) -> Finding:
    """Return the finding that *source* and the other notebooks of *claim* would write one post."""
    others = ", ".join(str(other.path) for other in claim if other is not source)
    message = f"would write the same post as {others}; rename one of them"
    return Finding(rule="post-path-unique", message=message, source=source.path)


def _files(folder: Path) -> list[Path]:
    """Return the notebooks below *folder*, without those that a name marks as not meant for the blog."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        found += [Path(parent, name) for name in names if name.endswith(SUFFIXES) and not name.startswith((".", "_"))]
    return sorted(found, key=lambda file: file.relative_to(folder).as_posix())


def _stranger(path: Path, config: Config) -> str:
    """Say why *path* is not among the blog's notebooks."""
    if not path.exists():
        return f"{path}: no such file"
    return f"{path}: not a notebook of this blog; notebooks lie in {config.source}/ and do not begin with . or _"


def _is_date(year: str, month: str, day: str) -> bool:
    """Tell whether there is such a day."""
    try:
        datetime.date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _proposal(stem: str) -> str:
    """Return the name that *stem* should have had."""
    nearly = _NEARLY_DATED.fullmatch(stem)
    if nearly and _is_date(*nearly.groups()[:3]):
        year, month, day, rest = nearly.groups()
        return f"{year}-{int(month):02}-{int(day):02}-{slug(rest) or 'title'}.ipynb"
    rest = nearly[4] if nearly else stem
    return f"YYYY-MM-DD-{slug(rest) or 'title'}.ipynb with a real day"
