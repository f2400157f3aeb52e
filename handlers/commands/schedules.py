"""Reminders and schedules: making, listing, changing, putting off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from bot.contracts.command import Field, Form, View, command
from bot.domain.blocks import Button
from bot.domain.errors import NoLonger, PersonError
from bot.domain.ids import MessageId, ScheduleId, UnixMs
from bot.domain.messages import text_of
from bot.domain.schedules import LONGEST, Once, Schedule, ScheduleState
from bot.incoming.call import Call
from bot.people.reaching import reachable_message
from bot.rendering.pages import escaped
from bot.schedules import plans
from bot.schedules.card import Card, described
from bot.schedules.plans import MINUTE_MS
from bot.schedules.runner import ScheduleRunner
from bot.texts import said_later
from handlers.commands.reach import excerpt, number_of, pointed_at, zone
from storage import messages, schedules
from storage.programs import Program

_PER_PAGE = 8
_LABEL = 30
_NOT_HERE = said_later("That reminder or schedule is no longer there. `/schedules` lists yours.")


# making


@command("remind", "Be reminded of something", on_message="Remind me of this")
async def remind(
    call: Call,
    when: Annotated[str, "When, such as tomorrow at 9:00"] = "",
    what: Annotated[str, "Of what"] = "",
    *,
    runner: ScheduleRunner,
) -> View:
    beside = await _pointed(call)
    words = f"{when} {what}".strip()
    if not words:
        return _asked(call, "remind", call.say("Be reminded of something"), with_text=not beside)
    return await _made(call, runner, words, beside, asks=False)


@command("schedule", "Have something asked again and again")
async def schedule_command(
    call: Call,
    when: Annotated[str, "When, such as every weekday at 8:00"] = "",
    what: Annotated[str, "What to ask then"] = "",
    *,
    runner: ScheduleRunner,
) -> View:
    words = f"{when} {what}".strip()
    if not words:
        return _asked(call, "schedule", call.say("Have something asked again and again"), with_text=True)
    return await _made(call, runner, words, await _pointed(call), asks=True)


@command("remind_of", "Remind me of this answer", listed=False)
async def remind_of(
    call: Call,
    message: Annotated[str, "Which answer"],
    when: Annotated[str, "When, such as tomorrow at 9:00"] = "",
    *,
    runner: ScheduleRunner,
) -> View:
    found = await call.database.read(reachable_message(call.caller, MessageId(number_of(message))))
    if found is None:
        raise PersonError("That message is no longer here.")
    if not when.strip():
        asked = Field("when", call.say("When, such as tomorrow at 9:00"))
        form = Form(call.say("Remind me of this answer"), "remind_of", (asked,), (message,))
        return View(f"> {excerpt(found[1].text)}", form=form, replace=False)
    view = await _made(call, runner, when, found[1].text[:LONGEST], asks=False)
    return replace(view, replace=False)


def _asked(call: Call, name: str, title: str, *, with_text: bool) -> View:
    """The questions for what is missing."""
    fields = [Field("when", call.say("When, such as tomorrow at 9:00"))]
    if with_text:
        fields.append(Field("what", call.say("What is it about?"), long=True))
    return View("", form=Form(title, name, tuple(fields)), replace=False)


async def _pointed(call: Call) -> str:
    """The words of the message that the command was given on; "" if it was given on none."""
    place, reply_to = call.invocation.place, call.invocation.reply_to
    if reply_to is None:
        return ""
    if call.invocation.pointed and not await call.database.read(messages.is_known(place, reply_to)):
        return text_of(call.invocation.pointed)[:LONGEST]
    found = await pointed_at(call)
    return found[1].text[:LONGEST] if found is not None else ""


async def _made(call: Call, runner: ScheduleRunner, words: str, beside: str, *, asks: bool) -> View:
    if not call.policy.most_schedules:
        raise PersonError("The operator has switched reminders off here.")
    plan = plans.planned(words, beside, call.now, call.caller.person)
    event = f"{call.invocation.event_key}/plan"
    keep = plans.keep_once(call.caller, plan, call.policy, event, call.now, asks=asks)
    kept, plan = await call.database.write(keep)
    runner.look_again()
    return View(*_card(call).made(plan, kept, asks=asks))


def _card(call: Call) -> Card:
    return Card(call.caller.person, call.now)


def _shown_card(call: Call, one: Schedule) -> View:
    card = _card(call)
    return View(card.text(one), card.buttons(one.id, one.state, asks=one.asks))


@command("keep_schedule", "Keep this schedule", listed=False, decides=True)
async def keep_schedule(call: Call, number: Annotated[str, "Which"], *, runner: ScheduleRunner) -> View:
    found = await _find(call, number)
    program = plans.switch_on(found, call.policy, zone(call), call.now)
    await call.database.write(program)
    runner.look_again()
    return _shown_card(call, replace(found, state=ScheduleState.ON))


async def _find(call: Call, number: str) -> Schedule:
    """One that can be seen here. Raises PersonError if it is gone, or somebody else's."""
    caller = call.caller
    found = await call.database.read(schedules.find(ScheduleId(number_of(number))))
    is_here = found is not None and found.place == caller.place_row
    if found is None or not (is_here or (caller.place.kind.private and found.person == caller.person.id)):
        raise NoLonger(_NOT_HERE)
    if found.person != caller.person.id:
        raise PersonError("Only the person who made it can do that. `/remind` makes one of your own.")
    return found


# the list


@command("schedules", "Your reminders and schedules")
async def schedules_command(call: Call, page: Annotated[int, "Page"] = 1) -> View:
    here = None if call.caller.place.kind.private else call.caller.place_row
    found = await call.database.read(schedules.of_person(call.caller.person.id, here))
    if not found:
        return View(
            call.say(
                "You have no reminders and no schedules. `/remind tomorrow at 9:00 call the dentist` makes a reminder, "
                "`/schedule every weekday at 8:00` and a question makes a schedule."
            )
        )
    at = min(max(1, page), (len(found) - 1) // _PER_PAGE + 1)
    shown = found[(at - 1) * _PER_PAGE : at * _PER_PAGE]
    first = (at - 1) * _PER_PAGE + 1
    lines = [f"{count}. {_line(call, one)}" for count, one in enumerate(shown, first)]
    rows = [
        (Button(f"{count}. {_short(one.text)}", "show_schedule", (str(one.id),)),)
        for count, one in enumerate(shown, first)
    ]
    turning = tuple(
        Button(sign, "schedules", (str(other),))
        for sign, other in (("‹", at - 1), ("›", at + 1))
        if 1 <= other <= (len(found) - 1) // _PER_PAGE + 1
    )
    head = call.say("Your reminders and schedules ({zone}):", zone=_card(call).zone_name)
    return View("\n\n".join((head, "\n".join(lines))), tuple(row for row in (*rows, turning) if row))


def _line(call: Call, one: Schedule) -> str:
    sign = "⏸" if one.state is ScheduleState.PAUSED else ("💬" if one.asks else "⏰")
    moment = _card(call).moment(one.next_at) if one.next_at is not None else ""
    silent = call.say("nothing to report: {count}×", count=one.silences) if one.silences else ""
    return " · ".join(filter(None, (f"{sign} {moment}", escaped(_short(one.text)), silent)))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LABEL else f"{flat[:_LABEL].rstrip()}…"


@command("show_schedule", "One of your reminders and schedules", listed=False)
async def show_schedule(call: Call, number: Annotated[str, "Which"]) -> View:
    return _shown_card(call, await _find(call, number))


# one of them


@command("pause_schedule", "Pause a schedule", listed=False)
async def pause_schedule(call: Call, number: Annotated[str, "Which"]) -> View:
    found = await _find(call, number)
    await call.database.write(schedules.put(found.id, ScheduleState.PAUSED, None))
    return _shown_card(call, replace(found, state=ScheduleState.PAUSED))


@command("run_schedule", "Do what a schedule is for, now", listed=False)
async def run_schedule(call: Call, number: Annotated[str, "Which"], *, runner: ScheduleRunner) -> View:
    found = await _find(call, number)
    # Its time has come; the next one follows from the rule, as ever.
    await call.database.write(schedules.bring_forward(found.id, call.now))
    runner.look_again()
    return View(call.say("Here it comes."), replace=False)


@command("change_schedule", "Another time or other words", listed=False)
async def change_schedule(
    call: Call,
    number: Annotated[str, "Which"],
    words: Annotated[str, "When and what"] = "",
    *,
    runner: ScheduleRunner,
) -> View:
    found = await _find(call, number)
    if not words.strip():
        label = call.say("A new time, and new words if you like")
        form = Form(call.say("Another time or other words"), "change_schedule", (Field("words", label),), (number,))
        return View(described(found), form=form, replace=False)
    plan = plans.planned(words, found.text, call.now, call.caller.person)

    def program() -> Program[None]:
        yield from schedules.change(found.id, plan.text, plan.rule, plan.first)
        yield from plans.switch_on(replace(found, rule=plan.rule), call.policy, zone(call), call.now)

    await call.database.write(program())
    runner.look_again()
    return _shown_card(call, replace(found, rule=plan.rule, text=plan.text, state=ScheduleState.ON))


@command("drop_schedule", "Delete a reminder or schedule", listed=False, decides=True)
async def drop_schedule(call: Call, number: Annotated[str, "Which"]) -> View:
    found = await _find(call, number)
    await call.database.write(schedules.remove(call.caller.person.id, found.id))
    return View("\n\n".join((described(found), call.say("Deleted. It will not run again."))))


# what was said


@command("schedule_done", "What I was reminded of is done", listed=False)
async def schedule_done(call: Call, number: Annotated[str, "Which"]) -> View:
    found = await _find(call, number)
    if isinstance(found.rule, Once) and found.state is ScheduleState.DONE:
        await call.database.write(schedules.remove(call.caller.person.id, found.id))
    return View(f"✓ {escaped(found.text)}")


@command("snooze", "Remind me of it again later", listed=False)
async def snooze(
    call: Call, number: Annotated[str, "Which"], span: Annotated[str, "By how much"], *, runner: ScheduleRunner
) -> View:
    found = await _find(call, number)
    until = _until(call, span)
    await call.database.write(plans.put_off(found, call.caller, until, call.now))
    runner.look_again()
    again = call.say(
        "I will remind you again on {moment} ({zone}).", moment=_card(call).moment(until), zone=_card(call).zone_name
    )
    return View(f"⏰ {escaped(found.text)}\n\n*{again}*")


def _until(call: Call, span: str) -> UnixMs:
    """The moment to which somebody puts something off: by minutes, or to the same time of the next day."""
    if span != "day":
        # A whole minute, so that two presses mean the same moment.
        return UnixMs((call.now // MINUTE_MS + (60 if span == "60" else 10)) * MINUTE_MS)
    here = datetime.fromtimestamp(call.now / 1000, UTC).astimezone(zone(call))
    then = (here.replace(tzinfo=None, second=0, microsecond=0) + timedelta(days=1)).replace(tzinfo=zone(call))
    return UnixMs(round(then.timestamp() * 1000))


COMMANDS = (
    remind, remind_of, schedule_command, schedules_command, keep_schedule, show_schedule, pause_schedule, run_schedule,
    change_schedule, drop_schedule, schedule_done, snooze,
)  # fmt: skip
