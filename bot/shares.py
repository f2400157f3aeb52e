"""Slots for what runs at once, shared fairly: no one has more than a few, however many they ask for.

Anyone without a free slot queues behind their own requests; others begin at once. A key says who shares: `("person",
17)`, `("chat", "telegram", "4711", "-100")`; its first word has the limit.
"""

import asyncio
import threading
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

Key = tuple[object, ...]


class Shares:
    """Who holds how many slots. `take` and `untake` may be called in any thread, all else in the event loop's alone."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._taken: Counter[Key] = Counter()
        self._waiting: defaultdict[Key, deque[asyncio.Future[None]]] = defaultdict(deque)
        self._lock = threading.Lock()

    def take(self, keys: Sequence[Key]) -> Key | None:
        """Take a place under all these keys; where one has none left nothing is taken, and that one is given."""
        with self._lock:
            full = next((key for key in keys if not self._has_room(key)), None)
            if full is None:
                self._taken.update(keys)
            return full

    def untake(self, keys: Sequence[Key]) -> None:
        """The end of what was taken; `pass_on` for each key is to follow."""
        with self._lock:
            for key in keys:
                self._taken[key] -= 1
                if not self._taken[key]:
                    del self._taken[key]

    async def room(self, key: Key) -> None:
        """Wait until there may be a place. Who then does not take it calls `pass_on`."""
        if self._has_room(key):
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[key].append(waiting)
        try:
            await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                self.pass_on(key)
            raise

    def pass_on(self, key: Key) -> None:
        """Let the next who waits for this key try."""
        queue = self._waiting.get(key)
        while queue:
            waiting = queue.popleft()
            if not waiting.done():
                waiting.set_result(None)
                break
        if not queue:
            self._waiting.pop(key, None)

    @asynccontextmanager
    async def place(self, *keys: Key) -> AsyncIterator[None]:
        """A place for as long as this is open, once there is one."""
        while (full := self.take(keys)) is not None:
            await self.room(full)
        try:
            yield
        finally:
            self.untake(keys)
            for key in keys:
                self.pass_on(key)

    def _has_room(self, key: Key) -> bool:
        return self._taken[key] < self._limits[str(key[0])]


class Ticket:
    """One place at most, for takings inside a transaction: it may take again, fail, or come to nothing."""

    def __init__(self, shares: Shares, woken_for: Key | None = None) -> None:
        self._shares = shares
        self._keys: Sequence[Key] = ()
        self._owed = [woken_for] if woken_for is not None else []
        """Who waits for these may try when this is closed."""

    def take(self, *keys: Key) -> Key | None:
        """As `Shares.take`, instead of what this took before."""
        if self._keys:
            self._shares.untake(self._keys)
            self._owed += self._keys
        full = self._shares.take(keys)
        self._keys = keys if full is None else ()
        return full

    def close(self) -> None:
        """Give back what was taken."""
        self._shares.untake(self._keys)
        for key in dict.fromkeys((*self._keys, *self._owed)):
            self._shares.pass_on(key)
        self._keys, self._owed = (), []
