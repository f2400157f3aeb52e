"""Acting on answers: again, and stop."""

from collections.abc import Sequence
from typing import Annotated

from bot import access
from bot.command import Choice, Choices, View, command
from bot.dispatch import Call
from bot.errors import PersonError
from bot.ids import MessageId, TurnId
from bot.intake import Refusal
from bot.types import Role, Session, Turn, TurnState
from handlers.commands.sessions import current
from storage import inbox, messages, turns
from storage.database import Program
from storage.turns import NewTurn


async def model_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The models that the modes name."""
    models = dict.fromkeys(model for mode in call.services.policy.modes.values() for model in mode.chain)
    return [Choice(model, model) for model in models if typed.lower() in model.lower()]


@command("regenerate", "Answer the last question again")
async def regenerate(call: Call, model: Annotated[str, "With this model", Choices(model_choices)] = "") -> View:
    session = await current(call)
    if model and model.partition("/")[0] not in call.services.policy.endpoints:
        raise PersonError(f"There is no model {model[:40]!r}. Send `/regenerate` alone, or choose one from the menu.")
    question = await call.services.database.read(messages.question_of(session.tip)) if session.tip is not None else None
    if question is None:
        raise PersonError("There is nothing to answer again yet.")
    await _ask_again(call, session, question, model or None)
    return View("")


@command("again", "Answer this question again", listed=False)
async def again(call: Call, turn: Annotated[int, "Which turn"]) -> View:
    found = await call.services.database.read(turns.get(TurnId(turn)))
    session = await call.services.database.read(access.reach(call.standing, found[0].session)) if found else None
    if found is None or session is None:
        raise PersonError("That question is not here any more.")
    _must_be_theirs(call, found[0])
    if found[1] in (TurnState.QUEUED, TurnState.RUNNING):
        raise PersonError("It is being answered right now.")
    await _ask_again(call, session, found[0].question, None)
    return View("")


def _must_be_theirs(call: Call, turn: Turn) -> None:
    """Among several people, what stands below an answer is for the one who asked (and for admins)."""
    if turn.payer != call.standing.person.id and not access.may_use(call.standing.person, Role.ADMIN):
        raise PersonError("Only the person who asked can do that. Ask it yourself, and it is yours.")


async def _ask_again(call: Call, session: Session, question: MessageId, model: str | None) -> None:
    refusal = await call.services.database.write(_queue(call, session, question, model))
    if refusal is not None:
        raise PersonError(refusal.text)
    call.services.kick(session.id)


def _queue(call: Call, session: Session, question: MessageId, model: str | None) -> Program[Refusal | None]:
    """Queue the turn once for this event, however often the event arrives."""
    standing, services, invocation = call.standing, call.services, call.invocation
    now = services.clock.now()
    place = invocation.place
    if not (yield from inbox.note(place.platform, place.bot, f"{invocation.event_key}/turn", now)):
        return None
    refusal = yield from services.intake.why_not(standing, now)
    if refusal is None:
        turn = NewTurn(
            session=session.id,
            place=standing.place_row,
            payer=standing.person.id,
            question=question,
            reserved=services.policy.tokens_per_request,
            hang="hung",
            model=model,
            reply_to=None,
        )
        yield from services.intake.enqueue(turn, now)
    return refusal


@command("stop", "Stop the answer that is running")
async def stop(call: Call, turn: Annotated[int, "Which turn"] = 0) -> View:
    number = TurnId(turn) if turn else await _running(call)
    stopped = await call.services.database.write(_stop(call, number)) if number is not None else None
    if number is None or stopped is None:
        raise PersonError("No answer is running here.")
    if stopped is TurnState.RUNNING:
        call.services.stop(number)
    return View("" if turn else "Stopped.", replace=False)


async def _running(call: Call) -> TurnId | None:
    if call.standing.session is None:
        return None
    found = await call.services.database.read(turns.open_turns(call.standing.session))
    return next((turn for turn, state in found if state is not TurnState.ANSWERED), None)


def _stop(call: Call, number: TurnId) -> Program[TurnState | None]:
    """Note the wish; says in which state the turn was, or None where there is nothing to stop for this person."""
    found = yield from turns.get(number)
    if found is None or found[1] not in (TurnState.QUEUED, TurnState.RUNNING):
        return None
    turn, state = found
    if (yield from access.reach(call.standing, turn.session)) is None:
        return None
    _must_be_theirs(call, turn)
    yield from turns.request_stop(number)
    if state is TurnState.QUEUED:
        yield from call.services.end_queued(turn)
    return state


COMMANDS = (regenerate, again, stop)
