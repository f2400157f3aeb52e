"""How commands reach sessions, and how they show pieces of them."""

from collections.abc import Sequence
from datetime import tzinfo

from bot.contracts.command import Choice
from bot.domain.errors import PersonError
from bot.domain.ids import FolderId, MessageId, SessionId
from bot.domain.messages import Message
from bot.domain.sessions import Session
from bot.incoming.commands import Call
from bot.people import access
from bot.people.access import Standing
from bot.rendering.pages import escaped
from bot.texts import moments, said_later
from storage import messages, sessions
from storage.database import Program

NEW_TITLE = said_later("New session")
_EXCERPT = 300
_LARGEST_ID = 2**63 - 1


def number_of(text: str) -> int:
    """An id as a button or a person gave it; 0, which nothing has, for anything else."""
    number = int(text) if text.isascii() and text.isdecimal() else 0
    return number if number <= _LARGEST_ID else 0


def listed(
    standing: Standing, words: str, offset: int, limit: int, folder: FolderId | None = None
) -> Program[list[Session]]:
    """The sessions that someone may see where they speak, last used first."""
    return (yield from sessions.page(standing.reach, words, offset, limit, folder))


async def reach(call: Call, session: str | SessionId) -> Session:
    """The session of that number, if this person may see it here."""
    number = SessionId(number_of(str(session)))
    found = await call.services.database.read(access.reach(call.standing, number))
    if found is None:
        raise PersonError("That session is not here (any more). `/sessions` lists yours.")
    return found


async def current(call: Call) -> Session:
    """The session that is open here."""
    if call.standing.session is None:
        raise PersonError("No session is open here yet. Just write something, or send `/new`.")
    return await reach(call, call.standing.session)


def reach_message(standing: Standing, message: MessageId) -> Program[tuple[Session, Message] | None]:
    """A message with its session, if this person may see it here and it is not forgotten."""
    found = yield from messages.get(message)
    if found is None or (yield from messages.is_forgotten(message)):
        return None
    session = yield from access.reach(standing, found.session)
    return (session, found) if session is not None else None


async def pointed_at(call: Call) -> tuple[Session, Message] | None:
    """The message of a session that the command was given on; None where it was given on none.

    Raises:
        PersonError: it was given on something that belongs to no session here.
    """
    remote_id = call.invocation.reply_to
    if remote_id is None:
        return None

    def look() -> Program[tuple[Session, Message] | None]:
        shown = yield from messages.find_shown(call.invocation.place, remote_id)
        return (yield from reach_message(call.standing, shown.id)) if shown is not None else None

    found = await call.services.database.read(look())
    if found is None:
        raise PersonError(
            "That message is not part of a session here. Use this on a question, or on an answer of mine."
        )
    return found


async def session_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The sessions one can switch to, last used first."""
    found = await call.services.database.read(listed(call.standing, typed, 0, 25))
    return [Choice(str(session.id), session.title) for session in found]


def excerpt(text: str, limit: int = _EXCERPT) -> str:
    """The beginning of a text on one line, to stand in Markdown as it is."""
    flat = " ".join(text.split())
    return escaped(flat[:limit]) + ("…" if len(flat) > limit else "")


def zone(call: Call) -> tzinfo:
    """The time zone of who calls."""
    return moments.zone_of(call.standing.person.time_zone)
