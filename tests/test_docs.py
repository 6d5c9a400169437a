"""Documentation: what the code has, the pages name; what the pages name, the code has."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from converter import liquid, matter_keys, views
from converter.cli import cli
from converter.config import Config
from converter.markdown import callouts

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[1]
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
KEBAB = re.compile(r"[a-z]+(?:-[a-z]+)+")
NAMING_CALLS = {"find", "_find", "_finding", "finding", "ImageError", "Finding", "Problem"}
"""Functions whose first argument, or whose `rule`, is the name of a rule."""
MEGABYTE = 1_000_000
DEFAULTS: dict[object, str] = {True: "true", False: "false", None: "none", (): "[]"}


def text(name: str) -> str:
    """Return the page *name*."""
    return (CHECKOUT / name).read_text("utf-8")


def section(page: str, heading: str) -> str:
    """Return the part of *page* under *heading*, up to the next heading of its level."""
    level = heading.partition(" ")[0]
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^{level} |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"no heading {heading!r}"
    return found[1]


@pytest.mark.parametrize("command", [cli, *cli.commands.values()], ids=lambda command: command.name or "nbpress")
def test_every_option_of_every_command_is_documented(command: click.Command) -> None:
    """Each command has a section with an example, its arguments and all of its options."""
    name = "nbpress" if command is cli else f"nbpress {command.name}"
    page = section(text("docs/commands.md"), f"## {name}")
    if command is not cli:
        assert re.search(rf"```sh\n(?:.*\n)*?{name}", page)
    inherited = {option for item in cli.params for option in item.opts} if command is not cli else set()
    options = {option for item in command.params if isinstance(item, click.Option) for option in item.opts}
    assert sorted(option for option in options - inherited if option not in page) == []


def test_every_documented_command_exists() -> None:
    """A page may not tell of a command that is gone."""
    named = re.findall(r"^## nbpress (\w+)$", text("docs/commands.md"), re.MULTILINE)
    assert sorted(named) == sorted(cli.commands)


def _written(value: object) -> str:
    """Return the default *value* as people write it in YAML."""
    if isinstance(value, int) and value >= MEGABYTE:
        return f"{value // MEGABYTE} MB"
    return "{}" if value == {} else DEFAULTS[value] if value in (True, False, None, ()) else str(value)


def _settings() -> dict[str, str]:
    """Return every setting and its default as the table shows it."""
    shown: dict[str, str] = {}
    for item in fields(Config):
        if "outside" not in item.metadata:
            value = getattr(Config(), item.name)
            shown[item.metadata.get("key", item.name)] = _written(value)
    return shown


def test_the_table_of_settings_is_the_configuration() -> None:
    """Names and defaults in docs/settings.md are those of `config.Config`."""
    rows = re.findall(r"^\| `([\w.]+)` \| `?(.*?)`? \|", text("docs/settings.md"), re.MULTILINE)
    assert dict(rows) == _settings()


def _rules(tree: ast.AST) -> Iterator[str]:
    """Yield the names of rules in *tree*: `rule = "…"`, `rule="…"`, and first arguments of `NAMING_CALLS`."""
    for node in ast.walk(tree):
        values: list[ast.expr | None] = []
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            values = [node.value] * any(isinstance(target, ast.Name) and target.id == "rule" for target in targets)
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            values = [keyword.value for keyword in node.keywords if keyword.arg == "rule"]
            values += node.args[:1] if name in NAMING_CALLS else []
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and KEBAB.fullmatch(value.value):
                yield value.value


def test_the_tables_of_findings_are_the_rules() -> None:
    """Each rule of the code has a row in docs/findings.md, and each row a rule in the code."""
    modules = sorted((CHECKOUT / "converter").rglob("*.py"))
    rules = {rule for module in modules for rule in _rules(ast.parse(module.read_text("utf-8")))}
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", text("docs/findings.md"), re.MULTILINE))
    assert len(rules) > 20
    assert (rules - rows, rows - rules) == (set(), set())


def test_every_rule_of_the_command_line_cases_is_one_of_the_tables() -> None:
    """The lines that the cases expect end with names that the page explains."""
    named = set(re.findall(r"\[([a-z]+(?:-[a-z]+)+)\]$", text("tests/cli.yaml"), re.MULTILINE))
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", text("docs/findings.md"), re.MULTILINE))
    assert named - rows == set()


def _targets() -> set[str]:
    """Return the targets of the Makefile that `make` lists."""
    return set(re.findall(r"^([a-z]+):.*## ", text("Makefile"), re.MULTILINE))


def test_every_make_target_is_documented() -> None:
    """README.md and CONTRIBUTING.md name each target that `make` lists, and no other."""
    named = set(re.findall(r"\bmake ([a-z]+)\b", "".join(re.findall(r"```.*?```|`[^`]+`", _guides(), re.DOTALL))))
    assert (_targets() - named, named - _targets()) == (set(), set())


def _guides() -> str:
    return text("README.md") + text("CONTRIBUTING.md")


def _cells(heading: str, column: int) -> set[str]:
    """Return the pieces of code in one column of the tables under *heading* of docs/authoring.md."""
    rows = re.findall(r"^\|(.*)\|$", section(text("docs/authoring.md"), heading), re.MULTILINE)
    columns = [re.split(r"(?<!\\)\|", row) for row in rows]
    return {
        code.replace("\\|", "|")
        for row in columns
        if len(row) > column
        for code in re.findall(r"`([^`]+)`", row[column])
    }


def test_the_table_of_directives_is_that_of_the_code() -> None:
    """Every spelling of every directive stands in docs/authoring.md, and no other."""
    written = {(key, str(value).lower()) for key, value in views.OPTIONS}
    options = {f"#| {key}: {value}" for key, value in written} | {f"#| {key}: …" for key in views.TEXT_OPTIONS}
    options.add(f"#| renderings: [{', '.join(views.RENDERINGS)}]")
    assert _cells("## Directives", 1) == {f"#{name}" for name in views.COMMENTS}
    assert _cells("## Directives", 2) == options
    assert _cells("## Directives", 3) == set(views.TAGS)
    assert _cells("## Directives", 4) == {f"{key}: true" for key in views.METADATA} | {"caption: …", "alt: …"}


def test_the_table_of_front_matter_is_that_of_the_code() -> None:
    """Every key with a meaning, and what it must hold."""
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|", section(text("docs/authoring.md"), "### Keys"), re.MULTILINE)
    told = {key: holds for names, holds in rows for key in re.findall(r"`(\w+)`", names)}
    assert set(told) == set(matter_keys.KEYS)
    choices = {key: " or ".join(f"`{word}`" for word in words) for key, words in matter_keys.CHOICES.items()}
    for key, kind in matter_keys.KEYS.items():
        said = re.sub(r"`, `", "` or `", told[key]) if kind == matter_keys.CHOICE else told[key]
        assert said.startswith(choices.get(key, "a size such as" if kind == matter_keys.SIZE else kind)), key


def test_no_key_of_the_theme_looks_misspelt() -> None:
    """A blog that follows docs/theme.md hears of no unknown key."""
    rows = re.findall(r"^\| (`.*?) \|", section(text("docs/theme.md"), "## Front matter of a post"), re.MULTILINE)
    keys = {key for names in rows for key in re.findall(r"`(\w+)`", names)}
    assert "canonical_url" in keys
    assert {key: matter_keys.meant(key) for key in keys if matter_keys.meant(key)} == {}


def test_callouts_embeds_and_the_allow_list_are_those_of_the_code() -> None:
    """Words, alerts and classes of callouts; words of embeds; what of Liquid is alive."""
    page = text("docs/authoring.md")
    rows = re.findall(r"^\| (?:`(\w+):`)? *\| `\[!(\w+)\]` \| `(.*?)` \|", section(page, "### Callouts"), re.MULTILINE)
    assert {alert.lower(): css for _, alert, css in rows} == {name: css for name, (_, css) in callouts.CALLOUTS.items()}
    assert {word.lower() for word, _, _ in rows if word} == set(callouts.CALLOUTS) - {"caution"}
    assert set(re.findall(r"^> (\w+): http", section(page, "### Embeds"), re.MULTILINE)) == set(callouts.EMBEDS)
    listed = section(page, "### Liquid")
    assert set(re.findall(r"`\{% (\w+) %\}`", listed)) >= set(liquid.TAGS)
    assert set(re.findall(r"`\{\{ (\w+)\.… \}\}`", listed)) == set(liquid.VARIABLES)


def _links() -> list[tuple[str, str]]:
    """Return every link of every page that leads to a file, with the page."""
    found = []
    for page in PAGES:
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
        targets = re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", prose)
        found += [(page.relative_to(CHECKOUT).as_posix(), target) for target in targets]
    return found


def test_links_between_pages_lead_somewhere() -> None:
    """Files exist, and so do the headings that a link names."""
    dead = []
    for page, target in _links():
        name, _, anchor = target.partition("#")
        file = (CHECKOUT / page).parent / name if name else CHECKOUT / page
        if not file.exists() or (anchor and anchor not in _anchors(file.read_text("utf-8"))):
            dead.append((page, target))
    assert dead == []


def _anchors(page: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of *page*."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
