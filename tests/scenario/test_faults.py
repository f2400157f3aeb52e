"""Everything outside misbehaves at random, by a seed: the platform, its gateway and the model. Then it is over."""

import random
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from bot.rendering.pages import SENT_AGAIN
from bot.standins import faults
from bot.standins.model import Fault, Pace
from tests.scenario.test_refusals import settled
from tests.support.sides import DiscordSide
from tests.support.world import House, Someone

QUESTIONS = 5
_KEY = re.compile(r"\bK(\d+)\b")

ODDS = {
    faults.flood(2): 0.06,
    faults.error(500): 0.05,
    faults.html_page(): 0.05,
    faults.reset(): 0.05,
    faults.answer_lost(): 0.05,
    faults.malformed(): 0.03,
    faults.truncated(): 0.03,
    faults.stall(35): 0.03,
    faults.slow(0.05): 0.1,
}
OF_THE_MODEL = (
    Fault("status", status=500),
    Fault("status", status=429, headers={"Retry-After": "1"}),
    Fault("status", status=503, body="<html>down</html>"),
    Fault("reset"),
    Fault("cut", after_tokens=3),
    Fault("truncate", after_tokens=3),
    Fault("stall", after_tokens=2),
    Fault("malformed", after_tokens=1),
    Fault("error", after_tokens=2),
    Fault("empty"),
)


def reply(body: Any) -> str:
    keys = _KEY.findall(str(body["messages"][-1]["content"]))
    return f"answer {'word ' * 10}end K{keys[-1]}."


def gateway_troubles(side: DiscordSide) -> tuple[Callable[[], None], ...]:
    gateway = side.stand_in.gateway
    return (
        gateway.drop,
        gateway.reconnect,
        lambda: gateway.invalidate(resumable=True),
        lambda: gateway.invalidate(resumable=False),
        lambda: gateway.send_raw("{not json"),
        lambda: gateway.dispatch_raw("MESSAGE_CREATE", {"id": "1", "content": None}),
        lambda: gateway.dispatch_raw("A_KIND_OF_TOMORROW", {"what": ["is", {"this": 1}]}),
        gateway.forget_sessions,
        lambda: gateway.repeat(8),
    )


@pytest.mark.parametrize("seed", range(3))
async def test_after_any_storm_every_question_has_one_answer_or_one_apology(house: House, seed: int) -> None:
    rng = random.Random(seed)
    house.model.reply, house.model.pace = reply, Pace(token_s=0.002)
    await house.start(model_first_byte_s=3, model_between_s=3)
    people = [house.newcomer(f"Person {number}") for number in range(4)]
    for someone in people:
        someone.says("hello K0")
        await someone.sees("end K0.")
    house.side.faults.randomly(ODDS, seed=seed)
    keys: dict[int, Someone] = {}
    for number in range(QUESTIONS):
        for someone in people:
            key = len(keys) + 1
            keys[key] = someone
            someone.says(f"question K{key}")
        for _ in range(2):
            house.model.fail(rng.choice(OF_THE_MODEL))
        if isinstance(house.side, DiscordSide):
            rng.choice(gateway_troubles(house.side))()
        await house.until(partial(heard, house, (number + 1) * len(people) // 2), hurried=True)
    house.side.faults.clear()
    await house.until(lambda: not left(keys), hurried=True)
    await house.rests(hurried=True)
    for key, someone in keys.items():
        shown = [message.text for message in someone.answers() if f"end K{key}." in message.text]
        assert len([text for text in shown if not text.startswith(SENT_AGAIN)]) <= 1, shown
    for someone in people:
        assert not any("Stop" in message.labels for message in someone.answers())
    assert await settled(house)


def heard(house: House, count: int) -> bool:
    """Whether so many different questions have come to the model."""
    return len(
        {key for request in house.model.requests for key in _KEY.findall(str(request.body["messages"][-1]))}
    ) >= (count)


def left(keys: dict[int, Someone]) -> list[int]:
    """Questions that have neither an answer nor an apology; an apology says not for which, so they are counted."""
    missing = []
    for someone in {id(one): one for one in keys.values()}.values():
        texts = [message.text for message in someone.answers()]
        mine = [key for key, one in keys.items() if one is someone]
        open_ones = [key for key in mine if not any(f"end K{key}." in text for text in texts)]
        excused = sum("Nothing was charged." in text or "broke off here" in text for text in texts)
        missing += open_ones[excused:]
    return missing
