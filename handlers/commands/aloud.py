"""Reading aloud all of an answer of which only the beginning was read."""

from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.errors import PersonError
from bot.domain.ids import TurnId
from bot.incoming.call import Call
from bot.people.admission import NOT_ASKED, must_be_theirs
from bot.people.reaching import reachable_turn
from bot.turns.speech import Speech
from handlers.commands.reach import number_of
from storage import speech, turns
from storage.programs import Program


@command("read_aloud", "Read all of this answer aloud", listed=False)
async def read_aloud(call: Call, turn: Annotated[str, "Which turn"], *, reader: Speech) -> View:
    if not call.policy.speaking:
        raise PersonError("No model here reads aloud.")
    number = TurnId(number_of(turn))
    await call.database.write(_wanted(call, number))
    reader.kick(number)
    return View(call.say("I am reading it aloud. One moment…"))


def _wanted(call: Call, number: TurnId) -> Program[None]:
    found = yield from reachable_turn(call.caller, number)
    if found is None or (yield from turns.answer_of(number)) is None:
        raise PersonError("That question is no longer here.")
    must_be_theirs(call.caller, found[1].payer, NOT_ASKED, or_moderators=False)
    yield from speech.want(number, call.now, whole=True)


COMMANDS = (read_aloud,)
