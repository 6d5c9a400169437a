"""The Jinja environment: the blog's own templates first, then those that come with nbpress."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from converter import liquid
from converter.config import OWN_TEMPLATES
from converter.errors import RenderError

if TYPE_CHECKING:
    from converter.config import Config


def render(config: Config, name: str, **values: object) -> str:
    """Return what the template *name* makes of *values*; raise `RenderError` with the template's line if it fails."""
    try:
        folder = config.root / config.templates
        return _environment(folder, _state(folder)).get_template(name).render(values)
    except jinja2.TemplateSyntaxError as error:
        message = f"template {error.name or name}, line {error.lineno}: {error.message}"
        raise RenderError(message, hint="mend the template") from error
    except jinja2.TemplateNotFound as error:
        raise RenderError(f"template {error.name} is not there", hint=f"it is used by {name}") from error
    except Exception as error:  # a template can raise anything
        raise RenderError(f"template {_place(error, name)}: {error}", hint="mend the template") from error


def _state(folder: Path) -> int:
    """Return what changes when a template comes to *folder* or goes from it."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _environment(folder: Path, state: int) -> jinja2.Environment:  # noqa: ARG001 - another state, another environment
    """Return the environment for a blog whose own templates lie in *folder*; one per process and *state*."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, OWN_TEMPLATES]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=True,
        autoescape=False,  # noqa: S701 - every value is HTML already, or escaped by name at the point of use
    )
    environment.filters["liquid_string"] = liquid.string
    return environment


def _place(error: BaseException, name: str) -> str:
    """Return the template and line in which *error* was raised."""
    place, trace = name, error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.name.endswith(".j2"):
            place = f"{file.name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
