"""One person on several platforms: joining accounts by a code or a verified address, and parting them."""

import secrets
from datetime import timedelta

from bot.domain.errors import PersonError
from bot.domain.ids import PersonId, UnixMs
from bot.domain.people import Person, Role
from bot.texts import said_later
from storage import codes, linking, people
from storage.codes import CODE_MS, MAILED_CODES, MAILED_MS, WRONG_CODES
from storage.database import Program
from storage.linking import Joined

CODE_MINUTES = int(timedelta(milliseconds=CODE_MS).total_seconds() // 60)
"""How long a code is valid."""

WRONG = said_later("That code is not valid or has expired. Send `/link` on the other side for a new one.")
WRONG_MAILED = said_later("That code is not valid or has expired. `/email` sends a new one.")

_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that are taken for each other."""
_SIGNS_IN_CODE = 8


def new_code() -> str:
    """A code that nobody guesses."""
    return "".join(secrets.choice(_SIGNS) for _ in range(_SIGNS_IN_CODE))


def owner_of(code: str, person: PersonId, now: UnixMs) -> Program[Person | None]:
    """The other account of a code that this person sends; None for a wrong one, which is counted.

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
    """Join whoever showed the code with whoever sends it; None if it is wrong.

    The whole of it is one transaction, so that a code is used once whoever is first.

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
    """Join with the account whose address this person has proven to be theirs; None if that was too long ago."""
    other = yield from codes.use_proof(person.id, now)
    return (yield from _join(person, other, now)) if other is not None else None


def note_mailed(code: str, address: str, person: PersonId, now: UnixMs) -> Program[None]:
    """A code is on its way to an address. Raises PersonError where there were too many."""
    if (yield from codes.events_since(person, "mailed", UnixMs(now - MAILED_MS))) >= MAILED_CODES:
        raise PersonError("You have had enough codes sent for this hour. Try again later.")
    yield from codes.note_event(person, "mailed", now)
    yield from codes.add_code(person, code, now, address)


def prove(code: str, person: PersonId, now: UnixMs) -> Program[tuple[str, PersonId | None] | None]:
    """The address that a mailed code proves to be this person's, and whose else it is; None for a wrong code.

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
        # What this account has proven waits for the word that makes the two one.
        yield from codes.add_proof(person, address, now)
    return address, other


def _must_not_guess(person: PersonId, now: UnixMs) -> Program[None]:
    if (yield from codes.events_since(person, "wrong", UnixMs(now - CODE_MS))) >= WRONG_CODES:
        raise PersonError("Too many wrong codes. Try again in {minutes} minutes.", minutes=CODE_MINUTES)


def _join(person: Person, other: PersonId, now: UnixMs) -> Program[Joined | None]:
    """Join two accounts, unless one is kept out: joining must not be a way round that."""
    found = yield from people.find_by_id(other)
    if found is None or Role.BLOCKED in (found.role, person.role):
        return None
    return (yield from linking.join(person.id, other, now))
