"""The notebooks and documents of a blog: which files they are, and what their names say of the post."""

from __future__ import annotations

import datetime
import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from converter import text
from converter.errors import ConfigError, PostNameError, ReadError
from converter.model import Finding, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from converter.config import Config

SUFFIXES = (".ipynb", *text.SUFFIXES)
"""What lies in the folder of notebooks; of those that Jupytext reads only what `text.is_notebook` says."""
WORD = (".docx",)
"""What lies in the folder of Word documents."""
ALL_SUFFIXES = frozenset((*SUFFIXES, *WORD))
_DATED = re.compile(r"(\d{4})-(\d{2})-(\d{2})-(.+)", re.DOTALL)
_UNSAFE = re.compile(r"[{}\x00-\x1f\x7f\ud800-\udfff]|-->")  # of bytes that are no text Python makes surrogates
_NEARLY_DATED = re.compile(r"(\d{4})[-_. ](\d{1,2})[-_. ](\d{1,2})[-_. ]*(.*)", re.DOTALL)


def sources(config: Config, only: Iterable[Path] = ()) -> tuple[Source, ...]:
    """Return the blog's notebooks in the order of their paths, or those that *only* names (files or folders).

    The `.ipynb` that is paired with a text notebook is none of its own: whoever names it means the text.
    """
    wanted = [path.resolve() for path in only]
    everything = tuple(source(file, config) for file in files(config))
    if not wanted:
        return everything
    plain = {item.file for item in everything if not item.file.is_symlink()}
    if len(plain) == len(everything) and plain.issuperset(wanted):  # a save in the preview, of one among thousands
        return tuple(item for item in everything if item.file in wanted)
    above = {item: {*_own(item.file), *item.file.resolve().parents} for item in everything}
    chosen = tuple(item for item in everything if above[item].intersection(wanted))
    strangers = [path for path in wanted if not any(path in parents for parents in above.values())]
    if strangers:
        raise ConfigError(tuple(_stranger(path, config) for path in strangers))
    return chosen


def source(file: Path, config: Config) -> Source:
    """Return what the path of the notebook at *file* says of it; open nothing."""
    path = PurePosixPath(file.relative_to(config.root).as_posix())
    home = next((it for it in (config.source, config.word) if path.is_relative_to(it)), path.parent)
    dated = _DATED.fullmatch(file.stem)
    if dated and _is_date(*dated.groups()[:3]):
        date, name = "-".join(dated.groups()[:3]), dated[4]
    else:
        date, name = "", file.stem
    return Source(file=file, path=path, folder=path.relative_to(home).parent, date=date, slug=slug(name))


def files(config: Config) -> list[Path]:
    """Return the files of the blog's notebooks and documents, in the order of their paths."""
    notebooks = _files(config, config.source, SUFFIXES)
    texts = [file for file in notebooks if file.suffix != ".ipynb" and text.is_notebook(file)]
    paired = {file.with_suffix(".ipynb") for file in texts}
    own = [file for file in notebooks if file.suffix == ".ipynb" and file not in paired]
    found = {*own, *texts, *_files(config, config.word, WORD)}
    return sorted(found, key=lambda file: file.relative_to(config.root).as_posix())


def is_notebook(file: Path) -> bool:
    """Tell whether *file* is a notebook or a document by its suffix, and by its form where other files share that."""
    return file.is_file() and (file.suffix not in text.SUFFIXES or text.is_notebook(file))


def _own(file: Path) -> tuple[Path, ...]:
    """Return the paths by which people may name the notebook at *file*."""
    resolved = file.resolve()
    return (resolved, resolved.with_suffix(".ipynb")) if file.suffix in text.SUFFIXES else (resolved,)


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
            hint="use letters, digits and hyphens in UTF-8, without braces, line ends and `-->`",
        )
    day = source.date or date
    if not day:
        raise PostNameError(
            "the name does not begin with a real date and a title, and the front matter has no `date:`",
            source=source.path,
            hint=f"rename it to {_proposal(source.file)}",
        )
    return config.posts / f"{day}-{source.slug}.html"


def shared_path(source: Source, claim: Sequence[Source]) -> Finding:
    """Return the finding that *source* and the other notebooks of *claim* would write one post."""
    others = ", ".join(str(other.path) for other in claim if other is not source)
    message = f"would write the same post as {others}; rename one of them"
    return Finding(rule="post-path-unique", message=message, source=source.path)


def _files(config: Config, home: PurePosixPath, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files below *home* that end so, without those that a name marks as not meant for the blog.

    Raises `ReadError` if a folder cannot be read: its notebooks would count as gone.
    """

    def on_error(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            path = PurePosixPath(Path(os.fsdecode(error.filename)).relative_to(config.root).as_posix())
            raise ReadError(f"cannot be read: {error.strerror}", source=path, hint="check its rights") from error

    found = []
    for parent, folders, names in os.walk(config.root / home, onerror=on_error):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        # Word keeps `~$name.docx` beside every document that is open.
        found += [
            Path(parent, name) for name in names if name.endswith(suffixes) and not name.startswith((".", "_", "~"))
        ]
    return found


def _stranger(path: Path, config: Config) -> str:
    """Say why *path* is not among the blog's notebooks."""
    if not path.exists():
        return f"{path}: no such file"
    where = f"notebooks lie in {config.source}/, with names that do not begin with . or _"
    if path.suffix in text.SUFFIXES:
        where += "; a text notebook has a dated name, or a header that names Jupytext or a kernel"
    return f"{path}: not a notebook of this blog; {where}"


def _is_date(year: str, month: str, day: str) -> bool:
    """Tell whether there is such a day."""
    try:
        datetime.date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _proposal(file: Path) -> str:
    """Return the name that *file* should have had."""
    nearly = _NEARLY_DATED.fullmatch(file.stem)
    if nearly and _is_date(*nearly.groups()[:3]):
        year, month, day, rest = nearly.groups()
        return f"{year}-{int(month):02}-{int(day):02}-{slug(rest) or 'title'}{file.suffix}"
    rest = nearly[4] if nearly else file.stem
    return f"YYYY-MM-DD-{slug(rest) or 'title'}{file.suffix} with a real day"
