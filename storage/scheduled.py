"""Questions that schedules have asked, until they are answered: what is to be said of that, and what it has cost."""

from dataclasses import dataclass

from bot.domain.ids import MessageId, PersonId, ScheduleId, TurnId, UnixMs
from bot.domain.schedules import Once, Schedule, rule_from_text
from storage import ledger
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A question that a schedule asks."""

    schedule: ScheduleId | None
    """None: it has been deleted since."""
    recurs: bool
    awaited: bool
    """Whether somebody has just pressed for it: they want an answer, whatever it is."""
    late_at: UnixMs | None
    """When it was due, if it comes late."""
    said: bool
    """Whether it has been said already which question this is."""


def note(turn: TurnId, schedule: Schedule, question: MessageId, late_at: UnixMs | None) -> Program[None]:
    """A schedule has asked a question."""
    yield (
        """
        INSERT INTO scheduled (turn, schedule, question, awaited, late_at)
        VALUES (?, ?, ?, ?, ?)
        """,
        (turn, schedule.id, question, schedule.awaited, late_at),
    )


def of_turn(turn: TurnId) -> Program[Scheduled | None]:
    """What is known of the question of a turn; None if no schedule asks it."""
    rows = yield (
        """
        SELECT schedule.id, rule, scheduled.awaited, late_at, said
        FROM scheduled
        JOIN turn ON turn.id = scheduled.turn
        LEFT JOIN schedule ON schedule.id = scheduled.schedule
        WHERE scheduled.turn = ?
          -- One that somebody has added to is theirs.
          AND turn.question = scheduled.question
        """,
        (turn,),
    )
    if not rows:
        return None
    schedule, rule, awaited, late_at, said = rows[0]
    recurs = rule is not None and not isinstance(rule_from_text(rule), Once)
    return Scheduled(schedule, recurs, bool(awaited), late_at, bool(said))


def note_said(turn: TurnId) -> Program[None]:
    """It has been said which question this is."""
    yield ("UPDATE scheduled SET said = TRUE WHERE turn = ?", (turn,))


def note_silence(turn: TurnId, now: UnixMs) -> Program[None]:
    """There was nothing to say to a question."""
    yield (
        """
        UPDATE schedule
        SET silences = silences + 1, silent_at = ?
        WHERE id = (SELECT schedule FROM scheduled WHERE turn = ?)
        """,
        (now, turn),
    )


def spent_since(person: PersonId, moment: UnixMs) -> Program[int]:
    """What a person's scheduled questions have cost since a moment, or are held for.

    Those to which there was nothing to report count as if they had been paid for: a model was asked all the same.
    """
    rows = yield (
        """
        SELECT COALESCE(-SUM(amount), 0)
        FROM ledger
        JOIN scheduled USING (turn)
        WHERE person = ?
          AND created_at >= ?
          AND cause <> ?
        """,
        (person, moment, ledger.NOTHING_TO_REPORT),
    )
    total: int = rows[0][0]
    return total
