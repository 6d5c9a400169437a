"""How each notebook stands: fresh or why not, its post current or not, listed by Jekyll or why not."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from converter import check, convert, look, record, runs, survey, workers
from converter.errors import NotebookError
from converter.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.config import Config
    from converter.model import Source
    from converter.posts import Index
    from converter.survey import Opened, Plan, Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How one notebook stands."""

    source: Source
    outputs: str
    """`fresh`, `not run: execute is never`, or why its outputs are stale."""
    post: str
    """`current`, `missing`, or what is wrong with it."""
    listed: str
    """`yes`, or why a reader does not find it on the blog."""
    notes: tuple[str, ...] = ()
    """What may matter: unverified inputs, other versions, network, adopted outputs."""
    seconds: float | None = None
    """How long its last run here took."""
    slowest: tuple[tuple[int, float], ...] = ()
    """Numbers and seconds of its slowest cells, slowest first."""

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "notebook": str(self.source.path),
            "outputs": self.outputs,
            "post": self.post,
            "listed": self.listed,
            "notes": list(self.notes),
            "seconds": self.seconds,
            "slowest": [{"cell": number, "seconds": seconds} for number, seconds in self.slowest],
        }


def of(found: Survey, today: datetime.date) -> Iterator[Status | Finding]:
    """Yield how every notebook of *found* stands; *today* tells which posts lie in the future."""
    known = runs.read(found.config)
    things = [(plan, found.index.around(plan.post, plan.source.path)) for plan in found.plans]
    for one in workers.each(partial(_one, config=found.config, today=today), things):
        if not isinstance(one, Status):
            yield from one
        elif last := known.get(str(one.source.path)):
            yield replace(one, seconds=last.seconds, slowest=last.slowest)
        else:
            yield one


def _one(thing: tuple[Plan, Index], config: Config, today: datetime.date) -> Status | tuple[Finding, ...]:
    """Return how one notebook stands; findings if nobody can tell."""
    plan, index = thing
    try:
        opened = survey.opened(plan, config)
        return Status(
            source=opened.source,
            outputs=_outputs(opened, config),
            post=_post(opened, index, config),
            listed=_listed(opened, config, today),
            notes=tuple(_notes(opened, config)),
        )
    except NotebookError as error:
        return Finding.each(error)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not hide how other notebooks stand
        return (Finding.crash(error, plan.source),)


def _outputs(opened: Opened, config: Config) -> str:
    """Say whether the outputs are those of the code."""
    mode = look.mode(opened.matter, config, None)
    return look.NEVER if mode == "never" else look.why_stale(opened, config, mode) or "fresh"


def _post(opened: Opened, index: Index, config: Config) -> str:
    """Say whether the post is what the notebook says."""
    try:
        post = convert.notebook(opened.nb, opened.source, config, opened.matter)
    except NotebookError as error:
        return error.message
    wrong = {finding.rule for finding in check.post(post, index, config)}
    if not wrong:
        return "current"
    said = {"post-exists": "missing", "post-is-ours": "a post that nbpress did not write is in the way"}
    return next((text for rule, text in said.items() if rule in wrong), "not what the notebook says")


def _listed(opened: Opened, config: Config, today: datetime.date) -> str:
    """Say whether Jekyll lists the post, or why not."""
    matter = opened.matter
    day = matter.date or opened.source.date
    if not config.unpublished:
        if matter.values.get("draft") is True:  # which makes `published` false as well
            return "no: it is a draft"
        if matter.values.get("published") is False:
            return "no: published is false"
    if not config.future and day and datetime.date.fromisoformat(day) > today:
        return f"no: its date {day} is in the future"
    return "no: hide is true" if matter.values.get("hide") is True else "yes"


def _notes(opened: Opened, config: Config) -> Iterator[str]:
    """Yield what else may matter."""
    known = opened.nb.metadata.get(record.KEY) or {}
    missing = record.unverified(opened.nb, config.root)
    if missing:
        yield f"cannot be verified here: {', '.join(missing)}"
    others = record.other_versions(opened.nb)
    if others:
        yield f"ran with other versions: {', '.join(others)}"
    if known.get("network"):
        yield "its run used the network"
    if opened.behind:
        yield f"{opened.source.file.with_suffix('.ipynb').name} does not say what the text says now"
    if record.is_adopted(opened.nb):
        yield "its outputs were adopted, not run"
