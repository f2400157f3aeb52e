"""What a command declares is read off its handler: what people give it, and what the gateway hands to it."""

from typing import Annotated

from bot.contracts.command import View, command


class Lamp:
    """Something that a command acts on."""


@command("light", "Light the lamp")
async def light(_call: object, how_long: Annotated[int, "For how many minutes"] = 1, *, lamp: Lamp) -> View:
    return View(f"{lamp} for {how_long}")


def test_what_a_command_acts_on_is_handed_to_it_and_asked_of_nobody() -> None:
    assert [(param.name, param.description, param.required) for param in light.params] == [
        ("how_long", "For how many minutes", False)
    ]
    assert light.acts_on == (("lamp", Lamp),)
