"""What a server and a database must be like, looked at before anything is done there."""

from dataclasses import dataclass

from bot.domain.errors import DataDirError
from storage.drivers.postgres import schema
from storage.drivers.postgres.connection import Connection, connect

_OLDEST = 16
"""The oldest version that is still tested."""

# `has_table_privilege` asks for any of several rights at once, and every one is needed.
_LOOK = """
    SELECT getdatabaseencoding()::text,
        current_setting('transaction_read_only') = 'on',
        current_schema() IS NULL OR EXISTS (
            SELECT 1
            FROM pg_class
            CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS needed
            WHERE relnamespace = current_schema()::regnamespace
              AND relkind = 'r'
              AND NOT has_table_privilege(pg_class.oid, needed)
        ),
        has_schema_privilege(current_schema(), 'CREATE')
    """


READ_ONLY = "The database can only be read: it is a standby, or set to read-only. Use the primary in DATABASE_URL."
TOO_FEW_RIGHTS = "The database gives the user in DATABASE_URL too few rights. Make that user the owner of the database."
NO_SESSIONS = (
    "A connection pooler gives each transaction to another connection of the server, so that locks are lost. Have it "
    "keep sessions (PgBouncer: `pool_mode = session`), or name the server itself in DATABASE_URL."
)

_LOOKS = 3
"""So often each connection asks with which process of the server it speaks."""


@dataclass(frozen=True, slots=True)
class Server:
    """What a server says of itself."""

    version: str


async def look(connection: Connection, url: str) -> Server:
    """Look at a server and its database, whose schema is of today or lacks some steps; `url` is where it is.

    Raises:
        DataDirError: no gateway can work with it; the message says why and what to do.
        psycopg.Error: the server does not say.
    """
    shown = connection.info.parameter_status("server_version") or "?"
    if connection.info.server_version < _OLDEST * 10_000:
        raise DataDirError(f"The server runs PostgreSQL {shown}, which is too old. Update it to {_OLDEST} or newer.")
    rows = await (await connection.execute(_LOOK.encode())).fetchall()
    encoding, only_read, lacks_rights, may_create = rows[0]
    if encoding != "UTF8":
        raise DataDirError(f"The database is encoded as {encoding}, which not every message fits. Make one with UTF8.")
    if only_read:
        raise DataDirError(READ_ONLY)
    if lacks_rights or (await schema.missing(connection) and not may_create):
        raise DataDirError(TOO_FEW_RIGHTS)
    if not await _keeps_sessions(connection, url):
        raise DataDirError(NO_SESSIONS)
    return Server(shown)


async def _keeps_sessions(connection: Connection, url: str) -> bool:
    """Whether a connection has a process of the server to itself for as long as it is open.

    A pooler names a process of its own while connecting; without one there is nothing to look for. One that keeps no
    sessions lends the same process to two connections, or one connection meets several.
    """
    if await _process(connection) == connection.info.backend_pid:
        return True
    async with await connect(url) as other:
        mine, theirs = [{await _process(each) for _ in range(_LOOKS)} for each in (connection, other)]
        return len(mine) == len(theirs) == 1 and mine != theirs


async def _process(connection: Connection) -> int:
    [(process,)] = await (await connection.execute(b"SELECT pg_backend_pid()")).fetchall()
    number: int = process
    return number
