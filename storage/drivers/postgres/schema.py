"""The schema of a PostgreSQL database, brought up to date by numbered steps, the twins of SQLite's."""

from importlib import resources

from bot.domain.errors import DataDirError
from storage.drivers.postgres.connection import Connection
from storage.steps import Step, too_new

_MIGRATING = 0x5061726C6579_01
"""The advisory lock of who changes the schema: of several that start at once one does, and the others wait."""

_OTHERS_WITHIN = "600s"
"""How long another's steps may take; a table that is in use is waited for much less long, see `connection`."""


def migrations() -> list[Step]:
    """Every step, in order. The first is the whole schema up to its number; then there are no gaps."""
    return Step.all_in(resources.files("storage.drivers.postgres").joinpath("migrations"))


def newest() -> int:
    """The schema that this program works with."""
    return migrations()[-1].number


async def version(connection: Connection) -> int:
    """The number of the last step that a database has had; 0 for an empty one.

    Raises:
        DataDirError: it holds tables, and none of ours.
    """
    rows = await (
        await connection.execute("SELECT to_regclass('migration') IS NOT NULL, to_regclass('person')")
    ).fetchall()
    if rows[0][0]:
        rows = await (await connection.execute("SELECT COALESCE(MAX(number), 0) FROM migration")).fetchall()
        number: int = rows[0][0]
        return number
    rows = await (
        await connection.execute("SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema()")
    ).fetchall()
    if rows[0][0]:
        raise DataDirError("The database of DATABASE_URL holds tables of another program. Give Parley one of its own.")
    return 0


async def missing(connection: Connection) -> list[Step]:
    """The steps that a database has not had.

    Raises:
        DataDirError: a newer program made it, or it is another program's.
    """
    before, steps = await version(connection), migrations()
    if before > steps[-1].number:
        raise DataDirError(too_new(before, steps[-1].number))
    return [step for step in steps if step.number > before]


async def migrate(connection: Connection) -> None:
    """Bring the schema up to date: all of it, or nothing if a step fails.

    Raises:
        psycopg.Error: a step failed.
        DataDirError: a newer program made it, or it is another program's.
    """
    if not await missing(connection):
        return
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{_OTHERS_WITHIN}'".encode())
        await connection.execute("SELECT pg_advisory_xact_lock($1)", (_MIGRATING,))
        await connection.execute("SET LOCAL lock_timeout = '5s'")
        await connection.execute("CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY)")
        for step in await missing(connection):
            await connection.execute(step.sql.encode())
            await connection.execute("INSERT INTO migration VALUES ($1)", (step.number,))


async def life(connection: Connection) -> str:
    """The name of this life of the data, see `Database.life`."""
    rows = await (await connection.execute("SELECT name FROM life")).fetchall()
    name: str = rows[0][0]
    return name
