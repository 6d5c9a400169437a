"""The blog of this checkout, built by Jekyll once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.jekyll import site

if TYPE_CHECKING:
    from tests.jekyll.site import Site


@pytest.fixture(scope="session")
def showcase(tmp_path_factory: pytest.TempPathFactory, requires_jekyll: str) -> Site:
    """Build the blog of this checkout, as it is committed."""
    folder = tmp_path_factory.mktemp("showcase")
    return site.build(site.copy_checkout(folder / "blog"), folder / "host", requires_jekyll)
