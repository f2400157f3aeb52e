"""The one connection of this process that writes. It keeps the database for gateways, or for this program alone."""

import time

import psycopg

from bot.domain.errors import DataDirError, StorageError
from storage.drivers.postgres.blocking import Blocking, connect_blocking
from storage.drivers.postgres.keepers import OURS

_HOME = 0x5061726C6579
"""The advisory lock of the database, "Parley": gateways share it; one that must be alone holds it exclusively."""

_KNOWN_WITHIN_S = 60.0
"""How long a server may be away until what became of a transaction is asked no more."""
_ASK_AGAIN_S = 0.25

_LET_GO_WITHIN_S = 1.0
"""A server lets go of what a connection kept some milliseconds after that is closed: whoever comes next waits."""
_TRY_AGAIN_S = 0.02

ON_DISK = "SELECT pg_logical_emit_message(TRUE, 'parley', '')"
"""Waits until everything that was committed before is on the disk: a message that nobody reads, in a transaction of its
own, which the server writes out with all that is before it in its log.
"""

# Another one may have the number of a process that is long gone.
_END_LOST = """
    SELECT pg_terminate_backend(pid, 5000)
    FROM pg_stat_activity
    WHERE pid = CAST(? AS INTEGER) AND backend_start = CAST(? AS TIMESTAMPTZ)
    """


class Home:
    """Connects again where the server was away, and meanwhile keeps out what has to be alone. It blocks.

    `process`: the name of this one among those that share the database; "": it keeps every other one out.
    """

    def __init__(self, url: str, process: str) -> None:
        self._url = url
        self.process = process
        self._connection: Blocking | None = None
        self._there: tuple[object, ...] = ()
        """The server's side of the connection: its process's number, and when that began."""

    def open(self) -> Blocking:
        """A new connection. What the server may still hold for the last one, which is lost, ends first.

        Raises:
            psycopg.Error: the server does not let us in.
            DataDirError: another gateway has the database.
        """
        connection = connect_blocking(self._url)
        if self._there:
            # A server hears of a cut connection late, or never: that would keep its lock and its transaction.
            connection.ask(_END_LOST, self._there)
        if not self._is_kept(connection):
            connection.close()
            raise DataDirError(
                "The database of DATABASE_URL is in use by another gateway. Stop that one, or use another database."
            )
        connection.ask("SELECT set_config(?, ?, FALSE)", (OURS, self.process))
        mine = "SELECT pid, CAST(backend_start AS TEXT) FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        [self._there] = connection.ask(mine)
        self._connection = connection
        return connection

    def _is_kept(self, connection: Blocking) -> bool:
        """Whether the database is kept for this one from now on."""
        lock = "pg_try_advisory_lock_shared" if self.process else "pg_try_advisory_lock"
        until_s = time.monotonic() + _LET_GO_WITHIN_S
        while not connection.ask(f"SELECT {lock}(?)", (_HOME,))[0][0]:
            if time.monotonic() > until_s:
                return False
            time.sleep(_TRY_AGAIN_S)
        return True

    def connection(self) -> Blocking:
        """The connection; a new one if the last was lost. Raises psycopg.Error, StorageError."""
        if self._connection is None or self._connection.closed:
            try:
                return self.open()
            except DataDirError as error:
                raise StorageError(str(error)) from error
        return self._connection

    def committed(self, transaction: str) -> bool | None:
        """Whether a transaction was kept whose connection was lost before it could say so; asked until it is known.

        None: the server was away for too long.
        """
        until_s = time.monotonic() + _KNOWN_WITHIN_S
        while time.monotonic() < until_s:
            status = self._status(transaction)
            if status in ("committed", "aborted"):
                return status == "committed"
            time.sleep(_ASK_AGAIN_S)
        return None

    def _status(self, transaction: str) -> str | None:
        """What the server says of a transaction, and will say for good; None if it says nothing."""
        try:
            connection = self.connection()
            rows, _ = connection.ask_all([("SELECT pg_xact_status(CAST(? AS xid8))", (transaction,)), (ON_DISK, ())])
        except (psycopg.Error, StorageError):
            return None
        status: str = rows[0][0]
        return status

    def close(self) -> None:
        """Let another gateway in."""
        if self._connection is not None:
            self._connection.close()
