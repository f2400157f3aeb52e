"""What a newcomer meets: the welcome, and a help that can be read."""

from handlers.commands import COMMANDS
from tests.scenario.world import House, Someone

SECTIONS = ("Sessions", "Look back", "This answer", "How I answer", "You")


async def test_the_welcome_says_what_can_be_sent_and_the_help_has_sections(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("start")
    welcome = await alice.sees("Hello")
    assert "a picture, a PDF or a voice message" in welcome.text
    await alice.commands("help")
    shown = (await alice.sees("Write to me")).text
    places = [shown.index(f"\n{heading}\n") for heading in SECTIONS if f"\n{heading}\n" in shown]
    assert places == sorted(places)
    assert len(places) == len(SECTIONS), shown
    for declared in COMMANDS:
        if declared.listed and declared.name in ("new", "search", "stop", "model", "privacy"):
            assert f"/{declared.name} " in shown
