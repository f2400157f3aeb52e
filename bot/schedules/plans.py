"""Making, changing and moving schedules, as programs that take a caller and ids."""

from dataclasses import dataclass, replace
from datetime import tzinfo

from bot.domain.errors import PersonError
from bot.domain.ids import PersonId, ScheduleId, UnixMs
from bot.domain.people import Person
from bot.domain.policy import Policy
from bot.domain.schedules import LONGEST, SHORTEST_EVERY, Every, Once, Rule, Schedule, ScheduleState
from bot.people.callers import Caller
from bot.schedules.meaning import Passed
from bot.schedules.phrases import understand
from bot.schedules.times import next_moment, too_often
from bot.texts import moments
from storage import inbox, schedules
from storage.programs import Program
from storage.schedules import NewSchedule

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody wants when, with its first time."""

    rule: Rule
    text: str
    first: UnixMs


def planned(words: str, beside: str, now: UnixMs, person: Person) -> Plan:
    """What is meant by words that begin or end with a time; `beside`: what it is about if the words do not say.

    Raises:
        PersonError: they name no time, one that is over, or one that comes too often; or nothing to do then.
    """
    zone = moments.zone_of(person.time_zone)
    try:
        found = understand(words, now, zone, person.language)
    except Passed as error:
        raise PersonError("That moment is over. Name one that is still to come.") from error
    if found is None:
        raise PersonError(
            "I do not know when “{words}” is. Write it like one of these: `in 20 minutes`, `tomorrow at 9:00`, "
            "`24 December at 18:00`, `every weekday at 8:00`, `every month on the 1st`. Five fields of cron work too.",
            words=_beginning(words),
        )
    text = found.rest or beside
    if not text.strip():
        raise PersonError("What is it about? Write it after the time: `/remind tomorrow at 9:00 call the dentist`.")
    if len(text) > LONGEST:
        raise PersonError(
            "That is {length} characters long; at most {limit} can be kept. Send a shorter version.",
            length=len(text),
            limit=LONGEST,
        )
    first = next_moment(found.rule, now, zone)
    if first is None:
        raise PersonError("That moment is over. Name one that is still to come.")
    if too_often(found.rule, now, zone):
        raise PersonError(
            "That would be more often than every {minutes} minutes. Choose times that are further apart.",
            minutes=SHORTEST_EVERY,
        )
    return Plan(found.rule, text, first)


def _beginning(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= 60 else f"{flat[:60]}…"


def keep_once(
    caller: Caller, plan: Plan, policy: Policy, event: str, now: UnixMs, *, asks: bool
) -> Program[tuple[ScheduleId, Plan]]:
    """As `keep`, once for an event, however often that comes: later it gives what was kept, and as it was planned.

    Raises:
        PersonError: they have as many as one may have.
    """
    place = caller.place
    if not (yield from inbox.note(place.platform, place.bot, event, now)):
        number = yield from schedules.newest(caller.person.id, caller.place_row, plan.text)
        kept = (yield from schedules.find(number)) if number is not None else None
        if kept is not None:
            first = kept.next_at if kept.next_at is not None else plan.first
            return kept.id, replace(plan, rule=kept.rule, first=first)
    return (yield from keep(caller, plan, policy, now, asks=asks)), plan


def keep(caller: Caller, plan: Plan, policy: Policy, now: UnixMs, *, asks: bool) -> Program[ScheduleId]:
    """Keep what is planned, where the caller is speaking; what recurs is only offered until they confirm it.

    Raises:
        PersonError: they have as many as one may have.
    """
    if (yield from schedules.count(caller.person.id)) >= policy.most_schedules:
        raise PersonError(
            "You have {count} reminders and schedules, the maximum. Delete one first: `/schedules` lists them.",
            count=policy.most_schedules,
        )
    new = NewSchedule(caller.place_row, caller.session, caller.identity, asks, plan.text, plan.rule, plan.first)
    state = ScheduleState.ON if isinstance(plan.rule, Once) else ScheduleState.OFFERED
    return (yield from schedules.add(caller.person.id, new, state, now))


def switch_on(schedule: Schedule, policy: Policy, zone: tzinfo, now: UnixMs) -> Program[UnixMs]:
    """Have a schedule go on from now; returns its next time. Raises PersonError."""
    following = next_moment(schedule.rule, now, zone)
    if following is None:
        raise PersonError("That moment is over. Name one that is still to come.")
    going = schedule.state in (ScheduleState.ON, ScheduleState.PAUSED)
    if not going and (yield from schedules.count(schedule.person)) >= policy.most_schedules:
        raise PersonError(
            "You have {count} reminders and schedules, the maximum. Delete one first: `/schedules` lists them.",
            count=policy.most_schedules,
        )
    yield from schedules.put(schedule.id, ScheduleState.ON, following)
    return following


def put_off(schedule: Schedule, caller: Caller, until: UnixMs, now: UnixMs) -> Program[None]:
    """Say once more at that moment what was said; twice asked is once."""
    if isinstance(schedule.rule, Once):
        yield from schedules.change(schedule.id, schedule.text, Once(until), until)
        yield from schedules.put(schedule.id, ScheduleState.ON, until)
        return
    if (yield from schedules.has(schedule.person, schedule.text, Once(until))):
        return
    new = NewSchedule(
        schedule.place, schedule.session, caller.identity, asks=False, text=schedule.text, rule=Once(until),
        next_at=until,
    )  # fmt: skip
    yield from schedules.add(schedule.person, new, ScheduleState.ON, now)


def move_to_zone(person: PersonId, zone: tzinfo, now: UnixMs) -> Program[None]:
    """What somebody has going by the clock goes by the clock of their new zone; single moments stay what they are."""
    for schedule in (yield from schedules.of_person(person)):
        if not isinstance(schedule.rule, Once | Every):
            yield from schedules.put(schedule.id, schedule.state, next_moment(schedule.rule, now, zone))
