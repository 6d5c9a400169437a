"""Widgets of a notebook: which of them a page can show, and the state that it needs for them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbformat import NotebookNode

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
"""Where in a notebook's metadata Jupyter keeps what its widgets show."""
_DRAWN = frozenset({"@jupyter-widgets/base", "@jupyter-widgets/controls", "@jupyter-widgets/output"})
"""The packages whose widgets the runtime knows; all others would be fetched from elsewhere."""
_LINKS = frozenset({"LinkModel", "DirectionalLinkModel"})
"""What `jslink` and `jsdlink` make: two widgets that have a value in common."""
_REFERENCE = re.compile(r'(?:IPY_MODEL_|"model_id": ")([\w-]+)')
"""How a model names another one: as a part of itself, or as an output of what it has recorded."""


def state_of(nb: NotebookNode) -> dict[str, Any]:
    """Return the widget models that *nb* has stored, by their ids."""
    stored = (nb.metadata.get("widgets") or {}).get(STATE)
    models = stored.get("state") if isinstance(stored, dict) else None
    return dict(models) if isinstance(models, dict) else {}


def normal(stored: object) -> dict[str, Any]:
    """Return what a notebook's metadata holds of widgets as the schema wants it; what cannot be read is left out.

    Colab keeps the models where everybody else has `state` with the models in it.
    """
    found = {}
    for mimetype, held in stored.items() if isinstance(stored, dict) else ():
        if isinstance(held, dict) and held and all(isinstance(it, dict) and "model_name" in it for it in held.values()):
            found[mimetype] = {"state": held, "version_major": 2, "version_minor": 0}
        elif isinstance(held, dict) and "state" in held:
            found[mimetype] = held
    return found


def shown(output: NotebookNode) -> str:
    """Return the id of the model that *output* is a view of; empty if it is none."""
    view = (output.get("data") or {}).get(VIEW)
    if isinstance(view, str):
        try:
            view = json.loads(view)
        except ValueError:
            return ""
    return str(view.get("model_id") or "") if isinstance(view, dict) else ""


def reachable(models: Mapping[str, Any], ids: Iterable[str]) -> list[str]:
    """Return the *ids* that *models* has and those of all models that they refer to, in the order of first mention.

    The links between them come last: nothing refers to these, and in the page they work without the kernel.
    """
    found: dict[str, None] = {}
    waiting = list(ids)
    while waiting:
        model = waiting.pop(0)
        if model in models and model not in found:
            found[model] = None
            waiting += _REFERENCE.findall(json.dumps(models[model], sort_keys=True))
    return [*found, *_links(models, list(found))]


def _links(models: Mapping[str, Any], shown: list[str]) -> list[str]:
    """Return the links of *models* that have both their ends in *shown*, in an order that depends on the ends only."""
    places = {model: place for place, model in enumerate(shown)}
    found = []
    for name, model in models.items():
        if isinstance(model, dict) and model.get("model_name") in _LINKS and name not in places:
            text = json.dumps(model.get("state"), sort_keys=True)
            ends = _REFERENCE.findall(text)
            if ends and places.keys() >= set(ends):
                found.append(([places[end] for end in ends], _REFERENCE.sub("", text), name))
    return [name for _, _, name in sorted(found)]


def foreign(models: Mapping[str, Any], model: str) -> str:
    """Return the package of a part of *model* that the runtime cannot draw; empty if it can draw all of them."""
    packages = (models[name].get("model_module") for name in reachable(models, [model]) if _is_model(models[name]))
    return next((it for it in packages if isinstance(it, str) and it and it not in _DRAWN), "")


def is_drawn(models: Mapping[str, Any], model: str) -> bool:
    """Tell whether the runtime can draw *model* with all that is in it."""
    parts = [models[name] for name in reachable(models, [model])]
    return bool(parts) and all(_is_model(part) and str(part.get("model_module")) in _DRAWN for part in parts)


def _is_model(stored: object) -> bool:
    return isinstance(stored, dict)


def page_state(models: Mapping[str, Any], ids: Iterable[str]) -> dict[str, Any]:
    """Return the document that the runtime reads: those of *models* that views of *ids* need."""
    return {
        "state": {name: models[name] for name in sorted(reachable(models, ids))},
        "version_major": 2,
        "version_minor": 0,
    }


def with_state(nb: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """Give *nb* the state of the widgets that its outputs show, as *executed* has it, and return *nb*.

    What the run made and nobody sees is left out; without any view the notebook holds no state.
    """
    models = state_of(executed)
    views = [shown(output) for cell in nb.cells if cell.cell_type == "code" for output in cell.outputs]
    kept = page_state(models, views)
    others = {key: value for key, value in (nb.metadata.get("widgets") or {}).items() if key != STATE}
    if kept["state"]:
        others[STATE] = nbformat.from_dict(kept)
    if others:
        nb.metadata.widgets = nbformat.from_dict(others)
    else:
        nb.metadata.pop("widgets", None)
    return nb
