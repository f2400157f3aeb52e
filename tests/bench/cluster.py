"""A gateway of one or of several processes on a stage, and the server of its database beside them."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.bench.stage import Stage, environ, stage
from tests.bench.subject import GATEWAY, TICKS_PER_S, BenchError, Fleet, fleet
from tests.support.postgres import Server

STARTED_WITHIN_S = 120.0


class Cluster:
    """The processes of PostgreSQL's server, on this machine."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            [(backend,)] = connection.execute("SELECT pg_backend_pid()").fetchall()
            status = Path(f"/proc/{backend}/status").read_text()
        [self._pid] = [int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid:")]

    def cpu_s(self) -> float:
        """CPU time of all of them so far, also of those that have ended."""
        [user, system, *_] = own = self._times(self._pid)
        del user, system
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        return (sum(own) + sum(sum(self._times(int(child))[:2]) for child in children)) / TICKS_PER_S

    @staticmethod
    def _times(pid: int) -> list[int]:
        """In user and in system mode, its own and that of its children that have ended, in ticks."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            return [0, 0, 0, 0]
        return [int(field) for field in fields[11:15]]


@dataclass(frozen=True, slots=True)
class Setup:
    """What is compared: so many processes on SQLite or on PostgreSQL."""

    name: str
    processes: int
    on_server: bool


@asynccontextmanager
async def set_up(setup: Setup, server: Server, people: int, **values: str) -> AsyncIterator[tuple[Stage, Fleet, str]]:
    """A stage, and all the processes at work in front of it; with the URL of their database, "" for SQLite."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, server.database() as url:
        async with stage("telegram", people) as ready:
            surroundings = environ(ready, str(Path(directory) / "data")) | values
            if setup.on_server:
                surroundings |= {"DATABASE_URL": url, "SECRET_KEY": "one secret of all the processes of a benchmark"}
            async with fleet(GATEWAY, surroundings, Path(directory), setup.processes) as bots:
                await _all_at_work(ready, bots, url if setup.on_server else "")
                yield ready, bots, url if setup.on_server else ""


async def _all_at_work(ready: Stage, bots: Fleet, url: str) -> None:
    ends = [asyncio.create_task(bot.ended()) for bot in bots.processes]
    try:
        async with asyncio.timeout(STARTED_WITHIN_S):
            while not ready.arrived.done() or (url and _processes(url) < len(bots.processes)):
                for end in ends:
                    if end.done():
                        raise BenchError(f"It ended. Its last words:\n{end.result()}")
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise BenchError(f"It does not arrive. Its last words:\n{bots.processes[0].last_words()}") from None
    finally:
        for end in ends:
            end.cancel()
    await asyncio.sleep(2)  # What is loaded behind the first poll.


def _processes(url: str) -> int:
    try:
        with psycopg.connect(url) as connection:
            [(count,)] = connection.execute("SELECT COUNT(*) FROM process").fetchall()
    except psycopg.errors.UndefinedTable:
        return 0
    return int(count)
