"""The steps of turns under way: each call of a tool is a row before it runs, and has its outcome after.

    asked     it has an effect, and waits until somebody has decided about it
    unknown   it was interrupted; whether it is run again waits for the same
    allowed   somebody has allowed it, as it stands here; it has not begun
    begun     it runs, or did when the process died
    wants     its server has asked for something before it goes on, and waits until the person has answered
    answered  they have; it has not gone on

With a result it has ended, whatever its state.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from enum import StrEnum

import orjson

from bot.domain.calls import CallPart, Outcome, ResultPart
from bot.domain.ids import TurnId, UnixMs
from bot.domain.turns import Usage
from storage.parts import parts_from_json, parts_to_json
from storage.programs import Program


class CallState(StrEnum):
    """How far a call has come."""

    ASKED = "asked"
    UNKNOWN = "unknown"
    ALLOWED = "allowed"
    BEGUN = "begun"
    WANTS = "wants"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Used:
    """What a request to a model has used, or the most it can have, where its vendor does not say."""

    usage: Usage
    microusd: int
    """By its list price; 0 if nobody knows it, or the operator does not pay."""

    def __add__(self, other: "Used") -> "Used":
        """What two requests used together."""
        return Used(self.usage + other.usage, self.microusd + other.microusd)


NOTHING = Used(Usage(0, 0), 0)


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call of a turn; `number` counts those that were made at once."""

    round: int
    number: int
    said: str
    """What the model has said in this round, before all its calls."""
    call: CallPart
    repeatable: bool
    """Once more would not have another effect: after a crash it is run again."""
    state: CallState = CallState.BEGUN
    version: str = ""
    """Of the tool, see `Tool.version`; "" if there is no such tool."""
    login: str = ""
    """Whose account it acts with, in words; "" for nobody's."""
    wary: bool = False
    """The model had read words of others than the asker when it made this call."""
    used: Used = NOTHING
    """By the request in whose answer it was called."""
    form: str = ""
    """What its server asks for, as `bot.tools.forms` writes it; "" for nothing."""
    answers: str = ""
    """What the person has answered of that so far."""
    result: ResultPart | None = None
    """None: it has not ended, as far as anybody knows."""

    @property
    def is_undecided(self) -> bool:
        """Whether somebody has to decide about it."""
        return self.result is None and self.state in (CallState.ASKED, CallState.UNKNOWN, CallState.WANTS)

    @property
    def has_begun(self) -> bool:
        """Whether its tool was called, as far as anybody knows."""
        return self.state not in (CallState.ASKED, CallState.ALLOWED)

    def without_form(self, state: CallState) -> "KeptCall":
        """It in another state, as if its server had asked for nothing."""
        return replace(self, state=state, form="", answers="")

    @property
    def may_have_acted(self) -> bool:
        """Whether it may have had an effect that stays, whatever becomes of its turn."""
        if self.repeatable:
            return False
        if self.result is None:
            return self.has_begun
        return self.result.outcome is not Outcome.DENIED

    @property
    def seal(self) -> str:
        """Sixteen hexadecimal digits that change with anything that its card shows: tool, arguments, login, whether it
        was interrupted, what its server asks for and what of that is answered.
        """
        interrupted = self.state is CallState.UNKNOWN
        what = (self.call.tool, self.call.arguments, self.version, self.login, interrupted, self.form, self.answers)
        shown = orjson.dumps(what)
        return hashlib.sha256(shown).hexdigest()[:16]


def used_by(calls: Iterable[KeptCall]) -> Used:
    """What the requests have used that led to these calls, each of which is told with all of its calls."""
    return sum({kept.round: kept.used for kept in calls}.values(), start=NOTHING)


def add_calls(turn: TurnId, calls: Sequence[KeptCall], now: UnixMs) -> Program[None]:
    """These are about to run, or to be asked about."""
    for kept in calls:
        yield (
            """
            INSERT INTO tool_call
                (turn, round, number, said, call, repeatable, state, version, login, wary, usage, cost_microusd,
                begun_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                turn,
                kept.round,
                kept.number,
                kept.said,
                parts_to_json((kept.call,)),
                kept.repeatable,
                kept.state.value,
                kept.version,
                kept.login,
                kept.wary,
                orjson.dumps(astuple(kept.used.usage)).decode(),
                kept.used.microusd,
                now,
            ),
        )


def set_state(turn: TurnId, kept: KeptCall, now: UnixMs) -> Program[None]:
    """A call has come as far as `kept` says; it is what somebody saw of it there."""
    yield (
        """
        UPDATE tool_call
        SET state = ?, version = ?, login = ?, form = ?, answers = ?, begun_at = ?
        WHERE turn = ?
          AND round = ?
          AND number = ?
        """,
        (
            kept.state.value,
            kept.version,
            kept.login,
            kept.form,
            kept.answers,
            now,
            turn,
            kept.round,
            kept.number,
        ),
    )


def end_call(turn: TurnId, kept: KeptCall, result: ResultPart) -> Program[None]:
    """What came of one."""
    yield (
        "UPDATE tool_call SET result = ? WHERE turn = ? AND round = ? AND number = ?",
        (parts_to_json((result,)), turn, kept.round, kept.number),
    )


def of_turn(turn: TurnId) -> Program[list[KeptCall]]:
    """All of a turn, in the order in which they were made."""
    rows = yield (
        """
        SELECT round, number, said, call, repeatable, state, version, login, wary, usage,
            cost_microusd, form, answers, result
        FROM tool_call
        WHERE turn = ?
        ORDER BY round, number
        """,
        (turn,),
    )
    found = []
    for (
        round_,
        number,
        said,
        call,
        repeatable,
        state,
        version,
        login,
        wary,
        usage,
        microusd,
        form,
        answers,
        result,
    ) in rows:
        made, *_ = parts_from_json(call)
        ended = parts_from_json(result)[0] if result is not None else None
        used = Used(Usage(*orjson.loads(usage)), microusd) if usage else NOTHING
        if isinstance(made, CallPart) and (ended is None or isinstance(ended, ResultPart)):
            how_far = CallState(state)
            found.append(
                KeptCall(
                    round_,
                    number,
                    said,
                    made,
                    bool(repeatable),
                    how_far,
                    version,
                    login,
                    bool(wary),
                    used,
                    form,
                    answers,
                    ended,
                )
            )
    return found


def erase(turn: TurnId) -> Program[None]:
    """The turn has ended: what it has had done stands in its answer, if it has one."""
    yield ("DELETE FROM tool_call WHERE turn = ?", (turn,))
