"""Among several people: what is whose, and who keeps order."""

from dataclasses import replace

from bot.contracts.platform import Moderated
from bot.domain.errors import PersonError, PlatformError
from bot.domain.ids import PersonId
from bot.domain.needs import Need, Theirs
from bot.incoming.commands import Call
from bot.people.admission import may
from bot.texts import said_later

NOT_ASKED = said_later("Only the person who asked can do that. Ask it yourself, and the answer is yours.")
NOT_BEGUN = said_later("Only the person who started this session, or an admin of this chat, can do that.")
NOT_BROUGHT = said_later("Only the person who sent this file, or an admin of this chat, can do that.")


async def must_be_theirs(call: Call, whose: PersonId | None, refusal: str) -> None:
    """What one person brought is for them, and for who keeps order in that chat or runs the bot, to take away.

    Raises:
        PersonError: with `refusal`, a sentence of ours.
    """
    caller, need = call.caller, Need(theirs=Theirs(whose))
    if not may(caller, need) and caller.keeps_order is None:
        # Only who would be refused otherwise has the platform asked.
        caller = replace(caller, keeps_order=await _keeps_order(call))
    if not may(caller, need):
        raise PersonError(refusal)


async def _keeps_order(call: Call) -> bool:
    """Whether the platform lets this person moderate the chat. Where it does not say, they do not."""
    if not isinstance(call.platform, Moderated):
        return False
    try:
        return await call.platform.moderates(call.invocation.place, call.invocation.sender.user_id)
    except PlatformError:
        return False
