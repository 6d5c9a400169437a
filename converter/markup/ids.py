"""Ids that are unique on a page: an id that is taken gets a number, and what refers to it follows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from converter.markup import tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAMING = frozenset(
    {
        *("for", "form", "headers", "itemref", "list", "popovertarget"),
        *("aria-activedescendant", "aria-controls", "aria-describedby", "aria-details", "aria-errormessage"),
        *("aria-flowto", "aria-labelledby", "aria-owns"),
    }
)
"""Attributes that hold ids."""
_GIVES = re.compile(r"\sid\s*=", re.IGNORECASE)
_LINKS = ("href", "xlink:href")
_URL = re.compile(r"""(url\(\s*["']?#)([^"')]+)(["']?\s*\))""")
_CODE = re.compile(r"(<(?P<name>script|style)\b[^>]*>)(.*?)(</(?P=name)\s*>)", re.IGNORECASE | re.DOTALL)


class Taken(set[str]):
    """Ids that are taken, and up to which number behind each: a thousand equal headings are no work."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Take *names*."""
        super().__init__(names)
        self.tried: dict[str, int] = {}


def free(wanted: str, taken: set[str]) -> str:
    """Return *wanted*, with a number if it is *taken*, and take it."""
    tried = taken.tried if isinstance(taken, Taken) else {}
    name, number = wanted, tried.get(wanted, 0)
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    if number:
        tried[wanted] = number
    taken.add(name)
    return name


def given(html: str) -> list[str]:
    """Return the ids that the tags of *html* give, in their order."""
    if not _GIVES.search(html):
        return []
    found: list[str] = []

    def note(tag: str, _: str, attributes: dict[str, str]) -> str:
        if attributes.get("id"):
            found.append(attributes["id"])
        return tag

    tags.start_tags(html, note)
    return found


def changes(names: Iterable[str], taken: set[str]) -> dict[str, str]:
    """Take *names*, those of one piece, and return new ones for those that were taken."""
    return {name: fresh for name in dict.fromkeys(names) if (fresh := free(name, taken)) != name}


def unique(html: str, taken: set[str]) -> str:
    """Return *html* with ids that are not *taken* yet, and take them."""
    new = changes(given(html), taken)
    return renamed(without_doubles(html, set(), taken), new)


def renamed(html: str, new: Mapping[str, str]) -> str:
    """Return *html* with the ids that are keys of *new*, and what refers to them, renamed."""
    if not new:
        return html

    def rewrite(tag: str, _: str, attributes: dict[str, str]) -> str:
        fresh: dict[str, str | None] = {
            name: value for name, old in attributes.items() if (value := _value(name, old, new)) != old
        }
        return tags.with_values(tag, fresh) if fresh else tag

    any_name = "|".join(map(re.escape, sorted(new, key=len, reverse=True)))
    in_style = re.compile(rf"(#)({any_name})(?![\w-])")
    in_script = re.compile(rf"""(?<=["'`#])({any_name})(?=["'`\s.,:>\[\])])""")

    def code(found: re.Match[str]) -> str:
        if found["name"].lower() == "style":
            text = in_style.sub(lambda it: it[1] + new[it[2]], found[3])
        else:
            text = in_script.sub(lambda it: new[it[1]], found[3])
        return found[1] + text + found[4]

    return _CODE.sub(code, tags.start_tags(html, rewrite))


def _value(name: str, old: str, new: Mapping[str, str]) -> str:
    """Return what the attribute *name* holds instead of *old*."""
    if name == "id":
        return new.get(old, old)
    if name in _NAMING:
        return " ".join(new.get(word, word) for word in old.split(" "))
    if name in _LINKS and old.startswith("#"):
        return f"#{new[unquote(old[1:])]}" if unquote(old[1:]) in new else f"#{new.get(old[1:], old[1:])}"
    if "url(" in old:
        return _URL.sub(lambda found: found[1] + new.get(found[2], found[2]) + found[3], old)
    return old


def without_doubles(html: str, seen: set[str], taken: set[str]) -> str:
    """Return *html* with another id wherever one is given that the same piece has given before, as *seen* says."""
    names = given(html)
    if len(set(names)) == len(names) and not seen & set(names):
        seen.update(names)
        return html

    def rewrite(tag: str, _: str, attributes: dict[str, str]) -> str:
        name = attributes.get("id")
        if name and name in seen:
            return tags.with_values(tag, {"id": free(name, taken)})
        seen.add(name or "")
        return tag

    return tags.start_tags(html, rewrite)
