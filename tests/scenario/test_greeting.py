"""A chat that the bot is added to is told once what it sees there, and who may use it."""

import pytest

from tests.support.sides import TelegramSide
from tests.support.world import House, Someone


@pytest.mark.parametrize(
    ("access", "who"),
    [("open", "Everybody here may use me."), ("invite", "Whoever has an invitation may use me.")],
)
async def test_the_bot_says_what_it_sees_and_who_may_use_it(
    house: House, alice: Someone, access: str, who: str
) -> None:
    await house.start(greeting=True, access=access)
    (here,) = house.group(alice)
    greeting = await here.sees("Hello!")
    assert who in greeting.text
    assert "I receive every message in this chat" in greeting.text
    await house.stop()
    await house.start()
    await house.rests()
    assert len(here.answers()) == 1


async def test_it_says_so_where_it_sees_only_what_is_meant_for_it(house: House, alice: Someone) -> None:
    if isinstance(house.side, TelegramSide):
        house.side.bot.can_read_all_group_messages = False
    await house.start(greeting=True)
    (here,) = house.group(alice)
    greeting = await here.sees("Hello!")
    sees_all = "I receive every message in this chat" in greeting.text
    assert sees_all != isinstance(house.side, TelegramSide)


async def test_the_operator_can_have_it_keep_silent(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(greeting=False)
    (here,) = house.group(alice)
    here.says("hi")
    await here.sees("Yes.")
    assert len(here.answers()) == 1
