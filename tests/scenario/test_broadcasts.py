"""An admin tells everybody something: counted first, each person once, whatever is stopped, refused or left."""

from tests.support.world import House, Someone


async def met(house: House, *people: Someone) -> None:
    """They have written to the bot in private."""
    for number, someone in enumerate(people):
        someone.says(f"hello {number}")
        await someone.sees(f"hello {number}")
    await house.rests()


async def written(alice: Someone, text: str) -> None:
    """The admin has written a broadcast, and looks at it."""
    await alice.commands("admin", "broadcast")
    await alice.presses("Write a broadcast")
    await alice.fills("What to tell people", text)
    await alice.sees("It looks like this:")


async def test_everybody_is_told_once_and_who_leaves_is_told_no_more(
    house: House, alice: Someone, bob: Someone
) -> None:
    await house.start(admins=f"{house.side.name}:user:{alice.person}")
    carol = house.newcomer("Carol")
    await met(house, alice, bob, carol)
    await written(alice, "We **move** tonight.")
    told = await alice.sees("This goes to 3 people, each once.")
    await alice.presses("Send it to 3 people", on=told)
    for someone in (bob, carol):
        await someone.sees("We move tonight.")
    await alice.sees("Reached: 3 of 3 · not reached: 0 · on their way: 0")
    await bob.presses("No more of these")
    await bob.sees("You get no more broadcasts from the operator.")
    await written(alice, "It is done.")
    told = await alice.sees("This goes to 2 people, each once. Want no broadcasts: 1")
    await alice.presses("admins", on=told)
    told = await alice.sees("This goes to 1 people, each once.")
    await alice.presses("everybody", on=told)
    await alice.presses("Send it to 2 people", on=await alice.sees("This goes to 2 people"))
    await carol.sees("It is done.")
    await alice.sees("Reached: 2 of 2 · not reached: 0 · on their way: 0")
    assert not any("It is done." in shown.text for shown in bob.answers())


async def test_who_was_not_reached_is_named_and_no_alert_is_sent(house: House, alice: Someone, bob: Someone) -> None:
    await house.start(admins=f"{house.side.name}:user:{alice.person}")
    await met(house, alice, bob)
    house.side.block(bob.person, blocked=True)
    await written(alice, "We move tonight.")
    await alice.presses("Send it to 2 people")
    await alice.sees("Reached: 1 of 2 · not reached: 1 · on their way: 0")
    await alice.presses("The broadcast")
    await alice.sees("Bob: I was removed or blocked, or may not write there.")
    await house.rests()
    assert house.rows("SELECT COUNT(*) FROM given_up") == [(0,)]
