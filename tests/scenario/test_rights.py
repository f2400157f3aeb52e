"""Rights follow the settings for as long as those say so; what an admin granted stays until an admin withdraws it."""

import itertools

import pytest

from bot.contracts.command import call_to_data
from bot.domain.ids import UnixMs
from bot.domain.people import Identity, Role, RoleRules
from storage import people
from storage.programs import Program
from tests.support.world import House, Someone


async def test_who_came_in_while_it_was_open_is_out_when_it_is_closed(house: House, alice: Someone) -> None:
    house.model.replies.extend(["Hello.", "Again."])
    await house.start(access="open")
    alice.says("hi")
    await alice.sees("Hello.")
    await house.stop()
    await house.start(access="invite")
    alice.says("still there?")
    await alice.sees("This bot is by invitation.")
    await house.stop()
    await house.start(access="open")
    alice.says("and now?")
    await alice.sees("Again.")
    await alice.commands("tokens")
    await alice.sees("You have 3,800 tokens.")


async def test_who_was_let_in_by_their_group_is_let_in_there_alone(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Hello."
    here, _ = house.group(alice, bob)
    await house.start(access="allowlist", allowlist=f"{house.side.name}:chat:{here.room.chat}")
    here.says("hi")
    await here.sees("Hello.")
    alice.says("and in private?")
    await alice.sees("answers only the people its operator has listed")


async def test_an_admin_by_the_settings_is_one_for_as_long_as_they_say(house: House, alice: Someone) -> None:
    await house.start(admins=f"{house.side.name}:user:{alice.person}")
    await alice.commands("admin")
    await alice.sees("Members: 0 · admins: 1")
    await house.stop()
    await house.start(admins="")
    await alice.commands("admin")
    await alice.sees("I do not know /admin")


async def test_an_admin_withdraws_what_another_was_granted(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Hello."
    await house.start(admins=f"{house.side.name}:user:{alice.person}")
    shown = {}
    for someone in (alice, bob):
        someone.says("hi")
        shown[someone.person] = await someone.sees("Hello.")

    def presses(someone: Someone, command: str, *, on: int) -> None:
        house.side.forge(someone.person, someone.room, shown[someone.person], call_to_data(command, (str(on),)))

    presses(alice, "promote", on=2)
    await alice.sees("Bob is an admin now.")
    presses(bob, "demote", on=1)
    await bob.sees("listed in the operator's settings")
    presses(bob, "block", on=2)
    await bob.sees("That would lock you out.")
    presses(alice, "person", on=2)
    await alice.sees("Bob: admin")
    presses(alice, "demote", on=2)
    await alice.sees("Bob is a member now.")
    await bob.commands("admin")
    await bob.sees("I do not know /admin")


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_one_rule_says_who_is_what_in_code_and_in_the_database(house: House) -> None:
    await house.start()
    await house.stop()
    names = ["a", "b", "c"]
    for number, (admins, members, everyone) in enumerate(itertools.product([[], ["a"]], [[], ["a", "b"]], [0, 1])):
        rules = RoleRules(
            frozenset(f"p{number}:user:{n}" for n in admins), frozenset(f"p{number}:user:{n}" for n in members),
            bool(everyone),
        )  # fmt: skip

        def compare(number: int = number, rules: RoleRules = rules) -> Program[None]:
            for name, role in itertools.product(names, Role):
                person = yield from people.add(Identity(f"p{number}", name, name), role, UnixMs(0))
                [found] = yield from people.page(rules, 0, 1)
                assert found.id == person.id
                assert found.role is rules.role_of(role, [f"p{number}:user:{name}"])
                yield ("DELETE FROM person WHERE id = ?", (person.id,))

        await house.write(compare())
