"""YAML 1.1, as Jekyll reads it, with the speed of libyaml where PyYAML has it."""

from __future__ import annotations

from typing import Any

import yaml

Error = yaml.YAMLError
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str | bytes) -> Any:  # noqa: ANN401 - YAML holds anything
    """Return what *text* means; raise `Error` or `ValueError` if it means nothing."""
    return yaml.load(text, _Loader)  # noqa: S506 - both are safe loaders


def dump(value: object, *, style: str | None = None, flow: bool = False) -> str:
    """Return *value* on one line."""
    text = yaml.safe_dump(
        value, default_style=style, default_flow_style=flow, allow_unicode=True, sort_keys=False, width=1 << 30
    )
    return text.removesuffix("\n").removesuffix("\n...")
