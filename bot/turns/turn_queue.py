"""The queue of turns: a request is checked against what its caller may do and has left, then queued, tokens reserved.

Messages, commands and buttons all ask here, in the transaction that keeps them; none of it needs a chat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot.contracts.abilities import Reaction
from bot.domain.ids import MessageId, SessionId, TurnId, UnixMs
from bot.domain.messages import GO_ON, FilePart, Part
from bot.domain.policy import Policy
from bot.domain.sessions import Session
from bot.llm import wishes
from bot.people import admission, purse
from bot.people.callers import Caller
from bot.people.sessions import take_back
from bot.rendering.pages import escaped
from bot.texts import moments
from storage import attachments, inbox, ledger, messages, open_turns, pieces, turns
from storage import scheduled as scheduled_turns
from storage.pieces import Piece
from storage.programs import Program, together
from storage.turns import NOW, Attach, Made, NewTurn

log = structlog.get_logger(__name__)

_MINUTE_MS = 60_000
_MOMENT_MS = 2_000
_AS_USUAL = Made()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused, for the person. `once`: said once a minute; what follows gets the reaction."""

    text: str
    values: Mapping[str, object]
    once: bool = False
    reaction: Reaction = Reaction.LATER


SAME_WISH = Refusal("It is being answered right now.", {})
"""Two requests at the same moment are one."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How a request came, and how its answer finds the way back."""

    event: str = ""
    """The event it came with: queued once, however often that comes. "": the caller takes care of that."""
    reply_to: str | None = None
    """The message that shows what is asked: the answer replies to it. None: nothing shows it."""
    receipt: str = ""
    """That of a command which waits for the answer, see `Invocation.receipt`."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something asked for the first time."""

    parts: tuple[Part, ...]
    pieces: Sequence[Piece] = ()
    """The messages that it came in, if there are several."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants answered: a question of theirs, or one that is there, by its id."""

    session: Session
    question: Question | MessageId
    origin: Origin
    attach: Attach = "tip"
    parent: MessageId | None = None
    """Where `attach` is "parent"."""
    made: Made = _AS_USUAL
    album: str | None = None
    separator: str | None = None
    """What separates the text from more of it that may follow; None: nothing will."""
    run_after: UnixMs = NOW
    said_at: UnixMs = NOW
    """See `NewTurn.said_at`."""
    scheduled: bool = False
    """A schedule asks it: not how much was asked within a minute counts, but what schedules may use in a day."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A turn waits in a session, until this moment for more of its question."""

    session: SessionId
    question: MessageId | None
    """None: its event had come before, so nothing was queued."""
    run_after: UnixMs = NOW
    turn: TurnId | None = None
    ours: bool = True
    """Whether this process is to run it; else another has been told."""


@dataclass(frozen=True, slots=True)
class TurnQueue:
    """Queues requests as turns, under the rules of the policy."""

    policy: Policy

    def ask(self, caller: Caller, request: Request, now: UnixMs) -> Program[Queued | Refusal]:
        """Queue a request; if it is refused, nothing of it is kept."""
        session, made, origin, place = request.session, request.made, request.origin, caller.place
        if origin.event and not (yield from inbox.note(place.platform, place.bot, origin.event, now)):
            return Queued(session.id, None)
        policy = self.policy.at(place)
        price = wishes.price_of(session, caller.person, made, policy)
        refusal = yield from self._why_not(caller, session, price, now, scheduled=request.scheduled)
        if refusal is not None:
            yield from take_back(caller, session)
            return refusal
        question = request.question
        if isinstance(question, Question):
            question = yield from said(caller, session, question, origin, now)
        turn = NewTurn(
            session=session.id,
            place=caller.place_row,
            payer=caller.person.id,
            question=question,
            reserved=price,
            attach=request.attach,
            parent=request.parent,
            model=wishes.own_model(session, caller.person, made.model, policy) or made.model,
            grounded=made.grounded,
            picture=made.picture,
            reply_to=origin.reply_to,
            album=request.album,
            separator=request.separator,
            run_after=request.run_after,
            said_at=request.said_at,
            receipt=origin.receipt,
        )
        number, ours = yield from turns.add(turn, now)
        if turn.reserved:
            yield from ledger.reserve(turn.payer, number, turn.reserved, now)
        return Queued(session.id, question, turn.run_after, number, ours)

    def again(
        self,
        caller: Caller,
        session: Session,
        question: MessageId,
        made: Made,
        origin: Origin,
        now: UnixMs,
        *,
        of: TurnId | None = None,
    ) -> Program[Queued | Refusal]:
        """Queue another answer to a question, made as that one was; `of`: the turn below whose answer it is asked for.

        Two requests at the same moment are one.
        """
        model = wishes.own_model(session, caller.person, made.model, self.policy.at(caller.place)) or made.model
        if (yield from open_turns.is_wished(question, model, of, UnixMs(now - _MOMENT_MS))):
            return SAME_WISH
        return (yield from self.ask(caller, Request(session, question, origin, "attached", made=made), now))

    def go_on(
        self, caller: Caller, session: Session, answer: MessageId, origin: Origin, now: UnixMs
    ) -> Program[Queued | Refusal]:
        """Queue what comes behind an answer, made as that was."""
        if (yield from open_turns.is_asked(session.id, (GO_ON,))):
            return SAME_WISH
        below_tip, made = session.tip == answer, (yield from turns.made(answer))
        request = Request(
            session,
            Question((GO_ON,)),
            origin,
            attach="tip" if below_tip else "parent",
            parent=None if below_tip else answer,
            made=made,
        )
        return (yield from self.ask(caller, request, now))

    def _why_not(
        self, caller: Caller, session: Session, price: int, now: UnixMs, *, scheduled: bool
    ) -> Program[Refusal | None]:
        """Why this person cannot ask for an answer now: a mode that is not for them, too fast, not enough tokens."""
        mode = self.policy.at(caller.place).modes.get(session.mode)
        closed = admission.why_not_mode(mode, caller) if mode is not None else None
        if closed is not None:
            return Refusal(closed.tell, closed.values, once=True, reaction=Reaction.CLOSED)
        limited = self._over_budget(caller, price, now) if scheduled else self._too_fast(caller, now)
        too_often, too_little = yield from together(limited, self._too_little(caller, price, now))
        return too_often or too_little

    def _too_fast(self, caller: Caller, now: UnixMs) -> Program[Refusal | None]:
        since = UnixMs(now - _MINUTE_MS)
        limit = self.policy.rate_limit_per_minute
        if limit and (yield from turns.count_between(caller.person.id, since, now)) >= limit:
            return Refusal(
                "That was more than {limit} requests in a minute. Please wait a little and send it again.",
                {"limit": limit},
                once=True,
            )
        limit = 0 if caller.place.kind.private else self.policy.chat_rate_limit_per_minute
        if limit and (yield from turns.count_in_chat(caller.place, since, now)) >= limit:
            return Refusal(
                "That was more than {limit} requests from this chat in a minute. "
                "Please wait a little and send it again.",
                {"limit": limit},
                once=True,
            )
        return None

    def _over_budget(self, caller: Caller, price: int, now: UnixMs) -> Program[Refusal | None]:
        """Why a schedule may not ask: the budget for that is spent."""
        limit = self.policy.schedule_tokens_per_day
        if not (limit and price):
            return None
        spent = yield from scheduled_turns.spent_since(caller.person.id, UnixMs(now - moments.DAY_MS))
        if spent + price <= limit:
            return None
        return Refusal("Your schedules may use {limit} tokens within 24 hours, and have used {spent}.",
                       {"limit": limit, "spent": spent})  # fmt: skip

    def _too_little(self, caller: Caller, price: int, now: UnixMs) -> Program[Refusal | None]:
        midnight, cap = moments.midnight(now), self.policy.tokens_per_day
        if price and cap and (yield from ledger.spent_since(midnight)) + price > cap:
            again = moments.shown(UnixMs(midnight + moments.DAY_MS), moments.zone_of(caller.person.time_zone))
            log.warning("daily_cap_reached", cap=cap)
            return Refusal(
                "This bot has reached its daily limit. Nothing was charged. It will answer again from {moment}.",
                {"moment": again},
                once=True,
            )
        balance = yield from ledger.balance(caller.person.id)
        if balance >= price:
            return None
        if caller.identity.anonymous:
            return Refusal(
                "You write as “{name}”, so I cannot tell whose tokens to use. Write under your own name, or ask an "
                "admin of this bot to give “{name}” tokens.",
                {"name": escaped(caller.identity.name)},
            )
        return Refusal(*purse.dry(caller.person, self.policy, balance, price, now))


def said(caller: Caller, session: Session, question: Question, origin: Origin, now: UnixMs) -> Program[MessageId]:
    """Keep a new question, with its files and with what shows it: replied to and edited there like any other."""
    speaker = "" if session.owner is not None else caller.identity.name
    number = yield from messages.add_question(session.id, question.parts, speaker, now)
    files = [part for part in question.parts if isinstance(part, FilePart)]
    yield from attachments.note(number, session.id, caller.person.id, files, now)
    shown = [origin.reply_to] if origin.reply_to is not None else []
    for remote_id in filter(None, (*shown, *(piece.remote_id for piece in question.pieces))):
        yield from messages.note_shown(caller.place, remote_id, 0, number)
    if question.pieces:
        yield from pieces.put(number, question.pieces)
    return number
