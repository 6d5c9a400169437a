"""The script libraries that draw charts and widgets in the reader's browser: which files, from where, for which page.

Each is pinned and comes with nbpress; `assets/vendor` holds the very files of the npm packages named here.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from converter import images
from converter.model import Asset

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from converter.config import Config

_HERE = Path(__file__).parent
VENDOR = next((it for it in (_HERE / "vendor", _HERE.parent / "assets/vendor") if it.is_dir()), _HERE / "vendor")
"""Where the libraries lie: inside an installed package, or in the blog of a checkout."""
PUBLISHED = PurePosixPath("assets/vendor")
"""Where a blog has them."""
_OUTLINES = PurePosixPath("plotly/topojson")
"""Of countries and seas: the data in plotly.js@4.1.1/dist/plotly-geo-assets.js, each part as a file of its own."""
_CDN = "https://cdn.jsdelivr.net/npm/"


_PANEL_SHEETS = (
    *(
        f"css/{name}.css"
        for name in (
            "alerts",
            "booleanstatus",
            "button",
            "dataframe",
            "divider",
            "editable_slider",
            "gridbox",
            "icon",
            "json",
            "layout",
            "listpanel",
            "loading",
            "loadingspinner",
            "markdown",
            "models/card",
            "models/html",
            "models/video",
            "multichoice",
            "player",
            "progress",
            "select",
            "swipe",
            "widgetbox",
            "widgets",
        )
    ),
    *("bundled/theme/default.css", "bundled/theme/native.css"),
)
"""The style sheets of what Panel draws without libraries of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One script, and the files that lie beside it."""

    file: str
    """The script's path below `VENDOR`."""
    npm: str
    """The same file within its npm package, with the version."""
    digest: str
    """Base64 of the SHA-384 of the script, as `integrity` wants it."""
    after: str = ""
    """The library that has to be loaded before."""
    beside: tuple[str, ...] = ("LICENSE",)
    """More files in the script's folder."""


LIBRARIES: Mapping[str, Library] = {
    "vega": Library(
        file="vega/vega.min.js",
        npm="vega@6.4.0/build/vega.min.js",
        digest="VKdcJr3ZaBIJMbVcopTAI/JEuUkSY6qnwVu9iLuw0DnQ9gQ1JjsfZJhXFQAgNi43",
    ),
    "vega-lite": Library(
        file="vega/vega-lite.min.js",
        npm="vega-lite@6.4.3/build/vega-lite.min.js",
        digest="9/70gNCfOu6G7xXvkdreMfuqAEsoaGJVXV2BN/JLRXkSmcGvnMqtsRx8HZtUWAvI",
        after="vega",
    ),
    "vega-embed": Library(
        file="vega/vega-embed.min.js",
        npm="vega-embed@7.3.0/build/vega-embed.min.js",
        digest="Muy1QRxYFeNrA1zShc1KtN4OfipkR/61gt+HWqN57c1Zxu3Oe16TsilsruVVjfKL",
        after="vega-lite",
    ),
    "plotly": Library(
        file="plotly/plotly.min.js",
        npm="plotly.js-dist-min@4.1.1/plotly.min.js",
        digest="AFNp2MtSm5/oZbEs/J19F/Ah57MEiVsoed8nE3fq2Wnccdl1u/EkyJ9XKKU8rt7+",
    ),
    "bokeh": Library(
        file="bokeh/bokeh.min.js",
        npm="@bokeh/bokehjs@3.9.2/build/js/bokeh.min.js",
        digest="g9DMRTbu324z8DCTVTliqGx5fbK+SywwPXdNdCUvpyEcNgorUiK1U1lJV7Uf3ESB",
    ),
    "bokeh-gl": Library(
        file="bokeh/bokeh-gl.min.js",
        npm="@bokeh/bokehjs@3.9.2/build/js/bokeh-gl.min.js",
        digest="swQ+sZ0EbcWJdK0saQItagMkHZI+Js7hH1XaGGS6rRUKqinZrDHogtNFjApJu0hE",
        after="bokeh",
    ),
    "bokeh-widgets": Library(
        file="bokeh/bokeh-widgets.min.js",
        npm="@bokeh/bokehjs@3.9.2/build/js/bokeh-widgets.min.js",
        digest="PD6/bzjjpPVhqReVJHmItc/pOG2R8Vh7ZZGEgv/uu8hHGE73heS/msfKJ3Bqkkyn",
        after="bokeh",
    ),
    "bokeh-tables": Library(
        file="bokeh/bokeh-tables.min.js",
        npm="@bokeh/bokehjs@3.9.2/build/js/bokeh-tables.min.js",
        digest="WnRyZiKDQw+w5/53VW4LGy3OzNdNE/7urfq+y9FXHEuKMKDwrnlqgLBtcc+oXI0z",
        after="bokeh-widgets",
    ),
    "bokeh-mathjax": Library(
        file="bokeh/bokeh-mathjax.min.js",
        npm="@bokeh/bokehjs@3.9.2/build/js/bokeh-mathjax.min.js",
        digest="6aW11IUvqAOl4Rz1ysSTvU8DymUCLikjeh3ZxaUu/pzj5PyjLrtY2zeabLoG48if",
        after="bokeh",
    ),
    "panel": Library(
        file="panel/panel.min.js",
        npm="@holoviz/panel@1.9.4/dist/panel.min.js",
        digest="FPHLLBrmfwegG8UbwTomH/NVixPCCU6X1iTTmMvm33lyKWtPllgYQTUSg1GmUlVJ",
        after="bokeh-tables",
        beside=("LICENSE", *_PANEL_SHEETS),
    ),
    "widgets": Library(
        file="widgets/embed.js",
        npm="@jupyter-widgets/html-manager@1.0.15/dist/embed.js",
        digest="BhIlHV0bCNC00G3UVIEIJKhEHXPQXX90znOSkFJNUoe/L1UByfxdu2lxB3Kdgrpu",
        beside=(
            *("LICENSE", "embed.js.LICENSE.txt"),
            *("1551f4f60c37af51121f.woff2", "7a3337626410ca2f4071.woff2", "d878b0a6a1144760244f.woff2"),
        ),
    ),
}
"""Every library by its name, each behind those that it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A `<script>` that loads a library."""

    url: str
    """Its address, within the site or elsewhere."""
    integrity: str
    """What the browser compares the file with."""
    is_foreign: bool
    """Whether another site serves it."""
    waits: bool
    """Whether it may wait until the page is read; not if a script within an output calls the library at once."""


def with_needs(names: Collection[str]) -> list[str]:
    """Return *names* and the libraries that those need, in the order in which they have to be loaded."""
    wanted = set(names)
    for name in reversed(tuple(LIBRARIES)):
        if name in wanted and LIBRARIES[name].after:
            wanted.add(LIBRARIES[name].after)
    return [name for name in LIBRARIES if name in wanted]


def together(names: Collection[str], page: Collection[str]) -> list[str]:
    """Return those libraries of a *page* that have to be there as soon as one of *names* is, in loading order.

    They are the library and all its extensions: Bokeh's controls look for its MathJax once, when the first is drawn,
    and never again.
    """
    cores = {_core(name) for name in names}
    return [name for name in with_needs(page) if _core(name) in cores]


def _core(name: str) -> str:
    """Return the library that *name* extends; itself if it extends none."""
    while LIBRARIES[name].after:
        name = LIBRARIES[name].after
    return name


def script(name: str, config: Config, *, waits: bool) -> Script:
    """Return the element that loads the library *name*, from where the settings want it."""
    library, is_foreign = LIBRARIES[name], config.assets == "cdn"
    url = _CDN + library.npm if is_foreign else images.url(PUBLISHED / library.file, config)
    return Script(url=url, integrity=f"sha384-{library.digest}", is_foreign=is_foreign, waits=waits)


def folder(name: str, config: Config) -> str:
    """Return the address of the folder in which the library *name* finds what lies beside it."""
    return script(name, config, waits=True).url.rpartition("/")[0] + "/"


def beside(name: str, file: str, config: Config) -> str:
    """Return the address of a *file* beside the library *name*; empty if there is no such file."""
    return folder(name, config) + file if file in LIBRARIES[name].beside else ""


def assets(names: Collection[str], config: Config) -> Iterator[Asset]:
    """Yield the files that the blog has to publish so that its pages can load the libraries *names*."""
    for name in names if config.assets == "local" else ():
        file = PurePosixPath(LIBRARIES[name].file)
        for path in (file, *(file.parent / other for other in LIBRARIES[name].beside)):
            yield Asset(path=PUBLISHED / path, content=_content(path))


def outlines(names: Collection[str]) -> Iterator[Asset]:
    """Yield the files that Plotly's maps of *names* are drawn from; a name that nobody knows has none."""
    for name in names:
        path = _OUTLINES / f"{name}.json"
        if (VENDOR / path).is_file():
            yield Asset(path=PUBLISHED / path, content=_content(path))


def outlines_url(config: Config) -> str:
    """Return the address of their folder; empty if Plotly is to ask where it asks by itself."""
    return "" if config.assets == "cdn" else f"{images.url(PUBLISHED / _OUTLINES, config)}/"


@functools.cache
def _content(path: PurePosixPath) -> bytes:
    """Return what the file at *path* below `VENDOR` holds; megabytes that many posts share."""
    return (VENDOR / path).read_bytes()
