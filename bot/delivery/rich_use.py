"""Whether an answer goes out as a rich message: what the person, the operator and the chat allow."""

from bot.domain.ids import UnixMs
from bot.domain.people import Person, RichUse
from storage import places
from storage.programs import Program

REFUSED_FOR_MS = 7 * 24 * 3_600_000
"""So long a refusal is remembered: servers are upgraded, and rights are given."""


def use_for(person: Person, place_row: int, default: RichUse, now: UnixMs) -> Program[RichUse]:
    """When answers for this person go out in the richer form at this place."""
    wanted = person.rich or default
    if wanted is not RichUse.NEVER and (yield from places.refuses_rich(place_row, UnixMs(now - REFUSED_FOR_MS))):
        return RichUse.NEVER
    return wanted
