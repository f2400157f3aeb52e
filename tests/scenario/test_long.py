"""Long conversations: what goes over the wire begins as the request before, so that vendors charge less for it."""

from itertools import pairwise

import orjson

from bot.settings.models import ModeTable
from tests.support import material
from tests.support.recalled import all_made, answering
from tests.support.world import House, Someone


def sent(house: House) -> list[list[bytes]]:
    """The messages of each request, byte for byte."""
    return [[orjson.dumps(message) for message in request.body["messages"]] for request in answering(house)]


def begins_later(requests: list[list[bytes]]) -> int:
    """The first request that does not begin with the first question, as it stands once it is not the newest."""
    return next(number for number, request in enumerate(requests) if number and request[1] != requests[1][1])


async def test_all_that_a_request_holds_but_its_question_begins_the_next_one(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    mode = ModeTable(chain=("mistral/mistral-medium-latest",), system_prompt="It is {time}. You talk with {name}.")
    await house.start(context_messages=9, mode_tables={"regular": mode})
    for number in range(12):
        if number == 2:
            alice.sends_file("tides.txt", b"Spring tides are the highest.", caption="read this")
        elif number == 4:
            alice.sends(material.photo(size=(60, 40)), caption="look")
        elif number == 6:
            await house.stop()
            await house.start()
            alice.says("after a restart")
        elif number == 8:
            await alice.commands("regenerate")
            await alice.sees("Yes.", times=number + 1)
            alice.says("and after another answer")
        else:
            house.clock.advance(3600)
            alice.says(f"question {number}")
        await alice.sees("Yes.", times=number + 1 + (number >= 8))
        await all_made(house)
    told = [shown for shown in alice.answers() if "the beginning of this session as a summary" in shown.text]
    assert [shown.labels[-1] for shown in told] == ["What I still read"], "It is said once."
    await alice.presses("What I still read")
    shown = await alice.sees("Messages I read for that answer: ")
    assert [told[0].text] == [each.text for each in alice.answers() if each.id == told[0].id], "The answer stays."
    first = str(answering(house)[begins_later(sent(house))].body["messages"][1]["content"])
    assert "question 5" in first and "question 5" in shown.text
    requests = sent(house)
    assert len(requests) == 13
    begins_anew = [
        number
        for number, (earlier, later) in enumerate(pairwise(requests), 1)
        if later[: len(earlier) - 1] != earlier[:-1]
    ]
    assert len(begins_anew) == 2, "It moves once in three questions when nine messages are read, and grows until then."
