"""Whom the settings name by one account is known by every account of theirs."""

from dataclasses import replace

import pytest

from bot.domain.ids import UnixMs
from bot.domain.people import Access, Identity, Role
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.domain.sessions import Modes
from bot.people.roles import role_at
from storage import people
from storage.database import Database
from storage.programs import Program

HERE, THERE = Identity("telegram", "1", "Alice"), Identity("discord", "2", "Alice")
CLOSED = Policy(modes=Modes({}, "regular"), access=Access.ALLOWLIST)
LISTED = frozenset({"discord:user:2"})


@pytest.mark.parametrize(
    ("policy", "role"),
    [
        (replace(CLOSED, admins=LISTED), Role.ADMIN),
        (replace(CLOSED, allowlist=LISTED), Role.MEMBER),
        (CLOSED, Role.STRANGER),
    ],
)
async def test_an_account_has_the_role_that_another_of_the_same_person_is_listed_for(
    database: Database, policy: Policy, role: Role
) -> None:
    def speaking() -> Program[Role]:
        person = yield from people.add(HERE, Role.STRANGER, UnixMs(0))
        link = "INSERT INTO identity (platform, user_id, person) VALUES (?, ?, ?)"
        yield (link, (THERE.platform, THERE.user_id, person.id))
        return (yield from role_at(person, HERE, Place("telegram", "b", "1"), policy))

    assert await database.write(speaking()) is role
