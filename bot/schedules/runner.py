"""Doing what is due: in one transaction with its next time, so that it is done once, whatever is killed or set back.

What was due while nothing ran is done once, and says so; what was due several times meanwhile, also once. A clock that
is set back does nothing again, since the next time is kept; one that is set forward makes everything due at once.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

import structlog

from bot.contracts.abilities import Peopled
from bot.contracts.bots import Bots
from bot.contracts.leases import FOREVER, Hold
from bot.domain.blocks import Button, ButtonRows, Page
from bot.domain.clock import Clock, sleep_until
from bot.domain.errors import PlatformError, StorageError
from bot.domain.ids import ScheduleId, SessionId, UnixMs
from bot.domain.messages import TextPart
from bot.domain.needs import Need
from bot.domain.people import Person
from bot.domain.policy import Policy
from bot.domain.schedules import Once, ScheduleState
from bot.people import admission, membership, roles
from bot.people.callers import Caller, at_home, not_speaking, spoken_to
from bot.people.reaching import reachable
from bot.people.sessions import open_session
from bot.rendering.pages import escaped, filled, notice
from bot.rendering.titles import shorten_title
from bot.schedules.times import next_moment
from bot.texts import Say, moments, said_later, say_in
from bot.turns.scheduled import late_note, reminding, shortened, stop_button
from bot.turns.turn_queue import Origin, Question, Queued, Refusal, Request, TurnQueue
from storage import customs, outbox, people, places, private_chats, schedules
from storage import scheduled as asked
from storage.database import Database
from storage.outbox import OutboxPage, Target
from storage.programs import Program
from storage.schedules import Due

log = structlog.get_logger(__name__)

LATE_MS = 5 * 60_000
"""What is done later than this says so."""

_AT_ONCE = 8
"""How many are done in one transaction: others write between two, and must not notice."""

_LONGEST_WAIT_S = 60.0
"""The clock on the wall may be set, and then what was far away is due."""

_AMONG_SEVERAL_S = 2.0
"""Where there are other processes, what they have kept is found by looking."""

_AFTER_FAILURE_S = 5.0
_ASKS_FOR_S = 5.0
"""How long a platform may take to say whether somebody is still in a chat; then they are taken to be."""

_LEFT = said_later("You left the chat this was meant for, so it has ended: “{text}”")
_NOT_ASKED = said_later("I could not ask “{text}” just now.")


@dataclass(slots=True)
class _Fired:
    """What to do once the transaction is kept."""

    pages: list[OutboxPage] = field(default_factory=list)
    sessions: list[SessionId] = field(default_factory=list)


class ScheduleRunner:
    """Waits for what is due, and does it."""

    def __init__(
        self,
        database: Database,
        bots: Bots,
        turn_queue: TurnQueue,
        policy: Policy,
        clock: Clock,
        deliver: Callable[[Iterable[OutboxPage]], None],
        kick: Callable[[SessionId], None],
    ) -> None:
        self._database = database
        self._bots = bots
        self._turn_queue = turn_queue
        self._policy = policy
        self._clock = clock
        self._deliver = deliver
        self._kick = kick
        self._changed = asyncio.Event()

    def look_again(self) -> None:
        """Something may be due sooner than what is waited for."""
        self._changed.set()

    async def run(self, hold: Hold = FOREVER) -> None:
        """Do what is due, until cancelled: in one process, the one that has this hold."""
        longest_s = _LONGEST_WAIT_S if hold is FOREVER else _AMONG_SEVERAL_S
        while True:
            self._changed.clear()
            try:
                wait_s = min(longest_s, await self.do_due())
            except StorageError as error:
                log.error("schedules_wait", error=error)
                wait_s = _AFTER_FAILURE_S
            await sleep_until(self._changed, wait_s, self._clock)

    async def do_due(self) -> float:
        """Do everything that is due; returns for how many seconds nothing will be. Raises StorageError."""
        while (at := await self._database.read(schedules.next_due())) is not None and at <= self._clock.now():
            now = self._clock.now()
            fired = await self._database.write(self._fire(now, await self._left_behind(now)))
            self._deliver(fired.pages)
            for session in fired.sessions:
                self._kick(session)
            log.info("schedules_done", count=len(fired.pages), asked=len(fired.sessions))
        return (at - self._clock.now()) / 1000 if at is not None else _LONGEST_WAIT_S

    async def _left_behind(self, now: UnixMs) -> set[ScheduleId]:
        """Those of what is due next whose maker has left the chat since."""
        among = [due for due in await self._database.read(schedules.due(now, _AT_ONCE)) if not due.place.kind.private]
        left = await asyncio.gather(*map(self._has_left, among))
        return {due.schedule.id for due, has_left in zip(among, left, strict=True) if has_left}

    async def _has_left(self, due: Due) -> bool:
        platform: object = self._bots.find(due.place)
        if not isinstance(platform, Peopled):
            return False
        try:
            async with asyncio.timeout(_ASKS_FOR_S):
                return await platform.has_left(due.place, due.maker.user_id)
        except (PlatformError, TimeoutError) as error:
            log.info("schedule_membership_unknown", schedule=due.schedule.id, error=type(error).__name__)
            return False

    def _fire(self, now: UnixMs, left_behind: Collection[ScheduleId]) -> Program[_Fired]:
        fired = _Fired()
        for due in (yield from schedules.due(now, _AT_ONCE)):
            if due.schedule.id in left_behind:
                yield from self._end(due, fired, now)
            else:
                yield from self._one(due, fired, now)
        return fired

    def _end(self, due: Due, fired: _Fired, now: UnixMs) -> Program[None]:
        """What somebody had going in a chat ends when they have left it; they are told so where that can be done."""
        schedule = due.schedule
        yield from schedules.remove(schedule.person, schedule.id)
        person = yield from people.get(schedule.person)
        text = say_in(person.language)(_LEFT, text=escaped(shortened(schedule.text)))
        for row in (yield from private_chats.of(person.id))[:1]:
            place = yield from places.get(row)
            fired.pages.append((yield from outbox.add(Target(row, place), notice(text), now, person=person.id)))

    def _one(self, due: Due, fired: _Fired, now: UnixMs) -> Program[None]:
        schedule = due.schedule
        person = yield from self._person(due)
        zone = moments.zone_of(person.time_zone)
        next_at = next_moment(schedule.rule, now, zone)
        chosen = yield from customs.at(due.place)
        caller = not_speaking(person, due.maker, due.place, due.place_row, due.open_session, chosen)
        if not admission.may(caller, Need()):
            yield from schedules.put(schedule.id, ScheduleState.PAUSED, next_at)
            return
        yield from schedules.put(schedule.id, ScheduleState.ON if next_at else ScheduleState.DONE, next_at)
        late = schedule.next_at if schedule.next_at is not None and now - schedule.next_at > LATE_MS else None
        say = say_in(caller.person.language)
        if schedule.asks:
            yield from self._ask(due, caller, late, fired, now)
        else:
            words = reminding(schedule.text, late_note(late, person.time_zone, say))
            yield from self._show(due, notice(words, buttons(due, say)), fired, now)

    def _person(self, due: Due) -> Program[Person]:
        person = at_home(self._policy, (yield from people.get(due.schedule.person)))
        person = spoken_to(self._policy, person, due.place)
        return replace(person, role=(yield from roles.role_at(person, due.maker, due.place, self._policy)))

    def _ask(self, due: Due, caller: Caller, late_at: UnixMs | None, fired: _Fired, now: UnixMs) -> Program[None]:
        """Queue the question; or say why it is not asked, once a day."""
        text = due.schedule.text
        yield from membership.refill(caller.person, self._policy, now)
        wanted = due.schedule.session
        session = (yield from reachable(caller, wanted)) if wanted is not None else None
        if session is None:
            session = yield from open_session(caller, self._policy.at(due.place), lambda: shorten_title(text), now)
        request = Request(session, Question((TextPart(text),)), Origin(), scheduled=True)
        outcome = yield from self._turn_queue.ask(caller, request, now)
        match outcome:
            case Queued(turn=turn, question=question) if turn is not None and question is not None:
                yield from asked.note(turn, due.schedule, question, late_at)
                fired.sessions.append(session.id)
            case Refusal():
                yield from self._tell_refusal(due, caller.person, outcome, late_at, fired, now)

    def _tell_refusal(
        self, due: Due, person: Person, refusal: Refusal, late_at: UnixMs | None, fired: _Fired, now: UnixMs
    ) -> Program[None]:
        schedule, say = due.schedule, say_in(person.language)
        told_at = schedule.refusal_told_at
        if told_at is not None and now - told_at < moments.DAY_MS and not schedule.awaited:
            return
        yield from schedules.note_refusal_told(schedule.id, now)
        text = shortened(schedule.text)
        words = (
            reminding(text, late_note(late_at, person.time_zone, say)),
            say(_NOT_ASKED, text=escaped(text)),
            filled(say, refusal.text, refusal.values),
        )
        yield from self._show(due, notice("\n\n".join(words), buttons(due, say)), fired, now)

    def _show(self, due: Due, page: Page, fired: _Fired, now: UnixMs) -> Program[None]:
        target = Target(due.place_row, due.place)
        fired.pages.append((yield from outbox.add(target, page, now, person=due.schedule.person)))


def buttons(due: Due, say: Say) -> ButtonRows:
    """What can be done about something that has just been said or asked."""
    number = (str(due.schedule.id),)
    stop = stop_button(due.schedule.id, say)
    if due.schedule.asks:
        return () if isinstance(due.schedule.rule, Once) else ((stop,),)
    later = tuple(
        Button(say(label), "snooze", (*number, span))
        for label, span in ((said_later("10 minutes"), "10"), (said_later("1 hour"), "60"))
    )
    done = Button(say("Done"), "schedule_done", number, "success")
    tomorrow = Button(say("Tomorrow"), "snooze", (*number, "day"))
    last = () if isinstance(due.schedule.rule, Once) else ((stop,),)
    # Two a row: three are too narrow for their words on a phone.
    return ((done, tomorrow), tuple(later), *last)
