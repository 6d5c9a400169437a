"""Serving: the blog is shown, follows every save, and everything ends with Ctrl-C."""

from __future__ import annotations

import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from tests import folders
from tests.serving import BLOG, FILE, Serving, page, processes_in, stop

pytestmark = [pytest.mark.jekyll, pytest.mark.usefixtures("requires_jekyll")]


def test_the_page_follows_every_save_until_ctrl_c(port: int, tmp_path: Path) -> None:
    """A save of a notebook shows within seconds, a mistake does not end the preview, and Ctrl-C ends all of it."""
    root = folders.make(tmp_path / "blog", BLOG)
    serving = folders.started(root, "serve", "--port", str(port))
    try:
        assert folders.ends(lambda: "First prose." not in page(port), 30)
        (root / FILE).write_bytes(folders.content(["# A", "Second prose."]))
        assert folders.ends(lambda: "Second prose." not in page(port), 20)
        (root / FILE).write_text("not JSON")
        (root / "_config.yml").write_text("notebooks: {execute: sometimes}\n")
        (root / "_notebooks/2020-01-03-b.ipynb").write_bytes(folders.content(["# B", "Third prose."]))
        assert folders.ends(lambda: "Third prose." not in page(port, "/2020/01/03/b.html"), 20)
        assert "Second prose." in page(port)
    finally:
        said, log = stop(serving)
    assert serving.returncode == 0, log
    assert f"{FILE}: line 1: is not JSON" in said
    assert "Traceback" not in said + log
    assert folders.ends(lambda: bool(processes_in(root)), 5), processes_in(root)
    assert page(port) == ""


@pytest.mark.parametrize("typed", ["title: [Blog\nplugins_dir: x", "just words\n", "title: \x00\n", None])
def test_settings_that_are_being_typed_do_not_end_the_preview(port: int, tmp_path: Path, typed: str | None) -> None:
    """Whatever stands there for a moment, or nothing at all: the preview goes on, and follows what comes afterwards."""
    root = folders.make(tmp_path / "blog", BLOG)
    with Serving(root, "--port", str(port)) as serving:
        serving.ready()
        if typed is None:
            (root / "_config.yml").unlink()
        else:
            (root / "_config.yml").write_text(typed)
            serving.line(r"_config.yml: .*(YAML|settings)")
        (root / FILE).write_bytes(folders.content(["# A", "Second prose."]))
        assert folders.ends(lambda: "Second prose." not in page(port), 20)
        (root / "_config.yml").write_text(f"{BLOG['_config.yml']}baseurl: /below\n")
        assert folders.ends(lambda: "Second prose." not in page(port, "/below/2020/01/02/a.html"), 20)


def test_drafts_show_what_is_not_published(port: int, tmp_path: Path) -> None:
    """`--drafts` shows posts of the future and unpublished ones, too; without it nobody finds them."""
    future = "_notebooks/2999-01-02-later.ipynb"
    root = folders.make(tmp_path / "blog", BLOG | {future: ["# Later\n- published: false", "Not yet."]})
    for option, there in (("--drafts", True), ("--verbose", False)):
        with Serving(root, option, "--port", str(port)) as serving:
            serving.ready()
            assert ("Not yet." in page(port, "/2999/01/02/later.html")) is there
            assert "First prose." in page(port)


def test_text_notebooks_and_bibliographies_are_followed(port: int, tmp_path: Path) -> None:
    """Whatever a post is written in, and what it cites."""
    head = "---\njupyter: {kernelspec: {name: python3, display_name: Python 3, language: python}}\ntitle: T\n---\n\n"
    files: dict[str, object] = {
        "_bibliography/books.bib": "@book{key, title = {Old book}, author = {A. Author}, year = {2000}}\n",
        FILE: ["# A", "See {% cite key %}.\n\n{% bibliography --cited %}"],
        "_notebooks/2020-02-03-text.md": f"{head}First text.\n",
    }
    root = folders.make(tmp_path / "blog", {**BLOG, **files})
    with Serving(root, "--port", str(port)) as serving:
        serving.ready()
        assert folders.ends(lambda: "Old book" not in page(port), 20)
        (root / "_bibliography/books.bib").write_text(
            "@book{key, title = {New book}, author = {A. Author}, year = {2000}}\n"
        )
        assert folders.ends(lambda: "New book" not in page(port), 20)
        assert "First text." in page(port, "/2020/02/03/text.html")
        (root / "_notebooks/2020-02-03-text.md").write_text(f"{head}Second text.\n")
        assert folders.ends(lambda: "Second text." not in page(port, "/2020/02/03/text.html"), 20)


def test_what_a_post_is_made_of_is_followed(port: int, tmp_path: Path) -> None:
    """Pictures, templates, settings and hand-written posts; what goes is gone from the site."""
    files = {
        "_notebooks/a.svg": "<svg/>",
        "_posts/2020-01-05-hand.md": "---\nlayout: notebook\n---\nWritten by hand.\n",
        FILE: ["# A", "First prose. ![A](a.svg)"],
    }
    root = folders.make(tmp_path / "blog", BLOG | files)
    with Serving(root, "--port", str(port)) as serving:
        serving.ready()
        assert "Written by hand." in page(port, "/2020/01/05/hand.html")
        (root / "_notebooks/a.svg").write_text("<svg><path/></svg>")
        image = f"/{next((root / 'images').rglob('a.svg')).relative_to(root)}"
        assert folders.ends(lambda: "<path/>" not in page(port, image), 20)
        (root / "_posts/2020-01-05-hand.md").write_text("---\nlayout: notebook\n---\nWritten again.\n")
        assert folders.ends(lambda: "Written again." not in page(port, "/2020/01/05/hand.html"), 20)
        (root / "templates").mkdir()
        (root / "templates/cell_markdown.html.j2").write_text("Mine.")
        assert folders.ends(lambda: "Mine." not in page(port), 20)
        shutil.rmtree(root / "templates")
        assert folders.ends(lambda: "First prose." not in page(port), 20)
        (root / FILE).unlink()
        assert folders.ends(lambda: bool(page(port)), 20)
        assert not (root / "_posts/2020-01-02-a.html").exists()


@pytest.mark.kernel
def test_what_has_failed_does_not_run_again_for_another_save(port: int, tmp_path: Path) -> None:
    """A save runs the notebook that was saved; data runs those that read it."""
    counted = folders.counting_kernel(tmp_path)
    reads = {"code": "print(1 / int(open('number.txt').read()))"}
    files: dict[str, object] = {
        "_config.yml": "timezone: UTC\n",
        FILE: {"cells": ["# A", "First prose.", reads], "metadata": folders.COUNTED},
        "_notebooks/2020-01-03-b.ipynb": ["# B", "Before."],
        "_notebooks/number.txt": "0",
    }
    root = folders.make(tmp_path / "blog", {**BLOG, **files})
    with Serving(root, "--port", str(port), env=counted) as serving:
        serving.ready()
        serving.line("1 error in 1 file")
        (root / "_notebooks/2020-01-03-b.ipynb").write_bytes(folders.content(["# B", "After."]))
        assert folders.ends(lambda: "After." not in page(port, "/2020/01/03/b.html"), 20)
        assert folders.starts(tmp_path) == 1
        (root / "_notebooks/number.txt").write_text("4")
        assert folders.ends(lambda: "0.25" not in page(port), 30)
        assert folders.starts(tmp_path) == 2
        (root / "_notebooks/number.txt").write_text("2")
        assert folders.ends(lambda: "0.5" not in page(port), 30)
        assert folders.starts(tmp_path) == 3


@pytest.mark.kernel
def test_a_failure_is_told_and_not_tried_again(port: int, tmp_path: Path) -> None:
    """Whatever happens to other notebooks and to the theme; what could fix it, or a save of its own, tries again."""
    counted = folders.counting_kernel(tmp_path)
    cells = ["# A", {"code": "open('log.txt', 'a').write('.')\nimport helper\nprint(helper.WORD)"}]
    files: dict[str, object] = {
        "_config.yml": "timezone: UTC\n",
        FILE: {"cells": cells, "metadata": folders.COUNTED},
        "_notebooks/2020-01-03-b.ipynb": ["# B", "Before."],
    }
    root = folders.make(tmp_path / "blog", {**BLOG, **files})
    with Serving(root, "--port", str(port), env=counted) as serving:
        serving.ready()
        assert folders.ends(lambda: "Before." not in page(port, "/2020/01/03/b.html"), 30)
        assert folders.ends(lambda: folders.starts(tmp_path) < 2, 20)  # its own log is news, once
        (root / "_notebooks/2020-01-03-b.ipynb").rename(root / "_notebooks/2020-01-03-c.ipynb")
        assert folders.ends(lambda: "Before." not in page(port, "/2020/01/03/c.html"), 20)
        (root / "_notebooks/2020-01-03-c.ipynb").unlink()
        assert folders.ends(lambda: bool(page(port, "/2020/01/03/c.html")), 20)
        assert folders.starts(tmp_path) == 2
        (root / FILE).touch()
        assert folders.ends(lambda: folders.starts(tmp_path) < 3, 20)
        (root / "_notebooks/helper.py").write_text("WORD = 'mended'\n")
        assert folders.ends(lambda: "mended" not in page(port), 30)


def test_the_address_of_a_saved_post_is_said(port: int, tmp_path: Path) -> None:
    """Whoever makes a post need not look for it; what only `--drafts` shows has none."""
    root = folders.make(tmp_path / "blog", BLOG | {"_config.yml": f"baseurl: /blog\n{BLOG['_config.yml']}"})
    with Serving(root, "--port", str(port)) as serving:
        assert serving.line(r"the blog is at (http://\S+)") == f"http://127.0.0.1:{port}/blog/"
        (root / "_notebooks/2020-02-03-später.ipynb").write_bytes(folders.content(["# S\n- categories: [x]", "New."]))
        address = serving.line(r"_posts/2020-02-03-später.html is at http://127.0.0.1:\d+(/\S+)$")
        assert address == "/blog/x/2020/02/03/sp%C3%A4ter.html"
        assert "New." in page(port, address)


@pytest.mark.kernel
def test_what_a_run_writes_is_no_save(port: int, tmp_path: Path) -> None:
    """Outputs that go into a notebook, or into the pair of a text, start no build: each save is answered once."""
    text = "---\njupyter: {kernelspec: {name: python3, display_name: Python 3, language: python}}\ntitle: T\n---\n\n"
    files: dict[str, object] = {
        "_config.yml": "timezone: UTC\n",
        FILE: ["# A", {"code": "print('one')"}],
        "_notebooks/2020-01-03-b.ipynb": ["# B", "Before."],
        "_notebooks/2020-01-04-broken.ipynb": ["# Broken", "![x](nowhere.png)"],
    }
    root = folders.make(tmp_path / "blog", {**BLOG, **files})
    with Serving(root, "--port", str(port)) as serving:
        serving.ready()
        assert folders.ends(lambda: "one" not in page(port), 30)
        (root / FILE).write_bytes(folders.content(["# A", {"code": "print('two')"}]))
        assert folders.ends(lambda: "two" not in page(port), 30)
        (root / "_notebooks/2020-01-05-text.md").write_text(f"{text}```python\nprint('three')\n```\n")
        assert folders.ends(lambda: "three" not in page(port, "/2020/01/05/text.html"), 30)
        assert (root / "_notebooks/2020-01-05-text.ipynb").exists()
        (root / "_notebooks/2020-01-03-b.ipynb").write_bytes(folders.content(["# B", "After."]))
        assert folders.ends(lambda: "After." not in page(port, "/2020/01/03/b.html"), 20)
    builds = [line for line in serving.log.splitlines() if re.match(r"\d.*\.$", line)]
    assert builds == [
        "1 notebook run, 3 posts written, 1 error in 1 file.",
        "1 notebook run, 1 post written.",
        "1 notebook run, 1 post written, 3 unchanged, 1 error in 1 file.",
        "1 post written.",
    ]


@pytest.mark.kernel
def test_ctrl_c_ends_a_running_cell_too(port: int, tmp_path: Path) -> None:
    """Kernel, Jekyll and we are gone, and the status is 0."""
    cells = ["# A", {"code": "import pathlib, time\npathlib.Path('runs').touch()\ntime.sleep(600)"}]
    root = folders.make(tmp_path / "blog", BLOG | {"_config.yml": "timezone: UTC\n", FILE: cells})
    with Serving(root, "--port", str(port)):
        assert folders.ends(lambda: not (root / "_notebooks/runs").exists(), 30)


def test_a_gateway_of_the_environment_survives_a_change_of_the_settings(port: int, tmp_path: Path) -> None:
    """Nobody listens there, so whoever asks it says so."""
    gateway = "http://127.0.0.1:1"
    root = folders.make(tmp_path / "blog", {**BLOG, "_config.yml": "timezone: UTC\n", FILE: ["# A", {"code": "1"}]})
    with Serving(root, "--port", str(port), env={"JUPYTER_GATEWAY_URL": gateway}) as serving:
        serving.line(f"failed {FILE}")
        serving.ready()
        (root / "_config.yml").write_text("timezone: UTC\ntitle: Other\n")
        (root / FILE).write_bytes(folders.content(["# A", {"code": "2"}]))
        serving.line(rf"(failed|ran) {FILE}")
        assert "ran " not in serving.log


def test_nothing_survives_a_preview_that_was_killed(port: int, tmp_path: Path) -> None:
    """Jekyll ends with its input, whoever closes it."""
    root = folders.make(tmp_path / "blog", BLOG)
    serving = folders.started(root, "serve", "--port", str(port))
    try:
        assert folders.ends(lambda: "First prose." not in page(port), 30)
        assert processes_in(root)
    finally:
        serving.kill()
        serving.communicate(timeout=20 * folders.BUSY)
    assert folders.ends(lambda: bool(processes_in(root)), 5), processes_in(root)


def test_a_jekyll_that_has_gone_is_started_again(port: int, tmp_path: Path) -> None:
    """By the next save; until then the last pages stay, and the terminal says what has happened."""
    root = folders.make(tmp_path / "blog", BLOG)
    with Serving(root, "--port", str(port)) as serving:
        serving.ready()
        (ruby,) = [pid for pid, line in processes_in(root).items() if "preview/site" in line]
        os.kill(ruby, signal.SIGKILL)
        serving.line("Jekyll has ended with status -9; the next save starts it again")
        assert "First prose." in page(port)
        (root / FILE).write_bytes(folders.content(["# A", "Second prose."]))
        assert folders.ends(lambda: "Second prose." not in page(port), 20)
        (root / "_config.yml").write_text("plugins: [no-such-plugin]\nnotebooks: {execute: never}\n")
        serving.line("Jekyll has ended with status 1")
        assert "Second prose." in page(port)
        (root / "_config.yml").write_text("timezone: UTC\nnotebooks: {execute: never}\n")
        (root / FILE).write_bytes(folders.content(["# A", "Third prose."]))
        assert folders.ends(lambda: "Third prose." not in page(port), 20)


def test_the_preview_can_be_searched(port: int, tmp_path: Path) -> None:
    """The index is made when somebody asks for it, and is that of the site as it is."""
    root = folders.make(tmp_path / "blog", BLOG | {"_config.yml": f"keep_files: [pagefind]\n{BLOG['_config.yml']}"})
    with Serving(root, "--port", str(port)) as serving:
        serving.ready()
        assert not (root / ".nbpress/preview/site/pagefind").exists()
        assert "pagefind" in page(port, "/pagefind/pagefind.js")
        first = page(port, "/pagefind/pagefind-entry.json")
        (root / FILE).write_bytes(folders.content(["# A", "Zebra."]))
        assert folders.ends(lambda: page(port, "/pagefind/pagefind-entry.json") == first, 20)


def test_what_only_drafts_shows_is_said(port: int, tmp_path: Path) -> None:
    """Whoever saves a draft and looks for it in vain learns why."""
    root = folders.make(tmp_path / "blog", BLOG)
    with Serving(root, "--port", str(port)) as serving:
        serving.ready()
        (root / FILE).write_bytes(folders.content(["# A\n- draft: true", "Draft."]))
        serving.line(r"_posts/2020-01-02-a.html is not published; nbpress serve --drafts shows it")
        (root / "_notebooks/2999-01-02-later.ipynb").write_bytes(folders.content(["# Later"]))
        serving.line(r"Jekyll: Skipping: _posts/2999-01-02-later.html has a future date; --drafts shows it")


def test_a_jekyll_that_cannot_start_ends_the_preview(port: int, tmp_path: Path) -> None:
    """Its own message is there to read, and its exit status is ours."""
    root = folders.make(
        tmp_path / "blog", BLOG | {"_config.yml": "plugins: [no-such-plugin]\nnotebooks: {execute: never}\n"}
    )
    done = folders.nbpress(root, "serve", "--port", str(port))
    assert done.returncode == 1
    assert "no-such-plugin" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert processes_in(root) == {}


def test_no_jekyll_is_one_line(tmp_path: Path) -> None:
    """It says what to install, and nothing has been built."""
    root = folders.make(tmp_path / "blog", BLOG)
    (tmp_path / "bin").mkdir()
    tools = [shutil.which(name) for name in ("sh", "env")]
    for tool in filter(None, tools):
        (tmp_path / "bin" / Path(tool).name).symlink_to(tool)
    done = folders.nbpress(root, "serve", env={"PATH": str(tmp_path / "bin")})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Jekyll is not installed; ")
    assert not (root / "_posts").exists()
