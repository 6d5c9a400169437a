"""What nbformat's schema wants of a notebook, asked of each cell and output by its own kind only."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastjsonschema
import nbformat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbformat import NotebookNode

VERSION = (4, 4)
"""The format of which this knows: the last one without ids of cells."""
_FREED = ("additionalProperties", "description")
_Validators = dict[str, "Callable[[Any], Any]"]


def is_valid(nb: NotebookNode) -> bool:
    """Tell whether `nbformat.validate` with `relax_add_props` has nothing to say of *nb*, ten times as fast.

    If not, it may have: only nbformat knows what, and where.
    """
    if (nb["nbformat"], nb["nbformat_minor"]) != VERSION:
        return False
    whole, cells, outputs = _validators()
    try:
        whole({**nb, "cells": []})
        for cell in nb["cells"]:
            cells[cell["cell_type"]](cell)
            for output in cell["outputs"] if cell["cell_type"] == "code" else ():
                outputs[output["output_type"]](output)
    except (fastjsonschema.JsonSchemaException, LookupError, TypeError):
        return False
    return True


@cache
def _validators() -> tuple[Callable[[Any], Any], _Validators, _Validators]:
    """Return what asks of a notebook without its cells, and of cells and outputs by kind.

    The schema itself says of a cell that it is one of three things; every validator tries all of them, and writes down
    at length what speaks against two.
    """
    file = Path(nbformat.v4.__file__).with_name(nbformat.v4.nbformat_schema[VERSION])
    schema = _eased(json.loads(file.read_text("utf-8")))
    definitions = schema.pop("definitions")
    kinds = [dict(_kinds(definitions, *of)) for of in (("cell", "cell_type"), ("output", "output_type"))]
    definitions |= {"cell": {}, "output": {}}

    def compiled(part: dict[str, Any]) -> Callable[[Any], Any]:
        whole = {**part, "$schema": schema["$schema"], "definitions": definitions}
        validator: Callable[[Any], Any] = fastjsonschema.compile(whole, use_formats=False, detailed_exceptions=False)
        return validator

    cells, outputs = ({kind: compiled(part) for kind, part in of.items()} for of in kinds)
    return compiled(schema), cells, outputs


def _eased(part: Any) -> Any:  # noqa: ANN401 - JSON
    """Return *part* of the schema with any property allowed.

    Its alternatives exclude each other, so the first that fits is the one.
    """
    if isinstance(part, dict):
        return {"anyOf" if key == "oneOf" else key: _eased(it) for key, it in part.items() if key not in _FREED}
    return [_eased(it) for it in part] if isinstance(part, list) else part


def _kinds(definitions: dict[str, Any], name: str, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the kinds of what *definitions* call *name*, with the definition of each, which says it under *key*."""
    for alternative in definitions[name]["anyOf"]:
        definition = definitions[alternative["$ref"].rpartition("/")[2]]
        yield definition["properties"][key]["enum"][0], definition
