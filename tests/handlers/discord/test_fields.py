"""Every type of message, and every part of one, that the library knows has been thought of."""

import discord
import pytest

from handlers.discord.fields import AROUND, NAMES, QUIET, READ, SAID
from handlers.discord.words import readable


@pytest.mark.parametrize("kind", [kind.name for kind in discord.MessageType])
def test_every_type_of_message_is_said_or_has_a_reason_to_be_met_with_silence(kind: str) -> None:
    assert (kind in SAID) != (kind in QUIET)
    assert QUIET.get(kind, ".").endswith(".")


def test_every_part_of_a_message_is_read_or_named_or_says_nothing_by_itself() -> None:
    parts = {name for name in discord.Message.__slots__ if not name.startswith("_")}
    assert parts <= READ | AROUND | set(NAMES)
    assert {name for name in discord.MessageSnapshot.__slots__ if not name.startswith("_")} <= READ | AROUND | {
        "created_at"
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@1> <@!1> <@2>", "@Ann @Ann @unknown-user"),
        ("<@&1> <#1>", "@Ann #Ann"),
        ("<:a_b:1> <a:c:2>", ":a_b: :c:"),
        (
            "<t:0> <t:0:R> <t:99999999999999:R> <t:9999999999999>",
            "1970-01-01 00:00 UTC 1970-01-01 00:00 UTC <t:99999999999999:R> <t:9999999999999>",
        ),
        ("</admin people:12>", "/admin people"),
        ("<id:browse> <https://e.org> 1 < 2 > 0", "browse <https://e.org> 1 < 2 > 0"),
        ("`<@1>` ``<@1> ` ``\n```\n<@1>\n``` <@1>", "`<@1>` ``<@1> ` ``\n```\n<@1>\n``` @Ann"),
    ],
)
def test_numbers_become_names_outside_of_code(text: str, shown: str) -> None:
    assert readable(text, lambda sign, number: "Ann" if number == 1 else "") == shown
