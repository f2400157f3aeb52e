"""Who gets in, and what strangers see."""

import re

import pytest

from tests.scenario.world import House, Someone


async def test_the_first_start_prints_a_link_and_who_opens_it_is_admin(
    house: House, alice: Someone, bob: Someone, capsys: pytest.CaptureFixture[str]
) -> None:
    house.model.reply = "Welcome."
    await house.start(access="invite")
    await house.until(lambda: house.telegram.calls.of("getUpdates"))
    found = re.search(r"\?start=(\S+)", capsys.readouterr().out)
    assert found is not None
    bob.says("hi")
    await bob.sees("by invitation")
    bob.says("hi again")
    alice.says(f"/start {found[1]}")
    await alice.sees("You are an admin")
    bob.says(f"/start {found[1]}")
    await bob.sees("not valid (any more)")
    alice.says("/admin")
    await alice.presses("Invite one person")
    invitation = await alice.sees("This lets one person in")
    code = invitation.text.split("/start ")[1]
    bob.says(f"/start {code}")
    await bob.sees("Hello Bob!")
    bob.says("hi")
    await bob.sees("Welcome.")
    assert sum("by invitation" in message.text for message in bob.answers()) == 1
    assert len(house.model.requests) == 1


async def test_an_admin_lets_in_or_refuses_by_a_button(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Welcome."
    await house.start(access="approval", admins=f"telegram:user:{alice.person}")
    alice.says("/start")
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
    await house.start(access="allowlist", allowlist=f"telegram:user:{alice.person}")
    alice.says("hi")
    await alice.sees("Welcome.")
    bob.says("hi")
    await bob.sees("only the people its operator has listed")


async def test_a_member_cannot_use_what_is_for_admins(house: House, alice: Someone) -> None:
    await house.start()
    alice.says("/admin")
    await alice.sees("I do not know /admin")
    alice.says("/grant 1 1000000")
    await alice.sees("I do not know /grant")


async def test_another_persons_session_is_not_there(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("private matter")
    shown = await alice.sees("Yes.")
    for forged in ("/open 1", "/delete_now 1", "/switch 1", "/rename_session 1 stolen", "/undelete 1"):
        bob.says(forged)
    bob.says("/again 1")
    await house.until(lambda: len(bob.answers()) >= 6)
    assert all("private matter" not in message.text for message in bob.answers())
    alice.says("/sessions")
    await alice.sees("private matter")
    assert shown.text == "Yes."


async def test_the_menu_is_what_the_commands_declare(house: House, alice: Someone) -> None:
    await house.start()
    await house.until(lambda: house.telegram.calls.of("setMyCommands"))
    alice.says("/help")
    shown = await alice.sees("/regenerate")
    assert "/admin" not in shown.text
