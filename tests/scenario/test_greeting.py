"""A chat that the bot is added to is told once what it sees there, and who may use it."""

from dataclasses import replace

import pytest

from tests.support.sides import DiscordSide, TelegramSide
from tests.support.world import House, Someone


@pytest.mark.parametrize(
    ("access", "who"),
    [("open", "Everybody here may use me."), ("invite", "Anyone with an invitation may use me.")],
)
async def test_the_bot_says_what_it_sees_and_who_may_use_it(
    house: House, alice: Someone, access: str, who: str
) -> None:
    await house.start(greeting=True, access=access)
    (here,) = house.group(alice)
    greeting = await here.sees("Hello!")
    assert who in greeting.text
    assert "I receive every message in this chat" in greeting.text


async def test_it_says_so_once_however_often_it_hears_of_it(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    (here,) = house.group(alice)
    hall, side = replace(here.room), house.side
    told = tuple(side.bot.updates.pending) if isinstance(side, TelegramSide) else ()
    await house.start(greeting=True)
    await here.sees("Hello!")
    await house.stop()
    # Discord names its servers to whoever begins a session, Telegram repeats what was not acknowledged in a crash.
    if isinstance(side, DiscordSide):
        side.stand_in.gateway.forget_sessions()
    elif isinstance(side, TelegramSide):
        side.bot.updates.pending.extend(told)
    await house.start()
    here.says("hi")
    await here.sees("Yes.")
    await house.rests()
    assert len([shown for shown in side.shown(hall, here.person) if "Hello!" in shown.text]) == 1


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
