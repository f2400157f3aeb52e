"""Stopping an answer, as a program that takes a caller and ids."""

from dataclasses import dataclass

from bot.domain.ids import TurnId
from bot.domain.turns import TurnState
from bot.people.admission import NOT_ASKED, must_be_theirs
from bot.people.callers import Caller
from bot.people.reaching import reachable_turn
from bot.turns.deleting import EndQueued
from storage import turns
from storage.database import Program
from storage.outbox import OutboxPage


@dataclass(frozen=True, slots=True)
class Stopped:
    """What is to be done once the wish is kept."""

    turn: TurnId
    runs: bool
    """It has begun, and is to be ended where it runs."""
    pages: tuple[OutboxPage, ...]
    """What there is to say where it had not."""


def next_here(caller: Caller) -> Program[TurnId | None]:
    """The turn of the open session that runs, or will next."""
    found = (yield from turns.open_turns(caller.session)) if caller.session is not None else []
    return next((turn for turn, state in found if state is not TurnState.ANSWERED), None)


def stop(caller: Caller, number: TurnId, end_queued: EndQueued) -> Program[Stopped | None]:
    """Note that the caller wants a turn of theirs stopped; None where there is nothing to stop for them.

    Raises:
        PersonError: it is somebody else's.
    """
    found = yield from reachable_turn(caller, number)
    if found is None or found[2] not in (TurnState.QUEUED, TurnState.RUNNING):
        return None
    _, turn, state = found
    must_be_theirs(caller, turn.payer, NOT_ASKED, or_moderators=False)
    yield from turns.request_stop(number)
    pages = (yield from end_queued(turn)) if state is TurnState.QUEUED else []
    return Stopped(number, state is TurnState.RUNNING, tuple(pages))
