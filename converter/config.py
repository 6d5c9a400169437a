"""Settings of one build, read from `_config.yml`; all faults are reported at once."""

from __future__ import annotations

import difflib
import re
import types
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from converter import liquid, matter_keys, site_keys, yaml_text
from converter.errors import ConfigError
from converter.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "_config.yml"
_HERE = Path(__file__).parent
_TAB = re.compile(rb"^ *\t", re.MULTILINE)
_PAGES = PurePosixPath("pages")
_TEXTS = (PurePosixPath("_data"), PurePosixPath("assets/css"), PurePosixPath("assets/js"))
_TOP_KEY = re.compile(r"^([\w-]+):(?=\s|$)", re.MULTILINE)
_WHERE = "run nbpress inside the blog, or give its folder: --site DIR"
OWN_TEMPLATES = next(
    (it for it in (_HERE / "templates", _HERE.parent / "templates") if it.is_dir()), _HERE / "templates"
)
"""Where the templates of nbpress lie: inside an installed package, or beside it in a checkout."""
EXECUTE = ("auto", "always", "never")
RERUN_ON = ("inputs", "environment")
FOOTNOTES = ("liquid", "html")
ASSETS = ("local", "cdn")
MATH = ("katex", "mathml")
CITATION_STYLES = ("author-date", "numeric")
_OF_ADDRESSES = ("permalink", "categories", "category", "slug", "published")
SCHOLAR = "jekyll-scholar"
"""The plugin that has citations of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a build depends on besides notebooks and templates."""

    root: Path = field(default=Path(), metadata={"outside": True})
    """The blog's root folder."""
    baseurl: str = field(default="", metadata={"outside": True})
    """Jekyll's `baseurl`, without a slash at the end."""
    includes: PurePosixPath = field(default=PurePosixPath("_includes"), metadata={"outside": True})
    """Jekyll's `includes_dir`."""
    layouts: PurePosixPath = field(default=PurePosixPath("_layouts"), metadata={"outside": True})
    """Jekyll's `layouts_dir`."""
    plugins: tuple[PurePosixPath, ...] = field(default=(PurePosixPath("_plugins"),), metadata={"outside": True})
    """Jekyll's `plugins_dir`, one or several."""
    has_theme: bool = field(default=False, metadata={"outside": True})
    """Whether a theme from elsewhere brings includes that the blog's folder does not hold."""
    future: bool = field(default=False, metadata={"outside": True})
    """Jekyll's `future`: whether it lists posts of days to come."""
    unpublished: bool = field(default=False, metadata={"outside": True})
    """Jekyll's `unpublished`: whether it lists posts that say `published: false`."""
    permalink: str = field(default="date", metadata={"outside": True})
    """Jekyll's `permalink`: a template for the addresses of posts, or the name of one."""
    defaults: tuple[tuple[str, dict[str, Any]], ...] = field(default=(), metadata={"outside": True})
    """What Jekyll's `defaults` say of posts below a path as far as their addresses depend on it, the strongest last."""

    findings: tuple[Finding, ...] = field(default=(), metadata={"outside": True})
    """What is odd in the file."""

    source: PurePosixPath = PurePosixPath("_notebooks")
    """Folder of the notebooks, searched recursively."""
    word: PurePosixPath = PurePosixPath("_word")
    """Folder of the Word documents, searched recursively."""
    posts: PurePosixPath = PurePosixPath("_posts")
    """Folder of the posts."""
    images: PurePosixPath = PurePosixPath("images/copied_from_nb")
    """Folder of the images that posts show; what lies in it belongs to nbpress."""
    front_matter: dict[str, Any] = field(default_factory=dict)
    """Defaults that every post's front matter starts from."""
    execute: str = field(default="auto", metadata={"choices": EXECUTE})
    """`auto` runs what is not fresh, `always` runs, `never` publishes stored outputs."""
    timeout: int | None = None
    """Seconds that one cell may run; no limit by default."""
    notebook_timeout: int | None = None
    """Seconds that a notebook may run in all; no limit by default."""
    memory: int | None = field(default=None, metadata={"size": True})
    """How much memory a kernel may have (`2 GB`; Linux); no limit by default."""
    output_limit: int | None = field(default=20_000_000, metadata={"size": True})
    """How much one cell may print or show (`20 MB`); a notebook five times as much."""
    allow_errors: bool = False
    """Publish tracebacks instead of stopping at the first error."""
    gateway: tuple[str, ...] = field(default=(), metadata={"address": True})
    """Addresses of Jupyter gateways that run the kernels, one or a list; without one they run on this machine."""
    save_outputs: bool = True
    """Write outputs into the notebooks; `false` keeps executed copies under `.nbpress/executed/` instead."""
    rerun_on: str = field(default="inputs", metadata={"choices": RERUN_ON})
    """`environment` also runs a notebook again when a package that it imports has another version."""
    jobs: int | None = None
    """How many notebooks run at once; as many as there are CPUs by default."""
    footnotes: str = field(default="liquid", metadata={"choices": FOOTNOTES})
    """`liquid` writes `{% fn 1 %}` for the site's plugins, `html` static notes at the end of the post."""
    inline_images: bool = False
    """Put image outputs into the page as base64 instead of files."""
    image_attributes: bool = False
    """Give local images of text cells `width`, `height`, `loading` and `decoding`."""
    assets: str = field(default="local", metadata={"choices": ASSETS})
    """`local` loads the libraries that draw charts and widgets from the site itself, `cdn` from jsdelivr.net."""
    bibliography: PurePosixPath = PurePosixPath("_bibliography")
    """Folder of `.bib` files, or one such file: what posts may cite."""
    citation_style: str = field(default="author-date", metadata={"style": True})
    """`author-date`, `numeric`, or the path of a CSL style of the blog."""
    citation_locale: str | None = None
    """Language of citations, such as `de-DE`; that of the style by default."""
    sanitize: bool = False
    """Clean the HTML of cells and outputs of everything that could act, for notebooks of strangers."""
    math: str = field(default="katex", metadata={"choices": MATH})
    """`katex` leaves formulas to KaTeX in the browser, `mathml` writes them so that no script is needed."""
    liquid_allow: tuple[str, ...] = field(default=(), metadata={"key": "liquid.allow"})
    """More Liquid tags, variables and filters that text cells may use."""
    templates: PurePosixPath = PurePosixPath("templates")
    """Folder of the blog's own templates; they come before those of nbpress."""


def site_root(start: Path) -> Path:
    """Return the nearest folder from *start* upwards that holds `_config.yml`."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    fault = f"{start}: neither this folder nor one above it holds a {FILE}"
    raise ConfigError((f"{fault}; {_WHERE}",))


def load(root: Path) -> Config:
    """Return the settings of the blog at *root*, or raise `ConfigError` with every fault of them."""
    file = root / FILE
    text = b""
    try:
        text = file.read_bytes()
        site = yaml_text.load(text) or {}
    except FileNotFoundError:
        raise ConfigError((f"{root}: this folder holds no {FILE}; {_WHERE}",)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((f"{FILE}: cannot be read: {error}",)) from error
    except yaml_text.Error as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}:" if mark else ""
        hint = "; indent with spaces, not tabs" if _TAB.search(text) else ""
        unclosed = yaml_text.unclosed(text.decode("utf-8", "replace"))
        if unclosed:
            where, hint = f" line {unclosed[0] + 1}:", f"; the quote {unclosed[1]} in this line is never closed"
        raise ConfigError((f"{FILE}:{where} is no YAML: {getattr(error, 'problem', error)}{hint}",)) from error
    except ValueError as error:
        raise ConfigError((f"{FILE}: holds a date that is no day: {error}; fix it, or put it in quotes",)) from error
    if not isinstance(site, dict):
        raise ConfigError((f"{FILE}: holds no `key: value` settings",))
    faults: list[str] = [*_misplaced(site)]
    values = _values(site.get("notebooks") or {}, faults)
    baseurl = site.get("baseurl") or ""
    if not isinstance(baseurl, str) or not re.fullmatch(r"/?[^\s/?#:]*(?:/[^\s/?#:]+)*/?", baseurl):
        faults.append(f"{FILE}: baseurl: must be a path such as /blog (the host belongs to url), not {baseurl!r}")
    faults += _wrong_defaults(values.get("front_matter", {}))
    faults += _wrong_folders(root, values)
    if faults:
        raise ConfigError(tuple(faults))
    plugins = site.get("plugins") or site.get("gems") or ()
    if isinstance(plugins, list | str) and SCHOLAR in plugins:  # then Jekyll reads `{% cite %}`
        values["liquid_allow"] = (
            *values.get("liquid_allow", ()),
            *liquid.CITATION_TAGS,
            *liquid.SCHOLAR_TAGS,
            "endquote",
        )
    slashed = baseurl.strip("/")
    config = Config(root=root.resolve(), baseurl=f"/{slashed}" if slashed else "", **_of_jekyll(site), **values)
    return replace(config, findings=tuple(_odd(site, text.decode("utf-8", "replace"), config)))


def _misplaced(site: dict[Any, Any]) -> Iterator[str]:
    """Yield a fault for each section that was meant for ours, and for settings that stand beside it, not in it."""
    own = _known().keys()
    for key, value in site.items():
        if site_keys.is_section(str(key), value, own):
            yield f"{FILE}: {key}: the settings of nbpress stand under notebooks; rename it"
        elif site.get(site_keys.SECTION, ...) is None and key in own and key not in site_keys.KNOWN:
            yield f"{FILE}: {key}: stands beside notebooks, which is empty; indent it by two spaces"


def _odd(site: dict[Any, Any], text: str, config: Config) -> Iterator[Finding]:
    """Yield a warning for each key that stands there twice, or that looks like a misspelt one and is read by nothing.

    What a theme from elsewhere reads, nobody can tell.
    """
    lines: dict[str, list[int]] = {}
    for found in _TOP_KEY.finditer(text):
        lines.setdefault(found[1], []).append(text.count("\n", 0, found.start()) + 1)
    folders = (config.layouts, config.includes, *config.plugins, _PAGES, *_TEXTS, config.posts, config.source)
    where = [config.root / folder for folder in folders]
    for key, places in lines.items():
        near = site_keys.meant(key, site) if key in site and not config.has_theme else ""
        message = f"nothing reads {key!r}; did you mean {near!r}?" if near else ""
        if len(places) > 1:
            message = f"{key!r} stands in line {places[-2]}, too, and only this one counts; remove one of them"
        if len(places) > 1 or (near and not site_keys.used(key, config.root, where)):
            yield Finding(
                rule="settings-understood",
                message=message,
                source=PurePosixPath(FILE),
                line=places[-1],
                severity=Severity.WARNING,
            )


def _known() -> dict[str, Field[Any]]:
    """Return the settings of our own section by their keys."""
    return {item.metadata.get("key", item.name): item for item in fields(Config) if "outside" not in item.metadata}


def _of_jekyll(site: dict[Any, Any]) -> dict[str, Any]:
    """Return the fields that follow Jekyll's own settings."""
    plugins = site.get("plugins_dir") or "_plugins"
    return {
        "includes": PurePosixPath(str(site.get("includes_dir") or "_includes")),
        "layouts": PurePosixPath(str(site.get("layouts_dir") or "_layouts")),
        "plugins": tuple(PurePosixPath(str(one)) for one in (plugins if isinstance(plugins, list) else [plugins])),
        "has_theme": bool(site.get("theme") or site.get("remote_theme")),
        "future": site.get("future") is True,
        "unpublished": site.get("unpublished") is True,
        "permalink": str(_posts_of(site).get("permalink") or site.get("permalink") or "date"),
        "defaults": _defaults_of(site),
    }


def _posts_of(site: dict[Any, Any]) -> dict[Any, Any]:
    """Return what the site's `collections` say of posts."""
    collections = site.get("collections")
    posts = collections.get("posts") if isinstance(collections, dict) else None
    return posts if isinstance(posts, dict) else {}


def _defaults_of(site: dict[Any, Any]) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return paths and values of the site's `defaults` for posts; the longer path is the stronger one."""
    found = []
    defaults = site.get("defaults")
    for one in defaults if isinstance(defaults, list) else ():
        scope, values = (one.get(key) if isinstance(one, dict) else None for key in ("scope", "values"))
        if isinstance(scope, dict) and isinstance(values, dict) and scope.get("type", "posts") == "posts":
            given = {key: values[key] for key in _OF_ADDRESSES if key in values}
            found.append((str(scope.get("path") or "").lstrip("/"), "type" in scope, given))
    return tuple((path, given) for path, _, given in sorted(found, key=lambda it: (len(it[0]), it[1])) if given)


def _wrong_defaults(matter: dict[Any, Any]) -> Iterator[str]:
    """Yield what is wrong with the defaults of front matter."""
    for key, value in matter.items():
        meant = matter_keys.meant(str(key))
        if meant:
            yield f"{FILE}: notebooks.front_matter.{key}: unknown key; did you mean {meant}?"
        try:
            matter_keys.check(str(key), value)
        except ValueError as error:
            yield f"{FILE}: notebooks.front_matter.{key}: {error}"


def _wrong_folders(root: Path, values: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with folders: nothing of the author's may lie where nbpress clears away what is not used."""
    for key in ("source", "templates"):
        if key in values and not (root / values[key]).is_dir():
            yield f"{FILE}: notebooks.{key}: there is no folder {values[key]}; make it, or fix the path"
    default = Config()
    folders = {key: values.get(key, getattr(default, key)) for key in ("source", "posts", "images")}
    for key, folder in folders.items():
        for other, outer in folders.items():
            if key != other and folder.is_relative_to(outer) and not (folder == outer and key < other):
                yield f"{FILE}: notebooks.{key}: {folder} lies inside notebooks.{other}, {outer}; keep the two apart"


def _values(section: object, faults: list[str]) -> dict[str, Any]:
    """Return the fields that *section* sets; append what is wrong with it to *faults*."""
    if not isinstance(section, dict):
        faults.append(f"{FILE}: notebooks: must hold `key: value` settings, not {section!r}")
        return {}
    flat = _flat(section)
    known = _known()
    types_ = get_type_hints(Config)
    values: dict[str, Any] = {}
    for key, value in flat.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            guess = f"did you mean {near[0]}?" if near else "known settings are " + ", ".join(known)
            faults.append(f"{FILE}: notebooks.{key}: unknown setting; {guess}")
            continue
        item = known[key]
        try:
            value = matter_keys.size(value) if "size" in item.metadata else value  # noqa: PLW2901
            value = style(value) if "style" in item.metadata else value  # noqa: PLW2901
            value = addresses(value) if "address" in item.metadata else value  # noqa: PLW2901
            values[item.name] = _typed(value, types_[item.name], item.metadata.get("choices"))
        except ValueError as error:
            faults.append(f"{FILE}: notebooks.{key}: {error}")
    return values


def _flat(section: dict[Any, Any]) -> dict[Any, Any]:
    """Return *section* with the keys of its `liquid` group written as `liquid.allow`."""
    flat = dict(section)
    group = flat.pop("liquid", None)
    if isinstance(group, dict):
        flat |= {f"liquid.{key}": value for key, value in group.items()}
    elif group is not None:
        flat["liquid"] = group
    return flat


def _typed(value: object, kind: Any, choices: tuple[str, ...] | None) -> object:  # noqa: ANN401 - any type hint
    """Return *value* as a field of type *kind* holds it, or raise `ValueError` with what is expected."""
    if get_origin(kind) in (types.UnionType, Union):
        if value is None:
            return None
        kind = next(part for part in get_args(kind) if part is not type(None))
    if choices is not None:
        if value not in choices:
            near = difflib.get_close_matches(str(value), choices, n=1)
            guess = f"; did you mean {near[0]}?" if near else ""
            message = f"must be one of {', '.join(choices)}, not {value!r}{guess}"
            raise ValueError(message)
        return value
    if kind is PurePosixPath:
        return _folder(value)
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            message = f"must be a list of names, not {value!r}"
            raise ValueError(message)
        return tuple(value)
    expected = get_origin(kind) or kind
    names = {bool: "true or false", int: "a whole number above 0", dict: "`key: value` pairs", str: "text"}
    wrong_number = expected is int and (isinstance(value, bool) or not isinstance(value, int) or value <= 0)
    if wrong_number or not isinstance(value, expected):
        message = f"must be {names[expected]}, not {value!r}"
        raise ValueError(message)
    return value


def style(value: object) -> object:
    """Return the name of a style for citations, or the path of one; raise `ValueError` if it is neither."""
    if isinstance(value, str) and value not in CITATION_STYLES and not value.endswith(".csl"):
        near = difflib.get_close_matches(value, CITATION_STYLES, n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        message = f"must be one of {', '.join(CITATION_STYLES)}, or the path of a .csl file, not {value!r}{guess}"
        raise ValueError(message)
    return value


def addresses(value: object) -> object:
    """Return one address, or a list of them, as a list; raise `ValueError` if one is no address."""
    listed = [value] if isinstance(value, str) else value
    for address in listed if isinstance(listed, list) else ():
        if not re.fullmatch(r"https?://[^\s/]+\S*", str(address)):
            message = f"must be an address such as http://127.0.0.1:8888, not {address!r}"
            raise ValueError(message)
    return listed


def _folder(value: object) -> PurePosixPath:
    """Return *value* as a folder inside the blog."""
    path = PurePosixPath(value) if isinstance(value, str) and value else None
    if path is None or path.is_absolute() or ".." in path.parts or path == PurePosixPath():
        message = f"must be a folder inside the blog, not {value!r}"
        raise ValueError(message)
    return path
