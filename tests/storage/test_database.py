"""The driver: whole transactions, closed connections, a private directory, every earlier schema."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.errors import DataDirError, StorageError
from storage.database import Database, open_database
from storage.drivers.sqlite.schema import migrations
from storage.programs import Program
from tests.storage.earlier import tables
from tests.support.new_data import lay_new_data
from tests.support.patience import PATIENCE_S
from tests.support.rights import laid_down


def add_row(value: str) -> Program[int]:
    rows = yield ("INSERT INTO dead_letter (platform, bot, event_key, raw, reason, at) VALUES (?, '', '', '', '', 0) RETURNING id", (value,))  # fmt: skip  # noqa: E501
    number: int = rows[0][0]
    return number


def count_rows() -> Program[int]:
    rows = yield ("SELECT COUNT(*) FROM dead_letter", ())
    number: int = rows[0][0]
    return number


async def test_a_program_that_fails_halfway_leaves_nothing(database: Database) -> None:
    def program() -> Program[None]:
        yield from add_row("first")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(program())
    assert await database.read(count_rows()) == 0
    assert await database.write(add_row("after")) > 0


async def test_what_is_written_is_read_at_once(database: Database) -> None:
    await database.write(add_row("a"))
    assert await database.read(count_rows()) == 1


async def test_the_tests_begin_with_what_a_first_start_makes(tmp_path: Path) -> None:
    chance: dict[str, set[tuple[object, ...]]] = {"life": set(), "salt": set()}

    async def made(directory: Path) -> list[object]:
        async with await open_database(directory):
            pass
        found: list[object] = [stat.S_IMODE(path.stat().st_mode) for path in (directory, directory / "parley.db")]
        with closing(sqlite3.connect(directory / "parley.db")) as raw:
            for pragma in ("journal_mode", "auto_vacuum", "page_size", "encoding", "user_version"):
                found += raw.execute(f"PRAGMA {pragma}")
            found += raw.execute("SELECT name, sql FROM sqlite_schema ORDER BY rowid")
            for table in tables(raw):
                rows = raw.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  # A name of the schema.
                chance[table].update(rows) if table in chance else found.append(rows)
        return found

    lay_new_data(tmp_path / "one")
    lay_new_data(tmp_path / "other")
    assert await made(tmp_path / "one") == await made(tmp_path / "other") == await made(tmp_path / "started")
    assert {table: len(rows) for table, rows in chance.items()} == {"life": 3, "salt": 3}, "No two have the same."


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(StorageError):
        await database.read(add_row("a"))


async def test_concurrent_programs_do_not_mix(database: Database) -> None:
    def read_then_add() -> Program[int]:
        before = yield from count_rows()
        yield from add_row("a")
        return before

    seen = await asyncio.gather(*(database.write(read_then_add()) for _ in range(50)))
    assert sorted(seen) == list(range(50))


async def test_a_cancelled_caller_does_not_tear_the_transaction(database: Database) -> None:
    def two_rows() -> Program[None]:
        yield from add_row("a")
        yield from add_row("b")

    task = asyncio.create_task(database.write(two_rows()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await database.write(count_rows()) in (0, 2)


async def test_closing_ends_every_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    async with await open_database(tmp_path):
        ours = set(threading.enumerate()) - before
        assert ours
    for thread in ours:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


async def test_the_directory_is_private(tmp_path: Path) -> None:
    async with await open_database(tmp_path / "data") as database:
        await database.write(add_row("a"))
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
        for path in (tmp_path / "data").iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


async def test_a_second_gateway_is_kept_out_with_a_sentence(tmp_path: Path) -> None:
    async with await open_database(tmp_path):
        with pytest.raises(DataDirError, match="in use by another gateway"):
            await open_database(tmp_path)
    async with await open_database(tmp_path):
        pass


async def test_a_directory_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(DataDirError, match="cannot be written"):
        await open_database(tmp_path / "data")


async def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "parley.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(DataDirError, match="cannot be opened"):
        await open_database(tmp_path)


async def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    async with await open_database(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "parley.db") as raw:
        raw.execute("PRAGMA user_version = 999")
    raw.close()
    with pytest.raises(DataDirError, match="newer Parley"):
        await open_database(tmp_path)


@pytest.mark.parametrize("name", ["parley.db", "parley.db-wal", "files", "files/3f"])
async def test_what_another_user_has_made_is_named_with_its_cure(tmp_path: Path, name: str) -> None:
    """As by a command that was once run with `sudo`."""
    async with await open_database(tmp_path):
        pass
    (tmp_path / "files" / "3f").mkdir(parents=True)
    (tmp_path / "parley.db-wal").touch()
    (tmp_path / name).chmod(0o400)
    # In this thread alone: the one that opens the database gets its rights from it.
    with laid_down(), pytest.raises(DataDirError, match=f"read and write '{tmp_path / name}'.*`chown -R"):
        async with await open_database(tmp_path):
            pass


def test_a_connection_that_fails_ends_its_thread_before_the_loop_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it has nobody to report to, and prints a traceback behind the sentence."""
    (tmp_path / "parley.db").mkdir()
    before, failed = set(threading.enumerate()), list[object]()
    monkeypatch.setattr(threading, "excepthook", failed.append)
    with pytest.raises(DataDirError, match="cannot be opened"):
        asyncio.run(open_database(tmp_path))
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert not failed


def test_the_interpreter_exits_even_when_nobody_closed_after_an_error(tmp_path: Path) -> None:
    """aiosqlite's threads are not daemons: a connection left open would hang the process for ever."""
    script = f"""
import asyncio, pathlib
from storage.database import open_database
async def main():
    async with await open_database(pathlib.Path({str(tmp_path)!r})):
        raise SystemExit(3)
asyncio.run(main())
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 3


async def test_nobody_s_commit_begins_the_log_anew(tmp_path: Path) -> None:
    """That commit waits for the disk: it is the housekeeping's own. An idle gateway writes nothing all the same."""

    def begins() -> bytes:
        return (tmp_path / "parley.db-wal").read_bytes()[:32]

    async with await open_database(tmp_path) as database:
        await database.write(add_row("a"))
        await database.checkpoint()
        begun = begins()
        await database.write(add_row("b"))
        assert begins() == begun
        await database.checkpoint()
        idle = (tmp_path / "parley.db-wal").read_bytes()
        await database.checkpoint()
        assert (tmp_path / "parley.db-wal").read_bytes() == idle


def test_the_steps_of_the_schema_are_numbered_without_gaps() -> None:
    assert [step.number for step in migrations()] == list(range(1, len(migrations()) + 1))


async def test_nothing_is_in_an_empty_list(database: Database) -> None:
    def look() -> Program[list[tuple[object, ...]]]:
        yield from add_row("a")
        return (
            yield (
                "SELECT (SELECT COUNT(*) FROM dead_letter WHERE id IN ()),"
                " (SELECT COUNT(*) FROM dead_letter WHERE id NOT IN () AND platform NOT IN ())",
                (),
            )
        )

    assert await database.write(look()) == [(0, 1)]
