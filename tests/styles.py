"""How tools lay out the JSON of a notebook: what nbpress writes back keeps to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def _plain(nb: dict[str, Any]) -> str:
    return json.dumps(nb, indent=1, ensure_ascii=False) + "\n"


STYLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "as-jupyter-saves": _plain,
    "two-spaces": lambda nb: json.dumps(nb, indent=2, ensure_ascii=False) + "\n",
    "tabs": lambda nb: json.dumps(nb, indent="\t", ensure_ascii=False) + "\n",
    "one-line": lambda nb: json.dumps(nb, ensure_ascii=False),
    "ascii-escapes": lambda nb: json.dumps(nb, indent=1),
    "crlf": lambda nb: _plain(nb).replace("\n", "\r\n"),
    "byte-order-mark": lambda nb: "\ufeff" + _plain(nb),
}
"""From a notebook to the text of its file."""


def notebook() -> dict[str, Any]:
    """Return a notebook whose keys stand in no usual order, with keys that nobody knows."""
    code = {"source": ["print(\n", "  'ü', '\\u2028')"], "outputs": [], "execution_count": 3, "metadata": {}}
    text = {"source": "# Ünïcödé 🎉", "metadata": {"b": 1, "a": 2}, "cell_type": "markdown"}
    metadata = {"z": None, "kernelspec": {"name": "python3", "display_name": "Python 3"}, "a": [1.0, 1e100]}
    return {"nbformat_minor": 2, "nbformat": 4, "metadata": metadata, "cells": [text, {**code, "cell_type": "code"}]}
