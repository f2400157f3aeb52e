"""Locks by key, for work that must not be done twice at once."""

import asyncio
import weakref


class Locks:
    """One lock for each key; a lock lasts as long as someone holds or awaits it."""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[object, asyncio.Lock] = weakref.WeakValueDictionary()

    def of(self, key: object) -> asyncio.Lock:
        """The lock of this key."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock
