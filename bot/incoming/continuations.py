"""Which messages are one request: the parts of an album, of a long paste, and lines written in a row."""

from bot.domain.ids import UnixMs
from bot.domain.incoming import Inbound
from bot.domain.messages import FilePart, Part
from bot.incoming.arrival import Arrival
from storage import going_on
from storage.going_on import GoingOn
from storage.programs import Program
from storage.turns import NOW

ALBUM_WAIT_MS = 1_000
"""How long the next part of an album may take; Telegram sends all of them within a fraction of a second."""

PASTE_WAIT_MS = 1_500
"""How long the next part of a long paste may take."""

LINE_WAIT_MS = going_on.WITHIN_MS
"""How long the next line of who writes in lines may take."""


def continued(arrival: Arrival) -> Program[GoingOn | None]:
    """What its sender has asked a moment ago, where this is the next part of it."""
    inbound, caller, now = arrival.inbound, arrival.caller, arrival.now
    if inbound.receipt:
        return None  # Each receipt wants an answer of its own.
    place, person, said_at = caller.place_row, caller.person.id, inbound.sent_at
    if inbound.album is not None:
        found = yield from going_on.going_on(place, person, inbound.album, said_at, now)
        if found is not None:
            return found
    if _points_elsewhere(inbound) or _is_captioned(inbound, inbound.parts):
        return None
    return (yield from going_on.going_on(place, person, None, said_at, now))


def _points_elsewhere(inbound: Inbound) -> bool:
    """Whether it points at another message itself: then it is no line among others."""
    return bool(inbound.reply_to or inbound.pointed or inbound.before)


def separator_of(arrival: Arrival, whole: tuple[Part, ...]) -> str | None:
    """What stands between this and the next part of its message, of which `whole` has come; None: there is none."""
    inbound = arrival.inbound
    if inbound.receipt:
        return None
    if inbound.may_continue:
        return inbound.separator
    if not arrival.caller.person.joins_lines or inbound.edited or _points_elsewhere(inbound):
        return None
    return None if _is_captioned(inbound, whole) else "\n"


def _is_captioned(inbound: Inbound, whole: tuple[Part, ...]) -> bool:
    """Whether files were sent together under words of their own: then it is complete."""
    files = sum(isinstance(part, FilePart) for part in whole)
    return len(whole) > files and (files > 1 or inbound.album is not None)


def run_after(inbound: Inbound, separator: str | None, now: UnixMs) -> UnixMs:
    """When the turn may run that waits for what follows, if anything does."""
    if separator is not None:
        return UnixMs(now + (PASTE_WAIT_MS if inbound.may_continue else LINE_WAIT_MS))
    return UnixMs(now + ALBUM_WAIT_MS) if inbound.album is not None else NOW
