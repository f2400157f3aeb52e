"""Sessions as people meet them: opening, naming, deleting and bringing back, as programs that take a caller and ids."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.errors import NoLonger, PersonError
from bot.domain.ids import SessionId, TurnId, UnixMs
from bot.domain.places import Place, PlaceKind
from bot.domain.policy import Policy
from bot.domain.sessions import Session, TitleBy
from bot.domain.turns import TurnState
from bot.people.admission import NOT_BEGUN, must_be_theirs
from bot.people.callers import Caller
from bot.people.reaching import reachable
from bot.rendering.titles import cut_title
from bot.texts import said_later
from storage import open_turns, places, sessions
from storage.programs import Program

NOT_HERE = said_later("That session is not here or has been deleted. `/sessions` lists yours.")
_TITLE_LIMIT = 100


def open_session(caller: Caller, policy: Policy, title: Callable[[], str], now: UnixMs) -> Program[Session]:
    """The session that is open where someone speaks; a new one if there is none."""
    if caller.session is not None:
        session = yield from reachable(caller, caller.session)
        if session is not None:
            return session
    mode = usable_default(caller, policy)
    return (yield from new_session(caller, mode, title(), TitleBy.WORDS, now))


def usable_default(caller: Caller, policy: Policy) -> str:
    """The mode in which new sessions begin here: one's own in private, else what was chosen for the place."""
    wanted = caller.person.default_mode if caller.place.kind.private else caller.customs.mode
    return wanted if wanted is not None and wanted in policy.modes else policy.default_mode


def new_session(caller: Caller, mode: str, title: str, by: TitleBy, now: UnixMs) -> Program[Session]:
    """A new session, opened where this person speaks; in a thread that a person named, it takes that name."""
    if caller.named and by is not TitleBy.PERSON:
        title, by = caller.named, TitleBy.PERSON
    is_guest = caller.place.kind is PlaceKind.GUEST
    owner = caller.person.id if caller.place.kind.private or is_guest else None
    session = yield from sessions.add(owner, caller.place_row, mode, title, by, caller.person.id, now)
    if not is_guest:
        # What its owner goes on with in private must not be read where others read: no session stays open there.
        yield from places.show_session(caller.place_row, session.id, mode)
    return session


def take_back(caller: Caller, session: Session) -> Program[None]:
    """Remove a session that was created for a question which is now refused."""
    if session.id != caller.session and session.tip is None:
        yield from sessions.take_back(session.id)


def new_session_in(caller: Caller, thread: Place, mode: str, title: str, by: TitleBy, now: UnixMs) -> Program[int]:
    """A new session in a new thread; returns the thread's row."""
    row, _ = yield from places.open_place(thread, title)
    there = replace(caller, place=thread, place_row=row, session=None, named="")
    yield from new_session(there, mode, title, by, now)
    return row


def session_of_mode(caller: Caller, mode: str, title: str, now: UnixMs) -> Program[Session]:
    """Each mode keeps its own history: the session last open in it here, or a new one. A thread stays one session."""
    if caller.place.thread and caller.session is not None:
        yield from sessions.set_mode(caller.session, mode)
        thread = yield from reachable(caller, caller.session)
        if thread is not None:
            return thread
    last = yield from places.last_session_of_mode(caller.place_row, mode)
    session = (yield from reachable(caller, last)) if last is not None else None
    if session is None:
        return (yield from new_session(caller, mode, title, TitleBy.WORDS, now))
    yield from places.show_session(caller.place_row, session.id, session.mode)
    return session


def theirs(caller: Caller, number: SessionId) -> Program[Session]:
    """A session that the caller may name and delete. Raises PersonError."""
    session = yield from reachable(caller, number)
    if session is None:
        raise NoLonger(NOT_HERE)
    must_be_theirs(caller, session.begun_by, NOT_BEGUN)
    return session


def rename(caller: Caller, number: SessionId, title: str) -> Program[str]:
    """Give a session a person's title; returns it as stored. Raises PersonError."""
    session, clean = (yield from theirs(caller, number)), clean_title(title)
    if not clean:
        raise PersonError("A title needs at least one letter. Send `/rename` and the title.")
    yield from sessions.set_title(session.id, clean, TitleBy.PERSON)
    return clean


def clean_title(title: str) -> str:
    """A title as it is stored; "" if nothing is left of it."""
    return cut_title(title, _TITLE_LIMIT)


@dataclass(frozen=True, slots=True)
class Gone:
    """What to do once a session's deletion is committed."""

    session: Session
    running: tuple[TurnId, ...]
    """Turns to stop."""
    threads: tuple[Place, ...]
    """Threads that showed it, to be closed."""


def delete(caller: Caller, number: SessionId, now: UnixMs) -> Program[Gone]:
    """Delete a session, until it is brought back or erased. Raises PersonError."""
    session = yield from theirs(caller, number)
    running = []
    for turn, state in (yield from open_turns.of_session(session.id)):
        yield from open_turns.request_stop(turn)
        if state is TurnState.RUNNING:
            running.append(turn)
    shown = yield from places.showing(session.id)
    yield from places.close_session(session.id)
    yield from sessions.delete(session.id, caller.person.id, now)
    return Gone(session, tuple(running), tuple(place for place in shown if place.thread))


def bring_back(caller: Caller, number: SessionId) -> Program[Session]:
    """Undo a deletion and open the session. Raises PersonError."""
    session = yield from sessions.restore(number, caller.reach, caller.person.id)
    if session is None:
        raise NoLonger("That can no longer be undone, or someone else deleted it.")
    yield from places.show_session(caller.place_row, session.id, session.mode)
    return session
