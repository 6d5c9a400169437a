"""The inventory: what docs/authoring.md says that authors can write has a case, and another of what stays as it is."""

from __future__ import annotations

import importlib
import inspect
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from converter import views
from tests import cases, test_cli, test_directives

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs/authoring.md").read_text("utf-8").replace("\\|", "|")
INVENTORY: dict[str, list[dict[str, Any]]] = yaml.safe_load((TESTS / "inventory.yaml").read_text("utf-8"))
ACCEPTANCE: dict[str, list[list[str]]] = yaml.safe_load((TESTS / "acceptance.yaml").read_text("utf-8"))
SECTIONS = dict(re.findall(r"^(##+ .+)\n((?:(?!##+ ).*(?:\n|\Z))*)", PAGE, re.MULTILINE))
ROWS = [(section, row) for section, rows in INVENTORY.items() for row in rows]


def listed(value: object) -> list[str]:
    """Return *value*, one text or several, as a list."""
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


@cache
def said(name: str) -> str:
    """Return what the case or test *name* feeds to nbpress; fail if there is none."""
    group, _, title = name.partition("/")
    if group == "cli":
        return next(str(case) for case in test_cli.CASES if case["title"] == title)
    if not group.rpartition(".")[2].startswith("test_"):
        found = [case.text for case in cases.read(group) if case.title == title]
        assert len(found) == 1, f"tests/cases/{group}.md has {len(found)} cases {title!r}"
        return found[0]
    module = importlib.import_module(f"tests.{group}")
    test = getattr(module, title)
    parameters = [str(mark.args) for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    return "\n".join([inspect.getsource(module), *parameters])


def rows_of_tables(text: str) -> Iterator[str]:
    """Yield the rows of the tables in *text*, without their heads."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        is_head = number + 1 < len(lines) and lines[number + 1].startswith("|---")
        if line.startswith("|") and not line.startswith("|---") and not is_head:
            yield line


@pytest.mark.parametrize(("section", "row"), ROWS, ids=[f"{listed(row['row'])[0]}" for _, row in ROWS])
def test_every_row_has_a_case_and_a_noop(section: str, row: dict[str, Any]) -> None:
    """The page says it, the case holds it, and another case says what stays as it is."""
    assert row.keys() <= {"row", "as", "case", "noop"}
    for words in listed(row["row"]):
        assert words in SECTIONS[section], f"{section} of docs/authoring.md does not say {words!r}"
    fed = "\n".join(map(said, listed(row["case"])))
    for words in listed(row.get("as", row["row"])):
        assert words in fed, f"{row['case']} does not hold {words!r}"
    assert said(row["noop"])
    assert row["noop"] not in listed(row["case"])


def test_every_section_is_in_the_inventory() -> None:
    """A new section of the page needs rows, unless it only holds other sections."""
    assert set(INVENTORY) == {heading for heading, text in SECTIONS.items() if text.strip()}
    assert all(INVENTORY.values())


@pytest.mark.parametrize("section", INVENTORY)
def test_every_row_of_a_table_is_in_the_inventory(section: str) -> None:
    """A row of the inventory names the beginning of a cell, or of code in it."""
    words = [one for row in INVENTORY[section] for one in listed(row["row"])]
    without = [
        line
        for line in rows_of_tables(SECTIONS[section])
        if not any(f"| {one}" in line or f"`{one}" in line for one in words)
    ]
    assert without == []


def test_every_directive_is_tried_in_all_spellings() -> None:
    """The tables of `test_directives.py` are those of the code."""
    assert {name.split()[0] for name in test_directives.COMMENTS} == {name.split()[0] for name in views.COMMENTS}
    assert set(views.COMMENTS) <= {re.sub(r" (?!open).*", "", name) for name in test_directives.COMMENTS}
    options = {f"{key}: {str(value).lower()}" for key, value in views.OPTIONS}
    assert options <= set(test_directives.OPTIONS)
    assert {*views.TEXT_OPTIONS, "renderings"} <= {option.partition(":")[0] for option in test_directives.OPTIONS}
    assert set(views.TAGS) == set(test_directives.TAGS)


@pytest.mark.parametrize(("words", "name"), [pair for pairs in ACCEPTANCE.values() for pair in pairs])
def test_what_authors_suffered_from_has_a_case(words: str, name: str) -> None:
    """Each text that made a post wrong or lost it is fed to nbpress somewhere."""
    assert words in said(name)
