"""Keys of `_config.yml` outside of nbpress's own section: which have a meaning, and what an author may have meant."""

from __future__ import annotations

import contextlib
import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

SECTION = "notebooks"
"""Where nbpress's own settings stand."""
_JEKYLL = """
    baseurl cache_dir collections collections_dir data_dir defaults destination detach drafts encoding exclude
    excerpt_separator force_polling future gems highlighter host include includes_dir incremental keep_files kramdown
    layouts layouts_dir limit_posts liquid livereload livereload_ignore livereload_max_delay livereload_min_delay
    livereload_port lsi markdown markdown_ext name open_url paginate paginate_path permalink plugins plugins_dir port
    profile quiet safe sass show_dir_listing show_drafts skip_initial_build source ssl_cert ssl_key
    strict_front_matter theme timezone trace unpublished verbose watch webrick whitelist
"""
_PLUGINS = """
    algolia archives assets autopages avatar commonmark compose compress_html compress_images feed fb_app_id facebook
    favicon gist github google_site_verification imagemagick include_cache jekyll-archives jekyll-favicon jekyll-gist
    jekyll-mentions jekyll-menus jekyll-minifier jekyll-scholar jekyll-tagging jekyll-toc jekyll_diagrams jekyll_tidy
    jemoji language languages last_modified_at link_attributes logo minifier optional_front_matter pagination picture
    plainwhite polyglot readme_index relative_links remote_theme repository responsive_image scholar seo social
    sitemap social_links tag_page_dir tag_page_layout titles_from_headings toc twitter webmaster_verifications
"""
_THEMES = """
    annotations author comments default_badges default_lang description email github_branch github_repo github_username
    google_analytics header_pages html_escape image instagram_username lang linkedin_username locale minima
    show_description show_image show_tags subtitle tagline title twitter_username url use_math utterances
"""
KNOWN = frozenset((*_JEKYLL.split(), *_PLUGINS.split(), *_THEMES.split(), SECTION))
"""Keys of Jekyll, of well-known plugins, and of the themes that come with nbpress, fastpages and Jekyll."""
_SHORTEST = 4
"""Letters of a key that can be a misspelt one."""
_READERS = frozenset((".html", ".md", ".xml", ".json", ".js", ".css", ".scss", ".rb", ".txt", ".ipynb", ".yml"))
"""Suffixes of files in which Jekyll replaces `site.key`, and of plugins."""


def meant(key: str, given: Collection[str]) -> str:
    """Return the key that the author of *key*, one of those *given*, may have meant; nothing if it is like none."""
    if key in KNOWN or len(key) < _SHORTEST:
        return ""
    plain = re.sub(r"[-_ ]", "", key).lower()
    alike = [known for known in sorted(KNOWN) if known.replace("_", "") == plain]
    near = alike or difflib.get_close_matches(key, sorted(KNOWN), n=1, cutoff=0.8)
    return near[0] if near and near[0] not in given else ""


def is_section(key: str, value: object, settings: Collection[str]) -> bool:
    """Tell whether *key* was meant for nbpress's own section: it is called alike, and its *value* holds *settings*."""
    alike = key.lower() in (SECTION, "nbpress") or difflib.get_close_matches(key.lower(), [SECTION], cutoff=0.75)
    return key != SECTION and bool(alike) and isinstance(value, dict) and any(str(it) in settings for it in value)


def used(key: str, root: Path, folders: Iterable[Path]) -> bool:
    """Tell whether a file of the site reads *key*: a page at its *root*, or anything in its *folders*."""
    pattern = re.compile(rf"""\b(?:site|config)(?:\.|\[["']){re.escape(key)}\b""")
    found = [*root.glob("*.*"), *(file for folder in folders for file in sorted(folder.rglob("*.*")))]
    readers = (file for file in found if file.suffix in _READERS and file.is_file())
    for file in readers:
        with contextlib.suppress(OSError):
            if pattern.search(file.read_text("utf-8", "replace")):
                return True
    return False
