"""Jekyll: which command starts it here, and what to install where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from converter.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

INSTALL = (
    "Jekyll is not installed; posts are built without it, only `serve` and `site` need it. "
    "Debian, Ubuntu: `apt install jekyll ruby-jekyll-sitemap`. "
    "macOS: `brew install ruby`, Windows: Ruby+Devkit of rubyinstaller.org, "
    "then `gem install bundler` and, in the blog, `bundle install`"
)


def command(root: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command that starts Jekyll for the blog at *root*, and the environment it needs.

    Bundler comes first if it finds all gems of the blog's Gemfile, then the system's own Jekyll. Raises `ConfigError`
    with what to install if there is neither.
    """
    environment = dict(os.environ)
    bundle = shutil.which("bundle")
    if bundle and (root / "Gemfile").is_file():
        ready = subprocess.run([bundle, "check"], cwd=root, capture_output=True, check=False)  # noqa: S603 - from PATH
        if ready.returncode == 0:
            return [bundle, "exec", "jekyll"], environment
    jekyll = shutil.which("jekyll")
    if jekyll is None:
        raise ConfigError((INSTALL,))
    # Without it a system Jekyll asks the Gemfile for gems that Bundler has just not found.
    return [jekyll], environment | {"JEKYLL_NO_BUNDLER_REQUIRE": "true"}
