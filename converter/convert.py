"""One notebook → its post: the stages in their order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from converter import front_matter, images, inputs, render, transform

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from converter.config import Config
    from converter.model import FrontMatter, Post, Source


def notebook(nb: NotebookNode, source: Source, config: Config, matter: FrontMatter | None = None) -> Post:
    """Turn *nb*, read from *source*, into a post; run nothing, write nothing.

    Raises `NotebookError` if it cannot become one; everything less is a finding of the post.
    """
    matter = matter or front_matter.parse(nb, source, config)
    shown, odd = transform.notebook(nb, matter, source)
    post = render.post(shown, matter, source, config)
    found = matter.findings + inputs.findings(matter, source, config) + odd + post.findings
    picture = images.of_matter(matter)
    if picture and picture not in {asset.path for asset in post.assets}:
        missing = images.missing(picture, matter, source, config)
        found += (missing,) if missing else ()
    return replace(
        post,
        files=(*post.files, *inputs.folders(matter, source), *([config.root / picture] if picture else [])),
        findings=tuple(sorted(found, key=lambda it: (it.cell or 0, it.line or 0))),
    )
