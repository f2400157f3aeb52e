"""Approvals: turns that wait until somebody has decided about their calls, and what people have allowed for longer."""

from dataclasses import dataclass

from bot.domain.ids import MessageId, PersonId, SessionId, TurnId, UnixMs
from storage import keepers
from storage.programs import Program

# waiting turns


def ask(turn: TurnId) -> Program[bool]:
    """A running turn waits for a decision from now on; False if it does not run, or its asker wants it ended.

    Whatever has been said in its session until now waits behind it; what is said later takes its place.
    """
    rows = yield (
        """
        UPDATE turn
        SET state = 'asked', attempt = 1, worker = NULL, asked_after = (
            SELECT MAX(other.id)
            FROM turn AS other
            WHERE other.session = turn.session
        )
        WHERE id = ?
          AND state = 'running'
          AND NOT stop_requested
        RETURNING id
        """,
        (turn,),
    )
    return bool(rows)


@dataclass(frozen=True, slots=True)
class PendingDecision:
    """What a turn waits with for a decision."""

    is_left: bool
    """Its session has gone on, or somebody wants it ended: it no longer waits for anything."""
    asked_at: UnixMs
    """When the last of its calls was asked about."""


def waiting(turn: TurnId) -> Program[PendingDecision | None]:
    """How a turn waits; None if it does not."""
    rows = yield (
        """
        SELECT
            stop_requested OR EXISTS (
                SELECT 1
                FROM turn AS later
                WHERE later.session = turn.session
                  AND later.id > turn.asked_after
            ),
            COALESCE((SELECT MAX(begun_at) FROM tool_call WHERE tool_call.turn = turn.id), 0)
        FROM turn
        WHERE id = ?
          AND state = 'asked'
        """,
        (turn,),
    )
    return PendingDecision(bool(rows[0][0]), rows[0][1]) if rows else None


def note_card(turn: TurnId, remote_id: str) -> Program[None]:
    """The message that shows what waits for a decision: the answer takes its place."""
    yield ("UPDATE turn SET preview = ? WHERE id = ? AND state = 'asked'", (remote_id, turn))


def go_on(turn: TurnId, place: int, card: str | None, receipt: str) -> Program[None]:
    """All is decided about a turn that waits: it is queued again, and is the first of its session's line.

    `card`: the message that was pressed: the answer takes its place. None: the last was decided in writing, below the
    card; so the answer is another message, which answers that command if it has a receipt.
    """
    yield (
        """
        UPDATE turn
        SET state = 'queued', asked_after = NULL, preview = ?, left_cards = left_cards + ?, receipt = ?
        WHERE id = ?
          AND state = 'asked'
        """,
        (card, int(card is None), receipt, turn),
    )
    yield from withdraw(turn)
    yield from keepers.is_ours(place)


def withdraw(turn: TurnId) -> Program[None]:
    """No card of a turn that has waited need be shown any longer."""
    yield ("DELETE FROM outbox WHERE turn = ? AND message IS NULL", (turn,))


def waiting_since(before: UnixMs) -> Program[list[TurnId]]:
    """The turns that have waited for a decision since before that moment."""
    rows = yield (
        """
        SELECT turn.id
        FROM turn
        WHERE state = 'asked'
          AND NOT EXISTS (SELECT 1 FROM tool_call WHERE tool_call.turn = turn.id AND begun_at >= ?)
        ORDER BY turn.id
        """,
        (before,),
    )
    return [turn for (turn,) in rows]


# what is allowed for longer


def allow(person: PersonId, session: SessionId | None, tool: str, version: str, now: UnixMs) -> Program[None]:
    """From now on this tool need not ask this person, in this session (None: in any), as long as it stays as it is."""
    yield (
        "DELETE FROM approval WHERE person = ? AND tool = ? AND session IS NOT DISTINCT FROM ?",
        (person, tool, session),
    )
    yield (
        "INSERT INTO approval (person, session, tool, version, created_at) VALUES (?, ?, ?, ?, ?)",
        (person, session, tool, version, now),
    )


def allowed(person: PersonId, session: SessionId) -> Program[set[tuple[str, str]]]:
    """The tools, with their versions, that need not ask this person in this session."""
    rows = yield (
        "SELECT tool, version FROM approval WHERE person = ? AND (session IS NULL OR session = ?)",
        (person, session),
    )
    return {(tool, version) for tool, version in rows}


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody has allowed for longer than once."""

    id: int
    tool: str
    session: SessionId | None
    """None: in all of theirs."""
    title: str
    """Of that session."""


def of_person(person: PersonId) -> Program[list[Approval]]:
    """All that a person has allowed, the newest first."""
    rows = yield (
        """
        SELECT approval.id, tool, session, COALESCE(title, '')
        FROM approval
        LEFT JOIN session ON session.id = approval.session AND deleted_at IS NULL
        WHERE person = ?
        ORDER BY approval.id DESC
        """,
        (person,),
    )
    return [Approval(*row) for row in rows]


def take_back(person: PersonId, approval: int) -> Program[bool]:
    """The tool asks again; False if it did so already."""
    rows = yield ("DELETE FROM approval WHERE person = ? AND id = ? RETURNING id", (person, approval))
    return bool(rows)


def question_is_open(question: MessageId, session: SessionId) -> Program[bool]:
    """Whether a session stands where this question was asked: nothing has been said behind it, nothing taken back."""
    rows = yield (
        """
        SELECT 1
        FROM session
        JOIN message ON message.id = tip
        WHERE session.id = ?
          AND tip = ?
          AND deleted_at IS NULL
          AND forgotten_at IS NULL
        """,
        (session, question),
    )
    return bool(rows)
