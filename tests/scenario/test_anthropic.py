"""A vendor with a format of its own, as a person meets it: thinking, an overload in the middle, a limit."""

import orjson

from bot.domain.turns import FinishReason
from bot.standins.model import Fault, Reply
from tests.scenario.test_trouble import balance
from tests.support.world import House, Someone

OVERLOADED = b"".join(
    b"data: " + orjson.dumps(event) + b"\n\n"
    for event in (
        {"type": "message_start", "message": {"role": "assistant", "usage": {"input_tokens": 9, "output_tokens": 1}}},
        {"type": "ping"},
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    )
)


async def test_an_overload_in_the_middle_is_tried_again_and_costs_nothing(house: House, alice: Someone) -> None:
    await house.start(anthropic_api_key="k", anthropic_base_url=house.model.url, mistral_api_key=None)
    house.model.replies.extend(("Never.", Reply("Yes.", reasoning="Hm."), Reply("As far", reason=FinishReason.LENGTH)))
    house.model.fail(Fault("status", status=200, body=OVERLOADED, headers={"Content-Type": "text/event-stream"}))
    alice.says("hello")
    await alice.sees("Yes.")
    alice.says("more")
    await alice.sees("As far")
    assert await balance(house) == 4000 - 200
    assert [request.dialect for request in house.model.requests] == ["anthropic"] * 3
    assert house.model.refused == []
