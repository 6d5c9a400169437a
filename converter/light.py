"""What nbpress does without: libraries for kinds of text that no notebook's schema asks `jsonschema` about."""

import sys

# `jsonschema` loads them where they are installed, as next to JupyterLab they are, and does without elsewhere. One is
# the grammar of international addresses, a second and a half; the rest take as long as reading a small post.
_UNUSED = (
    "rfc3987_syntax",
    "fqdn",
    "rfc3339_validator",
    "webcolors",
    "uri_template",
    "isoduration",
    "rfc3986_validator",
)
if "jsonschema" not in sys.modules:
    for _name in _UNUSED:
        sys.modules.setdefault(_name, None)  # type: ignore[arg-type]  # how Python spells that there is none
