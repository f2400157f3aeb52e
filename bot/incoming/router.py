"""Doing one thing that came in, to its end, whatever kind it is."""

from collections.abc import Coroutine, Iterable
from typing import Any

import structlog

from bot.contracts.bots import Bots
from bot.delivery.outbox import Delivery
from bot.domain.clock import Clock
from bot.domain.errors import StorageError
from bot.domain.ids import TurnId
from bot.domain.incoming import (
    Bookmarks,
    ChatRenumbered,
    Deleted,
    HeardTo,
    Inbound,
    Incoming,
    Invocation,
    Joined,
    StopRequest,
    ThreadChanged,
    Unreadable,
)
from bot.domain.turns import TurnState
from bot.incoming.acceptance import Acceptance
from bot.incoming.commands import Dispatcher
from bot.incoming.greeting import Greeting
from bot.incoming.thread_changes import follow
from bot.incoming.thread_history import with_before
from bot.turns.deleting import forget_deleted
from bot.turns.turns import Turns
from storage import bookmarks, open_turns, places
from storage import turns as kept_turns
from storage.database import Database
from storage.inbox import Asked
from storage.programs import Program

log = structlog.get_logger(__name__)


class Router:
    """Hands each kind of thing that comes in to the part that does it."""

    def __init__(
        self,
        database: Database,
        bots: Bots,
        acceptance: Acceptance,
        dispatcher: Dispatcher,
        greeting: Greeting,
        turns: Turns,
        delivery: Delivery,
        clock: Clock,
    ) -> None:
        self._database = database
        self._bots = bots
        self._acceptance = acceptance
        self._dispatcher = dispatcher
        self._greeting = greeting
        self._turns = turns
        self._delivery = delivery
        self._clock = clock

    async def do(self, incoming: Incoming) -> None:
        """Do one thing to its end.

        Raises:
            StorageError: it must be done again.
        """
        match incoming:
            case Invocation():
                await self.guarded(self._dispatcher.handle(incoming), incoming.event_key)
            case Inbound():
                whole = await with_before(self._database, self._bots, incoming)
                for inbound, asked in await self._acceptance.accept([whole]):
                    if asked is not None:
                        await self.guarded(self._answer(inbound, asked), inbound.event_key)
            case Unreadable():
                await self._acceptance.accept([incoming])
            case StopRequest():
                await self.guarded(self._stop(incoming), incoming.event_key)
            case ThreadChanged():
                self._stop_all(await self._database.write(follow(incoming)))
            case Deleted():
                forgetting = forget_deleted(incoming, self._turns.end_queued, self._clock.now())
                forgotten = await self._database.write(forgetting)
                self._stop_all(forgotten.running)
                self._delivery.deliver(forgotten.pages)
            case HeardTo() | Bookmarks():
                await self._database.write(_noted(incoming))
            case Joined():
                await self.guarded(self._greeting.greet(incoming), incoming.event_key)
            case ChatRenumbered(_, place, chat):
                await self._database.write(places.renumber(place, chat))

    def _stop_all(self, ended: Iterable[TurnId]) -> None:
        for turn in ended:
            self._turns.stop(turn)

    async def _answer(self, inbound: Inbound, asked: Asked) -> None:
        """Hand a message to the open question; one that does not answer it is an ordinary message."""
        if not await self._dispatcher.answer(inbound, asked):
            await self._acceptance.accept([inbound], answers=False)

    async def guarded(self, work: Coroutine[Any, Any, None], event_key: str) -> None:
        """Await this; log what it raises, but StorageError."""
        try:
            await work
        except StorageError:
            raise
        except Exception:
            # The border of commands: a broken one must not be retried forever, nor hold up what comes after it.
            log.exception("command_broke", key=event_key)

    async def _stop(self, request: StopRequest) -> None:
        def note() -> Program[bool]:
            found = yield from kept_turns.get(request.turn)
            if found is None or found[0].place != request.place or found[1] is not TurnState.RUNNING:
                return False
            yield from open_turns.request_stop(request.turn)
            return True

        if await self._database.write(note()):
            self._turns.stop(request.turn)


def _noted(incoming: HeardTo | Bookmarks) -> Program[None]:
    """How far a front-end has come."""
    match incoming:
        case HeardTo(place, remote_id):
            yield from places.note_heard(place, remote_id)
        case Bookmarks(platform, bot, marks):
            yield from bookmarks.put(platform, bot, marks)
