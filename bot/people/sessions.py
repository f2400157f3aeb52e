"""Sessions as people meet them: which one is open where they speak, and which they can reach from there."""

from collections.abc import Callable

from bot.domain.ids import SessionId, UnixMs
from bot.domain.policy import Policy
from bot.domain.sessions import Session, TitleBy
from bot.people.callers import Caller
from storage import places, sessions
from storage.database import Program


def open_session(caller: Caller, policy: Policy, title: Callable[[], str], now: UnixMs) -> Program[Session]:
    """The session that is open where someone speaks; a new one where none is."""
    if caller.session is not None:
        session = yield from reachable(caller, caller.session)
        if session is not None:
            return session
    mode = usable_default(caller, policy)
    return (yield from new_session(caller, mode, title(), TitleBy.WORDS, now))


def usable_default(caller: Caller, policy: Policy) -> str:
    """The mode in which this person's new sessions begin here."""
    wanted = caller.person.default_mode if caller.place.kind.private else None
    return wanted if wanted is not None and wanted in policy.modes else policy.default_mode


def new_session(caller: Caller, mode: str, title: str, by: TitleBy, now: UnixMs) -> Program[Session]:
    """A new session, open from now on where this person speaks; in a thread with a person's name it has that one."""
    if caller.named and by is not TitleBy.PERSON:
        title, by = caller.named, TitleBy.PERSON
    owner = caller.person.id if caller.place.kind.private else None
    session = yield from sessions.add(owner, caller.place_row, mode, title, by, caller.person.id, now)
    yield from places.show_session(caller.place_row, session.id, mode)
    return session


def reachable(caller: Caller, session: SessionId) -> Program[Session | None]:
    """A session, if it may be seen by this person at this place: one's own in private, the place's own in a group."""
    return (yield from sessions.reachable(session, caller.reach))
