"""A new notebook: its name, and the cells that it begins with."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from converter import discover, front_matter, yaml_text
from converter.errors import ConfigError, FrontMatterError

if TYPE_CHECKING:
    from datetime import date

    from converter.config import Config
    from converter.model import Source

_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ł": "l", "ŋ": "ng", "þ": "th"}
)
"""Letters with Latin equivalents that Unicode does not take apart."""
_ACCENTS = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")
_APOSTROPHES = re.compile("(?<=\\w)['\u2019](?=\\w)")
_LONGEST = 70
"""Characters of a slug: in any script less than the 255 bytes that file systems take."""
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_HEADING = f"# {{title}}\n> {front_matter.PLACEHOLDER}\n\n- categories: []\n- toc: true"
_YAML = f"---\ntitle: {{title}}\ndescription: {front_matter.PLACEHOLDER}\ncategories: []\ntoc: true\n---"


def notebook(title: str, day: date, config: Config) -> Path:
    """Write a notebook about *title*, dated *day*, and return its file.

    Raises `ConfigError` if the title has no letter or digit, or if there is such a notebook already.
    """
    title = " ".join("".join(letter if letter.isprintable() else " " for letter in title).split())
    name = slug(title)
    if not name:
        raise ConfigError((f"{title!r} has no letter or digit that could name a file; choose another title",))
    file = config.root / config.source / f"{day.isoformat()}-{name}.ipynb"
    source = discover.source(file, config)
    text = json.dumps(_content(title, source, config), indent=1, ensure_ascii=False) + "\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as unwritten, file.open("x", encoding="utf-8", newline="\n") as stream:
            unwritten.callback(file.unlink)  # half a notebook would only be in the way
            stream.write(text)
            stream.flush()
            unwritten.pop_all()
    except FileExistsError as error:
        message = f"{source.path} is there already, and stays as it is; choose another title or --date"
        raise ConfigError((message,)) from error
    except OSError as error:
        raise ConfigError((f"{source.path} cannot be written: {error.strerror}",)) from error
    return file


def opened(file: Path) -> bool:
    """Open the notebook at *file* in JupyterLab, or in what the system has for notebooks; tell whether that worked.

    JupyterLab stays in the foreground until it is ended.
    """
    here = Path(sys.executable).parent
    lab = shutil.which("jupyter-lab", path=os.pathsep.join([str(here), os.environ.get("PATH", os.defpath)]))
    if lab is None:
        return click.launch(str(file)) == 0
    with subprocess.Popen([lab, str(file)]) as process:  # noqa: S603 - from PATH
        while True:
            try:
                return process.wait() == 0
            except KeyboardInterrupt:  # it asks whether that was meant
                continue


def slug(title: str) -> str:
    """Return *title* as a part of an address: lower case, words joined by hyphens.

    Accents fall away (`é` is `e`), some letters become two (`ß` is `ss`); letters of other scripts stay as they are.
    """
    letters = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", title).lower().translate(_LETTERS)).lower()
    letters = unicodedata.normalize("NFC", _ACCENTS.sub("", letters))
    words = "".join(it if unicodedata.category(it)[0] in "LMN" else " " for it in letters).split()
    name = "-".join(words)
    return name if len(name) <= _LONGEST else name[:_LONGEST].rpartition("-")[0] or name[:_LONGEST]


def _content(title: str, source: Source, config: Config) -> dict[str, Any]:
    """Return a notebook whose front matter has this *title* to the letter.

    A heading is what authors like to see; what would not read back from it, such as a quoted word, stands in YAML.
    """
    import nbformat

    heading = {"cell_type": "markdown", "source": _HEADING.format(title=title)}
    block = {"cell_type": "raw", "source": _YAML.format(title=yaml_text.dump(title, style='"'))}
    for first in (heading, block):
        made = _notebook(first)
        try:
            if front_matter.parse(nbformat.from_dict(made), source, config).values["title"] == title:
                return made
        except FrontMatterError:
            continue
    raise AssertionError(title)


def _notebook(first: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook that has the cell *first* and an empty one for code."""
    code: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "code",
        "metadata": {},
        "outputs": [],
        "source": "",
    }
    return {
        "cells": [{"id": "front-matter", "metadata": {}, **first}, code],
        "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
