"""A lane for each chat in which something takes long: what comes there meanwhile waits, and nobody else does.

A command may ask a vendor, a platform or a mail server, or pack ten thousand messages. So it is kept first, with its
batch, and then done beside the receiving of more; what comes later in its chat is kept behind it, and done in order.
What a crash interrupts is taken up again at the next start. Commands bear to be done twice: see
`bot.incoming.commands`.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.domain.clock import Clock
from bot.domain.errors import DatabaseDamaged, StorageError
from bot.domain.places import Place
from storage.waiting import Waiting

log = structlog.get_logger(__name__)

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0

Chat = tuple[str, str, str]
"""Platform, bot, chat."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something to do, and its number in the database."""

    number: int
    what: Waiting


class Lanes:
    """The chats in which something is being done. `do` does one thing, and may raise StorageError to be asked again."""

    def __init__(self, do: Callable[[Kept], Awaitable[None]], clock: Clock) -> None:
        self._do = do
        self._clock = clock
        self._lanes: dict[Chat, deque[Kept]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def is_busy(self, place: Place) -> bool:
        """Whether what comes there has to wait."""
        return chat_key(place) in self._lanes

    def add(self, kept: Kept) -> asyncio.Task[None] | None:
        """Do it when all that came before it in its chat is done; None if something is being done there."""
        chat = chat_key(kept.what.place)
        lane = self._lanes.get(chat)
        if lane is not None:
            lane.append(kept)
            return None
        self._lanes[chat] = deque((kept,))
        task = asyncio.create_task(self._run(chat), name=f"lane-{chat[0]}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drain(self, grace_s: float) -> None:
        """Let what is being done end for up to `grace_s`; the rest stays kept."""
        running = tuple(self._tasks)
        if not running:
            return
        await asyncio.wait(running, timeout=grace_s)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, chat: Chat) -> None:
        lane = self._lanes[chat]
        try:
            while lane:
                await self._do_surely(lane[0])
                lane.popleft()
        except DatabaseDamaged:
            # It stays kept, for the database that is put in this one's place; the admins are told elsewhere.
            log.error("lane_left")
        finally:
            del self._lanes[chat]

    async def _do_surely(self, kept: Kept) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                await self._do(kept)
            except DatabaseDamaged:
                raise
            except StorageError as error:
                log.error("lane_waits", error=error, again_in_s=wait_s)
                await self._clock.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            else:
                return


def chat_key(place: Place) -> Chat:
    """The chat of a place."""
    return place.platform, place.bot, place.chat
