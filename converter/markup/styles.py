"""Style sheets inside of HTML kept to their own place: each selector matches only below a given element."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from converter import liquid
from converter.markup import tags
from converter.markup.whole import Mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STYLE = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<code>script|textarea|title|xmp|iframe|noembed|noframes)\b.*?(?:</(?P=code)\s*>|\Z)"
    r"|<style\b(?P<attributes>[^>]*)>(?P<css>.*?)(?:</style\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_SCOPED = re.compile(r"\s+scoped(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?(?=[\s/>]|$)", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_GROUPS = frozenset({"container", "document", "layer", "media", "starting-style", "supports"})
"""At-rules that hold ordinary rules."""
_LAYER = "notebook"
"""What imported style sheets are put into: no selector of theirs can be changed, but the theme's rules beat a layer."""
_OF_PAGE = frozenset({"html", "body"})
_OLD_PSEUDO_ELEMENTS = frozenset({"after", "before", "first-letter", "first-line"})
_ANIMATION = re.compile(r"(\banimation(?:-name)?\s*:)([^;}]*)")


def kept_to_live(root: str, html: str) -> str:
    """Return *html*, in which Liquid is alive, as `kept_to` does."""
    if "<style" not in html.lower():
        return html
    mask = Mask(liquid=True, pieces={})
    masked, brace = mask.on(html), mask.on(liquid.BRACE)
    return mask.off(kept_to(root, masked, brace))


def kept_to(root: str, html: str, brace: str = "") -> str:
    """Return *html* with its style sheets kept to what is below the element that the selector *root* finds.

    A *brace* in them stands for one that must not meet another one.
    """
    if "<style" not in html.lower():
        return html

    def rewritten(found: re.Match[str]) -> str:
        if found["css"] is None:
            return found[0]
        attributes = _SCOPED.sub("", found["attributes"])
        css = _CDATA.sub("", found["css"])
        css = liquid.OPENING.sub(brace, below(root, css.replace(brace, "{"))) if brace else below(root, css)
        return f"<style{attributes}>{css}</style>"

    return _STYLE.sub(rewritten, html)


def imported(html: str) -> str:
    """Return *html* with each `<link rel=stylesheet>` as a `<style>` that imports what it names."""
    if "stylesheet" not in html:
        return html

    def rewrite(tag: str, name: str, attributes: dict[str, str]) -> str:
        address = attributes.get("href", "")
        if name != "link" or "stylesheet" not in attributes.get("rel", "").lower().split() or not address:
            return tag
        media = f" {attributes['media']}" if attributes.get("media") else ""
        quoted = address.replace("\\", "\\\\").replace('"', "%22").replace("<", "%3C")
        return f'<style>@import url("{quoted}"){media};</style>'

    return tags.start_tags(html, rewrite)


def below(root: str, css: str) -> str:
    """Return the style sheet *css* so that it styles only what is below *root*, with the same weight as before.

    Animations get names of their own; the names of fonts, and what else belongs to a whole page, stay.
    """
    if not css.strip():
        return css
    import tinycss2

    rules = tinycss2.parse_stylesheet(css)
    ending = re.sub(r"[^\w-]", "", root)
    try:
        animations = {name: f"{name}-{ending}" for name in _animations(rules)}
        text = _rules(rules, root, animations)
    except RecursionError:  # hundreds of blocks, one in the other: nobody has meant that
        return "/* nested too deeply */"
    if not animations:
        return text
    return _ANIMATION.sub(lambda found: found[1] + _renamed(found[2], animations), text)


def _rules(rules: Iterable[Any], root: str, animations: dict[str, str]) -> str:
    """Return *rules*, those inside of `@media` and its kin included, below *root*."""
    import tinycss2

    parts = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = ",".join(_selector(it, root) for it in _split(rule.prelude))
            parts.append(f"{selectors}{{{tinycss2.serialize(rule.content)}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword != "charset":
            parts.append(_at_rule(rule, root, animations))
        elif rule.type in ("whitespace", "comment"):
            parts.append(rule.serialize())
    return "".join(parts)


def _at_rule(rule: Any, root: str, animations: dict[str, str]) -> str:  # noqa: ANN401 - tinycss2 has no types
    """Return an at-rule below *root*."""
    import tinycss2

    keyword, prelude = rule.lower_at_keyword, tinycss2.serialize(rule.prelude)
    if rule.content is None:
        if keyword == "import" and "layer" not in prelude:
            place = next((i for i, token in enumerate(rule.prelude) if token.type in ("url", "string", "function")), -1)
            first, rest = rule.prelude[: place + 1], rule.prelude[place + 1 :]
            prelude = f"{tinycss2.serialize(first)} layer({_LAYER}){tinycss2.serialize(rest)}"
        return f"@{rule.at_keyword}{prelude};"
    content = tinycss2.serialize(rule.content)
    if keyword in _GROUPS:
        content = _rules(tinycss2.parse_rule_list(rule.content), root, animations)
    elif keyword.endswith("keyframes"):
        prelude = _renamed(prelude, animations)
    return f"@{rule.at_keyword}{prelude}{{{content}}}"


def _animations(rules: Iterable[Any]) -> list[str]:
    """Return the names of the animations that *rules* define."""
    import tinycss2

    names: list[str] = []
    for rule in rules:
        if rule.type == "at-rule" and rule.content is not None:
            if rule.lower_at_keyword.endswith("keyframes"):
                names += [token.value for token in rule.prelude if token.type in ("ident", "string")]
            elif rule.lower_at_keyword in _GROUPS:
                names += _animations(tinycss2.parse_rule_list(rule.content))
    return names


def _renamed(text: str, names: dict[str, str]) -> str:
    return re.sub(r"[A-Za-z_-][\w-]*", lambda word: names.get(word[0], word[0]), text)


def _split(prelude: Sequence[Any]) -> list[list[Any]]:
    """Return the selectors of a rule."""
    selectors: list[list[Any]] = [[]]
    for part in prelude:
        if part == ",":
            selectors.append([])
        else:
            selectors[-1].append(part)
    return selectors


def _selector(tokens: list[Any], root: str) -> str:
    """Return the selector *tokens* so that what it finds has to stand below *root*.

    The condition goes to the subject of the selector, so that it may go on naming elements further up; `:where` adds
    no weight. What is meant for the whole page is meant for *root*.
    """
    last = len(tokens)
    while last and tokens[last - 1].type == "whitespace":
        last -= 1
    first = last
    while first and not (tokens[first - 1].type == "whitespace" or tokens[first - 1] in (">", "+", "~")):
        first -= 1
    end = next((at for at in range(first, last) if _is_pseudo_element(tokens, at)), last)
    subject = tokens[first:end]
    inside = f" :where({root})" if _is_of_page(subject) else f":where({root} *)"
    return "".join([*map(_text, tokens[:end]), inside, *map(_text, tokens[end:])])


def _text(token: Any) -> str:  # noqa: ANN401 - tinycss2 has no types
    text: str = token.serialize()
    return text


def _is_pseudo_element(tokens: list[Any], at: int) -> bool:
    """Tell whether a pseudo-element begins at *at*."""
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if tokens[at] != ":" or following is None:
        return False
    return bool(following == ":" or (following.type == "ident" and following.lower_value in _OLD_PSEUDO_ELEMENTS))


def _is_of_page(subject: list[Any]) -> bool:
    """Tell whether a selector finds the page itself: `html`, `body`, `:root`."""
    if subject and subject[0].type == "ident" and subject[0].lower_value in _OF_PAGE:
        return True
    return any(
        before == ":" and name.type == "ident" and name.lower_value in ("root", "host")
        for before, name in itertools.pairwise(subject)
    )
