"""What somebody plans is kept once for what they said, on both databases, however often it is handed in."""

from bot.domain.ids import ScheduleId, UnixMs
from bot.domain.people import Role
from bot.domain.places import NO_CUSTOMS
from bot.domain.schedules import Once
from bot.people.callers import not_speaking
from bot.schedules.plans import Plan, keep_once
from storage import people, places, schedules
from storage.database import Database
from storage.programs import Program
from tests.schedules.test_runner import MAKER, PLACE, POLICY
from tests.storage.conftest import NOW


async def test_what_comes_again_after_a_crash_is_as_it_was_kept(database: Database) -> None:
    def said(event: str, now: UnixMs) -> Program[tuple[ScheduleId, UnixMs, int]]:
        person = (yield from people.find(MAKER)) or (yield from people.add(MAKER, Role.MEMBER, now))
        row, _ = yield from places.open_place(PLACE, "")
        caller = not_speaking(person, MAKER, PLACE, row, None, NO_CUSTOMS)
        soon = UnixMs(now + 60_000)
        kept, plan = yield from keep_once(caller, Plan(Once(soon), "tea", soon), POLICY, event, now, asks=False)
        return kept, plan.first, (yield from schedules.count(person.id))

    first = await database.write(said("7/plan", NOW))
    assert first == (first[0], NOW + 60_000, 1)
    assert await database.write(said("7/plan", UnixMs(NOW + 5_000))) == first
    assert (await database.write(said("8/plan", UnixMs(NOW + 5_000))))[2] == 2
