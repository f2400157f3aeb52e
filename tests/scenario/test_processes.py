"""Several processes on one PostgreSQL database: to the people who talk to the bot they are one gateway."""

import os
import socket
from collections.abc import AsyncIterator
from functools import partial

import aiohttp
import psycopg
import pytest
from structlog.testing import capture_logs

from bot.contracts.findings import good
from bot.domain.errors import DatabaseAway, DatabaseBusy, StorageError
from bot.operations import doctor_processes
from bot.standins.model import Hold
from storage.drivers.postgres import blocking
from storage.drivers.postgres.connection import BOUNDS
from storage.drivers.postgres.writer import LOCK
from tests.support.admin_page import logged_in
from tests.support.bots import Town
from tests.support.line import Line
from tests.support.ports import free_port
from tests.support.world import House, Someone

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)

only_telegram = pytest.mark.parametrize("side", ["telegram"], indirect=True)


@pytest.fixture
async def other(house: House) -> AsyncIterator[House]:
    """A second process, which the test begins."""
    second = House(house.directory, house.side, house.model, house.clock, house.database_url)
    yield second
    await second.stop()


async def both(house: House, other: House) -> None:
    """Run two processes, of which the first receives."""
    await house.start()
    other.begin()
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM process") == [(2,)])


def kept_by_each(house: House) -> dict[str, int]:
    return dict(house.rows("SELECT process, COUNT(*) FROM keeper GROUP BY process"))


async def test_work_is_shared_and_stopped_wherever_it_runs(house: House, other: House) -> None:
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}"
    people = [house.newcomer(f"P{number}") for number in range(6)]
    await both(house, other)
    for number, person in enumerate(people):
        person.says(f"question {number}")
    for number, person in enumerate(people):
        await person.sees(f"About question {number}")
    assert sorted(kept_by_each(house).values()) == [3, 3]
    assert house.rows("SELECT COUNT(DISTINCT worker) FROM turn") == [(2,)]
    # Whoever receives, each answer is stopped by the process that writes it.
    house.model.reply = "word " * 50
    house.model.hold = Hold(20)
    for person in people[:2]:
        person.says("at length")
        await person.sees_growing("word word")
        person.stops()
        await person.sees("Stopped.")


@only_telegram
async def test_a_start_that_the_database_refuses_ends_with_its_sentence(house: House) -> None:
    """One may have gone away just between opening it and joining."""
    await house.start()
    await house.stop()
    with psycopg.connect(house.database_url, autocommit=True) as server:
        server.execute("ALTER TABLE process ADD CHECK (1 / length(SUBSTRING(name, 1, 0)) = 1)")
    house.begin()
    with pytest.raises(StorageError, match="refused: DivisionByZero"):
        await house.until(lambda: False)


@only_telegram
async def test_one_that_finds_the_database_held_up_or_away_while_it_joins_waits(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocking, "BOUNDS", [bound.replace("10s", "50ms") for bound in BOUNDS])
    with psycopg.connect(house.database_url, autocommit=True) as other, capture_logs() as logs:
        async with Line(house.database_url) as line:
            house.database_url = line.url
            other.execute(f"SELECT pg_advisory_lock({LOCK})".encode())
            house.begin()
            started_over = await house.until(lambda: [one for one in logs if one["event"] == "starts_over"])
            assert type(started_over[0]["error"]) is DatabaseBusy
            line.is_down = True
            line.cut()
            await house.until(lambda: any(isinstance(one.get("error"), DatabaseAway) for one in logs))
            # From here on nobody holds it up, however long a busy machine takes for a transaction.
            monkeypatch.setattr(blocking, "BOUNDS", BOUNDS)
            line.is_down = False
            other.execute("SELECT pg_advisory_unlock_all()")
            await house.until(house.side.hears)
            await house.stop()


@only_telegram
async def test_a_start_says_that_files_in_a_directory_are_shared_by_several_machines(
    house: House, other: House
) -> None:
    with capture_logs() as logs:
        await house.start()
        with psycopg.connect(house.database_url, autocommit=True) as server:
            server.execute("INSERT INTO process (name, label, started_at) VALUES ('x', 'elsewhere/1', 0)")
        other.begin()
        said, *_ = await house.until(lambda: [line for line in logs if line["event"] == "files_scattered"])
    assert "on several machines (elsewhere, " in said["cure"]
    assert "BLOBS_URL" in said["cure"]


async def test_one_that_stops_hands_everything_over(house: House, other: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await both(house, other)
    for someone in (alice, bob):
        someone.says("hello")
        await someone.sees("Yes.")
    await house.stop()
    for someone in (alice, bob):
        someone.says("and again")
    await other.until(lambda: all(len(one.answers()) == 2 for one in (alice, bob)))
    assert len(other.rows("SELECT name FROM process")) == 1


async def read(session: aiohttp.ClientSession, port: int, page: str) -> tuple[int, str]:
    async with session.get(f"http://127.0.0.1:{port}/{page}") as answer:
        return answer.status, await answer.text()


async def test_all_of_them_are_seen_from_each(
    house: House, other: House, alice: Someone, bob: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_processes, "LOOKS_AGAIN_S", 0.0)
    port = free_port()
    house.model.reply = "Yes."
    admins = f"{house.side.name}:user:{alice.person}"
    await house.start(health_port=port, admins=admins)
    # Whichever receives what she says has to know her.
    other.begin(admins=admins)
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM process") == [(2,)])
    for someone in (alice, bob):
        someone.says("hello")
        await someone.sees("Yes.")
    await house.rests()
    async with aiohttp.ClientSession() as session:
        # It hears people before it has heard of all their servers, and says so.
        while (said := await read(session, port, "readyz")) != (200, "ready\n"):
            assert said == (503, f"{house.side.name} is not connected\n")
        _, figures = await read(session, port, "metrics")
    # Both run in this process of the tests, under one label.
    label = f"{socket.gethostname()}/{os.getpid()}"
    assert f'parley_process_chats{{process="{label}"}} 1.0' in figures
    assert f'parley_lease_held{{lease="housekeeping",process="{label}"}} 1.0' in figures
    assert 'parley_lease_hand_overs{lease="housekeeping"} 0.0' in figures
    found = [
        finding async for finding in doctor_processes.examine_processes(house.database_url, files_in_directory=True)
    ]
    assert len([finding for finding in found if label in finding.what]) == 2
    assert found[-1] == good("Together they have no questions waiting, and no pages to send.")
    await alice.commands("admin")
    await alice.sees(f"Process {label} · chats: 1 · answers in progress: 0")


@only_telegram
async def test_what_admins_change_at_one_holds_at_each(
    house: House, other: House, alice: Someone, bob: Someone
) -> None:
    house.model.reply = "Yes."
    admins = f"{house.side.name}:user:{alice.person}"
    await house.start(admins=admins, admin_page=True, http_port=free_port())
    other.begin(admins=admins, admin_page=True, http_port=free_port())
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM process") == [(2,)])
    for someone in (alice, bob):
        someone.says("hello")
        await someone.sees("Yes.")
    assert sorted(kept_by_each(house).values()) == [1, 1]
    with capture_logs() as logs:
        async with logged_in(alice) as page:
            await page.change_mode("regular", chain="mistral/big")
        await house.until(lambda: [line["event"] for line in logs].count("settings_changed") == 2)
    for someone in (alice, bob):
        someone.says("hello again")
    await house.until(lambda: len(house.model.requests) == 4)
    assert [request.body["model"] for request in list(house.model.requests)[-2:]] == ["big", "big"]


async def test_each_follows_what_is_done_with_the_bots_at_another(town: Town) -> None:
    plain, added, *_ = town.chats
    for _ in range(2):
        town.begin(telegram_bot_token=plain.token, admins=f"telegram:user:{town.alice}")

    def log_ins() -> int:
        return len([call for call in town.telegram.calls.of("getMe") if str(call.bot) == added.number])

    await town.until(lambda: town.rows("SELECT COUNT(*) FROM process") == [(2,)])
    await town.commands(plain, "bot_add", "telegram", added.token)
    await town.sees(plain, "is starting")
    # Once to see whose the token is, and once for each process.
    await town.until(lambda: log_ins() == 3)
    added.says("Are you there?")
    await town.sees(added, "Are you there?")
    await town.acts(plain, "@second_bot", "Stop")
    await town.sees(plain, "@second_bot is stopped")
    await town.acts(plain, "@second_bot", "Start")
    # Whoever has not stopped it does not log in anew.
    await town.until(lambda: log_ins() == 5)
    await town.acts(plain, "@second_bot", "Rules")
    await town.until(partial(plain.fills, "Its rules", 'language = "de"'))
    await town.until(lambda: log_ins() == 7)
    added.says("And now?")
    await town.sees(added, "And now?")
    await town.acts(plain, "@second_bot", "Remove")
    await town.until(partial(plain.presses, "Remove it"))
    await town.until(lambda: town.rows("SELECT token FROM bot") == [(None,)])
    await town.stop()
    plain.says("Who goes on?")
    await town.sees(plain, "Who goes on?")

    def is_gone() -> bool:
        plain.commands("bots")
        listed = [shown.text for shown in plain.shown() if "The bots of this gateway" in shown.text]
        return len(listed) > lists and "@second_bot" not in listed[-1]

    lists = len([shown for shown in plain.shown() if "The bots of this gateway" in shown.text])
    await town.until(is_gone)
