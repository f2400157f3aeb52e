"""The pieces of a message that came as several of the platform's messages.

A message that came as one has none: it is its own piece. One that was edited later has that piece, by which the
versions of a platform's message are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.ids import MessageId
from bot.domain.messages import Part, TextPart
from storage.parts import parts_from_json, parts_to_json
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Piece:
    """What one platform message has brought. `separator` is between its text and the next; None: two texts."""

    remote_id: str
    parts: tuple[Part, ...]
    separator: str | None = None


def of_message(message: MessageId) -> Program[list[Piece]]:
    """The pieces of a message, in the order in which they came; none if it came as one."""
    rows = yield ("SELECT remote_id, parts, separator FROM piece WHERE message = ? ORDER BY number", (message,))
    return [Piece(remote_id, parts_from_json(parts), separator) for remote_id, parts, separator in rows]


def put(message: MessageId, pieces: Sequence[Piece]) -> Program[None]:
    """Keep these as the pieces of a message, in the place of those it had."""
    yield ("DELETE FROM piece WHERE message = ?", (message,))
    for number, piece in enumerate(pieces):
        yield (
            """
            INSERT INTO piece (message, number, remote_id, parts, separator)
            VALUES (?, ?, ?, ?, ?)
            """,
            (message, number, piece.remote_id, parts_to_json(piece.parts), piece.separator),
        )


def older_versions(message: MessageId, remote_id: str) -> Program[list[MessageId]]:
    """What the platform message that shows this one now has said before, but for what is forgotten."""
    rows = yield (
        """
        SELECT DISTINCT older.id
        FROM message
        JOIN message AS older
          ON older.session = message.session
          AND older.parent IS NOT DISTINCT FROM message.parent
          AND older.id < message.id
        JOIN piece ON piece.message = older.id
        WHERE message.id = ?
          AND piece.remote_id = ?
          AND older.forgotten_at IS NULL
        ORDER BY older.id DESC
        """,
        (message, remote_id),
    )
    return [older for (older,) in rows]


def whole(pieces: Sequence[Piece]) -> tuple[Part, ...]:
    """All parts of a message; the halves of a cut text become one again."""
    parts: tuple[Part, ...] = ()
    separator: str | None = None
    for piece in pieces:
        parts, separator = _joined(parts, piece.parts, separator), piece.separator
    return parts


def _joined(before: tuple[Part, ...], after: tuple[Part, ...], separator: str | None) -> tuple[Part, ...]:
    match before, after:
        case (*head, TextPart(cut)), (TextPart(rest), *tail) if separator is not None:
            return (*head, TextPart(f"{cut}{separator}{rest}"), *tail)
    return (*before, *after)
