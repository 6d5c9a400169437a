"""This process as all of nbpress expects it: UTF-8 whatever the locale says, and somewhere to print to."""

from __future__ import annotations

import os
import sys

_UTF8 = "PYTHONUTF8"
"""The variable by which Python takes no notice of the locale's encoding."""


def speak_utf8() -> None:
    """Start this program anew if its locale means another encoding: posts and their names must not depend on that.

    What it starts itself, kernels for one, is told the same.
    """
    if sys.getfilesystemencoding() != "utf-8" and sys.executable and os.environ.get(_UTF8) != "1":  # once is enough
        os.environ[_UTF8] = "1"
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - the same program


def open_streams() -> None:
    """See to it that whatever is printed can be: into nothing if nobody listens, escaped if it has no such letter."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever has started us; in this order they get their old numbers
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - for good
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def close_streams() -> None:
    """Give up what cannot be printed; Python would try again at its end, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
