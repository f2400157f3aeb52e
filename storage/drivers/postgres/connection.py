"""One connection to PostgreSQL: values as the programs know them, and how a program runs on it."""

from functools import lru_cache
from typing import Any

from psycopg import AsyncConnection, AsyncRawCursor, adapters
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown

from storage.drivers.postgres import words
from storage.programs import Program, T

Connection = AsyncConnection[tuple[Any, ...]]

_CONNECT_WITHIN_S = 10


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


async def connect(url: str) -> Connection:
    """A connection that begins no transaction by itself. Raises psycopg.Error."""
    connection: Connection = await AsyncConnection.connect(
        url, autocommit=True, connect_timeout=_CONNECT_WITHIN_S, **settings()
    )
    await prepare(connection)
    return connection


def settings() -> dict[str, Any]:
    """What every connection is made with."""
    return {"context": _Adapted(), "cursor_factory": AsyncRawCursor, "application_name": "parley"}


class _Adapted:
    """Carries our adapters into a connection."""

    def __init__(self) -> None:
        self.adapters = _adapters()
        self.connection = None


async def prepare(connection: Connection) -> None:
    """Bound what a transaction may wait for, as SQLite's `busy_timeout` does."""
    await connection.set_autocommit(True)
    # A process that is stopped in the middle of a transaction holds up the others no longer than the second, which is
    # less than what they wait.
    await connection.execute("SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '5s'")


async def run(connection: Connection, program: Program[T]) -> T:
    """Run a program statement by statement."""
    try:
        statement = next(program)
        while True:
            if isinstance(statement, tuple):
                sql, values = statement
                cursor = await connection.execute(numbered(sql), values)
                rows = await cursor.fetchall() if cursor.description is not None else []
            else:
                rows = await run(connection, statement(words))
            statement = program.send(rows)
    except StopIteration as done:
        result: T = done.value
        return result


@lru_cache(maxsize=1024)
def numbered(sql: str) -> str:
    """A statement with `$1`, `$2`, … for each `?`, of which ours have none within quotes, and with empty lists.

    SQLite knows them as `IN ()`; PostgreSQL as an array, of whatever type it is compared with.
    """
    sql = sql.replace(" NOT IN ()", " <> ALL ('{}')").replace(" IN ()", " = ANY ('{}')")
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{text}" for number, text in enumerate(rest, 1))
