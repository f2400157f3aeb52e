"""Turns that wait for a decision and end without one: what was said and done until then becomes their answer.

So the session knows of it, and whatever was asked about is known not to have been done.
"""

from bot.contracts.bots import Bots
from bot.domain.calls import Outcome, ResultPart
from bot.domain.clock import Clock
from bot.domain.ids import UnixMs
from bot.domain.policy import Policy
from bot.domain.turns import FinishReason, Turn
from bot.people import callers
from bot.texts import said_later
from bot.tools.toolbox import rounds_made, steps
from bot.turns.answer import Answer
from bot.turns.answer_store import AnswerStore
from bot.turns.briefing import Begun
from bot.turns.endings import Endings
from storage import approvals, customs, messages, people, sessions, tool_calls, turns
from storage.outbox import OutboxPage
from storage.programs import Program
from storage.tool_calls import CallState, KeptCall, used_by

WENT_ON = said_later("Not done: the conversation went on before anyone had decided.")
EXPIRED = said_later("Not done: no one decided in time.")
STOPPED = said_later("Not done: you stopped it.")

_UNSURE = {
    WENT_ON: said_later(
        "The conversation went on before anyone had decided. Whether this took effect before is not known."
    ),
    EXPIRED: said_later("No one decided in time. It is not known whether this had already taken effect."),
    STOPPED: said_later("You stopped it. Whether this took effect before is not known."),
}
"""What is said instead where something may have been done already: it was interrupted, or its server had begun."""

DAY_MS = 24 * 3600 * 1000

_UNDECIDED = "The person has not allowed this, so it was not done. Do not call it again unless they ask for it."
_LEFT = "It was interrupted, and whether it took effect is not known. The person has left it at that."
_UNANSWERED = (
    "Its server asked the person for something before it would go on, and they did not answer. Whether it has done "
    "anything before is not known."
)


class Unfinished:
    """Ends turns that wait, each in one transaction."""

    def __init__(self, bots: Bots, answers: AnswerStore, endings: Endings, policy: Policy, clock: Clock) -> None:
        self._bots = bots
        self._answers = answers
        self._endings = endings
        self._policy = policy
        self._clock = clock

    def left(self, turn: Turn) -> Program[list[OutboxPage] | None]:
        """End a turn if its session has gone on without it, or somebody wants it ended; None while it waits."""
        waits = yield from approvals.waiting(turn.id)
        if waits is None or not waits.is_left:
            return None
        return (yield from self.close(turn, WENT_ON))

    def expired(self) -> Program[list[OutboxPage]]:
        """End what has waited too long."""
        pages: list[OutboxPage] = []
        for number in (yield from approvals.waiting_since(expires_before(self._policy, self._clock.now()))):
            found = yield from turns.get(number)
            if found is not None and self._bots.find(found[0].place) is not None:
                pages += yield from self.close(found[0], EXPIRED)
        return pages

    def close(self, turn: Turn, why: str) -> Program[list[OutboxPage]]:
        """End a turn that waits for a decision, for this reason: one of our sentences."""
        yield from approvals.withdraw(turn.id)
        session, question = (yield from sessions.get(turn.session)), (yield from messages.get(turn.question))
        if session is None or question is None or self._bots.find(turn.place) is None:
            return (yield from self._endings.stopped(turn))
        payer = callers.at_home(self._policy, (yield from people.get(turn.payer)))
        payer = callers.spoken_to(self._policy, payer, turn.place)
        payer = callers.among((yield from customs.at(turn.place)), payer)
        kept = yield from tool_calls.of_turn(turn.id)
        unsure = any(call.result is None and _left_at(call).outcome is Outcome.UNKNOWN for call in kept)
        note = _UNSURE[why] if unsure else why
        answer = Answer(finish=FinishReason.STOPPED, steps=steps(rounds_made(kept, _left_at)), note=note)
        used = used_by(kept)
        answer.usage, answer.microusd = used.usage, used.microusd
        begun, state = Begun(turn, session, payer, (question,)), (yield from turns.state_of(turn.id))
        return (yield from self._answers.store(begun, turn, answer, state))


def _left_at(kept: KeptCall) -> ResultPart:
    """What is known of a call about which nobody has decided."""
    if kept.state is CallState.UNKNOWN:
        return ResultPart(kept.call.id, _LEFT, Outcome.UNKNOWN)
    if kept.state is CallState.WANTS:
        return ResultPart(kept.call.id, _UNANSWERED, Outcome.FAILED if kept.repeatable else Outcome.UNKNOWN)
    return ResultPart(kept.call.id, _UNDECIDED, Outcome.DENIED)


def expires_before(policy: Policy, now: UnixMs) -> UnixMs:
    """What was asked about before this moment can no longer be decided."""
    return UnixMs(now - policy.tools.approval_days * DAY_MS)
