"""An answer that shows nothing is none: nobody pays for it, and nobody waits for it."""

import pytest

from bot.domain.ids import PersonId, SessionId
from storage import ledger
from storage.programs import Program
from tests.support.world import House, Someone

NOTHING = "```\n```", "\u200b", "\u200e", "\u3164", "\u2800"


@pytest.mark.parametrize("nothing", NOTHING, ids=ascii)
async def test_an_answer_that_shows_nothing_is_no_answer_and_the_session_goes_on(
    house: House, alice: Someone, nothing: str
) -> None:
    house.model.reply = nothing
    await house.start()
    (group,) = house.group(alice)
    for chat in (alice, group):
        chat.says("hi")
        await chat.sees("Nothing was charged.", hurried=True)
    house.model.reply = "Here I am."
    for chat in (alice, group):
        chat.says("and now?")
        await chat.sees("Here I am.")
    await house.stop()

    def paid() -> Program[int]:
        return (yield from ledger.balance(PersonId(1)))

    assert await house.read(paid()) == 3800


@pytest.mark.parametrize("partly", [False, True], ids=["nothing-shown", "partly-shown"])
async def test_a_turn_that_waits_for_a_page_that_is_not_there_is_settled(
    house: House, alice: Someone, partly: bool
) -> None:
    house.model.reply = "Kept, and not shown to its end."
    await house.start()
    alice.says("hi")
    await alice.sees("Kept")
    await house.stop()

    def lose_the_page() -> Program[None]:
        yield ("UPDATE turn SET state = 'answered', ended_at = NULL", ())
        if not partly:
            yield ("DELETE FROM shown", ())

    await house.write(lose_the_page())
    house.model.reply = "It goes on."
    await house.start()
    alice.says("still there?")
    await alice.sees("It goes on.")
    await house.stop()

    def end() -> Program[tuple[int, list[tuple[object, ...]]]]:
        rows = yield ("SELECT state FROM turn WHERE session = ? ORDER BY id", (SessionId(1),))
        return (yield from ledger.balance(PersonId(1))), rows

    balance, states = await house.read(end())
    assert balance == 3900
    assert [state for (state,) in states] == ["delivered", "delivered"]
