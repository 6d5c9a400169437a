"""The execution record: what makes outputs stale, what must not, and why."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from converter import record
from tests import blogs
from tests.cases import each_case

if TYPE_CHECKING:
    from pathlib import Path

RUN = {"output_type": "stream", "name": "stdout", "text": "1\n"}


@each_case("stale")
def test_staleness_has_a_reason(text: str, tmp_path: Path) -> str:
    """A notebook that has run (above the line) and is changed (below it) is fresh, or stale for a reason."""
    ran, changed = (blogs.of_text(part) for part in text.split("\n====\n"))
    changed.metadata[record.KEY] = record.of(ran)
    return record.stale(changed, tmp_path) or "fresh"


def test_a_notebook_that_has_just_run_is_fresh(tmp_path: Path) -> None:
    """The record of a run describes that run."""
    nb = blogs.notebook(blogs.markdown("text"), blogs.code("print(1)", RUN))
    nb.metadata[record.KEY] = record.of(nb)
    assert record.stale(nb, tmp_path) == ""


def test_a_notebook_without_a_record_was_never_run(tmp_path: Path) -> None:
    """Stored outputs of unknown origin are not trusted."""
    assert record.stale(blogs.notebook(blogs.code("print(1)", RUN)), tmp_path) == "never run by nbpress"
    broken = blogs.notebook(blogs.code("print(1)", RUN), nbpress={"code": 5})
    assert record.stale(broken, tmp_path) != ""


def test_a_notebook_without_code_is_always_fresh(tmp_path: Path) -> None:
    """There is nothing to run."""
    assert record.stale(blogs.notebook(blogs.markdown("text"), blogs.code("#hide\n\n")), tmp_path) == ""


def test_execution_counts_and_ids_do_not_matter(tmp_path: Path) -> None:
    """What differs whenever a notebook is saved again makes nothing stale."""
    nb = blogs.notebook(
        blogs.code("1", {"output_type": "execute_result", "data": {"text/plain": "1"}, "execution_count": 1})
    )
    nb.metadata[record.KEY] = record.of(nb)
    other = copy.deepcopy(nb)
    other.cells[0] |= {"execution_count": 7, "id": "other"}
    other.cells[0].outputs[0].execution_count = 7
    other.metadata.language_info = {"name": "python", "version": "3.99"}
    assert record.stale(other, tmp_path) == ""


def test_results_of_another_file_go_to_the_cells_that_gave_them() -> None:
    """Cells without code, such as one with a directive only, come and go."""
    ran = blogs.notebook(blogs.code("#| echo: false"), blogs.code("1"), blogs.code("print(1)", RUN))
    ran.metadata[record.KEY] = record.of(ran)
    now = blogs.notebook(blogs.code("1"), blogs.code("#| echo: false\nprint(1)"), blogs.code("#| label: end"))
    found = record.overlaid(now, ran)
    assert [cell.outputs for cell in found.cells] == [[], ran.cells[2].outputs, []]
    assert found.metadata[record.KEY] == ran.metadata[record.KEY]


def test_the_record_tells_nothing_of_time_or_place() -> None:
    """Two runs with the same outputs have the same record."""
    nb = blogs.notebook(blogs.code("print(1)", RUN))
    assert record.of(nb) == record.of(copy.deepcopy(nb))
    assert set(record.of(nb)) == {"cells", "code", "outputs"}


def test_a_changed_input_makes_stale_and_a_missing_one_does_not(tmp_path: Path) -> None:
    """Outputs depend on the files that the run read; data that is not in this checkout is unverified."""
    data = tmp_path / "data.csv"
    data.write_text("1")
    nb = blogs.notebook(blogs.code("read()", RUN))
    nb.metadata[record.KEY] = {**record.of(nb), "inputs": {"data.csv": record.digest_of(data)}}
    assert record.stale(nb, tmp_path) == ""
    data.write_text("2")
    assert record.stale(nb, tmp_path) == "data.csv changed"
    data.unlink()
    assert record.stale(nb, tmp_path) == ""
    assert record.unverified(nb, tmp_path) == ["data.csv"]
