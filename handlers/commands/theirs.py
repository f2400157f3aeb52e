"""Among several people: what is whose, and who keeps order."""

from bot.contracts.platform import Moderated
from bot.domain.errors import PersonError, PlatformError
from bot.domain.ids import PersonId
from bot.domain.people import Role
from bot.incoming.commands import Call
from bot.people import access
from bot.texts import said_later

NOT_ASKED = said_later("Only the person who asked can do that. Ask it yourself, and the answer is yours.")
NOT_BEGUN = said_later("Only the person who started this session, or an admin of this chat, can do that.")
NOT_BROUGHT = said_later("Only the person who sent this file, or an admin of this chat, can do that.")


async def must_be_theirs(call: Call, whose: PersonId | None, refusal: str) -> None:
    """What one person brought is for them, and for who keeps order in that chat or runs the bot, to take away.

    In a private chat everything that can be reached is one's own.

    Raises:
        PersonError: with `refusal`, a sentence of ours.
    """
    person, place = call.caller.person, call.caller.place
    if place.kind.private or whose == person.id or access.may_use(person, Role.ADMIN):
        return
    if not await _keeps_order(call):
        raise PersonError(refusal)


async def _keeps_order(call: Call) -> bool:
    """Whether the platform lets this person moderate the chat. Where it does not say, they do not."""
    if call.invocation.moderates is not None:
        return call.invocation.moderates
    if not isinstance(call.platform, Moderated):
        return False
    try:
        return await call.platform.moderates(call.invocation.place, call.invocation.sender.user_id)
    except PlatformError:
        return False
