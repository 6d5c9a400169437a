"""How each notebook stands: fresh or why not, its post current or not, listed by Jekyll or why not."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter import check, convert, look, record, runs, survey
from converter.errors import NotebookError
from converter.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.model import FrontMatter, Source
    from converter.survey import Opened, Survey


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
    for one in found.plans:
        last = known.get(str(one.source.path))
        try:
            plan = survey.opened(one, found.config)
        except NotebookError as error:
            yield Finding.of(error)
            continue
        yield Status(
            source=plan.source,
            outputs=_outputs(plan, found),
            post=_post(plan, found),
            listed=_listed(plan.source, plan.matter, today),
            notes=tuple(_notes(plan, found)),
            seconds=last.seconds if last else None,
            slowest=last.slowest if last else (),
        )


def _outputs(plan: Opened, found: Survey) -> str:
    """Say whether the outputs are those of the code."""
    mode = look.mode(plan.matter, found.config, None)
    return look.NEVER if mode == "never" else look.why_stale(plan, found.config, mode) or "fresh"


def _post(plan: Opened, found: Survey) -> str:
    """Say whether the post is what the notebook says."""
    try:
        post = convert.notebook(plan.nb, plan.source, found.config, plan.matter)
    except NotebookError as error:
        return error.message
    wrong = {finding.rule for finding in check.post(post, found.index, found.config)}
    if not wrong:
        return "current"
    said = {"post-exists": "missing", "post-is-ours": "a post of the author's is in the way"}
    return next((text for rule, text in said.items() if rule in wrong), "not what the notebook says")


def _listed(source: Source, matter: FrontMatter, today: datetime.date) -> str:
    """Say whether Jekyll lists the post, or why not."""
    day = matter.date or source.date
    if matter.values.get("draft") is True:  # which makes `published` false as well
        return "no: it is a draft"
    if matter.values.get("published") is False:
        return "no: published is false"
    if day and datetime.date.fromisoformat(day) > today:
        return f"no: its date {day} is in the future"
    return "no: hide is true" if matter.values.get("hide") is True else "yes"


def _notes(plan: Opened, found: Survey) -> Iterator[str]:
    """Yield what else may matter."""
    known = plan.nb.metadata.get(record.KEY) or {}
    missing = record.unverified(plan.nb, found.config.root)
    if missing:
        yield f"cannot be verified here: {', '.join(missing)}"
    others = record.other_versions(plan.nb)
    if others:
        yield f"ran with other versions: {', '.join(others)}"
    if known.get("network"):
        yield "its run used the network"
    if plan.behind:
        yield f"{plan.source.file.with_suffix('.ipynb').name} does not say what the text says now"
    if known.get("adopted"):
        yield "its outputs were adopted, not run"
