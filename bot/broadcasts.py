"""Telling many people what an admin has written: a few at a time, behind whoever is answered meanwhile.

Pages go the way of all others. That a bot's pace is not used up by them, a few at most are on their way at once, and
one while anything else waits for its turn.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from bot.contracts.bots import Bots
from bot.contracts.leases import FOREVER, Hold
from bot.domain.blocks import Button
from bot.domain.clock import Clock, sleep_until
from bot.domain.errors import StorageError
from bot.domain.people import RoleRules
from bot.people.broadcasting import figures, page_of
from bot.rendering.pages import notice
from bot.texts import say_in
from storage import broadcasts, outbox, people, places, private_chats
from storage.broadcasts import Broadcast, Miss, Recipient
from storage.database import Database
from storage.outbox import OutboxPage, Target
from storage.programs import Program

log = structlog.get_logger(__name__)

_AT_ONCE = 8
"""Pages on their way: a third of a second of Telegram's pace."""

_STEP_S = 0.25
"""Between two looks while one goes on: some 30 people a second, where nobody else is answered."""

_LONGEST_WAIT_S = 60.0
_AMONG_SEVERAL_S = 2.0
"""Where there are other processes, what an admin began there is found by looking."""

_AFTER_FAILURE_S = 5.0

_WAITS_FOR_BOTS_S = 60.0
"""How long one waits after the start for a bot that is not there yet."""


class Broadcasts:
    """Sends what is to be sent."""

    def __init__(
        self,
        database: Database,
        bots: Bots,
        rules: RoleRules,
        clock: Clock,
        deliver: Callable[[Iterable[OutboxPage]], None],
    ) -> None:
        self._database = database
        self._bots = bots
        self._rules = rules
        self._clock = clock
        self._deliver = deliver
        self._changed = asyncio.Event()
        self._began_s = clock.monotonic()

    def look_again(self) -> None:
        """One may have been begun."""
        self._changed.set()

    async def run(self, hold: Hold = FOREVER) -> None:
        """Send, until cancelled: in one process, the one that has this hold."""
        self._began_s = self._clock.monotonic()
        idle_s = _LONGEST_WAIT_S if hold is FOREVER else _AMONG_SEVERAL_S
        while True:
            self._changed.clear()
            try:
                wait_s = _STEP_S if await self.step() else idle_s
            except StorageError as error:
                log.error("broadcast_waits", error=error)
                wait_s = _AFTER_FAILURE_S
            await sleep_until(self._changed, wait_s, self._clock)

    async def step(self) -> bool:
        """Come to the next few people; False if there is nothing to send. Raises StorageError."""
        going = await self._database.read(broadcasts.next_going())
        if going is None:
            return False
        most = self._most_on_their_way()
        if going.waiting < most:
            self._deliver(await self._database.write(self._go_on(going.id, most)))
        return True

    def _most_on_their_way(self) -> int:
        return 1 if any(bot.condition().waiting for bot in self._bots) else _AT_ONCE

    def _go_on(self, number: int, most: int) -> Program[list[OutboxPage]]:
        """The pages for whoever is next; when there is nobody, the word to who began it."""
        now = yield from broadcasts.find(number)
        room = most - now.waiting if now is not None else 0
        if now is None or room <= 0:
            return []
        recipients = yield from broadcasts.next_people(number, self._rules, room)
        if not recipients:
            return (yield from self._end(now)) if not now.waiting else []
        pages: list[OutboxPage] = []
        for one in recipients:
            if not (yield from self._come_to(now, one, pages)):
                break
            yield from broadcasts.note_come_to(number, one.person)
        return pages

    def _come_to(self, broadcast: Broadcast, one: Recipient, pages: list[OutboxPage]) -> Program[bool]:
        """Queue somebody's page, or note why they get none; False if their bot may soon be there."""
        if one.chat is None:
            yield from broadcasts.note_missed(broadcast.id, one.person, Miss.NO_CHAT)
            return True
        place = yield from places.get(one.chat)
        if self._bots.find(place) is None:
            if self._bots.may_come(place) and self._clock.monotonic() - self._began_s < _WAITS_FOR_BOTS_S:
                return False
            yield from broadcasts.note_missed(broadcast.id, one.person, Miss.NO_BOT)
            return True
        page, target = page_of(broadcast.text, say_in(one.language)), Target(one.chat, place)
        added = outbox.add(target, page, self._clock.now(), person=one.person, broadcast=broadcast.id)
        pages.append((yield from added))
        return True

    def _end(self, broadcast: Broadcast) -> Program[list[OutboxPage]]:
        now = self._clock.now()
        yield from broadcasts.end(broadcast.id, now)
        log.info("broadcast_done", broadcast=broadcast.id, reached=broadcast.reached, missed=broadcast.missed)
        if broadcast.admin is None:
            return []
        say = say_in((yield from people.get(broadcast.admin)).language)
        words = f"{say('The broadcast has been sent.')}\n\n{figures(say, broadcast)}"
        button = Button(say("The broadcast"), "broadcast_card", (str(broadcast.id),))
        told = []
        for row in (yield from private_chats.of(broadcast.admin))[:1]:
            place = yield from places.get(row)
            told.append((yield from outbox.add(Target(row, place), notice(words, ((button,),)), now)))
        return told
