"""What the audit hook costs: the same work in fresh processes with and without it, in turn."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from converter import probe

WORK = {
    "1e6 additions": "n = 0\nfor i in range(1_000_000): n += i",
    "1e6 calls of id()": "for i in range(1_000_000): id(i)",
    "pandas, matplotlib, a plot": (
        "import pandas, matplotlib; matplotlib.use('agg'); import matplotlib.pyplot as plt\n"
        "frame = pandas.read_csv('0.csv'); frame.plot(); plt.savefig('plot.png')"
    ),
    "reading 1000 small files": "for i in range(1000):\n    with open(f'{i}.csv') as file: file.read()",
    "the report": "report()",
}
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 15


def seconds(folder: Path, setup: str, work: str) -> float:
    """Return how long *work* takes in a fresh process."""
    code = f"import time\n{setup}\nstart = time.process_time()\n{work}\nprint(time.process_time() - start)"
    return float(subprocess.check_output([sys.executable, "-c", code], cwd=folder))


with tempfile.TemporaryDirectory() as name:
    blog = Path(name).resolve()
    for number in range(1000):
        (blog / f"{number}.csv").write_text("a,b\n1,2\n3,4\n")
    hook, report = probe.start(blog), f"def report(): return {probe.EXPRESSION}"
    for title, work in WORK.items():
        without, with_hook = [], []
        for _ in range(ROUNDS):
            if title != "the report":
                without.append(seconds(blog, "", work))
            with_hook.append(seconds(blog, f"{hook}\n{report}" + "\nimport pandas" * (not without), work))
        after = statistics.median(with_hook)
        if without:
            before = statistics.median(without)
            print(f"{title:28} {before * 1000:8.1f} ms → {after * 1000:8.1f} ms  {after / before - 1:+7.1%}")
        else:
            print(f"{title:28} {'':8}      {after * 1000:8.1f} ms")
    print(f"{'to install the hook':28} {'':8}      {seconds(blog, '', hook) * 1000:8.1f} ms")
