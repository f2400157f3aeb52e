"""Turns: the durable jobs. Beginning one is in `storage.claims`; asking what is still open, in `storage.open_turns`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.domain.ids import MessageId, PersonId, SessionId, TurnId, UnixMs
from bot.domain.model_names import ModelName
from bot.domain.pictures import PictureWish
from bot.domain.places import Place, PlaceKind
from bot.domain.turns import Turn, TurnState
from storage import keepers, tool_calls
from storage.customs import value_at
from storage.programs import Program, together

COLUMNS = (
    "turn.id, turn.session, turn.payer, turn.question, attempt, reserved, turn.model, grounded, reply_to, preview,"
    " receipt, turn.picture, left_cards, EXISTS (SELECT 1 FROM scheduled WHERE scheduled.turn = turn.id),"
    " EXISTS (SELECT 1 FROM tool_call WHERE tool_call.turn = turn.id),"
    " place.platform, place.bot, place.chat, place.thread, place.kind"
)
# Where an answer goes: the place that it was asked at, or the one that stands in for it.
AT_PLACE = """
        JOIN place AS asked ON asked.id = turn.place
        JOIN place ON place.id = COALESCE(asked.stand_in, asked.id)"""
OPEN = "state IN ('queued', 'running', 'answered', 'asked')"


NOW = UnixMs(0)
"""As `run_after`: nothing to wait for."""

Attach = Literal["tip", "parent", "attached"]
"""Where the question is attached: below the tip when the turn begins, below `parent`, or it is already."""


@dataclass(frozen=True, slots=True)
class NewTurn:
    """What a turn needs to be queued."""

    session: SessionId
    place: int
    payer: PersonId
    question: MessageId
    reserved: int
    attach: Attach
    parent: MessageId | None = None
    model: ModelName | None = None
    grounded: bool = False
    """Strictly from the session's documents, whatever the mode."""
    reply_to: str | None = None
    album: str | None = None
    separator: str | None = None
    """What separates the text from more of it that may follow; None: nothing will."""
    run_after: UnixMs = NOW
    said_at: UnixMs = NOW
    """When it was said, by the platform's clock, if more of it may follow."""
    receipt: str = ""
    picture: PictureWish | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What made an answer what it is, beside its session: handed on by every way of asking again."""

    model: ModelName | None = None
    """The model that was chosen for that turn alone."""
    grounded: bool = False
    """Strictly from the session's documents."""
    picture: PictureWish | None = None
    """How the picture was wanted; None: it was words that were wanted."""


def turn_of(row: Sequence[object]) -> Turn:
    """Read a row of `COLUMNS`."""
    number, session, payer, question, attempt, reserved, model, grounded, reply_to, preview, *rest = row
    receipt, picture, left_cards, scheduled, has_calls, platform, bot, chat, thread, kind = rest
    return Turn(
        id=number,  # type: ignore[arg-type]
        session=session,  # type: ignore[arg-type]
        place=Place(platform, bot, chat, thread, PlaceKind(kind)),  # type: ignore[arg-type]
        payer=payer,  # type: ignore[arg-type]
        question=question,  # type: ignore[arg-type]
        attempt=attempt,  # type: ignore[arg-type]
        reserved=reserved,  # type: ignore[arg-type]
        model=ModelName.or_none(model),  # type: ignore[arg-type]
        grounded=bool(grounded),
        reply_to=reply_to,  # type: ignore[arg-type]
        preview=preview,  # type: ignore[arg-type]
        receipt=receipt,  # type: ignore[arg-type]
        picture=PictureWish.or_none(picture),  # type: ignore[arg-type]
        left_cards=left_cards,  # type: ignore[arg-type]
        scheduled=bool(scheduled),
        has_calls=bool(has_calls),
    )


def add(turn: NewTurn, now: UnixMs) -> Program[tuple[TurnId, bool]]:
    """Queue a turn. Its number, and whether this process is to run it; else the one that is has been told."""
    return (yield from together(_add(turn, now), keepers.is_ours(turn.place, turn.session)))


def _add(turn: NewTurn, now: UnixMs) -> Program[TurnId]:
    rows = yield (
        """
        INSERT INTO turn (session, place, payer, question, state, attach, parent, model, grounded, reserved,
            reply_to, album, separator, run_after, said_at, receipt, picture, created_at)
        VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        RETURNING id
        """,
        (
            turn.session,
            turn.place,
            turn.payer,
            turn.question,
            turn.attach,
            turn.parent,
            turn.model,
            turn.grounded,
            turn.reserved,
            turn.reply_to,
            turn.album,
            turn.separator,
            turn.run_after,
            turn.said_at,
            turn.receipt,
            str(turn.picture or ""),
            now,
        ),
    )
    return TurnId(rows[0][0])


def get(turn: TurnId) -> Program[tuple[Turn, TurnState] | None]:
    """A turn and its state."""
    rows = yield (
        f"""
        SELECT {COLUMNS}, state
        FROM turn{AT_PLACE}
        WHERE turn.id = ?
        """,
        (turn,),
    )
    return (turn_of(rows[0][:-1]), TurnState(rows[0][-1])) if rows else None


def place_of(turn: TurnId) -> Program[tuple[int, Place] | None]:
    """Where a turn's answer goes now: a chat's id may have changed since it was asked. None: the turn is erased."""
    rows = yield (
        f"""
        SELECT place.id, place.platform, place.bot, place.chat, place.thread, place.kind
        FROM turn{AT_PLACE}
        WHERE turn.id = ?
        """,
        (turn,),
    )
    if not rows:
        return None
    number, platform, bot, chat, thread, kind = rows[0]
    return number, Place(platform, bot, chat, thread, PlaceKind(kind))


def of_answer(answer: MessageId) -> Program[TurnId | None]:
    """The turn that made an answer; None for one that was imported."""
    rows = yield ("SELECT id FROM turn WHERE answer = ?", (answer,))
    return rows[0][0] if rows else None


def made(message: MessageId) -> Program[Made]:
    """How an answer was made, or how a question was last asked: even if the person who had it asked again is erased."""
    rows = yield (
        """
        SELECT model, grounded, picture
        FROM turn
        WHERE question = ?
          OR answer = ?
        ORDER BY id DESC
        LIMIT 1
        """,
        (message, message),
    )
    if not rows:
        rows = yield (
            """
            SELECT turn.model, grounded, picture
            FROM message
            JOIN turn ON question = message.parent
            WHERE message.id = ?
            ORDER BY turn.id DESC
            LIMIT 1
            """,
            (message,),
        )
    if not rows:
        return Made()
    model, grounded, picture = rows[0]
    return Made(ModelName.or_none(model), bool(grounded), PictureWish.or_none(picture))


def answer_of(turn: TurnId) -> Program[MessageId | None]:
    """The answer that a turn has led to."""
    rows = yield ("SELECT answer FROM turn WHERE id = ?", (turn,))
    return rows[0][0] if rows else None


def questions_of(payer: PersonId) -> Program[list[MessageId]]:
    """What a person has asked. A question belongs to the payer of its first turn: others only asked it again."""
    rows = yield (
        """
        SELECT question
        FROM turn
        WHERE payer = ?
          AND NOT EXISTS (
              SELECT 1
              FROM turn AS first
              WHERE first.question = turn.question
                AND first.id < turn.id
          )
        """,
        (payer,),
    )
    return [question for (question,) in rows]


def language_of(turn: TurnId) -> Program[str]:
    """In which the bot speaks to the asker there: the place's language, else their own; "" if unknown."""
    rows = yield (
        f"""
        SELECT COALESCE({value_at("own_language", "turn.place")}, language)
        FROM turn
        JOIN person ON person.id = payer
        WHERE turn.id = ?
        """,
        (turn,),
    )
    return rows[0][0] if rows else ""


def asks(turn: TurnId) -> Program[tuple[MessageId, TurnState] | None]:
    """What a turn is to answer, and its state; None if its session is erased."""
    rows = yield ("SELECT question, state FROM turn WHERE id = ?", (turn,))
    return (rows[0][0], TurnState(rows[0][1])) if rows else None


def state_of(turn: TurnId) -> Program[TurnState | None]:
    """The state of a turn; None if its session is erased."""
    rows = yield ("SELECT state FROM turn WHERE id = ?", (turn,))
    return TurnState(rows[0][0]) if rows else None


def note_attached(turn: TurnId) -> Program[None]:
    """The question of this turn is attached to the tree."""
    yield ("UPDATE turn SET attach = 'attached' WHERE id = ?", (turn,))


def note_preview(turn: TurnId, remote_id: str) -> Program[None]:
    """The platform message that shows this turn's answer as it grows."""
    yield ("UPDATE turn SET preview = ? WHERE id = ?", (remote_id, turn))


def holds_message(place: int, remote_id: str) -> Program[bool]:
    """Whether a turn of that place has this message of the platform's: for its card, its answer or its end."""
    return bool((yield ("SELECT 1 FROM turn WHERE place = ? AND preview = ? LIMIT 1", (place, remote_id))))


def note_answer(turn: TurnId, answer: MessageId) -> Program[None]:
    """The answer is kept; what is left is to show it."""
    yield ("UPDATE turn SET state = 'answered', answer = ? WHERE id = ?", (answer, turn))


def end(turn: TurnId, state: TurnState, now: UnixMs, reference: str | None = None) -> Program[None]:
    """Give a turn its final state. What it has had done is forgotten with it."""
    yield from tool_calls.erase(turn)
    yield (
        """
        UPDATE turn
        SET state = ?, ended_at = ?, reference = ?
        WHERE id = ?
        """,
        (state.value, now, reference, turn),
    )


def give_up_model(turn: TurnId, model: ModelName) -> Program[None]:
    """A model is no longer chosen for a turn, for its session, by the asker, or for the place of a session of many."""
    yield ("UPDATE turn SET model = NULL WHERE id = ? AND model = ?", (turn, model))
    yield (
        """
        UPDATE session
        SET model = NULL
        WHERE id = (SELECT session FROM turn WHERE id = ?)
          AND model = ?
        """,
        (turn, model),
    )
    yield (
        """
        UPDATE person
        SET default_model = NULL
        WHERE id = (SELECT payer FROM turn WHERE id = ?)
          AND default_model = ?
        """,
        (turn, model),
    )
    yield (
        """
        UPDATE place
        SET own_model = NULL
        WHERE own_model = ?
          AND id IN (
              SELECT chosen.id
              FROM turn
              JOIN session ON session.id = turn.session
              JOIN place AS here ON here.id = session.place
              JOIN place AS chosen
                ON chosen.platform = here.platform AND chosen.bot = here.bot AND chosen.chat = here.chat
              WHERE turn.id = ?
                AND session.owner IS NULL
                AND (chosen.id = here.id OR chosen.thread = '')
          )
        """,
        (model, turn),
    )


def count_between(payer: PersonId, start: UnixMs, end: UnixMs) -> Program[int]:
    """How many answers someone has asked for between two moments, both included."""
    rows = yield ("SELECT COUNT(*) FROM turn WHERE payer = ? AND created_at BETWEEN ? AND ?", (payer, start, end))
    number: int = rows[0][0]
    return number


def count_in_chat(chat: Place, start: UnixMs, end: UnixMs) -> Program[int]:
    """How many answers were asked for in a chat, in all its threads, between two moments, both included."""
    rows = yield (
        """
        SELECT COUNT(*)
        FROM turn
        WHERE place IN (SELECT id FROM place WHERE platform = ? AND bot = ? AND chat = ?)
          AND created_at BETWEEN ? AND ?
        """,
        (chat.platform, chat.bot, chat.chat, start, end),
    )
    number: int = rows[0][0]
    return number
