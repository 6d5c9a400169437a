"""What there is to do: every notebook of the blog, known to be well, in need of a look, or beyond it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from converter import discover, images, permalinks, workers
from converter import memo as memory
from converter.errors import NotebookError
from converter.model import Finding, Report, Severity
from converter.posts import Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path, PurePosixPath

    from nbformat import NotebookNode

    from converter.config import Config
    from converter.memo import Memo, Verdict
    from converter.model import FrontMatter, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A notebook that needs a look, and whose post's path is its own."""

    source: Source
    post: PurePosixPath
    """Where its post goes."""
    state: list[int] | None
    """State of the file before it is read, for the memo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A notebook that was read."""

    plan: Plan
    content: bytes
    """The file as it was read."""
    nb: NotebookNode
    matter: FrontMatter
    kept: bytes | None
    """What is in the file that keeps its outputs, if that is another one."""
    behind: bool
    """Whether that file says something else than the text that it is paired with."""

    @property
    def source(self) -> Source:
        """Return the file it comes from."""
        return self.plan.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything that a build or a check starts from."""

    config: Config
    sources: tuple[Source, ...]
    """All notebooks of the blog."""
    chosen: frozenset[Source]
    """Those that somebody asked for."""
    plans: tuple[Plan, ...]
    """Those that need a look."""
    report: Report
    """What is known without one."""
    index: Index
    """The posts of the blog."""
    memo: Memo


def take(
    config: Config, only: Iterable[Path], memo: Memo, *, trust: bool, settled: bool = True, workers_look: bool = True
) -> Survey:
    """Return what there is to do for the notebooks that *only* names (default: all).

    Unless *trust* is given, nothing that *memo* knows counts. A build takes only *settled* verdicts from it, those
    without an error, which it tries to mend, and of notebooks that do not always run.
    *workers_look* lets those get ready who will look at the plans of a large blog.
    """
    images.refresh()
    sources = discover.sources(config)
    chosen = frozenset(discover.sources(config, only)) if only else frozenset(sources)
    if workers_look:
        workers.expect(len(chosen) if not trust else sum(not memo.knows(source) for source in chosen))
    index = Index.read(config)
    known = _known(chosen, index, memo, settled=settled) if trust else {}
    plans: dict[Source, Plan] = {}
    reports = {source: _told(source, verdict) for source, verdict in known.items()}
    claims: dict[str, list[Source]] = {}
    for source in sources:
        try:
            if source in known:
                path = known[source].post
            elif source in chosen:
                plans[source] = plan = _plan(source, config, memo)
                path = str(plan.post)
            elif source.date:
                path = str(discover.post_path(source, "", config))
            else:
                continue  # only its front matter tells, and nobody has asked for it
            claims.setdefault(path, []).append(source)
        except NotebookError as error:
            plans.pop(source, None)
            reports[source] = Report(findings=Finding.each(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not hide what is wrong with other notebooks
            plans.pop(source, None)
            reports[source] = Report(findings=(Finding.crash(error, source),))
    for claim in (claim for claim in claims.values() if len(claim) > 1):
        for source in chosen.intersection(claim):
            plans.pop(source, None)
            reports[source] = Report(findings=(discover.shared_path(source, claim),))
    return Survey(
        config=config,
        sources=sources,
        chosen=chosen,
        plans=tuple(plans.values()),
        report=Report(findings=config.findings).merged(*reports.values()),
        index=index,
        memo=memo,
    )


def _known(chosen: Iterable[Source], index: Index, memo: Memo, *, settled: bool) -> dict[Source, Verdict]:
    """Return the verdicts that still hold: no file has changed, and no other post comes from the same notebook."""
    verdicts = {source: memo.verdict(source) for source in chosen}
    return {
        source: verdict
        for source, verdict in verdicts.items()
        if verdict
        and [str(path) for path in index.posts.get(source.path, ())] == [verdict.post]
        and not (settled and (_wrong(verdict.findings) or verdict.reason == memory.ALWAYS))
    }


def _told(source: Source, verdict: Verdict) -> Report:
    """Return what is said of a notebook that needs no look."""
    unchanged = 0 if _wrong(verdict.findings) else 1
    return Report(unchanged=unchanged, findings=verdict.findings, reasons=((source.path, verdict.reason),))


def orphans(survey: Survey) -> Iterator[Finding]:
    """Yield a finding for every post whose notebook is gone."""
    for path in survey.index.orphans(survey.config):
        message = f"its notebook {survey.index.notebooks[path]} is gone; restore it, or build to remove this post"
        yield Finding(rule="post-has-notebook", message=message, source=path)


def same_addresses(survey: Survey, changed: Iterable[PurePosixPath] = ()) -> Iterator[Finding]:
    """Yield a finding for every notebook whose post Jekyll would publish in the same file as another post.

    *changed* are the posts that were written or removed since the survey.
    """
    index, config = survey.index.renewed(changed, survey.config), survey.config
    gone, chosen = set(index.orphans(config)), {source.path for source in survey.chosen}
    matters = {path: matter for path, matter in index.matters.items() if path not in gone}
    for clash in permalinks.shared(matters, config):
        for path in clash.posts:
            notebook = index.notebooks[path]
            others = [str(index.notebooks[it] or it) for it in clash.posts if index.notebooks[it] != notebook]
            if notebook in chosen and others:
                remedy = "change `permalink` in" if clash.is_chosen else "rename, or give a `permalink` of its own to,"
                message = (
                    f"is published at {clash.address}, and so is {', '.join(others)}; readers find only one of them; "
                    f"{remedy} all but one"
                )
                yield Finding(rule="post-address-unique", message=message, source=notebook)


def opened(plan: Plan, config: Config, *, alone: bool = False) -> Opened:
    """Read the notebook of *plan*, with the outputs that another file keeps for it.

    Raises `NotebookError` if it cannot be built. Unless it may be *alone*, an `.ipynb` that was paired with a text
    needs that text.
    """
    from converter import files, front_matter, pair, read, record

    source = plan.source
    content, kept = files.content(source), files.kept(source, config)
    nb = read.notebook(source, content)
    if not pair.is_text(source) and not alone:
        pair.require_text(nb, source)
    other = None if kept is None else read.kept(kept, source, ours=not config.save_outputs)
    behind = other is not None and pair.is_text(source) and pair.is_behind(nb, other, source)
    if other is not None:
        nb = pair.joined(nb, other) if pair.is_text(source) else record.overlaid(nb, other)
    matter = front_matter.parse(nb, source, config)
    return Opened(plan=plan, content=content, nb=nb, matter=matter, kept=kept, behind=behind)


def _plan(source: Source, config: Config, memo: Memo) -> Plan:
    """Return the plan for *source*; only a name without a date has to be opened for it."""
    state = memo.state(source.path)
    if source.date:
        return Plan(source=source, post=discover.post_path(source, "", config), state=state)
    nameless = Plan(source=source, post=source.path, state=state)
    date = opened(nameless, config).matter.date
    return replace(nameless, post=discover.post_path(source, date, config))


def _wrong(findings: Iterable[Finding]) -> bool:
    """Tell whether there is an error among *findings*."""
    return any(finding.severity is Severity.ERROR for finding in findings)
