"""Modes and models: who may use them, what they are told, what of a conversation they read."""

import re
from dataclasses import replace

import pytest

from bot.domain.efforts import Effort
from bot.settings.models import EndpointTable, ModeTable
from bot.standins.model import Fault
from tests.handlers.discord.test_chat import stand_in
from tests.scenario.test_conversations import spoken
from tests.support.sides import Room
from tests.support.world import House, Someone

TOO_LONG = Fault("status", status=400, body={"message": "Prompt contains 40000 tokens, too large for model context."})


def system_prompt(house: House) -> str:
    return str(house.model.requests[-1].body["messages"][0]["content"])


async def test_a_mode_of_the_operators_own_fills_in_who_and_when(house: House, alice: Someone) -> None:
    house.model.reply = "Arr."
    pirate = ModeTable(
        description="Talks like a pirate", system_prompt="You sail with {name} on {date}, {weekday}. {x}"
    )
    await house.start(mode_tables={"pirate": pirate})
    await alice.commands("mode", "pirate")
    await alice.sees("The mode is pirate: Talks like a pirate")
    alice.says("ahoy")
    await alice.sees("Arr.")
    assert system_prompt(house).startswith("You sail with {name} on {date}, {weekday}. {x}")
    asked = spoken(house)[-1]
    assert asked.startswith("ahoy\n[{date}: 20")
    assert asked.endswith("day · {name}: Alice]")


async def test_a_mode_for_admins_is_hidden_from_others(house: House, alice: Someone) -> None:
    await house.start(mode_tables={"secret": ModeTable(system_prompt="x", role="admin")})
    await alice.commands("mode", "secret")
    await alice.sees("The mode secret is not open to you.")


async def test_a_mode_can_be_for_some_people_only(house: House, alice: Someone, bob: Someone) -> None:
    mine = ModeTable.model_validate({"system_prompt": "x", "allow": [f"{house.side.name}:user:{alice.person}"]})
    await house.start(mode_tables={"mine": mine})
    await alice.commands("mode", "mine")
    await alice.sees("The mode is mine")
    await bob.commands("mode", "mine")
    await bob.sees("The mode mine is not open to you.")


async def test_the_choice_of_a_mode_says_what_its_model_can_do(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("mode", "regular")
    shown = await alice.sees("The mode is regular")
    assert re.search(r"mistral/mistral-medium-latest · \$\S+ · \d+k · images", shown.text)


async def test_a_model_and_a_temperature_can_be_chosen_for_a_session(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    chain = ("mistral/mistral-medium-latest", "mistral/mistral-small-latest")
    await house.start(mode_tables={"regular": ModeTable(chain=chain)})
    alice.says("hi")
    await alice.sees("Yes.")
    await alice.commands("model", "mistral/mistral-small-latest")
    await alice.sees("mistral/mistral-small-latest first")
    await alice.presses("Temperature")
    await alice.presses("0.5")
    await alice.sees("is: 0.5")
    alice.says("again")
    await alice.sees("Yes.", times=2)
    body = house.model.requests[-1].body
    assert (body["model"], body["temperature"]) == ("mistral-small-latest", 0.5)
    await alice.commands("model", "default")
    await alice.sees("uses its mode's models again")
    alice.says("and again")
    await alice.sees("Yes.", times=3)
    assert house.model.requests[-1].body["model"] == "mistral-medium-latest"


async def test_how_much_is_thought_first_is_chosen_for_a_session_for_oneself_and_by_the_operator(
    house: House, alice: Someone
) -> None:
    house.model.reply = "Yes."
    chain = ("mistral/mistral-medium-latest", "mistral/codestral-2508")
    await house.start(mode_tables={"regular": ModeTable(chain=chain, effort=Effort.LOW)}, titles=False)

    async def sent() -> object:
        before = len(house.model.requests)
        alice.says("hi")
        await alice.sees("Yes.", times=before + 1)
        return house.model.requests[-1].body.get("reasoning_effort")

    assert await sent() == "none", "Of none and high it is the nearest to low."
    await alice.commands("model", chain[0])
    shown = await alice.sees("Reasoning effort: none")
    assert {"Temperature", "Reasoning effort"} <= set(shown.labels)
    await alice.presses("Reasoning effort")
    await alice.presses("high · thorough and slower")
    await alice.sees("The reasoning effort of hi is: high")
    assert await sent() == "high"
    await alice.commands("status")
    await alice.sees("Reasoning effort: high")
    await alice.commands("model", chain[1])
    shown = await alice.sees("codestral-2508 first")
    assert "Reasoning effort" not in shown.labels, "This one does not think."
    assert await sent() is None


async def test_the_menu_of_models_says_what_answers_now_what_it_costs_and_how_much_it_thinks(
    house: House, alice: Someone
) -> None:
    house.model.reply = "Yes."
    chain = ("mistral/mistral-medium-latest", "mistral/codestral-2508")
    await house.start(mode_tables={"regular": ModeTable(chain=chain, effort=Effort.HIGH)}, titles=False)
    alice.says("hi")
    await alice.sees("Yes.")
    # Discord asks for the model by itself; words that several hold open the menu on both platforms.
    await alice.commands("model", "mistral/")
    shown = await alice.sees("hi is answered by mistral/mistral-medium-latest")
    assert "$" in shown.text
    (label,) = (each for each in shown.labels if "codestral" in each)
    assert re.search(r" · \$[\d.]+/\$[\d.]+( ·|$)", label), "Nothing of a price is cut off."
    assert "Reasoning effort: high" in shown.text
    await alice.presses("codestral-2508", on=shown)
    await alice.sees("codestral-2508 first")
    await alice.commands("model", "mistral/")
    shown = await alice.sees("hi is answered by mistral/codestral-2508")
    assert "Reasoning effort" not in shown.text, "This one does not think."


async def test_ones_own_effort_holds_where_a_session_has_none(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(titles=False)
    await alice.commands("settings")
    await alice.presses("Reasoning effort")
    await alice.presses("max · as much as it can")
    await alice.sees("Reasoning effort: max")
    alice.says("hi")
    await alice.sees("Yes.")
    assert house.model.requests[-1].body["reasoning_effort"] == "high", "The most that this model has."


async def test_only_what_fits_into_the_window_is_sent(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    small = EndpointTable(base_url=f"{house.model.url}/v1", context_tokens=3_000)
    mode = ModeTable(chain=("mine/tiny",))
    await house.start(endpoint_tables={"mine": small}, mode_tables={"regular": mode}, summaries="off")
    begins = []
    for number in range(7):
        alice.says(f"{number} " + "7 " * 200)
        await alice.sees("Yes.", times=number + 1)
        begins.append(int(spoken(house)[0].split()[0]))
    assert begins[0] == begins[1] < begins[-1]
    assert len(set(begins)) == 2, "When it is too much, more than the one message too many goes, so it stays a while."


async def test_a_conversation_that_the_vendor_finds_too_long_is_shortened_once(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    for number in range(3):
        alice.says(f"question {number}")
        await alice.sees("Yes.", times=number + 1)
    house.model.faults.append(TOO_LONG)
    alice.says("question 3")
    await alice.sees("Yes.", times=4)
    assert spoken(house) == ["question 2", "Yes.", "question 3"]


async def test_a_mode_that_is_closed_to_someone_answers_them_no_more(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.reply = "Yes."
    await house.start(mode_tables={"mine": ModeTable(system_prompt="x")})
    await alice.commands("mode", "mine")
    await alice.sees("The mode is mine")
    alice.says("one")
    await alice.sees("Yes.")
    await house.stop()
    only_bob = ModeTable.model_validate({"system_prompt": "x", "allow": [f"{house.side.name}:user:{bob.person}"]})
    await house.start(mode_tables={"mine": only_bob})
    alice.says("two")
    await alice.sees("The mode mine is not open to you.")
    await alice.presses("Regenerate")
    await alice.sees("The mode mine is not open to you.", times=2)
    await alice.commands("mode", "regular")
    alice.says("three")
    await alice.sees("Yes.", times=2)
    assert len(house.model.requests) == 2


@pytest.mark.parametrize("side", ["discord"], indirect=True)
async def test_a_mode_for_adults_is_open_where_the_platform_lets_only_adults_in(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(openrouter_api_key="key", openrouter_base_url=f"{house.model.url}/v1")
    (in_group,) = house.group(alice)
    in_group.says("hi")
    await in_group.sees("Yes.")
    await in_group.commands("mode", "uncensored")
    await in_group.sees("The mode uncensored is for private chats.")
    discord = stand_in(house)
    guild = discord.world.channel(in_group.room.chat).guild_id or 0
    for_adults = replace(in_group, room=Room(discord.people.open_channel(guild, "late", nsfw=True)))
    for_adults.says("hi")
    await for_adults.sees("Yes.")
    await for_adults.commands("mode", "uncensored")
    await for_adults.presses("I am an adult and want this")
    await for_adults.sees("The mode is uncensored")
    for_adults.says("frankly?", to_bot=False)
    await for_adults.sees("Yes.", times=2)
    assert "You are a frank assistant" in system_prompt(house)
