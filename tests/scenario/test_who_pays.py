"""Who pays for what: an answer that ended as the model or the person wanted, by a model that costs something."""

import pytest

from bot.domain.turns import FinishReason, Usage
from bot.settings.models import ModeTable
from bot.standins.model import Fault, Hold, Reply
from tests.scenario.test_trouble import balance
from tests.support.clock import HastyClock
from tests.support.world import House, Someone

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
    house.model.hold = Hold(50)
    await house.start()
    alice.says("hi")
    await alice.sees_growing("word3")
    alice.stops()
    await alice.sees("Stopped.")
    assert await balance(house) == 3900


@pytest.mark.parametrize("settings", [{}, {"tokens_start": 0}, {"billing": "metered", "tokens_start": 10}])
async def test_the_built_in_model_costs_nothing(house: House, alice: Someone, settings: dict[str, object]) -> None:
    house.gateways_clock = HastyClock(house.clock)
    await house.start(**NO_MODEL, **settings)
    alice.says("hi")
    answered = await house.until(lambda: next((m for m in alice.answers() if "Regenerate" in str(m.labels)), None))
    assert answered is not None
    await alice.presses("Regenerate")
    await house.until(lambda: any("2/2" in str(m.labels) for m in alice.answers()))
    assert await balance(house) == settings.get("tokens_start", 4000)


async def test_the_built_in_model_costs_nothing_where_a_real_one_was_to_answer(house: House, alice: Someone) -> None:
    """What stands last in a chain may be the built-in model: what was held for the first comes back."""

    house.gateways_clock = HastyClock(house.clock)
    house.model.fail(Fault("status", status=401))
    await house.start(mode_tables={"regular": ModeTable(chain=("mistral/house-blend", "offline/offline"))})
    alice.says("hi")
    await house.until(lambda: any("Regenerate" in str(m.labels) for m in alice.answers()))
    assert await balance(house) == 4000


# what people read


async def test_what_is_there_is_told_with_what_it_is_worth_and_one_line_for_each_answer(
    house: House, alice: Someone
) -> None:
    house.model.reply = "Yes."
    await house.start(tokens_start=450, shutdown_grace_s=0)
    await alice.commands("start")
    welcome = await alice.sees("You have 450 tokens; an answer costs 100.")
    assert "≈ 4 answers" in welcome.text
    alice.says("one")
    await alice.sees("Yes.")
    house.model.fail(Fault("status", status=401))
    alice.says("two")
    await alice.sees("Nothing was charged.")
    house.model.hold = Hold()
    alice.says("three")
    await house.until(lambda: len(house.model.requests) == 3)
    await alice.commands("tokens")
    told = await alice.sees(
        "You have 250 tokens. An answer costs 100; a failed one costs nothing. That is ≈ 2 answers."
    )
    lines = [line.split(" · ", 1)[1] for line in told.text.splitlines() if " · " in line]
    assert lines == ["−100 · held", "0 · failed", "−100 · answer", "+450 · welcome"]


async def test_metered_the_worth_follows_from_the_last_answers(house: House, alice: Someone) -> None:
    await house.start(billing="metered")
    await alice.commands("tokens")
    assert "≈" not in (await alice.sees("You have 4,000 tokens.")).text
    house.model.replies.append(Reply("Yes.", usage=Usage(300, 200)))
    alice.says("one")
    await alice.sees("Yes.")
    await alice.commands("tokens")
    await alice.sees("That is ≈ 7 answers.")


async def test_where_answers_are_free_nobody_hears_of_tokens(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(tokens_per_request=0, show_model=True)
    await alice.commands("start")
    assert "token" not in (await alice.sees("Hello Alice!")).text
    alice.says("hi")
    assert "token" not in (await alice.sees("Yes.")).text
    await alice.commands("tokens")
    assert "token" not in (await alice.sees("Answers are free here.")).text


async def test_who_has_nothing_reads_what_to_do(house: House, alice: Someone, bob: Someone) -> None:
    await house.start(tokens_start=0, admins=f"{house.side.name}:user:{alice.person}")
    for command in ("start", "tokens"):
        await bob.commands(command)
    told = await bob.sees("You have 0 tokens.", times=2)
    assert "Ask an admin for more tokens." in told.text
    assert not any("4,000" in message.text for message in bob.answers())
    alice.says("hi")
    told = await alice.sees("You have 0 tokens left, and a request needs 100.")
    assert "/admin" in told.text
    assert "ADMINS_FREE=true" in told.text


async def test_a_balance_is_not_told_to_a_whole_group(house: House, alice: Someone, bob: Someone) -> None:
    await house.start()
    in_group, beside = house.group(alice, bob)
    await in_group.commands("tokens")
    # In the group for them alone, or in their own chat.
    await house.until(lambda: [*in_group.answers(), *alice.answers()])
    assert not any("4,000" in message.text for message in beside.answers())


# what admins give


async def card(admin: Someone, label: str) -> None:
    await admin.commands("admin")
    await admin.presses("People")
    await admin.presses(label)


@pytest.mark.parametrize(
    ("given", "said", "left"),
    [
        ("250", "An admin has given you 250 tokens. You have 4,250 now.", 4250),
        ("+1,000", "An admin has given you 1,000 tokens. You have 5,000 now.", 5000),
        ("500 Thank you for the cake", "Their note: Thank you for the cake", 4500),
        ("−500", "An admin has taken 500 of your tokens. You have 3,500 now.", 3500),
        ("-4000", "An admin has taken 4,000 of your tokens. You have 0 now.", 0),
    ],
)
async def test_an_admin_gives_any_amount_and_whose_it_is_hears_of_it(
    house: House, alice: Someone, bob: Someone, given: str, said: str, left: int
) -> None:
    await house.start(admins=f"{house.side.name}:user:{alice.person}")
    await bob.commands("start")
    await bob.sees("Hello Bob!")
    await card(alice, "Bob · member")
    shown = await alice.sees("Bob: member, 4,000 tokens.")
    assert f"{house.side.name}:user:{bob.person}" in shown.text
    await alice.presses("Give tokens")
    await alice.fills("How many tokens", given)
    await bob.sees(said)
    await alice.sees(f"Bob: member, {left:,} tokens.")
    await bob.commands("tokens")
    told = await bob.sees(f"You have {left:,} tokens.")
    assert ("from an admin" in told.text) is (left > 4000)
    assert ("taken by an admin" in told.text) is (left < 4000)


@pytest.mark.parametrize("given", ["0", "many", "1.5", "-4001", "99999999999", "", "1,00", "1 000 cakes"])
async def test_what_is_no_amount_is_refused_with_a_sentence(
    house: House, alice: Someone, bob: Someone, given: str
) -> None:
    await house.start(admins=f"{house.side.name}:user:{alice.person}")
    await bob.commands("start")
    await bob.sees("Hello Bob!")
    await card(alice, "Bob · member")
    await alice.presses("Give tokens")
    await alice.fills("How many tokens", given or "-")
    await house.until(
        lambda: any("is not a number of tokens" in m.text or "has only 4,000" in m.text for m in alice.answers())
    )
    assert not any("An admin has" in message.text for message in bob.answers())


async def test_an_admin_without_tokens_can_grant_themselves_more(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(tokens_start=0, admins=f"{house.side.name}:user:{alice.person}")
    alice.says("hi")
    await alice.sees("You are an admin")
    await card(alice, "Alice · admin")
    await alice.presses("Give tokens")
    await alice.fills("How many tokens", "500")
    await alice.sees("Alice: admin, 500 tokens.")
    alice.says("and now?")
    await alice.sees("Yes.")


# refills

WEEK_S = 7 * 24 * 3600


async def test_a_balance_is_brought_back_once_in_a_week(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(tokens_start=100, refill="weekly:300")
    alice.says("one")
    await alice.sees("Yes.")
    await house.stop()
    await house.start()
    await alice.commands("tokens")
    told = await alice.sees("You have 200 tokens.")
    assert "+200 · refill" in told.text
    house.clock.advance(WEEK_S)
    await alice.commands("tokens")
    await alice.sees("You have 300 tokens.")
    house.clock.advance(-2 * WEEK_S)
    house.clock.advance(2 * WEEK_S)
    alice.says("two")
    await alice.sees("Yes.", times=2)
    await alice.commands("tokens")
    await alice.sees("You have 200 tokens.", times=2)


async def test_who_runs_dry_hears_when_there_is_more(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(tokens_start=0, refill="monthly:100")
    alice.says("one")
    await alice.sees("Yes.")
    alice.says("two")
    await alice.sees("You get new tokens from")


async def test_erasing_and_coming_back_brings_no_second_refill(house: House, alice: Someone) -> None:
    await house.start(tokens_start=0, refill="monthly:300")
    await alice.commands("tokens")
    await alice.sees("You have 300 tokens.")
    await alice.commands("privacy")
    await alice.presses("Erase everything")
    await alice.sees("for good?")
    await alice.presses("Erase everything")
    await alice.sees("you start from scratch")
    await alice.commands("tokens")
    await alice.sees("You have 0 tokens.")
    house.clock.advance(5 * WEEK_S)
    await alice.commands("tokens")
    await alice.sees("You have 300 tokens.")
