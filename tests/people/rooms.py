"""Rooms: somebody somewhere, with what they have said there."""

from dataclasses import dataclass

from bot.domain.ids import AttachmentId, MessageId, SessionId, TurnId, UnixMs
from bot.domain.messages import FilePart, TextPart
from bot.domain.people import Identity, Person, Role
from bot.domain.places import Place, PlaceKind
from bot.domain.sessions import TitleBy
from bot.people.callers import Caller
from bot.people.sessions import new_session
from storage import attachments, messages, people, places, search, sessions, tree, turns
from storage.programs import Program
from storage.turns import NewTurn

NOW = UnixMs(1_795_176_000_000)


@dataclass(frozen=True, slots=True)
class Room:
    """Somebody somewhere, with a session that holds something, something forgotten, and another one elsewhere."""

    caller: Caller
    session: SessionId
    message: MessageId
    forgotten: MessageId
    file: AttachmentId
    forgotten_file: AttachmentId
    turn: TurnId


def room_of(person: Person, place: Place) -> Program[Room]:
    row, _ = yield from places.open_place(place, place.chat)
    caller = Caller(person, Identity("p", person.name, person.name), place, row, None, False, False, "", None)
    session = (yield from new_session(caller, "regular", f"of {person.name}", TitleBy.WORDS, NOW)).id
    made: list[tuple[MessageId, AttachmentId]] = []
    for words in ("kept", "gone"):
        file = FilePart("f", "a.txt", "text/plain", 1)
        message = yield from messages.add_question(session, (TextPart(f"xyzzy {words}"), file), "", NOW)
        yield from attachments.note(message, session, person.id, (file,), NOW)
        [attached] = yield from attachments.of_message(message)
        made.append((message, attached.id))
    (message, file_id), (forgotten, forgotten_file) = made
    yield from sessions.set_tip(session, message, NOW)
    yield from tree.forget(session, forgotten, person.id, NOW)
    turn, _ = yield from turns.add(NewTurn(session, row, person.id, message, reserved=0, attach="tip"), NOW)
    return Room(caller, session, message, forgotten, file_id, forgotten_file, turn)


def furnished() -> Program[list[Room]]:
    """Alice and Bob, each in private and in a group of their own."""
    rooms = []
    for name in ("alice", "bob"):
        person = yield from people.add(Identity("p", name, name), Role.MEMBER, NOW)
        rooms.append((yield from room_of(person, Place("p", "b", name))))
        rooms.append((yield from room_of(person, Place("p", "b", f"group of {name}", kind=PlaceKind.GROUP))))
    while (yield from search.index_pending()):
        pass
    return rooms
