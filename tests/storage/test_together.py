"""What waits to be written on PostgreSQL shares a transaction, and nothing else: each stands or falls by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from bot.domain.errors import ConstraintBroken, DatabaseBusy, Replaced
from bot.domain.ids import SessionId
from bot.supervisor.membership import BEAT_S, HOLD_S, Membership
from storage import processes
from storage.database import Database, open_database
from storage.drivers.postgres.writer import LOCK
from storage.programs import Program
from tests.support.clock import FakeClock, settle
from tests.support.line import Line
from tests.support.postgres import blocked

_ADD = "INSERT INTO bookmark (platform, bot, name, text) VALUES ('x', '1', ?, 'v')"


def add(name: str, *, then: str = "") -> Program[str]:
    """Write a row, and fail afterwards if `then` says how. The number of the transaction."""
    yield (_ADD, (name,))
    if then == "constraint":
        yield (_ADD, (name,))
    if then == "mistake":
        raise ZeroDivisionError
    [(number,)] = yield ("SELECT CAST(pg_current_xact_id() AS TEXT)", ())
    return str(number)


def names() -> Program[list[str]]:
    rows = yield ("SELECT name FROM bookmark ORDER BY name", ())
    return [name for (name,) in rows]


@contextlib.asynccontextmanager
async def held_up(database: Database, url: str) -> AsyncIterator[asyncio.Future[str]]:
    """Another process writes all the time. Who waited for that first; what is asked for meanwhile waits as well."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(f"SELECT pg_advisory_lock({LOCK})".encode())
        first = asyncio.ensure_future(database.write(add("")))
        while not blocked(other):
            await settle()
        yield first
        await settle()
    await asyncio.wait((first,))


async def test_what_waits_shares_a_transaction(postgres_url: str, tmp_path: Path) -> None:
    async with await open_database(tmp_path, url=postgres_url) as database:
        async with held_up(database, postgres_url) as first:
            asked = [asyncio.ensure_future(database.write(add(f"{number:02}"))) for number in range(20)]
        assert len(set(await asyncio.gather(first, *asked))) == 1
        assert await database.read(names()) == ["", *(f"{number:02}" for number in range(20))]


async def test_who_writes_waits_for_the_disk_once_others_may_write_and_before_anybody_is_told(
    postgres_url: str, tmp_path: Path
) -> None:
    def add_one(number: int) -> Program[tuple[str, str]]:
        yield (_ADD, (str(number),))
        [row] = yield ("SELECT current_setting('synchronous_commit'), CAST(pg_current_wal_insert_lsn() AS TEXT)", ())
        return row

    async with await open_database(tmp_path, url=postgres_url) as database:
        with psycopg.connect(postgres_url, autocommit=True) as other:
            for number in range(5):
                waits, behind = await database.write(add_one(number))
                assert waits == "off"
                # By itself the server writes out five times a second what nobody waits for.
                [(on_disk,)] = other.execute("SELECT pg_current_wal_flush_lsn() > CAST(%s AS pg_lsn)", (behind,))
                assert on_disk


async def test_what_fails_takes_nothing_else_with_it(postgres_url: str, tmp_path: Path) -> None:
    async with await open_database(tmp_path, url=postgres_url) as database:
        async with held_up(database, postgres_url) as begun:
            asked = [
                asyncio.ensure_future(database.write(add(name, then=then)))
                for name, then in (("a", ""), ("b", "constraint"), ("c", "mistake"), ("d", ""))
            ]
        first, broken, mistaken, last = await asyncio.gather(*asked, return_exceptions=True)
        assert await begun == first == last
        assert isinstance(broken, ConstraintBroken)
        assert isinstance(mistaken, ZeroDivisionError)
        assert await database.read(names()) == ["", "a", "d"]


@pytest.mark.parametrize("fails", [False, True])
async def test_sessions_go_side_by_side_and_each_stands_or_falls_by_itself(
    postgres_url: str, tmp_path: Path, fails: bool
) -> None:
    steps: list[str] = []

    def step(name: str) -> Program[str]:
        steps.append(name)
        number = yield from add(name)
        steps.append(name)
        if fails and name == "b":
            raise ZeroDivisionError
        return number

    async with await open_database(tmp_path, url=postgres_url) as database:
        async with held_up(database, postgres_url):
            asked = [
                asyncio.ensure_future(database.write_of(SessionId(session), partial(step, name)))
                for session, name in ((1, "a"), (2, "b"), (1, "c"), (3, "d"))
            ]
        ends = await asyncio.gather(*asked, return_exceptions=True)
        assert len({end for end in ends if isinstance(end, str)}) == 1
        assert [type(end) for end in ends] == [str, ZeroDivisionError if fails else str, str, str]
        # The second of a session begins once the first has ended; where one fails, all of them begin anew.
        assert "".join(steps) == ("abdab" + "aabbccdd" if fails else "abdabdcc")
        assert await database.read(names()) == ["", "a", *(() if fails else "b"), "c", "d"]


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_all_of_them_are_kept_or_none(postgres_url: str, tmp_path: Path, cut: str) -> None:
    """The connection is lost when they are committed: before the server hears of it, or before it can answer."""
    async with Line(postgres_url) as line, await open_database(tmp_path, url=line.url) as database:
        async with held_up(database, postgres_url) as first:
            asked = [first, *(asyncio.ensure_future(database.write(add(name))) for name in ("a", "b"))]
            line.at_commits = iter(("before" if cut == "before" else "after",))
        ends = await asyncio.gather(*asked, return_exceptions=True)
        assert line.commits_cut == 1
        kept = await database.read(names())
        if kept:
            assert (cut, kept) == ("after", ["", "a", "b"])
            assert len({*ends}) == 1
        else:
            # Its connection may be ended before the server has done what it was asked for.
            assert [type(end) for end in ends] == 3 * [DatabaseBusy]
        assert await database.write(add("c"))


async def test_a_sign_of_life_waits_behind_nobody_who_writes(postgres_url: str, tmp_path: Path) -> None:
    clock = FakeClock()
    async with await open_database(tmp_path, url=postgres_url, shared=True) as database:
        membership = Membership(database, clock)
        await database.write(processes.join(database.process, "", clock.now()))
        showing = asyncio.create_task(membership.show())
        async with held_up(database, postgres_url):
            # Far longer than one sign counts.
            for signs in range(1, 7):
                # For ever, where it waits for who writes.
                while membership.left_s() < HOLD_S:
                    await database.read(processes.every())
                assert [process.beat for process in await database.read(processes.every())] == [signs]
                await clock.advance(BEAT_S)
        await database.write(processes.remove(database.process))
        await clock.advance(2 * BEAT_S)
        with pytest.raises(Replaced):
            await showing
        assert membership.left_s() < 0
        assert database.replaced.is_set()
