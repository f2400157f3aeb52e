"""What people see, and what they pay, when things go wrong."""

import pytest

from bot.domain.ids import PersonId
from bot.standins import faults
from bot.standins.model import Fault, Hold
from storage import ledger
from storage.programs import Program
from tests.support.clock import TurnedClock
from tests.support.sides import TelegramSide
from tests.support.world import House, Someone

CODE = "x = 1\n" * 60
LONG = "\n\n".join(
    f"## Part {n}\n\n{f'Sentence number {n} goes on for a while. ' * 20}\n\n```python\nprint({n})\n{CODE}```"
    for n in range(8)
)


async def balance(house: House) -> int:
    """What Alice has left; stops the gateway."""
    await house.stop()

    def first_person() -> Program[int]:
        return (yield from ledger.balance(PersonId(1)))

    return await house.read(first_person())


async def test_a_very_long_answer_arrives_whole_and_in_order(house: House, alice: Someone) -> None:
    assert len(LONG) > 9_000
    house.model.reply = LONG
    await house.start()
    alice.says("everything, please")
    await alice.sees("print(7)")
    shown = alice.answers()
    text = "\n".join(message.text for message in shown)
    positions = [text.index(f"Part {n}\n") for n in range(8)]
    assert positions == sorted(positions)
    assert text.count("x = 1") == 8 * 60
    assert [bool(message.labels) for message in shown] == [False] * (len(shown) - 1) + [True]


async def test_one_chats_pause_does_not_hold_up_another(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Here."
    house.side.faults.add(faults.flood(300), method=house.side.send, chat=alice.room.chat)
    await house.start(pacing=True)
    alice.says("hi")
    await house.until(lambda: house.side.calls(house.side.send))
    bob.says("hi")
    await bob.sees("Here.")
    assert alice.answers() == []
    await alice.sees("Here.", hurried=True)


async def test_in_a_group_a_lost_answer_to_an_edit_leaves_one_message(house: House, alice: Someone) -> None:
    house.model.reply = "word " * 20 + "end."
    house.model.hold = hold = Hold(10)
    house.side.faults.add(faults.answer_lost(), method=house.side.edit)
    await house.start()
    (group,) = house.group(alice)
    group.says("hi")
    await group.sees_growing("word")
    hold.over.set()
    await group.sees("end.", hurried=True)
    await house.until(lambda: not house.side.faults.pending, hurried=True)
    assert len(group.answers()) == 1


async def test_a_deleted_preview_does_not_lose_the_answer(house: House, alice: Someone) -> None:
    house.model.reply = "word " * 30 + "end."
    house.model.hold = hold = Hold(20)
    await house.start()
    (group,) = house.group(alice)
    group.says("hi")
    await group.sees_growing("word")
    (preview,) = group.answers()
    house.side.take_away(group.room, preview.id)
    hold.over.set()
    await group.sees("end.")


async def test_somebody_who_blocks_the_bot_is_not_charged_and_can_come_back(house: House, alice: Someone) -> None:
    house.model.reply = "Hello."
    house.model.hold = hold = Hold()
    await house.start()
    alice.says("hi")
    await house.until(lambda: house.model.requests)
    house.side.block(alice.person, blocked=True)
    hold.over.set()
    await house.until(lambda: house.side.calls(house.side.send))
    house.side.block(alice.person, blocked=False)
    alice.says("I am back")
    await alice.sees("Hello.")
    assert await balance(house) == 3900


async def test_a_failing_model_is_followed_by_the_next_of_the_chain(house: House, alice: Someone) -> None:
    house.model.reply = "From the second."
    house.model.fail(Fault("status", status=401))
    await house.start(openai_api_key="other-key", openai_base_url=f"{house.model.url}/v1")
    alice.says("hi")
    await alice.sees("From the second.")
    assert house.model.requests[0].model != house.model.requests[1].model


async def test_when_no_model_answers_there_is_a_sentence_a_reference_and_no_charge(
    house: House, alice: Someone
) -> None:
    house.model.fail(Fault("status", status=401, body={"error": {"message": "raw vendor words"}}))
    await house.start()
    alice.says("hi")
    shown = await alice.sees("Nothing was charged.")
    assert "(Reference " in shown.text
    assert "raw vendor words" not in shown.text
    house.model.reply = "Now it works."
    await alice.presses("Try again")
    await alice.sees("Now it works.")
    assert await balance(house) == 3900


async def test_a_rate_limit_of_the_model_is_waited_out(house: House, alice: Someone) -> None:
    house.model.reply = "After the wait."
    house.model.fail(Fault("status", status=429, headers={"Retry-After": "7"}))
    await house.start()
    alice.says("hi")
    await alice.sees("After the wait.", hurried=True)


async def test_a_cut_stream_keeps_what_came_and_says_so(house: House, alice: Someone) -> None:
    house.model.reply = "one two three four five six seven eight"
    house.model.fail(Fault("cut", after_tokens=4))
    await house.start()
    alice.says("hi")
    shown = await alice.sees("broke off here")
    assert shown.text.startswith("one two")


async def test_without_tokens_there_is_a_sentence_and_no_request(house: House, alice: Someone) -> None:
    await house.start(tokens_start=150)
    house.model.reply = "One."
    alice.says("first")
    await alice.sees("One.")
    alice.says("second")
    await alice.sees("You have 50 tokens left and a request costs 100.")
    assert len(house.model.requests) == 1


async def test_too_many_requests_in_a_minute_are_refused_with_a_sentence(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(rate_limit_per_minute=2)
    for _ in range(8):
        alice.says("hi")
    await alice.sees("more than 2 requests in a minute")
    await alice.sees("Yes.", times=2)
    house.clock.advance(61)
    alice.says("later")
    await alice.sees("Yes.", times=3)


async def test_a_chat_has_a_limit_of_its_own(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(chat_rate_limit_per_minute=2)
    in_group, bob_in_group = house.group(alice, bob)
    in_group.says("one")
    await in_group.sees("Yes.")
    in_group.says("two")
    await in_group.sees("Yes.", times=2)
    bob_in_group.room.thread = in_group.room.thread
    bob_in_group.says("three")
    await bob_in_group.sees("more than 2 requests from this chat in a minute")
    bob.says("in private it is mine")
    await bob.sees("Yes.")
    house.clock.advance(61)
    bob_in_group.says("four")
    await bob_in_group.sees("Yes.", times=3)


@pytest.mark.parametrize("hours", [-3, 3, 24 * 400])
async def test_a_clock_that_jumps_stops_no_one(house: House, alice: Someone, clock: TurnedClock, hours: int) -> None:
    house.model.reply = "Yes."
    await house.start(rate_limit_per_minute=3)
    for number in range(3):
        # On one of the platforms more may follow a text of this length, and that is waited for.
        alice.says("x" * (4000 if house.side.name == "telegram" else 2000))
        await alice.sees("Yes.", times=number + 1, hurried=True)
    clock.jump(hours * 3600)
    alice.says("and now?")
    await alice.sees("Yes.", times=4, hurried=True)


async def test_many_requests_at_once_spend_no_more_than_there_is(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(tokens_start=350)
    (group,) = house.group(alice)
    group.says("hello")
    await group.sees("Yes.")
    for number in range(6):
        alice.says(f"private {number}")
        group.says(f"in the group {number}")
    await house.until(lambda: len(alice.answers()) + len(group.answers()) >= 13)
    assert await balance(house) == 50
    assert len(house.model.requests) == 3


async def test_a_days_cap_holds_for_everybody_and_ends_at_midnight(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(tokens_per_day=200)
    alice.says("one")
    await alice.sees("Yes.")
    bob.says("two")
    await bob.sees("Yes.")
    bob.says("three")
    await bob.sees("This bot has reached its daily limit.")
    bob.says("four")
    alice.says("and I?")
    await alice.sees("This bot has reached its daily limit.")
    house.clock.advance(24 * 3600)
    alice.says("five")
    await alice.sees("Yes.", times=2)
    assert len(bob.answers()) == 2, "It is said once, however many follow."


async def test_a_flood_of_one_person_is_told_once_and_holds_up_nobody_else(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.reply = "Yes."
    house.model.hold = hold = Hold()
    await house.start(rate_limit_per_minute=5)
    for number in range(150):
        alice.says(f"flood {number}")
    bob.says("hi")
    await house.until(lambda: any("hi" in str(request.body) for request in house.model.requests))
    assert len(house.model.requests) == 2, "Bob waits for none of them."
    hold.over.set()
    await bob.sees("Yes.")
    await alice.sees("more than 5 requests in a minute")
    await house.until(lambda: len([message for message in alice.answers() if "Yes." in message.text]) == 5)
    assert len([message for message in alice.answers() if "in a minute" in message.text]) == 1
    await house.rests()
    assert await balance(house) == 3500


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_group_of_five_hundred_is_answered_in_order(house: House, alice: Someone) -> None:
    """Everybody at once: each is answered, in the order of asking, and notices do not take the answers' places."""
    house.model.reply = "Yes."
    await house.start(context_messages=2, summaries="off")
    members = [alice, *(house.newcomer(f"Member {number}") for number in range(499))]
    group = house.group(*members)
    asked = [member.says(f"question {number}") for number, member in enumerate(group)]
    for answered in range(50, 501, 50):  # Each with the patience of its own.

        def so_many(answered: int = answered) -> bool:
            # The chat is only read when it may hold as many: that costs more than all answers.
            asked = len(house.model.requests)
            return asked >= answered and len([m for m in group[0].answers() if m.text.startswith("Yes.")]) >= answered

        await house.until(so_many, hurried=True)
    assert isinstance(house.side, TelegramSide)
    answers = [m for m in house.side.stand_in.transcript(group[0].room.chat).from_bots() if m.text.startswith("Yes.")]
    assert [message.reply_to for message in answers] == asked
    assert len([m for m in group[0].answers() if "is queued" in m.text]) < 10


async def test_a_page_that_waits_when_the_gateway_ends_does_not_claim_to_come_again(
    house: House, alice: Someone
) -> None:
    house.model.reply = "Patience."
    house.side.faults.add(faults.flood(300), method=house.side.send)
    await house.start(shutdown_grace_s=0)
    alice.says("hi")
    await house.until(lambda: house.side.calls(house.side.send))
    await house.stop()
    assert not alice.answers()
    house.clock.advance(301)
    await house.start()
    await alice.sees("Patience.", hurried=True)
    assert [message.text for message in alice.answers()] == ["Patience."]
    assert len(house.model.requests) == 1
