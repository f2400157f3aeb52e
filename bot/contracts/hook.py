"""A webhook: an address of the gateway to which a platform's servers post updates."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One webhook. Its server answers 401, 413, 200 or 503; the body of an answer is never needed."""

    path: str
    """Its path on the gateway, with the leading slash."""
    admits: Callable[[Mapping[str, str]], bool]
    """Whether a request with these headers is the platform's; checked before the body is read."""
    most_bytes: int
    """The largest body accepted."""
    reading: Callable[[], AbstractContextManager[None]]
    """Within it a body is read: one that comes later, and is read sooner, may have to wait for it."""
    take: Callable[[bytes], Awaitable[bool]]
    """Stores everything in a body. False if it could not: the platform must then post it again."""


@runtime_checkable
class Hooked(Protocol):
    """A platform that can deliver updates by calling the gateway."""

    @property
    def hook(self) -> Hook | None:
        """The webhook to call; None if this bot polls instead."""


def hook_of(bot: object) -> Hook | None:
    """The webhook of a bot; None if it has none."""
    return bot.hook if isinstance(bot, Hooked) else None
