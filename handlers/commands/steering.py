"""Steering the running answer: what waits behind it goes first, or is added to it."""

from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.errors import PersonError
from bot.domain.ids import TurnId
from bot.domain.people import Steering
from bot.incoming.call import Call
from bot.texts import said_later
from bot.turns.steering import NOT_WAITING, Not, Steered, waiting_of
from bot.turns.steering import steer as steered
from bot.turns.turns import Turns
from handlers.commands.reach import number_of
from storage import inbox
from storage.programs import Program

_SAID = {
    Steering.WAIT: said_later("Your message is queued."),
    Steering.NOW: said_later("Your message will be answered next."),
    Steering.ADD: said_later("Your message was added to the question that is being answered."),
}


@command("steer", "Answer this message next, or add it to the question under way", listed=False)
async def steer(
    call: Call,
    turn: Annotated[str, "Which turn"],
    how: Annotated[str, "wait, now or add"] = Steering.NOW.value,
    *,
    under_way: Turns,
) -> View:
    wish = Steering(how) if how in list(Steering) else Steering.WAIT
    done = await call.database.write(_steer(call, TurnId(number_of(turn)), wish))
    if done.ended is not None:
        under_way.stop(done.ended)
    if done.left is not None:
        under_way.leave(*done.left)
    if done.goes_on is not None:
        under_way.kick(done.goes_on)
    return View(call.say(_SAID[wish]))


def _steer(call: Call, number: TurnId, wish: Steering) -> Program[Steered]:
    place = call.invocation.place
    event = f"{call.invocation.event_key}/turn"
    if not (yield from inbox.note(place.platform, place.bot, event, call.now)):
        return Steered()  # A crash came between this and its answer.
    turn = yield from waiting_of(call.caller, number)
    done = (yield from steered(call.caller, turn, wish, call.now)) if turn is not None else Not(NOT_WAITING)
    if isinstance(done, Not):
        raise PersonError(done.tell)
    return done


COMMANDS = (steer,)
