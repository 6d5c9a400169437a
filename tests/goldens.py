"""The golden notebooks: small blogs in `notebooks/`, and what they become; as a command, write `expected/` anew."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from converter import config, convert, discover, survey
from converter.errors import ConverterError
from converter.model import Finding

FOLDER = Path(__file__).parent / "notebooks"
REFERENCE = "seed"
"""The post that was there before nbpress: it is never written anew."""
FINDINGS = "findings.txt"
"""What the author of the notebooks sees, beside posts and images; no file if that is nothing."""
ACCEPT = "if this is how it should be: `make goldens`, and look at what it changes"


def names() -> list[str]:
    """Return the golden blogs."""
    return sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())


def made(name: str) -> dict[str, bytes]:
    """Return posts, images and findings of the golden blog *name*, by path; nothing is run or written."""
    settings = config.load(FOLDER / name)
    found: dict[str, bytes] = {}
    findings: list[str] = []
    for source in discover.sources(settings):
        try:
            opened = survey.opened(survey.Plan(source=source, post=source.path, state=None), settings)
            post = convert.notebook(opened.nb, source, settings, opened.matter)
        except ConverterError as error:
            findings.append(str(Finding.of(error)))
            continue
        found |= {str(post.path): post.text.encode(), **{str(asset.path): asset.content for asset in post.assets}}
        findings += [f"{finding.severity} {finding}" for finding in post.findings]
    return found | ({FINDINGS: "".join(f"{line}\n" for line in findings).encode()} if findings else {})


def expected(name: str) -> dict[str, bytes]:
    """Return the committed files of the golden blog *name*, by path."""
    folder = FOLDER / name / "expected"
    there = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in there}


def rewrite(name: str) -> None:
    """Make the committed files of the golden blog *name* what it becomes now."""
    folder = FOLDER / name / "expected"
    wanted = made(name)
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def main(arguments: list[str]) -> int:
    """Rewrite all goldens but the reference, or those that *arguments* name; return the exit status."""
    if os.environ.get("CI"):
        print("goldens are reviewed before they are committed; CI does not write them", file=sys.stderr)
        return 1
    unknown = set(arguments) - set(names())
    if unknown or REFERENCE in arguments:
        reason = f"there is no golden blog {min(unknown)}" if unknown else f"{REFERENCE} is the reference"
        print(f"{reason}; choose from {', '.join(name for name in names() if name != REFERENCE)}", file=sys.stderr)
        return 1
    for name in arguments or names():
        if name != REFERENCE:
            rewrite(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
