"""How long things are kept: what was deleted is erased for good, what no platform repeats is forgotten."""

import structlog

from bot.domain.clock import Clock
from bot.domain.ids import UnixMs
from bot.files.store import FileStore
from storage import broadcasts, erasing, given_up, inbox, overheard, places, schedules, search, spending
from storage.database import Database
from storage.programs import Program

log = structlog.get_logger(__name__)

_SEEN_FOR_MS = 3 * 24 * 3600 * 1000
"""How long events are remembered. Telegram delivers unconfirmed ones again for a day."""

_DONE_FOR_MS = 30 * 24 * 3600 * 1000
"""How long a reminder that was given can be put off."""


_GIVEN_UP_FOR_MS = 7 * 24 * 3600 * 1000
"""How long a page that no platform took can be sent again."""


_BROADCASTS_FOR_MS = 90 * 24 * 3600 * 1000
"""How long it can be read what was told to many, and whom it did not reach."""


class Retention:
    """Erases and forgets what is old enough. What was deleted can be undone for `undo_minutes`."""

    def __init__(self, database: Database, files: FileStore, clock: Clock, *, undo_minutes: int, listens: bool) -> None:
        """`listens`: whether anything may be kept that is said beside the bot."""
        self._database = database
        self._files = files
        self._clock = clock
        self._undo_ms = undo_minutes * 60_000
        self._overheard_ms = overheard.KEPT_MS if listens else 0

    async def enforce(self) -> None:
        """Erase and forget what is due now, a little at a time. Call it every minute, in one process.

        Raises:
            StorageError: the next call continues where this one was.
        """
        now = self._clock.now()
        while await self._database.write(search.index_pending()):
            while await self._database.write(search.tidy()):
                continue
        undo_ends = UnixMs(now - self._undo_ms)
        erased = await erasing.in_steps(self._database, lambda: erasing.messages_forgotten(undo_ends))
        erased += await erasing.in_steps(self._database, lambda: erasing.sessions_deleted(undo_ends))
        await self._database.write(_forget(now))
        erased += await self._files.clean()
        faded = await self._database.write(overheard.forget_before(UnixMs(now - self._overheard_ms)))
        if erased:
            log.info("erased", count=erased)
            await self._wipe()
        elif faded:
            # It was in no index.
            await self._database.wipe_free()
        await self._database.checkpoint()

    async def _wipe(self) -> None:
        """Leave nothing erased in the files: not in the index, in free pages, or in the write-ahead log."""
        # Others write between the steps.
        while await self._database.write(search.merge()):
            continue
        await self._database.wipe_free()


def _forget(now: UnixMs) -> Program[None]:
    yield from inbox.forget_before(UnixMs(now - _SEEN_FOR_MS))
    yield from spending.forget_before(now - _SEEN_FOR_MS)
    yield from given_up.forget_before(UnixMs(now - _GIVEN_UP_FOR_MS))
    yield from broadcasts.forget_before(UnixMs(now - _BROADCASTS_FOR_MS))
    yield from places.forget_left()
    yield from schedules.clean(UnixMs(now - _DONE_FOR_MS))
