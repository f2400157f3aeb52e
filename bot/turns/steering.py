"""Steering: what somebody writes while an answer of theirs is being written is answered next, or added to its question.

Both are done in one transaction with the wish for it, and what runs hears of it afterwards: a crash in between finds
the line as it was wished. Only what is one's own is ended or changed; what others have asked waits as before.

A question that is added to becomes a new version of it, a sibling in the tree, and the turn that was at the older one
is put back to answer the new one. It keeps its tokens, and the message that shows its answer: so one answer is paid,
and one is read. What it had asked to be allowed is not done; the model may ask for it again, in the light of what was
added.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.calls import LOST, Outcome, ResultPart
from bot.domain.ids import MessageId, SessionId, TurnId, UnixMs
from bot.domain.messages import Message
from bot.domain.people import Steering
from bot.domain.turns import Turn, TurnState
from bot.people.admission import NOT_ASKED, must_be_theirs
from bot.people.callers import Caller
from bot.people.reaching import reachable_turn
from bot.texts import said_later
from bot.turns.turn_queue import Origin, Question, said
from storage import approvals, ledger, messages, open_turns, pieces, sessions, steering, tool_calls, turns
from storage.pieces import Piece
from storage.programs import Program
from storage.steering import InLine

NOT_WAITING = said_later("Too late: this question is no longer waiting.")
_DONE = said_later("Too late: the answer is already complete. Your question keeps its place in the queue.")
_OTHERS = said_later("Someone else's question comes first. Yours keeps its place in the queue.")
_APART = said_later("This cannot be added to the question that is being answered. It keeps its place in the queue.")

_BETWEEN = "\n"
"""What stands between a question and what is added to it."""
_SAID_MORE = "Not done: the person has added to their question before deciding. Call it again if it is still wanted."


@dataclass(frozen=True, slots=True)
class Steered:
    """What to do once it is kept."""

    ended: TurnId | None = None
    """A turn that runs, and is to end with what has come."""
    left: tuple[TurnId, MessageId] | None = None
    """A turn that runs, and the question that it is no longer to answer."""
    goes_on: SessionId | None = None
    """A session that waited for a decision, and waits no longer."""


@dataclass(frozen=True, slots=True)
class Not:
    """Why nothing was done: a sentence of ours."""

    tell: str


def waiting_of(caller: Caller, number: TurnId) -> Program[Turn | None]:
    """A turn of the caller's that has not begun; None if it no longer waits.

    Raises:
        PersonError: it is somebody else's.
    """
    found = yield from reachable_turn(caller, number)
    if found is None:
        return None
    _, turn, state = found
    must_be_theirs(caller, turn.payer, NOT_ASKED, or_moderators=False)
    return turn if state is TurnState.QUEUED else None


def steer(caller: Caller, turn: Turn, how: Steering, now: UnixMs) -> Program[Steered | Not]:
    """Do with a turn of the caller's that waits what they wish."""
    if how is Steering.WAIT:
        return Steered()
    line = yield from steering.line(turn.session)
    at = next(number for number, one in enumerate(line) if one.turn == turn.id)
    if how is Steering.NOW:
        return (yield from _next(turn.session, line[:at], line[at]))
    return (yield from _added(caller, line[:at], line[at], now))


def offered(line: Sequence[InLine]) -> Program[tuple[Steering, ...]]:
    """What can be made of the last of a line beside waiting: nothing if the answer under way is somebody else's."""
    *ahead, last = line
    if not ahead or ahead[0].state is not TurnState.RUNNING or ahead[0].payer != last.payer:
        return ()
    question = yield from _may_grow(ahead[0], last)
    return (Steering.NOW,) if question is None else (Steering.NOW, Steering.ADD)


def _next(session: SessionId, ahead: Sequence[InLine], this: InLine) -> Program[Steered | Not]:
    """End the answer under way, and put this before all that waits."""
    at_it = ahead[0] if ahead and ahead[0].state in (TurnState.RUNNING, TurnState.ASKED) else None
    # Whoever's answer ends gives its place away; nobody else's place is taken.
    before = [at_it] if at_it is not None else [one for one in ahead if one.state is TurnState.QUEUED]
    if any(one.payer != this.payer for one in before):
        return Not(_OTHERS)
    yield from steering.lift(this.turn)
    if at_it is None:
        return Steered()
    yield from open_turns.request_stop(at_it.turn)
    return Steered(goes_on=session) if at_it.state is TurnState.ASKED else Steered(ended=at_it.turn)


def _added(caller: Caller, ahead: Sequence[InLine], this: InLine, now: UnixMs) -> Program[Steered | Not]:
    """Add this to the question under way, which is then answered again."""
    if not ahead or ahead[0].state not in (TurnState.RUNNING, TurnState.ASKED) or ahead[0].ends:
        return Not(_DONE)
    grows = ahead[0]
    if grows.payer != this.payer:
        return Not(_OTHERS)
    question = yield from _may_grow(grows, this)
    added = yield from messages.get(this.question)
    if question is None or added is None:
        return Not(_APART)
    version = yield from _version_with(caller, question, added, grows, this, now)
    yield from _leave_undone(grows.turn)
    if grows.state is TurnState.ASKED:
        yield from approvals.withdraw(grows.turn)
    yield from steering.requeue(grows.turn, version)
    yield from turns.end(this.turn, TurnState.STOPPED, now)
    yield from ledger.release(this.turn, "added to another question", now)
    yield from messages.withdraw(added.id, now)
    if grows.state is TurnState.ASKED:
        return Steered(goes_on=question.session)
    return Steered(left=(grows.turn, question.id))


def _leave_undone(turn: TurnId) -> Program[None]:
    """What a turn has asked about is decided: it is not done, or as far as it may have been, not again."""
    for call in (yield from tool_calls.of_turn(turn)):
        if call.is_undecided:
            outcome = Outcome.UNKNOWN if call.may_have_acted else Outcome.DENIED
            text = LOST if call.may_have_acted else _SAID_MORE
            yield from tool_calls.end_call(turn, call, ResultPart(call.call.id, text, outcome))


def _may_grow(grows: InLine, this: InLine) -> Program[Message | None]:
    """The question under way, where the other can become part of it: said behind it, at the same place."""
    if grows.place != this.place or not this.begins_here:
        return None
    question = yield from messages.get(grows.question)
    return question if question is not None and not question.goes_on else None


def _version_with(
    caller: Caller, question: Message, added: Message, grows: InLine, this: InLine, now: UnixMs
) -> Program[MessageId]:
    """A new version of a question, with what is added to it; both of its halves show it from now on."""
    before = (yield from pieces.of_message(question.id)) or [Piece(grows.reply_to or "", question.parts)]
    behind = (yield from pieces.of_message(added.id)) or [Piece(this.reply_to or "", added.parts)]
    *head, last = before
    whole = (*head, replace(last, separator=_BETWEEN), *behind)
    session = yield from sessions.get(question.session)
    if session is None:
        raise LookupError(question.session)
    yield from pieces.put(question.id, before)
    version = yield from said(caller, session, Question(pieces.whole(whole), whole), Origin(), now)
    yield from messages.attach(version, question.parent)
    yield from messages.open_branch(version)
    yield from sessions.set_tip(session.id, version, now)
    return version
