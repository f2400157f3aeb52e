"""What a newcomer meets: the welcome, and a help that can be read."""

from collections.abc import Mapping
from typing import Any

import pytest

from handlers.commands import COMMANDS
from handlers.commands.account import in_sections
from tests.support.world import House, Someone

SECTIONS = ("Sessions", "Look back", "This answer", "How I answer", "You")


async def test_the_welcome_says_what_can_be_sent_and_the_help_has_sections(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("start")
    welcome = await alice.sees("Hello")
    assert "a picture, a PDF or a voice message" in welcome.text
    await alice.commands("help")
    await alice.sees("Write to me")
    await alice.sees("/privacy ")
    shown = "\n".join(answer.text for answer in alice.answers())
    places = [shown.index(f"\n{heading}\n") for heading in SECTIONS if f"\n{heading}\n" in shown]
    assert places == sorted(places)
    assert len(places) == len(SECTIONS), shown
    for declared in COMMANDS:
        if declared.listed and declared.name in ("new", "search", "stop", "model", "privacy"):
            assert f"/{declared.name} " in shown


@pytest.mark.parametrize(
    ("settings", "sendable"),
    [
        ({"mistral_api_key": None}, "Send me a PDF, and"),
        ({"mistral_api_key": None, "anthropic_api_key": "key"}, "Send me a picture or a PDF, and"),
    ],
    ids=["nothing", "pictures"],
)
async def test_the_welcome_promises_what_the_configured_models_can_do(
    house: House, alice: Someone, settings: Mapping[str, Any], sendable: str
) -> None:
    await house.start(**settings)
    await alice.commands("start")
    assert sendable in (await alice.sees("Hello")).text


def test_every_listed_command_has_its_section_in_the_help() -> None:
    listed = [declared for declared in COMMANDS if declared.listed]
    assert "More" not in in_sections(listed)
