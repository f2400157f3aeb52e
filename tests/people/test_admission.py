"""Whether somebody may: asked of every kind of caller with every kind of need."""

import itertools
from collections.abc import Iterator

import pytest

from bot.domain.errors import PersonError
from bot.domain.ids import PersonId
from bot.domain.needs import Need, Theirs
from bot.domain.people import RANK, Identity, Person, Role
from bot.domain.places import Place, PlaceKind
from bot.domain.policy import Policy, ToolRules
from bot.domain.sessions import Modes
from bot.people.admission import Refused, Why, admit, must_be_theirs, must_decide
from bot.people.callers import Caller

PRIVATE, GROUP = Place("p", "b", "1"), Place("p", "b", "g", kind=PlaceKind.GROUP)
ALICE, BOB = PersonId(1), PersonId(2)


def callers() -> Iterator[Caller]:
    """Alice, in every role and place."""
    for role, place, adults, moderates in itertools.product(Role, (PRIVATE, GROUP), (False, True), (None, False, True)):
        person = Person(ALICE, role, "Alice")
        yield Caller(person, Identity("p", "1", "Alice"), place, 1, None, False, adults, "", moderates)


def needs() -> Iterator[Need]:
    """Every kind."""
    roles = (Role.STRANGER, Role.MEMBER, Role.ADMIN)
    named = (frozenset[str](), frozenset({"p:user:1"}), frozenset({"p:chat:g"}), frozenset({"p:user:2"}))
    theirs = (None, *(Theirs(whose, order) for whose in (None, ALICE, BOB) for order in (False, True)))
    yield from itertools.starmap(Need, itertools.product(roles, named, (False, True), (False, True), theirs))


def expected(caller: Caller, need: Need) -> Why | None:
    """Why not, as the rules are written down for people."""
    role, among_others = caller.person.role, caller.place is GROUP
    if role is Role.BLOCKED or (role is Role.STRANGER and need.role is not Role.STRANGER):
        return Why.NOT_LET_IN
    if role is not Role.ADMIN:
        is_named = "p:user:1" in need.named or ("p:chat:g" in need.named and among_others)
        if RANK[role] < RANK[need.role] or (need.named and not is_named):
            return Why.RIGHTS
    if need.private and among_others and not (need.or_adults and caller.adults_only):
        return Why.PLACE
    if need.theirs is None or not among_others or role is Role.ADMIN or need.theirs.whose == ALICE:
        return None
    return None if need.theirs.or_moderators and caller.keeps_order else Why.NOT_THEIRS


def test_whether_somebody_may_follows_from_who_they_are_where_and_whose_it_is() -> None:
    for caller, need in itertools.product(callers(), needs()):
        answer = admit(caller, need)
        assert (answer.why if isinstance(answer, Refused) else None) == expected(caller, need), (caller, need)


@pytest.mark.parametrize("or_moderators", [True, False])
def test_what_is_somebody_elses_is_refused_in_its_own_words(or_moderators: bool) -> None:
    moderator = Caller(
        Person(ALICE, Role.MEMBER, "Alice"), Identity("p", "1", "Alice"), GROUP, 1, None, False, False, "", True
    )
    must_be_theirs(moderator, BOB, "Not yours.")
    if or_moderators:
        must_be_theirs(moderator, BOB, "Not yours.", or_moderators=True)
    else:
        with pytest.raises(PersonError, match=r"Not yours\."):
            must_be_theirs(moderator, BOB, "Not yours.", or_moderators=False)


def test_what_is_done_in_somebodys_name_is_decided_by_them_or_by_whom_the_operator_names() -> None:
    for caller, whose, named in itertools.product(
        callers(), (ALICE, BOB), (frozenset[str](), frozenset({"p:user:1"}), frozenset({"p:user:2"}))
    ):
        policy = Policy(modes=Modes({}, "regular"), tools=ToolRules(approvers=named))
        alone = caller.place is PRIVATE
        let_in = caller.person.role not in (Role.BLOCKED, Role.STRANGER)
        # Not even an admin of ours, nor who keeps order in the chat.
        if let_in and (alone or whose == ALICE or "p:user:1" in named):
            must_decide(caller, whose, policy)
        else:
            with pytest.raises(PersonError, match="Only the person who asked"):
                must_decide(caller, whose, policy)
