"""Pictures that somebody wants drawn."""

from dataclasses import dataclass
from enum import StrEnum

MOST_SOURCES = 4
"""Pictures that one is made from."""


class Format(StrEnum):
    """The shape of a picture."""

    SQUARE = "square"
    WIDE = "wide"
    TALL = "tall"


@dataclass(frozen=True, slots=True)
class PictureWish:
    """How a picture is wanted; what it shows stands in the question."""

    edits: bool = False
    """It is made from the pictures of the nearest message above that has some, unless the question brings its own."""
    format: Format | None = None
    """None: as its model sees fit."""

    @classmethod
    def or_none(cls, written: str) -> "PictureWish | None":
        """As a row holds it; None for "", which wants no picture."""
        if not written:
            return None
        kind, _, given = written.partition(" ")
        return cls(kind == "edit", Format(given) if given else None)

    def __str__(self) -> str:
        return " ".join(filter(None, ("edit" if self.edits else "new", self.format or "")))
