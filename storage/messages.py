"""The tree of messages, and which platform message shows which of them."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.domain.ids import MessageId, SessionId, UnixMs
from bot.domain.messages import Author, Message, Part, TextPart
from bot.domain.places import Place
from bot.domain.turns import FinishReason
from storage import search
from storage.documents import DocumentPage
from storage.parts import parts_from_json, parts_to_json
from storage.programs import Program

NOTE_LENGTH = 20_000
"""Characters of a document in one message, about: ten pages."""

_COLUMNS = (
    "message.id, message.session, message.parent, author, parts, message.model, speaker, message.created_at, read_from"
)
_NAMES = "id, session, parent, author, parts, model, speaker, created_at, read_from"
_OF_MESSAGE = (
    "message.id, message.session, message.parent, message.author, message.parts, message.model, message.speaker,"
    " message.created_at, message.read_from"
)


def _message(row: tuple[Any, ...]) -> Message:
    number, session, parent, author, parts, *rest = row
    return Message(number, session, parent, Author(author), parts_from_json(parts), *rest)


def add_question(session: SessionId, parts: tuple[Part, ...], speaker: str, now: UnixMs) -> Program[MessageId]:
    """Keep what a person said. It is attached nowhere yet: its parent is set when its turn is claimed."""
    rows = yield (
        """
        INSERT INTO message (session, author, parts, speaker, created_at)
        VALUES (?, ?, ?, ?, ?)
        RETURNING id
        """,
        (session, Author.USER.value, parts_to_json(parts), speaker, now),
    )
    number: MessageId = rows[0][0]
    return number


def add_answer(
    question: Message,
    parts: tuple[Part, ...],
    model: str,
    finish: FinishReason,
    now: UnixMs,
    read_from: MessageId | None = None,
) -> Program[tuple[MessageId, bool]]:
    """Keep an answer below its question; `read_from` is the first message that its model read.

    Below one that was forgotten meanwhile it is forgotten as well, in the same moment: both come back together. Whether
    that is so is returned beside its number.
    """
    rows = yield (
        """
        INSERT INTO message (
            session, parent, author, parts, model, finish, created_at, read_from, forgotten_at, forgotten_by
        )
        VALUES (
            ?, ?, ?, ?, ?, ?, ?, ?,
            (SELECT forgotten_at FROM message WHERE id = ?), (SELECT forgotten_by FROM message WHERE id = ?)
        )
        RETURNING id, forgotten_at IS NOT NULL
        """,
        (
            *(question.session, question.id, Author.ASSISTANT.value, parts_to_json(parts), model, finish.value),
            *(now, read_from, question.id, question.id),
        ),
    )
    number, forgotten = rows[0]
    return number, bool(forgotten)


def add_note(message: MessageId, source: str, pages: Sequence[DocumentPage], now: UnixMs) -> Program[None]:
    """Keep what was read of a file of this message, as a message of the system's below it; `source` is its name.

    A long document becomes several, so that no single one holds up who indexes or shows it.
    """
    for part in _in_parts(pages):
        marked = (f"[{page.number}]\n{page.text}" if len(pages) > 1 else page.text for page in part)
        methods = ", ".join(dict.fromkeys(page.method for page in part))
        yield (
            """
            INSERT INTO message (session, parent, author, parts, model, speaker, created_at)
            SELECT session, id, ?, ?, ?, ?, ?
            FROM message
            WHERE id = ?
            """,
            (Author.SYSTEM.value, parts_to_json((TextPart("\n\n".join(marked)),)), methods, source, now, message),
        )


def _in_parts(pages: Sequence[DocumentPage]) -> Iterator[list[DocumentPage]]:
    part: list[DocumentPage] = []
    length = 0
    for page in pages:
        if not page.text:
            continue
        if part and length + len(page.text) > NOTE_LENGTH:
            yield part
            part, length = [], 0
        part.append(page)
        length += len(page.text)
    if part:
        yield part


def erase_notes(message: MessageId, source: str) -> Program[None]:
    """Erase what was read of the file of this name."""
    rows = yield (
        "SELECT id FROM message WHERE parent = ? AND author = ? AND speaker = ?",
        (message, Author.SYSTEM.value, source),
    )
    for (note,) in rows:
        yield from search.remove_message(note)
        yield ("DELETE FROM message WHERE id = ?", (note,))


def notes_below(message_ids: Sequence[MessageId]) -> Program[list[Message]]:
    """What was read of the files of these messages, in order."""
    marks = ", ".join("?" * len(message_ids))
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM message
        WHERE parent IN ({marks})
          AND author = ?
          AND forgotten_at IS NULL
        ORDER BY id
        """,
        (*message_ids, Author.SYSTEM.value),
    )
    return [_message(row) for row in rows]


def get(message: MessageId) -> Program[Message | None]:
    """A message by its id."""
    rows = yield (f"SELECT {_COLUMNS} FROM message WHERE id = ?", (message,))
    return _message(rows[0]) if rows else None


def finish_of(answer: MessageId) -> Program[FinishReason]:
    """Why an answer ended; `COMPLETE` if unknown."""
    rows = yield ("SELECT finish FROM message WHERE id = ?", (answer,))
    return FinishReason(rows[0][0]) if rows and rows[0][0] else FinishReason.COMPLETE


def is_forgotten(message: MessageId) -> Program[bool]:
    """Whether a message is out of context and history."""
    rows = yield ("SELECT forgotten_at IS NOT NULL FROM message WHERE id = ?", (message,))
    return bool(rows and rows[0][0])


def attach(message: MessageId, parent: MessageId | None) -> Program[None]:
    """Give a question its place in the tree; from now on it does not change."""
    yield ("UPDATE message SET parent = ? WHERE id = ?", (parent, message))


def replace_parts(message: MessageId, parts: tuple[Part, ...]) -> Program[None]:
    """Add to, or correct, a question whose turn has not begun."""
    yield from search.remove_message(message)
    yield ("UPDATE message SET parts = ? WHERE id = ?", (parts_to_json(parts), message))


def withdraw(message: MessageId, now: UnixMs) -> Program[None]:
    """Take a question that is attached nowhere out of the session: what it said stands in another one."""
    yield ("UPDATE message SET forgotten_at = ?, forgotten_by = NULL WHERE id = ?", (now, message))


def open_branch(message: MessageId) -> Program[None]:
    """Note for the parent of a message that this is the branch last open below it."""
    yield (
        """
        INSERT INTO active_child (message, child)
        SELECT parent, id
        FROM message
        WHERE id = ?
          AND parent IS NOT NULL
        ON CONFLICT (message) DO UPDATE SET child = excluded.child
        """,
        (message,),
    )


def path(tip: MessageId, count: int) -> Program[list[Message]]:
    """At most `count` messages on the way from the root to `tip`, the oldest first.

    It walks from the tip and stops at the count, so that it costs the same however long the session is.
    """
    rows = yield (
        f"""
        WITH RECURSIVE path ({_NAMES}, depth) AS (
            SELECT {_COLUMNS}, 1
            FROM message
            WHERE id = ?
            UNION ALL
            SELECT {_OF_MESSAGE}, depth + 1
            FROM path
            JOIN message ON message.id = path.parent
            WHERE depth < ?
        )
        SELECT {_NAMES}
        FROM path
        ORDER BY depth DESC
        """,
        (tip, count),
    )
    return [_message(row) for row in rows]


def page_of_path(tip: MessageId, offset: int, count: int) -> Program[list[Message]]:
    """`count` messages of the open branch, the newest first, after leaving out `offset` of them."""
    newest = yield from path(tip, offset + count)
    return newest[::-1][offset:]


def question_of(answer: MessageId) -> Program[MessageId | None]:
    """The question an answer is below; a question itself; None for what no longer exists."""
    rows = yield (
        """
        SELECT CASE author WHEN 'assistant' THEN parent ELSE id END
        FROM message
        WHERE id = ?
        """,
        (answer,),
    )
    return rows[0][0] if rows else None


def note_shown(place: Place, remote_id: str, page: int, message: MessageId) -> Program[None]:
    """Remember which message a platform message shows."""
    yield (
        """
        INSERT INTO shown (platform, bot, chat, remote_id, page, message)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (platform, bot, chat, remote_id)
        DO UPDATE SET page = excluded.page, message = excluded.message
        """,
        (place.platform, place.bot, place.chat, remote_id, page, message),
    )


def is_known(place: Place, remote_id: str) -> Program[bool]:
    """Whether a platform message shows, or showed, a message that is kept, even a forgotten one."""
    rows = yield (
        """
        SELECT EXISTS (
            SELECT 1
            FROM shown
            WHERE platform = ?
              AND bot = ?
              AND chat = ?
              AND remote_id = ?
        )
        """,
        (place.platform, place.bot, place.chat, remote_id),
    )
    return bool(rows[0][0])


def is_shown(message: MessageId) -> Program[bool]:
    """Whether any platform message shows this one."""
    rows = yield ("SELECT EXISTS (SELECT 1 FROM shown WHERE message = ?)", (message,))
    return bool(rows[0][0])


def note_gone(place: Place, remote_id: str) -> Program[None]:
    """A platform message no longer exists."""
    yield (
        "DELETE FROM shown WHERE platform = ? AND bot = ? AND chat = ? AND remote_id = ?",
        (place.platform, place.bot, place.chat, remote_id),
    )


def find_shown(place: Place, remote_id: str) -> Program[Message | None]:
    """The message that a platform message shows, unless it is forgotten."""
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM shown
        JOIN message ON message.id = shown.message
        WHERE platform = ?
          AND bot = ?
          AND chat = ?
          AND remote_id = ?
          AND forgotten_at IS NULL
        """,
        (place.platform, place.bot, place.chat, remote_id),
    )
    return _message(rows[0]) if rows else None
