"""Reactions to messages that get no words: anyone who is not let in, or asks too often, still gets a sign of life.

A sentence for each message of a flood would itself be a flood, so it is said once and the rest get a reaction. One
that the platform refuses for good becomes a sentence after all, once a minute. None outlives the process.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.contracts.abilities import Reaction, Reacts
from bot.contracts.bots import Bots
from bot.domain.clock import Clock
from bot.domain.errors import (
    MessageGone,
    PlatformError,
    Rejected,
    RetryAfter,
    StorageError,
    Unreachable,
)
from bot.domain.ids import PersonId
from bot.domain.places import Place
from bot.rendering.pages import notice
from storage import outbox, people
from storage.database import Database
from storage.outbox import OutboxPage, Target
from storage.programs import Program

log = structlog.get_logger(__name__)

_MOST_WAITING = 20
"""In one place. Of a flood the newest messages get theirs: those that their sender sees."""
_TRIES = 4
_WAIT_S = 2.0
_SAY_AGAIN_MS = 60_000


@dataclass(frozen=True, slots=True)
class Unheard:
    """A message that gets a reaction."""

    place: Place
    place_row: int
    remote_id: str
    person: PersonId
    reaction: Reaction
    words: str
    """The same as Markdown, in its sender's language."""


class Reactions:
    """Sets reactions, in order within each place, beside everything else."""

    def __init__(
        self,
        database: Database,
        bots: Bots,
        clock: Clock,
        deliver: Callable[[Sequence[OutboxPage]], None],
    ) -> None:
        self._database = database
        self._bots = bots
        self._clock = clock
        self._deliver = deliver
        self._waiting: dict[Place, deque[Unheard]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, unheard: Unheard) -> None:
        """Set it as soon as the platform accepts it."""
        waiting = self._waiting.get(unheard.place)
        if waiting is not None:
            waiting.append(unheard)
            return
        self._waiting[unheard.place] = deque((unheard,), _MOST_WAITING)
        task = asyncio.create_task(self._work(unheard.place))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Drop what still waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, place: Place) -> None:
        waiting = self._waiting[place]
        try:
            while waiting:
                await self._put(waiting.popleft())
        finally:
            del self._waiting[place]

    async def _put(self, unheard: Unheard) -> None:
        platform = self._bots.at(unheard.place)
        if not isinstance(platform, Reacts):
            await self._say(unheard)
            return
        for _ in range(_TRIES):
            try:
                await platform.react(unheard.place, unheard.remote_id, unheard.reaction)
                return
            except MessageGone:
                return
            except (Rejected, Unreachable) as error:
                log.info("reaction_refused", error=type(error).__name__, detail=error)
                await self._say(unheard)
                return
            except RetryAfter as error:
                await self._clock.sleep(error.retry_after_s)
            except PlatformError as error:
                log.info("reaction_not_set", error=type(error).__name__, detail=error)
                await self._clock.sleep(_WAIT_S)

    async def _say(self, unheard: Unheard) -> None:
        """Say it, unless that was done a moment ago."""

        def say() -> Program[list[OutboxPage]]:
            now = self._clock.now()
            if not (yield from people.may_be_told(unheard.person, now, _SAY_AGAIN_MS)):
                return []
            page = notice(unheard.words)
            reply_to = None if unheard.place.kind.private else unheard.remote_id
            return [(yield from outbox.add(Target(unheard.place_row, unheard.place, reply_to=reply_to), page, now))]

        try:
            self._deliver(await self._database.write(say()))
        except StorageError as error:
            # Like a reaction that is not set: the next message gets its own.
            log.warning("reaction_not_said", error=error)
