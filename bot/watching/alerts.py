"""What an admin should know at once, in chat: that something the gateway needs is failing, and that it works again.

Any part that sees something fail, or work, reports it here as often as it likes; this knows what began, what was told
and what ended. A trouble is told once, when it has lasted as long as its kind needs to be more than a hiccup, and
its end once, after a while without failures. One that comes back within a day must stay away four times as long
before it counts as ended, so one that comes and goes is reported less and less often.

What was told is kept, in the same transaction as the pages that tell it: neither a crash nor a restart tells it twice.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from bot.domain.clock import Clock
from bot.domain.errors import StorageError
from bot.domain.people import RoleRules
from bot.domain.places import Place
from bot.rendering.pages import filled, notice
from bot.texts import say_in
from storage import outbox, people, troubles
from storage.database import Database
from storage.outbox import OutboxPage, Target
from storage.programs import Program

SETTLED_S = 120.0
"""How long nothing must fail before a trouble has ended; four times as long each time it comes back."""

LONGEST_SETTLED_S = 6 * 3600.0

SEPARATE_S = 1800.0
"""Two sightings further apart than this, neither of them told, are two troubles."""

FRESH_MS = 24 * 3600 * 1000
"""A trouble that ended longer ago begins as if it were new."""

log = structlog.get_logger(__name__)


Silent = Callable[[Place], bool]
"""Places where a trouble is not told, because the message would arrive only once it is over."""


def _nowhere(_: Place) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence of `said_later` with its values."""

    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class _Trouble:
    active: bool
    since_s: float
    """On the monotonic clock: since when it has been failing, or working."""
    seen_s: float
    """When that was last seen."""
    words: Words
    after_s: float = 0.0
    silent: Silent = _nowhere
    times: int = 0
    """How often it was told recently."""
    told: bool = False
    """Whether the last thing the admins were told is that it is failing."""
    ended_at: int = 0

    @property
    def settled_s(self) -> float:
        return min(SETTLED_S * 4.0 ** max(0, self.times - 1), LONGEST_SETTLED_S)

    def is_due(self, now_s: float) -> bool:
        """Whether there is something new to tell the admins."""
        if self.active:
            return not self.told and self.seen_s - self.since_s >= self.after_s
        return self.told and now_s - self.since_s >= self.settled_s


class Alerts:
    """Every trouble by name, such as "vendor:mistral", and how admins learn of it."""

    def __init__(self, database: Database, roles: RoleRules, clock: Clock) -> None:
        self._database = database
        self._roles = roles
        self._clock = clock
        self._troubles: dict[str, _Trouble] = {}
        self._due = asyncio.Event()

    def report(self, name: str, words: Words, *, after_s: float = 0.0, silent: Silent = _nowhere) -> None:
        """Something is failing now. It is told once it has failed for `after_s`, but not at `silent` places."""
        now_s = self._clock.monotonic()
        trouble = self._troubles.setdefault(name, _Trouble(False, now_s, now_s, words))
        begins = not trouble.active or (not trouble.told and now_s - trouble.seen_s > SEPARATE_S)
        if begins:
            trouble.active, trouble.since_s = True, now_s
        # A trouble that is told at once does not wait for one that is not.
        if begins or after_s <= trouble.after_s:
            trouble.words, trouble.after_s, trouble.silent = words, after_s, silent
        trouble.seen_s = now_s
        self._wake(trouble)

    def resolve(self, name: str, words: Words) -> None:
        """The same thing works now. Told only to those who were told that it did not."""
        trouble = self._troubles.get(name)
        if trouble is None:
            return
        now_s = self._clock.monotonic()
        if trouble.active:
            trouble.active, trouble.since_s, trouble.silent = False, now_s, _nowhere
        trouble.words, trouble.seen_s = words, now_s
        self._wake(trouble)

    def look(self) -> None:
        """Tell what is due by now: call it every minute."""
        for trouble in self._troubles.values():
            self._wake(trouble)

    async def load(self) -> None:
        """Load what an earlier run told. Call it before anything else."""
        now_s = self._clock.monotonic()
        for name, times, ended_at in await self._database.read(troubles.told()):
            told = ended_at is None
            self._troubles[name] = _Trouble(
                told, now_s, now_s, Words(""), times=times, told=told, ended_at=ended_at or 0
            )

    async def run(self, deliver: Callable[[Sequence[OutboxPage]], None]) -> None:
        """Tell what becomes due, until cancelled. What cannot be stored now is tried again at the next `look`."""
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._tell(deliver)
            except StorageError as error:
                log.error("alert_not_told", error=error)

    def _wake(self, trouble: _Trouble) -> None:
        if trouble.is_due(self._clock.monotonic()):
            self._due.set()

    async def _tell(self, deliver: Callable[[Sequence[OutboxPage]], None]) -> None:
        now_s = self._clock.monotonic()
        for name, trouble in list(self._troubles.items()):
            if not trouble.is_due(now_s):
                continue
            active, now = trouble.active, self._clock.now()
            fresh = now - trouble.ended_at > FRESH_MS
            times = (1 if fresh else trouble.times + 1) if active else trouble.times
            ended_at = None if active else now
            pages = await self._database.write(self._told(name, trouble.words, trouble.silent, times, ended_at))
            trouble.told, trouble.times, trouble.ended_at = active, times, ended_at or trouble.ended_at
            log.warning("trouble_told" if active else "trouble_over_told", trouble=name, admins=len(pages))
            deliver(pages)

    def _told(
        self, name: str, words: Words, silent: Silent, times: int, ended_at: int | None
    ) -> Program[list[OutboxPage]]:
        pages: list[OutboxPage] = []
        if not (yield from troubles.put(name, times, ended_at)):
            return pages
        for row, place, language in (yield from people.private_chats_of_admins(self._roles)):
            if not silent(place):
                page = notice(filled(say_in(language), words.sentence, words.values))
                pages.append((yield from outbox.add(Target(row, place), page, self._clock.now())))
        return pages
