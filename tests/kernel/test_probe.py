"""What the probe sees of a run, in real kernels."""

from __future__ import annotations

import contextlib
import os
import py_compile
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from jupyter_client.manager import start_new_kernel

from converter import files, probe
from tests import blogs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

pytestmark = pytest.mark.kernel

FILES: dict[str, object] = {
    "_config.yml": "title: Blog\n",
    "_notebooks/data.csv": "a,b\n1,2\n3,4\n",
    "_notebooks/data.json": "[1]\n",
    "_notebooks/helper.py": "VALUE = 1\n",
    "_notebooks/kit/__init__.py": "",
    "_notebooks/kit/part.py": "from pathlib import Path\nVALUE = Path('data.csv').read_text()\n",
    "_notebooks/sub/data.csv": "c\n1\n",
    "_posts/post.html": "",
    "_site/index.html": "",
    "data/far.csv": "d\n1\n",
}
DATA, HELPER, FAR = "_notebooks/data.csv", "_notebooks/helper.py", "data/far.csv"

SEEN: dict[str, tuple[str, set[str]]] = {
    "open": ("open('data.csv').close()", {DATA}),
    "open of a path in bytes": ("open(b'data.csv').close()", {DATA}),
    "pathlib": ("from pathlib import Path; Path('..', 'data', 'far.csv').read_text()", {FAR}),
    "an absolute path": ("import os; open(os.path.abspath('data.csv')).close()", {DATA}),
    "os.open": ("import os; os.close(os.open('data.csv', os.O_RDONLY))", {DATA}),
    "json": ("import json; json.load(open('data.json'))", {"_notebooks/data.json"}),
    "a path that is relative to where the run is by then": (
        "import os; os.chdir('sub'); open('data.csv').close(); os.chdir('..')",
        {"_notebooks/sub/data.csv"},
    ),
    "threads": (
        "import threading; t = threading.Thread(target=lambda: open('data.csv').close()); t.start(); t.join()",
        {DATA},
    ),
    "pandas": ("import pandas; pandas.read_csv('data.csv')", {DATA}),
    "NumPy's text": ("import numpy; numpy.loadtxt('data.csv', delimiter=',', skiprows=1)", {DATA}),
    "memory maps": ("import numpy; numpy.memmap('data.csv', mode='r')", {DATA}),
    "a module": ("import helper", {HELPER}),
    "a module that is forgotten again": ("import sys, helper; del sys.modules['helper']", {HELPER}),
    "a package, its modules and what they read": (
        "from kit.part import VALUE",
        {"_notebooks/kit/__init__.py", "_notebooks/kit/part.py", DATA},
    ),
    "runpy": ("import runpy; runpy.run_path('helper.py'); runpy.run_module('kit.part')",
              {HELPER, "_notebooks/kit/__init__.py", "_notebooks/kit/part.py", DATA}),
    "%run": ("%run helper.py", {HELPER}),
    "a file that is read and written": ("f = open('data.csv', 'r+'); f.read(); f.write('5,6\\n'); f.close()", {DATA}),
    "a file that is read, then written": ("t = open('data.csv').read(); open('data.csv', 'w').write(t)", {DATA}),
    "a file that grows and is read": ("open('data.csv', 'a').write('5,6\\n'); open('data.csv').read()", {DATA}),
    "the error of a cell": ("open('data.csv').close(); 1 / 0", {DATA}),
    "a hard link": ("import os; os.link('data.csv', 'copy.csv'); open('copy.csv').close()", {DATA}),
    "a link that the run makes": ("import os; os.symlink('data.csv', 'copy.csv'); open('copy.csv').close()", {DATA}),
    "up again from a link": (
        "import os; os.symlink('../data', 'far'); open('far/../_config.yml').close()", {"_config.yml"}
    ),
}  # fmt: skip

NOT_SEEN: dict[str, str] = {
    "nothing": "1 + 1",
    "folders that go with their context": "from pathlib import Path; from tempfile import TemporaryDirectory, mkdtemp\n"
    "with TemporaryDirectory() as d:\n    Path(d, 'data').mkdir()\n    mkdtemp(dir=d)",
    "what the run writes": "open('new.csv', 'w').write('1')",
    "what the run writes and then reads": "open('new.csv', 'w').write('1'); open('new.csv').read()",
    "what the run writes over, then reads": "open('data.csv', 'w').write('1'); open('data.csv').read()",
    "what grows only": "open('data.csv', 'a').write('1')",
    "what the run creates and then reads": "open('new.csv', 'x').write('1'); open('new.csv').read()",
    "what the run appends to nothing": "open('new.csv', 'a+').write('1'); open('new.csv').read()",
    "what the run renames": (
        "import os; open('tmp', 'w').close(); os.replace('tmp', 'data.csv'); open('data.csv').close()"
    ),
    "a folder that the run fills": (
        "import os; os.makedirs('out/deep', exist_ok=True); import subprocess;"
        "subprocess.run(['cp', 'data.csv', 'out/deep/x'], check=True); open('out/deep/x').close()"
    ),
    "a temporary file": (
        "import tempfile; f = tempfile.NamedTemporaryFile('w+', dir='.'); f.write('1'); f.flush(); open(f.name).close()"
    ),
    "a module that the run writes": "open('own.py', 'w').write('x = 1'); import own",
    "what the run reads and removes": "import os; open('data.csv').close(); os.remove('data.csv')",
    "a folder that the run reads from and removes": (
        "import shutil; open('sub/data.csv').close(); shutil.rmtree('sub')"
    ),
    "a file that is looked for and then made": (
        "try: open('new.csv')\nexcept OSError: open('new.csv', 'w').write('1')"
    ),
    "a file that is made, taken away and looked for": (
        "import os\nopen('new.csv', 'w').close(); os.remove('new.csv')\ntry: open('new.csv')\nexcept OSError: pass"
    ),
    "a file that is taken away and looked for": (
        "import os\nos.remove('data.csv')\ntry: open('data.csv')\nexcept OSError: pass"
    ),
    "a file in a folder that the run has made": (
        "import os\nos.mkdir('out')\ntry: open('out/none.csv')\nexcept OSError: pass"
    ),
    "a file that a system call makes": "import os\nos.close(os.open('new.csv', os.O_CREAT))",
    "a question whether there is a file": (
        "import os, pathlib, glob; os.path.exists('none.csv'), pathlib.Path('none').is_file(), glob.glob('*.none')"
    ),
    "a module that is not there": (
        "import contextlib\nwith contextlib.suppress(ImportError): import nowhere\n"
        "with contextlib.suppress(ImportError): import json.nowhere"
    ),
    "an error that is shown with its source": "exec(compile('1 / 0', 'nowhere.py', 'exec'))",
    "what libraries look for": (
        "import netrc, contextlib, matplotlib, mimetypes, ssl, pandas, dbm, tempfile, logging.config, IPython\n"
        "mimetypes.init(); tempfile.TemporaryFile(dir='.').close(); matplotlib.pyplot.plot([1])"
    ),
    "a file that is there later": (
        "import subprocess\ntry: open('new.csv')\n"
        "except OSError: subprocess.run(['cp', 'data.csv', 'new.csv'], check=True)"
    ),
    "a file that may not be made": "import contextlib\nwith contextlib.suppress(OSError): open('data.csv', 'x')",
    "folders": "import os; os.listdir('.'); os.close(os.open('sub', os.O_RDONLY)); os.stat('data.csv')",
    "descriptors": "import os; r, w = os.pipe(); os.close(w); open(r).close()",
    "posts and the site": "open('../_posts/post.html').close(); open('../_site/index.html').close()",
    "Python's own files": "import this, os; open(os.__file__).close(); open('/proc/self/stat').close()",
    "a database in memory": "import sqlite3; sqlite3.connect(':memory:').execute('select 1')",
    "a database of the run's own": (
        "import sqlite3; d = sqlite3.connect('new.db'); d.execute('create table t (x)'); d.close()\n"
        "sqlite3.connect('new.db')"
    ),
    "paths that are none": (
        "import contextlib\nfor x in ('', 'a\\0b', 99, None, object()):\n"
        "    with contextlib.suppress(Exception): open(x)"
    ),
}  # fmt: skip


# A kernel that has forgotten its last probe is as good as a fresh one, and the tests take a fifth of the time.
FORGET = """
import os, sys
os.chdir({folder!r})
for name in [name for name in sys.modules if name.partition('.')[0] in ('_nbpress_probe', 'helper', 'kit', 'own')]:
    del sys.modules[name]
"""


class Watch(Protocol):
    """What the fixture `watch` is."""

    def __call__(self, root: Path, *cells: str, before_end: str = "") -> probe.Trace:
        """Return what *cells* use of the blog at *root*; the command *before_end* runs outside the kernel."""
        ...


@pytest.fixture(scope="module")
def shared() -> Iterator[BlockingKernelClient]:
    """Start one kernel for all tests that need none of their own."""
    with kernel() as client:
        yield client


@pytest.fixture
def watch(shared: BlockingKernelClient) -> Watch:
    """Watch cells in the shared kernel."""

    def watch_cells(root: Path, *cells: str, before_end: str = "") -> probe.Trace:
        ask(shared, FORGET.format(folder=str(root / "_notebooks")))
        return watched(shared, root, *cells, before_end=before_end)

    return watch_cells


@contextlib.contextmanager
def kernel(folder: Path | None = None) -> Iterator[BlockingKernelClient]:
    """Start a kernel in *folder*; it is gone afterwards."""
    manager, client = start_new_kernel(cwd=str(folder or Path.cwd()))
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def watched(client: BlockingKernelClient, root: Path, *cells: str, before_end: str = "") -> probe.Trace:
    """Return what *cells* use of the blog at *root*."""
    ask(client, probe.start(root))
    for cell in cells:
        ask(client, cell)
    if before_end:
        subprocess.run(before_end, shell=True, cwd=root, check=True)  # noqa: S602 - our own words
    return probe.trace(ask(client, "", probe.EXPRESSION), root)


def ask(client: BlockingKernelClient, code: str, expression: str = "None") -> str:
    """Run *code* silently and return the value of *expression*."""
    silent = client.execute(code, silent=True, store_history=False, user_expressions={"value": expression})
    reply = client.get_shell_msg(timeout=60)
    while reply["parent_header"].get("msg_id") != silent:  # a slow kernel was asked more than once who it is
        reply = client.get_shell_msg(timeout=60)
    if reply["content"]["status"] == "error":
        return ""
    value = reply["content"]["user_expressions"]["value"]
    assert value["status"] == "ok", value
    return str(value["data"]["text/plain"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the root of a blog with a few files."""
    return blogs.write(tmp_path / "blog", FILES)


@pytest.mark.parametrize(("code", "expected"), SEEN.values(), ids=SEEN)
def test_what_a_run_reads_is_an_input(watch: Watch, root: Path, code: str, expected: set[str]) -> None:
    seen = watch(root, code)
    assert seen.inputs == {path: files.digest(root / path) for path in sorted(expected)}
    assert (seen.absent, seen.vanished, seen.changed, seen.network) == ((), (), (), False)


@pytest.mark.parametrize("code", NOT_SEEN.values(), ids=NOT_SEEN)
def test_what_is_no_input_is_left_out(watch: Watch, root: Path, code: str) -> None:
    seen = watch(root, code)
    assert (seen.inputs, seen.absent, seen.vanished, seen.changed, seen.network) == ({}, (), (), (), False)


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("open('none.csv')", ["_notebooks/none.csv"]),
        ("open('none/deep.csv')", ["_notebooks/none/deep.csv"]),
        ("open('data.csv/deep.csv')", ["_notebooks/data.csv/deep.csv"]),
        ("import os; os.open('none.csv', os.O_RDONLY)", []),  # may be relative to an open folder, which nobody is told
        ("open('https://user:word@example.org/x.nc', 'rb')", []),
        ("open('a,b\\n' * 3000)", []),
        ("from pathlib import Path; Path('../data/none.csv').read_text()", ["data/none.csv"]),
        ("import pandas; pandas.read_csv('none.csv')", ["_notebooks/none.csv"]),
        ("import configparser; configparser.ConfigParser().read(['b.ini', 'a.ini'])",
         ["_notebooks/a.ini", "_notebooks/b.ini"]),
        ("import os; os.symlink('nowhere.csv', 'link.csv'); open('link.csv')", []),
        ("open(b'\\xff')", ["_notebooks/\\udcff"]),
        ("open('../_site/none.html')", []),
        ("open('/nowhere/none.csv')", []),
    ],
)  # fmt: skip
def test_what_is_looked_for_in_vain_is_told(watch: Watch, root: Path, code: str, absent: list[str]) -> None:
    seen = watch(root, f"import contextlib\nwith contextlib.suppress(OSError):\n    {code}")
    assert (list(seen.absent), seen.inputs) == (absent, {})


def test_binary_formats_are_seen(watch: Watch, root: Path) -> None:
    """Arrays, images and databases of the author's are inputs."""
    make = (
        "import numpy, sqlite3; from PIL import Image; numpy.save('a.npy', [1]); Image.new('1', (1, 1)).save('a.png');"
        "d = sqlite3.connect('a.db'); d.execute('create table t (x)'); d.close()"
    )
    subprocess.run([sys.executable, "-c", make], cwd=root / "_notebooks", check=True)
    seen = watch(
        root,
        "import numpy, sqlite3\nfrom PIL import Image\nnumpy.load('a.npy'); Image.open('a.png').load()",
        "d = sqlite3.connect('file:a.db?mode=ro', uri=True); d.execute('select * from t'); d.close()",
    )
    assert list(seen.inputs) == ["_notebooks/a.db", "_notebooks/a.npy", "_notebooks/a.png"]


def test_a_compiled_module_counts_as_its_source(watch: Watch, root: Path) -> None:
    py_compile.compile(str(root / HELPER), doraise=True)
    assert list(watch(root, "import helper").inputs) == [HELPER]


def test_links_count_under_the_name_inside_the_blog(watch: Watch, root: Path, tmp_path: Path) -> None:
    """A link out of the blog has the link's name; a way into the blog from outside ends at the real one."""
    (tmp_path / "out.csv").write_text("1")
    (root / "_notebooks" / "out.csv").symlink_to(tmp_path / "out.csv")
    (root / "_notebooks" / "far").symlink_to("../data", target_is_directory=True)
    (tmp_path / "in.csv").symlink_to(root / DATA)
    (tmp_path / "into").symlink_to(root / "_notebooks", target_is_directory=True)
    names = ("out.csv", "far/far.csv", "../../in.csv", "../../into/data.json", "../../out.csv")
    seen = watch(root, f"for name in {names}: open(name).close()")
    assert list(seen.inputs) == [DATA, "_notebooks/data.json", "_notebooks/far/far.csv", "_notebooks/out.csv"]


def test_a_blog_behind_a_link_is_the_blog(watch: Watch, root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root, target_is_directory=True)
    assert list(watch(tmp_path / "link", "open('data.csv').close()").inputs) == [DATA]


def test_what_others_change_or_take_away_is_told(watch: Watch, root: Path) -> None:
    """Nobody knows which content the run has read, so no digest stands for it."""
    end = "echo 7,8 >> _notebooks/data.csv; rm _notebooks/data.json"
    seen = watch(root, "open('data.csv').close(); open('data.json').close()", before_end=end)
    assert (seen.inputs, seen.changed) == ({DATA: probe.CHANGED}, (DATA,))
    assert seen.vanished == ("_notebooks/data.json",)


def test_a_notebook_is_no_input_of_its_own(root: Path) -> None:
    notebook = root / "_notebooks" / "2020-01-01-it.ipynb"
    notebook.write_text("{}")
    payload = repr('{"environment": {}, "network": false, "read": {"_notebooks/2020-01-01-it.ipynb": null}}')
    assert list(probe.trace(payload, root).inputs) == ["_notebooks/2020-01-01-it.ipynb"]
    assert probe.trace(payload, root, notebook=notebook).inputs == {}


@pytest.mark.parametrize(
    ("code", "network"),
    [
        ("for host in ('127.0.0.1', 'localhost', b'::1', None): socket.getaddrinfo(host, 80)", False),
        ("s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())", False),
        ("a, b = socket.socketpair(); a.send(b'1')", False),
        ("with contextlib.suppress(OSError): socket.getaddrinfo('blog.invalid', 80)", True),
        ("with contextlib.suppress(OSError): urllib.request.urlopen('http://blog.invalid')", True),
        ("s = socket.socket(); s.setblocking(False)\nwith contextlib.suppress(OSError): s.connect(FAR)", True),
        ("s = socket.socket(type=socket.SOCK_DGRAM)\nwith contextlib.suppress(OSError): s.sendto(b'', FAR)", True),
    ],
)  # fmt: skip
def test_the_network_is_other_machines(watch: Watch, root: Path, code: str, *, network: bool) -> None:
    assert watch(root, "import contextlib, socket, urllib.request; FAR = ('192.0.2.1', 9)", code).network is network


def test_environments_inside_the_blog_are_no_inputs(watch: Watch, root: Path) -> None:
    """Neither the kernel's own nor another one's packages are the author's files."""
    package = root / "venv" / "lib" / "site-packages" / "thing.py"
    package.parent.mkdir(parents=True)
    package.write_text("VALUE = 1")
    seen = watch(root, f"import sys; sys.path.append({str(package.parent)!r}); import thing, helper")
    assert list(seen.inputs) == [HELPER]


def test_the_environment_is_what_was_imported(root: Path) -> None:
    with kernel(root / "_notebooks") as client:
        seen = watched(client, root, "import pandas; from PIL import Image")
    assert {"numpy", "pandas", "pillow"} <= set(seen.environment)
    assert "matplotlib" not in seen.environment
    assert list(seen.environment) == sorted(seen.environment)
    assert all(metadata.version(name) == version for name, version in seen.environment.items())


def test_the_notebook_cannot_tell_that_it_is_watched(root: Path) -> None:
    """No name is left, no cell is counted, and errors are the same."""
    fails = "try: open('none.csv')\nexcept OSError as error: text = repr(error)"
    with kernel(root / "_notebooks") as client:
        before = ask(client, "", "sorted(globals())")
        ask(client, probe.start(root))
        assert ask(client, "", "sorted(globals())") == before
        assert ask(client, "", "get_ipython().execution_count") == "1"
        assert ask(client, "", probe.EXPRESSION) == ask(client, "", probe.EXPRESSION)
        assert "FileNotFoundError(2, 'No such file or directory')" in ask(client, fails, "text")


def test_two_runs_tell_the_same(root: Path) -> None:
    code = "import pandas, helper, kit.part; pandas.read_csv('data.csv'); open('../data/far.csv').close()"
    seen = []
    for _ in range(2):
        with kernel(root / "_notebooks") as client:
            seen.append(watched(client, root, code))
    assert seen[0] == seen[1]
    assert len(seen[0].inputs) == 5


TIMED = """\
import sys, time
spent, add = 0, sys.addaudithook
def timed(hook):
    def note(event, args):
        global spent
        began = time.perf_counter()
        hook(event, args)
        spent += time.perf_counter() - began
    add(note)
sys.addaudithook = timed
{start}
sys.addaudithook = add
began = time.perf_counter()
import pandas, matplotlib.pyplot as plot
pandas.read_csv('data.csv').plot()
plot.savefig('plot.png')
print(spent / (time.perf_counter() - began))
"""
"""What notebooks do, in a process that knows which part of its time it spends in the hook."""


def test_the_hook_takes_less_than_two_percent_of_the_time(root: Path) -> None:
    """With the clock that measures it; whatever else the machine does slows the hook and the rest alike."""
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed: install the requirements of the tests")
    pytest.importorskip("pandas", reason="pandas is not installed: install the requirements of the tests")
    command = [sys.executable, "-c", TIMED.format(start=probe.start(root))]
    env = os.environ | {"MPLBACKEND": "agg"}
    parts = [float(subprocess.check_output(command, cwd=root / "_notebooks", env=env)) for _ in range(3)]
    assert 0 < min(parts) < 0.02


def test_a_file_whose_name_is_no_text_does_no_harm(watch: Watch, root: Path) -> None:
    name = os.fsencode(root / "_notebooks") + b"/\xff.csv"
    try:
        with open(name, "wb"):  # noqa: PTH123 - a `Path` takes no bytes
            pass
    except OSError:
        pytest.skip("this file system takes text only")
    assert list(watch(root, "open(b'\\xff.csv').close()").inputs) == ["_notebooks/\\udcff.csv"]


@pytest.mark.parametrize("payload", ["", "None", "'nonsense'", "'{}'", "'[]'", "<object>"])
def test_what_is_no_report_is_refused(root: Path, payload: str) -> None:
    with pytest.raises(ValueError, match=r"report|Expecting"):
        probe.trace(payload, root)
