"""What the theme costs Jekyll: a blog of many posts, built with our layouts and with empty ones, in turn.

usage: .venv/bin/python -m bench.jekyll [--posts N …] [--rounds N]

Only ratios mean anything: of the two builds (the theme may cost 1.6 times an empty one), and of two sizes of the blog
(twice the posts may take twice the time). Both builds have the same posts and plugins; an empty layout is
`{{ content }}`.
"""

from __future__ import annotations

import argparse
import datetime
import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.jekyll import site

POST = "tests/notebooks/seed/expected/_posts/2020-09-19-BERT-Introduction.html"
TOPICS = ("nlp", "masters", "pandas", "plots", "vision", "statistics", "tools", "notes")
EMPTY = "{{ content }}\n"


def main() -> None:
    """Build every size with both kinds of layouts and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, nargs="+", default=[500, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for posts in options.posts:
            ours, empty = Path(folder, f"ours-{posts}"), Path(folder, f"empty-{posts}")
            write_blog(ours, posts)
            shutil.copytree(ours, empty)
            for layout in (empty / "_theme/layouts").glob("*.html"):
                layout.write_text(EMPTY, "utf-8")
            # In turn, so that a busy moment of the machine meets both; the best of each is the least disturbed.
            times = [(seconds(empty), seconds(ours)) for _ in range(options.rounds)]
            without, with_theme = (min(column) for column in zip(*times, strict=True))
            print(f"{posts:6} posts {without:7.2f} s empty {with_theme:7.2f} s ours {with_theme / without:6.2f} times")


def write_blog(blog: Path, posts: int) -> None:
    """Make a blog of *posts* posts in *blog*: the reference post, each time with other words in its head."""
    site.copy_checkout(blog, "_theme", "_config.yml", "assets", "index.html", "pages")
    (blog / "_posts").mkdir()
    front_matter, _, body = (site.CHECKOUT / POST).read_text("utf-8").removeprefix("---\n").partition("\n---\n")
    kept = [line for line in front_matter.splitlines() if not line.startswith(("title:", "categories:"))]
    for number in range(posts):
        day = datetime.date(2000, 1, 1) + datetime.timedelta(days=number)
        topics = TOPICS[number % 8], TOPICS[number // 8 % 8]
        head = [*kept, f"title: Post number {number}", f"categories: [{', '.join(dict.fromkeys(topics))}]"]
        text = "\n".join(["---", *head, "---", body])
        (blog / f"_posts/{day}-post-{number}.html").write_text(text, "utf-8")


def seconds(blog: Path) -> float:
    """Return how long Jekyll computes to build *blog*, without anything kept from before."""
    shutil.rmtree(blog / "_site", ignore_errors=True)
    environment = os.environ | {"JEKYLL_NO_BUNDLER_REQUIRE": "true"}
    before = processor_time()
    subprocess.run(["jekyll", "build", "-q", "--disable-disk-cache"], cwd=blog, env=environment, check=True)
    return processor_time() - before


def processor_time() -> float:
    """Return the seconds that finished children have computed; the clock would count waiting for others as well."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
