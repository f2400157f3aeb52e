"""Sessions that people bring along from elsewhere, each written with its whole tree in one transaction.

The same conversation brought again adds only the messages that it has more by then, and changes nothing else.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.efforts import Effort
from bot.domain.ids import FolderId, MessageId, PersonId, SessionId, UnixMs
from bot.domain.messages import Author, FileKind, FilePart, Part
from bot.domain.sessions import TitleBy
from storage import attachments, sessions, summaries, tree
from storage.parts import parts_to_json
from storage.programs import Program

_LONGEST_KEY = 80


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a message whose bytes are on the disk; `number` counts the files of its message."""

    number: int
    part: FilePart
    kind: FileKind
    sha256: str


@dataclass(frozen=True, slots=True)
class NewSummary:
    """A summary to be written at a message: the fields of `bot.domain.summaries.Summary`."""

    text: str
    asked: bool
    wish: str
    model: str
    created_at: UnixMs


@dataclass(frozen=True, slots=True)
class NewNode:
    """A message to be written; `parent` is the place of its parent in the sequence, which comes before it."""

    key: str
    """Its name in what was brought."""
    parent: int | None
    author: Author
    parts: tuple[Part, ...]
    model: str
    finish: str
    speaker: str
    created_at: UnixMs
    files: tuple[KeptFile, ...] = ()
    summary: NewSummary | None = None


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be written with its tree; `tip` is a place in `nodes`."""

    origin: str
    title: str
    mode: str
    model: str | None
    system_prompt: str | None
    temperature: float | None
    effort: Effort | None
    folder: FolderId | None
    created_at: UnixMs
    updated_at: UnixMs
    tip: int | None
    nodes: Sequence[NewNode]
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one session."""

    session: SessionId
    is_new: bool
    messages: int
    """That were not there before."""


def keys_of(owner: PersonId, origin: str) -> Program[set[str] | None]:
    """The keys, as `short` makes them, of the messages that were brought of a conversation; None: it is not here."""
    found = yield from _find(owner, origin)
    if found is None:
        return None
    rows = yield ("SELECT key FROM brought_message WHERE session = ?", (found.session,))
    return {key for (key,) in rows}


def short(key: str) -> str:
    """A message's name as it is kept."""
    return key if len(key) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def bring(owner: PersonId, place: int, new: NewSession, now: UnixMs) -> Program[Came]:
    """Write a session with its whole tree, or what it has more than when it was last brought.

    `now` is the moment of the whole import: the sessions of one have the same.
    """
    found = yield from _find(owner, new.origin)
    number = found.session if found is not None else (yield from _begin(owner, place, new, now))
    rows = yield ("SELECT key, message FROM brought_message WHERE session = ?", (number,))
    known: dict[str, MessageId] = dict(rows)
    places, added = yield from _add_nodes(number, owner, new.nodes, known, now)
    if added or found is None:
        new_tip = places[new.tip] if new.tip is not None else None
        # Anyone who has continued from it here stays where they are.
        moved = found is None or found.tip == found.brought_tip
        yield from _open(number, new_tip if moved or found is None else found.tip, new_tip, new.updated_at)
    return Came(number, found is None, added)


@dataclass(frozen=True, slots=True)
class _Found:
    """An imported session: where it continues now, and where it did when it was last imported."""

    session: SessionId
    tip: MessageId | None
    brought_tip: MessageId | None


def _find(owner: PersonId, origin: str) -> Program[_Found | None]:
    rows = yield (
        """
        SELECT session.id, session.tip, brought.tip
        FROM brought
        JOIN session ON session.id = brought.session
        WHERE origin = ?
          AND owner = ?
          AND deleted_at IS NULL
        ORDER BY session.id
        LIMIT 1
        """,
        (origin, owner),
    )
    return _Found(*rows[0]) if rows else None


def _begin(owner: PersonId, place: int, new: NewSession, now: UnixMs) -> Program[SessionId]:
    session = yield from sessions.add(owner, place, new.mode, new.title, TitleBy.PERSON, owner, new.created_at)
    yield (
        """
        UPDATE session
        SET model = ?, system_prompt = ?, temperature = ?, effort = ?, folder = ?, updated_at = ?
        WHERE id = ?
        """,
        (new.model, new.system_prompt, new.temperature, new.effort, new.folder, new.updated_at, session.id),
    )
    yield (
        "INSERT INTO brought (session, origin, instructions, at) VALUES (?, ?, ?, ?)",
        (session.id, new.origin, new.instructions, now),
    )
    return session.id


def _add_nodes(
    session: SessionId, owner: PersonId, nodes: Sequence[NewNode], known: Mapping[str, MessageId], now: UnixMs
) -> Program[tuple[list[MessageId | None], int]]:
    """Write what is not known yet; returns each node's place, None for what is erased, and how many were written."""
    rows = yield ("SELECT id FROM message WHERE session = ? AND forgotten_at IS NULL", (session,))
    there = {number for (number,) in rows}
    places: list[MessageId | None] = []
    added = 0
    for node in nodes:
        key = short(node.key)
        if key in known:
            places.append(known[key] if known[key] in there else None)
            continue
        parent = places[node.parent] if node.parent is not None else None
        if node.parent is not None and parent is None:
            places.append(None)  # What it was below was forgotten here.
            continue
        number = yield from _add_node(session, parent, node)
        yield ("INSERT INTO brought_message (session, key, message) VALUES (?, ?, ?)", (session, key, number))
        for file in node.files:
            yield from attachments.note_brought(
                number, session, owner, file.number, file.part, file.kind, file.sha256, now
            )
        if (told := node.summary) is not None:
            yield from summaries.note_brought(
                session, number, owner, told.text, told.wish, told.model, told.created_at, asked=told.asked
            )
        places.append(number)
        added += 1
    return places, added


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


def _open(
    session: SessionId, tip: MessageId | None, brought_tip: MessageId | None, updated_at: UnixMs
) -> Program[None]:
    """Leave the branches as they were left there: the newest below every new fork, and all the way to the tip."""
    yield (
        """
        INSERT INTO active_child (message, child)
        SELECT parent, MAX(id)
        FROM message
        WHERE session = ?
          AND parent IS NOT NULL
          AND author <> 'system'
        GROUP BY parent
        ON CONFLICT DO NOTHING
        """,
        (session,),
    )
    if tip is not None:
        yield from tree.open_through(tip)
    yield (
        """
        UPDATE session
        SET tip = ?, updated_at = CASE WHEN updated_at > ? THEN updated_at ELSE ? END
        WHERE id = ?
        """,
        (tip, updated_at, updated_at, session),
    )
    yield ("UPDATE brought SET tip = ? WHERE session = ?", (brought_tip, session))


# what its owner had told the model there


def instructions_of(owner: PersonId, at: UnixMs) -> Program[list[tuple[SessionId, str]]]:
    """The sessions of one import that came with instructions, the one that was used last first, with those."""
    rows = yield (
        """
        SELECT session.id, instructions
        FROM brought
        JOIN session ON session.id = brought.session
        WHERE brought.at = ?
          AND owner = ?
          AND deleted_at IS NULL
          AND instructions <> ''
        ORDER BY updated_at DESC, session.id DESC
        """,
        (at, owner),
    )
    return [(number, text) for number, text in rows]


def follow_instructions(owner: PersonId, at: UnixMs) -> Program[int]:
    """Make them the system prompts of the sessions of that import that have none; returns how many."""
    rows = yield (
        """
        UPDATE session
        SET system_prompt = (SELECT instructions FROM brought WHERE brought.session = session.id)
        WHERE owner = ?
          AND system_prompt IS NULL
          AND id IN (SELECT session FROM brought WHERE at = ? AND instructions <> '')
        RETURNING id
        """,
        (owner, at),
    )
    return len(rows)
