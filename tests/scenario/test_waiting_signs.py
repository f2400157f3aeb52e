"""A message that waits behind somebody else's answer shows that it was heard, until its turn comes or is over."""

from typing import Any

from bot.standins.model import Hold
from tests.support.world import House, Someone


async def busy(house: House, *members: Someone, **settings: Any) -> tuple[list[Someone], Hold]:
    """A group in which an answer to the first of its members does not come to its end."""
    house.model.reply = "Yes."
    await house.start(**settings)
    there = house.group(*members)
    there[0].says("hello?")
    await there[0].sees("Yes.")
    await house.rests()
    house.model.hold = hold = Hold()
    there[0].says("one?")
    await house.until(lambda: len(house.model.requests) == 2)
    return there, hold


async def test_a_question_behind_anothers_has_a_sign_until_its_turn_comes_or_is_over(
    house: House, alice: Someone, bob: Someone
) -> None:
    (here, other), hold = await busy(house, alice, bob)
    second = other.says("two?")
    assert await other.gets_reaction(second) == "👀"
    other.says("three?")
    await other.sees("2 ahead of it")
    await other.commands("stop")
    await other.presses("All of them")
    await house.until(lambda: not house.side.reactions(other.room, second))
    fourth = other.says("four?")
    assert await other.gets_reaction(fourth) == "👀"
    hold.over.set()
    await here.sees("Yes.", times=3)
    await house.until(lambda: not house.side.reactions(other.room, fourth))


async def test_where_reactions_are_off_one_is_tried(house: House, alice: Someone, bob: Someone) -> None:
    (here, other, third), hold = await busy(house, alice, bob, house.newcomer("Carol"))
    house.side.forbid_reactions(here.room)
    other.says("two?")
    reacts = {"telegram": "setMessageReaction", "discord": "reaction.add"}[house.side.name]
    await house.until(lambda: house.side.calls(reacts))
    hold.over.set()
    await here.sees("Yes.", times=3)
    house.model.hold = hold = Hold()
    here.says("three?")
    await house.until(lambda: len(house.model.requests) == 4)
    third.says("four?")
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM turn") == [(5,)])
    hold.over.set()
    await here.sees("Yes.", times=5)
    await house.rests()
    assert house.side.calls(reacts) == 1


async def test_what_an_earlier_run_left_is_taken_back_by_the_next_one(
    house: House, alice: Someone, bob: Someone
) -> None:
    (here, other), hold = await busy(house, alice, bob, shutdown_grace_s=0)
    second = other.says("two?")
    assert await other.gets_reaction(second) == "👀"
    await house.stop()
    assert house.side.reactions(other.room, second)
    house.model.hold = hold = Hold()
    await house.start()
    await house.until(lambda: len(house.model.requests) == 3)
    # Its turn still waits.
    assert house.side.reactions(other.room, second)
    hold.over.set()
    await here.sees("Yes.", times=3)
    await house.until(lambda: not house.side.reactions(other.room, second))
