"""A look at a notebook: whether its code has to run, and what its post is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from converter import convert, files, front_matter, inputs, memo, posts, record, survey
from converter.errors import NotebookError
from converter.model import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from converter.config import Config
    from converter.model import FrontMatter, Post
    from converter.survey import Opened, Plan

NEVER = "not run: execute is never"
"""Why the code of a notebook does not run whose author publishes its stored outputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What there is to know of a notebook without running it; it survives pickling."""

    plan: Plan
    mode: str = "auto"
    """When its code runs: `auto`, `always` or `never`."""
    has_code: bool = True
    """Whether anything in it would run."""
    stale: str = ""
    """Why its outputs are not those of its code; empty if they are, or if nobody asks."""
    behind: bool = False
    """Whether the `.ipynb` paired with a text does not say what the text says now."""
    post: Post | None = None
    """What it becomes; None if it cannot."""
    files: tuple[PurePosixPath, ...] = ()
    """The files that decide whether all is well with the post, there or not, relative to the blog's root."""
    faults: tuple[Finding, ...] = ()
    """Why it cannot become a post."""

    @property
    def reason(self) -> str:
        """Return why the code has to run; empty if it has not."""
        return self.stale or ("asked to" if self.mode == "always" and self.has_code else "")

    @property
    def rest(self) -> str:
        """Return why the code does not have to run."""
        if self.mode == "always" and self.has_code:
            return memo.ALWAYS
        return NEVER if self.mode == "never" else "fresh"


def at(plan: Plan, config: Config, asked: str | None = None) -> Look:
    """Look at the notebook of *plan*; *asked* is what the command line says of running code."""
    when, stale = "auto", ""
    try:
        opened = survey.opened(plan, config)
        when = mode(opened.matter, config, asked)
        stale = why_stale(opened, config, when)
        post = convert.notebook(opened.nb, plan.source, config, opened.matter)
        deciders = deciding(post, opened.nb, config)
    except NotebookError as error:
        return Look(plan=plan, mode=when, stale=stale, faults=Finding.each(error))
    except Exception as error:  # noqa: BLE001 - a fault of ours must not hide what is wrong with other notebooks
        return Look(plan=plan, mode=when, stale=stale, faults=(Finding.crash(error, plan.source),))
    return Look(
        plan=plan,
        mode=when,
        has_code=record.has_code(opened.nb),
        stale=stale,
        behind=opened.behind,
        post=post,
        files=deciders,
    )


def without_outputs(opened: Opened, config: Config) -> tuple[Finding, ...]:
    """Return what is to be said of the source of *opened* alone, whatever its code would show."""
    cells = [NotebookNode({**cell, "outputs": []}) if "outputs" in cell else cell for cell in opened.nb.cells]
    try:
        return convert.notebook(NotebookNode({**opened.nb, "cells": cells}), opened.source, config).findings
    except NotebookError:  # what keeps it from becoming a post is told before it runs
        return ()


def mode(matter: FrontMatter, config: Config, asked: str | None) -> str:
    """Return when the notebook runs: `auto`, `always` or `never`.

    The most specific place wins: the notebook's front matter, the command line where it *asked*, the site's settings.
    """
    return str(front_matter.setting(matter, "execute", asked or config.execute))


def why_stale(opened: Opened, config: Config, when: str) -> str:
    """Return why the outputs are not those of the code; empty if they are, or if the code runs never."""
    if when == "never":
        return ""
    folder, environment = str(opened.source.path.parent), config.rerun_on == "environment"
    found = record.stale(opened.nb, config.root, folder=folder, environment=environment)
    return found or inputs.new(opened.nb, opened.matter, opened.source, config)


def deciding(post: Post, nb: NotebookNode, config: Config) -> tuple[PurePosixPath, ...]:
    """Return the files that decide whether all is well with *post*, which shows *nb*, there or not."""
    found = [*posts.twins(post.path), *(asset.path for asset in post.assets), *map(PurePosixPath, record.inputs(nb))]
    found += [_from_root(file, config) for file in post.files]
    results = files.results(post.source, config)
    if results != post.source.file:
        found.append(_from_root(results, config))
    return tuple(found)


def _from_root(file: Path, config: Config) -> PurePosixPath:
    """Return the path of *file* relative to the blog's root, quickly where that is above it."""
    name, root = str(file), f"{config.root}{os.sep}"
    is_below = name.startswith(root) and ".." not in name
    return PurePosixPath(name[len(root) :] if is_below else os.path.relpath(file, config.root))
