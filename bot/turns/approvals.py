"""Approvals: what has an effect waits until the person who asked, or whom the operator names, has decided about it.

A turn that wants something done ends its run with a card, and waits in the database for as long as it takes. Each
decision is one transaction: it holds for the call that the card has shown, by its seal, and for a turn that still
waits. The last one queues the turn again, so it continues once, no matter who presses how often and what dies.
A press that comes too late says so before anything has run.

What is decided by a press continues in the card. What is decided in writing continues below what was written, and the
card that stays above says what was decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.contracts.bots import Bots
from bot.delivery.outbox import NOT_ASKED
from bot.domain.calls import LOST, Outcome, ResultPart
from bot.domain.clock import Clock
from bot.domain.errors import NoLonger, Over
from bot.domain.ids import SessionId, TurnId, UnixMs
from bot.domain.policy import Policy
from bot.domain.turns import Turn, TurnState
from bot.people.admission import must_decide
from bot.people.callers import Caller
from bot.people.reaching import reachable_turn
from bot.rendering.pages import escaped, notice, paginate
from bot.texts import said_later, say_in
from bot.turns.approval_card import Card, Which
from bot.turns.turn_pages import add_pages, where_to
from bot.turns.unfinished import expires_before
from storage import approvals, outbox, tool_calls, turns
from storage.outbox import OutboxPage, Target
from storage.programs import Program
from storage.tool_calls import CallState, KeptCall

TOO_LATE = said_later(
    "That is too late: the conversation has gone on. Nothing was done. Ask again if you still want it."
)
GIVEN = said_later("That has been answered already.")
EXPIRED = said_later("That is too late: the time to decide is over. Nothing was done. Ask again if you still want it.")
DECIDED = said_later("That has been decided already.")
_GONE = said_later("That question is no longer here. Nothing was done.")

NOT_ALLOWED = said_later("🔧 Not allowed: **{tool}**")

_DENIED = "The person did not allow this, so it was not done."
_DENIED_WITH = "The person did not allow this, so it was not done. They say: {words}"
LONGEST_WORDS = 1_000
"""Characters of what somebody says when they deny."""


class Decision(StrEnum):
    """What somebody decides about a call."""

    ONCE = "once"
    """It may run, or run again if nobody knows whether it did."""
    SESSION = "session"
    """And so may this tool in this session, unasked."""
    ALWAYS = "always"
    """And so may this tool in all of their sessions, unasked."""
    NO = "no"
    """It does not run."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What to do once a decision is kept."""

    session: SessionId
    call: KeptCall
    next: Card | None
    """What to decide next; None: the turn continues."""
    twin: str | None
    """Another message that asks the same and is known: it has nothing left to be pressed."""
    pages: tuple[OutboxPage, ...] = ()
    """To be shown then, as the card says by now what was decided in writing below it."""


class Approvals:
    """Has people decide."""

    def __init__(self, bots: Bots, policy: Policy, clock: Clock) -> None:
        self._bots = bots
        self._policy = policy
        self._clock = clock

    def ask(self, turn: Turn) -> Program[list[OutboxPage] | None]:
        """Have a running turn wait, and show what waits for a decision; None if it has been ended meanwhile."""
        if not (yield from approvals.ask(turn.id)):
            return None
        card = Card.of(turn.id, (yield from tool_calls.of_turn(turn.id)))
        if card is None:
            raise LookupError(turn.id)
        say = say_in((yield from turns.language_of(turn.id)))
        place_row, turn = yield from where_to(turn)
        pages = paginate(self._bots.at(turn.place), turn.place, card.text(say), card.buttons(say))
        # The answer will take the place of the last, which has the buttons.
        return (yield from add_pages(place_row, turn, pages, self._clock.now()))

    def waiting(self, caller: Caller, which: Which) -> Program[tuple[Turn, Sequence[KeptCall], KeptCall]]:
        """A turn that waits, its calls, and the one among them that the caller may decide about.

        Raises:
            Over: it is too late, or decided.
            NoLonger: it is not here.
            PersonError: it is somebody else's.
        """
        found = yield from reachable_turn(caller, which.turn)
        if found is None:
            raise NoLonger(_GONE)
        session, turn, state = found
        must_decide(caller, turn.payer, self._policy)
        calls = yield from tool_calls.of_turn(turn.id)
        call = next((kept for kept in calls if (kept.round, kept.number) == (which.round, which.number)), None)
        if state in (TurnState.QUEUED, TurnState.RUNNING) or (call is not None and not call.is_undecided):
            raise Over(DECIDED)
        waits = yield from approvals.waiting(turn.id)
        if call is None or waits is None or waits.is_left:
            raise Over(TOO_LATE)
        if call.seal != which.seal:
            # An earlier card of the same call: what it has asked is not what is asked now.
            raise Over({CallState.UNKNOWN: DECIDED, CallState.WANTS: GIVEN}.get(call.state, TOO_LATE))
        if waits.asked_at < expires_before(self._policy, self._clock.now()):
            raise Over(EXPIRED)
        if not (yield from approvals.question_is_open(turn.question, session.id)):
            raise Over(TOO_LATE)
        return turn, calls, call

    def decide(
        self, caller: Caller, which: Which, decision: Decision, words: str, card: str | None, receipt: str = ""
    ) -> Program[Decided]:
        """Keep what somebody decides about a call; `words` are said with a denial, `card` is what was pressed, if any,
        and `receipt` what the platform waits with for an answer, where none was.

        Raises:
            PersonError: as `waiting`.
        """
        turn, calls, call = yield from self.waiting(caller, which)
        if call.state is CallState.WANTS:
            raise Over(DECIDED)
        if decision is Decision.NO:
            return (yield from self.settle(turn, calls, replace(call, result=_denied(call, words)), card, receipt))
        yield from _allowed_for_longer(turn, call, decision, self._clock.now())
        return (yield from self.settle(turn, calls, replace(call, state=CallState.ALLOWED), card))

    def asks_now(self, caller: Caller, number: TurnId) -> Program[tuple[Card, str | None] | None]:
        """What a turn that waits wants to know by now, and the message that shows so, if it is known; None if there is
        nothing for the caller to decide.
        """
        found = yield from reachable_turn(caller, number)
        waits = yield from approvals.waiting(number)
        if found is None or waits is None or waits.is_left:
            return None
        turn = found[1]
        must_decide(caller, turn.payer, self._policy)
        card = Card.of(turn.id, (yield from tool_calls.of_turn(turn.id)))
        return (card, turn.preview) if card is not None else None

    def settle(
        self, turn: Turn, calls: Sequence[KeptCall], call: KeptCall, card: str | None, receipt: str = ""
    ) -> Program[Decided]:
        """Keep one of the calls of a turn that waits as it is decided; with the last of them, the turn continues."""
        if call.result is not None:
            yield from tool_calls.end_call(turn.id, call, call.result)
        else:
            yield from self.note(turn, call)
        others = [kept for kept in calls if (kept.round, kept.number) != (call.round, call.number)]
        left = Card.of(turn.id, others)
        pages = (yield from self._leave(turn, call)) if card is None else ()
        if left is not None:
            twin = yield from self.asks_in(turn, card)
            return Decided(turn.session, call, left, None if pages else twin, pages)
        place_row, _ = yield from where_to(turn)
        yield from approvals.go_on(turn.id, place_row, card, receipt)
        return Decided(turn.session, call, None, turn.preview if card not in (None, turn.preview) else None, pages)

    def _leave(self, turn: Turn, call: KeptCall) -> Program[tuple[OutboxPage, ...]]:
        """Have the card, if it is known, say from now on what was decided about its call."""
        place_row, there = yield from where_to(turn)
        if there.preview is None:
            return ()
        say = say_in((yield from turns.language_of(turn.id)))
        denied = call.result is not None and call.result.outcome is Outcome.DENIED
        page = notice(say(NOT_ALLOWED, tool=escaped(call.call.tool)) if denied else say(NOT_ASKED))
        target = Target(place_row, there.place, remote_id=there.preview)
        return ((yield from outbox.add(target, replace(page, only_there=True), self._clock.now(), person=turn.payer)),)

    def asks_in(self, turn: Turn, card: str | None) -> Program[str | None]:
        """A turn that waits asks in this message from now on, or in one that is yet to be sent; gives the one in which
        it has asked until now, if that is another and is known.
        """
        if card is not None:
            yield from approvals.note_card(turn.id, card)
        return turn.preview if card != turn.preview else None

    def note(self, turn: Turn, call: KeptCall) -> Program[None]:
        """Keep how far a call of a turn that waits has come."""
        yield from tool_calls.set_state(turn.id, call, self._clock.now())


def _allowed_for_longer(turn: Turn, call: KeptCall, decision: Decision, now: UnixMs) -> Program[None]:
    if decision in (Decision.SESSION, Decision.ALWAYS):
        session = turn.session if decision is Decision.SESSION else None
        yield from approvals.allow(turn.payer, session, call.call.tool, call.version, now)


def _denied(call: KeptCall, words: str) -> ResultPart:
    if call.state is CallState.UNKNOWN:
        return ResultPart(call.call.id, LOST, Outcome.UNKNOWN)
    text = _DENIED_WITH.format(words=words[:LONGEST_WORDS]) if words else _DENIED
    return ResultPart(call.call.id, text, Outcome.DENIED)
