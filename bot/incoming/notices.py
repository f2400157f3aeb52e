"""What is said about a message beside its answer: why there is none, or how many come before it."""

from bot.delivery.reactions import Unheard
from bot.delivery.waiting_signs import Waiting
from bot.domain.ids import SessionId
from bot.domain.incoming import Inbound
from bot.domain.places import Place
from bot.domain.turns import TurnState
from bot.incoming.arrival import Arrival
from bot.people.callers import Caller, reader_of
from bot.rendering.pages import filled, notice
from bot.texts import said_later, say_in
from bot.turns.answer_buttons import steer_buttons
from bot.turns.steering import offered
from bot.turns.turn_queue import Refusal
from storage import outbox, people, places, steering
from storage.outbox import Target
from storage.programs import Program

AHEAD_TOLD = 2
"""People who wait for that many answers of the session are told; those who wait for one see that it is being written,
and are told if it is their own, because they may want to steer it."""

MOST_TOLD = 6
"""Among several people nobody is told from here on: notices count against a group's limit, and answers need it."""

_IN_LINE = said_later("Your message is queued; {count} ahead of it.")
_CALLED = said_later(
    "Yes? Write your question after my name, or mention me in a reply to the message that it is about."
)
_SEEN_BY_ONE = said_later(
    "Only you and I can see that message, but everyone here would see my answer. Ask openly, or write to me in private."
)
_UNREAD = said_later("I cannot read this kind of message: {kind}. Send it as text, as a picture or as a file.")

_MINUTE_MS = 60_000


def refuse(arrival: Arrival, refusal: Refusal) -> Program[None]:
    """Say why a request is not taken; with a reaction if that was said a moment ago."""
    inbound, caller, now = arrival.inbound, arrival.caller, arrival.now
    words = filled(say_in(caller.person.language), refusal.text, refusal.values)
    number, place = yield from _beside(inbound, caller)
    if refusal.once and not inbound.receipt and not (yield from people.may_be_told(caller.person.id, now, _MINUTE_MS)):
        # What opens a thread stands outside it, whether or not that has been opened.
        at = inbound.aside or inbound.place
        arrival.accepted.unheard.append(
            Unheard(at, number, inbound.remote_id, caller.person.id, refusal.reaction, words)
        )
        return
    reader = reader_of(inbound.sender, place)
    target = Target(number, place, reply_to=inbound.remote_id, receipt=inbound.receipt, reader=reader)
    said = yield from outbox.add(target, notice(words), now, person=caller.person.id)
    arrival.accepted.pages.append(said)


def say_nothing_read(arrival: Arrival) -> Program[None]:
    """Anyone who calls, or sends something unreadable, is told so."""
    inbound, caller = arrival.inbound, arrival.caller
    say = say_in(caller.person.language)
    words = say(_UNREAD, kind=say(inbound.unread)) if inbound.unread else say(_CALLED)
    row, place = caller.place_row, inbound.place
    if inbound.unread:
        row, place = yield from _beside(inbound, caller)
    reader = reader_of(inbound.sender, place)
    target = Target(row, place, reply_to=inbound.remote_id, receipt=inbound.receipt, reader=reader)
    said = yield from outbox.add(target, notice(words), arrival.now)
    arrival.accepted.pages.append(said)


def say_seen_by_one(arrival: Arrival) -> Program[None]:
    """What only its sender and the bot see asks nothing: everybody would read the answer."""
    inbound, caller = arrival.inbound, arrival.caller
    reader = reader_of(inbound.sender, inbound.place)
    target = Target(caller.place_row, inbound.place, receipt=inbound.receipt, private=True, reader=reader)
    page = notice(say_in(caller.person.language)(_SEEN_BY_ONE))
    said = yield from outbox.add(target, page, arrival.now, person=caller.person.id)
    arrival.accepted.pages.append(said)


def say_what_is_ahead(arrival: Arrival, session: SessionId) -> Program[None]:
    """How many answers of the session come before the one that was queued last: where those are several, or where
    that can be changed. Else a sign says that it waits, where it does."""
    inbound, caller = arrival.inbound, arrival.caller
    line = yield from steering.line(session)
    # What waits for a decision is over with this message.
    ahead = sum(one.state is not TurnState.ASKED for one in line) - 1
    can_be = yield from offered(line)
    too_many = ahead >= MOST_TOLD and not inbound.place.kind.private
    if too_many or (ahead < AHEAD_TOLD and not can_be):
        if ahead > 0 and not inbound.receipt:
            at = inbound.aside or inbound.place
            arrival.accepted.waiting.append(Waiting(line[-1].turn, at, inbound.remote_id))
        return
    say = say_in(caller.person.language)
    page = notice(say(_IN_LINE, count=ahead), steer_buttons(line[-1].turn, can_be, say))
    reader = reader_of(inbound.sender, inbound.place)
    target = Target(caller.place_row, inbound.place, reply_to=inbound.remote_id, reader=reader)
    said = yield from outbox.add(target, page, arrival.now)
    arrival.accepted.pages.append(said)


def _beside(inbound: Inbound, caller: Caller) -> Program[tuple[int, Place]]:
    """Where something is said about a message that is not answered: no thread is opened for it."""
    if inbound.aside is None or (yield from places.has_conversation(inbound.place)):
        return caller.place_row, inbound.place
    row, _ = yield from places.open_place(inbound.aside, inbound.place_title)
    return row, inbound.aside
