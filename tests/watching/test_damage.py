"""A damaged database is no silence: admins are told, with the cure, and what is said meanwhile is answered later."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from bot.operations.doctor import examine_data, printed
from tests.support.fixtures import every_way
from tests.support.world import House, Someone
from tests.web.test_health import is_ready

PAGE_BYTES = 4096
TABLES = ("seen", "identity", "turn")
"""Written with every message; read for who is an admin, whom the settings name then; taken up at the start."""


def damage(house: House, table: str) -> None:
    """Overwrite the first page of a table in the file."""
    file = house.directory / "parley.db"
    raw = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    (root,) = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    raw.close()
    with file.open("r+b") as pages:
        pages.seek((root - 1) * PAGE_BYTES)
        pages.write(b"\xa5" * PAGE_BYTES)


@every_way
async def test_admins_are_told_of_damage_and_nothing_said_meanwhile_is_lost(
    house: House, alice: Someone, port: int, tmp_path: Path
) -> None:
    house.model.reply = "Yes."
    await house.start(admins=f"{house.side.name}:user:{alice.person}", health_port=port)
    alice.says("hi")
    await alice.sees("Yes.")
    await house.stop()
    sound = tmp_path / "sound"
    shutil.copytree(house.directory, sound)
    damage(house, "invite")
    house.begin()
    told = await alice.sees("The database is damaged")
    assert "parley restore" in told.text
    assert "parley restore" in await is_ready(house, port, wanted=503)
    house.model.reply = "Also yes."
    alice.says("and now?")
    await house.stop()
    findings = [printed(one) for one in examine_data(house.directory)]
    assert any("damaged" in one and "parley restore" in one for one in findings)
    shutil.rmtree(house.directory)
    shutil.copytree(sound, house.directory)
    await house.start()
    await alice.sees("Also yes.")
    await house.stop()


@pytest.mark.parametrize("table", TABLES)
async def test_whichever_table_is_damaged_the_gateway_stays_to_say_so(
    house: House, alice: Someone, port: int, table: str
) -> None:
    await house.start(admins=f"{house.side.name}:user:{alice.person}", health_port=port)
    alice.says("hi")
    await house.until(alice.answers)
    await house.stop()
    damage(house, table)
    house.begin()
    await alice.sees("The database is damaged")
    assert "parley restore" in await is_ready(house, port, wanted=503)
    await house.stop()
