"""Letting people in and out: what comes with a role once, whom it lets in, and who has one from the settings."""

from collections.abc import Iterator

import pytest

from bot.domain.ids import MessageId, PersonId, SessionId, TurnId, UnixMs
from bot.domain.people import Access, Identity, Person, Role
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.domain.sessions import Modes
from bot.domain.turns import TurnState
from bot.people.membership import erase, grant_role, is_awaiting, is_last_admin, let_in
from bot.people.roles import role_at
from storage import ledger, people, turns
from storage.turns import NewTurn
from tests.storage.scene import Scene

NOW = UnixMs(1_000)
POLICY = Policy(modes=Modes({}, "regular"), tokens_start=40)
ALICE = PersonId(1)


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Alice, on two platforms."""
    made = Scene()
    made.put("person", role="stranger", name="Alice")
    for platform in ("p", "q"):
        made.put("identity", platform=platform, user_id="1", person=1)
    yield made
    made.close()


def alice(scene: Scene) -> Person:
    return scene.run(people.get(ALICE))


@pytest.mark.parametrize(
    ("role", "given"), [(Role.MEMBER, 40), (Role.ADMIN, 40), (Role.STRANGER, 0), (Role.BLOCKED, 0)]
)
def test_a_welcome_comes_with_a_role_that_lets_in_and_once(scene: Scene, role: Role, given: int) -> None:
    for _ in range(2):
        scene.run(grant_role(alice(scene), role, POLICY, NOW))
        assert alice(scene).role is role
        assert scene.run(ledger.balance(ALICE)) == given


@pytest.mark.parametrize(("role", "comes_in"), [(Role.STRANGER, True), (Role.MEMBER, False), (Role.ADMIN, False)])
def test_who_is_in_is_not_let_in_again(scene: Scene, role: Role, comes_in: bool) -> None:
    scene.run(people.set_role(ALICE, role))
    assert scene.run(let_in(alice(scene), POLICY, NOW)) is comes_in
    assert alice(scene).role is (Role.MEMBER if comes_in else role)


@pytest.mark.parametrize("access", Access)
@pytest.mark.parametrize("role", Role)
def test_strangers_alone_wait_for_an_answer_and_only_where_one_comes(access: Access, role: Role) -> None:
    waits = access is Access.APPROVAL and role is Role.STRANGER
    assert is_awaiting(Person(ALICE, role, "Alice"), access) is waits


@pytest.mark.parametrize(("admins", "last"), [(1, True), (2, False)])
def test_the_last_admin_is_the_only_one(scene: Scene, admins: int, last: bool) -> None:
    for number in range(1, admins):
        scene.put("person", role="admin", name=f"Bob {number}")
    scene.run(people.set_role(ALICE, Role.ADMIN))
    assert scene.run(is_last_admin(alice(scene), POLICY)) is last


def test_who_is_no_admin_is_not_the_last_one(scene: Scene) -> None:
    scene.put("person", role="admin", name="Bob")
    assert scene.run(is_last_admin(alice(scene), POLICY)) is False


def test_what_runs_for_somebody_who_is_erased_is_named(scene: Scene) -> None:
    scene.put("place", platform="p", bot="b", chat="c", thread="", kind="group")
    scene.put("message", session=scene.put("session", place=1), author="user")
    for state in (TurnState.RUNNING, TurnState.QUEUED):
        turn, _ = scene.run(turns.add(NewTurn(SessionId(1), 1, ALICE, MessageId(1), 0, "tip"), NOW))
        scene.rows(f"UPDATE turn SET state = '{state}' WHERE id = {turn}")  # noqa: S608
    assert scene.run(erase(ALICE, NOW)) == [TurnId(1)]


@pytest.mark.parametrize("named_by", ["admins", "allowlist"])
def test_the_settings_name_somebody_by_the_account_on_the_other_platform(scene: Scene, named_by: str) -> None:
    named = frozenset({"q:user:1"})
    policy = (
        Policy(modes=Modes({}, "regular"), admins=named)
        if named_by == "admins"
        else Policy(modes=Modes({}, "regular"), access=Access.ALLOWLIST, allowlist=named)
    )
    here = Identity("p", "1", "Alice"), Place("p", "b", "1")
    assert scene.run(role_at(alice(scene), *here, policy)) is (Role.ADMIN if named_by == "admins" else Role.MEMBER)
