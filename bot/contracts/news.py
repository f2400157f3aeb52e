"""What processes tell each other in passing: it counts at that moment alone, and is lost without harm."""

from collections.abc import Awaitable, Callable
from typing import Protocol

Detail = str | float


class News(Protocol):
    """What this process tells the others, and what it hears of them."""

    def tell(self, about: str, *details: Detail) -> None:
        """Tell every other process soon, without waiting for it. The same `about` in each is what they understand."""

    def heed(self, about: str, hear: Callable[..., None]) -> None:
        """From now on call `hear` with the details of whatever others tell about this."""

    async def roll_call(self) -> None:
        """Wait until every other process has answered, or is none any more. What it told before is heard by then."""

    def answer_after(self, about: str, ready: Callable[[], Awaitable[None]]) -> None:
        """From now on answer no call of another's before `ready` has returned; one for each `about`."""


class _Nobody:
    def tell(self, about: str, *details: Detail) -> None:
        return

    def heed(self, about: str, hear: Callable[..., None]) -> None:
        return

    async def roll_call(self) -> None:
        return

    def answer_after(self, about: str, ready: Callable[[], Awaitable[None]]) -> None:
        return


NOBODY: News = _Nobody()
"""There is no other process."""
