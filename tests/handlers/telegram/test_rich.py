"""Answers in Telegram's richer form: when they come so, what they hold, and what happens where they are refused."""

from typing import Any

import pytest

from bot.standins import faults
from bot.standins.model import Hold
from tests.handlers.telegram.test_chat import telegram
from tests.scenario.test_trouble import LONG
from tests.support.world import House, Someone

pytestmark = pytest.mark.parametrize("side", ["telegram"], indirect=True)

TABLE = "Here:\n\n| city | people |\n|---|---|\n| **Rome** | 2.7 m |\n| Bern | $10^5$ |"


def blocks(house: House, someone: Someone) -> list[dict[str, Any]]:
    """The blocks of the last message, which must be a rich one."""
    rich = telegram(house).stand_in.transcript(someone.room.chat).last.rich
    assert rich is not None
    shown: list[dict[str, Any]] = rich["blocks"]
    return shown


def is_rich(house: House, someone: Someone) -> bool:
    """Whether the last message is a rich one."""
    return telegram(house).stand_in.transcript(someone.room.chat).last.rich is not None


async def test_a_table_is_a_real_one(house: House, alice: Someone) -> None:
    house.model.reply = TABLE
    await house.start()
    alice.says("cities")
    await alice.sees("Rome")
    intro, table = blocks(house, alice)
    assert intro == {"type": "paragraph", "text": "Here:"}
    assert [[cell["text"] for cell in row] for row in table["cells"]] == [
        ["city", "people"],
        [{"type": "bold", "text": "Rome"}, "2.7 m"],
        ["Bern", {"type": "mathematical_expression", "expression": "10^5"}],
    ]
    assert [cell.get("is_header", False) for row in table["cells"] for cell in row] == [True] * 2 + [False] * 4


async def test_what_folds_formulas_lists_and_code_keep_their_form(house: House, alice: Someone) -> None:
    house.model.reply = (
        "# Title\n\n<details><summary>More</summary>\n\nhidden **words**\n\n- one\n</details>\n\n"
        "$$\\int_0^1 x\\,dx$$\n\n1. first\n   - [x] done\n2. second\n\n```py\nprint(1)\n```\n\n"
        "> quoted\n\n---\n\n[a *link*](https://e.com)"
    )
    await house.start()
    alice.says("all")
    await alice.sees("Title")
    done = {"blocks": [{"type": "paragraph", "text": "done"}], "has_checkbox": True, "is_checked": True}
    first = {"blocks": [{"type": "paragraph", "text": "first"}, {"type": "list", "items": [done]}]}
    second = {"blocks": [{"type": "paragraph", "text": "second"}]}
    link = {"type": "url", "text": ["a ", {"type": "italic", "text": "link"}], "url": "https://e.com"}
    assert blocks(house, alice) == [
        {"type": "heading", "text": "Title", "size": 1},
        {
            "type": "details",
            "summary": "More",
            "blocks": [
                {"type": "paragraph", "text": ["hidden ", {"type": "bold", "text": "words"}]},
                {"type": "list", "items": [{"blocks": [{"type": "paragraph", "text": "one"}]}]},
            ],
        },
        {"type": "mathematical_expression", "expression": "\\int_0^1 x\\,dx"},
        {"type": "list", "items": [first | {"value": 1, "type": "1"}, second | {"value": 2, "type": "1"}]},
        {"type": "pre", "text": "print(1)", "language": "py"},
        {"type": "blockquote", "blocks": [{"type": "paragraph", "text": "quoted"}]},
        {"type": "divider"},
        {"type": "paragraph", "text": link},
    ]


async def test_a_long_answer_is_one_message_and_a_short_one_is_plain(house: House, alice: Someone) -> None:
    house.model.replies.extend([LONG, "Short **one**."])
    await house.start()
    alice.says("everything, please")
    shown = await alice.sees("print(7)")
    assert len(alice.answers()) == 1
    assert "↻ Regenerate" in shown.labels
    assert shown.text.count("x = 1") == 8 * 60
    alice.says("thanks")
    await alice.sees("Short one.")
    assert not is_rich(house, alice)


@pytest.mark.parametrize(("setting", "rich"), [("always", True), ("never", False)])
async def test_the_operator_and_the_person_decide(
    house: House, alice: Someone, bob: Someone, setting: str, rich: bool
) -> None:
    house.model.reply = "Plain words." if rich else TABLE
    await house.start(rich_messages=setting)
    alice.says("hi")
    await alice.sees("Plain words" if rich else "Rome")
    assert is_rich(house, alice) is rich
    await bob.commands("settings")
    await bob.presses("Rich messages")
    await bob.presses("never" if rich else "when an answer needs it")
    await bob.sees("Rich messages: never" if rich else "Rich messages: when an answer needs it")
    bob.says("hi")
    await bob.sees("Plain words" if rich else "Rome")
    assert is_rich(house, bob) is not rich


@pytest.mark.parametrize(
    "refusal",
    [faults.refusal("Bad Request: RICH_MESSAGE_FORBIDDEN"), faults.refusal("Not Found", status=404)],
    ids=["forbidden", "old server"],
)
async def test_a_refusal_is_remembered_and_the_answer_sent_the_other_way(
    house: House, alice: Someone, bob: Someone, refusal: faults.Fault
) -> None:
    house.model.reply = LONG
    house.side.faults.add(refusal, method="sendRichMessage")
    await house.start()
    alice.says("everything, please")
    await alice.sees("print(7)")
    shown = alice.answers()
    text = "\n".join(message.text for message in shown)
    assert text.count("x = 1") == 8 * 60
    positions = [text.index(f"Part {n}\n") for n in range(8)]
    assert positions == sorted(positions)
    assert [bool(message.labels) for message in shown] == [False] * (len(shown) - 1) + [True]
    assert "As plain text" not in shown[-1].labels
    house.model.reply = TABLE
    alice.says("cities")
    await alice.sees("Rome")
    assert house.side.calls("sendRichMessage") == 1
    bob.says("cities")
    await bob.sees("Rome")
    assert house.side.calls("sendRichMessage") == 2, "Another chat has refused nothing."
    house.clock.advance(8 * 24 * 3600)
    alice.says("again")
    await alice.sees("Rome", times=2)
    assert house.side.calls("sendRichMessage") == 3


async def test_in_a_group_the_preview_becomes_the_rich_answer(house: House, alice: Someone) -> None:
    house.model.reply = TABLE + "\n\n" + "word " * 30 + "end."
    house.model.hold = hold = Hold(30)
    await house.start()
    (group,) = house.group(alice)
    group.says("hi")
    await group.sees_growing("word")
    hold.over.set()
    await group.sees("end.")
    assert len(group.answers()) == 1
    assert blocks(house, group)[1]["type"] == "table"


async def test_another_version_takes_the_place_of_a_rich_answer(house: House, alice: Someone) -> None:
    house.model.replies.extend([TABLE, "Second."])
    await house.start()
    alice.says("hi")
    first = await alice.sees("Rome")
    await alice.presses("Regenerate")
    await alice.sees("Second.")
    await alice.presses("‹")
    await house.until(lambda: alice.answers()[-1].text.startswith("Here:"))
    assert blocks(house, alice)[1]["type"] == "table"
    assert len(alice.answers()) == 2
    assert first.id != alice.answers()[-1].id


async def test_a_rich_answer_can_be_had_as_plain_text_and_that_be_remembered(house: House, alice: Someone) -> None:
    house.model.reply = f"{TABLE}\n\n```py\nprint(7)\n```"
    await house.start()
    alice.says("hi")
    rich = await alice.sees("Rome")
    assert "As plain text" in rich.labels
    await alice.presses("As plain text")
    plain = await alice.sees("print(7)", times=2)
    assert not is_rich(house, alice)
    entities = telegram(house).stand_in.transcript(alice.room.chat).last.entities
    assert "pre" in [entity["type"] for entity in entities], "The code can be copied."
    assert plain.id != rich.id
    # It is the same answer of the tree.
    alice.says("go on", reply_to=plain)
    again = await alice.sees("Rome", times=3)
    assert [m["content"] for m in house.model.requests[-1].body["messages"]][-3::2] == ["hi", "go on"]
    await alice.presses("Always as plain text", on=plain)
    await alice.sees("From now on your answers come as plain text.")
    alice.says("once more")
    last = await alice.sees("Rome", times=4)
    assert not is_rich(house, alice)
    assert ["As plain text" in shown.labels for shown in (again, last)] == [True, False]
