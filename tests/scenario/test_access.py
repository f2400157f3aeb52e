"""Who gets in, and what strangers see."""

import re

import pytest

from bot.domain.turns import Usage
from bot.standins.model import Reply
from tests.support.world import House, Someone


async def test_the_first_start_prints_a_link_and_who_opens_it_is_admin(
    house: House, alice: Someone, bob: Someone, capsys: pytest.CaptureFixture[str]
) -> None:
    house.model.reply = "Welcome."
    await house.start(access="invite")
    printed = ""

    def invited() -> str:
        nonlocal printed
        printed += capsys.readouterr().out
        found = re.search(r"(?:\?start=|/start )([\w-]+)", printed)
        return found[1] if found else ""

    operator_code = await house.until(invited)
    bob.says("hi")
    await bob.sees("by invitation")
    bob.says("hi again")
    await alice.commands("start", operator_code)
    await alice.sees("You are an admin")
    await bob.commands("start", operator_code)
    await bob.sees("not valid or has expired")
    await alice.commands("admin")
    await alice.presses("Invite one person")
    invitation = await alice.sees("People this code admits: 1")
    code = invitation.text.split("/start ")[1]
    await bob.commands("start", code)
    await bob.sees("Hello Bob!")
    bob.says("hi")
    await bob.sees("Welcome.")
    assert sum("by invitation" in message.text for message in bob.answers()) == 1
    assert len(house.model.requests) == 1


async def test_an_admin_lets_in_or_refuses_by_a_button(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Welcome."
    await house.start(access="approval", admins=f"{house.side.name}:user:{alice.person}")
    await alice.commands("start")
    await alice.sees("Hello Alice!")
    bob.says("let me in")
    await bob.sees("An admin has been asked")
    await alice.sees("Bob would like to talk to this bot")
    await alice.presses("Approve")
    await bob.sees("You are in.")
    bob.says("hi")
    await bob.sees("Welcome.")


async def test_the_allowlist_lets_in_people_and_chats(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Welcome."
    await house.start(access="allowlist", allowlist=f"{house.side.name}:user:{alice.person}")
    alice.says("hi")
    await alice.sees("Welcome.")
    bob.says("hi")
    await bob.sees("only the people its operator has listed")


async def test_a_member_cannot_use_what_is_for_admins(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("admin")
    await alice.sees("I do not know /admin")


async def test_in_a_group_the_buttons_under_an_answer_are_for_the_one_who_asked(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.replies.extend(["For Alice.", "Once more."])
    await house.start()
    in_group, bob_in_group = house.group(alice, bob)
    in_group.says("hi")
    await in_group.sees("For Alice.")
    await bob_in_group.presses("Regenerate")
    await bob_in_group.is_told("Only the person who asked can do that.")
    assert not [one.text for one in in_group.answers() if "Only the person" in one.text]
    await in_group.presses("Regenerate")
    await in_group.sees("Once more.")
    assert len(house.model.requests) == 2


async def test_an_admin_sees_how_it_is_doing_and_who_waits(house: House, alice: Someone, bob: Someone) -> None:
    house.model.replies.append(Reply("Yes.", usage=Usage(0, 1_000_000)))
    await house.start(
        access="approval", admins=f"{house.side.name}:user:{alice.person}", tokens_per_day=500, usd_per_day=50
    )
    alice.says("hi")
    await alice.sees("Yes.")
    bob.says("may I?")
    await bob.sees("An admin has been asked")
    await alice.commands("admin")
    shown = await alice.sees("What would you like to do?")
    assert "Members: 0 · admins: 1 · not let in: 1 · blocked: 0" in shown.text
    assert "Answers in progress: 0" in shown.text
    assert "Tokens spent today: 100 / 500" in shown.text
    assert re.search(r"Model costs today: \$[1-9][0-9.]* of \$50", shown.text)
    await alice.presses("People not let in")
    shown = await alice.sees("People, the newest first:")
    assert [label for label in shown.labels if "·" in label] == ["Bob · stranger"]
    await alice.presses("Bob · stranger")
    await alice.presses("Let in")
    await bob.sees("You are in.")
    await alice.commands("admin")
    await alice.presses("People not let in")
    await alice.sees("No people found.")
