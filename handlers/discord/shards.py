"""Which part of a bot's servers one connection hears of: Discord shares them out by their numbers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.places import Place

Heard = Sequence[tuple[Place, str]]


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count` connections. The first one hears of direct messages too."""

    id: int
    count: int

    def hears(self, guild: int) -> bool:
        """Whether it is told of this server."""
        return (guild >> 22) % self.count == self.id

    @property
    def mark(self) -> str:
        """What its session is kept under; it fits no other number of shards."""
        return "session" if self.count == 1 else f"session/{self.id}of{self.count}"

    def mine(self, guilds: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of the servers that it is told of."""
        return [guild for guild in guilds if self.hears(int(guild["id"]))]


ALONE = Shard(0, 1)


class Kept:
    """What an earlier process kept, read once for all shards: the first one to go on changes it."""

    def __init__(
        self, marks: Callable[[], Awaitable[Mapping[str, str]]], heard: Callable[[], Awaitable[Heard]]
    ) -> None:
        self._marks = marks
        self._heard = heard
        self._lock = asyncio.Lock()
        self._read: tuple[Mapping[str, str], Heard] | None = None

    async def get(self) -> tuple[Mapping[str, str], Heard]:
        """The bookmarks, and up to where each place was heard. Raises StorageError."""
        async with self._lock:
            if self._read is None:
                self._read = await self._marks(), await self._heard()
            return self._read
