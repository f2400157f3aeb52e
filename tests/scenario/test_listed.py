"""Models that a vendor lists: offered by patterns, found by words, kept for bad days, missed when they are gone."""

from typing import Any

from bot.contracts.command import call_to_data
from tests.support.world import House, Someone

LONG = "gpt-of-a-maker-who-likes-long-names/and-longer-ones-for-each-of-its-many-variants:free"
LISTED = (
    LONG,
    "gpt-6-luna",
    "gpt-6-sol",
    "gpt-6-sol-2026-10-01",
    "o9-mini",
    "gpt-4o-transcribe",
    "text-embedding-3-small",
)


def listed(*names: str) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}


def kept(house: House, name: str) -> bool:
    file = house.directory / "models.json"
    return file.exists() and name in file.read_text()


async def test_what_a_vendor_lists_is_offered_as_far_as_the_operator_lets_it_through(
    house: House, alice: Someone
) -> None:
    house.model.listed = listed(*LISTED)
    house.model.reply = "Yes."
    openai = {"openai_api_key": "k", "openai_base_url": f"{house.model.url}/v1"}
    await house.start(**openai, openai_models="gpt-*,O*,!*-2026-*")
    await house.until(lambda: kept(house, "o9-mini"))
    alice.says("hello")
    await alice.sees("Yes.")
    # Words that several models hold find them all, and no other.
    await alice.commands("model", "openai GPT")
    menu = await alice.sees("Which model")
    offered = [label.partition(" · ")[0] for label in menu.labels]
    assert offered == ["openai/gpt-6-luna", "openai/gpt-6-sol", menu.labels[2]]
    await alice.presses(menu.labels[2])
    await alice.sees(f"openai/{LONG} first")
    # So do words that are typed after the menu.
    for command, done in ("set_model", "Default model: openai/gpt-6-luna"), ("model", "openai/gpt-6-luna first"):
        house.side.forge(alice.person, alice.room, menu, call_to_data(command, ()))
        alice.says("gpt")
        alice.says("luna")
        await alice.sees(done)
    house.side.forge(alice.person, alice.room, menu, call_to_data("set_model", ("default",)))
    await alice.sees("Default model: the mode's default")
    assert len(house.model.requests) == 1
    await alice.commands("model", "gpt-6-sol")
    await alice.presses("openai/gpt-6-sol ·")
    await alice.sees("openai/gpt-6-sol first")
    await alice.commands("model", "openai/gpt-6-sol-2026-10-01")
    await alice.sees("There is no model")
    alice.says("again")
    await alice.sees("Yes.", times=2)
    assert house.model.requests[-1].model == "gpt-6-sol"
    # A vendor that cannot be heard keeps what it had, also over a restart.
    await house.stop()
    house.model.listed = b"<html>Bad gateway</html>"
    await house.start()
    alice.says("and now?")
    await alice.sees("Yes.", times=3)
    assert house.model.requests[-1].model == "gpt-6-sol"
    house.model.listed = listed("o9-mini")
    house.clock.advance(7 * 3600)
    await house.until(lambda: not kept(house, "gpt-6-sol"))
    alice.says("and then?")
    await alice.sees("openai/gpt-6-sol is no longer offered here")
    assert house.model.requests[-1].model == "mistral-medium-latest"
