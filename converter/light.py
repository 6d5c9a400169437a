"""What nbpress does without: one library that loads itself into `jsonschema` takes longer to start than all others."""

import sys

# The grammar of international addresses, a second and a half. No notebook's schema asks for it, and jsonschema does
# without where it is not installed, as next to JupyterLab it is.
if "jsonschema" not in sys.modules:
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # how Python spells that there is none
