"""Whatever command or button somebody forges with another person's ids: it does nothing and reveals nothing.

The calls are made from the declarations, so that a new command is covered on the day it is added.
"""

import itertools
from collections.abc import Iterator

import pytest

from bot.command import Command, ParamKind, call_to_data
from handlers.commands import COMMANDS
from storage.database import Program
from tests.scenario.sides import TelegramSide
from tests.scenario.world import House, Someone

pytestmark = pytest.mark.parametrize("side", ["telegram"], indirect=True)
"""Telegram passes on whatever a tampered app says was pressed; Discord only what stands on a message."""

SECRET = "xyzzy"
IDS = ("1", "2", "3", "4")
"""Everything that Alice has is among the first few of its kind."""

OF_ALICE = {
    "session": "owner = 1",
    "folder": "owner = 1",
    "message": "session IN (SELECT id FROM session WHERE owner = 1)",
    "turn": "payer = 1",
    "ledger": "person = 1",
    "place": "id = 1",
    "active_session": "place = 1",
    "identity": "person = 1",
    "person": "id = 1",
}
"""Which rows of which table are hers."""


def forged_calls(command: Command) -> Iterator[str]:
    """A command with ids of somebody else in every place where one could stand."""
    values = [("x", *IDS) if param.kind is ParamKind.TEXT else IDS for param in command.params]
    for args in itertools.islice(itertools.product(*values), 30):
        data = call_to_data(command.name, args)
        if len(data.encode()) <= 64:
            yield data


def rows_of_alice() -> Program[dict[str, list[tuple[object, ...]]]]:
    found = {}
    for table, condition in OF_ALICE.items():
        # Whether a row is in the full-text index yet is housekeeping's, which runs at a start.
        columns = yield ("SELECT name FROM pragma_table_info(?) WHERE name NOT LIKE 'indexed%'", (table,))
        names = ", ".join(f'"{name}"' for (name,) in columns)
        found[table] = yield (f"SELECT {names} FROM {table} WHERE {condition} ORDER BY 1", ())  # noqa: S608
    return found


async def furnish(house: House, alice: Someone) -> None:
    """Give Alice a session in a folder, a second version of an answer, something forgotten and something deleted."""
    house.model.reply = f"The {SECRET} answer."
    alice.says(f"my {SECRET} question")
    await alice.sees(f"The {SECRET} answer.")
    await alice.presses("Regenerate")
    await alice.sees(f"The {SECRET} answer.", times=2)
    await alice.commands("folder", f"{SECRET} folder")
    await alice.sees("lies in")
    await alice.commands("new", f"{SECRET} title")
    await alice.sees("A new session is open")
    alice.says(f"another {SECRET} question")
    await alice.sees(f"The {SECRET} answer.", times=3)
    await alice.commands("delete")
    await alice.presses("Delete")
    await alice.sees("is deleted")


async def test_another_persons_ids_do_nothing_and_reveal_nothing(house: House, alice: Someone, bob: Someone) -> None:
    assert isinstance(house.side, TelegramSide)
    await house.start(rate_limit_per_minute=0, undo_minutes=60)
    await furnish(house, alice)
    house.model.reply = "Harmless."
    bob.says("hi")
    shown = await bob.sees("Harmless.")
    await house.stop()
    before = await house.read(rows_of_alice())
    pressed = house.side.calls("answerCallbackQuery")
    await house.start()
    forged = [data for command in COMMANDS for data in forged_calls(command)]
    for data in forged:
        house.side.people.press(bob.person, bob.room.chat, shown.id, data=data, forged=True)
    await house.until(lambda: house.side.calls("answerCallbackQuery") >= pressed + len(forged))
    await house.stop()
    assert await house.read(rows_of_alice()) == before
    assert not [message.text for message in bob.answers() if SECRET in message.text]
    assert not [request.body for request in list(house.model.requests)[4:] if SECRET in str(request.body)]
