"""Words, for a notebook."""

WORDS = ["one", "two"]
