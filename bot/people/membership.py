"""Admission: what comes with a role the first time, and at the beginning of each week or month."""

from dataclasses import replace

from bot.domain.errors import PersonError
from bot.domain.ids import PersonId, TurnId, UnixMs
from bot.domain.people import Access, Person, Role, has_role
from bot.domain.policy import Policy
from bot.domain.turns import TurnState
from bot.people import roles
from storage import erasing, invites, ledger, open_turns, people
from storage.programs import Program


def grant_role(person: Person, role: Role, policy: Policy, now: UnixMs) -> Program[None]:
    """Grant a role permanently; anyone who joins for the first time gets the starting balance."""
    yield from people.set_role(person.id, role)
    if role in (Role.MEMBER, Role.ADMIN) and not person.welcomed:
        yield from welcome(person, policy, now, anonymous=False)


def person_now(person: PersonId, policy: Policy) -> Program[Person | None]:
    """Someone, with the role that they have now wherever they speak; None if there is no such person."""
    found = yield from people.find_by_id(person)
    return replace(found, role=(yield from roles.role_of(found, policy))) if found is not None else None


def let_in(person: Person, policy: Policy, now: UnixMs) -> Program[bool]:
    """Make someone a member; False if they are one already."""
    # Whom the settings let in may still be a stranger to a bot that is open to fewer.
    if has_role(person, Role.MEMBER) and (yield from people.get(person.id)).role is not Role.STRANGER:
        return False
    yield from grant_role(person, Role.MEMBER, policy, now)
    return True


def withdraw(caller: PersonId, person: Person, role: Role, policy: Policy) -> Program[bool]:
    """Give someone a lower role; False if their role comes from the settings, which alone can take it away.

    Raises:
        PersonError: no one can remove themselves.
    """
    if person.id == caller:
        raise PersonError("That would lock you out. Another admin can do it.")
    yield from people.set_role(person.id, role)
    now = yield from person_now(person.id, policy)
    return now is not None and now.role is role


def is_awaiting(person: Person, access: Access) -> bool:
    """Whether someone has asked to join and has not been answered yet. `access`: how strangers come in there."""
    return person.role is Role.STRANGER and access is Access.APPROVAL


def is_last_admin(person: Person, policy: Policy) -> Program[bool]:
    """Whether they are the only admin."""
    known = yield from people.counts(policy.roles)
    return has_role(person, Role.ADMIN) and known.get(Role.ADMIN.value, 0) == 1


def welcome(person: Person, policy: Policy, now: UnixMs, *, anonymous: bool) -> Program[None]:
    """The starting balance; nothing for the identity of a group or channel: anyone can create any number of those."""
    yield from people.note_welcomed(person.id)
    if anonymous:
        return
    if (yield from erasing.was_welcomed(person.id)):
        # Anyone who erases everything and comes back would get this week's or month's tokens again and again.
        yield from ledger.note_refilled(person.id, policy.refill.period(now))
    elif policy.tokens_start:
        yield from ledger.grant(person.id, policy.tokens_start, "welcome", now)
    yield from _refill(person.id, policy, now)


def refill(person: Person, policy: Policy, now: UnixMs) -> Program[None]:
    """Refill a balance for a new week or month, when the person first shows up in it."""
    if has_role(person, Role.MEMBER):
        yield from _refill(person.id, policy, now)


def _refill(person: PersonId, policy: Policy, now: UnixMs) -> Program[None]:
    if policy.refill:
        yield from ledger.refill(person, policy.refill.period(now), policy.refill.amount, now)


def use_code(caller: PersonId, code: str, policy: Policy, now: UnixMs) -> Program[Role | None]:
    """Let a person in with the code's role; a code is not used up by someone who gains nothing from it."""
    person = yield from people.get(caller)
    if person.role in (Role.BLOCKED, Role.ADMIN):
        return None
    role = yield from invites.use(code, None if person.role is Role.STRANGER else Role.ADMIN)
    if role is not None:
        yield from grant_role(person, role, policy, now)
    return role


def erase(person: PersonId, now: UnixMs) -> Program[list[TurnId]]:
    """Erase a person whose sessions are gone (`storage.erasing`); returns their running turns, to be stopped."""
    theirs = yield from open_turns.of_payer(person)
    yield from erasing.erase_person(person, now)
    return [turn for turn, state in theirs if state is TurnState.RUNNING]
