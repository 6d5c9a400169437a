"""Jekyll as a process that stays: it builds what it is told to, and answers.

The process runs `jekyll build` with one more plugin, `plugin/stay.rb`, which takes over once settings and plugins are
loaded. Orders are lines of JSON on its standard input; when that ends, however this process comes to its end, it ends.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import yaml

from converter import config as settings
from converter import jekyll

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from converter.config import Config

FOLDER = Path(".nbpress/preview")
"""Where the previewed site and its settings lie, below the blog's root: never among what gets published."""
SITE = FOLDER / "site"
UNLISTED = ("--drafts", "--unpublished", "--future")
_PLUGIN = Path(__file__).parent / "plugin"
_PATIENCE = 3
"""Seconds that Jekyll may take to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Jekyll says."""

    order: int = 0
    """The order it speaks of; 0 for what it says by itself."""
    done: str = ""
    """`part`, `all`, or `failed`; empty for a message."""
    says: str = ""
    """`warning` or `error`, for a message."""
    message: str = ""
    unlisted: tuple[dict[str, str], ...] = ()
    """The posts that readers of the published blog do not find, with `url`, `title` and `reason`."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Where each post is, by its own path and by that of its notebook; with the `baseurl`, without escapes."""


class Engine:
    """Jekyll for the blog of *config*; *hear* gets its answers, in a thread of their own."""

    def __init__(self, config: Config, hear: Callable[[Answer], None], *, drafts: bool) -> None:
        """Start nothing yet; with *drafts*, drafts, unpublished and future posts are part of the site."""
        self.config = config
        """The settings that hold from the next start on."""
        self._hear = hear
        self._drafts = drafts
        self._process: subprocess.Popen[str] | None = None
        self._listener = threading.Thread()
        self._orders = 0

    def start(self) -> None:
        """Start Jekyll, or start it anew if it runs; raise `ConfigError` if there is none."""
        self.stop()
        command, environment = jekyll.command(self.config.root)
        folder = self.config.root / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        own = folder / settings.FILE
        own.write_text(yaml.safe_dump(_overrides(self.config)), "utf-8")
        arguments = ["build", "--config", f"{settings.FILE},{FOLDER.as_posix()}/{own.name}"]
        arguments += ["--destination", SITE.as_posix(), *(UNLISTED if self._drafts else ())]
        self._process = subprocess.Popen(  # noqa: S603 - from PATH
            [*command, *arguments],
            cwd=self.config.root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C is ours to hear
        )
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()

    def order(self, read: Iterable[str] = (), show: Iterable[str] = ()) -> int:
        """Have the files *read* and the pages *show* rendered at once, then everything; return the order's number."""
        self._orders += 1
        line = json.dumps({"order": self._orders, "read": [*read], "show": [*show]}) + "\n"
        if self._process and self._process.stdin:
            with contextlib.suppress(OSError):  # it has ended, and `status` says so
                self._process.stdin.write(line)
                self._process.stdin.flush()
        return self._orders

    @property
    def status(self) -> int | None:
        """Return with what status Jekyll has ended; None while it runs."""
        return self._process.poll() if self._process else None

    def stop(self) -> None:
        """End Jekyll, if it runs."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            if process.stdin:
                process.stdin.close()
        try:
            process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._listener.join(timeout=_PATIENCE)

    def _listen(self, lines: IO[str]) -> None:
        """Tell what the process says until it ends; what is no answer is Jekyll's talk before it knew us."""
        with lines:
            for line in lines:
                with contextlib.suppress(ValueError, TypeError):
                    said: dict[str, Any] = json.loads(line)
                    self._hear(Answer(**said | {"unlisted": tuple(said.get("unlisted", ()))}))


def _overrides(config: Config) -> dict[str, Any]:
    """Return the settings that a preview has for itself.

    Without `url`, absolute links lead to the host by which the reader came, from another machine as well.
    """
    return {
        "plugins_dir": [*map(str, config.plugins), str(_PLUGIN)],
        "url": "",
        "cache_dir": (FOLDER / "cache").as_posix(),
    }
