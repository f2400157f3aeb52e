"""What someone can reach from where they are speaking: sessions, and everything else through its session."""

from dataclasses import dataclass

from bot.domain.ids import AttachmentId, FolderId, MessageId, SessionId, TurnId
from bot.domain.messages import Message
from bot.domain.places import Place
from bot.domain.sessions import Session
from bot.domain.turns import Turn, TurnState
from bot.people.callers import Caller
from storage import attachments, messages, places, search, sessions, turns
from storage.attachments import Attachment
from storage.programs import Program
from storage.search import Hit


def reachable(caller: Caller, session: SessionId) -> Program[Session | None]:
    """A session, if it may be used by this person at this place: one's own in private, the place's own in a group."""
    return (yield from sessions.reachable(session, caller.reach))


def reachable_message(caller: Caller, message: MessageId) -> Program[tuple[Session, Message] | None]:
    """A message with its session, if that may be used by this person here and the message is not forgotten."""
    found = yield from messages.get(message)
    if found is None or (yield from messages.is_forgotten(message)):
        return None
    session = yield from reachable(caller, found.session)
    return (session, found) if session is not None else None


def reachable_turn(caller: Caller, turn: TurnId) -> Program[tuple[Session, Turn, TurnState] | None]:
    """A turn with its session and state, if that may be used by this person here."""
    found = yield from turns.get(turn)
    session = (yield from reachable(caller, found[0].session)) if found is not None else None
    return (session, *found) if found is not None and session is not None else None


def reachable_file(caller: Caller, file: AttachmentId) -> Program[Attachment | None]:
    """A file, if its session may be used by this person here and its message is not forgotten."""
    found = yield from attachments.get(file)
    if found is None or (yield from reachable_message(caller, found.message)) is None:
        return None
    return found


def listed(
    caller: Caller, words: str, offset: int, limit: int, folder: FolderId | None = None, *, alone: bool
) -> Program[list[Session]]:
    """The sessions that someone finds from here, last used first; `alone`: see `Caller.elsewhere`.

    A folder holds only what can be used.
    """
    beside = caller.elsewhere(alone=alone) if folder is None else None
    return (yield from sessions.page(caller.reach, words, offset, limit, folder, beside))


def searched(caller: Caller, words: str, offset: int, limit: int, *, alone: bool) -> Program[list[Hit]]:
    """Search hits in the sessions that `listed` returns."""
    return (yield from search.find(caller.reach, words, limit, offset, caller.elsewhere(alone=alone)))


@dataclass(frozen=True, slots=True)
class Lies:
    """The place of a session that can be found here but not used."""

    place: Place
    named: str
    """What the place is called; "" if unknown."""


def lies_elsewhere(caller: Caller, session: SessionId) -> Program[Lies | None]:
    """The place of a session, if that is not here."""
    if (yield from reachable(caller, session)) is not None:
        return None
    _, place, named = yield from places.of_session(session)
    return Lies(place, named)


def found_elsewhere(caller: Caller, session: SessionId, *, alone: bool) -> Program[tuple[Session, Lies] | None]:
    """A session of another place that can be found from here."""
    found = yield from sessions.findable(session, caller.elsewhere(alone=alone))
    lies = (yield from lies_elsewhere(caller, found.id)) if found is not None else None
    return (found, lies) if found is not None and lies is not None else None
