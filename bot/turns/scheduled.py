"""Questions that a schedule asks: nobody is waiting, so an answer that says there is nothing to say is not shown.

That needs two things. What stands above an answer, which question this is, comes with the answer and not before. And
nothing of it is shown while it is written: until its end nobody knows whether there is something to say.
"""

import re

from bot.domain.blocks import Button
from bot.domain.ids import MessageId, ScheduleId, UnixMs
from bot.domain.turns import Turn
from bot.rendering.pages import escaped, notice
from bot.texts import Say, moments, said_later, say_in
from storage import messages, outbox, people, scheduled
from storage.outbox import OutboxPage, Target
from storage.programs import Program

_SILENCE = "NOTHING_TO_SAY"

RULE = (
    "This question is asked by a schedule that the person made; they are not waiting for an answer. If it says that "
    "they are to hear something only in some case, and that is not the case now, answer with "
    f"{_SILENCE} alone, and they are not disturbed. In every other case answer as ever."
)
"""What a model is told with such a question."""

NOTHING = said_later("There is nothing to report.")
"""Said instead where something of the turn stands in the chat already."""

_LATE = said_later("This was due on {moment}. I was not running then, so you get it now.")
_SIGNS = re.compile(r"[\W_]+")
_EXCERPT = 300


def says_nothing(text: str) -> bool:
    """Whether an answer says that there is nothing to say: whatever signs and letters a model writes that in."""
    return _SIGNS.sub("", text).casefold() == _SIGNS.sub("", _SILENCE).casefold()


def above(turn: Turn, place_row: int, now: UnixMs) -> Program[list[OutboxPage]]:
    """Queue what stands above the first thing that is shown of a turn: which question this is, if a schedule asks it.

    `turn` as `where_to` returns it, with the row of its place.
    """
    found = (yield from scheduled.of_turn(turn.id)) if turn.scheduled else None
    if found is None or found.said:
        return []
    yield from scheduled.note_said(turn.id)
    person = yield from people.get(turn.payer)
    say = say_in(person.language)
    text = yield from _asked(turn.question)
    note = late_note(found.late_at, person.time_zone, say)
    buttons = ((stop_button(found.schedule, say),),) if found.schedule is not None and found.recurs else ()
    page = notice(reminding(shortened(text), note), buttons)
    return [(yield from outbox.add(Target(place_row, turn.place), page, now, person=turn.payer))]


def _asked(question: MessageId) -> Program[str]:
    message = yield from messages.get(question)
    return message.text if message is not None else ""


def reminding(text: str, note: str) -> str:
    """What somebody is reminded of, or a question that is asked, as Markdown."""
    return "\n\n".join(filter(None, (f"⏰ {escaped(text)}", f"*{note}*" if note else "")))


def shortened(text: str) -> str:
    """A question as one line of a few hundred characters at most."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _EXCERPT else f"{flat[:_EXCERPT].rstrip()}…"


def late_note(late_at: UnixMs | None, time_zone: str, say: Say) -> str:
    """What is said of something that was due at that moment and comes late; "" for None."""
    return say(_LATE, moment=moments.shown(late_at, moments.zone_of(time_zone))) if late_at is not None else ""


def stop_button(schedule: ScheduleId, say: Say) -> Button:
    """Ends what comes again and again."""
    return Button(say("Stop this schedule"), "drop_schedule", (str(schedule),))
