"""What `parley doctor` finds: a fact, a hint or a fault with its fix."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The result of a check."""

    GOOD = "good"
    NOTE = "note"
    """It works; something would work better."""
    BAD = "bad"
    """Something does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and how to fix it."""

    verdict: Verdict
    what: str
    cure: str = ""


def good(what: str) -> Finding:
    """All is well."""
    return Finding(Verdict.GOOD, what)


def note(what: str, cure: str) -> Finding:
    """It works, but could work better."""
    return Finding(Verdict.NOTE, what, cure)


def bad(what: str, cure: str) -> Finding:
    """It does not work."""
    return Finding(Verdict.BAD, what, cure)
