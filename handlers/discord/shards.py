"""Which part of a bot's servers one connection hears of: Discord shares them out by their numbers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.incoming import RESTORED
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
    """What an earlier holder of a shard kept. That a backup was restored all must hear, though the first ends it."""

    def __init__(
        self, marks: Callable[[], Awaitable[Mapping[str, str]]], heard: Callable[[], Awaitable[Heard]]
    ) -> None:
        self._marks = marks
        self._heard = heard
        self._lock = asyncio.Lock()
        self._restored: str | None = None
        self._known: set[int] = set()
        """Shards that have gone on in this process."""

    async def get(self, shard: Shard) -> tuple[Mapping[str, str], Heard]:
        """The bookmarks, and up to where each place was heard. Raises StorageError."""
        async with self._lock:
            marks = await self._marks()
            if not self._known:
                self._restored = marks.get(RESTORED)
            if self._restored is not None and shard.id not in self._known:
                marks = {**marks, RESTORED: self._restored}
            self._known.add(shard.id)
            return marks, await self._heard()
