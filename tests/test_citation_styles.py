"""Our two styles by citeproc-py against the same styles by pandoc, whose citations are the best there are."""

from __future__ import annotations

import html
import json
import re
import subprocess
from typing import TYPE_CHECKING

import pypandoc
import pytest

from converter import bibtex, citations
from converter.citations import Citation, Cite
from tests.test_citations import WORKS

if TYPE_CHECKING:
    from pathlib import Path

MORE = r"""
@inproceedings{talk, author={Vaswani, Ashish and Shazeer, Noam}, title={Attention}, booktitle={Advances in Systems},
  editor={Guyon, I.}, volume={30}, year={2017}, pages={5998--6008}}
@incollection{part, author={Doe, Jane}, title={A Part}, booktitle={The Whole}, publisher={ACM}, address={York},
  pages={5}, year={2003}}
@online{page, author={{The Team}}, title={A page}, date={2022}, url={https://x.org/a}, urldate={2024-05-06}}
@techreport{report, author={van der Berg, Jan}, title={Report}, institution={CERN}, number={7}, year={2005}}
@software{tool, author={{Tool Makers}}, title={Tool}, version={3.8}, date={2024-05}, url={https://x.org/tool}}
@misc{nobody, title={Without author or date}}
@article{pages, author={Ng, Bo}, title={Long}, journal={K}, volume=1, pages={173--198}, month=jan, year=2010}
"""
ENTRIES = {key: item for key, item in bibtex.read((WORKS + MORE).encode()).items.items() if key != "braces"}
PLACES: dict[str, tuple[Citation, str]] = {
    **{key: (Citation(cites=(Cite(key=key),)), f"[@{key}]") for key in ENTRIES},
    "several": (Citation(cites=(Cite(key="ng"), Cite(key="knuth"))), "[@ng; @knuth]"),
    "where": (Citation(cites=(Cite(key="ng", locator="3-5"),)), "[@ng, pp. 3-5]"),
    "chapter": (Citation(cites=(Cite(key="ng", locator="7", label="chapter"),)), "[@ng, chap. 7]"),
    "words": (Citation(cites=(Cite(key="ng", prefix="see", suffix=" there"),)), "[see @ng there]"),
    "yearly": (Citation(cites=(Cite(key="ng", is_yearly=True),)), "[-@ng]"),
    "narrative": (Citation(cites=(Cite(key="ng"),), is_narrative=True), "@ng"),
    "two": (Citation(cites=(Cite(key="lee"),), is_narrative=True), "@lee"),
    "three": (Citation(cites=(Cite(key="many"),), is_narrative=True), "@many"),
}
"""What is cited, as a value and in Pandoc's Markdown."""


def _plain(text: str) -> str:
    """Return what a reader reads of the HTML *text*."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).replace("\xa0", " ").split())


def _by_pandoc(style: Path, folder: Path) -> dict[str, str]:
    """Return what pandoc makes of all places, and of the list, by their names."""
    (folder / "works.json").write_text(json.dumps(list(ENTRIES.values())), "utf-8")
    text = "\n\n".join(f"{name}: {markdown}" for name, (_, markdown) in PLACES.items())
    command = [pypandoc.get_pandoc_path(), "--citeproc", "--from=markdown-smart", "--to=html", "--wrap=none"]
    command += [f"--csl={style}", f"--bibliography={folder / 'works.json'}"]
    shown = subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=120).stdout
    places = dict(re.findall(r"<p>(\w+): (.*?)</p>", shown))
    entries = re.findall(
        r'<div id="ref-(\w+)" class="csl-entry"[^>]*>\n?(.*?)\n?(?=</div>\n(?:<div id|</div>))', shown, re.DOTALL
    )
    return {name: _plain(value) for name, value in [*places.items(), *((f"ref-{key}", it) for key, it in entries)]}


def _by_us(style: Path) -> dict[str, str]:
    """Return what we make of them."""
    places = [citation for citation, _ in PLACES.values()]
    found = citations.render(places, ENTRIES, citations.style(style, None), whole=False)
    texts = {name: "".join(part.html for part in found.citations[citation]) for name, (citation, _) in PLACES.items()}
    return {name: _plain(it) for name, it in [*texts.items(), *((f"ref-{k}", v) for k, v in found.references.items())]}


@pytest.mark.parametrize("name", ["author-date", "numeric"])
def test_texts_and_list_are_those_of_pandoc(name: str, tmp_path: Path) -> None:
    """Word for word, in the same order; but a sentence has its authors where numbers are the style, too."""
    style = citations.own_style(name)
    assert style is not None
    theirs, ours = _by_pandoc(style, tmp_path), _by_us(style)
    if name == "numeric":
        for key, authors in {"narrative": "Ng", "two": "Lee and Wu", "three": "One, Two and Three"}.items():
            theirs[key] = f"{authors} {theirs[key]}"
    assert len(theirs) == len(PLACES) + len(ENTRIES)
    assert {key: (ours.get(key), it) for key, it in theirs.items() if ours.get(key) != it} == {}
    assert [key for key in ours if key.startswith("ref-")] == [key for key in theirs if key.startswith("ref-")]
