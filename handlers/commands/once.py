"""Commands that must not take effect again when they are delivered again, as after a crash before they were noted."""

from bot.domain.errors import PersonError
from bot.incoming.call import Call
from bot.texts import said_later
from storage import inbox
from storage.programs import Program, T

_DONE = said_later("That is done already: I was interrupted before I could say so.")


class Done(PersonError):
    """All of it was done before a crash, but for saying so."""

    def __init__(self) -> None:
        super().__init__(_DONE)


def once(call: Call, program: Program[T]) -> Program[T]:
    """The program, the first time that this command comes. What it does and the note of it are one transaction.

    What it gives says whether anything was done: where that is false, as None is, nothing is noted.

    Raises:
        Done: it was; so the person hears that it was.
    """
    if (yield from inbox.is_noted(*_key(call))):
        raise Done
    result = yield from program
    if result:
        yield from inbox.mark(*_key(call), call.now)
    return result


def begins(call: Call) -> Program[bool]:
    """Note that this command is about to make something outside, which no transaction holds; False if that was noted
    before, so that it may have been made already.

    Raises:
        Done: all of it was.
    """
    if (yield from inbox.is_noted(*_key(call))):
        raise Done
    return (yield from inbox.note(*_key(call, "begun"), call.now))


async def must_be_new(call: Call) -> None:
    """Look before anything else, where what was done has changed what there is to do. Raises Done, as `once`."""
    if await call.database.read(inbox.is_noted(*_key(call))):
        raise Done


def _key(call: Call, what: str = "done") -> tuple[str, str, str]:
    place = call.invocation.place
    return place.platform, place.bot, f"{call.invocation.event_key}/{what}"
