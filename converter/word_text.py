"""What pandoc has read of a Word document: its front matter, and a text that posts can show."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from converter.matter_keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Nodes of pandoc's syntax tree: {"t": type, "c": content}.
Node = dict[str, Any]

ATTACHMENT = "attachment:"
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " "})
"""What Word makes of quotation marks while somebody types YAML."""
_RULES = ("---", "—-", "–-", "—", "----")
"""What it makes of the line that begins and ends YAML."""
_ENTRY = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*:[ \t]*(.*)$", re.DOTALL)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LENGTH = re.compile(r"([\d.]+(?:e-?\d+)?)(in|cm|mm|pt|px)?")
_PIXELS = {"in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "pt": 96 / 72, "px": 1.0, None: 1.0}
_LOWEST = 6


def quoted(value: object) -> str:
    """Return *value* as YAML that no reader mistakes for anything else."""
    return json.dumps(value, ensure_ascii=False)


def taken_apart(document: Node) -> tuple[dict[str, str], list[Node]]:
    """Return the front matter of *document*, as YAML by key, and the blocks that are not front matter.

    It has a title of its own style, or begins with its only heading of the first level; then come YAML between two
    lines of hyphens, or a quote and a list of `key: value` as in fastpages.
    """
    blocks: list[Node] = document["blocks"]
    matter = _styled(document["meta"])
    entries, used = _yaml(blocks)
    if not used:
        entries, used = _fastpages(blocks, titled="title" in matter)
    return matter | entries, blocks[used:]


def _styled(meta: Node) -> dict[str, str]:
    """Return what paragraphs with the styles Title, Subtitle, Author and Date say."""
    said = {key: [_plain(part) for part in (it["c"] if it["t"] == "MetaList" else [it])] for key, it in meta.items()}
    found: dict[str, object] = {
        "title": "".join(said.get("title", ())),
        "description": "".join(said.get("subtitle", ())),
        "author": said["author"][0] if len(said.get("author", ())) == 1 else said.get("author"),
    }
    day = "".join(said.get("date", ()))
    matter = {key: quoted(value) for key, value in found.items() if value}
    return matter | ({"date": day} if _DAY.fullmatch(day) else {})


def _yaml(blocks: list[Node]) -> tuple[dict[str, str], int]:
    """Return the YAML at the head of *blocks* by key, and how many blocks it takes; Word may have restyled it."""
    if not blocks or not _is_rule(blocks[0]):
        return {}, 0
    entries: dict[str, str] = {}
    for used, block in enumerate(blocks[1:], 2):
        if _is_rule(block):
            return entries, used
        if block["t"] == "BulletList" and entries:
            key = next(reversed(entries))
            entries[key] = quoted([_plain(item) for item in block["c"]])
            continue
        for line in _plain(block).splitlines():
            found = _ENTRY.match(line.strip())
            if found is None:
                return {}, 0
            entries[found[1]] = _typed(found[2])
    return {}, 0


def _is_rule(block: Node) -> bool:
    """Tell whether *block* is the line that begins or ends YAML."""
    return block["t"] == "HorizontalRule" or (block["t"] in ("Para", "Plain") and _plain(block).strip() in _RULES)


def _fastpages(blocks: list[Node], *, titled: bool) -> tuple[dict[str, str], int]:
    """Return the title, description and keys at the head of *blocks*, and how many blocks they take."""
    at, entries = 0, {}
    first = [block["c"][0] for block in blocks if block["t"] == "Header"].count(1)
    if blocks and not titled and blocks[0]["t"] == "Header" and blocks[0]["c"][0] == 1:
        entries["title"] = quoted(_plain(blocks[0]["c"][2]))
        at = 1
    if at < len(blocks) and blocks[at]["t"] == "BlockQuote":
        entries["description"] = quoted(_plain(blocks[at]))
        at += 1
    listed = _listed(blocks[at]) if at < len(blocks) else {}
    if listed:
        return entries | listed, at + 1
    return ({"title": entries["title"]}, 1) if "title" in entries and first == 1 else ({}, 0)


def _listed(block: Node) -> dict[str, str]:
    """Return the entries of a list of front matter; none if it is any other block."""
    items = [_ENTRY.match(_plain(item).strip()) for item in block["c"]] if block["t"] == "BulletList" else []
    entries = {item[1]: _typed(item[2]) for item in items if item}
    return entries if len(entries) == len(items) and entries.keys() & KEYS.keys() else {}


def _typed(value: str) -> str:
    """Return *value* as its author has typed it before Word made its quotation marks nice."""
    value = value.strip()
    return value.translate(_STRAIGHT) if value[:1] in "\"'“‘„[{" else value


def for_post(blocks: list[Node], holds: Callable[[str], bool]) -> list[Node]:
    """Return *blocks* as a post shows them: sections from the second level, images as attachments, links that lead.

    *holds* tells whether an address is that of a file in the document.
    """
    headings = [node for node in _nodes(blocks) if node["t"] == "Header"]
    lower = 1 if any(node["c"][0] == 1 for node in headings) else 0
    places = {f"#{node['c'][1][0]}": f"#{_anchor(node['c'][2])}" for node in headings}
    wanted = {node["c"][2][0] for node in _nodes(blocks) if node["t"] == "Link"}

    def changed(node: Node) -> Node | None:
        kind: str = node["t"]
        content: Any = node.get("c")
        if kind == "Header":
            return {"t": kind, "c": [min(content[0] + lower, _LOWEST), *content[1:]]}
        if kind == "Image" and holds(content[2][0]):
            return {"t": "RawInline", "c": ["html", _tag(content)]}
        if kind == "Link" and content[2][0] in places:
            return {"t": kind, "c": [*content[:2], [places[content[2][0]], content[2][1]]]}
        if kind == "Span" and not content[1] and f"#{content[0][0]}" not in wanted:
            return None  # a bookmark to which nothing leads
        if kind == "Figure":
            return {"t": kind, "c": [["", [], []], [content[1][0], _without_paragraph(content[1][1])], content[2]]}
        if kind == "Table":
            caption = [content[1][0], _without_paragraph(content[1][1])]
            columns = [[alignment, {"t": "ColWidthDefault"}] for alignment, _ in content[2]]
            return {"t": kind, "c": [["", [], []], caption, columns, *content[3:]]}
        return node

    made: list[Node] = _mapped(blocks, changed)
    return made


def images_of(blocks: list[Node]) -> list[str]:
    """Return the names of the files in the document that *blocks*, as `for_post` gives them, show."""
    tags = [node["c"][1] for node in _nodes(blocks) if node["t"] == "RawInline"]
    found = [re.match(rf'<img src="{ATTACHMENT}([^"]*)"', tag) for tag in tags]
    return list(dict.fromkeys(unescape(it[1]) for it in found if it))


def _tag(content: list[Any]) -> str:
    """Return an image as HTML, which takes any text for its `alt` and sizes in pixels."""
    attributes = {"src": f"{ATTACHMENT}{content[2][0]}", "alt": _plain(content[1])}
    for name, value in content[0][2]:
        length = _LENGTH.fullmatch(value) if name in ("width", "height") else None
        if length:
            attributes[name] = str(max(1, round(float(length[1]) * _PIXELS[length[2]])))
    return "<img " + " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items()) + ">"


def _without_paragraph(blocks: list[Node]) -> list[Node]:
    """Return *blocks* without a paragraph around them if it is the only one."""
    return [{"t": "Plain", "c": blocks[0]["c"]}] if [it["t"] for it in blocks] == ["Para"] else blocks


def _anchor(inlines: list[Node]) -> str:
    """Return the id that a heading of a post has."""
    return quote(re.sub(r"\s", "-", _plain(inlines).strip()), safe="?/:@!$&'()*+,;=")


def _mapped(part: Any, change: Callable[[Node], Node | None]) -> Any:  # noqa: ANN401 - JSON
    """Return the tree *part* with every node as *change* gives it, those within first; None takes a node away."""
    if isinstance(part, dict):
        return {key: _mapped(value, change) for key, value in part.items()}
    if not isinstance(part, list):
        return part
    made = []
    for item in part:
        inside = _mapped(item, change)
        is_node = isinstance(inside, dict) and "t" in inside
        made += [kept for kept in [change(inside)] if kept] if is_node else [inside]
    return made


def _nodes(part: Any) -> Iterator[Node]:  # noqa: ANN401 - JSON
    """Yield all nodes of the tree *part*."""
    for item in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _nodes(item)
    if isinstance(part, dict) and "t" in part:
        yield part


def _plain(part: Any) -> str:  # noqa: ANN401 - JSON
    """Return what the tree *part* says, without notes and marks."""
    if isinstance(part, list):
        return "".join(_plain(item) for item in part)
    if not isinstance(part, dict) or part["t"] == "Note":
        return ""
    content: Any = part.get("c")
    if part["t"] in ("Space", "SoftBreak"):
        return " "
    if part["t"] == "LineBreak":
        return "\n"
    if part["t"] in ("Str", "MetaString"):
        return str(content)
    if part["t"] in ("Code", "Math"):
        return str(content[1])
    return _plain(content)
