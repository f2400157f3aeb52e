"""What was said beside the bot, where a chat's admins let it listen: for a day, apart from the tree, in no index."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.ids import MessageId, PersonId, UnixMs
from bot.domain.people import Identity
from bot.domain.places import Place
from storage import fingerprints, people
from storage.customs import value_at
from storage.programs import Program

MOST = 100
"""Messages that are kept of one place; the oldest go first."""
LONGEST = 1_000
"""Code points of one of them."""
KEPT_MS = 24 * 3600 * 1000

_OF_PERSON = """(platform, user_id) IN (SELECT platform, user_id FROM identity WHERE person = ?)"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody has said."""

    speaker: str
    text: str


def keep(place: int, sender: Identity, remote_id: str, text: str, said_at: UnixMs) -> Program[None]:
    """Keep what somebody has said, unless they want to be left out."""
    if (yield from is_left_out(sender)):
        return
    yield (
        """
        INSERT INTO overheard (place, platform, user_id, speaker, remote_id, text, said_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        (place, sender.platform, sender.user_id, sender.name, remote_id, text[:LONGEST], said_at),
    )
    yield (
        """
        DELETE FROM overheard
        WHERE place = ?
          AND id <= (SELECT id FROM overheard WHERE place = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
        """,
        (place, place, MOST),
    )


def change(place: Place, remote_id: str, text: str) -> Program[None]:
    """Who has said it has written something else over it; "": nothing."""
    yield (
        f"""
        UPDATE overheard
        SET text = ?
        WHERE remote_id = ?
          AND place = ({_ROW})
        """,
        (text[:LONGEST], remote_id, *_at(place)),
    )


def forget(place: Place, remote_ids: Sequence[str]) -> Program[None]:
    """These messages are gone."""
    for remote_id in remote_ids:
        yield (f"DELETE FROM overheard WHERE remote_id = ? AND place = ({_ROW})", (remote_id, *_at(place)))


_ROW = "SELECT id FROM place WHERE platform = ? AND bot = ? AND chat = ? AND thread = ?"


def _at(place: Place) -> tuple[str, str, str, str]:
    return place.platform, place.bot, place.chat, place.thread


def forget_unheard(place: Place) -> Program[int]:
    """Of the chat of `place`, forget what was said where nobody listens any longer; says how much that was."""
    rows = yield (
        f"""
        DELETE FROM overheard
        WHERE place IN (SELECT id FROM place WHERE platform = ? AND bot = ? AND chat = ?)
          AND NOT COALESCE({value_at("own_listens", "overheard.place")}, FALSE)
        RETURNING id
        """,
        (place.platform, place.bot, place.chat),
    )
    return len(rows)


def forget_before(moment: UnixMs) -> Program[int]:
    """Forget what was said before; says how much that was."""
    return len((yield ("DELETE FROM overheard WHERE said_at < ? RETURNING id", (moment,))))


def before(place: Place, question: MessageId, not_before: UnixMs, limit: int) -> Program[list[Heard]]:
    """What was said at a place before a question there, the newest of it, in its order.

    Of a thread that a question has opened it is what was said in its chat before that.
    """
    rows = yield (
        """
        SELECT overheard.speaker, overheard.text
        FROM overheard
        JOIN place ON place.id = overheard.place
        JOIN message AS question ON question.id = ?
        LEFT JOIN shown
            ON shown.platform = place.platform
           AND shown.bot = place.bot
           AND shown.chat = place.chat
           AND shown.remote_id = ?
        LEFT JOIN message AS opening ON opening.id = shown.message
        WHERE place.platform = ?
          AND place.bot = ?
          AND place.chat = ?
          AND said_at >= ?
          AND overheard.text <> ''
          -- What names the bot in the end, by an edit or in another part of it, is a question.
          AND NOT EXISTS (
              SELECT 1
              FROM shown AS asked
              WHERE asked.platform = place.platform
                AND asked.bot = place.bot
                AND asked.chat = place.chat
                AND asked.remote_id = overheard.remote_id
          )
          AND (
              (place.thread = ? AND said_at <= question.created_at)
              OR (place.thread = '' AND said_at <= opening.created_at)
          )
        ORDER BY overheard.id DESC
        LIMIT ?
        """,
        (question, place.thread, place.platform, place.bot, place.chat, not_before, place.thread, limit),
    )
    return [Heard(*row) for row in reversed(rows)]


# Everybody's own part


def count_of(person: PersonId) -> Program[int]:
    """How much is kept that this person has said, wherever that was."""
    rows = yield (f"SELECT COUNT(*) FROM overheard WHERE {_OF_PERSON}", (person,))
    count: int = rows[0][0]
    return count


def erase_of(person: PersonId) -> Program[None]:
    """Erase what this person has said."""
    yield (f"DELETE FROM overheard WHERE {_OF_PERSON}", (person,))


def is_left_out(identity: Identity) -> Program[bool]:
    """Whether they want nothing of that to be kept."""
    mark = yield from fingerprints.of(identity)
    return bool((yield ("SELECT 1 FROM left_out WHERE identity_hash = ?", (mark,))))


def leave_out(person: PersonId, now: UnixMs) -> Program[None]:
    """Keep nothing of what this person says from now on, on any platform, and erase what is kept."""
    for identity in (yield from people.identities(person)):
        mark = yield from fingerprints.of(identity)
        yield ("INSERT INTO left_out (identity_hash, at) VALUES (?, ?) ON CONFLICT DO NOTHING", (mark, now))
    yield from erase_of(person)


def take_in(person: PersonId) -> Program[None]:
    """They may be heard again."""
    for identity in (yield from people.identities(person)):
        mark = yield from fingerprints.of(identity)
        yield ("DELETE FROM left_out WHERE identity_hash = ?", (mark,))


def join(survivor: PersonId, now: UnixMs) -> Program[None]:
    """Two accounts are this one now: whoever wanted to be left out with one of them is with both."""
    for identity in (yield from people.identities(survivor)):
        if (yield from is_left_out(identity)):
            yield from leave_out(survivor, now)
            return
