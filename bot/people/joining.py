"""One person on several platforms: linking accounts by a code or a verified address, and unlinking them."""

import secrets
from datetime import timedelta

from bot.domain.errors import PersonError
from bot.domain.ids import PersonId, UnixMs
from bot.domain.people import Person, Role
from bot.texts import said_later
from storage import codes, linking, people
from storage.codes import CODE_MS, MAILED_CODES, MAILED_MS, WRONG_CODES
from storage.linking import Joined
from storage.programs import Program

CODE_MINUTES = int(timedelta(milliseconds=CODE_MS).total_seconds() // 60)
"""How long a code is valid."""

WRONG = said_later("That code is not valid or has expired. Send `/link` on the other side for a new one.")
WRONG_MAILED = said_later("That code is not valid or has expired. `/email` sends a new one.")

_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without characters that are easily confused."""
_SIGNS_IN_CODE = 8


def new_code() -> str:
    """A code that cannot be guessed."""
    return "".join(secrets.choice(_SIGNS) for _ in range(_SIGNS_IN_CODE))


def owner_of(code: str, person: PersonId, now: UnixMs) -> Program[Person | None]:
    """The account that created the code this person sends; None for a wrong code, which is counted.

    Raises:
        PersonError: there were too many wrong ones.
    """
    yield from _must_not_guess(person, now)
    other = yield from codes.owner_of_code(code, now)
    if other is None or other == person:
        yield from codes.note_event(person, "wrong", now)
        return None
    return (yield from people.find_by_id(other))


def join_by_code(code: str, person: Person, now: UnixMs) -> Program[Joined | None]:
    """Link the account that created the code with the one that sends it; None if the code is wrong.

    It is one transaction: a code is used once, even if two people send it at once.

    Raises:
        PersonError: there were too many wrong ones.
    """
    yield from _must_not_guess(person.id, now)
    other = yield from codes.use_code(code, now)
    if other is None or other == person.id:
        yield from codes.note_event(person.id, "wrong", now)
        return None
    return (yield from _join(person, other, now))


def join_by_address(person: Person, now: UnixMs) -> Program[Joined | None]:
    """Link with the account whose address this person has verified; None if that was too long ago."""
    other = yield from codes.use_proof(person.id, now)
    return (yield from _join(person, other, now)) if other is not None else None


def note_mailed(code: str, address: str, person: PersonId, now: UnixMs) -> Program[None]:
    """Record that a code is being sent to an address. Raises PersonError if too many were sent."""
    if (yield from codes.events_since(person, "mailed", UnixMs(now - MAILED_MS))) >= MAILED_CODES:
        raise PersonError("You have had enough codes sent for this hour. Try again later.")
    yield from codes.note_event(person, "mailed", now)
    yield from codes.add_code(person, code, now, address)


def prove(code: str, person: PersonId, now: UnixMs) -> Program[tuple[str, PersonId | None] | None]:
    """The address that a mailed code verifies, and who else has it; None for a wrong code.

    Raises:
        PersonError: there were too many wrong ones.
    """
    yield from _must_not_guess(person, now)
    address = yield from codes.use_mailed_code(person, code, now)
    if address is None:
        yield from codes.note_event(person, "wrong", now)
        return None
    other = yield from codes.set_email(person, address)
    if other is not None:
        # The verified address waits until the person confirms the merge.
        yield from codes.add_proof(person, address, now)
    return address, other


def _must_not_guess(person: PersonId, now: UnixMs) -> Program[None]:
    if (yield from codes.events_since(person, "wrong", UnixMs(now - CODE_MS))) >= WRONG_CODES:
        raise PersonError("Too many wrong codes. Try again in {minutes} minutes.", minutes=CODE_MINUTES)


def _join(person: Person, other: PersonId, now: UnixMs) -> Program[Joined | None]:
    """Link two accounts, unless one is blocked: linking must not be a way around that."""
    found = yield from people.find_by_id(other)
    if found is None or Role.BLOCKED in (found.role, person.role):
        return None
    return (yield from linking.join(person.id, other, now))
