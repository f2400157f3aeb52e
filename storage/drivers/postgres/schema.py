"""The schema of a PostgreSQL database, brought up to date by numbered steps, the twins of SQLite's."""

from importlib import resources

from bot.domain.errors import DataDirError
from storage.drivers.postgres.connection import Connection


def migrations() -> list[tuple[int, str]]:
    """Every step as (number, SQL), in order. The first is the whole schema up to its number; then there are no gaps."""
    folder = resources.files("storage.drivers.postgres").joinpath("migrations")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return [(int(file.name[:4]), file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".sql")]


def newest() -> int:
    """The schema that this program works with."""
    return migrations()[-1][0]


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


async def migrate(connection: Connection) -> None:
    """Bring the schema up to date, each step whole or not at all. Nobody else may be writing.

    Raises:
        DataDirError: a newer program made it, or it is another program's.
    """
    before = await version(connection)
    steps = migrations()
    if before > steps[-1][0]:
        raise DataDirError(
            f"The database has schema {before}, but this program knows only {steps[-1][0]}. Run a newer Parley."
        )
    for number, sql in steps:
        if number > before:
            async with connection.transaction():
                await connection.execute("CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY)")
                await connection.execute(sql)
                await connection.execute("INSERT INTO migration VALUES ($1)", (number,))


async def life(connection: Connection) -> str:
    """The name of this life of the data, see `Database.life`."""
    rows = await (await connection.execute("SELECT name FROM life")).fetchall()
    name: str = rows[0][0]
    return name
