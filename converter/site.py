"""The whole site as it is published: posts, then Jekyll, then the index of its search, in `_site/`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter import config as settings
from converter import files, jekyll, yaml_text
from converter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from converter.config import Config

FOLDER = "_site"
SEARCH = "pagefind"
NO_SEARCH = (
    "Pagefind is not installed, so the site has no search: `pip install 'nbpress[search]'`, "
    f"or take {SEARCH} out of keep_files in {settings.FILE} if the site needs none"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WRONG = re.compile(r"\s*(?:Build Warning|Liquid Warning|Liquid Exception|Conflict|Error|YAML Exception|Invalid)\b.*:")
"""What Jekyll goes on after, and readers stumble over: a layout that is missing, two pages at one address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the site will be seen, if whoever builds it knows that."""

    url: str | None = None
    """The host, such as `https://you.github.io`; Jekyll's `url` otherwise."""
    baseurl: str | None = None
    """The path below it, such as `/blog`, or empty."""


def require(place: Place, config: Config) -> None:
    """Raise `ConfigError` if the site of *config* would not work at *place*.

    Jekyll could be told another `baseurl`; the posts, which hold it, could not.
    """
    if place.baseurl is None or f"/{place.baseurl.strip('/')}".rstrip("/") == config.baseurl:
        return
    wanted, said = (f'"{path}"' for path in (f"/{place.baseurl.strip('/')}".rstrip("/"), config.baseurl))
    message = (
        f"{settings.FILE}: baseurl: the site will be seen below {wanted}, but {said} stands here and in the addresses "
        f"of images in posts; write `baseurl: {wanted}`, run `nbpress build`, and commit what it changes"
    )
    raise ConfigError((message,))


def build(config: Config, place: Place, hear: Callable[[str], None]) -> bool:
    """Let Jekyll and Pagefind build the site of the posts as they are; tell whether all went well.

    *hear* gets what they say, line by line. Raises `ConfigError` if Jekyll is missing, or Pagefind where the site has
    a search: where `keep_files` names its folder.
    """
    command, environment = jekyll.command(config.root)
    search = index_command(config.root)
    files = [settings.FILE, *_override(config.root, place)]
    arguments = ["build", "--strict_front_matter", "--config", ",".join(files), "--destination", FOLDER]
    environment = {"JEKYLL_ENV": "production"} | environment
    wrong = False

    def listen(line: str) -> None:
        nonlocal wrong
        wrong = wrong or _WRONG.match(line) is not None
        hear(line)

    if _run([*command, *arguments], config.root, environment, listen) != 0 or wrong:
        return False
    return not search or _run([*search, "--site", FOLDER], config.root, environment, hear) == 0


def index_command(root: Path) -> list[str]:
    """Return the command that makes the index of the search; empty if the blog at *root* has none.

    Raises `ConfigError` if the program is not installed.
    """
    if SEARCH not in ((yaml_text.load((root / settings.FILE).read_bytes()) or {}).get("keep_files") or ()):
        return []
    if importlib.util.find_spec("pagefind"):
        return [sys.executable, "-m", "pagefind"]
    if found := shutil.which("pagefind"):
        return [found]
    raise ConfigError((NO_SEARCH,))


def _override(root: Path, place: Place) -> list[str]:
    """Write the settings that *place* has besides those of the blog; return the names of files that hold some."""
    if place.url is None:
        return []
    file = root / files.STATE / "site.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"url: {yaml_text.dump(place.url.rstrip('/'), style=chr(34))}\n", "utf-8")
    return [file.relative_to(root).as_posix()]


def _run(command: list[str], folder: Path, environment: dict[str, str], hear: Callable[[str], None]) -> int:
    """Run *command* in *folder*; *hear* gets its lines without colours. Return its status."""
    with subprocess.Popen(  # noqa: S603 - from PATH
        command,
        cwd=folder,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        for line in process.stdout:
            hear(_COLOUR.sub("", line).rstrip())
    return process.returncode
