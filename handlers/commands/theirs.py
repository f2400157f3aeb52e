"""Among several people: who keeps order."""

from dataclasses import replace

from bot.contracts.abilities import Moderated
from bot.domain.errors import PlatformError
from bot.domain.ids import PersonId
from bot.domain.needs import Need, Theirs
from bot.incoming.call import Call
from bot.people.admission import may, must_be_theirs
from bot.people.callers import Caller


async def caller_for(call: Call, whose: PersonId | None, refusal: str) -> Caller:
    """Who calls, for something of that person: they, who runs the bot, or who keeps order in that chat.

    Only for who would be refused otherwise the platform is asked.

    Raises:
        PersonError: with `refusal`, a sentence of ours.
    """
    caller = call.caller
    if not may(caller, Need(theirs=Theirs(whose))):
        caller = await keeping_order(call)
    must_be_theirs(caller, whose, refusal)
    return caller


async def keeping_order(call: Call) -> Caller:
    """Who calls; the platform has said whether they moderate the chat."""
    caller = call.caller
    return caller if caller.keeps_order is not None else replace(caller, keeps_order=await _keeps_order(call))


async def _keeps_order(call: Call) -> bool:
    """Whether the platform lets this person moderate the chat. Where it does not say, they do not."""
    if not isinstance(call.platform, Moderated):
        return False
    try:
        return await call.platform.moderates(call.invocation.place, call.invocation.sender.user_id)
    except PlatformError:
        return False
