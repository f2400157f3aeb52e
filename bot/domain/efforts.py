"""How much a model thinks before it answers, where somebody may say so."""

from collections.abc import Sequence
from enum import StrEnum


class Effort(StrEnum):
    """From the least to the most. The values are those of the wire and of `parley.toml`."""

    NONE = "none"
    """It answers at once."""
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


RANK = {effort: rank for rank, effort in enumerate(Effort)}
"""From the least to the most."""

USUAL = (Effort.LOW, Effort.MEDIUM, Effort.HIGH)
"""What is taken by nearly every model that thinks."""


def nearest(wished: Effort | None, taken: Sequence[Effort] | None) -> Effort | None:
    """Of the efforts that a model takes, the one nearest to the wish, of two the cheaper; None: it is not to be said.

    `taken` is None if unknown: then it is the wish.
    """
    if wished is None or taken is None:
        return wished
    return min(taken, key=lambda effort: (abs(RANK[effort] - RANK[wished]), RANK[effort]), default=None)
