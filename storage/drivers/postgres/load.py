"""Loading what SQLite has kept: every row of every table, checked, all of it or nothing."""

import asyncio
import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from bot.domain.errors import DataDirError
from storage import documents, search
from storage.drivers.postgres import fitness, schema
from storage.drivers.postgres.connection import Connection, connect, run
from storage.drivers.postgres.home import Home
from storage.drivers.postgres.refusals import unusable
from storage.drivers.postgres.tables import OF_EVERY_DATABASE, Table, numbered_tables, tables_of
from storage.drivers.sqlite.connection import read_only

_ROWS_AT_ONCE = 1_000

_REFERENCES = """
    SELECT conrelid::regclass::text, quote_ident(conname)
    FROM pg_constraint
    WHERE contype = 'f'
      AND NOT condeferrable
      AND connamespace = current_schema()::regnamespace
    """


async def load(source: Path, url: str, before_commit: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Load a SQLite database, of today's schema, into an empty one; returns the number of rows by table.

    Nobody else may be using either. If it fails, nothing was taken over, and it can be tried again. Once every row is
    there, `before_commit` does what goes with it.

    Raises:
        DataDirError: the database of the URL is not empty, cannot be used, or did not take everything as it was.
    """
    home = Home(url, "")
    try:
        async with await connect(url) as connection:
            await fitness.look(connection, url)
            await asyncio.to_thread(home.open)
            await schema.migrate(connection)
            with read_only(source) as reader:
                async with connection.transaction():
                    counts = await _read_all(connection, reader)
                    before_commit()
                    return counts
    except psycopg.Error as error:
        raise unusable(error, url, but="Nothing was taken over: ") from error
    except sqlite3.Error as error:
        raise DataDirError(f"Nothing was taken over: the database {str(source)!r} cannot be read ({error}).") from error
    finally:
        home.close()


async def _read_all(connection: Connection, reader: sqlite3.Connection) -> dict[str, int]:
    reader.execute("BEGIN")
    tables = await tables_of(connection)
    for table in tables:
        if table.name in OF_EVERY_DATABASE:
            await connection.execute(f"DELETE FROM {table.name}".encode())
        elif await _rows(connection, f"SELECT 1 FROM {table.name} LIMIT 1"):
            raise DataDirError("The database of DATABASE_URL is not empty. Name a new one, or empty it.")
    references = await _rows(connection, _REFERENCES)
    await _alter(connection, references, "DEFERRABLE")
    await connection.execute("SET CONSTRAINTS ALL DEFERRED")
    counts = {table.name: await _copy(connection, reader, table) for table in tables}
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await _alter(connection, references, "NOT DEFERRABLE")
    await _go_on_counting(connection, reader)
    await _index(connection)
    return counts


async def _rows(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(sql.encode())).fetchall()


async def _alter(connection: Connection, references: Iterable[tuple[Any, ...]], how: str) -> None:
    for table, name in references:
        await connection.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {name} {how}".encode())


async def _copy(connection: Connection, reader: sqlite3.Connection, table: Table) -> int:
    """Copy a table and compare what is there then, row by row."""
    before, count = 0, 0
    async with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({table.listed}) FROM STDIN".encode()) as copy,
    ):
        for kept in reader.execute(f"SELECT {table.listed} FROM {table.name}"):
            row = tuple(_as_here(kept, table.truths))
            await copy.write_row(row)
            before, count = before + _mark(row), count + 1
    after = 0
    for row in await _rows(connection, f"SELECT {table.listed} FROM {table.name}"):
        after += _mark(row)
    if before != after:
        raise DataDirError(f"Nothing was taken over: table {table.name!r} did not arrive as it was. Report this.")
    return count


def _as_here(row: tuple[Any, ...], truths: tuple[bool, ...]) -> Iterator[Any]:
    for value, truth in zip(row, truths, strict=True):
        if truth and value is not None:
            yield bool(value)
        else:
            # See `connection`: PostgreSQL keeps no NUL.
            yield value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _mark(row: tuple[Any, ...]) -> int:
    """Tells a row from every other; the sum of many does not depend on their order."""
    return int.from_bytes(hashlib.sha256(repr(row).encode()).digest())


async def _go_on_counting(connection: Connection, reader: sqlite3.Connection) -> None:
    """No number is given twice, not even that of a row that is gone."""
    used = dict(reader.execute("SELECT name, seq FROM sqlite_sequence"))
    for table in await numbered_tables(connection):
        [(last,)] = await _rows(connection, f"SELECT COALESCE(MAX(id), 0) FROM {table}")
        if last := max(last, used.get(table, 0)):
            await connection.execute("SELECT setval(pg_get_serial_sequence($1, 'id'), $2)", (table, last))


async def _index(connection: Connection) -> None:
    """The words stand in SQLite's own index: they are indexed again."""
    await connection.execute("UPDATE message SET indexed = FALSE WHERE indexed")
    await connection.execute("UPDATE session SET indexed_title = NULL WHERE indexed_title IS NOT NULL")
    while await run(connection, search.index_pending(_ROWS_AT_ONCE)):
        continue
    last: int | None = 0
    while last is not None:
        last = await run(connection, documents.index_again(last, _ROWS_AT_ONCE))
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        await connection.execute("ANALYZE")
