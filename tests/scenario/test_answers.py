"""A person asks and is answered."""

from bot.standins.model import Hold
from tests.support.fixtures import every_way
from tests.support.world import House, Someone


async def test_a_question_is_answered_once(house: House, alice: Someone) -> None:
    house.model.reply = "Hello **Alice**!"
    await house.start()
    alice.says("hi")
    await alice.sees("Hello Alice!")
    assert len(house.model.requests) == 1


async def test_the_model_reads_what_was_said_before(house: House, alice: Someone) -> None:
    house.model.replies.extend(["First answer.", "Second answer."])
    await house.start()
    alice.says("one")
    await alice.sees("First answer.")
    alice.says("two")
    await alice.sees("Second answer.")
    said = [message["content"] for message in house.model.requests[-1].body["messages"] if message["role"] != "system"]
    assert said == ["one", "First answer.", "two"]


async def test_people_do_not_read_each_other(house: House, alice: Someone, bob: Someone) -> None:
    await house.start()
    house.model.reply = "For you alone."
    alice.says("my secret is 42")
    await alice.sees("For you alone.")
    bob.says("what did she say?")
    await bob.sees("For you alone.")
    assert "42" not in str(house.model.requests[-1].body["messages"])


async def test_a_growing_answer_is_shown_before_it_is_done(house: House, alice: Someone) -> None:
    house.model.reply = "word " * 40
    house.model.hold = hold = Hold(20)
    await house.start()
    alice.says("hi")
    await alice.sees_growing("word word")
    hold.over.set()
    await alice.sees(("word " * 40).strip())


@every_way
async def test_stop_keeps_what_has_come(house: House, alice: Someone) -> None:
    house.model.reply = "word " * 1000
    house.model.hold = Hold(20)
    await house.start()
    alice.says("hi")
    await alice.sees_growing("word word")
    alice.stops()
    shown = await alice.sees("Stopped.")
    assert shown.text.startswith("word word")
    assert house.model.requests[-1].state == "left"
