"""Packaging: the wheel carries all that the command needs, and says what the changelog says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import converter
from converter import config, pipeline
from tests import folders
from tests.cases import same

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).parents[1]
SEED = Path(__file__).parent / "notebooks" / "seed"
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def python(*arguments: str, cwd: Path, env: Mapping[str, str]) -> str:
    """Run Python in *cwd* and return what it prints."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, env=dict(env), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this checkout, built without network."""
    folder = tmp_path_factory.mktemp("wheel")
    python("-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(CHECKOUT), cwd=folder, env=_clean())
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which only the wheel is installed."""
    target = tmp_path_factory.mktemp("installed")
    arguments = ["-m", "pip", "install", "-q", "--no-deps", "--target", str(target), str(wheel)]
    python(*arguments, cwd=target, env=_clean() | OFFLINE)
    return target


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}


def test_the_wheel_holds_package_templates_and_libraries_and_nothing_else(wheel: Path) -> None:
    """Every module, every template and every script library is in it; tests, docs and the blog are not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    package = (file for suffix in ("py", "rb", "js") for file in (CHECKOUT / "converter").rglob(f"*.{suffix}"))
    modules = {file.relative_to(CHECKOUT).as_posix() for file in package}
    templates = {f"converter/templates/{file.name}" for file in (CHECKOUT / "templates").iterdir()}
    assert len(templates) > 10
    vendored = (file for file in (CHECKOUT / "assets/vendor").rglob("*") if file.is_file())
    libraries = {f"converter/vendor/{file.relative_to(CHECKOUT / 'assets/vendor').as_posix()}" for file in vendored}
    styles = {file.relative_to(CHECKOUT).as_posix() for file in (CHECKOUT / "converter/styles").glob("*.csl")}
    assert len(styles) == 2
    assert {name for name in names if ".dist-info/" not in name} == modules | templates | libraries | styles
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_brings_the_command_and_the_exporter(installed: Path) -> None:
    """Its entry points are the script `nbpress` and nbconvert's `jekyll`."""
    (distribution,) = metadata.distributions(path=[str(installed)])
    points = {(point.group, point.name): point.value for point in distribution.entry_points}
    assert points == {
        ("console_scripts", "nbpress"): "converter.cli:main",
        ("nbconvert.exporters", "jekyll"): "converter.exporter:JekyllExporter",
    }
    assert (installed / "bin" / "nbpress").is_file()


def _installed_build(installed: Path, root: Path) -> None:
    """Build the blog at *root* with the installed package, far from the checkout."""
    env = _clean() | {"PYTHONPATH": str(installed)}
    where = python("-c", "import converter; print(converter.__file__)", cwd=root, env=env)
    assert Path(where.strip()).is_relative_to(installed)
    python("-m", "converter", "build", cwd=root, env=env)


def test_the_wheel_writes_the_bytes_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    """A blog gets the same posts and images from both."""
    cells = ["# A", "> Note: x ![](a.svg)", {"code": "#collapse\nx", "outputs": "1"}, "{% fn 1 %}[^1]\n\n[^1]: y"]
    files = {"_notebooks/2020-01-02-a.ipynb": cells[:3], "_notebooks/a.svg": "<svg/>"}
    ours, theirs = (folders.make(tmp_path / name, files) for name in ("ours", "theirs"))
    pipeline.build(config.load(ours))
    _installed_build(installed, theirs)
    assert folders.tree(theirs) == folders.tree(ours)
    assert len(folders.tree(ours)) == 5


def test_the_reference_post_is_exact_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """The post that nobody may ever record again comes out of the installed package to the byte."""
    name = "2020-09-19-BERT-Introduction"
    (notebook,), (post,) = (sorted(SEED.rglob(f"*.{suffix}")) for suffix in ("ipynb", "html"))
    settings = "baseurl: /personal_blog\nnotebooks: {execute: never, front_matter: {keywords: fastai}}\n"
    files: dict[str, object] = {"_config.yml": settings, f"_notebooks/{name}.ipynb": notebook.read_bytes()}
    pictures = [file for file in SEED.rglob("*") if file.suffix in (".png", ".jpg", ".jpeg", ".svg", ".gif")]
    files |= {f"_notebooks/images/{file.name}": file.read_bytes() for file in pictures}
    root = folders.make(tmp_path, files)
    _installed_build(installed, root)
    same((root / f"_posts/{name}.html").read_text("utf-8"), post.read_text("utf-8"))


def test_all_places_name_one_version() -> None:
    """pyproject.toml, the package, the installed distribution, and the changelog's newest entry agree."""
    versions = re.findall(
        r"^## \[?(Unreleased|\d[^\]\s]*)", (CHECKOUT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert converter.__version__ == PROJECT["version"] == metadata.version("nbpress")
    assert versions[0] in ("Unreleased", PROJECT["version"])


def test_importing_the_command_stays_light() -> None:
    """A build with nothing to do must not pay for kernels and converters that it does not need."""
    heavy = ("nbconvert", "IPython", "nbclient", "zmq", "matplotlib", "jupyter_client")
    code = f"import sys, converter.cli; print([name for name in {heavy} if name in sys.modules])"
    assert python("-c", code, cwd=CHECKOUT, env=_clean()) == "[]\n"


def test_the_lock_names_no_index_and_has_hashes() -> None:
    """The same commit installs the same files next year, from whatever index a machine uses."""
    for file in sorted((CHECKOUT / "requirements").glob("*.txt")):
        text = file.read_text("utf-8")
        assert "://" not in text, file.name
        pins = re.findall(r"^[A-Za-z0-9][^\s;=]*==[^\n]*", text, re.MULTILINE)
        assert pins, file.name
        assert all(pin.rstrip().endswith("\\") for pin in pins), file.name
        assert text.count("--hash=sha256:") >= len(pins), file.name


def test_the_lock_needs_the_solver_and_no_test_tools(tmp_path: Path) -> None:
    """Whoever adds a package to a fresh clone waits for one wheel, which is the one of the lock."""
    folder = Path(__file__).parents[1]
    for name in ("Makefile", "pyproject.toml", "requirements/build.txt", "requirements/test.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(folder / name, tmp_path / name)
    make = ["make", f"PYTHON={sys.executable}"]
    planned = subprocess.run([*make, "-n", "lock"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "-r .venv/uv.txt" in planned
    assert "npm" not in planned
    assert "-r requirements/" not in planned
    subprocess.run([*make, ".venv/uv.txt"], cwd=tmp_path, check=True)
    first, *hashes = (tmp_path / ".venv/uv.txt").read_text().splitlines()
    assert re.fullmatch(r"uv==[\d.]+ \\", first)
    assert hashes
    assert all(line.startswith("    --hash=sha256:") for line in hashes)
