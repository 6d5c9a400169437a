"""The Jinja environment: the blog's own templates first, then those that come with nbpress."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import jinja2.sandbox

from converter import liquid
from converter.config import OWN_TEMPLATES
from converter.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import PurePosixPath

    from converter.config import Config


def render(config: Config, name: str, **values: object) -> str:
    """Return what the template *name* makes of *values*; raise `RenderError` with the template's line if it fails."""
    try:
        return _environment(config.root, config.templates).get_template(name).render(values)
    except jinja2.TemplateSyntaxError as error:
        message = f"template {error.name or name}, line {error.lineno}: {error.message}"
        raise RenderError(message, hint="fix the template") from error
    except jinja2.TemplateNotFound as error:
        raise RenderError(f"template {error.name} is not there", hint=f"it is used by {name}") from error
    except Exception as error:  # a template can raise anything
        raise RenderError(f"template {_place(error, name)}: {error}", hint="fix the template") from error


def refresh(config: Config) -> None:
    """Let templates that have changed be read again. To ask before each of a post's many pieces takes a tenth more."""
    _environment(config.root, config.templates).refresh()


class _Environment(jinja2.sandbox.SandboxedEnvironment):
    """Jinja for a blog: a template of its own folder comes before ours of the same name."""

    def __init__(self, root: Path, templates: PurePosixPath) -> None:
        folder = root / templates
        super().__init__(
            loader=jinja2.FileSystemLoader([folder, OWN_TEMPLATES]),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            cache_size=0,
            autoescape=False,  # every value is HTML already, or escaped by name at the point of use
        )
        self.filters["liquid_string"] = liquid.string
        self.filters["liquid_label"] = liquid.label
        self._folder = folder
        self._state = 0
        self._known: dict[str, jinja2.Template] = {}

    def get_template(self, name: str | jinja2.Template, *args: Any, **values: Any) -> jinja2.Template:  # noqa: ANN401
        """Return the template *name*; an `include` for every cell and output asks, and Jinja's own cache is slower."""
        return self._known.get(str(name)) or super().get_template(name, *args, **values)

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> jinja2.Template:  # noqa: A002
        """Return the template *name* and remember it, whether it was asked for alone or as one of several."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = super()._load_template(name, globals)
        return found

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the names that a template knows besides its values: a plain dictionary, as each `include` copies it.

        Jinja's `ChainMap`, which would follow changes of the environment, takes ten times as long.
        """
        return {**self.globals, **(d or {})}

    def refresh(self) -> None:
        """Forget all templates if one of those in use has changed, or one has come to the folder or gone from it.

        Those that come with nbpress change as its code does: not while it runs.
        """
        try:
            state = self._folder.stat().st_mtime_ns
        except OSError:
            state = 0
        own = str(self._folder)
        used = [it for it in self._known.values() if str(it.filename).startswith(own)]
        if state != self._state or not all(template.is_up_to_date for template in used):
            self._known.clear()
        self._state = state


_environment = lru_cache(maxsize=4)(_Environment)
"""One per process and folder."""


def _place(error: BaseException, name: str) -> str:
    """Return the template and line in which *error* was raised."""
    place, trace = name, error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.name.endswith(".j2"):
            place = f"{file.name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
