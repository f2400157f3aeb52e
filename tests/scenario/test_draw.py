"""Pictures as people have them drawn: made, made from others, versions of them, refused ones free, paid once."""

import pytest

from bot.domain.blocks import OutFile
from bot.standins import faults
from bot.standins.model import Fault
from bot.standins.model.drawing import square
from tests.scenario.test_trouble import balance
from tests.support.world import House, Someone

DRAWS = {"image_model": "openai/gpt-image-2", "openai_api_key": "key-of-the-scenario", "tokens_per_picture": 400}


async def start(house: House, **settings: object) -> None:
    await house.start(**DRAWS, openai_base_url=f"{house.model.url}/v1", **settings)


async def has_pictures(someone: Someone, *numbers: int) -> None:
    """Wait until the bot has sent these pictures, in this order."""
    wanted = [square(number) for number in numbers]
    side, room = someone.house.side, someone.room
    await someone.house.until(lambda: [data for _, data in side.files(room)] == wanted)
    await someone.house.rests()


async def test_a_picture_is_drawn_changed_and_looked_at_again(house: House, alice: Someone) -> None:
    await start(house)
    await alice.commands("draw", "a red fox")
    await has_pictures(alice, 1)
    shown = await alice.sees("Here is the picture.")
    assert "Original" in shown.labels, "Its words and buttons are below it, on the same message."
    assert house.model.requests[-1].body == {"model": "gpt-image-2", "prompt": "a red fox", "sources": 0}
    alice.says("now at night", reply_to=shown)
    await has_pictures(alice, 1, 2)
    assert house.model.requests[-1].path.endswith("/images/edits")
    assert house.model.requests[-1].body["sources"] == 1
    again = await alice.sees("Here is the picture.", times=2)
    await alice.presses("Regenerate", on=again)
    await has_pictures(alice, 1, 2, 3)
    assert house.model.requests[-1].body["sources"] == 1, "it is made from the same one again"
    await alice.presses("‹")
    # In the same message: it changes its picture, and nothing new comes.
    await has_pictures(alice, 1, 2, 2)
    await alice.presses("›")
    await has_pictures(alice, 1, 2, 3)
    await alice.presses("‹")
    await has_pictures(alice, 1, 2, 2)
    await alice.presses("Original")
    await has_pictures(alice, 1, 2, 2, 2)
    house.model.reply = "A fox, I think."
    alice.says("what is a fox?")
    await alice.sees("A fox, I think.")
    assert await balance(house) == 4000 - 3 * 400 - 100


async def test_in_a_group_the_growing_answer_becomes_the_picture(house: House, alice: Someone, bob: Someone) -> None:
    await start(house)
    alice, _ = house.group(alice, bob)
    await alice.commands("draw", "a red fox")
    await has_pictures(alice, 1)
    shown = [message.text for message in alice.answers() if message.text != "a red fox"]
    assert shown == ["Here is the picture."], "What was shown while it was drawn is the message that shows it."
    await alice.presses("Regenerate")
    await has_pictures(alice, 1, 2)
    await alice.presses("‹")
    await has_pictures(alice, 1, 1)


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_picture_that_telegram_takes_only_alone_comes_behind_its_words(house: House, alice: Someone) -> None:
    await start(house)

    def refused_once() -> None:
        for method in ("sendPhoto", "sendDocument"):
            no = faults.refusal("Bad Request: not enough rights to send photos to the chat")
            house.side.faults.add(no, method=method)

    refused_once()
    await alice.commands("draw", "a red fox")
    await has_pictures(alice, 1)
    shown = await alice.sees("Here is the picture.")
    assert "↻ Regenerate" in shown.labels
    assert [message.text for message in alice.answers()] == ["Here is the picture.", ""]
    refused_once()
    await alice.presses("Regenerate")
    await has_pictures(alice, 1, 2)
    # A picture apart from its words is not changed: the other version comes anew, as a whole, behind it.
    await alice.presses("‹")
    await has_pictures(alice, 1, 2, 1)
    assert len([message for message in alice.answers() if message.text == "Here is the picture."]) == 3


CAN_NO_LONGER_CHANGE = {
    "telegram": (faults.refusal("Bad Request: message can't be edited"), "editMessageMedia"),
    # An older message takes only so many edits an hour.
    "discord": (
        faults.refusal("Maximum number of edits to messages older than 1 hour reached", code=30046),
        "webhook.edit",
    ),
}


async def test_where_a_picture_can_no_longer_be_changed_the_other_version_comes_anew(
    house: House, alice: Someone
) -> None:
    await start(house)
    await alice.commands("draw", "a red fox")
    await has_pictures(alice, 1)
    await alice.presses("Regenerate")
    await has_pictures(alice, 1, 2)
    refusal, method = CAN_NO_LONGER_CHANGE[house.side.name]
    house.side.faults.add(refusal, method=method)
    await alice.presses("‹")
    await has_pictures(alice, 1, 2, 1)
    shown = await alice.sees("Here is the picture.", times=3)
    assert "›" in shown.labels and "Original" in shown.labels


# A command of Discord's own replies to nothing.
@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_pictures_that_somebody_sends_are_drawn_from(house: House, alice: Someone) -> None:
    house.model.reply = "Two colours."
    await start(house)
    sent = [OutFile(f"{number}.png", "image/png", square(number)) for number in (7, 8)]
    alice.sends(*sent, caption="what are these?")
    shown = await alice.sees("Two colours.")
    await house.rests()
    alice.says("/draw mix them", reply_to=shown)
    await has_pictures(alice, 1)
    assert house.model.requests[-1].body["sources"] == 2


@pytest.mark.parametrize("why", ["forbidden", "status"])
async def test_what_is_refused_or_fails_is_free(house: House, alice: Someone, why: str) -> None:
    await start(house)
    if why == "status":
        house.model.fail(Fault("status", status=401))
    await alice.commands("draw", f"something {why}")
    await house.until(lambda: any("Try again" in label for message in alice.answers() for label in message.labels))
    assert house.side.files(alice.room) == []
    assert await balance(house) == 4000


async def test_who_cannot_pay_a_picture_is_told_its_price_before(house: House, alice: Someone) -> None:
    await start(house, tokens_start=399)
    await alice.commands("draw", "a red fox")
    await alice.sees("You have 399 tokens left and a request costs 400.")
    assert list(house.model.requests) == []
    assert await balance(house) == 399


async def test_a_mode_has_vendors_leave_out_their_filters(house: House, alice: Someone) -> None:
    await start(house)
    await alice.commands("mode", "uncensored")
    await alice.presses("I am an adult")
    await alice.sees("The mode is uncensored")
    await alice.commands("draw", "a red fox")
    await has_pictures(alice, 1)
    assert house.model.requests[-1].body["moderation"] == "low"
