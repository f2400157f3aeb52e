"""Looking at a database that a gateway of another process may be using."""

import psycopg

from bot.domain.errors import DataDirError
from storage.drivers.postgres import schema
from storage.drivers.postgres.connection import connect
from storage.drivers.postgres.refusals import meaning


async def find_trouble(url: str) -> str | None:
    """What is wrong with a database, and what helps; None if nothing is. An empty one is well: the gateway fills it."""
    try:
        connection = await connect(url)
        async with connection:
            version = await schema.version(connection)
            rows = await (
                await connection.execute("SELECT has_schema_privilege(current_schema(), 'CREATE')")
            ).fetchall()
    except psycopg.Error as error:
        return str(meaning(error, url))
    except DataDirError as error:
        return str(error)
    newest = schema.newest()
    if version > newest:
        return f"The database has schema {version}, but this program knows only {newest}. Run a newer Parley."
    if not rows[0][0]:
        return "The user in DATABASE_URL may not make tables. Make that user the owner of the database."
    return None
