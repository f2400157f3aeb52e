"""Stopping an answer, as a program that takes a caller and ids."""

from dataclasses import dataclass

from bot.domain.ids import TurnId
from bot.domain.turns import TurnState
from bot.people.admission import NOT_ASKED, must_be_theirs
from bot.people.callers import Caller
from bot.people.reaching import reachable_turn
from bot.turns.deleting import EndQueued
from storage import open_turns
from storage.outbox import OutboxPage
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Stopped:
    """What to do once the wish is kept."""

    turn: TurnId
    runs: bool
    """It has begun, and must be ended where it runs."""
    pages: tuple[OutboxPage, ...]
    """What there is to say where it had not."""


def next_here(caller: Caller) -> Program[TurnId | None]:
    """The turn of the open session that runs, or will next."""
    found = (yield from open_turns.of_session(caller.session)) if caller.session is not None else []
    return next((turn for turn, state in found if state is not TurnState.ANSWERED), None)


@dataclass(frozen=True, slots=True)
class Meant:
    """What somebody may mean who wants to stop."""

    next: TurnId | None
    """The answer of the open session that is written, or will be next."""
    is_theirs: bool
    waiting: int
    """How many others of theirs have not begun."""


def meant(caller: Caller) -> Program[Meant]:
    """What can be stopped for the caller where they are."""
    number = yield from next_here(caller)
    theirs = dict((yield from open_turns.of_payer_at(caller.person.id, caller.place_row, caller.session)))
    waiting = sum(state is TurnState.QUEUED for turn, state in theirs.items() if turn != number)
    return Meant(number, number in theirs, waiting)


def stop_all(caller: Caller, end_queued: EndQueued) -> Program[list[Stopped]]:
    """Note that the caller wants everything stopped that they have asked here and that is not answered."""
    stopped = []
    for number, _ in (yield from open_turns.of_payer_at(caller.person.id, caller.place_row, caller.session)):
        one = yield from stop(caller, number, end_queued)
        stopped += [one] if one is not None else []
    return stopped


def stop(caller: Caller, number: TurnId, end_queued: EndQueued) -> Program[Stopped | None]:
    """Note that the caller wants a turn of theirs stopped; None if there is nothing to stop for them.

    Raises:
        PersonError: it is somebody else's.
    """
    found = yield from reachable_turn(caller, number)
    if found is None or found[2] not in (TurnState.QUEUED, TurnState.RUNNING, TurnState.ASKED):
        return None
    _, turn, state = found
    must_be_theirs(caller, turn.payer, NOT_ASKED, or_moderators=False)
    yield from open_turns.request_stop(number)
    pages = (yield from end_queued(turn)) if state is not TurnState.RUNNING else []
    return Stopped(number, state is TurnState.RUNNING, tuple(pages))
