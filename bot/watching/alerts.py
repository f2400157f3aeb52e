"""What an admin should know at once, in chat: that something the gateway needs is failing, and that it works again.

Any part that sees something fail, or work, reports it here as often as it likes; this knows what began, what was told
and what ended. A trouble is told once, when it has lasted as long as its kind needs to be more than a hiccup, and
its end once, after a while without failures. One that comes back within a day must stay away four times as long
before it counts as ended, so one that comes and goes is reported less and less often.

What was told is kept, in the same transaction as the pages that tell it: neither a crash nor a restart tells it twice.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from bot.domain.clock import Clock
from bot.domain.errors import StorageError
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.rendering.pages import filled, notice
from bot.texts import Say, moments, say_in
from storage import outbox, private_chats, troubles
from storage.database import Database
from storage.outbox import OutboxPage, Target
from storage.programs import Program

SETTLED_S = 120.0
"""How long nothing must fail before a trouble has ended; four times as long each time it comes back."""

LONGEST_SETTLED_S = 6 * 3600.0

SEPARATE_S = 1800.0
"""Two sightings further apart than this, neither of them told, are two troubles."""

APART_S = 60.0
"""Two messages are at least so far apart; what becomes due in between is told in one."""

_ROOM = 1_500
"""How many characters of sentences one message holds: every platform's messages do."""

FRESH_MS = 24 * 3600 * 1000
"""A trouble that ended longer ago begins as if it were new."""

log = structlog.get_logger(__name__)


Skips = Callable[[Place], bool]
"""Whether a trouble is not told at a place, because the message would arrive only once it is over."""


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
    skips: Skips = _nowhere
    times: int = 0
    """How often it was told recently."""
    told: bool = False
    """Whether the last thing the admins were told is that it is failing."""
    ended_at: int = 0

    surely: bool = False
    """Whether it is over for certain, and its end need not be waited for."""

    @property
    def settled_s(self) -> float:
        return 0.0 if self.surely else min(SETTLED_S * 4.0 ** max(0, self.times - 1), LONGEST_SETTLED_S)

    def is_due(self, now_s: float) -> bool:
        """Whether there is something new to tell the admins."""
        if self.active:
            return not self.told and self.seen_s - self.since_s >= self.after_s
        return self.told and now_s - self.since_s >= self.settled_s

    def times_told(self, now: int) -> int:
        """How often it will have been told recently, once it is told."""
        if not self.active:
            return self.times
        return 1 if now - self.ended_at > FRESH_MS else self.times + 1


class Alerts:
    """Every trouble by name, such as "vendor:mistral", and how admins learn of it."""

    def __init__(self, database: Database, policy: Policy, clock: Clock) -> None:
        self._database = database
        self._policy = policy
        self._clock = clock
        self._told_s = float("-inf")
        """When, on the monotonic clock, something was told last."""
        self._troubles: dict[str, _Trouble] = {}
        self._due = asyncio.Event()

    def report(self, name: str, words: Words, *, after_s: float = 0.0, skips: Skips = _nowhere) -> None:
        """Something is failing now. It is told once it has failed for `after_s`, but not where `skips` says so."""
        now_s = self._clock.monotonic()
        trouble = self._troubles.setdefault(name, _Trouble(False, now_s, now_s, words))
        begins = not trouble.active or (not trouble.told and now_s - trouble.seen_s > SEPARATE_S)
        if begins:
            trouble.active, trouble.since_s = True, now_s
        # A trouble that is told at once does not wait for one that is not.
        if begins or after_s <= trouble.after_s:
            trouble.words, trouble.after_s, trouble.skips = words, after_s, skips
        trouble.seen_s = now_s
        self._wake(trouble)

    def resolve(self, name: str, words: Words, *, surely: bool = False) -> None:
        """The same thing works now. Told only to those who were told that it did not, and at once if it is `surely`
        over.
        """
        trouble = self._troubles.get(name)
        if trouble is None:
            return
        now_s = self._clock.monotonic()
        if trouble.active:
            trouble.active, trouble.since_s, trouble.skips = False, now_s, _nowhere
        trouble.words, trouble.seen_s, trouble.surely = words, now_s, surely
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
        """Tell what becomes due, until cancelled: a hundred failures in a minute make two messages.

        What cannot be stored now is tried again at the next `look`.
        """
        while True:
            await self._due.wait()
            self._due.clear()
            await self._clock.sleep(max(0.0, self._told_s + APART_S - self._clock.monotonic()))
            try:
                await self._tell(deliver)
            except StorageError as error:
                log.error("alert_not_told", error=error)

    def _wake(self, trouble: _Trouble) -> None:
        if trouble.is_due(self._clock.monotonic()):
            self._due.set()

    async def _tell(self, deliver: Callable[[Sequence[OutboxPage]], None]) -> None:
        """Tell everything that is due, in one message."""
        now_s, now = self._clock.monotonic(), self._clock.now()
        due = {
            name: replace(
                trouble, times=trouble.times_told(now), told=trouble.active, ended_at=0 if trouble.active else now
            )
            for name, trouble in self._troubles.items()
            if trouble.is_due(now_s)
        }
        if not due:
            return
        pages = await self._database.write(self._told(due))
        self._told_s = now_s
        for name, told in due.items():
            trouble = self._troubles[name]
            trouble.told, trouble.times = told.told, told.times
            trouble.ended_at = told.ended_at or trouble.ended_at
            log.warning("trouble_told" if told.active else "trouble_over_told", trouble=name, admins=len(pages))
        deliver(pages)

    def _told(self, due: Mapping[str, _Trouble]) -> Program[list[OutboxPage]]:
        fresh = []
        for name, trouble in due.items():
            if (yield from troubles.put(name, trouble.times, trouble.ended_at or None)):
                fresh.append(trouble)
        pages: list[OutboxPage] = []
        if not fresh:
            return pages
        now = self._clock.now()
        for chat in (yield from private_chats.of_admins(self._policy.roles)):
            say = say_in(chat.language)
            told = [filled(say, one.words.sentence, one.words.values) for one in fresh if not one.skips(chat.place)]
            if told:
                zone = moments.zone_of(chat.time_zone or self._policy.time_zone)
                silent = self._policy.quiet_hours.cover(moments.local(now, zone).time())
                page = notice(_together(say, list(dict.fromkeys(told))), silent=silent)
                pages.append((yield from outbox.add(Target(chat.row, chat.place), page, now)))
        return pages


def _together(say: Say, sentences: Sequence[str]) -> str:
    """One sentence as it is, several as a list that fits one page, with how many it leaves out."""
    if len(sentences) == 1:
        return sentences[0]
    listed, room = [], _ROOM
    for sentence in sentences:
        room -= len(sentence)
        if room < 0:
            break
        listed.append(f"- {sentence}")
    if left := len(sentences) - len(listed):
        listed.append("- " + say("And {count} more: run `parley doctor`.", count=left))
    return "\n".join(listed)
