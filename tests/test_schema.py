"""nbformat's schema, asked by kind: it says what nbformat says, of sound notebooks and of spoilt ones."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter import schema
from tests import blogs

if TYPE_CHECKING:
    from collections.abc import Iterator

SOUND = blogs.notebook(
    blogs.markdown("![](attachment:a.png)", tags=["a"]),
    blogs.raw("<b>", format="text/html"),
    blogs.code(
        "1",
        {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]},
        {"output_type": "display_data", "data": {"text/plain": "x", "application/json": {"a": 1}}, "metadata": {}},
        {"output_type": "execute_result", "data": {"text/plain": ["x"]}, "metadata": {}, "execution_count": 1},
        {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["t"]},
        tags=["b", "c"],
    ),
    kernelspec={"name": "python3", "display_name": "Python"},
    language_info={"name": "python", "codemirror_mode": {"name": "ipython"}},
)
SOUND.cells[0].attachments = {"a.png": {"image/png": "iVBO"}}
ODD: tuple[Any, ...] = (
    *(None, True, -1, 1, 1.5, "", "x", "a,b", [], ["x"], ["x", "x"], [1], {}, {"a": 1}, {"a": "x"}, {"a": []}, [{}]),
    *("code", "markdown", "raw", "stream", "error", "display_data", "execute_result", "code_cell", "stderr"),
)
"""What may stand in the wrong place."""
NBFORMAT = nbformat.validator.get_validator(*schema.VERSION, relax_add_props=True)


def _places(node: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    """Yield every key and index in *node* with what has it."""
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _places(node[key])


@given(st.data())
def test_it_says_of_spoilt_notebooks_what_nbformat_says(data: st.DataObject) -> None:
    """Whatever is put in or taken away, wherever."""
    nb = nbformat.from_dict({**copy.deepcopy(SOUND), "nbformat": 4, "nbformat_minor": 4})
    for _ in range(data.draw(st.integers(0, 3))):
        node, key = data.draw(st.sampled_from(list(_places(nb))))
        if data.draw(st.booleans()):
            node[key] = copy.deepcopy(data.draw(st.sampled_from(ODD)))
        else:
            del node[key]
    if (nb.get("nbformat"), nb.get("nbformat_minor")) == schema.VERSION and isinstance(nb.get("cells"), list):
        assert schema.is_valid(nb) == (not list(NBFORMAT.iter_errors(nb)))


@pytest.mark.parametrize("minor", [0, 3, 5])
def test_it_knows_nothing_of_other_formats(minor: int) -> None:
    """Their schemas differ, so nbformat is asked."""
    assert not schema.is_valid(nbformat.from_dict({**SOUND, "nbformat": 4, "nbformat_minor": minor}))
