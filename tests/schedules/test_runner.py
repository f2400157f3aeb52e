"""What is due is done once, whoever does it, whatever the clock does."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.contracts.bots import Bots
from bot.contracts.leases import FOREVER, Hold
from bot.domain.errors import Unreachable
from bot.domain.ids import PersonId, ScheduleId, SessionId, UnixMs
from bot.domain.model_names import ModelName
from bot.domain.people import Identity, Role
from bot.domain.places import Place, PlaceKind
from bot.domain.policy import Policy
from bot.domain.schedules import Cron, Once, Rule, ScheduleState
from bot.domain.sessions import Mode, Modes, TitleBy
from bot.schedules.runner import LATE_MS, ScheduleRunner, buttons
from bot.texts import say_in
from bot.turns.turn_queue import TurnQueue
from storage import people, places, private_chats, schedules, sessions
from storage.database import Database
from storage.outbox import OutboxPage
from storage.programs import Program
from storage.schedules import NewSchedule
from tests.support.clock import FakeClock

MAKER = Identity("telegram", "1", "Alice")
PLACE = Place("telegram", "7", "1")
GROUP = Place("telegram", "7", "g", kind=PlaceKind.GROUP)
POLICY = Policy(modes=Modes({}, "regular"))
MODES = {"regular": Mode("regular", "", (ModelName("p/m"),), "")}
HOUR_MS = 3_600_000


class SetClock(FakeClock):
    """One whose time of day can be set, as people and machines do; what is slept goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.set_by_ms = 0

    def now(self) -> UnixMs:
        return UnixMs(super().now() + self.set_by_ms)


class Given:
    """What a `ScheduleRunner` gives out."""

    def __init__(self) -> None:
        self.pages: list[OutboxPage] = []

    def texts(self) -> list[str]:
        return [page.page.text.splitlines()[0] for page in self.pages]


def runner_of(
    database: Database, clock: FakeClock, given: Given, policy: Policy = POLICY, bots: Bots | None = None
) -> ScheduleRunner:
    bots = bots or Bots()
    return ScheduleRunner(database, bots, TurnQueue(policy), policy, clock, given.pages.extend, lambda _: None)


async def keep(
    database: Database,
    now: UnixMs,
    *rules: tuple[Rule, UnixMs],
    asks: bool = False,
    session: SessionId | None = None,
    place: Place = PLACE,
    text: str = "no. {}",
) -> None:
    def program() -> Program[None]:
        person = yield from people.find(MAKER)
        if person is None:
            person = yield from people.add(MAKER, Role.MEMBER, now)
        row, _ = yield from places.open_place(place, "")
        for number, (rule, at) in enumerate(rules):
            new = NewSchedule(row, session, MAKER, asks=asks, text=text.format(number), rule=rule, next_at=at)
            yield from schedules.add(person.id, new, ScheduleState.ON, now)

    await database.write(program())


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


async def test_of_two_that_look_at_once_one_does_each(database: Database, clock: SetClock) -> None:
    count, given, now = 120, Given(), clock.now()
    await keep(database, now, *((Once(now), now) for _ in range(count)))
    await asyncio.gather(*(runner_of(database, clock, given).do_due() for _ in range(2)))
    assert sorted(given.texts()) == sorted(f"⏰ no. {number}" for number in range(count))


async def test_a_clock_that_is_set_does_nothing_again_and_makes_up_for_little(
    database: Database, clock: SetClock
) -> None:
    given = Given()
    first = UnixMs(clock.now() // HOUR_MS * HOUR_MS + HOUR_MS)
    await keep(database, clock.now(), (Cron("0 * * * *"), first))
    house = runner_of(database, clock, given)

    async def at(hours: float) -> int:
        clock.set_by_ms = int(hours * HOUR_MS)
        left_s = await house.do_due()
        assert left_s > 0
        return len(given.pages)

    assert [await at(hours) for hours in (0.5, 1, 1.5)] == [0, 1, 1]
    assert [await at(hours) for hours in (-1, 0, 1)] == [1, 1, 1], "those hours have been before"
    assert await at(2) == 2
    assert await at(50) == 3, "what was left out is made up for once"
    assert [page.page.text.count("I was not running") for page in given.pages] == [0, 0, 1]


class Killed(Exception):
    """The process has died."""


def kill_at(number: int, moment: str, write: Callable[..., Any]) -> Callable[..., Any]:
    """Write as `write` does, but die before or after the `number`-th transaction from now on."""
    count = itertools.count(1)

    async def deadly(self: Database, program: Program[Any]) -> Any:
        chosen = next(count) == number
        if chosen and moment == "before":
            raise Killed
        result = await write(self, program)
        if chosen:
            raise Killed
        return result

    return deadly


@pytest.mark.parametrize("asks", [False, True])
async def test_killed_at_any_transaction_what_is_due_is_done_once(
    database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch, asks: bool
) -> None:
    policy, write, begun = replace(POLICY, modes=Modes(MODES, "regular"), tokens_per_request=0), Database.write, []
    for number, moment in itertools.product((1, 2), ("before", "after")):
        await keep(database, clock.now(), (Once(clock.now()), clock.now()), asks=asks)
        monkeypatch.setattr(Database, "write", kill_at(number, moment, write))
        with contextlib.suppress(Killed):
            await runner_of(database, clock, Given(), policy).do_due()
            begun.append((number, moment))
        monkeypatch.setattr(Database, "write", write)
        # Another process goes on.
        await runner_of(database, clock, Given(), policy).do_due()
    # There is one transaction: a second is never reached.
    assert begun == [(2, "before"), (2, "after")]
    # What stands above an answer comes with that.
    assert await database.read(kept()) == ((0, 4) if asks else (4, 0))


def kept() -> Program[tuple[int, int]]:
    """How many pages wait, and how many turns."""
    (counts,) = yield ("SELECT (SELECT COUNT(*) FROM outbox), (SELECT COUNT(*) FROM turn)", ())
    pages, turns = counts
    return pages, turns


async def test_who_is_no_member_any_more_is_told_nothing(database: Database, clock: SetClock) -> None:
    given, now = Given(), clock.now()
    await keep(database, now, (Cron("0 * * * *"), now))

    def block() -> Program[None]:
        person = yield from people.find(MAKER)
        assert person is not None
        yield from people.set_role(person.id, Role.BLOCKED)

    await database.write(block())
    await runner_of(database, clock, given).do_due()
    assert not given.pages
    assert await state_of_first(database) is ScheduleState.PAUSED


async def state_of_first(database: Database) -> ScheduleState | None:
    found = await database.read(schedules.find(ScheduleId(1)))
    return found.state if found is not None else None


async def test_what_was_done_long_ago_is_forgotten(database: Database, clock: SetClock) -> None:
    given, now = Given(), clock.now()
    await keep(database, now, (Once(now), now))
    await runner_of(database, clock, given).do_due()
    assert given.texts() == ["⏰ no. 0"]
    await database.write(schedules.clean(now))
    assert await state_of_first(database) is ScheduleState.DONE
    await database.write(schedules.clean(UnixMs(now + 1)))
    assert await state_of_first(database) is None


@pytest.mark.parametrize(("late_ms", "says_so"), [(LATE_MS, 0), (LATE_MS + 1, 1)])
async def test_what_comes_minutes_late_says_so(database: Database, clock: SetClock, late_ms: int, says_so: int) -> None:
    given = Given()
    await keep(database, clock.now(), (Once(clock.now()), clock.now()))
    clock.set_by_ms = late_ms
    await runner_of(database, clock, given).do_due()
    assert [page.page.text.count("I was not running") for page in given.pages] == [says_so]


async def labels(database: Database, rule: Rule, now: UnixMs, *, asks: bool) -> list[list[str]]:
    """The labels of what can be pressed below something that has just been said or asked."""
    await keep(database, now, (rule, now), asks=asks)
    (due,) = await database.read(schedules.due(now, 9))
    rows = [[button.label for button in row] for row in buttons(due, say_in(""))]
    await database.write(schedules.put(due.schedule.id, ScheduleState.DONE, None))
    return rows


async def test_what_recurs_can_be_stopped_and_what_reminds_can_be_put_off(database: Database, clock: SetClock) -> None:
    once, hourly, now = Once(clock.now()), Cron("0 * * * *"), clock.now()
    put_off = [["Done", "Tomorrow"], ["10 minutes", "1 hour"]]
    assert await labels(database, once, now, asks=False) == put_off
    assert await labels(database, hourly, now, asks=False) == [*put_off, ["Stop this schedule"]]
    assert await labels(database, once, now, asks=True) == []
    assert await labels(database, hourly, now, asks=True) == [["Stop this schedule"]]


async def test_a_question_is_asked_in_its_session_or_if_that_is_gone_in_the_open_one(
    database: Database, clock: SetClock
) -> None:
    policy, now = replace(POLICY, modes=Modes(MODES, "regular"), tokens_per_request=0), clock.now()
    await keep(database, now)

    def two_sessions() -> Program[list[SessionId]]:
        person = yield from people.find(MAKER)
        assert person is not None
        made = []
        for title in ("made here", "open now"):
            session = yield from sessions.add(person.id, 1, "regular", title, TitleBy.PERSON, person.id, now)
            made.append(session.id)
        yield ("UPDATE place SET session = ?", (made[1],))
        return made

    async def asked(session: SessionId) -> SessionId:
        await keep(database, clock.now(), (Once(clock.now()), clock.now()), asks=True, session=session)
        await runner_of(database, clock, Given(), policy).do_due()
        return await database.read(last_asked())

    here, opened = await database.write(two_sessions())
    assert await asked(here) == here
    await database.write(sessions.delete(here, PersonId(1), now))
    assert await asked(here) == opened


def last_asked() -> Program[SessionId]:
    ((session,),) = yield ("SELECT session FROM turn ORDER BY id DESC LIMIT 1", ())
    return SessionId(session)


async def test_until_the_next_is_due_it_says_how_long_that_is(database: Database, clock: SetClock) -> None:
    house, now = runner_of(database, clock, Given()), clock.now()
    assert await house.do_due() == 60, "nothing is kept, and the clock may be set"
    await keep(database, now, (Once(now), UnixMs(now + 2_500)))
    assert await house.do_due() == 2.5


class NotedClock(FakeClock):
    """One that tells for how long somebody sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeps: asyncio.Queue[float] = asyncio.Queue()

    async def sleep(self, seconds: float) -> None:
        self.sleeps.put_nowait(seconds)
        await super().sleep(seconds)


class OfTwo:
    """The hold of one process among two."""

    def left_s(self) -> float:
        return 60

    def processes(self) -> int:
        return 2

    def silent_s(self) -> dict[str, float]:
        return {}


@pytest.mark.parametrize(("hold", "within_s"), [(FOREVER, 60), (OfTwo(), 2)])
async def test_among_several_processes_what_others_have_kept_is_looked_for(
    database: Database, hold: Hold, within_s: float
) -> None:
    clock, given = NotedClock(), Given()
    running = asyncio.create_task(runner_of(database, clock, given).run(hold))
    assert await clock.sleeps.get() == within_s
    # Nobody tells this process of it.
    await keep(database, clock.now(), (Once(clock.now()), clock.now()))
    await clock.advance(within_s)
    await clock.sleeps.get()
    assert given.texts() == ["⏰ no. 0"]
    running.cancel()


class Asked:
    """The bot at a group, which answers in one way who has left it."""

    name, bot, shown_name = "telegram", "7", "the bot"

    def __init__(self, answer: bool | Exception) -> None:
        self._answer = answer

    async def has_left(self, _place: Place, _user: str) -> bool:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def bots_with(bot: object) -> Bots:
    platform: Any = bot
    bots = Bots([platform])
    bots.note_open(platform)
    return bots


@pytest.mark.parametrize(
    ("bots", "is_said"),
    [
        (Bots(), True),
        (bots_with(Asked(False)), True),
        (bots_with(Asked(Unreachable("It does not answer."))), True),
        (bots_with(Asked(TimeoutError())), True),
        (bots_with(Asked(True)), False),
    ],
    ids=["nobody to ask", "still there", "unreachable", "silent", "left"],
)
async def test_only_who_is_known_to_have_left_a_chat_is_not_reminded_there(
    database: Database, clock: SetClock, bots: Bots, is_said: bool
) -> None:
    given, now = Given(), clock.now()
    await keep(database, now, (Once(now), now), place=GROUP)
    await runner_of(database, clock, given, bots=bots).do_due()
    assert (given.texts() == ["⏰ no. 0"]) is is_said
    assert (await state_of_first(database) is None) is not is_said


async def test_who_has_left_is_told_so_once_however_many_chats_with_them_there_are(
    database: Database, clock: SetClock
) -> None:
    given, now = Given(), clock.now()
    await keep(database, now, (Once(now), now), place=GROUP)

    def two_chats() -> Program[None]:
        person = yield from people.find(MAKER)
        assert person is not None
        yield ("INSERT INTO identity (platform, user_id, person) VALUES ('discord', '2', ?)", (person.id,))
        for identity in (MAKER, Identity("discord", "2", "Alice")):
            row, _ = yield from places.open_place(Place(identity.platform, "7", "alone"), "")
            yield from private_chats.note(identity, row)

    await database.write(two_chats())
    await runner_of(database, clock, given, bots=bots_with(Asked(True))).do_due()
    assert [text[:13] for text in given.texts()] == ["You left the "]


async def test_a_schedule_is_not_held_to_how_fast_somebody_may_write(database: Database, clock: SetClock) -> None:
    policy = replace(POLICY, modes=Modes(MODES, "regular"), tokens_per_request=0, rate_limit_per_minute=1)
    given, now = Given(), clock.now()
    await keep(database, now, *((Once(now), now) for _ in range(3)), asks=True)
    await runner_of(database, clock, given, policy).do_due()
    assert not given.texts(), "nothing is said of a refusal"
    assert await database.read(kept()) == (0, 3)
