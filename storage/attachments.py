"""The files of messages: from the platform's word that there is one, to bytes that are kept and read.

    waiting  it is still with the platform
    kept     its bytes are here
    read     and what is to be read of them has been
    refused  it will not be read; `problem` says why

Several attachments may share the same bytes (see `storage.kept_bytes`); bytes that none shares any longer are removed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import orjson

from bot.domain.ids import AttachmentId, MessageId, PersonId, SessionId, UnixMs
from bot.domain.messages import FileKind, FilePart
from storage import kept_bytes, messages, summaries
from storage.programs import Program


class AttachmentState(StrEnum):
    """How far a file has come."""

    WAITING = "waiting"
    KEPT = "kept"
    READ = "read"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file is not read, for the person: a sentence of ours and what goes into its places."""

    tell: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of one message."""

    id: AttachmentId
    message: MessageId
    number: int
    session: SessionId
    person: PersonId | None
    name: str
    kind: FileKind | None
    """What it is, from its content; None before anybody has looked."""
    media_type: str
    size_bytes: int | None
    sha256: str | None
    state: AttachmentState
    problem: Problem | None
    created_at: UnixMs


_COLUMNS = (
    "attachment.id, message, number, attachment.session, person, name, kind, media_type, size_bytes, sha256, state,"
    " problem, attachment.created_at"
)


def _attachment(row: tuple[object, ...]) -> Attachment:
    number, message, place, session, person, name, kind, media_type, size, sha256, state, problem, at = row
    told = orjson.loads(str(problem)) if problem else None
    return Attachment(
        number,  # type: ignore[arg-type]
        message,  # type: ignore[arg-type]
        place,  # type: ignore[arg-type]
        session,  # type: ignore[arg-type]
        person,  # type: ignore[arg-type]
        name,  # type: ignore[arg-type]
        FileKind(str(kind)) if kind else None,
        media_type,  # type: ignore[arg-type]
        size,  # type: ignore[arg-type]
        sha256,  # type: ignore[arg-type]
        AttachmentState(str(state)),
        Problem(told[0], told[1]) if told else None,
        at,  # type: ignore[arg-type]
    )


def note(
    message: MessageId, session: SessionId, person: PersonId | None, files: Sequence[FilePart], now: UnixMs
) -> Program[None]:
    """Remember the files of a message; those that are remembered already stay as they are."""
    for number, file in enumerate(files):
        yield (
            """
            INSERT INTO attachment (message, number, session, person, name, media_type, size_bytes, state,
                created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?)
            ON CONFLICT (message, number) DO NOTHING
            """,
            (message, number, session, person, file.name, file.media_type, file.size_bytes, now),
        )


def note_made(
    message: MessageId,
    session: SessionId,
    person: PersonId | None,
    number: int,
    file: FilePart,
    sha256: str,
    now: UnixMs,
) -> Program[None]:
    """Remember a picture that an answer has made."""
    yield from kept_bytes.attach(sha256)
    size = file.size_bytes or 0
    yield (
        """
        INSERT INTO attachment (message, number, session, person, name, kind, media_type, size_bytes,
            sha256, state, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'read', ?)
        """,
        (message, number, session, person, file.name, FileKind.IMAGE.value, file.media_type, size, sha256, now),
    )


def note_brought(
    message: MessageId,
    session: SessionId,
    person: PersonId,
    number: int,
    file: FilePart,
    kind: FileKind,
    sha256: str,
    now: UnixMs,
) -> Program[None]:
    """Remember a file that was brought along with an old message: it is read when a turn first needs it."""
    yield from kept_bytes.attach(sha256)
    size = file.size_bytes or 0
    yield (
        """
        INSERT INTO attachment (
            message, number, session, person, name, kind, media_type, size_bytes, sha256, state, created_at
        )
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        # What was spoken is in the message already.
        (
            message, number, session, person, file.name, kind.value, file.media_type, size, sha256,
            "read" if kind in (FileKind.AUDIO, FileKind.VOICE) else "kept", now,
        ),
    )  # fmt: skip


def kept_of(messages: Sequence[MessageId]) -> Program[list[tuple[MessageId, FileKind]]]:
    """The files of these messages that are here and have not been read, with what they are."""
    if not messages:
        return []  # PostgreSQL knows no empty list.
    marks = ", ".join("?" * len(messages))
    rows = yield (
        f"SELECT message, kind FROM attachment WHERE message IN ({marks}) AND state = 'kept' ORDER BY id",
        tuple(messages),
    )
    return [(message, FileKind(kind)) for message, kind in rows]


def note_inner(outer: Attachment, number: int, file: FilePart, now: UnixMs) -> Program[Attachment]:
    """Remember a file that was found inside another; returns it as it stands, if it was found before."""
    yield (
        """
        INSERT INTO attachment (
            message, number, session, person, name, media_type, size_bytes, state, created_at
        )
        VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?)
        ON CONFLICT (message, number) DO NOTHING
        """,
        (outer.message, number, outer.session, outer.person, file.name, file.media_type, file.size_bytes, now),
    )
    rows = yield (f"SELECT {_COLUMNS} FROM attachment WHERE message = ? AND number = ?", (outer.message, number))
    return _attachment(rows[0])


FETCHED_FROM = 1_000_000
"""The first number of files that were fetched for an answer; behind all that came with the message or inside others."""


def note_fetched(
    message: MessageId, session: SessionId, person: PersonId, file: FilePart, now: UnixMs
) -> Program[Attachment]:
    """Remember a file that was fetched from the web while a message was answered."""
    rows = yield (
        "SELECT COALESCE(MAX(number) + 1, ?) FROM attachment WHERE message = ? AND number >= ?",
        (FETCHED_FROM, message, FETCHED_FROM),
    )
    number = rows[0][0]
    yield (
        """
        INSERT INTO attachment (
            message, number, session, person, name, media_type, size_bytes, state, created_at
        )
        VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?)
        """,
        (message, number, session, person, file.name, file.media_type, file.size_bytes, now),
    )
    rows = yield (f"SELECT {_COLUMNS} FROM attachment WHERE message = ? AND number = ?", (message, number))
    return _attachment(rows[0])


def any_in(session: SessionId) -> Program[bool]:
    """Whether a session has, or had, any file."""
    rows = yield ("SELECT EXISTS (SELECT 1 FROM attachment WHERE session = ?)", (session,))
    return bool(rows[0][0])


def forget(message: MessageId) -> Program[None]:
    """The message has other files now."""
    yield ("DELETE FROM attachment WHERE message = ?", (message,))


def get(attachment: AttachmentId) -> Program[Attachment | None]:
    """An attachment by its id."""
    rows = yield (f"SELECT {_COLUMNS} FROM attachment WHERE id = ?", (attachment,))
    return _attachment(rows[0]) if rows else None


def of_message(message: MessageId) -> Program[list[Attachment]]:
    """The files of a message, in order."""
    rows = yield (f"SELECT {_COLUMNS} FROM attachment WHERE message = ? ORDER BY number", (message,))
    return [_attachment(row) for row in rows]


def of_messages(messages: Sequence[MessageId]) -> Program[list[Attachment]]:
    """The files of several messages, in order."""
    marks = ", ".join("?" * len(messages))
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM attachment
        WHERE message IN ({marks})
        ORDER BY message, number
        """,
        tuple(messages),
    )
    return [_attachment(row) for row in rows]


def of_session(session: SessionId) -> Program[list[Attachment]]:
    """All files of a session that are kept and not forgotten, in the order in which they came."""
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM attachment
        JOIN message AS node ON node.id = attachment.message
        WHERE attachment.session = ?
          AND sha256 IS NOT NULL
          AND forgotten_at IS NULL
        ORDER BY attachment.id
        """,
        (session,),
    )
    return [_attachment(row) for row in rows]


def keep(attachment: AttachmentId, kind: FileKind, sha256: str, size_bytes: int) -> Program[None]:
    """Its bytes are kept. Raises StorageError if they are no longer: see `kept_bytes.attach`."""
    yield from kept_bytes.attach(sha256)
    yield (
        """
        UPDATE attachment
        SET state = 'kept', kind = ?, sha256 = ?, size_bytes = ?
        WHERE id = ?
        """,
        (kind.value, sha256, size_bytes, attachment),
    )


def note_read(attachment: AttachmentId) -> Program[bool]:
    """Everything that should be read of it has been; False if that was noted already, or it is gone."""
    rows = yield (
        """
        UPDATE attachment
        SET state = 'read'
        WHERE id = ?
          AND state = 'kept'
        RETURNING id
        """,
        (attachment,),
    )
    return bool(rows)


def refuse(attachment: AttachmentId, problem: Problem) -> Program[bool]:
    """It will not be read; False if it was refused already, or is gone."""
    rows = yield (
        """
        UPDATE attachment
        SET state = 'refused', problem = ?
        WHERE id = ?
          AND state <> 'refused'
        RETURNING id
        """,
        (orjson.dumps([problem.tell, dict(problem.values)]).decode(), attachment),
    )
    return bool(rows)


def remove(attachment: Attachment) -> Program[None]:
    """Take a file out of its session, with what was read of it. Its bytes are deleted once no one has them."""
    yield from messages.erase_notes(attachment.message, attachment.name)
    yield from summaries.erase_in(attachment.session)
    yield ("DELETE FROM attachment WHERE id = ?", (attachment.id,))
