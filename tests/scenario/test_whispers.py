"""What concerns one member of a group on Telegram is shown to them alone, as far as Telegram lets the bot do that."""

import pytest

from bot.standins import faults
from bot.standins.telegram.people import People
from tests.scenario.test_forms import only_telegram, telegram_of
from tests.support.world import House, Someone

pytestmark = only_telegram


async def says_alone(someone: Someone, text: str, *, reply_to: int | None = None) -> int:
    """As a present app does, once the menu says which commands are for the bot alone."""
    people = people_of(someone)
    if reply_to is None:
        await someone.house.until(lambda: people.is_for_bot_alone(someone.person, someone.room.chat, text))
    return people.say_alone(someone.person, someone.room.chat, text, reply_to=reply_to)


def people_of(someone: Someone) -> People:
    return telegram_of(someone.house).people


def appointed(someone: Someone) -> None:
    """Make the bot an admin of the chat."""
    people_of(someone).set_rights(someone.person, someone.room.chat, "administrator", [])


async def test_a_command_that_only_the_bot_sees_is_answered_to_its_sender_alone(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.reply = "Hello."
    await house.start()
    here, other = house.group(alice, bob)
    await says_alone(here, "/usage")
    card = await here.sees("Nothing was used in this period.")
    await here.presses("Today")
    await here.sees("Nothing was used in this period.", times=2)
    assert other.answers() == []
    await says_alone(here, "and what does that mean?", reply_to=card.id)
    await here.sees("Only you and I can see that message")
    await says_alone(here, "/status", reply_to=card.id)
    await here.sees("tokens")
    assert other.answers() == []
    assert alice.answers() == []
    assert not house.model.requests


async def test_what_comes_too_late_for_the_group_comes_in_private(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Hello."
    await house.start()
    alice.says("hi")
    await alice.sees("Hello.")
    here, other = house.group(alice, bob)
    house.side.faults.add(faults.flood(retry_after_s=20), method="sendMessage", times=1)
    await says_alone(here, "/tokens")
    await house.until(lambda: any("3,900 tokens" in shown.text for shown in alice.answers()), hurried=True)
    assert here.answers() == other.answers() == []


@pytest.mark.parametrize("admin", [False, True])
async def test_a_refusal_is_for_whom_it_refuses_where_the_bot_is_an_admin(
    house: House, alice: Someone, bob: Someone, *, admin: bool
) -> None:
    await house.start(tokens_start=0)
    here, other = house.group(alice, bob)
    if admin:
        appointed(here)
    here.says("May I?")
    await here.sees("tokens")
    await here.commands("rename", "Ours")
    await here.sees("No session is open here yet.")
    assert len(other.answers()) == (0 if admin else 2)
    sends = house.side.calls("sendMessage")
    await here.commands("switch", "x")
    await here.sees("No session has")
    assert house.side.calls("sendMessage") == sends + 1, (
        "A chat that lets the bot tell nobody alone is not asked again."
    )


async def test_an_older_server_would_show_it_to_all_and_is_told_nothing(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.reply = "Hello."
    house.side.faults.add(faults.refusal("Not Found", status=404), method="deleteEphemeralMessage", times=9)
    await house.start()
    alice.says("hi")
    await alice.sees("Hello.")
    here, other = house.group(alice, bob)
    appointed(here)
    await here.commands("tokens")
    await alice.sees("3,900 tokens")
    assert here.answers() == other.answers() == []


async def test_a_long_answer_to_a_press_is_for_who_pressed(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Hello."
    await house.start()
    here, other = house.group(alice, bob)
    here.says("hi")
    hello = await here.sees("Hello.")
    house.side.forge(other.person, other.room, hello, "status")
    await other.sees("tokens")
    assert [shown.id for shown in here.answers()] == [hello.id]


async def test_a_press_changes_in_place_what_its_presser_alone_sees(house: House, alice: Someone, bob: Someone) -> None:
    await house.start()
    here, other = house.group(alice, bob)
    await says_alone(here, "/settings")
    card = await here.sees("Lines sent in a row are one message: no")
    await here.presses("Join lines sent in a row")
    assert (await here.sees("Lines sent in a row are one message: yes")).id == card.id
    await here.presses("System prompt")
    asked = await here.sees("What every model should know or do:")
    await says_alone(here, "Be brief.", reply_to=asked.id)
    await here.sees("System prompt: Be brief.")
    assert other.answers() == alice.answers() == []
