"""One connection to PostgreSQL: values as the programs know them, and how a program runs on it.

A gateway's own connections block: see `blocking`. What is done beside a gateway awaits, so that it can be interrupted.
"""

import asyncio
import itertools
import os
import socket
from collections.abc import Generator, Sequence
from contextlib import AsyncExitStack
from functools import lru_cache
from typing import Any

from psycopg import AsyncConnection, AsyncRawCursor, OperationalError, adapters
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.errors import TooManyConnections
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown

from storage.drivers.postgres import words
from storage.programs import ByItself, Program, Rows, Statement, T, Together

Connection = AsyncConnection[tuple[Any, ...]]

_CONNECT_WITHIN_S = 10
ANSWERS_WITHIN_S = 10.0
"""The first words of a connection. A pooler lets in whoever comes, and has them wait until one of its connections to
the server is free: that may be never, where processes hold more of them than it has.
"""
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
"""Seconds, and milliseconds: a server that has gone without a word, as over a cut line, is noticed within 25 s. Else a
call waits for its answer for a quarter of an hour or more, as long as the system goes on asking.
"""


class _Int(Int8Dumper):
    """Every number is of 64 bits: psycopg's own choice depends on the value, and a query's types with it."""

    oid = adapters.types["int8"].oid


class _Text(StrDumperUnknown):
    """PostgreSQL keeps no NUL in a text, which platforms and files may well send."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd"))


class _Whole(Loader):
    """A sum of whole numbers is `numeric` to PostgreSQL."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data))


def _adapters() -> AdaptersMap:
    ours = AdaptersMap(adapters)
    ours.register_dumper(int, _Int)
    ours.register_dumper(str, _Text)
    ours.register_loader("numeric", _Whole)
    return ours


# A process that is stopped in the middle of a transaction holds up the others no longer than the second, which is
# less than what they wait.
BOUNDS = (
    "SET lock_timeout = '10s'",
    "SET idle_in_transaction_session_timeout = '5s'",
    "SET random_page_cost = 1.1",
    "SET jit = off",
)
"""What a transaction may wait for, as SQLite's `busy_timeout` bounds it. And what the planner takes for costly: what
programs look up by its key is in memory, and a plan that is made while a table is small serves for long.
"""


async def connect(url: str) -> Connection:
    """A connection that begins no transaction by itself. Raises psycopg.Error.

    Who is interrupted on the way leaves none open, such as a gateway that ends while it begins.
    """
    async with AsyncExitStack() as unless_made:
        connection: Connection = await AsyncConnection.connect(url, cursor_factory=AsyncRawCursor, **settings())
        unless_made.push_async_callback(connection.close)
        # psycopg gives a query up only when the server, asked by another connection, has let go of it, or 5 s later.
        cut = asyncio.get_running_loop().call_later(ANSWERS_WITHIN_S, _cut, connection.fileno())
        try:
            await connection.execute("; ".join(BOUNDS).encode())
        except OperationalError:
            if cut.when() <= asyncio.get_running_loop().time():
                raise no_answer() from None
            raise
        finally:
            cut.cancel()
        unless_made.pop_all()
    return connection


def _cut(fileno: int) -> None:
    with socket.socket(fileno=os.dup(fileno)) as line:
        line.shutdown(socket.SHUT_RDWR)


def no_answer() -> OperationalError:
    """What to raise where a connection was let in, and its first words were not answered."""
    return TooManyConnections("no answer to the first words of a connection")


def settings() -> dict[str, Any]:
    """How every connection is made."""
    return {
        "autocommit": True,
        "connect_timeout": _CONNECT_WITHIN_S,
        "context": _Adapted(),
        "application_name": "parley",
        **_ALIVE,
    }


class _Adapted:
    """Carries our adapters into a connection."""

    def __init__(self) -> None:
        self.adapters = _adapters()
        self.connection = None


async def run(connection: Connection, program: Program[T]) -> T:
    """Run a program statement by statement."""
    run = steps(program)
    try:
        asked = next(run)
        while True:
            asked = run.send([await _rows(connection, statement) for statement in asked or ()])
    except StopIteration as done:
        result: T = done.value
        return result


async def _rows(connection: Connection, statement: Statement) -> Rows:
    sql, values = statement
    cursor = await connection.execute(numbered(sql), values)
    return await cursor.fetchall() if cursor.description is not None else []


Steps = Generator[Sequence[Statement] | None, Sequence[Rows], T]
"""Yields statements of which none needs what another finds, and receives the rows of each.

None: what follows goes by itself. It receives anything once nothing else is under way beside it.
"""


def steps(program: Program[T]) -> Steps[T]:
    """The program with what it asks of each database in this one's own words."""
    try:
        asked = next(program)
        while True:
            answer: Any
            if isinstance(asked, tuple):
                [answer] = yield (asked,)
            elif isinstance(asked, Together):
                answer = yield from _side_by_side([steps(one) for one in asked.programs])
            elif isinstance(asked, ByItself):
                answer = yield None
            else:
                answer = yield from steps(asked(words))
            asked = program.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result


def _side_by_side(programs: Sequence[Steps[Any]]) -> Steps[list[Any]]:
    """Several programs, each a step further with each way to the server. What each returns."""
    ends: list[Any] = [None] * len(programs)
    asked: dict[int, Sequence[Statement]] = {}
    apart: list[int] = []
    """Which of them are to go by themselves, once the others have ended."""

    def go_on(number: int, found: Sequence[Rows] | None) -> None:
        asked.pop(number, None)
        try:
            wanted = next(programs[number]) if found is None else programs[number].send(found)
        except StopIteration as done:
            ends[number] = done.value
        else:
            if wanted is None:
                apart.append(number)
            else:
                asked[number] = wanted

    for number in range(len(programs)):
        go_on(number, None)
    while asked:
        # Who wants no rows need not wait for those of others.
        now = [one for one in sorted(asked.items()) if not _give_rows(one[1])] or sorted(asked.items())
        found = iter((yield [statement for _, each in now for statement in each]))
        for number, each in now:
            go_on(number, list(itertools.islice(found, len(each))))
    for number in apart:
        ends[number] = yield from _by_itself(programs[number])
    return ends


def _by_itself(program: Steps[T]) -> Steps[T]:
    """The rest of a program that is to go by itself."""
    yield None
    try:
        asked = program.send(())
        while True:
            asked = program.send((yield asked))
    except StopIteration as done:
        result: T = done.value
        return result


def _give_rows(statements: Sequence[Statement]) -> bool:
    return any(gives_rows(sql) for sql, _ in statements)


@lru_cache(maxsize=1024)
def gives_rows(sql: str) -> bool:
    """Whether a statement finds something."""
    writes = sql.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")
    return not writes or "RETURNING" in sql


@lru_cache(maxsize=1024)
def numbered(sql: str) -> str:
    """A statement with `$1`, `$2`, … for each `?`, of which ours have none within quotes, and with empty lists.

    SQLite knows them as `IN ()`; PostgreSQL as an array, of whatever type it is compared with.
    """
    sql = sql.replace(" NOT IN ()", " <> ALL ('{}')").replace(" IN ()", " = ANY ('{}')")
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{text}" for number, text in enumerate(rest, 1))
