"""Where things are said, and which session is open there."""

from dataclasses import replace

from bot.domain.ids import SessionId, UnixMs
from bot.domain.places import Place, PlaceKind
from storage import customs, search
from storage.programs import Program


def open_place(place: Place, title: str) -> Program[tuple[int, SessionId | None]]:
    """The row of a place, made if need be, and the session that is open there."""
    rows = yield (
        """
        SELECT id, session, title
        FROM place
        WHERE platform = ?
          AND bot = ?
          AND chat = ?
          AND thread = ?
        """,
        (place.platform, place.bot, place.chat, place.thread),
    )
    if not rows:
        rows = yield (
            """
            INSERT INTO place (platform, bot, chat, thread, kind, title)
            VALUES (?, ?, ?, ?, ?, ?)
            RETURNING id, session, title
            """,
            (place.platform, place.bot, place.chat, place.thread, place.kind.value, title),
        )
    number, session, known_title = rows[0]
    if title and title != known_title:
        yield ("UPDATE place SET title = ? WHERE id = ?", (title, number))
    return number, session


def of_bot(platform: str, bot: str, chat: str | None) -> tuple[str, tuple[str, ...]]:
    """That `place` is one of a bot's, or in one chat of it."""
    if chat is None:
        return "place.platform = ? AND place.bot = ?", (platform, bot)
    return "place.platform = ? AND place.bot = ? AND place.chat = ?", (platform, bot, chat)


def is_known(place: Place) -> Program[bool]:
    """Whether anything was ever said or begun at a place."""
    rows = yield (
        "SELECT 1 FROM place WHERE platform = ? AND bot = ? AND chat = ? AND thread = ?",
        (place.platform, place.bot, place.chat, place.thread),
    )
    return bool(rows)


def get(number: int) -> Program[Place]:
    """A place by the number of its row."""
    rows = yield ("SELECT platform, bot, chat, thread, kind FROM place WHERE id = ?", (number,))
    platform, bot, chat, thread, kind = rows[0]
    return Place(platform, bot, chat, thread, PlaceKind(kind))


def of_session(session: SessionId) -> Program[tuple[int, Place, str]]:
    """Where a session was opened: the row of the place, the place and its title."""
    rows = yield (
        """
        SELECT place.id, platform, bot, chat, thread, kind, place.title
        FROM session
        JOIN place ON place.id = session.place
        WHERE session.id = ?
        """,
        (session,),
    )
    number, platform, bot, chat, thread, kind, title = rows[0]
    return number, Place(platform, bot, chat, thread, PlaceKind(kind)), title


def heard(platform: str, bot: str) -> Program[list[tuple[Place, str]]]:
    """Every place of a bot of which it is known up to which message all that was said there is kept, with that one."""
    rows = yield (
        """
        SELECT platform, bot, chat, thread, kind, heard_to
        FROM place
        WHERE platform = ?
          AND bot = ?
          AND heard_to IS NOT NULL
        ORDER BY id
        """,
        (platform, bot),
    )
    return [
        (Place(platform, bot, chat, thread, PlaceKind(kind)), heard_to)
        for platform, bot, chat, thread, kind, heard_to in rows
    ]


def note_heard(place: Place, remote_id: str) -> Program[None]:
    """All that was said at a place up to this message is kept. Every platform's message ids grow."""
    yield (
        """
        INSERT INTO place (platform, bot, chat, thread, kind, heard_to)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (platform, bot, chat, thread) DO UPDATE SET heard_to = excluded.heard_to
        WHERE CAST(COALESCE(place.heard_to, '0') AS BIGINT) < CAST(excluded.heard_to AS BIGINT)
        """,
        (place.platform, place.bot, place.chat, place.thread, place.kind.value, remote_id),
    )


def has_conversation(place: Place) -> Program[bool]:
    """Whether the bot has ever been asked something there."""
    rows = yield (
        """
        SELECT 1
        FROM session
        JOIN place ON place.id = session.place
        WHERE platform = ?
          AND bot = ?
          AND chat = ?
          AND thread = ?
          AND EXISTS (SELECT 1 FROM message WHERE message.session = session.id)
        LIMIT 1
        """,
        (place.platform, place.bot, place.chat, place.thread),
    )
    return bool(rows)


def last_asked(place: Place) -> Program[str | None]:
    """The platform's id of the message by which the bot was asked something last, in the session that is open there."""
    rows = yield (
        """
        SELECT shown.remote_id
        FROM message
        JOIN shown ON shown.message = message.id
        WHERE message.session = (
            SELECT session
            FROM place
            WHERE platform = ?
              AND bot = ?
              AND chat = ?
              AND thread = ?
        )
          AND author = 'user'
        ORDER BY message.id DESC
        LIMIT 1
        """,
        (place.platform, place.bot, place.chat, place.thread),
    )
    return rows[0][0] if rows else None


def refuses_rich(place: int, since: UnixMs) -> Program[bool]:
    """Whether a page in the platform's richer form was refused at this place after `since`."""
    rows = yield ("SELECT 1 FROM place WHERE id = ? AND rich_refused_at > ?", (place, since))
    return bool(rows)


def note_rich_refused(place: int, now: UnixMs) -> Program[None]:
    """The platform has just refused a page in its richer form here."""
    yield ("UPDATE place SET rich_refused_at = ? WHERE id = ?", (now, place))


def of_thread(place: Place) -> Program[Place | None]:
    """The place with this thread, whatever its chat."""
    rows = yield (
        """
        SELECT platform, bot, chat, thread, kind
        FROM place
        WHERE platform = ?
          AND bot = ?
          AND thread = ?
        """,
        (place.platform, place.bot, place.thread),
    )
    if not rows:
        return None
    platform, bot, chat, thread, kind = rows[0]
    return Place(platform, bot, chat, thread, PlaceKind(kind))


def renumber(old: Place, chat: str) -> Program[None]:
    """The chat of `old` is called `chat` from now on, with everything that was said and waits there.

    Ids of messages do not come along: a page that was to be edited is a new one.
    """
    rows = yield (
        """
        SELECT id, thread, session
        FROM place
        WHERE platform = ?
          AND bot = ?
          AND chat = ?
        """,
        (old.platform, old.bot, old.chat),
    )
    for number, thread, session in rows:
        yield ("UPDATE outbox SET remote_id = NULL, reply_to = NULL WHERE place = ?", (number,))
        yield ("UPDATE turn SET preview = NULL, reply_to = NULL WHERE place = ?", (number,))
        known = yield (
            "SELECT id FROM place WHERE platform = ? AND bot = ? AND chat = ? AND thread = ?",
            (old.platform, old.bot, chat, thread),
        )
        if not known:
            yield ("UPDATE place SET chat = ?, heard_to = NULL WHERE id = ?", (chat, number))
            continue
        # Somebody has spoken there already.
        target = known[0][0]
        for (moved,) in (yield ("SELECT id FROM session WHERE place = ?", (number,))):
            # Its words are indexed under its place.
            yield from search.remove_session(moved)
        # Its messages have other numbers there, and would be taken for others.
        yield ("DELETE FROM overheard WHERE place = ?", (number,))
        for table in ("outbox", "given_up", "turn", "session", "schedule"):
            yield (f"UPDATE {table} SET place = ? WHERE place = ?", (target, number))
        yield ("UPDATE place SET stand_in = ? WHERE stand_in = ?", (target, number))
        yield (
            """
            UPDATE active_session
            SET place = ?
            WHERE place = ?
              AND mode NOT IN (SELECT mode FROM active_session WHERE place = ?)
            """,
            (target, number, target),
        )
        yield ("UPDATE place SET session = COALESCE(session, ?) WHERE id = ?", (session, target))
        chosen = yield from customs.own(number)
        yield from customs.put(target, (yield from customs.own(target)).over(chosen))
        yield ("DELETE FROM place WHERE id = ?", (number,))


def show_session(place: int, session: SessionId, mode: str) -> Program[None]:
    """Make a session the open one of a place, and the last open one of its mode there."""
    yield ("UPDATE place SET session = ? WHERE id = ?", (session, place))
    yield (
        """
        INSERT INTO active_session (place, mode, session)
        VALUES (?, ?, ?)
        ON CONFLICT (place, mode) DO UPDATE SET session = excluded.session
        """,
        (place, mode, session),
    )


def last_session_of_mode(place: int, mode: str) -> Program[SessionId | None]:
    """The session that was last open here in this mode, unless it is deleted."""
    rows = yield (
        """
        SELECT session.id
        FROM active_session
        JOIN session ON session.id = active_session.session
        WHERE active_session.place = ?
          AND active_session.mode = ?
          AND session.mode = ?
          AND deleted_at IS NULL
        """,
        (place, mode, mode),
    )
    return rows[0][0] if rows else None


def let_stand_in(thread: int) -> Program[tuple[int, Place]]:
    """A thread cannot be opened: from now on its chat stands in for it, and its session is the open one there."""
    place = yield from get(thread)
    row, chat = yield from chat_of(place)
    yield ("UPDATE place SET stand_in = ? WHERE id = ?", (row, thread))
    rows = yield (
        """
        SELECT session.id, mode
        FROM place
        JOIN session ON session.id = place.session
        WHERE place.id = ?
        """,
        (thread,),
    )
    for session, mode in rows:
        yield from show_session(row, session, mode)
    return row, chat


def chat_of(thread: Place) -> Program[tuple[int, Place]]:
    """The chat that a thread is in, with its row."""
    kind = PlaceKind.PRIVATE if thread.kind.private else PlaceKind.GROUP
    chat = replace(thread, thread="", kind=kind)
    row, _ = yield from open_place(chat, "")
    return row, chat


def may_tell_of(place: int, now: UnixMs, every_ms: int, apart_ms: int) -> Program[bool]:
    """Whether it is time to tell admins again that this place takes nothing; notes that they are told now.

    That is once in `every_ms`, and for whatever places once in `apart_ms`.
    """
    rows = yield (
        """
        UPDATE place
        SET told_at = ?
        WHERE id = ?
          AND told_at <= ?
          AND NOT EXISTS (SELECT 1 FROM place AS other WHERE other.told_at > 0 AND other.told_at > ?)
        RETURNING id
        """,
        (now, place, now - every_ms, now - apart_ms),
    )
    return bool(rows)


def session_at(place: Place) -> Program[SessionId | None]:
    """The session that is open at a place; None if there is none, or the place is unknown."""
    rows = yield (
        """
        SELECT session
        FROM place
        WHERE platform = ?
          AND bot = ?
          AND chat = ?
          AND thread = ?
        """,
        (place.platform, place.bot, place.chat, place.thread),
    )
    return rows[0][0] if rows else None


def forget_left() -> Program[None]:
    """Forget places for one person that no longer belong to anyone, and those of guests, that nothing refers to.

    While something is done that came to a bot, none of its is forgotten: it may be at one that nothing refers to yet.
    """
    yield (
        """
        DELETE FROM place
        WHERE kind IN ('private', 'private_thread', 'guest')
          AND NOT EXISTS (SELECT 1 FROM identity WHERE private_chat = place.id)
          AND NOT EXISTS (SELECT 1 FROM session WHERE session.place = place.id)
          AND NOT EXISTS (SELECT 1 FROM turn WHERE turn.place = place.id)
          AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.place = place.id)
          AND NOT EXISTS (SELECT 1 FROM schedule WHERE schedule.place = place.id)
          AND NOT EXISTS (
              SELECT 1
              FROM waiting
              WHERE waiting.platform = place.platform
                AND waiting.bot = place.bot
          )
        """,
        (),
    )


def close_session(session: SessionId) -> Program[None]:
    """This session is no longer open anywhere."""
    yield ("UPDATE place SET session = NULL WHERE session = ?", (session,))
    yield ("DELETE FROM active_session WHERE session = ?", (session,))


def showing(session: SessionId) -> Program[list[Place]]:
    """Where this session is the open one; not the threads that could not be opened."""
    rows = yield (
        """
        SELECT platform, bot, chat, thread, kind
        FROM place
        WHERE session = ?
          AND stand_in IS NULL
        """,
        (session,),
    )
    return [Place(platform, bot, chat, thread, PlaceKind(kind)) for platform, bot, chat, thread, kind in rows]
