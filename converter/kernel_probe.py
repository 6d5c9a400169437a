"""What runs inside a Python kernel to note the files, distributions and network that a notebook uses.

No kernel imports this module: `probe.start` sends its text, since the kernel's Python may be another one (3.8 or
later), without nbpress. Hence the standard library only, and nothing newer than 3.8.
"""

# Audit events carry anything, and paths as strings: to make a `Path` of each would cost ten times as much.
# ruff: noqa: ANN401, PTH100, PTH114, PTH116, PTH118, PTH120, PTH121, PTH206
from __future__ import annotations

import json
import os
import socket
import stat
import sys
import sysconfig
import types
import urllib.parse
from importlib import metadata, util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "_nbpress_probe"
"""Under what `sys.modules` keeps the probe, out of the notebook's namespace."""
_IGNORED = {
    *("__pycache__", ".git", ".ipynb_checkpoints", ".nbpress", "_posts", "_site", "site-packages", "dist-packages"),
    *(".cache", ".ipython", ".jupyter", ".local"),  # what tools keep in a home, should the blog be one
}
"""Folders that hold nothing an author would call an input."""
_IGNORED_ENDS = (".dist-info", ".egg-info", ".pyc", ".pyo")
_NAMES_OF_CODE = (".py", ">")
"""How names of code end that come from nowhere, as in `<string>`: whoever shows an error looks for its source."""
_WRITES = os.O_WRONLY | os.O_RDWR
_LOOPBACK = {"", "localhost", "localhost.localdomain", "::", "::1", "0.0.0.0"}  # noqa: S104 - compared, not bound


class Probe:
    """What one run reads, makes and takes away inside the folder *root*."""

    def __init__(self, root: str) -> None:
        """Begin with nothing seen; what is imported by now belongs to the kernel."""
        self.read: dict[str, tuple[int, int]] = {}
        """Path → size and time of change at the first reading."""
        self.missing: set[str] = set()
        """Files that the run wanted to read and that were not there."""
        self.own: set[str] = set()
        """Files and folders that hold what the run itself made."""
        self.links: set[str] = set()
        """Symbolic links that the run made."""
        self.modified: set[str] = set()
        """What the run opened for writing."""
        self.removed: set[str] = set()
        """Files and folders that the run took away."""
        self.network = False
        """Whether the run spoke to another machine, or asked for its address."""
        self._imported = _top_level()
        self._loopback = _LOOPBACK | {socket.gethostname()}
        self._roots = tuple(dict.fromkeys(os.path.join(real(root), "") for real in (os.path.abspath, os.path.realpath)))
        self._foreign = tuple(sorted(_foreign(self._roots)))
        self._folders: dict[str, str] = {}
        self._handlers: dict[str, Callable[..., None]] = {
            "ctypes.dlopen": self._on_library,
            "open": self._on_open,
            "os.link": self._on_link,
            "os.mkdir": self._on_mkdir,
            "os.remove": self._on_remove,
            "os.rename": self._on_rename,
            "os.symlink": self._on_symlink,
            "shutil.rmtree": self._on_remove,
            "socket.connect": self._on_connect,
            "socket.getaddrinfo": self._on_lookup,
            "socket.gethostbyname": self._on_lookup,
            "socket.sendmsg": self._on_connect,
            "socket.sendto": self._on_connect,
            "sqlite3.connect": self._on_sqlite,
        }

    def hook(self) -> Callable[[str, tuple[Any, ...]], None]:
        """Return the audit hook. No failure of ours reaches the notebook; Ctrl-C in the midst of it does."""
        find = self._handlers.get

        # Python calls this for thousands of events that are none of ours: the way past must be short.
        def note(event: str, args: tuple[Any, ...]) -> None:
            handler = find(event)
            if handler is not None:
                try:  # noqa: SIM105 - `suppress` costs more than it says
                    handler(*args)
                except Exception:  # noqa: BLE001, S110 - whatever it is, the notebook goes on
                    pass

        return note

    def report(self) -> str:
        """Return all that was seen, as JSON; a file without a stamp is one that the run changed after reading it."""
        note = self.hook()
        for file in list(_module_files()):
            # A valid `.pyc` hides its source, and an extension module is opened by the linker.
            note("open", (file, None, os.O_RDONLY))
        kept = {path: stamp for path, stamp in self.read.items() if not self._took_away(path)}
        read = {path.replace(os.sep, "/"): None if path in self.modified else kept[path] for path in sorted(kept)}
        own = sorted(path.replace(os.sep, "/") for path in self.own)
        known = self.own | self.links | self.removed | set(self.read)
        absent = sorted(path.replace(os.sep, "/") for path in self.missing if self._is_absent(path, known))
        used = {"absent": absent, "own": own, "read": read}
        return json.dumps({"environment": self._environment(), "network": self.network, **used})

    def _on_open(self, path: Any, mode: Any, flags: int, *_: Any) -> None:
        """Note a file that is opened, or that somebody wanted to open: the event comes before it is."""
        if isinstance(path, int):
            return
        path = os.fsdecode(path)
        if path.startswith(self._foreign):
            return
        writes = flags & _WRITES
        if path.endswith(".pyc") and not writes:
            path = util.source_from_cache(path)
        inside = self._inside(path)
        if inside is None:
            return
        found = _status(path)
        if found is None or flags & os.O_TRUNC:
            self._on_empty(path, inside, flags, is_plain=mode is not None)
        elif stat.S_ISREG(found.st_mode) and not flags & os.O_EXCL:
            if writes != os.O_WRONLY:
                self._reads(path, inside, found)
            if writes:
                self.modified.update(self._names(path))

    def _on_empty(self, path: str, inside: str, flags: int, *, is_plain: bool) -> None:
        """Note a file of which nothing can be read: it is made now, made empty, or looked for in vain.

        What is not *is_plain*, opened by `os.open`, may be relative to an open folder, of which nobody is told.
        """
        if flags & (_WRITES | os.O_CREAT):
            self._made(path)
        elif is_plain and "://" not in path and not path.endswith(_NAMES_OF_CODE) and _may_come(path):
            self.missing.add(inside)

    def _on_sqlite(self, database: Any, *_: Any) -> None:
        """Note a database: a connection may read and write it, and does so behind Python's back."""
        path = os.fsdecode(database)
        flags = os.O_RDWR
        if path.startswith("file:"):
            uri = urllib.parse.urlsplit(path)
            path = urllib.parse.unquote(uri.path)
            if "mode=ro" in uri.query or "immutable=1" in uri.query:
                flags = os.O_RDONLY
        if path not in ("", ":memory:"):
            self._on_open(path, None, flags)

    def _on_library(self, name: Any, *_: Any) -> None:
        """Note a shared library of the blog's own; one without a folder is the system's."""
        if name and os.path.dirname(os.fsdecode(name)):
            self._on_open(name, None, os.O_RDONLY)

    def _on_mkdir(self, path: Any, _mode: Any = None, folder: Any = None) -> None:
        """Note a new folder: all that will be in it is the run's own."""
        if not _elsewhere(folder) and _status(path) is None:
            self._made(os.fsdecode(path))

    def _on_remove(self, path: Any, folder: Any = None) -> None:
        """Note what is taken away."""
        if not _elsewhere(folder):
            inside = self._inside(os.fsdecode(path))
            if inside is not None:
                self.removed.add(inside)

    def _on_rename(self, old: Any, new: Any, *folders: Any) -> None:
        """Note the new name as the run's own, unless it stands for a file of the author's that is only moved."""
        if any(map(_elsewhere, folders)) or _status(old) is None:
            return
        before = self._inside(os.fsdecode(old))
        if before is None or _within(before, self.own):
            self._made(os.fsdecode(new))
        if before is not None:
            self.removed.add(before)

    def _on_link(self, old: Any, new: Any, *folders: Any) -> None:
        """Note a hard link as a copy: its origin is read, itself the run's own."""
        if not any(map(_elsewhere, folders)) and _status(new) is None:
            self._on_open(old, None, os.O_RDONLY)
            self._made(os.fsdecode(new))

    def _on_symlink(self, _target: Any, new: Any, folder: Any = None) -> None:
        """Note a link: what is read through it counts under its real path."""
        if not _elsewhere(folder) and _status(new) is None:
            inside = self._inside(os.fsdecode(new))
            if inside is not None:
                self.links.add(inside)

    def _on_connect(self, _socket: Any, address: Any) -> None:
        """Note a connection, or a datagram, to another machine; addresses of other families are no tuples of text."""
        if isinstance(address, tuple) and address:
            self._on_lookup(address[0])

    def _on_lookup(self, host: Any, *_: Any) -> None:
        """Note that the address of another machine is asked for."""
        if isinstance(host, (bytes, bytearray)):
            host = host.decode("ascii", "replace")
        if isinstance(host, str):
            name = host.lower().rstrip(".")
            name = name[7:] if name.startswith("::ffff:") else name  # noqa: FURB188 - newer than 3.8
            if not (name in self._loopback or name.startswith("127.") or name.endswith(".localhost")):
                self.network = True

    def _reads(self, path: str, inside: str, found: os.stat_result) -> None:
        """Note the file *inside* the blog as read, unless the run has made it."""
        if _within(inside, self.links):
            real = self._inside(os.path.realpath(path))
            if real is None:
                return
            inside = real
        if not _within(inside, self.own):
            self.read.setdefault(inside, (found.st_size, found.st_mtime_ns))

    def _made(self, path: str) -> None:
        """Note *path* as the run's own."""
        names = self._names(path)
        self.own |= names
        self.modified |= names

    def _names(self, path: str) -> set[str]:
        """Return all names inside the blog that *path* has: its own, and the one behind links."""
        found = (self._inside(name) for name in (path, os.path.realpath(path)))
        return {name for name in found if name is not None}

    def _took_away(self, path: str) -> bool:
        """Tell whether the run itself has taken *path* away for good."""
        return _within(path, self.removed) and _status(self._roots[0] + path) is None

    def _is_absent(self, path: str, known: set[str]) -> bool:
        """Tell whether *path* was never there: what is *known* the run itself may have made or taken away."""
        return _status(self._roots[0] + path) is None and not _within(path, known)

    def _inside(self, path: str) -> str | None:
        """Return *path* relative to the blog; nothing if it is not in it, or in a folder that holds no inputs."""
        absolute = _absolute(path)
        inside = self._below_root(absolute)
        if inside is None:
            folder, name = os.path.split(absolute)
            real = self._folders.get(folder)
            if real is None:
                real = self._folders[folder] = os.path.realpath(folder)
            target = os.path.join(real, name)
            inside = self._below_root(os.path.realpath(target) if os.path.islink(target) else target)
        if not inside or absolute.startswith(self._foreign):
            return None
        parts = inside.split(os.sep)
        if not _IGNORED.isdisjoint(parts) or any(part.endswith(_IGNORED_ENDS) for part in parts):
            return None
        return inside

    def _below_root(self, absolute: str) -> str | None:
        """Return *absolute* relative to the blog's root, under either of the root's names."""
        for root in self._roots:
            if absolute.startswith(root):
                return absolute[len(root) :]
        return None

    def _environment(self) -> dict[str, str]:
        """Return name → version of the distributions whose modules were imported since the start."""
        files, names = set(), _top_level() - self._imported
        for name, module in list(sys.modules.items()):
            file = _file_of(module)
            if file and name.partition(".")[0] in names:
                files.add(file.replace(os.sep, "/").rpartition("-packages/")[2])
        # `importlib.metadata.packages_distributions` takes five times as long, confuses distributions that share a
        # namespace, and came with Python 3.10.
        found: dict[str, str] = {}
        for distribution in metadata.distributions() if names else ():
            record = distribution.read_text("RECORD")
            if record:
                used = any(line.partition(",")[0] in files for line in record.splitlines())
            else:
                used = not names.isdisjoint((distribution.read_text("top_level.txt") or "").split())
            if used:
                found.setdefault(distribution.metadata["Name"], distribution.version)
        return dict(sorted(found.items()))


def install(root: str) -> None:
    """Start to watch; there is no way to take an audit hook out again, so once is enough."""
    if NAME not in sys.modules:
        module: Any = types.ModuleType(NAME)
        probe = Probe(root)
        module.report = probe.report
        sys.modules[NAME] = module
        sys.addaudithook(probe.hook())


def _foreign(roots: tuple[str, ...]) -> Iterator[str]:
    """Yield the folders of Python and the system: most events are about files there, and none of those is an input."""
    paths = sysconfig.get_paths()
    known = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, "/dev", "/proc", "/sys"}
    known |= {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    for folder in known | set(map(os.path.realpath, known)):
        prefix = os.path.join(folder, "")
        if not any(root.startswith(prefix) for root in roots):
            yield prefix


def _top_level() -> set[str]:
    """Return the names of all top-level modules that are imported."""
    return {name.partition(".")[0] for name in list(sys.modules)}


def _module_files() -> Iterator[str]:
    """Yield the files of all imported modules."""
    for module in list(sys.modules.values()):
        file = _file_of(module)
        if file:
            yield file


def _file_of(module: Any) -> str | None:
    """Return the file of *module*; lazy ones are left asleep."""
    try:
        file = object.__getattribute__(module, "__dict__").get("__file__")
    except Exception:  # noqa: BLE001 - `sys.modules` may hold anything
        return None
    return file if isinstance(file, str) else None


def _absolute(path: str) -> str:
    """Return *path* as absolute; `..` after a link leads to where the system would go, which is not what it spells."""
    absolute = os.path.abspath(path)
    if ".." in path:
        folder, name = os.path.split(path)
        try:
            if not os.path.samefile(folder or ".", os.path.dirname(absolute)):
                return os.path.join(os.path.realpath(folder), name)
        except OSError:
            pass
    return absolute


def _status(path: Any) -> os.stat_result | None:
    """Return the status of what *path* leads to, if there is something."""
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None


def _may_come(path: str) -> bool:
    """Tell whether there may be a file at *path* one day; no file has a name that is too long."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        pass
    return False


def _within(path: str, names: set[str]) -> bool:
    """Tell whether *path* or a folder above it is among *names*."""
    while names and path:
        if path in names:
            return True
        path = os.path.dirname(path)
    return False


def _elsewhere(folder: Any) -> bool:
    """Tell whether a path is relative to an open folder (`dir_fd`), of which only the number is known."""
    return folder is not None and folder != -1
