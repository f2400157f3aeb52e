"""Whose schedules are which, and what is due: each condition of each statement with a row on either side of it."""

import pytest

from bot.domain.ids import PersonId, ScheduleId, UnixMs
from bot.domain.people import Identity, Role
from bot.domain.places import Place
from bot.domain.schedules import Once, ScheduleState
from storage import people, places, schedules
from storage.database import Database
from storage.programs import Program
from storage.schedules import NewSchedule

NOW = UnixMs(1_000)
ALICE, BOB = Identity("p", "1", "Alice", groups=("staff", "friends")), Identity("p", "2", "Bob")
ON, PAUSED, OFFERED, DONE = ScheduleState.ON, ScheduleState.PAUSED, ScheduleState.OFFERED, ScheduleState.DONE


class Plans:
    """Two people at two places, and what they have planned."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.alice = PersonId(0)
        self.bob = PersonId(0)
        self.here = self.there = 0

    def settle(self) -> Program[None]:
        self.alice = (yield from people.add(ALICE, Role.MEMBER, NOW)).id
        self.bob = (yield from people.add(BOB, Role.MEMBER, NOW)).id
        self.here, _ = yield from places.open_place(Place("p", "b", "1"), "")
        self.there, _ = yield from places.open_place(Place("p", "b", "2"), "")

    async def add(
        self, text: str, at: int, *, by: Identity = ALICE, state: ScheduleState = ON, there: bool = False, made: int = 0
    ) -> ScheduleId:
        moment, place = UnixMs(at), self.there if there else self.here
        new = NewSchedule(place, None, by, asks=False, text=text, rule=Once(moment), next_at=moment)
        person = self.alice if by is ALICE else self.bob
        return await self.database.write(schedules.add(person, new, state, UnixMs(made)))

    async def texts(self) -> list[str]:
        def every() -> Program[list[str]]:
            rows = yield ("SELECT text FROM schedule ORDER BY id", ())
            return [text for (text,) in rows]

        return await self.database.read(every())

    async def due(self, now: int, limit: int = 9) -> list[str]:
        return [one.schedule.text for one in await self.database.read(schedules.due(UnixMs(now), limit))]


@pytest.fixture
async def plans(database: Database) -> Plans:
    plans = Plans(database)
    await database.write(plans.settle())
    return plans


async def test_what_somebody_has_going_is_theirs_and_soonest_first(plans: Plans) -> None:
    for text, at, state in (("late", 90, ON), ("soon", 10, ON), ("rests", 5, PAUSED), ("meant", 1, OFFERED),
                            ("was", 2, DONE)):  # fmt: skip
        await plans.add(text, at, state=state)
    await plans.add("elsewhere", 50, there=True)
    await plans.add("his", 20, by=BOB)

    async def listed(place: int | None) -> list[str]:
        return [one.text for one in await plans.database.read(schedules.of_person(plans.alice, place))]

    assert await listed(None) == ["soon", "elsewhere", "late", "rests"]
    assert await listed(plans.here) == ["soon", "late", "rests"]
    assert await listed(plans.there) == ["elsewhere"]
    counts = [await plans.database.read(schedules.count(person)) for person in (plans.alice, plans.bob)]
    assert counts == [4, 1]


async def test_the_same_thing_at_the_same_moment_is_known(plans: Plans) -> None:
    await plans.add("tea", 10)
    await plans.add("pudding", 10, state=OFFERED)
    for text, state in (("cake", PAUSED), ("pie", DONE)):
        await plans.add(text, 10, state=state)

    async def has(person: PersonId, text: str, at: int) -> bool:
        return await plans.database.read(schedules.has(person, text, Once(UnixMs(at))))

    assert [await has(plans.alice, text, 10) for text in ("tea", "pudding")] == [True, True]
    assert [await has(plans.alice, text, 10) for text in ("coffee", "cake", "pie")] == [False] * 3
    assert [await has(plans.bob, "tea", 10), await has(plans.alice, "tea", 11)] == [False, False]


async def test_what_is_changed_or_removed_is_that_one_and_ones_own(plans: Plans) -> None:
    database = plans.database
    first, second = await plans.add("one", 10), await plans.add("two", 10)
    his = await plans.add("his", 10, by=BOB)
    await database.write(schedules.change(second, "changed", Once(UnixMs(30)), UnixMs(30)))
    await database.write(schedules.put(second, PAUSED, None))
    found = [await database.read(schedules.find(number)) for number in (first, second, ScheduleId(99))]
    assert [one and (one.text, one.rule, one.state, one.next_at) for one in found] == [
        ("one", Once(UnixMs(10)), ON, 10), ("changed", Once(UnixMs(30)), PAUSED, 30), None,
    ]  # fmt: skip
    assert not await database.write(schedules.remove(plans.alice, his))
    assert await database.write(schedules.remove(plans.alice, first))
    assert not await database.write(schedules.remove(plans.alice, first))
    assert await plans.texts() == ["changed", "his"]


async def test_what_is_due_is_on_and_its_time_has_come(plans: Plans) -> None:
    for text, at, state in (("now", 10, ON), ("before", 5, ON), ("later", 11, ON), ("rests", 1, PAUSED),
                            ("was", 2, DONE), ("meant", 3, OFFERED)):  # fmt: skip
        await plans.add(text, at, state=state)
    await plans.add("his", 7, by=BOB, there=True)
    assert await plans.due(10) == ["before", "his", "now"]
    assert await plans.due(10, limit=1) == ["before"]
    assert await plans.database.read(schedules.next_due()) == 5
    hers, his, _ = await plans.database.read(schedules.due(UnixMs(10), 9))
    assert [(one.maker.groups, one.place.chat, one.place_row) for one in (hers, his)] == [
        (("staff", "friends"), "1", plans.here), ((), "2", plans.there),
    ]  # fmt: skip


async def test_only_what_is_over_for_good_and_long_ago_is_forgotten(plans: Plans) -> None:
    for text, at, made, state in (
        ("done", 9, 9, DONE), ("never confirmed", 9, 9, OFFERED), ("on", 9, 9, ON), ("paused", 9, 9, PAUSED),
        ("done just now", 10, 9, DONE), ("made just now", 9, 10, OFFERED),
    ):  # fmt: skip
        await plans.add(text, at, made=made, state=state)
    await plans.database.write(schedules.clean(UnixMs(10)))
    assert await plans.texts() == ["on", "paused", "done just now", "made just now"]
