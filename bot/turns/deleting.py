"""What people delete on the platform is forgotten here: as `/forget` does it, or before it was ever asked."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.domain.ids import MessageId, PersonId, SessionId, TurnId, UnixMs
from bot.domain.incoming import Deleted
from bot.domain.messages import Author, Message
from bot.domain.places import Place
from bot.domain.turns import Turn, TurnState
from storage import attachments, messages, open_turns, overheard, pieces, places, sessions, tree, turns
from storage.outbox import OutboxPage
from storage.programs import Program

EndQueued = Callable[[Turn], Program[list[OutboxPage]]]
"""Ends a turn that has not begun or waits for a decision. Gives what there is to say of it."""


@dataclass(slots=True)
class Forgotten:
    """What to do once it is committed that something was forgotten."""

    running: list[TurnId] = field(default_factory=list)
    """Turns to stop."""
    pages: list[OutboxPage] = field(default_factory=list)


def forget_deleted(deleted: Deleted, end_queued: EndQueued, now: UnixMs) -> Program[Forgotten]:
    """Forget what these messages said.

    A moderator may have deleted them, so `/undo` does not bring them back.
    """
    place = deleted.place if deleted.place.chat else (yield from places.of_thread(deleted.place))
    forgotten = Forgotten()
    if place is None:
        return forgotten
    # A channel itself may be named as a thread of its own.
    yield from overheard.forget(replace(place, thread="") if place.thread == place.chat else place, deleted.remote_ids)
    for remote_id in deleted.remote_ids:
        message = yield from messages.find_shown(place, remote_id)
        if message is not None and not (yield from _is_left(message, place, remote_id)):
            for version in (message.id, *(yield from pieces.older_versions(message.id, remote_id))):
                one = yield from forget(message.session, version, None, end_queued, now)
                forgotten.running += one.running
                forgotten.pages += one.pages
    return forgotten


def _is_left(message: Message, place: Place, remote_id: str) -> Program[bool]:
    """Whether the rest of a message stays when one of the platform's messages that show it goes."""
    yield from messages.note_gone(place, remote_id)
    if not (yield from messages.is_shown(message.id)):
        return False
    if message.author is not Author.USER:
        return True
    if (yield from open_turns.queued_for(message.id)) is None:
        return False
    rest = [piece for piece in (yield from pieces.of_message(message.id)) if piece.remote_id != remote_id]
    yield from pieces.put(message.id, rest)
    yield from messages.replace_parts(message.id, pieces.whole(rest))
    yield from attachments.forget(message.id)
    return True


def forget(
    session: SessionId, message: MessageId, by: PersonId | None, end_queued: EndQueued, now: UnixMs
) -> Program[Forgotten]:
    """Take a message and what hangs below it out of the session."""
    forgotten = Forgotten()
    hangs = (yield from open_turns.queued_for(message)) is None
    for turn in (yield from tree.turns_in(message)):
        yield from open_turns.request_stop(turn)
        found = yield from turns.get(turn)
        if found is not None and found[1] in (TurnState.QUEUED, TurnState.ASKED):
            forgotten.pages += yield from end_queued(found[0])
        else:
            forgotten.running.append(turn)
    tip = yield from tree.forget(session, message, by, now)
    open_session = yield from sessions.get(session)
    at = open_session.tip if hangs and open_session is not None else None
    # Who goes on in another branch goes on there.
    if at is not None and (yield from messages.is_forgotten(at)):
        yield from sessions.set_tip(session, tip, now)
    return forgotten
