"""The one connection of this process that writes. It keeps the database for gateways, or for this program alone."""

import psycopg

from bot.domain.errors import DataDirError, StorageError
from storage.drivers.postgres.connection import Connection, connect
from storage.drivers.postgres.keeping import OURS

_HOME = 0x5061726C6579
"""The advisory lock of the database, "Parley": gateways share it, and who has to be alone holds it alone."""


class Home:
    """Connects again where the server was away, and keeps out meanwhile whoever has to be alone.

    `process`: the name of this one among those that share the database; "": it keeps every other one out.
    """

    def __init__(self, url: str, process: str) -> None:
        self._url = url
        self.process = process
        self._connection: Connection | None = None

    async def open(self) -> Connection:
        """The connection, for the first time.

        Raises:
            psycopg.Error: the server does not let us in.
            DataDirError: another gateway has the database.
        """
        connection = await connect(self._url)
        lock = "pg_try_advisory_lock_shared" if self.process else "pg_try_advisory_lock"
        rows = await (await connection.execute(f"SELECT {lock}($1)".encode(), (_HOME,))).fetchall()
        if not rows[0][0]:
            await connection.close()
            raise DataDirError(
                "The database of DATABASE_URL is in use by another gateway. Stop that one, or use another database."
            )
        await connection.execute("SELECT set_config($1, $2, FALSE)", (OURS, self.process))
        self._connection = connection
        return connection

    async def connection(self) -> Connection:
        """The connection; a new one if the last was lost. Raises psycopg.Error, StorageError."""
        if self._connection is None or self._connection.closed:
            try:
                return await self.open()
            except DataDirError as error:
                raise StorageError(str(error)) from error
        return self._connection

    async def committed(self, transaction: str) -> bool | None:
        """Whether a transaction was kept whose connection was lost before it could say so; None: nobody can tell."""
        try:
            connection = await self.connection()
            rows = await (
                await connection.execute("SELECT pg_xact_status(CAST($1 AS xid8))", (transaction,))
            ).fetchall()
        except (psycopg.Error, StorageError):
            return None
        return bool(rows[0][0] == "committed")

    async def close(self) -> None:
        """Let another gateway in."""
        if self._connection is not None:
            await self._connection.close()
