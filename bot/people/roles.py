"""What role somebody has at this moment: what an admin granted, and what the settings say."""

from bot.domain.people import Identity, Person, Role
from bot.domain.places import Place
from bot.domain.policy import Policy, marks_of
from storage import people
from storage.database import Program


def role_at(person: Person, identity: Identity, place: Place, policy: Policy) -> Program[Role]:
    """What somebody may do where they speak: what was granted, and what the settings say."""
    marks = [*marks_of(identity, place)]
    if policy.admins or policy.allowlist:
        # Who speaks on one platform may be named by who they are on the other.
        for other in (yield from people.identities(person.id)):
            marks += marks_of(other)
    return policy.roles.role_of(person.role, marks)


def role_of(person: Person, policy: Policy) -> Program[Role]:
    """The same, wherever they speak."""
    known = yield from people.identities(person.id)
    return policy.roles.role_of(person.role, (mark for identity in known for mark in marks_of(identity)))
