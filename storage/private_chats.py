"""Private chats: where somebody can be told something, and admins what is theirs to know."""

from dataclasses import dataclass, replace

from bot.domain.ids import PersonId
from bot.domain.people import Identity, RoleRules
from bot.domain.places import Place, PlaceKind
from storage import places
from storage.people import role_now
from storage.programs import Program


def note(identity: Identity, place: int) -> Program[None]:
    """This is where this identity can be told something in private."""
    yield (
        """
        UPDATE identity
        SET private_chat = ?
        WHERE platform = ?
          AND user_id = ?
          AND private_chat IS DISTINCT FROM ?
        """,
        (place, identity.platform, identity.user_id, place),
    )


def around(place: Place, row: int) -> Program[int]:
    """The row of a private chat, of which this place may be a thread: each of those is about something else."""
    if place.thread:
        row, _ = yield from places.open_place(replace(place, thread="", kind=PlaceKind.PRIVATE), "")
    return row


def of(person: PersonId) -> Program[list[int]]:
    """The places where a person can be told something in private, one for each platform."""
    rows = yield ("SELECT private_chat FROM identity WHERE person = ? AND private_chat IS NOT NULL", (person,))
    return [place for (place,) in rows]


def accounts_on(person: PersonId, platform: str) -> Program[list[tuple[str, int | None]]]:
    """A person's accounts on a platform, each with the place of their private chat if that is known."""
    rows = yield (
        """
        SELECT user_id, private_chat
        FROM identity
        WHERE person = ?
          AND platform = ?
        ORDER BY private_chat IS NULL, user_id
        """,
        (person, platform),
    )
    return [(user, place) for user, place in rows]


def with_bot_at(person: PersonId, at: Place) -> Program[tuple[int, Place] | None]:
    """Where a person writes to the bot of a place in private, with its row; None if they do not."""
    for _, row in (yield from accounts_on(person, at.platform)):
        if row is not None and (place := (yield from places.get(row))).bot == at.bot:
            return row, place
    return None


@dataclass(frozen=True, slots=True)
class AdminChat:
    """Where an admin can be told something."""

    row: int
    """Of the place."""
    place: Place
    language: str
    time_zone: str
    """As `Person.time_zone`; "": none chosen."""


def of_admins(rules: RoleRules) -> Program[list[AdminChat]]:
    """Where all admins are told something."""
    present, parameters = role_now(rules)
    rows = yield (
        f"""
        SELECT private_chat, language, time_zone
        FROM identity
        JOIN person ON person.id = identity.person
        WHERE {present} = 'admin'
          AND private_chat IS NOT NULL
        """,
        parameters,
    )
    found = []
    for row, language, time_zone in rows:
        found.append(AdminChat(row, (yield from places.get(row)), language, time_zone))
    return found
