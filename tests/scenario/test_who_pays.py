"""Who pays for what: an answer that ended as the model or the person wanted, by a model that costs something."""

import pytest

from bot.playground.model import Fault, Pace, Reply
from bot.settings.models import ModeTable
from bot.types import FinishReason, Usage
from tests.scenario.test_trouble import balance
from tests.scenario.world import House, Someone

NO_MODEL = {"mistral_api_key": None}


@pytest.mark.parametrize("billing", ["flat", "metered"])
async def test_an_answer_that_broke_off_is_free_and_going_on_is_paid_once(
    house: House, alice: Someone, billing: str
) -> None:
    await house.start(billing=billing, tokens_per_request=100, tokens_held=100)
    house.model.reply = "one two three four five"
    house.model.fail(Fault("cut", after_tokens=3))
    alice.says("hi")
    await alice.sees("broke off here")
    house.model.reply = None
    house.model.replies.append(Reply("and the rest.", usage=Usage(60, 40)))
    await alice.presses("Continue")
    await alice.sees("and the rest.")
    assert await balance(house) == 3900


@pytest.mark.parametrize(
    ("finish", "left"),
    [(FinishReason.COMPLETE, 3900), (FinishReason.LENGTH, 3900), (FinishReason.FILTERED, 4000)],
)
async def test_how_an_answer_ended_decides(house: House, alice: Someone, finish: FinishReason, left: int) -> None:
    await house.start()
    house.model.replies.append(Reply("As far as it went.", reason=finish))
    alice.says("hi")
    await alice.sees("As far as it went.")
    assert await balance(house) == left


async def test_who_stops_an_answer_has_what_came_and_pays(house: House, alice: Someone) -> None:
    house.model.reply = " ".join(f"word{number}" for number in range(200))
    house.model.pace = Pace(token_s=0.02)
    await house.start()
    alice.says("hi")
    await alice.sees_growing("word3")
    alice.stops()
    await alice.sees("Stopped.")
    assert await balance(house) == 3900


@pytest.mark.parametrize("settings", [{}, {"tokens_start": 0}, {"billing": "metered", "tokens_start": 10}])
async def test_the_built_in_model_costs_nothing(house: House, alice: Someone, settings: dict[str, object]) -> None:
    await house.start(**NO_MODEL, **settings)
    alice.says("hi")
    answered = await house.until(lambda: next((m for m in alice.answers() if "Regenerate" in str(m.labels)), None))
    assert answered is not None
    await alice.presses("Regenerate")
    await house.until(lambda: any("2/2" in str(m.labels) for m in alice.answers()))
    assert await balance(house) == settings.get("tokens_start", 4000)


async def test_the_built_in_model_costs_nothing_where_a_real_one_was_to_answer(house: House, alice: Someone) -> None:
    """What stands last in a chain may be the built-in model: what was held for the first comes back."""

    house.model.fail(Fault("status", status=401))
    await house.start(mode_tables={"regular": ModeTable(chain=("mistral/house-blend", "offline/offline"))})
    alice.says("hi")
    await house.until(lambda: any("Regenerate" in str(m.labels) for m in alice.answers()))
    assert await balance(house) == 4000
