"""Rules that hold nothing here: each is broken before every run, and must be judged as it says, or the run ends.

What becomes of the change in a line: a test fails (`seen`), none does (`not seen`), it computes or waits for ever
(`endless`).
"""

from threading import Event


def may(age: int) -> bool:
    """Whether somebody is old enough."""
    return age >= 18  # seen


def size(number: int) -> int:
    """How far from nothing it is; nothing has no sign."""
    return -number if number < 0 else number  # not seen


def counted(to: int) -> int:
    """How far one comes in steps."""
    at = 0
    while at < to or at % 2 == 0:  # seen
        at += 1  # endless
    return at


def opened(door: Event, *, asked: bool) -> bool:
    """Whether a door that somebody may have asked for is open."""
    if asked:  # endless
        door.set()
    return door.wait()
