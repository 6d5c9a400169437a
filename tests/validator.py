"""The Nu HTML checker over files: everything that is no HTML, with file and line."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Sequence

JAR = Path(__file__).parent / "tools/node_modules/vnu-jar/build/dist/vnu.jar"
INSTALL = "The HTML checker is not installed: on Debian or Ubuntu `apt install default-jre npm`, then `make test`"


def command() -> tuple[str, ...] | None:
    """Return the command that starts the checker, or nothing where it is not installed."""
    java = shutil.which("java")
    return (java, "-jar", str(JAR)) if java and JAR.is_file() else None


def errors(checker: Sequence[str], files: Sequence[Path], root: Path) -> list[str]:
    """Return what *checker* says against *files*, as `PATH:LINE: MESSAGE [MARKUP]` with paths below *root*.

    One call for all files: starting Java takes longer than checking a site. Style sheets inside of pages count as well;
    advice (the checker's `info`) does not.
    """
    if not files:
        return []
    done = subprocess.run(
        [*checker, "--format", "json", "--errors-only", *map(str, files)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    return [_line(message, root) for message in json.loads(done.stderr)["messages"]]


def _line(message: dict[str, str], root: Path) -> str:
    """Return one complaint as people read it."""
    path = Path(unquote(message["url"].removeprefix("file:"))).resolve()
    where = path.relative_to(root.resolve()).as_posix()
    return f"{where}:{message.get('lastLine', 1)}: {message['message']} [{message.get('extract', '').strip()}]"
