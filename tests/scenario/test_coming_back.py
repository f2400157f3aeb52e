"""Coming in, being refused, being erased: what people are told is what then happens."""

import pytest

from tests.scenario.test_linking import Both, both, code_of
from tests.support.world import House, Someone

__all__ = ["both"]


def named(house: House, someone: Someone) -> str:
    return f"{house.side.name}:user:{someone.person}"


async def invites(admin: Someone) -> str:
    """Has a new code made; gives the words that the admin reads."""
    await admin.commands("admin")
    await admin.presses("Invite one person")
    return (await admin.sees("People this code admits: 1")).text


async def erases(someone: Someone) -> str:
    """Erases everything of someone; gives what was said before it was done."""
    await someone.commands("privacy")
    await someone.presses("Erase everything")
    before = await someone.sees("for good?")
    await someone.presses("Erase everything", on=before)
    return before.text


async def test_who_was_invited_and_erases_everything_needs_a_new_invitation(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.reply = "Yes."
    await house.start(access="invite", admins=named(house, alice))
    code = (await invites(alice)).split("/start ")[1]
    await bob.commands("start", code)
    await bob.sees("Hello Bob!")
    assert "You need a new invitation" in await erases(bob)
    assert "start from scratch" not in (await bob.sees("Everything is erased.")).text
    bob.says("still there?")
    await bob.sees("This bot is by invitation.")


async def test_who_was_approved_and_erases_everything_has_to_be_let_in_again(
    house: House, alice: Someone, bob: Someone
) -> None:
    await house.start(access="approval", admins=named(house, alice))
    await alice.commands("start")
    await alice.sees("Hello")
    bob.says("let me in")
    await alice.presses("Approve")
    await bob.sees("You are in.")
    assert "has to let you in again" in await erases(bob)
    assert "start from scratch" not in (await bob.sees("Everything is erased.")).text
    bob.says("let me in again")
    await bob.sees("An admin has been asked", times=2)


@pytest.mark.parametrize("access", ["open", "allowlist"])
async def test_someone_admitted_by_the_settings_starts_over(house: House, alice: Someone, access: str) -> None:
    house.model.reply = "Yes."
    await house.start(access=access, allowlist=named(house, alice))
    alice.says("hi")
    await alice.sees("Yes.")
    assert "come back" not in await erases(alice)
    await alice.sees("Everything is erased. If you write again, you start from scratch.")


async def test_who_is_refused_hears_it_once(house: House, alice: Someone, bob: Someone) -> None:
    await house.start(access="approval", admins=named(house, alice))
    await alice.commands("start")
    await alice.sees("Hello")
    bob.says("let me in")
    await bob.sees("An admin has been asked")
    await alice.presses("Refuse")
    await alice.sees("Bob is blocked.")
    await bob.sees("An admin has decided not to let you in")
    bob.says("please")
    bob.says("please!")
    await alice.commands("admin")
    await alice.sees("blocked: 1")
    assert sum("let you in;" in message.text for message in bob.answers()) == 1
    assert not any("has blocked you" in message.text for message in bob.answers())


async def test_the_ids_that_settings_want_are_shown(house: House, alice: Someone, bob: Someone) -> None:
    await house.start(access="allowlist", allowlist=named(house, alice))
    await alice.commands("privacy")
    await alice.sees(named(house, alice))
    bob.says("hi")
    await bob.sees(named(house, bob))


async def test_an_invitation_is_a_link_where_a_platform_has_links(both: Both) -> None:
    admin, there = both.here.newcomer("Admin"), both.there.newcomer("Bob")
    await both.start(access="invite", admins=f"telegram:user:{admin.person}")
    words = await invites(admin)
    code = words.split("/start ")[1]
    assert f"https://t.me/parley_bot?start={code}" in words
    await there.commands("start", code)
    await there.sees("Hello Bob!")


async def test_what_joining_takes_is_said_before_it_is_done(both: Both) -> None:
    await both.start(tokens_start=4000)
    here, there = both.newcomers("Alice")
    await here.commands("start")
    await here.sees("You have 4,000 tokens")
    code = await code_of(there)
    await here.commands("link", code)
    told = await here.sees("become one")
    assert "the newer account loses 4,000 tokens" in told.text
    await here.presses("Link the accounts")
    await here.sees("Your accounts are one now")
    await here.commands("tokens")
    await here.sees("You have 4,000 tokens.")


async def test_joining_takes_nothing_where_answers_are_free(both: Both) -> None:
    await both.start(tokens_per_request=0)
    here, there = both.newcomers("Alice")
    code = await code_of(there)
    await here.commands("link", code)
    assert "loses" not in (await here.sees("become one")).text


async def test_joining_and_parting_fills_nothing_twice(both: Both) -> None:
    await both.start(tokens_start=0, refill="weekly:300")
    here, there = both.newcomers("Alice")
    code = await code_of(here)
    await there.commands("link", code)
    await there.sees("the newer account loses 300 tokens")
    await there.presses("Link the accounts")
    await there.sees("Your accounts are one now")
    await there.commands("unlink")
    await there.presses("Unlink them")
    await there.sees("is no longer linked")
    await there.commands("tokens")
    await there.sees("You have 0 tokens.")
    await here.commands("tokens")
    await here.sees("You have 300 tokens.")
