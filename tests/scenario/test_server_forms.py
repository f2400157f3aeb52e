"""What a server asks for, as people see it: a form of the platform's, answered by who asked, and never a secret."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.settings.servers import ServerTable
from bot.standins.dialects import Called
from bot.standins.model import Reply
from bot.supervisor.housekeeping import EVERY_S
from storage import server_tools
from tests.scenario.test_approvals import is_refused
from tests.scenario.test_servers import results
from tests.support import tool_server
from tests.support.tool_servers import served
from tests.support.world import House, Someone
from tests.support.writes import FINISH, cutting_off


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Where the server writes what it is called for."""
    return tmp_path / "calls"


def lines(calls: Path) -> list[str]:
    return calls.read_text().split()


async def begin(house: House, calls: Path, tool: str, *way: str, server: str = "clock", **settings: Any) -> None:
    """A gateway that knows a server, and a model that calls this tool of its."""
    command = (sys.executable, "-S", tool_server.__file__, "--calls", str(calls), *way)
    await house.start()
    await house.stop()
    await house.write(server_tools.note(server, served()))
    house.model.reply = "Done."
    called = tool if tool.startswith(f"{server}_") else f"{server}_{tool}"
    house.model.replies.append(Reply("", calls=(Called(called, "{}"),)))
    await house.start(server_tables={server: ServerTable(command=command)}, **settings)


def told(house: House) -> Any:
    """What the server says that it was told."""
    return json.loads(results(house)[-1].removeprefix("I was told ").rstrip("."))


async def answers(alice: Someone) -> None:
    """Answer the whole form of `asks_politely`."""
    await alice.presses("Answer")
    await alice.fills_all({"Name": "Eve", "Guests": "2", "Mail": "eve@example.com"})
    await alice.presses("Outside")
    await alice.presses("No")
    shown = await alice.sees("This is what it would be told")
    assert ("Name: Eve" in shown.text, "Room: Outside" in shown.text, "Quiet: No" in shown.text) == (True,) * 3
    await alice.presses("Send it")


ANSWERED = {
    "action": "accept",
    "content": {"name": "Eve", "guests": 2, "mail": "eve@example.com", "room": "out", "quiet": False},
}


@pytest.mark.parametrize("way", [(), ("--as", "old")], ids=["2026", "2025"])
async def test_a_form_is_answered_and_the_call_goes_on(
    house: House, alice: Someone, calls: Path, way: tuple[str, ...]
) -> None:
    await begin(house, calls, "asks_politely", *way)
    alice.says("book a table")
    card = await alice.sees("wants to know something")
    assert "For *whom* is the table?" in card.text, "A server's words are no words of ours, and no Markdown."
    await answers(alice)
    await alice.sees("Done.")
    assert told(house) == ANSWERED
    # Nothing is left that could be pressed in vain.
    await house.until(lambda: all("Answer" not in message.labels for message in alice.answers()))
    assert len(house.model.requests) == 2
    assert house.rows("SELECT COUNT(*) FROM tool_call") == [(0,)]


async def test_a_wrong_answer_is_said_and_asked_again_and_what_is_optional_is_skipped(
    house: House, alice: Someone, calls: Path
) -> None:
    await begin(house, calls, "asks_politely")
    alice.says("book a table")
    await alice.presses("Answer")
    await alice.fills_all({"Name": "Eve", "Guests": "nine", "Mail": ""} if has_forms(house) else {"Name": "E"})
    if has_forms(house):
        await alice.sees("That is not a whole number")
        await alice.presses("Answer")
        await alice.fills_all({"Guests": "9", "Mail": ""})
        await alice.sees("That is too large. It has to be 8 or less.")
        await alice.presses("Answer")
        await alice.fills_all({"Guests": "8", "Mail": ""})
    else:
        await alice.sees("That is too short. It needs 2 or more characters.")
        await alice.fills_all({"Name": "Eve", "Guests": "8"})
        await alice.presses("Skip")
    await alice.presses("Inside")
    await alice.presses("Yes")
    await alice.presses("Send it")
    await alice.sees("Done.")
    assert told(house)["content"] == {"name": "Eve", "guests": 8, "room": "in", "quiet": True}


def has_forms(house: House) -> bool:
    return house.side.name == "discord"


async def test_only_who_asked_answers_and_it_waits_through_a_restart(
    house: House, alice: Someone, bob: Someone, calls: Path
) -> None:
    approvers = [f"{house.side.name}:user:{bob.person}"]
    await begin(house, calls, "asks_twice", server="asks", tool_approvers=approvers)
    alice, bob = house.group(alice, bob)
    alice.says("do it")
    await alice.presses("Allow once", on=await alice.sees("May I use asks_twice?"))
    card = await alice.sees("wants to know something")
    for label in ("Yes", "Do not answer"):
        await is_refused(bob, label, card)
    await house.stop()
    await house.start()
    house.clock.advance(3 * 24 * 3600)
    await alice.presses("Yes", on=card)
    await alice.sees("Done.")
    assert told(house) == {"action": "accept", "content": {"really": True}}
    assert lines(calls) == ["asks_twice"] * 2


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_an_answer_that_was_kept_before_a_crash_is_followed_by_the_next_question(
    house: House, alice: Someone, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(house, calls, "asks_politely")
    alice.says("book a table")
    await alice.presses("Answer")
    await alice.sees("Name:")
    cutting_off(monkeypatch.setattr).append(FINISH)
    await alice.fills("Name", "Eve")
    shown = await alice.sees("Guests (whole number) (2/5)", hurried=True)
    await alice.presses("Answer", on=shown)
    await alice.fills("Guests", "2")
    await alice.sees("Mail")


async def test_a_call_that_was_kept_for_an_answer_and_is_lost_is_asked_about(
    house: House, alice: Someone, calls: Path
) -> None:
    """A server of 2025 keeps the call itself: with the connection it is gone, and so is what may have been done."""
    await begin(house, calls, "asks_twice", "--as", "old")
    alice.says("do it")
    await alice.presses("Allow once", on=await alice.sees("May I use clock_asks_twice?"))
    await alice.sees("wants to know something")
    await house.stop()
    await house.start()
    await alice.presses("Yes")
    await alice.presses("Leave it", on=await alice.sees("It may or may not have done this."))
    await alice.sees("Done.")
    assert lines(calls) == ["asks_twice"]
    assert "may or may not have taken effect" in results(house)[-1]


async def test_what_is_secret_is_never_asked_for(house: House, alice: Someone, calls: Path) -> None:
    await begin(house, calls, "asks_for_input")
    alice.says("log me in")
    card = await alice.sees("I never ask for that in a chat")
    assert card.labels == ("Go on without it",)
    await alice.presses("Go on without it", on=card)
    await alice.sees("Done.")
    assert told(house) == {"action": "decline"}


async def test_a_page_is_shown_with_its_host_to_who_asked_alone(house: House, alice: Someone, calls: Path) -> None:
    await begin(house, calls, "asks_for_a_page")
    alice.says("pay")
    card = await alice.sees("open a page at pay.example.com")
    assert "https://" not in card.text
    await alice.presses("Show the link", on=card)
    await alice.sees("https://pay.example.com/at?table=(1)")
    await alice.presses("I have done it", on=card)
    await alice.sees("Done.")
    assert told(house) == {"action": "accept"}


async def test_who_does_not_answer_has_the_server_told_so(house: House, alice: Someone, calls: Path) -> None:
    await begin(house, calls, "asks_politely")
    alice.says("book a table")
    await alice.presses("Do not answer", on=await alice.sees("wants to know something"))
    await alice.sees("Done.")
    assert told(house) == {"action": "decline"}


async def test_who_goes_on_leaves_a_form_unanswered(house: House, alice: Someone, calls: Path) -> None:
    await begin(house, calls, "asks_politely")
    alice.says("book a table")
    card = await alice.sees("wants to know something")
    await house.stop()
    alice.says("something else")
    house.side.press(alice.person, alice.room, card, "Answer")
    await house.start()
    await alice.sees("Done.")
    await house.until(lambda: "That is too late" in str((house.side.told(alice.person, alice.room), alice.answers())))
    assert "did not answer" in results(house)[-1]


async def test_a_call_that_its_server_keeps_is_given_up_when_the_conversation_goes_on(
    house: House, alice: Someone, calls: Path
) -> None:
    await begin(house, calls, "asks_politely", "--as", "old")
    alice.says("book a table")
    await alice.sees("wants to know something")
    assert lines(calls) == ["asks_politely"]
    alice.says("something else")
    await alice.sees("Done.")
    await house.until(lambda: lines(calls) == ["asks_politely", "cancelled"])
    # And where nothing follows, soon after it was stopped.
    house.model.replies.append(Reply("", calls=(Called("clock_asks_politely", "{}"),)))
    alice.says("book a table")
    await alice.sees("wants to know something")
    await alice.commands("stop")
    await alice.sees("Not done: you stopped it.")
    house.clock.advance(EVERY_S)
    await house.until(lambda: lines(calls) == ["asks_politely", "cancelled"] * 2)
