"""The house: who may import whom, who prints, what a light start leaves out, what each module says of itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import converter
from tests import blogs, documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import MakeBlog

PACKAGE = Path(converter.__file__).parent
ARCHITECTURE = PACKAGE.parent / "docs/architecture.md"
LAYERS = (
    (
        "bibtex_fields bibtex channels errors yaml_text matter_keys lexing highlight liquid kernel_limit "
        "kernel_probe kernel_start interrupts process watchdog widgets light schema site_keys views workers"
    ),
    "model config files charts directives folds streams mathml text jekyll gateway markup probe preview",
    (
        "discover findings matter_text matter_spellings front_matter bibliography citations images jumps links memo "
        "permalinks posts progress record runs runtimes stable templating transform"
    ),
    "inputs markdown pair word_text word read write",
    "inset holoviz kernel faults outputs survey",
    "execute render reproduce",
    "convert",
    "look",
    "check exporter failures rerun",
    "ahead batch status",
    "terminal",
    "pipeline",
    "site serve new",
    "cli",
    "__main__",
)
"""Lowest first. A module imports only from the layers below, and from names further left in its own."""
ORDER = [name for names in LAYERS for name in names.split()]
PRINTING = ("cli", "process", "terminal")
"""Who may write to the terminal, and who sees to it that it can be written to."""
HEAVY = (
    *("IPython", "bibtexparser", "citeproc", "ipykernel", "jupyter_client", "jupytext", "lxml", "nbclient"),
    *("nbconvert", "pypandoc", "zmq"),
)
"""What a build with nothing to do must not pay for."""


def _modules() -> dict[str, ast.Module]:
    """Return the modules of the package by dotted names within it."""
    files = sorted(PACKAGE.rglob("*.py"))
    names = {
        file: ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__") for file in files
    }
    return {name: ast.parse(file.read_text("utf-8")) for file, name in names.items() if name != "__init__"}


MODULES = _modules()


def _imports(tree: ast.AST, *, types: bool = True) -> Iterator[str]:
    """Yield the dotted names, within the package, that *tree* imports; those for *types* only if asked."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not types:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "converter":
            inside = node.module.removeprefix("converter").lstrip(".")
            for alias in node.names:
                dotted = f"{inside}.{alias.name}".lstrip(".")
                yield dotted if dotted in MODULES else inside
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.removeprefix("converter.") for alias in node.names if alias.name.startswith("converter.")
            )
        yield from _imports(node, types=types)


def _top(name: str) -> str:
    """Return the part of a dotted name that the layers know."""
    return name.partition(".")[0]


def test_every_module_has_a_layer() -> None:
    """A new module is a decision about where it stands."""
    assert sorted(ORDER) == sorted({_top(name) for name in MODULES})


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_from_below(name: str) -> None:
    """Data flows one way; imports for types count as well."""
    above = {
        target
        for target in _imports(MODULES[name])
        if target and _top(target) != _top(name) and ORDER.index(_top(target)) > ORDER.index(_top(name))
    }
    assert not above, f"{name} imports from above: {sorted(above)}"


def test_nothing_imports_in_circles() -> None:
    """Within packages, too, every module can be read after those it imports."""
    graph = {name: {target for target in _imports(tree, types=False) if target} for name, tree in MODULES.items()}
    while graph:
        leaves = {name for name, targets in graph.items() if not (targets - {name}) & graph.keys()}
        assert leaves, f"these import each other: {sorted(graph)}"
        graph = {name: targets for name, targets in graph.items() if name not in leaves}


@pytest.mark.parametrize("name", [name for name in MODULES if name not in PRINTING])
def test_only_the_terminal_prints(name: str) -> None:
    """Stages return values; what people see is said in one place."""
    for node in ast.walk(MODULES[name]):
        assert not (isinstance(node, ast.Name) and node.id == "print"), f"{name} prints"
        assert not (isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr", "click.echo"))


def _loaded(statement: str) -> set[str]:
    """Return which heavy packages a fresh interpreter has loaded after *statement*."""
    report = f"import sys\n{statement}\nprint(*sorted({HEAVY!r} & sys.modules.keys()))".replace(
        repr(HEAVY), repr(set(HEAVY))
    )
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.splitlines()[-1].split())


def test_the_command_starts_light() -> None:
    """`nbpress --help` answers at once."""
    assert _loaded("import converter.cli") == set()


def test_a_build_with_nothing_to_do_loads_no_kernel_and_no_nbconvert(blog: MakeBlog) -> None:
    """Neither nbconvert nor IPython is imported when posts are what their notebooks say."""
    nb = blogs.notebook(blogs.markdown("*text* $a_1$"), blogs.code("x = 1"))
    root = blog({blogs.FILE: nb})
    load = f"config.load(Path({str(root)!r}))"
    build = f"from converter import cli, config, pipeline; from pathlib import Path; pipeline.build({load})"
    assert _loaded(build) == set()
    assert (root / "_posts/2020-01-02-post.html").is_file()
    assert _loaded(build) == set()


def test_other_sources_that_have_not_changed_load_nothing(blog: MakeBlog) -> None:
    """Whether a text is a notebook can be told without Jupytext; a document that is known needs no pandoc."""
    text, script = "---\ntitle: x\njupytext: {}\n---\nText.\n", "# %% [markdown]\n# # A title\n"
    document = documents.of_markdown("---\ntitle: x\n---\n\nText.\n")
    names = ("_notebooks/2020-01-02-a.md", "_notebooks/2020-01-03-b.py", "_word/2020-01-04-c.docx")
    root = blog(dict(zip(names, (text, script, document), strict=True)))
    load = f"config.load(Path({str(root)!r}))"
    build = f"from converter import cli, config, pipeline; from pathlib import Path; pipeline.build({load})"
    assert {"jupytext", "pypandoc"} <= _loaded(build)
    assert (root / "_posts/2020-01-04-c.html").is_file()
    assert _loaded(build) == set()


def test_what_is_loaded_ahead_is_all_that_a_notebook_needs(blog: MakeBlog) -> None:
    """Otherwise each of many processes would load it once more."""
    root = blog({blogs.FILE: blogs.notebook(blogs.markdown("*text* $a_1$"), blogs.code("x = 1"))})
    statement = (
        "import sys; from converter import ahead, config, memo, pipeline; from pathlib import Path; "
        f"before = set(sys.modules); report = pipeline.check(config.load(Path({str(root)!r}))); "
        "assert [it.rule for it in report.findings] == ['post-exists'], report; "
        "print(*(name for name in set(sys.modules) - before if name.startswith('converter')))"
    )
    done = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split(), done.stderr) == ([], "")


def test_the_architecture_page_lists_the_modules_in_their_own_words() -> None:
    """Each line is the first sentence of a module's docstring, and no module is left out."""
    text = ARCHITECTURE.read_text("utf-8")
    listed = dict(re.findall(r"^\s*- `([\w/]+)\.py`: (.+)$", text, re.MULTILINE))
    files = {file.relative_to(PACKAGE).with_suffix("").as_posix(): file for file in PACKAGE.rglob("*.py")}
    assert listed == {name: _first_sentence(file) for name, file in files.items()}


def _first_sentence(file: Path) -> str:
    """Return the first sentence of the docstring of the module *file*, on one line."""
    text = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return re.split(r"\n\n|(?<=[.?])\s+(?=[A-Z])", text)[0].replace("\n", " ")
