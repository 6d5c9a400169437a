"""The theme's pages, read back from a built site: lists, badges, feed, meta tags, and the switches of fastpages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import pytest
import yaml

from tests import blogs
from tests.jekyll import site

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jekyll.site import Page, Site

pytestmark = pytest.mark.jekyll

CALLOUTS = ("note", "tip", "important", "warning")
ATOM = "{http://www.w3.org/2005/Atom}"
SETTINGS = {
    "title": "Ada & Bo",
    "description": "What <b>we</b> found",
    "author": "Ada",
    "url": "https://ada.example",
    "github_username": "ada",
    "github_repo": "blog",
    "github_branch": "trunk",
    "twitter_username": "@ada",
    "pagination": 4,
    "show_image": True,
}
POSTS: dict[str, dict[str, object]] = {
    "2020-01-01-a.html": {"title": "A", "categories": ["x", "y"]},
    "2020-01-02-b.html": {"title": "B", "categories": ["x"], "sticky_rank": 2},
    "2020-01-03-c.md": {"title": "C", "tags": ["C++", "y"], "description": "See <a href='/d'>D</a> & E"},
    "2020-01-04-d.html": {"title": "D", "categories": ["z"], "sticky_rank": 1, "image": "images/d.png"},
    "2020-01-05-hidden.html": {"title": "Hidden", "categories": ["x", "secret"], "hide": True},
    "2020-01-06-e.html": {"title": 'E </script> & "F"', "categories": ["C#", "x"], "author": ["Ada", "Bo"]},
    "2020-01-07-f.html": {"title": "F", "categories": ["x", "y"], "modified_date": "2021-02-03"},
}
NOTEBOOK: dict[str, object] = {"layout": "notebook", "nb_path": "_notebooks/deep er/naïve & co.ipynb"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, requires_jekyll: str) -> Site:
    """Build a small blog of posts of all kinds."""
    return build(tmp_path_factory.mktemp("theme"), requires_jekyll, POSTS, {})


def build(folder: Path, jekyll: str, posts: dict[str, dict[str, object]], settings: dict[str, object]) -> Site:
    """Build a blog with this theme, of *posts* (front matter by file name), in *folder*."""
    root = site.copy_checkout(folder / "blog", "_theme", "_config.yml", "index.html", "pages")
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8")) | SETTINGS | settings
    (root / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    (root / "_posts").mkdir()
    for name, matter in posts.items():
        body = f'<p>Text of {name}, with <a href="/nbpress/x">a link</a>.</p><script>alert("no")</script>'
        (root / "_posts" / name).write_text(f"---\n{yaml.safe_dump(matter, allow_unicode=True)}---\n{body}\n", "utf-8")
    built = site.build(root, folder / "host", jekyll)
    assert built.status == 0, built.output
    return built


def listed(page: Page) -> list[str]:
    """Return the titles that a list of posts shows."""
    return [link.get_text() for link in page.soup.select(".post-list h2 a")]


def test_pinned_posts_come_first_then_the_newest(made: Site) -> None:
    assert listed(made.page("/nbpress/")) == ["D", "B", "F", 'E </script> & "F"']
    assert listed(made.page("/nbpress/page2/")) == ["C", "A"]
    assert [pin.get_text() for pin in made.page("/nbpress/").soup.select(".pinned")] == ["Pinned", "Pinned"]


def test_pages_of_the_list_lead_to_each_other(made: Site) -> None:
    first, second = made.page("/nbpress/"), made.page("/nbpress/page2/")
    assert first.one(".pages a[rel=next]")["href"] == "/nbpress/page2/"
    assert second.one(".pages a[rel=prev]")["href"] == "/nbpress/"
    assert not second.soup.select(".pages a[rel=next]")
    assert second.one("link[rel=canonical]")["href"] == "https://ada.example/nbpress/page2/"


def test_a_hidden_post_has_an_address_and_nothing_that_leads_to_it(made: Site) -> None:
    root = made.host / "nbpress"
    assert (root / "x/secret/2020/01/05/hidden.html").is_file()
    leading = [
        file.relative_to(root).as_posix()
        for file in root.rglob("*.*ml")
        if file.name != "hidden.html" and "hidden" in file.read_text("utf-8").lower().replace("aria-hidden", "")
    ]
    assert leading == []
    page = made.page("/nbpress/x/secret/2020/01/05/hidden.html")
    assert page.one("main").has_attr("data-pagefind-ignore")
    assert not page.soup.select(".neighbours, .related")


def test_neighbours_are_the_posts_before_and_after(made: Site) -> None:
    page = made.page("/nbpress/c%23/x/2020/01/06/e.html".replace("%23", "#"))
    links = {str(link["rel"][0]): link["href"] for link in page.soup.select(".neighbours a")}
    assert links == {"prev": "/nbpress/z/2020/01/04/d.html", "next": "/nbpress/x/y/2020/01/07/f.html"}


def test_related_posts_share_topics_and_are_no_neighbours(made: Site) -> None:
    page = made.page("/nbpress/x/y/2020/01/07/f.html")
    related = [link.get_text() for link in page.soup.select(".related a")]
    assert related == ["A", "C", "B"]  # two topics in common; the rarer one; the common one


def test_topics_have_anchors_of_their_own(made: Site) -> None:
    page = made.page("/nbpress/categories/")
    assert [heading.get_text() for heading in page.soup.select("section h2")] == ["C#", "C++", "x", "y", "z"]
    anchors = [heading["id"] for heading in page.soup.select("section h2")]
    assert len(set(anchors)) == len(anchors)
    post = made.page("/nbpress/2020/01/03/c.html")
    leading = [unquote(str(link["href"])).partition("#")[2] for link in post.soup.select(".eyebrow a")]
    assert leading == [anchors[1], "y"]


def test_the_archive_is_by_year(made: Site) -> None:
    page = made.page("/nbpress/archive/")
    assert [heading.get_text() for heading in page.soup.select("section h2")] == ["2020"]
    assert len(page.soup.select("section li")) == len(POSTS) - 1


def test_the_menu_is_what_pages_ask_for(made: Site) -> None:
    assert [link.get_text() for link in made.page("/nbpress/").soup.select("#menu a")] == ["Archive", "Topics", "About"]


def feed(built: Site) -> ElementTree.Element:
    """Return the feed of a site."""
    return ElementTree.parse(built.host / "nbpress/feed.xml").getroot()  # noqa: S314 - our own feed


def test_the_feed_is_atom_with_text_and_addresses_that_hold(made: Site) -> None:
    root = feed(made)
    assert root.findtext(f"{ATOM}title") == "Ada & Bo"
    assert root.findtext(f"{ATOM}updated") == "2021-02-03T00:00:00+00:00"  # the newest change, not the build
    entries = root.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["F", 'E  & "F"', "D", "C", "B", "A"]
    identities = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert identities[0] == "https://ada.example/nbpress/x/y/2020/01/07/f.html"
    text = str(entries[0].findtext(f"{ATOM}content"))
    assert 'href="https://ada.example/nbpress/x"' in text
    assert "<script" not in text


def test_the_feed_can_be_short(tmp_path: Path, requires_jekyll: str) -> None:
    built = build(tmp_path, requires_jekyll, POSTS, {"feed": {"posts_limit": 2, "excerpt_only": True}})
    entries = feed(built).findall(f"{ATOM}entry")
    assert len(entries) == 2
    assert all(entry.find(f"{ATOM}content") is None for entry in entries)


def test_meta_tags_say_what_the_post_is(made: Site) -> None:
    page = made.page("/nbpress/c#/x/2020/01/06/e.html")
    said = json.loads(page.one("script[type='application/ld+json']").get_text())
    assert said["author"] == {"@type": "Person", "name": "Ada, Bo"}
    assert said["datePublished"] == "2020-01-06T00:00:00+00:00"
    assert page.one("meta[name='twitter:site']")["content"] == "@ada"
    assert page.one("meta[property='og:url']")["content"] == "https://ada.example/nbpress/c%23/x/2020/01/06/e.html"
    described = made.page("/nbpress/2020/01/03/c.html").one("meta[name=description]")["content"]
    assert described == "See D & E"
    pictured = made.page("/nbpress/z/2020/01/04/d.html").one("meta[property='og:image']")["content"]
    assert pictured == "https://ada.example/nbpress/images/d.png"


BLOB = "ada/blog/blob/trunk/_notebooks/deep%20er/na%C3%AFve%20&%20co.ipynb"
ENCODED = quote(f"https://github.com/{BLOB}", safe="")
BADGES = {
    "View on GitHub": f"https://github.com/{BLOB}",
    "Run in Colab": f"https://colab.research.google.com/github/{BLOB}",
    "Run in Binder": "https://mybinder.org/v2/gh/ada/blog/trunk?labpath=_notebooks%2Fdeep%20er%2Fna%C3%AFve%20%26%20co.ipynb",
    "Run in Deepnote": f"https://deepnote.com/launch?url={ENCODED}",
    "Download .ipynb": "https://raw.githubusercontent.com/ada/blog/trunk/_notebooks/deep%20er/na%C3%AFve%20&%20co.ipynb",
}
ALL = {"github": True, "colab": True, "binder": True, "deepnote": True, "download": True}
SWITCHED: dict[str, tuple[dict[str, object], list[str]]] = {
    "all": ({}, list(BADGES)),
    "none": ({"badges": False}, []),
    "no-github": ({"hide_github_badge": True}, [name for name in BADGES if name != "View on GitHub"]),
    "no-colab": ({"hide_colab_badge": True}, [name for name in BADGES if name != "Run in Colab"]),
    "no-binder": ({"hide_binder_badge": True}, [name for name in BADGES if name != "Run in Binder"]),
    "no-deepnote": ({"hide_deepnote_badge": True}, [name for name in BADGES if name != "Run in Deepnote"]),
    "by-hand": ({"nb_path": None}, []),
}


def test_badges_lead_to_the_notebook(tmp_path: Path, requires_jekyll: str) -> None:
    posts = {f"2020-01-01-{name}.html": NOTEBOOK | {"title": name} | matter for name, (matter, _) in SWITCHED.items()}
    built = build(tmp_path, requires_jekyll, posts, {"default_badges": ALL})
    for name, (_, expected) in SWITCHED.items():
        links = built.page(f"/nbpress/2020/01/01/{name}.html").soup.select(".badges a")
        assert [link.get_text() for link in links] == expected
        assert [link["href"] for link in links] == [BADGES[badge] for badge in expected]


@pytest.mark.parametrize("badge", ALL)
def test_default_badges_hold_for_all_posts(tmp_path: Path, requires_jekyll: str, badge: str) -> None:
    posts = {"2020-01-01-post.html": NOTEBOOK | {"title": "Post", "branch": "other"}}
    built = build(tmp_path, requires_jekyll, posts, {"default_badges": {name: name == badge for name in ALL}})
    links = built.page("/nbpress/2020/01/01/post.html").soup.select(".badges a")
    assert len(links) == 1
    assert badge in links[0].get_text().lower()
    assert "other" in str(links[0]["href"])


def test_what_is_off_asks_nobody_and_what_is_on_does(tmp_path: Path, requires_jekyll: str) -> None:
    posts: dict[str, dict[str, object]] = {
        "2020-01-01-post.md": {"title": "Post", "comments": True, "categories": ["x"]}
    }
    foreign = re.compile(r'<(?:script|link|iframe|img)[^>]*(?:src|href)="https?://(?!ada\.example)([^/"]+)')
    off = build(tmp_path / "off", requires_jekyll, posts, {}).page("/nbpress/x/2020/01/01/post.html")
    assert foreign.findall(off.html) == []
    assert not off.soup.select(".comments")
    switches: dict[str, object] = {
        "annotations": True,
        "use_math": True,
        "show_tags": False,
        "comments": {"provider": "utterances", "repo": "a/b"},
    }
    on = build(tmp_path / "on", requires_jekyll, posts, switches).page("/nbpress/x/2020/01/01/post.html")
    assert foreign.findall(on.html) == ["hypothes.is"]
    assert on.one(".load-comments")["data-repo"] == "a/b"
    assert "katex" in on.html
    assert not on.soup.select(".eyebrow")


def test_without_plugins_the_theme_shows_less_and_does_not_break(tmp_path: Path, requires_jekyll: str) -> None:
    built = build(tmp_path, requires_jekyll, POSTS, {"safe": True})
    assert set(listed(built.page("/nbpress/"))) >= {"A", "B", "C", "D"}
    assert len(feed(built).findall(f"{ATOM}entry")) > 3


@pytest.mark.parametrize("is_notebook", [False, True], ids=["by hand", "notebook"])
def test_includes_of_fastpages_stand_in_text(tmp_path: Path, requires_jekyll: str, *, is_notebook: bool) -> None:
    """Hand-written posts and notebooks of fastpages go on working."""
    callouts = "".join(f"{{% include {name}.html content='A <b>b</b>' %}}\n\n" for name in CALLOUTS)
    others = (
        "{% include info.html text='Info' %}\n\n{% include alert.html text='Alert' %}\n\n"
        "{% include youtube.html content='https://www.youtube.com/watch?v=abc-DEF_123&t=5' %}\n\n"
        "{% include youtube.html content='https://youtu.be/abc-DEF_124?t=5' %}\n\n"
        "{% include twitter.html content='https://twitter.com/x/status/1' %}\n\n"
        "{% include image.html file='/a.png' alt='\"x\"' max-width='3em' caption='C' url='https://x.org' %}\n\n"
        "{% include image.html file='/b.png' alt='y' %}\n\n"
        "{% include image url='c d.png' w='200' caption='Of <i>C</i>' %}\n\n"
        "{% include image-r url='e.png' w='100' %}\n\n"
        "{% include screenshot url='f.png' caption='F &amp; G' %}\n\n{% include video.html url='/g.mp4' %}\n"
    )
    root = site.copy_checkout(tmp_path / "blog", "_theme", "_config.yml", "index.html", "pages")
    (root / "_posts").mkdir()
    (root / "_posts/2020-01-01-x.md").write_text(f"---\ntitle: X\n---\n{callouts}{others}", "utf-8")
    if is_notebook:
        settings = (root / "_config.yml").read_text("utf-8")
        nb = blogs.notebook(blogs.markdown(callouts + others))
        blogs.write(root, {"_config.yml": settings, "_notebooks/2020-01-01-x.ipynb": nb})
        post = blogs.convert(root, "_notebooks/2020-01-01-x.ipynb")
        assert [finding for finding in post.findings if finding.rule == "liquid-valid"] == []
        (root / "_posts/2020-01-01-x.md").unlink()
        (root / post.path).write_text(post.text, "utf-8")
    built = site.build(root, tmp_path / "host", requires_jekyll)
    assert built.status == 0, built.output
    text = built.page("/nbpress/2020/01/01/x.html").soup.select_one(".post-content, .prose")
    assert text is not None
    shown = [" ".join(it.get_text().split()) for it in text.select("p > span.flash")]
    assert shown == [*(f"{name.title()}: A b" for name in CALLOUTS), "Info", "Alert"]
    frames = [str(it["src"]) for it in text.select("div.embed > iframe[srcdoc]")]
    assert frames == [f"https://www.youtube-nocookie.com/embed/abc-DEF_12{number}" for number in (3, 4)]
    assert [it["href"] for it in text.select("p > span.embed > a")] == ["https://twitter.com/x/status/1"]
    assert [it["src"] for it in text.select('figure > a[href="https://x.org"] > img[alt=\'"x"\']')] == ["/a.png"]
    assert text.select_one('p > img[src="/b.png"]:not([style], [title])') is not None
    assert text.select_one('figure > img[src="/nbpress/images/c%20d.png"][alt="Of C"][width="200"]') is not None
    assert text.select_one('p > img.image-right[src="/nbpress/images/e.png"][width="100"]:not([title])') is not None
    assert text.select_one('figure > img[src="/nbpress/images/f.png"][srcset="/nbpress/images/f.png 2x"]') is not None
    assert text.select_one('video[src="/g.mp4"][controls]:not([autoplay])') is not None
    assert [it.get_text() for it in text.select("figure > figcaption")] == ["C", "Of C", "F & G"]


LONE_IMAGES = {
    '<p><img src="a.png" title="C"></p>': "<figure>C</figure>",
    '<p align="center">\n<img src="a.png" title="A &lt; B"></p>': '<div align="center"><figure>A &lt; B</figure></div>',
    "<center><img src=\"a.png\" title='C'></center>": "<center><figure>C</figure></center>",
    '<p><a href="/x" title="L"><img src="a.png" title="C"></a></p>': "<figure>C</figure>",
    '<p>x</p>\n<img src="a.png" title="C">\n<p>y</p>': "<p>x</p>\n<figure>C</figure>\n<p>y</p>",
}
OTHER_IMAGES = (
    '<p>x <img src="a.png" title="C"></p>',
    '<table><tr><td><img src="a.png" title="C"></td></tr></table>',
    '<p><img src="a.png" alt="with title=\'C\'"></p>',
    '<p><a href="/x" title="L"><img src="a.png"></a></p>',
    '<p><img class="emoji" title=":x:" alt=":x:" src="a.png"></p>',
    '<pre><p><img src="a.png" title="C"></p></pre>',
    '<!-- <p><img src="a.png" title="C"></p> -->',
)


@pytest.fixture(scope="module")
def with_images(tmp_path_factory: pytest.TempPathFactory, requires_jekyll: str) -> list[str]:
    """Return what the theme makes of each of the two."""
    folder = tmp_path_factory.mktemp("images")
    root = site.copy_checkout(folder / "blog", "_theme", "_config.yml", "index.html", "pages")
    (root / "_posts").mkdir()
    body = "\n".join(f"<section>{block}</section>" for block in (*LONE_IMAGES, *OTHER_IMAGES))
    (root / "_posts/2020-01-01-x.html").write_text(f"---\ntitle: X\nlayout: notebook\n---\n{body}\n", "utf-8")
    built = site.build(root, folder / "host", requires_jekyll)
    assert built.status == 0, built.output
    shown = re.findall(r"<section>(.*?)</section>", built.page("/nbpress/2020/01/01/x.html").html, re.DOTALL)
    assert len(shown) == len(LONE_IMAGES) + len(OTHER_IMAGES)
    return shown


def test_the_title_of_an_image_that_stands_alone_is_its_caption(with_images: list[str]) -> None:
    """A script did it in fastpages; what stands around the image stays, but no paragraph can hold a figure."""
    lone = with_images[: len(LONE_IMAGES)]
    assert [html for html in lone if re.search(r"<img[^>]* title=", html)] == []
    image_to_caption = re.compile(r"<figure>.*?<figcaption>(.*?)</figcaption>", re.DOTALL)
    assert [image_to_caption.sub(r"<figure>\1", html) for html in lone] == list(LONE_IMAGES.values())


def test_other_images_keep_their_titles(with_images: list[str]) -> None:
    """Images within text and tables, pictures of emoji, code and comments."""
    others = [re.sub(r'<div class="table-scroll">|</div>', "", html) for html in with_images[len(LONE_IMAGES) :]]
    assert others == list(OTHER_IMAGES)


def test_every_switch_of_the_theme_is_documented() -> None:
    """What the layouts read from `site` and from posts stands in docs/theme.md."""
    layouts = "".join(file.read_text("utf-8") for file in (site.CHECKOUT / "_theme").rglob("*.html"))
    documented = (site.CHECKOUT / "docs/theme.md").read_text("utf-8")
    ours = {"data", "posts", "url", "layout", "nb_path", "table_of_contents", "reading_minutes", "related", "topics"}
    ours |= {"js", "css"}  # site.js and site.css are files
    ours |= {"newer", "older", "newer_url", "older_url", "page_number", "page_count"}
    code = re.sub(r"\{%-? comment.*?endcomment", "", layouts, flags=re.DOTALL)
    read = set(re.findall(r"(?<![/\w])(?:site|page|post)\.(\w+)", code))
    assert sorted(name for name in read - ours if f"`{name}" not in documented) == []
