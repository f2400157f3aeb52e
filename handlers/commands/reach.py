"""How commands reach sessions, and how they show pieces of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import tzinfo

from bot.contracts.abilities import Linked
from bot.contracts.command import Choice
from bot.contracts.platform import Alone
from bot.domain.errors import NoLonger, PersonError
from bot.domain.ids import SessionId
from bot.domain.messages import Message
from bot.domain.sessions import Session
from bot.incoming.call import Call
from bot.people.reaching import Lies, lies_elsewhere, listed, reachable, reachable_message
from bot.people.sessions import NOT_HERE
from bot.rendering.pages import escaped
from bot.texts import moments, said_later
from storage import messages, sessions
from storage.programs import Program

NEW_TITLE = said_later("New session")
_EXCERPT = 300
_TITLE_IN_LABEL = 40
"""Code points of a title that are sure to be seen, with a moment behind them."""
_LARGEST_ID = 2**63 - 1


def number_of(text: str) -> int:
    """An id as a button or a person gave it; 0, which nothing has, for anything else."""
    number = int(text) if text.isascii() and text.isdecimal() else 0
    return number if number <= _LARGEST_ID else 0


def answers_alone(call: Call) -> bool:
    """Whether what is answered can be for who calls alone."""
    place = call.caller.place
    if place.kind.private or call.invocation.private:
        return True
    return call.platform.capabilities(place).private_answers is Alone.ALWAYS


def link_to(call: Call, lies: Lies) -> str:
    """What opens the place where a session lies; "" where there is no such thing."""
    platform: object = call.bots.find(lies.place)
    return platform.link(lies.place) if isinstance(platform, Linked) else ""


def lying_elsewhere(call: Call, found: Iterable[SessionId]) -> Program[dict[SessionId, Lies]]:
    """Those of the sessions that can be found here and not be used, and where they lie."""
    far = {}
    for session in found:
        if session not in far and (lies := (yield from lies_elsewhere(call.caller, session))) is not None:
            far[session] = lies
    return far


async def reach(call: Call, session: str | SessionId) -> Session:
    """The session of that number, if this person may see it here."""
    number = SessionId(number_of(str(session)))
    found = await call.database.read(reachable(call.caller, number))
    if found is None:
        raise NoLonger(NOT_HERE)
    return found


async def current(call: Call) -> Session:
    """The session that is open here."""
    if call.caller.session is None:
        raise PersonError("No session is open here yet. Just write something, or send `/new`.")
    return await reach(call, call.caller.session)


async def pointed_at(call: Call) -> tuple[Session, Message] | None:
    """The message of a session that the command was given on; None if it was given on none.

    Raises:
        PersonError: it was given on something that belongs to no session here.
    """
    remote_id = call.invocation.reply_to
    if remote_id is None:
        return None

    def look() -> Program[tuple[Session, Message] | None]:
        shown = yield from messages.find_shown(call.invocation.place, remote_id)
        return (yield from reachable_message(call.caller, shown.id)) if shown is not None else None

    found = await call.database.read(look())
    if found is None:
        raise PersonError("That message is not part of a session here. Use this on a question or on one of my answers.")
    return found


async def session_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The sessions one can go to, last used first."""
    return _choices(call, await call.database.read(listed(call.caller, typed, 0, 25, alone=answers_alone(call))))


async def own_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The sessions that can be used here, last used first."""
    return _choices(call, await call.database.read(sessions.page(call.caller.reach, typed, 0, 25)))


def _choices(call: Call, found: Sequence[Session]) -> list[Choice]:
    return [Choice(str(session.id), label) for session, label in zip(found, labels(call, found), strict=True)]


def labels(call: Call, found: Sequence[Session]) -> list[str]:
    """What sessions are called on buttons and in choices, no two the same: of one title, also when they were used."""
    return told_apart([(session.title, moments.shown(session.updated_at, zone(call))) for session in found])


def told_apart(named: Sequence[tuple[str, str]]) -> list[str]:
    """Titles, and behind those that begin alike what is given beside them, and a number where that does not do."""
    alike = Counter(title[:_TITLE_IN_LABEL].casefold() for title, _ in named)
    labels: list[str] = []
    for title, beside in named:
        short = title[:_TITLE_IN_LABEL]
        label = first = f"{short.strip()} · {beside}" if alike[short.casefold()] > 1 else title
        times = 1
        while label in labels:
            times += 1
            label = f"{first} ({times})"
        labels.append(label)
    return labels


def excerpt(text: str, limit: int = _EXCERPT) -> str:
    """The beginning of a text on one line, to stand in Markdown as it is."""
    flat = " ".join(text.split())
    return escaped(flat[:limit]) + ("…" if len(flat) > limit else "")


def zone(call: Call) -> tzinfo:
    """The time zone of who calls."""
    return moments.zone_of(call.caller.person.time_zone)
