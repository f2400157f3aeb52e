"""Nobody takes every place: what one person asks queues behind their own, and others begin at once."""

from bot.standins.model import Hold
from tests.support.world import House, Someone


async def ask_in_sessions(alice: Someone, count: int) -> None:
    """The same person asks in many sessions, without waiting for an answer."""
    for number in range(count):
        await alice.commands("new", f"session {number}")
        await alice.sees("is open", times=number + 1)
        alice.says(f"question {number}")


def asked(house: House) -> int:
    return len(house.model.requests)


async def test_one_person_has_a_few_answers_at_once_and_others_begin(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.hold = Hold()
    await house.start(at_once_per_person=2, workers=4, titles=False, shutdown_grace_s=0)
    await ask_in_sessions(alice, 5)
    await house.until(lambda: asked(house) == 2)
    bob.says("and I?")
    await house.until(lambda: asked(house) == 3)
    assert "and I?" in str(house.model.requests[-1].body)


async def test_what_queued_is_answered_in_its_turn(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(at_once_per_person=1, titles=False)
    await ask_in_sessions(alice, 5)
    await alice.sees("Yes.", times=5)
