"""Runs programs of statements on PostgreSQL.

One program writes after the other, as on SQLite: the programs were written for that, none meets another halfway, and
none has to be repeated. Within a process one connection writes; among several an advisory lock, taken at the beginning
of each transaction, lets one at a time. Readers beside it see one state each.

In the same breath each transaction of one that shares the database looks whether it is still among those in the table
`process`: what others have taken over it does not write to any more, whenever and wherever it was stopped.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from bot.domain.errors import (
    DatabaseDamaged,
    DataDirError,
    Replaced,
    StorageError,
)
from storage.drivers.postgres import fitness, schema
from storage.drivers.postgres.connection import Connection, prepare, run, settings
from storage.drivers.postgres.home import Home
from storage.drivers.postgres.listening import listen
from storage.drivers.postgres.refusals import meaning
from storage.programs import Program, T

_READERS = 4
_READER_WITHIN_S = 10

_WRITING = 0x7772697465
"""The advisory lock of who writes, "write"."""

_BEGIN = """
    BEGIN;
    SELECT pg_advisory_xact_lock({writing});
    SELECT CAST(pg_current_xact_id() AS TEXT), EXISTS (SELECT 1 FROM process WHERE name = '{process}')
    """
"""One way to the server. What is looked at after the lock is as the last one left it."""

_TABLES_TO_VACUUM = "word, passage_word, message, session, turn, outbox, seen, waiting"


class PostgresDriver:
    """The open connections to one database. Use `open_driver`."""

    def __init__(self, url: str, home: Home, readers: AsyncConnectionPool[Connection], life: str) -> None:
        self._url = url
        self._home = home
        self._readers = readers
        self.life = life
        self.process = home.process
        self._fenced = False
        self._writing = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    def write(self, program: Program[T]) -> Awaitable[T]:
        """Run the program as one transaction, after all earlier ones."""
        return self._whatever_the_caller_does(self._write(program))

    def read(self, program: Program[T]) -> Awaitable[T]:
        """Run a program that only reads, on one consistent state."""
        return self._whatever_the_caller_does(self._read(program))

    def _whatever_the_caller_does(self, work: Coroutine[Any, Any, T]) -> Awaitable[T]:
        """A caller that is cancelled does not tear what was begun."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        """What became of it nobody may be left to hear."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def _write(self, program: Program[T]) -> T:
        try:
            async with self._writing:
                connection, transaction = await self._begin()
                result = await _inside(connection, program)
                await self._commit(connection, transaction)
                return result
        except psycopg.Error as error:
            raise meaning(error, self._url) from error
        finally:
            program.close()

    async def _begin(self) -> tuple[Connection, str]:
        """The writing connection within a transaction, and the transaction's number."""
        connection = await self._home.connection()
        try:
            return connection, await self._begun(connection)
        except psycopg.OperationalError:
            if not connection.closed:
                raise
        # It was lost while nobody used it: the server was restarted.
        connection = await self._home.connection()
        return connection, await self._begun(connection)

    async def _begun(self, connection: Connection) -> str:
        """Begin a transaction alone, and as one of the processes. Its number. Raises psycopg.Error, Replaced."""
        try:
            cursor = await connection.execute(_BEGIN.format(writing=_WRITING, process=self.process).encode())
            while cursor.nextset():
                continue
            [(number, is_member)] = await cursor.fetchall()
            if self._fenced and not is_member:
                raise Replaced
        except BaseException:
            await _roll_back(connection)
            raise
        return str(number)

    async def _commit(self, connection: Connection, transaction: str) -> None:
        try:
            # Without values it is the shortest of messages; preparing it would only make it longer.
            await connection.execute("COMMIT", prepare=False)
        except psycopg.OperationalError:
            # Lost on the way: it may have been kept, and only the server knows.
            if not connection.closed or not await self._home.committed(transaction):
                raise

    async def _read(self, program: Program[T]) -> T:
        try:
            async with self._readers.connection() as connection:
                result = await _inside(connection, program)
                await connection.execute("COMMIT")
                return result
        except PoolTimeout as error:
            raise StorageError("The database does not answer. Look whether it runs.") from error
        except psycopg.Error as error:
            raise meaning(error, self._url) from error
        finally:
            program.close()

    def fence(self) -> None:
        """Keep nothing from now on unless this process is among those that share the database."""
        self._fenced = True

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Hand on what other processes tell this one, until cancelled; "" where something may have been missed."""
        await listen(self._url, self.process, heard)

    async def find_damage(self) -> DatabaseDamaged | None:
        """Nothing: PostgreSQL checks each page that it reads, and a whole check is its operator's."""
        return None

    async def checkpoint(self) -> None:
        """Nothing: the server does it."""

    async def wipe_free(self) -> None:
        """Let the room of erased rows be written over."""
        async with self._writing:
            try:
                connection = await self._home.connection()
                await connection.execute(f"VACUUM {_TABLES_TO_VACUUM}")
            except psycopg.Error as error:
                raise meaning(error, self._url) from error

    async def close(self) -> None:
        """Finish what is queued and close every connection."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._readers.close()
        await self._home.close()


async def _begin_reading(connection: Connection) -> None:
    """How the pool looks whether a connection still lives, so that one which was lost in the meantime is replaced."""
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", prepare=False)


async def _inside(connection: Connection, program: Program[T]) -> T:
    """Run a program within a transaction, which ends if it fails."""
    try:
        return await run(connection, program)
    except BaseException:
        await _roll_back(connection)
        raise


async def _roll_back(connection: Connection) -> None:
    with contextlib.suppress(psycopg.Error):
        await connection.execute("ROLLBACK")


async def open_driver(url: str, *, shared: bool = False) -> PostgresDriver:
    """Open and migrate the database of a URL, for this process alone or as one of several.

    Raises:
        DataDirError: it cannot be used; the message says why and what to do.
    """
    home = Home(url, secrets.token_hex(16) if shared else "")
    readers: AsyncConnectionPool[Connection] = AsyncConnectionPool(
        url,
        kwargs={"autocommit": True, **settings()},
        configure=prepare,
        check=_begin_reading,
        min_size=1,
        max_size=_READERS,
        timeout=_READER_WITHIN_S,
        open=False,
    )
    try:
        connection = await home.open()
        await fitness.look(connection)
        await schema.migrate(connection)
        life = await schema.life(connection)
        await readers.open()
    except psycopg.Error as error:
        await home.close()
        raise DataDirError(str(meaning(error, url))) from error
    except BaseException:
        await home.close()
        raise
    return PostgresDriver(url, home, readers, life)
