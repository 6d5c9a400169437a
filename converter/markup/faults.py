"""What can be wrong with a piece of HTML, and how it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """How a fault is mended."""

    WRITTEN = auto()
    """By writing a tag or comment in another way, whatever stands around it."""
    SURPLUS = auto()
    """By leaving an end tag out."""
    OPEN = auto()
    """By an end tag at the end."""
    MISPLACED = auto()
    """By HTML's parser only."""


_REMEDIES = {
    Kind.WRITTEN: "fix the tag, or write &lt; for a < that begins none",
    Kind.SURPLUS: "remove it; the post leaves it out",
    Kind.OPEN: "close it; in the post it ends with its cell",
    Kind.MISPLACED: "close each element before the one around it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something in a piece of HTML that is not as it ought to be."""

    kind: Kind
    """How it is mended."""
    start: int
    end: int
    """Where the tag or comment stands; both the length of the text for what is added at its end."""
    at: int
    """Where the tag begins that is to blame."""
    new: str = ""
    """What stands there instead."""
    says: str = ""
    """What an author should know, with the tag in it; empty for what no reader can see."""
    tag: str = ""
    """The tag as it is written."""
    nth: int = 0
    """How often the same tag stands before it, for those that are told."""

    @property
    def message(self) -> str:
        """Return what is wrong and what to do about it."""
        return f"{self.says}; {_REMEDIES[self.kind]}"
