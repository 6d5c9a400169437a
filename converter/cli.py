"""Arguments, messages, exit status: `nbpress` on the command line."""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import converter.light  # noqa: F401 - before anything loads jsonschema
from converter import __version__, interrupts, process, workers
from converter import config as settings
from converter.errors import ConfigError, ConverterError

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

    from converter.config import Config
    from converter.terminal import Terminal

ATTENTION, WRONG, INTERRUPTED = 1, 2, 130


@dataclass(slots=True, kw_only=True)
class _Session:
    """What every command needs: the settings and a voice."""

    site: Path | None
    terminal: Terminal

    def config(self) -> Config:
        """Return the settings of the blog that the command is about."""
        config = settings.load(self.site or settings.site_root(Path.cwd()))
        gateway = os.environ.get("JUPYTER_GATEWAY_URL", "")  # where all of Jupyter looks for it
        return config if config.gateway or not gateway else replace(config, gateway=(gateway,))


def _examples(*commands: str) -> str:
    """Return the end of a `--help` text; the mark keeps click from joining its lines."""
    return "\n  ".join(["\b\nExample:", *commands])


def _voice(command: Callable[..., int]) -> Callable[..., int]:
    """Let `-q` and `-v` stand behind the name of a command as well as before it."""

    @click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
    @click.option("-v", "--verbose", is_flag=True, help="Print every file that is written and every cell that runs.")
    @functools.wraps(command)
    def with_voice(session: _Session, *args: Any, quiet: bool, verbose: bool, **kwargs: Any) -> int:  # noqa: ANN401
        session.terminal.quiet |= quiet
        session.terminal.verbose |= verbose
        return command(session, *args, **kwargs)

    return with_voice


def _layouts(*layouts: str, text: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Return the option `--format`, explained by *text*."""
    return click.option(
        "--format", "layout", type=click.Choice(layouts), default=layouts[0], show_default=True, help=text
    )


class _Day(click.DateTime):
    """A day of the calendar."""

    def convert(self, value: Any, param: Any, context: click.Context | None) -> Any:  # noqa: ANN401 - as click has it
        """Return *value* as a date, or say so in words that name no format of `strptime`."""
        try:
            return super().convert(value, param, context)
        except click.BadParameter:
            self.fail(f"{value!r} is no real day; write it as in 2020-02-29", param, context)


_NOTEBOOKS = click.argument("notebooks", nargs=-1, type=click.Path(path_type=Path), metavar="[NOTEBOOK]...")


@click.group(
    epilog=_examples(
        "nbpress build            run what is not fresh, write the posts",
        "nbpress check            are the committed posts what the notebooks say?",
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--site",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The blog's root folder; by default the nearest one upwards with a _config.yml.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
@click.option("-v", "--verbose", is_flag=True, help="Print every file that is written and every cell that runs.")
@click.version_option(__version__, prog_name="nbpress")
@click.pass_context
def cli(context: click.Context, site: Path | None, *, quiet: bool, verbose: bool) -> None:
    """Turn the Jupyter notebooks of a Jekyll blog into its posts.

    Exit status: 0 fine; 1 a notebook or post needs attention; 2 the command line or the settings are wrong.
    """
    from converter.terminal import Terminal

    terminal = Terminal(quiet=quiet, verbose=verbose, live=not os.environ.get("CI"))
    context.obj = _Session(site=site, terminal=terminal)


@cli.command(
    short_help="Run what is not fresh, write the posts that differ.",
    epilog=_examples(
        "nbpress build", "nbpress build _notebooks/2026-10-05-word-vectors-with-spacy.ipynb --execute always"
    ),
)
@_NOTEBOOKS
@click.option(
    "--execute",
    type=click.Choice(settings.EXECUTE),
    help="When to run code, for the notebooks whose front matter does not say.",
)
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="How many notebooks run at once; by default one per CPU."
)
@click.option("--why", is_flag=True, help="Say why each notebook runs or does not.")
@click.pass_obj
@_voice
def build(session: _Session, notebooks: tuple[Path, ...], execute: str | None, jobs: int | None, *, why: bool) -> int:
    """Run the notebooks that are not fresh, write the posts that differ."""
    from converter import pipeline

    config, terminal = session.config(), session.terminal
    report = pipeline.build(config, notebooks, asked=execute, jobs=jobs, progress=terminal)
    if why:
        for path, reason in report.reasons:
            terminal.out.print(f"{path}: {reason}", markup=False)
    terminal.findings(report.findings)
    terminal.built(report, config.posts)
    return ATTENTION if report.failed else 0


@cli.command(
    short_help="Say which posts are not what their notebooks say.",
    epilog=_examples("nbpress check --diff", "nbpress check --format github"),
)
@_NOTEBOOKS
@click.option("--diff", is_flag=True, help="Show how posts differ from what they should be.")
@_layouts("text", "github", "json", text="For people, as annotations of GitHub, or for programs.")
@click.option(
    "--reproduce", is_flag=True, help="Also run the notebooks, in a copy of the blog, and compare their outputs."
)
@click.pass_obj
@_voice
def check(session: _Session, notebooks: tuple[Path, ...], layout: str, *, diff: bool, reproduce: bool) -> int:
    """Say which posts are not what their notebooks say; run nothing, write nothing."""
    from converter import pipeline

    config, terminal = session.config(), session.terminal
    report = pipeline.check(config, notebooks)
    if reproduce:
        report = report.merged(pipeline.reproduce(config, notebooks, progress=terminal))
    terminal.checked(report, layout, config.root, diff=diff)
    return ATTENTION if report.failed else 0


@cli.command(
    short_help="Show the state of every notebook.",
    epilog=_examples("nbpress status", "nbpress status --format json"),
)
@_NOTEBOOKS
@_layouts("text", "json", text="For people or for programs.")
@click.pass_obj
@_voice
def status(session: _Session, notebooks: tuple[Path, ...], layout: str) -> int:
    """Show for each notebook if its outputs are fresh, if its post is current, and if Jekyll lists it, or why not."""
    import datetime

    from converter import pipeline

    # The clock decides nothing that is written: Jekyll asks it, too, for the posts of the future.
    today = datetime.datetime.now(datetime.UTC).date()
    report, statuses = pipeline.status(session.config(), notebooks, today)
    session.terminal.statuses(statuses, layout)
    session.terminal.findings(report.findings, aside=layout == "json")
    return ATTENTION if report.failed else 0


@cli.command(
    short_help="Accept stored outputs without a run.", epilog=_examples("nbpress adopt _notebooks/2020-01-02-old.ipynb")
)
@click.argument("notebooks", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="NOTEBOOK...")
@click.pass_obj
@_voice
def adopt(session: _Session, notebooks: tuple[Path, ...]) -> int:
    """Accept stored outputs without a run: they count as fresh until the code changes."""
    from converter import pipeline

    report = pipeline.adopt(session.config(), notebooks, progress=session.terminal)
    session.terminal.findings(report.findings)
    for path in report.written:
        session.terminal.say(f"adopted the outputs of {path}")
    return ATTENTION if report.failed else 0


@cli.command(
    short_help="Show the blog in a browser, follow every save.",
    epilog=_examples("nbpress serve --open", "nbpress serve --lan --drafts"),
)
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Where to listen; by default 4000, or the next port that is free."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen at; this one is seen by this machine only.",
)
@click.option("--lan", is_flag=True, help="Let everybody in your network see the preview; the same as --host 0.0.0.0.")
@click.option("--drafts", is_flag=True, help="Show drafts, unpublished and future posts too, with a label.")
@click.option("--open", "browse", is_flag=True, help="Open the blog in a browser.")
@click.pass_obj
@_voice
def serve(session: _Session, port: int | None, host: str, *, lan: bool, drafts: bool, browse: bool) -> int:
    """Show the blog in a browser; the page follows every save of a notebook."""
    from converter import serve as preview

    host = preview.EVERYBODY if lan else host
    return preview.serve(session.config, session.terminal, host=host, port=port, drafts=drafts, browse=browse)


@cli.command(
    short_help="Build everything that is published.",
    epilog=_examples("nbpress site", "nbpress site --check --url https://you.github.io --baseurl /blog"),
)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Build and run no notebook; stop if a post is not what its notebook says.",
)
@click.option("--url", metavar="URL", help="The host where the site will be, instead of the url in _config.yml.")
@click.option(
    "--baseurl", metavar="PATH", help="The path below that host; if _config.yml says another, nothing is built."
)
@click.pass_obj
@_voice
def site(session: _Session, url: str | None, baseurl: str | None, *, only_check: bool) -> int:
    """Build everything that is published into _site/: posts, pages by Jekyll, the index of the search."""
    from converter import jekyll, pipeline
    from converter import site as sites

    config, terminal = session.config(), session.terminal
    place = sites.Place(url=url, baseurl=baseurl)
    sites.require(place, config)
    jekyll.command(config.root)  # nothing is run for a site that cannot be built
    if only_check:
        report = pipeline.check(config)
        terminal.checked(report, "text", config.root, diff=False)
    else:
        report = pipeline.build(config, progress=terminal)
        terminal.findings(report.findings)
        terminal.built(report, config.posts)
    if report.failed:
        terminal.say("the site was not built: see above", "red")
        return ATTENTION
    lines: list[str] = []
    if not sites.build(config, place, terminal.say if terminal.verbose else lines.append):
        for line in lines:
            terminal.say(line)
        terminal.say(f"{sites.FOLDER}/ is not fit to be published: see above", "red")
        return ATTENTION
    terminal.say(f"{sites.FOLDER}/ is ready to be published.", "green")
    return 0


@cli.command(
    short_help="Make a dated notebook with front matter.",
    epilog=_examples('nbpress new "Word vectors with spaCy"', "nbpress new Totals --date 2026-11-02 --open"),
)
@click.argument("title")
@click.option(
    "--date",
    "day",
    type=_Day(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day in its name and of its post; by default today.",
)
@click.option("--open", "browse", is_flag=True, help="Open it, in JupyterLab if that is installed.")
@click.pass_obj
@_voice
def new(session: _Session, title: str, day: datetime.datetime | None, *, browse: bool) -> int:
    """Make a notebook with a date, a title and front matter, and print its path; nothing is ever overwritten."""
    import datetime

    from converter import new as notebooks

    config = session.config()
    today = datetime.date.today()  # noqa: DTZ011 - the author's own day, the only place where it matters
    file = notebooks.notebook(title, day.date() if day else today, config)
    session.terminal.out.print(os.path.relpath(file), markup=False)
    if browse and not notebooks.opened(file):
        session.terminal.say(
            f"{file.name} could not be opened: pip install jupyterlab, or open it in your editor", "red"
        )
        return ATTENTION
    return 0


@cli.command(short_help="Remove what nbpress can make again.", epilog=_examples("nbpress clean --posts"))
@click.option("--posts", is_flag=True, help="Also remove the posts and images that nbpress made.")
@click.pass_obj
@_voice
def clean(session: _Session, *, posts: bool) -> int:
    """Remove what nbpress remembers (.nbpress/); the next build may take longer and gives the same."""
    from converter import pipeline

    for path in pipeline.clean(session.config(), posts=posts, progress=session.terminal).removed:
        session.terminal.say(f"removed {path}")
    return 0


def main(arguments: list[str] | None = None) -> None:
    """Run the command that *arguments* (default: those of the process) name, and exit with its status."""
    gc.set_threshold(workers.YOUNG)  # what is imported stays, and to search it again and again takes a tenth of a start
    if arguments is None:
        process.speak_utf8()
    process.open_streams()
    interrupts.heed()
    try:
        status = cli.main(args=arguments, prog_name="nbpress", standalone_mode=False)
    except click.exceptions.Exit as leave:
        status = leave.exit_code
    except click.ClickException as error:
        error.show()
        status = WRONG
    except (click.Abort, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is being ended already
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # what a hasty second Ctrl-C leaves undone is no news
        click.echo("interrupted", err=True)
        status = INTERRUPTED
    except ConfigError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        status = WRONG
    except ConverterError as error:
        click.echo(str(error), err=True)
        status = ATTENTION
    except OSError as error:  # of a disk or a stream that refuses what every stage takes for granted
        with contextlib.suppress(OSError):
            where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
            click.echo(f"nbpress cannot go on: {where}{error.strerror or error}", err=True)
        process.close_streams()
        status = ATTENTION
    sys.exit(status or 0)
