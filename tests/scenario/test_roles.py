"""Every command under every role that may not use it, made from the declarations: it changes nothing."""

import pytest

from bot.contracts.command import Command
from bot.domain.people import Role
from handlers.commands import COMMANDS
from storage import people
from storage.programs import Program
from tests.scenario.test_isolation import forged_calls
from tests.support.sides import TelegramSide
from tests.support.world import House, Someone

BELOW = {Role.MEMBER: ("stranger", "blocked"), Role.ADMIN: ("stranger", "blocked", "member")}
"""Who may not, for each role that a command asks for."""

QUIET = ("seen", "outbox", "asked", "place", "lease")
"""What may change when somebody is turned away: that they were, where they can be told so, and who receives it."""


def everything(house: House) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables that must stay as they are; when somebody was told that they are not heard may change."""
    found = {}
    for table, columns in house.columns().items():
        if table not in QUIET:
            names = ", ".join(f'"{name}"' for name in columns if name != "told_at" and not name.startswith("indexed"))
            found[table] = house.rows(f"SELECT {names} FROM {table} ORDER BY 1")  # noqa: S608
    return found


@pytest.mark.parametrize("standing", ["stranger", "blocked", "member"])
@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_no_one_can_do_what_their_role_may_not(house: House, alice: Someone, bob: Someone, standing: str) -> None:
    """In one gateway for all commands, each given typed and as a forged press."""
    assert isinstance(house.side, TelegramSide)
    house.model.reply = "For who may."
    await house.start(access="open", admins=f"telegram:user:{alice.person}", endpoint_addresses="any")
    alice.says("hi")
    await alice.sees("For who may.")
    bob.says("hi")
    shown = await bob.sees("For who may.")
    if standing != "member":
        await house.stop()
        await _set_role(house, bob, Role.STRANGER if standing == "stranger" else Role.BLOCKED)
    await house.stop()
    before = everything(house)
    asked = len(house.model.requests)
    await house.start(access="invite")
    forbidden = [command for command in COMMANDS if standing in BELOW.get(command.role, ())]
    assert len(forbidden) >= 8
    presses = [data for command in forbidden for data in forged_calls(command)]
    for data in presses:
        house.side.people.press(bob.person, bob.room.chat, shown.id, data=data, forged=True)
    for command in forbidden:
        bob.says(f"/{command.name} {_argument(command)}".strip())
    bob.says("a question" if standing != "member" else "/tokens")
    await all_is_done(house)
    await house.stop()
    after = everything(house)
    assert after == before
    assert len(house.model.requests) == asked


async def all_is_done(house: House) -> None:
    """Until what was given is confirmed, and so no longer there, and no command waits behind another."""
    assert isinstance(house.side, TelegramSide)
    updates = house.side.bot.updates
    await house.until(lambda: not updates.pending and house.rows("SELECT COUNT(*) FROM waiting") == [(0,)])


def _argument(command: Command) -> str:
    return "1" if command.params else ""


async def _set_role(house: House, someone: Someone, role: Role) -> None:
    def change() -> Program[None]:
        rows = yield ("SELECT person FROM identity WHERE user_id = ?", (str(someone.person),))
        yield from people.set_role(rows[0][0], role)

    await house.write(change())


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_what_is_delivered_twice_counts_once(house: House, alice: Someone) -> None:
    assert isinstance(house.side, TelegramSide)
    house.model.reply = "Yes."
    await house.start()
    alice.says("hi")
    shown = await alice.sees("Yes.")
    person = {"id": alice.person, "is_bot": False, "first_name": "Alice"}
    chat = {"id": alice.room.chat, "type": "private", "first_name": "Alice"}
    said = {"message_id": 500, "date": 1, "chat": chat, "from": person, "text": "twice"}
    pressed = {
        "id": "77",
        "from": person,
        "chat_instance": "1",
        "data": "again|1",
        "message": {"message_id": shown.id, "date": 1, "chat": chat, "from": {**person, "is_bot": True}},
    }
    updates = house.side.bot.updates
    number = updates.push_raw({"message": said})
    updates.push_raw({"update_id": number, "message": said})
    press = updates.push_raw({"callback_query": pressed})
    updates.push_raw({"update_id": press, "callback_query": pressed})
    await alice.sees("Yes.", times=3)
    await all_is_done(house)
    await house.stop()
    updates.push_raw({"update_id": press, "callback_query": pressed})
    await house.start()
    await all_is_done(house)
    await house.stop()

    def answers() -> Program[int]:
        rows = yield ("SELECT COUNT(*) FROM message WHERE author = 'assistant'", ())
        count: int = rows[0][0]
        return count

    assert await house.read(answers()) == 3
