"""What must not be done twice where a command is handed in again: a crash came before it could say that it was done."""

from bot.domain.errors import PersonError
from bot.incoming.call import Call
from bot.texts import said_later
from storage import inbox
from storage.programs import Program, T

DONE = said_later("That is done already: I was interrupted before I could say so.")


def once(call: Call, program: Program[T]) -> Program[T]:
    """The program, the first time that this command comes. Its doing and the note that it came are one transaction.

    Raises:
        PersonError: it was done; so the person hears that it was.
    """
    if not (yield from inbox.note(*_key(call), call.now)):
        raise PersonError(DONE)
    return (yield from program)


async def must_be_new(call: Call) -> None:
    """Look before anything else, where what was done has changed what there is to do. Raises PersonError, as `once`."""
    if await call.database.read(inbox.is_noted(*_key(call))):
        raise PersonError(DONE)


def _key(call: Call) -> tuple[str, str, str]:
    place = call.invocation.place
    return place.platform, place.bot, f"{call.invocation.event_key}/done"
