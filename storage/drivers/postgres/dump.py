"""Dumping what PostgreSQL keeps into a SQLite file, which is what a backup holds, whatever kept the data.

It needs none of PostgreSQL's own programs, and can be put back into either kind of database.
"""

import contextlib
import sqlite3
from pathlib import Path

import psycopg
from psycopg import AsyncRawServerCursor

from bot.domain.errors import DataDirError
from storage.drivers.postgres import schema
from storage.drivers.postgres.connection import Connection, connect
from storage.drivers.postgres.refusals import unusable
from storage.drivers.postgres.tables import OF_EVERY_DATABASE, Table, numbered_tables, tables_of
from storage.drivers.sqlite import schema as sqlite
from storage.drivers.sqlite.backup import Copied, check_database

_ROWS_AT_ONCE = 1_000

_OF_LIVING_PROCESSES = ("lease", "process")


async def dump(url: str, target: Path) -> Copied:
    """Copy a database at one moment into an empty file, beside the gateways that use it, and check the copy.

    Raises:
        DataDirError: it cannot be read, its schema is not today's, or the copy is not sound.
    """
    try:
        async with await connect(url) as connection:
            with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as writer:
                await _write(connection, writer)
    except psycopg.Error as error:
        raise unusable(error, url, but="The database cannot be copied: ") from error
    except sqlite3.Error as error:
        raise DataDirError(f"The copy {str(target)!r} cannot be written ({error}).") from error
    return check_database(target)


async def _write(connection: Connection, writer: sqlite3.Connection) -> None:
    if await schema.missing(connection):
        raise DataDirError("The database has an earlier schema than this program. Run `parley migrate` first.")
    sqlite.migrate(writer)
    # What is in the file before it is whole is nobody's.
    writer.execute("PRAGMA synchronous = OFF")
    writer.execute("BEGIN")
    # One state of everything; and a slow disk here must not end it there.
    await connection.execute("SET idle_in_transaction_session_timeout = 0")
    async with connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for table in await tables_of(connection):
            if table.name not in _OF_LIVING_PROCESSES:
                await _copy(connection, writer, table)
        await _go_on_counting(connection, writer)
    # The words stand in PostgreSQL's own index: the gateway takes them into SQLite's, or PostgreSQL's, again.
    writer.execute("UPDATE message SET indexed = FALSE WHERE indexed")
    writer.execute("UPDATE session SET indexed_title = NULL WHERE indexed_title IS NOT NULL")
    writer.execute("COMMIT")


async def _copy(connection: Connection, writer: sqlite3.Connection, table: Table) -> None:
    if table.name in OF_EVERY_DATABASE:
        writer.execute(f"DELETE FROM {table.name}")
    places = ", ".join("?" for _ in table.columns)
    insert = f"INSERT INTO {table.name} ({table.listed}) VALUES ({places})"
    async with AsyncRawServerCursor(connection, "given") as cursor:
        await cursor.execute(f"SELECT {table.listed} FROM {table.name}".encode())
        while rows := await cursor.fetchmany(_ROWS_AT_ONCE):
            writer.executemany(insert, rows)


async def _go_on_counting(connection: Connection, writer: sqlite3.Connection) -> None:
    """No number is given twice, not even that of a row that is gone."""
    for table in await numbered_tables(connection):
        query = "SELECT pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass)"
        [(last,)] = await (await connection.execute(query, (table,))).fetchall()
        [(definition,)] = writer.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchall()
        if last and "AUTOINCREMENT" in definition:
            writer.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            writer.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, last))
