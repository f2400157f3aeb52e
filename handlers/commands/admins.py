"""An admin who does something by a command."""

from bot.incoming.call import Call
from bot.people.administering import By


def by(call: Call) -> By:
    """Who does it, and where."""
    place = call.invocation.place
    event = (place.platform, place.bot, call.invocation.event_key)
    return By(call.caller.person, call.now, event, call.caller.place_row)
