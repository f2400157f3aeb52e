"""Broadcasts: what an admin tells many people at once. Everybody is come to once, in the order of their numbers.

How far one has come stands in its row, and moves in the transaction that queues its pages: whatever is killed, nobody
is left out or told twice.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.ids import PageId, PersonId, UnixMs
from bot.domain.people import Role, RoleRules
from storage import people
from storage.programs import Program


class BroadcastState(StrEnum):
    """How far a broadcast is."""

    DRAFT = "draft"
    """Its admin is looking at it."""
    GOING = "going"
    STOPPED = "stopped"
    DONE = "done"


class Miss(StrEnum):
    """Why a broadcast did not reach somebody."""

    NO_CHAT = "no_chat"
    """They have never written to the bot in private."""
    NO_BOT = "no_bot"
    """The bot that they write to does not run."""
    UNREACHABLE = "unreachable"
    REJECTED = "rejected"
    """Both as in `storage.given_up`."""


@dataclass(frozen=True, slots=True)
class Audience:
    """To whom a broadcast goes, of those who are let in and want any."""

    only: Role | None = None
    """None: to members and admins."""
    platform: str = ""
    """Only to people who are there, and there; "": each where they last asked something in private."""
    bot: str = ""
    """Only by the bot of this id on `platform`."""

    @classmethod
    def of(cls, role: str, platform: str, bot: str) -> "Audience":
        """As `words` has it; any other role is everybody."""
        return cls(_ROLES.get(role), platform, bot)

    @property
    def words(self) -> tuple[str, str, str]:
        """The role, or "" for everybody, the platform and the bot."""
        return self.only.value if self.only else "", self.platform, self.bot


_ROLES = {role.value: role for role in (Role.MEMBER, Role.ADMIN)}


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast and how it went."""

    id: int
    admin: PersonId | None
    """Who wrote it; None if they are no longer known."""
    text: str
    audience: Audience
    state: BroadcastState
    people: int
    """For how many it was when it began."""
    reached: int
    missed: int
    waiting: int
    """Its pages that are on their way."""
    made_at: UnixMs
    ended_at: UnixMs | None


@dataclass(frozen=True, slots=True)
class Counted:
    """For how many people a broadcast is."""

    wanted: int
    """They get it."""
    left: int = 0
    """They want none."""
    no_chat: int = 0
    """They cannot be written to."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is to get it."""

    person: PersonId
    language: str
    chat: int | None
    """The place where they are told it; None if there is none."""


_COLUMNS = (
    "id, admin, text, role, platform, bot, state, people, reached,"
    " (SELECT COUNT(*) FROM missed WHERE missed.broadcast = broadcast.id),"
    " (SELECT COUNT(*) FROM outbox WHERE outbox.broadcast = broadcast.id), made_at, ended_at"
)


def _broadcast(row: tuple[Any, ...]) -> Broadcast:
    number, admin, text, role, platform, bot, state, *rest = row
    audience = Audience.of(role, platform, bot)
    return Broadcast(number, admin, text, audience, BroadcastState(state), *rest)


# making one


def draft(admin: PersonId, text: str, audience: Audience, now: UnixMs) -> Program[int]:
    """Keep what an admin is about to send, in place of another such draft of theirs; gives its number."""
    yield ("DELETE FROM broadcast WHERE admin = ? AND state = 'draft'", (admin,))
    rows = yield (
        """
        INSERT INTO broadcast (admin, text, role, platform, bot, state, made_at)
        VALUES (?, ?, ?, ?, ?, 'draft', ?)
        RETURNING id
        """,
        (admin, text, *audience.words, now),
    )
    number: int = rows[0][0]
    return number


def aim(number: int, audience: Audience) -> Program[None]:
    """Have a draft go to others."""
    yield (
        "UPDATE broadcast SET role = ?, platform = ?, bot = ? WHERE id = ? AND state = 'draft'",
        (*audience.words, number),
    )


def discard(number: int) -> Program[None]:
    """A draft is not to be sent."""
    yield ("DELETE FROM broadcast WHERE id = ? AND state = 'draft'", (number,))


def begin(number: int, wanted: int) -> Program[bool]:
    """Let a draft go out to so many people who are known now; False if it is none any longer."""
    rows = yield (
        """
        UPDATE broadcast
        SET state = 'going', people = ?, newest = (SELECT COALESCE(MAX(id), 0) FROM person)
        WHERE id = ?
          AND state = 'draft'
        RETURNING id
        """,
        (wanted, number),
    )
    return bool(rows)


def stop(number: int, now: UnixMs) -> Program[bool]:
    """Nobody else is to get it, but for those whose page is being sent; False if it was not going."""
    rows = yield (
        """
        UPDATE broadcast
        SET state = 'stopped', ended_at = ?
        WHERE id = ?
          AND state = 'going'
        RETURNING id
        """,
        (now, number),
    )
    if rows:
        yield ("DELETE FROM outbox WHERE broadcast = ? AND state = 'queued'", (number,))
    return bool(rows)


# looking


def find(number: int) -> Program[Broadcast | None]:
    """One of them."""
    rows = yield (f"SELECT {_COLUMNS} FROM broadcast WHERE id = ?", (number,))
    return _broadcast(rows[0]) if rows else None


def draft_of(admin: PersonId) -> Program[Broadcast | None]:
    """What an admin is about to send."""
    rows = yield (f"SELECT {_COLUMNS} FROM broadcast WHERE admin = ? AND state = 'draft'", (admin,))
    return _broadcast(rows[0]) if rows else None


def latest(limit: int) -> Program[list[Broadcast]]:
    """The newest that were sent."""
    rows = yield (f"SELECT {_COLUMNS} FROM broadcast WHERE state <> 'draft' ORDER BY id DESC LIMIT ?", (limit,))
    return [_broadcast(row) for row in rows]


def next_going() -> Program[Broadcast | None]:
    """The oldest that is to go on: one at a time does."""
    rows = yield (f"SELECT {_COLUMNS} FROM broadcast WHERE state = 'going' ORDER BY id LIMIT 1", ())
    return _broadcast(rows[0]) if rows else None


def missed(number: int, limit: int) -> Program[list[tuple[PersonId, str, Miss]]]:
    """Whom it did not reach: their names and why."""
    rows = yield (
        """
        SELECT person.id, name, reason
        FROM missed
        JOIN person ON person.id = person
        WHERE broadcast = ?
        ORDER BY person.id
        LIMIT ?
        """,
        (number, limit),
    )
    return [(person, name, Miss(reason)) for person, name, reason in rows]


def count(audience: Audience, rules: RoleRules) -> Program[Counted]:
    """For how many people it would be now."""
    having, at = _chats(audience, "identity.person")
    among, parameters = _among(audience, rules)
    # Who has a chat is looked up once: asked for each of 100,000 people, it took three times as long.
    rows = yield (
        f"""
        SELECT COUNT(*), COUNT(*) FILTER (WHERE broadcasts),
            COUNT(*) FILTER (WHERE broadcasts AND person.id IN ({having}))
        FROM person
        WHERE {among}
        """,
        (*at, *parameters),
    )
    everybody, want, wanted = rows[0]
    return Counted(wanted, everybody - want, want - wanted)


def _among(audience: Audience, rules: RoleRules) -> tuple[str, tuple[object, ...]]:
    """Whether a person is one of these: SQL and its parameters."""
    present, parameters = people.role_now(rules)
    roles = (audience.only, audience.only) if audience.only else _ROLES.values()
    there = "SELECT 1 FROM identity WHERE identity.person = person.id AND identity.platform = ?"
    sql = f"{present} IN (?, ?) AND (? = '' OR EXISTS ({there}))"
    return sql, (*parameters, *(role.value for role in roles), audience.platform, audience.platform)


def _chats(audience: Audience, what: str) -> tuple[str, tuple[object, ...]]:
    """`what` of the private chats in which people may be told it. More conditions can be added."""
    if not audience.bot:
        # Without looking at the places, so that counting everybody is quick: somebody's chat is on their platform.
        sql = f"""
        SELECT {what}
        FROM identity
        WHERE identity.private_chat IS NOT NULL
          AND ? IN ('', identity.platform)
        """
        return sql, (audience.platform,)
    sql = f"""
        SELECT {what}
        FROM identity
        JOIN place ON place.id = identity.private_chat
        WHERE place.platform = ?
          AND place.bot = ?
        """
    return sql, (audience.platform, audience.bot)


def _chat(audience: Audience) -> tuple[str, tuple[object, ...]]:
    """That of a person's in which they asked something last."""
    chats, parameters = _chats(audience, "identity.private_chat")
    sql = f"""
        SELECT place.id
        FROM place
        WHERE place.id IN ({chats} AND identity.person = person.id)
        ORDER BY COALESCE((SELECT MAX(created_at) FROM turn WHERE turn.place = place.id), 0) DESC, place.id
        LIMIT 1
        """
    return sql, parameters


# going on


def next_people(number: int, rules: RoleRules, limit: int) -> Program[list[Recipient]]:
    """Who gets one next that is going; nobody when it has come to everybody."""
    found = yield from find(number)
    if found is None or found.state is not BroadcastState.GOING:
        return []
    chat, at = _chat(found.audience)
    among, parameters = _among(found.audience, rules)
    rows = yield (
        f"""
        SELECT person.id, language, ({chat})
        FROM person
        WHERE person.id > (SELECT come_to FROM broadcast WHERE id = ?)
          AND person.id <= (SELECT newest FROM broadcast WHERE id = ?)
          AND broadcasts
          AND {among}
        ORDER BY person.id
        LIMIT ?
        """,
        (*at, number, number, *parameters, limit),
    )
    return [Recipient(*row) for row in rows]


def note_come_to(broadcast: int, person: PersonId) -> Program[None]:
    """It has come to this person: whoever is next has a higher number."""
    yield ("UPDATE broadcast SET come_to = ? WHERE id = ?", (person, broadcast))


def note_reached(number: int) -> Program[None]:
    """A page of it is shown."""
    yield ("UPDATE broadcast SET reached = reached + 1 WHERE id = ?", (number,))


def note_missed(broadcast: int, person: PersonId, why: Miss) -> Program[None]:
    """It will not reach this person."""
    yield (
        "INSERT INTO missed (broadcast, person, reason) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (broadcast, person, why.value),
    )


def note_refused(page: PageId, why: Miss) -> Program[None]:
    """The platform will never take this page of one: it leaves the outbox, and whom it was for was missed."""
    yield (
        """
        INSERT INTO missed (broadcast, person, reason)
        SELECT broadcast, person, ?
        FROM outbox
        WHERE id = ?
          AND person IS NOT NULL
        ON CONFLICT DO NOTHING
        """,
        (why.value, page),
    )
    yield ("DELETE FROM outbox WHERE id = ?", (page,))


def end(number: int, now: UnixMs) -> Program[None]:
    """It has come to everybody, and nothing of it is on its way."""
    yield ("UPDATE broadcast SET state = 'done', ended_at = ? WHERE id = ? AND state = 'going'", (now, number))


def forget_before(moment: UnixMs) -> Program[None]:
    """Forget what was sent, or only thought of, before a moment."""
    yield ("DELETE FROM broadcast WHERE state <> 'going' AND made_at < ?", (moment,))
