"""Someone's present role: what an admin granted, combined with what the settings say."""

from bot.domain.people import Identity, Person, Role
from bot.domain.places import Place
from bot.domain.policy import Policy, marks_of
from storage import people
from storage.programs import Program


def role_at(person: Person, identity: Identity, place: Place, policy: Policy) -> Program[Role]:
    """Someone's role where they are speaking."""
    marks, rules = [*marks_of(identity, place)], policy.roles_at(place)
    if rules.admins or rules.members or rules.bounds:
        # The settings may name a person by their account on the other platform.
        for other in (yield from people.identities(person.id)):
            marks += marks_of(other)
    return rules.role_of(person.role, marks)


def role_of(person: Person, policy: Policy) -> Program[Role]:
    """Someone's role, wherever they speak."""
    known = yield from people.identities(person.id)
    return policy.roles.role_of(person.role, (mark for identity in known for mark in marks_of(identity)))
