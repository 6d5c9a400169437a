"""What HTML says of its elements: which have no content, which end by themselves, which end others."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VOID = _names("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")
"""Elements without content and end tag."""
RAW_TEXT = _names("script style textarea title xmp iframe noembed noframes")
"""Elements whose content holds no tags."""
DOCUMENT = _names("html head body frameset frame")
"""Elements that a page has once, around what a cell or output may add to it."""
HEAD = _names("base meta title")
"""Elements that say something of a whole page."""
BODY_LINKS = _names("dns-prefetch modulepreload pingback preconnect prefetch preload prerender stylesheet")
"""What a `<link>` may be within a page, by `rel`."""
HEADINGS = _names("h1 h2 h3 h4 h5 h6")
ENDS_BY_ITSELF = _names("p li dd dt option optgroup rb rt rp rtc")
"""Elements whose end tag may be left out before the end of what holds them."""
TABLE_PARTS = _names("td th tr tbody thead tfoot colgroup")
"""Elements of tables whose end tag may be left out."""
TABLE_CONTEXT = _names("table tbody thead tfoot tr colgroup")
"""Elements in which only parts of a table may stand."""
IN_TABLE_CONTEXT = _names("caption col script style template") | TABLE_PARTS
ENDS_PARAGRAPH = (
    _names(
        "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form "
        "header hgroup hr listing main menu nav ol p plaintext pre search section summary table ul xmp li dd dt"
    )
    | HEADINGS
)
"""Elements before which an open `<p>` ends."""
BLOCKS = (
    _names(
        "address applet article aside blockquote button caption center dd details dialog dir div dl dt fieldset "
        "figcaption figure footer form header hgroup li listing main marquee menu nav object ol optgroup p pre search "
        "section select summary table tbody td template tfoot th thead tr ul"
    )
    | HEADINGS
)
"""Elements whose end tag ends what ends by itself inside them."""
SCOPES = _names("applet caption html marquee object table td template th")
"""Elements out of which no end tag reaches."""
ALONE = _names("a button form nobr select")
"""Elements that cannot stand in themselves."""
BREAKS_OUT = (
    _names(
        "b big blockquote body br center code dd div dl dt em embed head hr i img li listing menu meta nobr ol p pre "
        "ruby s small span strong strike sub sup table tt u ul var"
    )
    | HEADINGS
)
"""Elements that end a drawing or formula in which they stand."""
INTEGRATION = {
    "svg": _names("foreignobject desc title"),
    "math": _names("mi mo mn ms mtext annotation-xml"),
}
"""Elements of drawings and formulas that hold HTML."""

STARTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "td": (frozenset({"td", "th"}) | ENDS_BY_ITSELF, frozenset({"tr", "template"})),
    "th": (frozenset({"td", "th"}) | ENDS_BY_ITSELF, frozenset({"tr", "template"})),
    "tr": (
        frozenset({"td", "th", "tr"}) | ENDS_BY_ITSELF,
        frozenset({"table", "tbody", "thead", "tfoot", "template"}),
    ),
    **dict.fromkeys(("tbody", "thead", "tfoot"), (TABLE_PARTS | ENDS_BY_ITSELF, frozenset({"table", "template"}))),
    "caption": (frozenset({"colgroup"}), frozenset({"table", "template"})),
    "colgroup": (frozenset({"colgroup"}), frozenset({"table", "template"})),
    "col": (frozenset(), frozenset({"table", "colgroup", "template"})),
}
"""For each part of a table: which open elements end before it, and in which it must then stand."""

STARTS_AFTER = {
    "option": frozenset({"option"}),
    "optgroup": frozenset({"option", "optgroup"}),
    **dict.fromkeys(("rt", "rp", "rb", "rtc"), frozenset({"rt", "rp", "rb"})),
}
"""Which open elements end before these."""
