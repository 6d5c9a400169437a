"""Posts against notebooks: is each post what its notebook says? Nothing is run, nothing is written."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from converter import execute, record, write
from converter.errors import NotebookError
from converter.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nbformat import NotebookNode

    from converter.config import Config
    from converter.model import FrontMatter, Post

REMEDY = "run `make build` and commit what it writes"


def post(post: Post, config: Config) -> Iterator[Finding]:
    """Yield what keeps the file of *post* and its images from being what the notebook says."""
    try:
        write.require_ours(post, config)
    except NotebookError as error:
        yield Finding.of(error)
        return
    file = config.root / post.path
    if not file.is_file():
        yield _finding("post-exists", f"{post.path} is missing; {REMEDY}", post)
    elif (there := file.read_bytes()) != post.text.encode("utf-8", "surrogatepass"):
        detail = _diff(there.decode("utf-8", "replace"), post)
        yield _finding("post-current", f"{post.path} is not what the notebook says; {REMEDY}", post, detail)
    for asset in post.assets:
        image = config.root / asset.path
        if not image.is_file():
            yield _finding("image-current", f"{asset.path} is missing; {REMEDY}", post)
        elif image.read_bytes() != asset.content:
            yield _finding("image-current", f"{asset.path} is not what the notebook shows; {REMEDY}", post)
    for path in write.superseded(post, config):
        yield _finding("post-unique", f"{path} is an older post of this notebook; {REMEDY}", post)


def outputs(nb: NotebookNode, matter: FrontMatter, post: Post, config: Config) -> Iterator[Finding]:
    """Yield a finding if the outputs of *nb* are not those of its code, unless they are published as they are."""
    if execute.mode(matter, config, None) == "never":
        return
    reason = record.stale(nb)
    if reason:
        yield _finding("outputs-fresh", f"outputs are stale: {reason}; {REMEDY}", post)


def orphans(config: Config) -> Iterator[Finding]:
    """Yield a finding for every post whose notebook is gone."""
    for path in write.orphans(config):
        notebook = write.edited_file(config.root / path)
        yield Finding(
            rule="post-has-notebook", message=f"its notebook {notebook} is gone; `make build` removes it", source=path
        )


def _finding(rule: str, message: str, post: Post, detail: str = "") -> Finding:
    """Return a finding at the notebook of *post*."""
    return Finding(rule=rule, message=message, source=post.source.path, detail=detail)


def _diff(there: str, post: Post) -> str:
    """Return how the file differs from what it should be."""
    lines: Iterable[str] = difflib.unified_diff(
        there.splitlines(),
        post.text.splitlines(),
        f"{post.path} (committed)",
        f"{post.path} (from the notebook)",
        lineterm="",
    )
    return "\n".join(lines)
