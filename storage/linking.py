"""Joining two accounts into one, and separating an identity from one again."""

from dataclasses import dataclass

from bot.domain.ids import FolderId, PersonId, UnixMs
from bot.domain.people import RANK, Identity
from storage import facts, ledger, overheard, own_servers, people, search
from storage.programs import Program

MOVED = frozenset(
    (
        "identity",
        "consent",
        "fact",
        "folder",
        "session",
        "turn",
        "ledger",
        "refill",
        "link_code",
        "code_event",
        "asked",
        "outbox",
        "given_up",
        "endpoint",
        "own_server",
        "attachment",
        "upload",
        "summary",
        "schedule",
        "approval",
        "usage",
        "act",
        "page_key",
        "broadcast",
        "missed",
    )
)
"""The tables that refer to a person: what `join` moves or drops. A test compares it with the schema."""

_FOLLOWS = (
    ("identity", "person", "TRUE"),
    ("turn", "payer", "TRUE"),
    ("attachment", "person", "TRUE"),
    ("session", "begun_by", "TRUE"),
    ("outbox", "person", "TRUE"),
    ("given_up", "person", "TRUE"),
    ("upload", "person", "TRUE"),
    ("summary", "payer", "TRUE"),
    ("schedule", "person", "TRUE"),
    ("usage", "person", "TRUE"),
    ("act", "admin", "TRUE"),
    ("act", "whom", "TRUE"),
    ("page_key", "person", "TRUE"),
    ("broadcast", "admin", "TRUE"),
    # An index holds only these.
    ("session", "deleted_by", "deleted_at IS NOT NULL"),
    ("message", "forgotten_by", "forgotten_at IS NOT NULL"),
)
"""Table, column and condition of what simply becomes the survivor's."""

_ONCE_EACH = (("consent", "mode"), ("refill", "period"), ("missed", "broadcast"))
"""Tables in which a person has each of these once: what both have, the survivor has already."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The account that stays, and the one that is gone."""

    survivor: PersonId
    gone: PersonId


def join(one: PersonId, two: PersonId, now: UnixMs) -> Program[Joined]:
    """Make two accounts one; the older stays. The caller has made sure that neither is blocked."""
    survivor, gone = PersonId(min(one, two)), PersonId(max(one, two))
    stays, goes = (yield from people.get(survivor)), (yield from people.get(gone))
    yield from people.set_role(survivor, max(stays.role, goes.role, key=RANK.__getitem__))
    if goes.welcomed:
        yield from people.note_welcomed(survivor)
    # Anyone who leaves again has the role they had: joining and leaving must let no one in.
    for person in (stays, goes):
        yield (
            "UPDATE identity SET own_role = ? WHERE person = ? AND own_role IS NULL",
            (person.role.value, person.id),
        )
    for table, column, condition in _FOLLOWS:
        yield (f"UPDATE {table} SET {column} = ? WHERE {column} = ? AND {condition}", (survivor, gone))
    for table, key in _ONCE_EACH:
        yield (
            f"""
            UPDATE {table}
            SET person = ?
            WHERE person = ?
              AND {key} NOT IN (SELECT {key} FROM {table} WHERE person = ?)
            """,
            (survivor, gone, survivor),
        )
    yield from _join_sessions(survivor, gone)
    yield from _join_endpoints(survivor, gone)
    yield from own_servers.join(survivor, gone)
    yield from facts.join(survivor, gone)
    yield from ledger.join(survivor, gone, now)
    yield from _join_choices(survivor, gone)
    yield from overheard.join(survivor, now)
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
        # The index keeps words under whose they are; they are indexed again under the other name.
        yield from search.remove_session(session)
        yield ("UPDATE session SET owner = ? WHERE id = ?", (survivor, session))


def _join_endpoints(survivor: PersonId, gone: PersonId) -> Program[None]:
    taken = yield ("SELECT name FROM endpoint WHERE owner = ?", (survivor,))
    moving = yield ("SELECT id, name FROM endpoint WHERE owner = ?", (gone,))
    for endpoint, name in moving:
        free = f"{name} 2" if (name,) in taken else name
        yield ("UPDATE endpoint SET owner = ?, name = ? WHERE id = ?", (survivor, free, endpoint))


def _join_choices(survivor: PersonId, gone: PersonId) -> Program[None]:
    """What only one of the two has chosen holds for both; then the other account is deleted."""
    yield (
        """
        UPDATE person
        SET (
            default_mode, default_model, system_prompt, temperature, context_messages, context_tokens,
            show_model, show_reasoning, effort
        ) = (
            SELECT
                COALESCE(person.default_mode, gone.default_mode),
                COALESCE(person.default_model, gone.default_model),
                COALESCE(person.system_prompt, gone.system_prompt),
                COALESCE(person.temperature, gone.temperature),
                COALESCE(person.context_messages, gone.context_messages),
                COALESCE(person.context_tokens, gone.context_tokens),
                COALESCE(person.show_model, gone.show_model),
                COALESCE(person.show_reasoning, gone.show_reasoning),
                COALESCE(person.effort, gone.effort)
            FROM person AS gone
            WHERE gone.id = ?
        ), time_zone = CASE time_zone
            WHEN '' THEN (SELECT gone.time_zone FROM person AS gone WHERE gone.id = ?)
            ELSE time_zone
        END
        WHERE id = ?
        """,
        (gone, gone, survivor),
    )
    # Who has left broadcasts with either has left them.
    yield (
        """
        UPDATE person
        SET broadcasts = FALSE
        WHERE id = ?
          AND NOT (SELECT gone.broadcasts FROM person AS gone WHERE gone.id = ?)
        """,
        (survivor, gone),
    )
    rows = yield ("DELETE FROM person WHERE id = ? RETURNING email", (gone,))
    yield ("UPDATE person SET email = COALESCE(email, ?) WHERE id = ?", (rows[0][0], survivor))


def _join_folder(survivor: PersonId, folder: FolderId, name: str) -> Program[None]:
    same = yield ("SELECT id FROM folder WHERE owner = ? AND name = ?", (survivor, name))
    if same:
        yield ("UPDATE session SET folder = ? WHERE folder = ?", (same[0][0], folder))
    else:
        yield ("UPDATE folder SET owner = ? WHERE id = ?", (survivor, folder))


def part(identity: Identity, now: UnixMs) -> Program[PersonId]:
    """Give an identity its own account again: a new one. Everything shared stays with the other."""
    rows = yield (
        """
        INSERT INTO person (role, name, language, time_zone, broadcasts, welcomed, created_at)
        SELECT COALESCE(own_role, 'stranger'), ?, language, time_zone, broadcasts, TRUE, ?
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
