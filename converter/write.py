"""Posts, images and executed notebooks → disk: atomic, only when bytes change; what we own and no longer need goes."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from converter import files, posts
from converter.errors import NotebookError, WriteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from converter.config import Config
    from converter.model import Post, Source, Stored
    from converter.posts import Index

_LOCK, _HOLDER = "lock", "builder"
"""The file that only one build can hold, and the one that says which process that is."""
_OF_OUTPUTS = re.compile(r"[0-9a-f]{16}\.\w+")
"""Names of images that come from outputs: no author calls a file so."""


class PostInTheWayError(NotebookError):
    """Say that a post which is not ours stands where ours would go."""

    rule = "post-is-ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What has happened on the disk, paths relative to the blog's root."""

    written: tuple[PurePosixPath, ...] = ()
    removed: tuple[PurePosixPath, ...] = ()


def _remove_leftovers(config: Config) -> None:
    """Remove what a killed build has left behind: temporary files, and images whose post it did not come to write."""
    for folder in (config.source, config.posts, config.images, files.STATE):
        for file in (config.root / folder).rglob(files.LEFTOVERS):
            file.unlink(missing_ok=True)
    made = (file for file in (config.root / config.images).rglob("*_files/*") if _OF_OUTPUTS.fullmatch(file.name))
    remove_images((PurePosixPath(file.relative_to(config.root).as_posix()) for file in made), config)


@contextlib.contextmanager
def lock(config: Config, waits: Callable[[str], None]) -> Iterator[None]:
    """Keep other builds of this blog waiting while the context lasts; *waits* is told who keeps this one waiting."""
    from filelock import FileLock, Timeout

    folder = files.state(config)
    holder = folder / _HOLDER
    try:
        folder.mkdir(exist_ok=True)
        own = FileLock(folder / _LOCK)
        try:
            own.acquire(timeout=0)
        except Timeout:
            waits(posts.text_of(holder).strip() or "unknown")
            own.acquire()
        if holder.exists():  # the last build was killed
            _remove_leftovers(config)
        holder.write_text(f"{os.getpid()}\n")
    except OSError as error:
        raise WriteError(
            f"{files.STATE} cannot be written: {error.strerror}", hint="check the folder's rights and the free space"
        ) from error
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        own.release()


def forget(config: Config) -> None:
    """Remove what is remembered of the blog, all but the lock, which its caller holds and others may wait for."""
    for entry in files.state(config).iterdir():
        if entry.name not in (_LOCK, _HOLDER):
            try:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
            except OSError as error:
                path = entry.relative_to(config.root)
                raise WriteError(
                    f"{path} cannot be removed: {error.strerror}", hint="check the folder's rights"
                ) from error


def post(post: Post, index: Index, config: Config) -> Changes:
    """Write *post* and its assets where they differ; remove its old `.md` twin and the images that only it used.

    *index* tells whose the posts are. Raises `PostInTheWayError` if one of the author's own has its place, `WriteError`
    if the disk says no.
    """
    require_ours(post, index)
    written, removed = [], []
    before = posts.text_of(config.root / post.path)
    for asset in post.assets:
        if _differs(config.root / asset.path, asset.content):
            _put(config.root / asset.path, asset.content, post.source)
            written.append(asset.path)
    content = post.text.encode("utf-8", "surrogatepass")
    if _differs(config.root / post.path, content):
        _put(config.root / post.path, content, post.source)
        written.append(post.path)
    for path in index.superseded(post):
        before += posts.text_of(config.root / path)
        removed.append(_gone(path, config))
    removed += remove_images(posts.images_of(before, config) - posts.images_of(post.text, config), config)
    return Changes(written=tuple(written), removed=tuple(removed))


def require_ours(post: Post, index: Index) -> None:
    """Raise `PostInTheWayError` if one of the author's own posts would be overwritten or get the same address."""
    path = index.in_the_way(post)
    if path is not None:
        raise PostInTheWayError(
            f"{path} was not written by nbpress, so it is left alone and this notebook has no post",
            source=post.source.path,
            hint="rename the notebook or move that post away",
        )


def remove_posts(paths: Iterable[PurePosixPath], config: Config) -> Changes:
    """Remove the posts at *paths*, with the images that only they used."""
    named: set[PurePosixPath] = set()
    removed: list[PurePosixPath] = []
    for path in paths:
        named |= posts.images_of(posts.text_of(config.root / path), config)
        removed.append(_gone(path, config))
    return Changes(removed=(*removed, *remove_images(named, config)))


def remove_images(paths: Iterable[PurePosixPath], config: Config) -> list[PurePosixPath]:
    """Remove those of *paths* that no post names any more; return them."""
    candidates = {path for path in paths if ".." not in path.parts and (config.root / path).is_file()}
    if candidates:
        for file in (config.root / config.posts).rglob("*"):
            if file.suffix in posts.SUFFIXES:
                candidates -= posts.images_of(posts.text_of(file), config)
    return [_gone(path, config) for path in sorted(candidates)]


def notebook(before: bytes, after: bytes, source: Source, config: Config, kept: bytes | None = None) -> Stored:
    """Make the file that keeps the outputs of *source* hold *after*; return it if it had to be written.

    *before* is what its own file held when it was read, *kept* the other one that keeps its outputs, if there is one:
    if their author has saved either since, both stay as they are and `WriteError` says so.
    """
    if files.content(source) != before or files.kept(source, config) != kept:
        raise WriteError(
            "was saved while it ran, so its new outputs are not written over it", source=source.path, hint="build again"
        )
    file = files.results(source, config)
    if after == (before if file == source.file else kept):
        return ()
    left = _put(file, after, source)
    return ((PurePosixPath(os.path.relpath(file, config.root)), left),)


def _put(file: Path, content: bytes, source: Source) -> tuple[int, int]:
    """Make *file* hold *content*, whole or not at all, and say where the disk says no."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return files.replaced(file, content)
    except OSError as error:
        path = os.path.relpath(file, source.file.parents[len(source.path.parts) - 1])
        hint = "check the folder's rights and the free space"
        raise WriteError(f"{path} cannot be written: {error.strerror}", source=source.path, hint=hint) from error


def _gone(path: PurePosixPath, config: Config) -> PurePosixPath:
    """Remove the file at *path*, and the folders of images that it leaves empty."""
    file = config.root / path
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(f"{path} cannot be removed: {error.strerror}") from error
    for folder in file.parents:
        if folder in (config.root, config.root / config.posts, config.root / config.images):
            break
        with contextlib.suppress(OSError):
            folder.rmdir()
    return path


def _differs(file: Path, content: bytes) -> bool:
    """Tell whether *file* does not hold *content*."""
    try:
        return file.stat().st_size != len(content) or file.read_bytes() != content
    except OSError:
        return True
