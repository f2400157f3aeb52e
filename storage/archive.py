"""Whole trees of sessions, read at once for an export."""

from dataclasses import dataclass

from bot.domain.ids import MessageId, SessionId, UnixMs
from bot.domain.messages import Author, Part
from storage.parts import parts_from_json
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Node:
    """One message of a tree with all that is kept of it."""

    id: MessageId
    parent: MessageId | None
    author: Author
    parts: tuple[Part, ...]
    model: str
    finish: str
    speaker: str
    created_at: UnixMs


def tree_of(session: SessionId) -> Program[list[Node]]:
    """Every message of a session that is attached to its tree and is not forgotten."""
    rows = yield (
        """
        SELECT id, parent, author, parts, model, finish, speaker, created_at
        FROM message
        WHERE session = ?
          AND forgotten_at IS NULL
          AND NOT EXISTS (
              SELECT 1 FROM turn WHERE question = message.id AND attach <> 'attached'
          )
        ORDER BY id
        """,
        (session,),
    )
    return [
        Node(number, parent, Author(author), parts_from_json(parts), *rest)
        for number, parent, author, parts, *rest in rows
    ]
