"""Joining two accounts into one, parting them again, and erasing one for good."""

import hashlib
from dataclasses import dataclass

from bot.domain.ids import FolderId, PersonId, UnixMs
from bot.domain.people import RANK, Identity
from storage import attachments, erasing, ledger, messages, people, pieces, search, turns
from storage.programs import Program

CODE_MS = 10 * 60 * 1000
"""How long a code can be used."""

WRONG_CODES = 5
"""How often someone may be wrong within the time a code lives."""

MAILED_CODES = 3
MAILED_MS = 60 * 60 * 1000
"""How many codes someone may have sent by mail in an hour."""

MOVED = frozenset(
    (
        "identity",
        "consent",
        "folder",
        "session",
        "turn",
        "ledger",
        "refill",
        "link_code",
        "code_event",
        "asked",
        "outbox",
        "endpoint",
        "attachment",
    )
)
"""The tables that refer to a person: what `join` moves or drops. A test compares it with the schema."""


# codes


def _hashed(code: str) -> str:
    return hashlib.sha256("".join(code.upper().split()).encode()).hexdigest()


def add_code(person: PersonId, code: str, now: UnixMs, email: str = "") -> Program[None]:
    """A code of this person's, good for once and ten minutes. Only its hash is kept; an older one is no longer good."""
    yield ("DELETE FROM link_code WHERE expires_at <= ? OR (person = ? AND email = ?)", (now, person, email))
    yield (
        "INSERT INTO link_code (code_hash, person, email, expires_at) VALUES (?, ?, ?, ?)",
        (_hashed(code), person, email, now + CODE_MS),
    )


def owner_of_code(code: str, now: UnixMs) -> Program[PersonId | None]:
    """Whose code this is, while it is good; it stays so."""
    rows = yield (
        """
        SELECT person
        FROM link_code
        WHERE code_hash = ?
          AND email = ''
          AND expires_at > ?
        """,
        (_hashed(code), now),
    )
    return rows[0][0] if rows else None


def use_code(code: str, now: UnixMs) -> Program[PersonId | None]:
    """Whose code this is, once; None for one that is wrong or too old."""
    rows = yield (
        """
        DELETE FROM link_code
        WHERE code_hash = ?
          AND email = ''
          AND expires_at > ?
        RETURNING person
        """,
        (_hashed(code), now),
    )
    return rows[0][0] if rows else None


def use_mailed_code(person: PersonId, code: str, now: UnixMs) -> Program[str | None]:
    """The address that this person proves with a code, once; None for one that is wrong or too old."""
    rows = yield (
        """
        DELETE FROM link_code
        WHERE code_hash = ?
          AND person = ?
          AND email <> ''
          AND expires_at > ?
        RETURNING email
        """,
        (_hashed(code), person, now),
    )
    return rows[0][0] if rows else None


def note_event(person: PersonId, kind: str, now: UnixMs) -> Program[None]:
    """Somebody was wrong, or had a code mailed."""
    yield ("DELETE FROM code_event WHERE at < ?", (now - MAILED_MS,))
    yield ("INSERT INTO code_event (person, kind, at) VALUES (?, ?, ?)", (person, kind, now))


def events_since(person: PersonId, kind: str, moment: UnixMs) -> Program[int]:
    """How often, since a moment."""
    rows = yield (
        "SELECT COUNT(*) FROM code_event WHERE person = ? AND kind = ? AND at > ?",
        (person, kind, moment),
    )
    count: int = rows[0][0]
    return count


# two become one


@dataclass(frozen=True, slots=True)
class Joined:
    """Who is left, and who is no more."""

    survivor: PersonId
    gone: PersonId


def join(one: PersonId, two: PersonId, now: UnixMs) -> Program[Joined]:
    """Make two accounts one; the older stays. The caller has made sure that neither is blocked."""
    survivor, gone = PersonId(min(one, two)), PersonId(max(one, two))
    stays, goes = (yield from people.get(survivor)), (yield from people.get(gone))
    yield from people.set_role(survivor, max(stays.role, goes.role, key=RANK.__getitem__))
    # Who parts again is what they were: joining and parting must let nobody in.
    for person in (stays, goes):
        yield (
            "UPDATE identity SET own_role = ? WHERE person = ? AND own_role IS NULL",
            (person.role.value, person.id),
        )
    yield (
        """
        UPDATE person
        SET welcomed = MAX(welcomed, (SELECT welcomed FROM person WHERE id = ?))
        WHERE id = ?
        """,
        (gone, survivor),
    )
    yield ("UPDATE identity SET person = ? WHERE person = ?", (survivor, gone))
    yield ("UPDATE turn SET payer = ? WHERE payer = ?", (survivor, gone))
    yield ("UPDATE attachment SET person = ? WHERE person = ?", (survivor, gone))
    yield ("UPDATE session SET begun_by = ? WHERE begun_by = ?", (survivor, gone))
    yield (
        """
        UPDATE session
        SET deleted_by = ?
        WHERE deleted_at IS NOT NULL
          AND deleted_by = ?
        """,
        (survivor, gone),
    )
    yield (
        """
        UPDATE message
        SET forgotten_by = ?
        WHERE forgotten_at IS NOT NULL
          AND forgotten_by = ?
        """,
        (survivor, gone),
    )
    yield ("UPDATE outbox SET person = ? WHERE person = ?", (survivor, gone))
    yield ("UPDATE OR IGNORE consent SET person = ? WHERE person = ?", (survivor, gone))
    yield from _join_sessions(survivor, gone)
    yield (
        """
        UPDATE endpoint
        SET owner = ?,
            name = CASE
                WHEN name IN (SELECT name FROM endpoint WHERE owner = ?) THEN name || ' 2'
                ELSE name
            END
        WHERE owner = ?
        """,
        (survivor, survivor, gone),
    )
    yield from ledger.join(survivor, gone, now)
    yield ("UPDATE OR IGNORE refill SET person = ? WHERE person = ?", (survivor, gone))
    yield (
        """
        UPDATE person
        SET (default_mode, default_model, system_prompt, temperature, context_messages, email) = (
            SELECT
                COALESCE(person.default_mode, gone.default_mode),
                COALESCE(person.default_model, gone.default_model),
                COALESCE(person.system_prompt, gone.system_prompt),
                COALESCE(person.temperature, gone.temperature),
                COALESCE(person.context_messages, gone.context_messages),
                person.email
            FROM person AS gone
            WHERE gone.id = ?
        ), time_zone = CASE time_zone
            WHEN '' THEN (SELECT time_zone FROM person WHERE id = ?)
            ELSE time_zone
        END
        WHERE id = ?
        """,
        (gone, gone, survivor),
    )
    rows = yield ("DELETE FROM person WHERE id = ? RETURNING email", (gone,))
    yield ("UPDATE person SET email = COALESCE(email, ?) WHERE id = ?", (rows[0][0], survivor))
    return Joined(survivor, gone)


def taken_by_joining(one: PersonId, two: PersonId) -> Program[int]:
    """How many tokens `join` would take back."""
    return (yield from ledger.unused_welcome(max(one, two)))


def _join_sessions(survivor: PersonId, gone: PersonId) -> Program[None]:
    folders = yield ("SELECT id, name FROM folder WHERE owner = ?", (gone,))
    for folder, name in folders:
        yield from _join_folder(survivor, folder, name)
    owned = yield ("SELECT id FROM session WHERE owner = ?", (gone,))
    for (session,) in owned:
        # The index keeps words under whose they are; they are taken in anew under the other name.
        yield from search.remove_session(session)
        yield ("UPDATE session SET owner = ? WHERE id = ?", (survivor, session))


def _join_folder(survivor: PersonId, folder: FolderId, name: str) -> Program[None]:
    same = yield ("SELECT id FROM folder WHERE owner = ? AND name = ?", (survivor, name))
    if same:
        yield ("UPDATE session SET folder = ? WHERE folder = ?", (same[0][0], folder))
    else:
        yield ("UPDATE folder SET owner = ? WHERE id = ?", (survivor, folder))


def identities(person: PersonId) -> Program[list[Identity]]:
    """Who the platforms say this person is."""
    rows = yield (
        """
        SELECT platform, user_id
        FROM identity
        WHERE person = ?
        ORDER BY platform, user_id
        """,
        (person,),
    )
    return [Identity(platform, user_id, "") for platform, user_id in rows]


def part(identity: Identity, now: UnixMs) -> Program[PersonId]:
    """Give an identity an account of its own again: a new one. All that was common stays with the other."""
    rows = yield (
        """
        INSERT INTO person (role, name, language, time_zone, welcomed, created_at)
        SELECT COALESCE(own_role, 'stranger'), ?, language, time_zone, 1, ?
        FROM person
        JOIN identity ON identity.person = person.id
        WHERE platform = ?
          AND user_id = ?
        RETURNING id
        """,
        (identity.name, now, identity.platform, identity.user_id),
    )
    person: PersonId = rows[0][0]
    # Joining and parting again and again must not fill a new account each time.
    yield (
        """
        INSERT INTO refill (person, period)
        SELECT ?, period
        FROM refill
        JOIN identity USING (person)
        WHERE platform = ?
          AND user_id = ?
        """,
        (person, identity.platform, identity.user_id),
    )
    yield (
        """
        UPDATE identity
        SET person = ?, own_role = NULL
        WHERE platform = ?
          AND user_id = ?
        """,
        (person, identity.platform, identity.user_id),
    )
    places = "SELECT private_chat FROM identity WHERE person = ? AND private_chat IS NOT NULL"
    chats = f"""
        SELECT other.id
        FROM place
        JOIN place AS other USING (platform, bot, chat)
        WHERE place.id IN ({places})
        """
    yield (f"UPDATE place SET session = NULL WHERE id IN ({chats})", (person,))
    yield (f"DELETE FROM active_session WHERE place IN ({chats})", (person,))
    return person


# erasing


def erase(person: PersonId, now: UnixMs) -> Program[None]:
    """Erase everything of a person. A salted hash of who they are stays, so that no second welcome is given.

    Before, all steps of `erasing.sessions_of` are to be run: what is left of sessions goes in this one transaction.
    """
    salt = yield ("SELECT value FROM salt", ())
    for identity in (yield from identities(person)):
        yield ("INSERT OR IGNORE INTO welcomed (identity_hash, at) VALUES (?, ?)", (_marked(identity, salt[0][0]), now))
    while (yield from erasing.sessions_of(person)):
        pass
    yield from _erase_from_groups(person)
    for identity in (yield from identities(person)):
        # What nobody could read is kept as it came, with who sent it.
        yield (
            "DELETE FROM dead_letter WHERE platform = ? AND instr(raw, ?)",
            (identity.platform, identity.user_id),
        )
    yield ("DELETE FROM person WHERE id = ?", (person,))


def _erase_from_groups(person: PersonId) -> Program[None]:
    """What somebody said among others is emptied, not cut out: what others said hangs below it."""
    for question in (yield from turns.questions_of(person)):
        for attachment in (yield from attachments.of_message(question)):
            yield from attachments.remove(attachment)
        yield from messages.replace_parts(question, ())
        yield from pieces.put(question, ())
        yield ("UPDATE message SET speaker = '' WHERE id = ?", (question,))
    # A title is made of the first words that were said.
    yield ("UPDATE session SET title = '…' WHERE owner IS NULL AND begun_by = ?", (person,))


def was_welcomed(person: PersonId) -> Program[bool]:
    """Whether one of this person's identities was erased before."""
    salt = yield ("SELECT value FROM salt", ())
    for identity in (yield from identities(person)):
        rows = yield ("SELECT 1 FROM welcomed WHERE identity_hash = ?", (_marked(identity, salt[0][0]),))
        if rows:
            return True
    return False


def _marked(identity: Identity, salt: str) -> str:
    return hashlib.sha256(f"{salt}/{identity.platform}/{identity.user_id}".encode()).hexdigest()


# addresses


def set_email(person: PersonId, email: str) -> Program[PersonId | None]:
    """Note that an address is this person's. Where another account has it already, gives that one and notes nothing."""
    rows = yield ("SELECT id FROM person WHERE email = ? AND id <> ?", (email, person))
    if rows:
        other: PersonId = rows[0][0]
        return other
    yield ("UPDATE person SET email = ? WHERE id = ?", (email, person))
    return None


PROOF = "proof"


def add_proof(person: PersonId, email: str, now: UnixMs) -> Program[None]:
    """Remember for a while that somebody has proven an address that another account has."""
    yield ("DELETE FROM link_code WHERE code_hash = ?", (f"{PROOF}/{person}",))
    yield (
        "INSERT INTO link_code (code_hash, person, email, expires_at) VALUES (?, ?, ?, ?)",
        (f"{PROOF}/{person}", person, email, now + CODE_MS),
    )


def use_proof(person: PersonId, now: UnixMs) -> Program[PersonId | None]:
    """The other account of an address that this person has proven; None where that was too long ago."""
    rows = yield (
        "DELETE FROM link_code WHERE code_hash = ? AND expires_at > ? RETURNING email",
        (f"{PROOF}/{person}", now),
    )
    if not rows:
        return None
    found = yield ("SELECT id FROM person WHERE email = ?", (rows[0][0],))
    return found[0][0] if found else None
