"""The steps of turns under way: each call of a tool is a row before it runs, and has its outcome after."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.calls import CallPart, ResultPart
from bot.domain.ids import TurnId, UnixMs
from storage.parts import parts_from_json, parts_to_json
from storage.programs import Program


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
    result: ResultPart | None = None
    """None: it has begun, and nobody knows of an end."""


def begin_calls(turn: TurnId, calls: Sequence[KeptCall], now: UnixMs) -> Program[None]:
    """These are about to run."""
    for kept in calls:
        yield (
            """
            INSERT INTO tool_call (turn, round, number, said, call, reads, begun_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            (turn, kept.round, kept.number, kept.said, parts_to_json((kept.call,)), kept.repeatable, now),
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
        SELECT round, number, said, call, reads, result
        FROM tool_call
        WHERE turn = ?
        ORDER BY round, number
        """,
        (turn,),
    )
    found = []
    for round_, number, said, call, reads, result in rows:
        made, *_ = parts_from_json(call)
        ended = parts_from_json(result)[0] if result is not None else None
        if isinstance(made, CallPart) and (ended is None or isinstance(ended, ResultPart)):
            found.append(KeptCall(round_, number, said, made, bool(reads), ended))
    return found


def erase(turn: TurnId) -> Program[None]:
    """The turn has ended: what it has had done stands in its answer, if it has one."""
    yield ("DELETE FROM tool_call WHERE turn = ?", (turn,))
