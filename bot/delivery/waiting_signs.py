"""A sign at a message that waits for its answer behind others, where nothing else shows that it has been heard.

While an answer is being prepared its chat shows that somebody types, and a command shows that it was taken. A message
that has to wait shows neither: it gets a reaction, which is taken back as soon as its turn begins or ends. A sign is
never urgent and never repeated: what waits for a moment alone, as until the answer before it is noted as shown, gets
none. Where reactions are not allowed none is tried for a while. The next run takes back what this one has left: it is
not kept where signs are, only which turns have waited.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.contracts.abilities import Reaction, Reacts
from bot.contracts.bots import Bots
from bot.domain.clock import Clock
from bot.domain.errors import MessageGone, PlatformError, Rejected, StorageError, Unreachable
from bot.domain.ids import TurnId
from bot.domain.places import Place
from bot.domain.turns import TurnState
from bot.pacing import Withdrawn
from storage import open_turns, turns
from storage.database import Database
from storage.programs import each

log = structlog.get_logger(__name__)

_AFTER_S = 0.5
"""So long a message waits without a sign."""
_LOOK_S = 2.0
"""How often it is looked whether what has a sign waits no longer: where another process keeps its chat, or where its
turn has ended without having begun, nobody says so.
"""
_NOT_AGAIN_S = 3600.0
_MOST_CHATS = 1_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for its answer."""

    turn: TurnId
    place: Place
    remote_id: str


class WaitingSigns:
    """Sets such signs, and takes them back."""

    def __init__(self, database: Database, bots: Bots, clock: Clock) -> None:
        self._database = database
        self._bots = bots
        self._clock = clock
        self._signs: dict[TurnId, tuple[Waiting, asyncio.Task[bool] | None]] = {}
        """The task sets the sign; None: an earlier run may have done so."""
        self._refused_until: dict[tuple[str, str, str], float] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._looking: asyncio.Task[bool] | None = None

    def put(self, waiting: Waiting) -> None:
        """Set one if it still waits in a moment, as soon as the platform accepts it."""
        platform, chat = self._bots.at(waiting.place), _chat(waiting.place)
        if isinstance(platform, Reacts) and self._refused_until.get(chat, 0.0) <= self._clock.monotonic():
            self._signs[waiting.turn] = (waiting, self._begin(self._set(platform, waiting)))

    async def take_over(self, platform: str, bot: str) -> None:
        """Know of the signs that an earlier run may have left at messages to this bot. Raises StorageError."""
        for turn, place, remote_id in await self._database.read(open_turns.behind_others(platform, bot)):
            self._signs.setdefault(turn, (Waiting(turn, place, remote_id), None))
        self.look_again()
        self._look_on()

    def take_back(self, turn: TurnId) -> None:
        """Take back the sign of a turn that has begun, if it has one."""
        sign = self._signs.pop(turn, None)
        if sign is not None:
            self._begin(self._take_back(*sign))

    def look_again(self) -> None:
        """Take back the signs of turns that wait no longer: some may have ended without having begun."""
        if self._signs:
            self._begin(self._look_again(list(self._signs)))

    async def close(self) -> None:
        """Drop what still waits."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, bool]) -> asyncio.Task[bool]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _set(self, platform: Reacts, waiting: Waiting) -> bool:
        """Whether the sign may be there now."""
        await self._clock.sleep(_AFTER_S)
        await self._look_again([waiting.turn])
        if waiting.turn not in self._signs:
            return False
        self._look_on()
        try:
            await platform.react(waiting.place, waiting.remote_id, Reaction.WAITS)
        except Withdrawn:
            return False
        except asyncio.CancelledError:
            return True
        except (Rejected, Unreachable) as error:
            log.info("no_signs_here", error=type(error).__name__, detail=error)
            if len(self._refused_until) >= _MOST_CHATS:
                del self._refused_until[next(iter(self._refused_until))]
            self._refused_until[_chat(waiting.place)] = self._clock.monotonic() + _NOT_AGAIN_S
            return False
        except PlatformError as error:
            log.info("sign_not_set", error=type(error).__name__, detail=error)
            return not isinstance(error, MessageGone)
        return True

    async def _take_back(self, waiting: Waiting, setting: asyncio.Task[bool] | None) -> bool:
        if setting is not None:
            setting.cancel()  # One that has not been set yet need not be any longer.
            await asyncio.wait((setting,))
            if setting.cancelled() or not setting.result():
                return False
        platform: object = self._bots.find(waiting.place)
        if not isinstance(platform, Reacts):
            return False
        try:
            await platform.unreact(waiting.place, waiting.remote_id, Reaction.WAITS)
        except PlatformError as error:
            log.info("sign_not_taken_back", error=type(error).__name__, detail=error)
            return False
        return True

    def _look_on(self) -> None:
        """Look again now and then as long as there are any."""
        if self._signs and (self._looking is None or self._looking.done()):
            self._looking = self._begin(self._look_on_and_on())

    async def _look_on_and_on(self) -> bool:
        while self._signs:
            await self._clock.sleep(_LOOK_S)
            await self._look_again(list(self._signs))
        return True

    async def _look_again(self, signs: Sequence[TurnId]) -> bool:
        try:
            states = await self._database.read(each([turns.state_of(turn) for turn in signs]))
        except StorageError:
            return False
        for turn, state in zip(signs, states, strict=True):
            if state is not TurnState.QUEUED:
                self.take_back(turn)
        return True


def _chat(place: Place) -> tuple[str, str, str]:
    return place.platform, place.bot, place.chat
