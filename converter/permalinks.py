"""Permalinks: in which file of the site Jekyll publishes a post, and which posts it would publish in one.

The rules are those of Jekyll's `UrlDrop`, `URL` and `Document`; the tests ask Jekyll itself.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from converter import matter_keys, yaml_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from converter.config import Config

STYLES: Mapping[str, str] = {
    "pretty": "/:categories/:year/:month/:day/:title/",
    "none": "/:categories/:title:output_ext",
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
}
"""The styles that Jekyll has names for."""
_NAME = re.compile(r"(\d{2,4})-(\d{1,2})-(\d{1,2})-(.*)", re.DOTALL)
_LINES = re.compile(r"^(?:permalink|slug|date|published)[ \t]*:[ \t].*$", re.MULTILINE)
"""What decides an address besides categories, each on a line of its own."""
_PLACEHOLDER = re.compile(r":([a-z_]+)")
_PRETTY = "._~!$&'()+,;=@"
_DATES: Mapping[str, str] = {
    "year": "%Y",
    "month": "%m",
    "day": "%d",
    "hour": "%H",
    "minute": "%M",
    "second": "%S",
    "i_day": "%d",
    "i_month": "%m",
    "short_month": "%b",
    "long_month": "%B",
    "short_year": "%y",
    "w_year": "%G",
    "week": "%V",
    "w_day": "%u",
    "short_day": "%a",
    "long_day": "%A",
    "y_day": "%j",
}


@dataclass(frozen=True, slots=True)
class Shared:
    """A file of the site that several posts would be published in."""

    address: str
    posts: tuple[PurePosixPath, ...]
    is_chosen: bool
    """Whether authors have chosen it with `permalink`, all of them."""


def shared(matters: Mapping[PurePosixPath, str], config: Config) -> Iterator[Shared]:
    """Yield what posts with these front *matters* would share; posts that differ in their suffixes only count as one.

    YAML is parsed as a whole only for posts whose addresses end alike, whatever categories stand before that.
    """
    alike: dict[str, list[PurePosixPath]] = {}
    for path, matter in matters.items():
        alike.setdefault(_ending(path, matter, config), []).append(path)
    exact: dict[str, list[PurePosixPath]] = {}
    for group in alike.values():
        for path in group if len(group) > 1 else ():
            place = file_of(path, _whole(matters[path]), config)
            if place:
                exact.setdefault(place, []).append(path)
    for place, group in sorted(exact.items()):
        if len({path.with_suffix("") for path in group}) > 1:
            chosen = all("permalink" in _few(matters[path]) for path in group)
            yield Shared(place.removesuffix("index.html"), tuple(sorted(group)), chosen)


def file_of(path: PurePosixPath, matter: Mapping[str, Any], config: Config) -> str | None:
    """Return the file of the site for the post at *path* with the values of its front *matter*.

    None if Jekyll publishes none, or nobody can tell.
    """
    found = _NAME.fullmatch(path.stem)
    data = _with_defaults(matter, path, config)
    if found is None or (data.get("published") is False and not config.unpublished):
        return None
    template = _template(data, config)
    url = _expanded(template, path, found, data)
    if url is None:
        return None
    url = unquote(re.sub("/+", "/", f"/{url}".replace("..", "/").replace("./", "")))
    if url.endswith("/"):
        return url + "index.html"
    suffix = (PurePosixPath(template).suffix if data.get("permalink") else "") or ".html"
    return url if url.endswith(suffix) else url + suffix


def _ending(path: PurePosixPath, matter: str, config: Config) -> str:
    """Return what posts in the same file of the site have in common, their last name there, found quickly."""
    found, data = _NAME.fullmatch(path.stem), _with_defaults(_few(matter), path, config)
    template = _template(data, config)
    last = template.removesuffix("/index.html").rstrip("/").rpartition("/")[2]
    name = _expanded(last, path, found, data) if found else None
    return unquote(name or "").removesuffix(".html")


def _template(data: Mapping[str, Any], config: Config) -> str:
    """Return the address with placeholders of a post with the values *data*."""
    return str(data.get("permalink") or STYLES.get(config.permalink, config.permalink))


def _expanded(template: str, path: PurePosixPath, name: re.Match[str], data: Mapping[str, Any]) -> str | None:
    """Return *template* with its placeholders filled in; None if one of them is unknown, or the day is."""
    unknown = False

    def fill(found: re.Match[str]) -> str:
        nonlocal unknown
        for key, rest in ((found[1], ""), (found[1].removesuffix("_"), "_")):
            value = _value(key, path, name, data)
            if value is not None:
                return value + rest
        unknown = True
        return ""

    url = _PLACEHOLDER.sub(fill, template)
    return None if unknown else url


def _value(key: str, path: PurePosixPath, name: re.Match[str], data: Mapping[str, Any]) -> str | None:
    """Return what stands for the placeholder *key* in the address of the post at *path*; None if nobody can tell."""
    slug = str(data.get("slug") or name[4])
    match key:
        case "title" | "slug":
            return _slug(slug, _PRETTY) if key == "title" else _slug(slug).lower()
        case "categories":
            return "/".join(dict.fromkeys(item.lower() for item in _categories(path, data)))
        case "slugified_categories":
            return "/".join(dict.fromkeys(_slug(item).lower() for item in _categories(path, data)))
        case "name":
            return _slug(path.stem).lower()
        case "path":
            return "/" + str(path.with_suffix("")).rpartition("_posts/")[2]
        case "collection":
            return "posts"
        case "output_ext":
            return ".html"
        case _:
            return _of_day(key, data.get("date"), "-".join(name.groups()[:3]))


def _of_day(key: str, date: object, named: str) -> str | None:
    """Return what stands for the placeholder *key* of a post of that *date*, or else of the day that its name has."""
    when = (_when(date) or _when(named)) if key in _DATES else None
    return when.strftime(_DATES[key]).lstrip("0" if key.startswith("i_") else "") if when else None


def _categories(path: PurePosixPath, data: Mapping[str, Any]) -> list[str]:
    """Return the categories of the post at *path*: the folders above `_posts`, and what the values *data* say."""
    above = str(path).rpartition("_posts/")[0].split("/")[:-1]
    return [*above, *_listed(data.get("categories")), *_listed([data.get("category")])]


def _listed(value: object) -> list[str]:
    """Return *value*, which Jekyll takes for a list, as one; words stand for its items."""
    if isinstance(value, list):
        return [str(item) for item in value if item is not None]
    return str(value).split() if value is not None else []


@lru_cache(maxsize=4096)
def _slug(text: str, kept: str = "") -> str:
    """Return *text* with a hyphen for all that is neither letter, mark, digit nor *kept*."""
    letters = (it if it in kept or (it.isascii() and it.isalnum()) or _is_letter(it) else " " for it in text)
    return "-".join("".join(letters).split())


def _is_letter(character: str) -> bool:
    """Tell whether *character* is a letter, a mark or a decimal digit, in any script."""
    kind = unicodedata.category(character)
    return kind[0] in "LM" or kind == "Nd"


def _when(date: object) -> datetime.datetime | None:
    """Return the point in time that *date* says; None if it says none."""
    if isinstance(date, datetime.datetime):
        return date
    day = matter_keys.day(date)
    return datetime.datetime.fromisoformat(day) if day else None


def _with_defaults(matter: Mapping[str, Any], path: PurePosixPath, config: Config) -> dict[str, Any]:
    """Return *matter* on top of what `defaults` of the site say of the post at *path*; categories add up."""
    if not config.defaults:
        return dict(matter)
    values: dict[str, Any] = {}
    for scope, given in config.defaults:
        if fnmatch(str(path), f"{scope}*"):
            values |= given
    categories = [*_listed(values.get("categories")), *_listed(matter.get("categories"))]
    values |= {key: value for key, value in matter.items() if value is not None}
    return values | {"categories": categories}


def _few(matter: str) -> dict[str, Any]:
    """Return the values of front *matter* that stand on one line and matter to every address."""
    lines = _LINES.findall(matter)
    return _whole("\n".join(lines)) if lines else {}


@lru_cache(maxsize=4096)
def _whole(matter: str) -> dict[str, Any]:
    """Return the values of front *matter*; none if it is no YAML, which Jekyll tells."""
    try:
        values = yaml_text.load(matter)
    except (yaml_text.Error, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
