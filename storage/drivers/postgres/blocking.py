"""A connection that blocks, for one thread at a time, and how a program runs on it.

Each statement is one call into libpq. A thread that comes back from such a call waits for the interpreter, up to its
switch interval while others compute, and with the writing thread everybody waits who wants to write, in every process.
psycopg's own cursors come back three times for a statement (measured beside a busy loop: 13.7 ms for one; idle: 60 µs
of CPU). Values are still psycopg's to adapt.
"""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import RawCursor
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from storage.drivers.postgres.connection import BOUNDS, numbered, settings, statements
from storage.programs import Program, Rows, T

_STATEMENTS_PREPARED = 1_000
"""More than the programs have: what falls out of it is parsed and planned again."""

_NEVER: tuple[int, ...] = ()


class Blocking:
    """One connection to PostgreSQL. Each method raises psycopg.Error."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._server = connection.pgconn
        self._adapting = Transformer(connection)
        self._known: OrderedDict[tuple[str, tuple[int, ...]], bytes] = OrderedDict()
        """Statements with the types of their values, the last one used last: the name of each, "" after its first use.

        One that is never asked again, such as with a list of its own length, is not worth preparing.
        """
        self._named = 0

    @property
    def closed(self) -> bool:
        """Whether it was lost, or closed."""
        return self._server.status == ConnStatus.BAD

    @property
    def idle(self) -> bool:
        """Whether it is within no transaction."""
        return self._server.transaction_status == TransactionStatus.IDLE

    def close(self) -> None:
        """Let go of it; what is not kept is undone."""
        self._connection.close()

    def tell(self, commands: str) -> Rows:
        """Run statements without values; what the last one finds."""
        return self._rows(self._server.exec_(commands.encode()))

    def ask(self, sql: str, values: Sequence[object]) -> Rows:
        """Run a statement with `?` for each of the values; what it finds."""
        # None among them is a NULL, which the types of `exec_prepared` forget.
        given: Any = self._adapting.dump_sequence(values, (PyFormat.AUTO,) * len(values)) if values else None
        types = self._adapting.types or _NEVER if values else _NEVER
        formats = self._adapting.formats if values else None
        name = self._name(sql, types)
        if name:
            return self._rows(self._server.exec_prepared(name, given, formats))
        return self._rows(self._server.exec_params(_wire(sql), given, types, formats))

    def _name(self, sql: str, types: tuple[int, ...]) -> bytes:
        """Under what a statement is prepared; b"" where it is not."""
        key = (sql, types)
        name = self._known.get(key)
        if name is None:
            if len(self._known) >= _STATEMENTS_PREPARED:
                _, oldest = self._known.popitem(last=False)
                if oldest:
                    self.tell(f"DEALLOCATE {oldest.decode()}")
            self._known[key] = b""
            return b""
        self._known.move_to_end(key)
        if not name:
            self._named += 1
            name = b"s%d" % self._named
            self._rows(self._server.prepare(name, _wire(sql), types))
            self._known[key] = name
        return name

    def _rows(self, result: PGresult) -> Rows:
        match result.status:
            case ExecStatus.TUPLES_OK:
                self._adapting.set_pgresult(result)
                return self._adapting.load_rows(0, result.ntuples, tuple)
            case ExecStatus.COMMAND_OK:
                return []
        error = error_from_result(result)
        if self.closed and not isinstance(error, psycopg.OperationalError):
            raise psycopg.OperationalError(str(error)) from error
        raise error

    def run(self, program: Program[T]) -> T:
        """Run a program statement by statement."""
        steps = statements(program)
        try:
            sql, values = next(steps)
            while True:
                sql, values = steps.send(self.ask(sql, values))
        except StopIteration as done:
            result: T = done.value
            return result


def connect_blocking(url: str) -> Blocking:
    """A connection that begins no transaction by itself. Raises psycopg.Error."""
    with ExitStack() as unless_made:
        connection = Blocking(psycopg.Connection.connect(url, cursor_factory=RawCursor, **settings()))
        unless_made.callback(connection.close)
        connection.tell(BOUNDS)
        unless_made.pop_all()
    return connection


@lru_cache(maxsize=_STATEMENTS_PREPARED)
def _wire(sql: str) -> bytes:
    return numbered(sql).encode()
