"""Runs programs of statements on PostgreSQL: one writes after the other, and a few read beside them."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import psycopg

from bot.domain.errors import DatabaseDamaged
from bot.domain.ids import SessionId
from storage.drivers.postgres import fitness, schema
from storage.drivers.postgres.connection import connect
from storage.drivers.postgres.home import Home
from storage.drivers.postgres.listening import listen
from storage.drivers.postgres.readers import Readers
from storage.drivers.postgres.refusals import meaning, unusable
from storage.drivers.postgres.writer import Writer
from storage.programs import Program, T

_TABLES_TO_VACUUM = "word, passage_word, message, session, turn, outbox, seen, waiting"


class PostgresDriver:
    """The open connections to one database. Use `open_driver`."""

    def __init__(self, url: str, home: Home, life: str) -> None:
        self._url = url
        self._home = home
        self._writer = Writer(url, home)
        self._readers = Readers(url)
        self.life = life
        self.process = home.process

    def write(self, program: Program[T]) -> Awaitable[T]:
        """Run the program as one transaction, after all earlier ones."""
        return self._writer.write(program)

    def write_of(self, session: SessionId, make: Callable[[], Program[T]]) -> Awaitable[T]:
        """Run the program in one transaction, beside those of other sessions that wait as well."""
        return self._writer.write_of(session, make)

    def read(self, program: Program[T]) -> Awaitable[T]:
        """Run a program that only reads, on one consistent state."""
        return self._readers.read(program)

    def beside(self, program: Program[T]) -> Awaitable[T]:
        """Run the program as a transaction of its own, which waits only for the rows that it changes."""
        return self._readers.write(program)

    def fence(self) -> None:
        """Keep nothing from now on unless this process is among those that share the database."""
        self._writer.fence()

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Hand on what other processes tell this one, until cancelled; "" where something may have been missed."""
        await listen(self._url, self.process, heard)

    async def find_damage(self) -> DatabaseDamaged | None:
        """Nothing: PostgreSQL checks each page that it reads, and a whole check is its operator's."""
        return None

    async def checkpoint(self) -> None:
        """Nothing: the server does it."""

    async def wipe_free(self) -> None:
        """Let the room of erased rows be written over, beside all other work."""
        try:
            async with await connect(self._url) as connection:
                await connection.execute(f"VACUUM {_TABLES_TO_VACUUM}")
        except psycopg.Error as error:
            raise meaning(error, self._url) from error

    async def close(self) -> None:
        """Finish what is queued and close every connection."""
        await self._writer.close()
        await self._readers.close()
        self._home.close()


async def open_driver(url: str, *, shared: bool = False) -> PostgresDriver:
    """Open and migrate the database of a URL, for this process alone or as one of several.

    Raises:
        DataDirError: it cannot be used; the message says why and what to do.
        DatabaseAway: the same, and another try may find it otherwise.
    """
    home = Home(url, secrets.token_hex(16) if shared else "")
    try:
        async with await connect(url) as connection:
            await fitness.look(connection, url)
            await asyncio.to_thread(home.open)
            await schema.migrate(connection)
            life = await schema.life(connection)
    except psycopg.Error as error:
        home.close()
        raise unusable(error, url) from error
    except BaseException:
        home.close()
        raise
    return PostgresDriver(url, home, life)
