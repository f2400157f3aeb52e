"""A reminder or schedule as it is shown to the person who made it."""

from datetime import tzinfo

from bot.domain.blocks import Button, ButtonRows
from bot.domain.ids import ScheduleId, UnixMs
from bot.domain.people import Person
from bot.domain.schedules import Once, Schedule, ScheduleState
from bot.rendering.pages import escaped
from bot.schedules.plans import Plan
from bot.schedules.times import next_moments
from bot.texts import Say, moments, say_in

_SHOWN_TIMES = 3


class Card:
    """Shows schedules to one person, in their language and time zone. Texts are Markdown."""

    def __init__(self, person: Person, now: UnixMs) -> None:
        self._say: Say = say_in(person.language)
        self._zone: tzinfo = moments.zone_of(person.time_zone)
        self._now = now
        self.zone_name = person.time_zone or "UTC"

    def moment(self, at: UnixMs) -> str:
        """A moment as the person reads it."""
        return moments.shown(at, self._zone)

    def times(self, one: Plan | Schedule) -> str:
        """When it comes next."""
        say = self._say
        found = next_moments(one.rule, self._now, self._zone, _SHOWN_TIMES)
        lines = "\n".join(f"- {self.moment(at)}" for at in found)
        return f"{say('The next times ({zone}):', zone=self.zone_name)}\n\n{lines}"

    def made(self, plan: Plan, number: ScheduleId, *, asks: bool) -> tuple[str, ButtonRows]:
        """What is said once a plan is kept: what comes once is on; what recurs is still to be confirmed."""
        if isinstance(plan.rule, Once):
            return self._kept(plan, asks=asks), self.buttons(number, ScheduleState.ON, asks=asks)
        say = self._say
        lead = say("Should I ask this at these times?") if asks else say("Should I remind you at these times?")
        yes = Button(say("Yes, keep it"), "keep_schedule", (str(number),), "success")
        change = Button(say("Change"), "change_schedule", (str(number),))
        drop = Button(say("Cancel"), "drop_schedule", (str(number),))
        return "\n\n".join((lead, described(plan), self.times(plan))), ((yes,), (change, drop))

    def _kept(self, plan: Plan, *, asks: bool) -> str:
        moment, say = self.moment(plan.first), self._say
        if asks:
            lead = say("I will ask this on {moment} ({zone}):", moment=moment, zone=self.zone_name)
        else:
            lead = say("I will remind you on {moment} ({zone}):", moment=moment, zone=self.zone_name)
        return f"{lead}\n\n{described(plan)}"

    def text(self, one: Schedule) -> str:
        """What it says, and how far it is."""
        say = self._say
        match one.state:
            case ScheduleState.PAUSED:
                state = say("It is paused.")
            case ScheduleState.DONE:
                state = say("It is done.")
            case _:
                state = f"{say('It is on.')} {self.times(one)}"
        return "\n\n".join(filter(None, (described(one), state, self._silent(one))))

    def _silent(self, one: Schedule) -> str:
        if one.silent_at is None:
            return ""
        say, moment = self._say, self.moment(one.silent_at)
        return say("Times with nothing to report: {count}, last on {moment}.", count=one.silences, moment=moment)

    def buttons(self, number: ScheduleId, state: ScheduleState, *, asks: bool) -> ButtonRows:
        """What can be done with it."""
        say, args = self._say, (str(number),)
        if state is ScheduleState.PAUSED:
            going = Button(say("Resume"), "keep_schedule", args, "success")
        else:
            going = Button(say("Pause"), "pause_schedule", args)
        now = Button(say("Ask it now") if asks else say("Remind me now"), "run_schedule", args)
        change = Button(say("Change"), "change_schedule", args)
        drop = Button(say("Delete"), "drop_schedule", args, "danger")
        return ((going, now), (change, drop), (Button(say("All of them"), "schedules"),))


def described(one: Plan | Schedule) -> str:
    """Its words as a quotation."""
    return "\n".join(f"> {line}" for line in escaped(one.text).split("\n"))
