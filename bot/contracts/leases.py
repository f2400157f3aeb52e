"""What one process alone may do, where several work on the same data."""

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol


class Hold(Protocol):
    """The right to do something, for as long as it is certain that no other process does it."""

    def left_s(self) -> float:
        """For how much longer that is certain, unless it is renewed meanwhile; 0 or less: no longer."""

    def processes(self) -> int:
        """How many processes there are: each gets an equal part of what a platform allows one bot."""

    def silent_s(self) -> Mapping[str, float]:
        """How long each other process has shown no sign of life, by its name."""


class Leases(Protocol):
    """Shares work out among processes."""

    async def while_held(self, name: str, work: Callable[[Hold], Awaitable[None]]) -> None:
        """Do `work` whenever this process alone may, from the beginning each time; ends as it ends.

        It is cancelled when the hold has run out. A call that lasts is given no longer than the hold is certain.
        """


class _Forever:
    def left_s(self) -> float:
        return math.inf

    def processes(self) -> int:
        return 1

    def silent_s(self) -> Mapping[str, float]:
        return {}


FOREVER: Hold = _Forever()
"""Of a process that is alone."""


class _Alone:
    async def while_held(self, name: str, work: Callable[[Hold], Awaitable[None]]) -> None:
        await work(FOREVER)


ALONE: Leases = _Alone()
"""There is no other process: the data directory's lock sees to that."""
