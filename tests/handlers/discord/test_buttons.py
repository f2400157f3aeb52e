"""Buttons as Discord takes them: it refuses a message in which two carry the same."""

from bot.contracts.command import call_to_data
from bot.domain.blocks import Button
from bot.domain.places import PlaceKind
from handlers.discord.capabilities import CUSTOM_ID_LIMIT, capabilities
from handlers.discord.commands import components
from handlers.discord.inbound import read_button


def test_buttons_that_do_the_same_are_told_apart_and_still_do_it() -> None:
    longest = capabilities(PlaceKind.PRIVATE).button_data_bytes - len(call_to_data("aim", ("7", "")))
    args = ("7", "x" * longest)
    rows = components(tuple(tuple(Button(f"{row} {column}", "aim", args) for column in range(5)) for row in range(5)))
    carried = [button["custom_id"] for row in rows for button in row["components"]]
    assert len(set(carried)) == 25
    assert max(map(len, carried)) <= CUSTOM_ID_LIMIT
    assert {read_button(custom_id) for custom_id in carried} == {("aim", args)}
