"""Whatever command or button somebody forges with ids of what is not theirs: it does nothing and reveals nothing.

The calls are made from the declarations, so that a new command is covered on the day it is added. They are forged from
a private chat and from a group, with ids of another person's private sessions, of another group's, of another thread.
"""

from collections.abc import Iterator, Sequence

import pytest

from bot.contracts.command import Command, ParamKind, call_to_data
from handlers.commands import COMMANDS
from storage.programs import Program
from tests.support.sides import Shown
from tests.support.world import House, Someone

SECRET = "xyzzy"
IDS = tuple(str(number) for number in range(1, 7))
"""Everything that Alice has is among the first few of its kind."""

OF_ALICE = {
    "session": "begun_by = 1",
    "folder": "owner = 1",
    "message": "session IN (SELECT id FROM session WHERE begun_by = 1)",
    "attachment": "session IN (SELECT id FROM session WHERE begun_by = 1)",
    "turn": "payer = 1",
    "ledger": "person = 1",
    "place": "session IN (SELECT id FROM session WHERE begun_by = 1)",
    "active_session": "session IN (SELECT id FROM session WHERE begun_by = 1)",
    "identity": "person = 1",
    "person": "id = 1",
}
"""Which rows of which table are hers, or of the places where only she has spoken."""


def forged_calls(command: Command) -> Iterator[str]:
    """A command with ids of somebody else in every place where one could stand."""
    values = [("x", *IDS) if param.kind is ParamKind.TEXT else IDS for param in command.params]
    # Every id stands in every place once, beside other ones in the other places.
    for number in range(max(map(len, values), default=1)):
        data = call_to_data(command.name, [ids[(number + place) % len(ids)] for place, ids in enumerate(values)])
        if len(data.encode()) <= 64:
            yield data


def rows_of_alice(house: House) -> dict[str, list[tuple[object, ...]]]:
    columns = house.columns()
    found = {}
    for table, condition in OF_ALICE.items():
        # Whether a row is in the full-text index yet is housekeeping's, which runs at a start.
        names = ", ".join(f'"{name}"' for name in columns[table] if not name.startswith("indexed"))
        found[table] = house.rows(f"SELECT {names} FROM {table} WHERE {condition} ORDER BY 1")  # noqa: S608
    return found


async def furnish(house: House, alice: Someone, among_others: Someone) -> None:
    """Give Alice a folder, versions, something forgotten and something deleted, in private and in a group."""
    house.model.reply = f"The {SECRET} answer."
    alice.says(f"my {SECRET} question")
    await alice.sees(f"The {SECRET} answer.")
    await alice.presses("Regenerate")
    await alice.sees(f"The {SECRET} answer.", times=2)
    await alice.commands("folder", f"{SECRET} folder")
    await alice.sees(f"{SECRET} folder")
    alice.sends_file(f"{SECRET}.txt", f"{SECRET} document".encode(), "read this")
    await alice.sees(f"The {SECRET} answer.", times=3)
    among_others.says(f"our {SECRET} question")
    await among_others.sees(f"The {SECRET} answer.")
    among_others.says(f"our other {SECRET} question")
    await among_others.sees(f"The {SECRET} answer.", times=2)


@pytest.mark.parametrize("place", ["private", "group"])
async def test_ids_of_others_do_nothing_and_reveal_nothing(
    house: House, alice: Someone, bob: Someone, place: str
) -> None:
    await house.start(rate_limit_per_minute=0, undo_minutes=60)
    [alice_in_group] = house.group(alice)
    await furnish(house, alice, alice_in_group)
    [attacker] = house.group(bob) if place == "group" else [bob]
    house.model.reply = "Harmless."
    attacker.says("hi")
    shown = await attacker.sees("Harmless.")
    await house.stop()
    asked = len(house.model.requests)
    before = rows_of_alice(house)
    assert all(before[table] for table in ("session", "folder", "message", "attachment", "turn", "place"))
    await house.start()
    await press_all(house, attacker, shown, [data for command in COMMANDS for data in forged_calls(command)])
    await house.stop()
    assert rows_of_alice(house) == before
    assert not [message.text for message in attacker.answers() if SECRET in message.text]
    assert not [request.body for request in list(house.model.requests)[asked:] if SECRET in str(request.body)]


async def test_of_one_chat_each_thread_keeps_what_is_its_own(house: House, alice: Someone, bob: Someone) -> None:
    """Two threads of one channel (topics of one group) are two places."""
    await house.start(rate_limit_per_minute=0)
    here, there = house.threads_of_one_chat(alice, bob)
    house.model.reply = f"The {SECRET} answer."
    here.says(f"our {SECRET} question")
    await here.sees(f"The {SECRET} answer.")
    house.model.reply = "Harmless."
    there.says("hi")
    shown = await there.sees("Harmless.")
    asked = len(house.model.requests)
    await press_all(house, there, shown, [data for command in COMMANDS for data in forged_calls(command)])
    await house.stop()
    assert await house.read(messages_with_the_secret()) == 2
    assert not [message.text for message in there.answers() if SECRET in message.text]
    assert not [request.body for request in list(house.model.requests)[asked:] if SECRET in str(request.body)]


async def press_all(house: House, attacker: Someone, shown: Shown, forged: Sequence[str]) -> None:
    """Press what is not there, and wait until every press was seen."""
    pressed = house.side.calls(house.side.receipt)
    for data in forged:
        house.side.forge(attacker.person, attacker.room, shown, data)
    for seen in (*range(100, len(forged), 100), len(forged)):  # Each with the patience of its own.

        def so_many(seen: int = seen) -> bool:
            return house.side.calls(house.side.receipt) >= pressed + seen

        await house.until(so_many)


def messages_with_the_secret() -> Program[int]:
    """How many there are in sessions that nobody has deleted."""
    rows = yield (
        "SELECT COUNT(*) FROM message JOIN session ON session.id = message.session"
        " WHERE deleted_at IS NULL AND forgotten_at IS NULL AND parts LIKE ?",
        (f"%{SECRET}%",),
    )
    count: int = rows[0][0]
    return count
