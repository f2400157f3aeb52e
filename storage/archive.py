"""Whole trees of sessions: read at once for an export, written at once by an import."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.ids import FolderId, MessageId, PersonId, SessionId, UnixMs
from bot.domain.messages import Author, Part
from bot.domain.sessions import Session, TitleBy
from storage import sessions
from storage.database import Program
from storage.parts import parts_from_json, parts_to_json


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
    """Every message of a session that hangs in its tree and is not forgotten."""
    rows = yield (
        """
        SELECT id, parent, author, parts, model, finish, speaker, created_at
        FROM message
        WHERE session = ?
          AND forgotten_at IS NULL
          AND NOT EXISTS (
              SELECT 1 FROM turn WHERE question = message.id AND hang <> 'hung'
          )
        ORDER BY id
        """,
        (session,),
    )
    return [
        Node(number, parent, Author(author), parts_from_json(parts), *rest)
        for number, parent, author, parts, *rest in rows
    ]


@dataclass(frozen=True, slots=True)
class NewNode:
    """A message to be written; `parent` is the place of its parent in the sequence, which comes before it."""

    parent: int | None
    author: Author
    parts: tuple[Part, ...]
    model: str
    finish: str
    speaker: str
    created_at: UnixMs


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be written with its tree; `tip` is a place in `nodes`."""

    title: str
    mode: str
    model: str | None
    system_prompt: str | None
    temperature: float | None
    folder: FolderId | None
    created_at: UnixMs
    updated_at: UnixMs
    tip: int | None
    nodes: Sequence[NewNode]


def add(owner: PersonId, place: int, new: NewSession) -> Program[Session]:
    """Write a session with its whole tree."""
    session = yield from sessions.add(owner, place, new.mode, new.title, TitleBy.PERSON, owner, new.created_at)
    numbers: list[MessageId] = []
    for node in new.nodes:
        parent = numbers[node.parent] if node.parent is not None else None
        numbers.append((yield from _add_node(session.id, parent, node)))
    tip = numbers[new.tip] if new.tip is not None else None
    yield (
        """
        UPDATE session
        SET model = ?, system_prompt = ?, temperature = ?, folder = ?, tip = ?, updated_at = ?
        WHERE id = ?
        """,
        (new.model, new.system_prompt, new.temperature, new.folder, tip, new.updated_at, session.id),
    )
    # Below every fork the newest branch is the open one, and then the one that leads to the tip.
    yield (
        """
        INSERT INTO active_child (message, child)
        SELECT parent, MAX(id)
        FROM message
        WHERE session = ?
          AND parent IS NOT NULL
        GROUP BY parent
        """,
        (session.id,),
    )
    return session


def _add_node(session: SessionId, parent: MessageId | None, node: NewNode) -> Program[MessageId]:
    rows = yield (
        """
        INSERT INTO message (session, parent, author, parts, model, finish, speaker, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        RETURNING id
        """,
        (
            session,
            parent,
            node.author.value,
            parts_to_json(node.parts),
            node.model,
            node.finish,
            node.speaker,
            node.created_at,
        ),
    )
    number: MessageId = rows[0][0]
    return number


def ids_of_owner(owner: PersonId) -> Program[list[SessionId]]:
    """All sessions of a person, last used first."""
    rows = yield (
        """
        SELECT id
        FROM session
        WHERE owner = ?
          AND deleted_at IS NULL
        ORDER BY updated_at DESC, id DESC
        """,
        (owner,),
    )
    return [number for (number,) in rows]
