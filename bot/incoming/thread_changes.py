"""A session follows what people do with its thread."""

from bot.domain.ids import SessionId, TurnId
from bot.domain.incoming import ThreadChanged
from bot.domain.sessions import TitleBy
from bot.domain.turns import TurnState
from storage import open_turns, places, sessions
from storage.programs import Program


def follow(changed: ThreadChanged) -> Program[list[TurnId]]:
    """Rename the session of a thread that was renamed; returns the turns to stop because the thread was closed.

    Our own changes come back too, and change nothing.
    """
    number = yield from places.session_at(changed.place)
    session = (yield from sessions.get(number)) if number is not None else None
    if session is None:
        return []
    # A platform may have cut the title that we gave the thread.
    if changed.title and not session.title.startswith(changed.title):
        yield from sessions.set_title(session.id, changed.title, TitleBy.PERSON)
    return (yield from _stopped_by_closing(session.id)) if changed.closed else []


def _stopped_by_closing(session: SessionId) -> Program[list[TurnId]]:
    """Nothing can be said in a closed thread: what runs there ends, and what waits will when it begins."""
    running = []
    for turn, state in (yield from open_turns.of_session(session)):
        if state is not TurnState.ANSWERED:
            yield from open_turns.request_stop(turn)
        if state is TurnState.RUNNING:
            running.append(turn)
    return running
