"""Who reads: a few threads, each with a connection at a time, beside the writer. Each program sees one state.

What is written here needs no order among writes, and waits for nobody who holds it up: a sign of life.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg

from storage.drivers.postgres.blocking import Blocking, connect_blocking
from storage.drivers.postgres.refusals import meaning
from storage.programs import Program, T

_READERS = 4
_WITHIN_S = 10.0
"""How long a server may be away until a reader is told so."""
_AGAIN_S = 0.25

_TO_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_TO_WRITE = "BEGIN"


class Readers:
    """Runs programs that only read, until it is closed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._threads = ThreadPoolExecutor(_READERS, "reader")
        self._idle: list[Blocking] = []
        """Connections that nobody uses, the last one used last."""

    def read(self, program: Program[T]) -> Awaitable[T]:
        """Run a program on one consistent state."""
        return self._run_soon(_TO_READ, program)

    def write(self, program: Program[T]) -> Awaitable[T]:
        """Run a program that may write, outside the order of those who do."""
        return self._run_soon(_TO_WRITE, program)

    def _run_soon(self, begin: str, program: Program[T]) -> Awaitable[T]:
        until_s = time.monotonic() + _WITHIN_S
        return asyncio.get_running_loop().run_in_executor(self._threads, self._run, begin, program, until_s)

    async def close(self) -> None:
        """Finish what is queued and close every connection."""
        await asyncio.to_thread(self._threads.shutdown)
        while self._idle:
            self._idle.pop().close()

    def _run(self, begin: str, program: Program[T], until_s: float) -> T:
        try:
            with self._begun(begin, until_s) as connection:
                return connection.run(program)
        except psycopg.Error as error:
            raise meaning(error, self._url) from error
        finally:
            program.close()

    @contextlib.contextmanager
    def _begun(self, begin: str, until_s: float) -> Iterator[Blocking]:
        """A connection within a transaction, which this ends."""
        connection = self._connection(until_s)
        connection.tell(begin)
        try:
            yield connection
            if begin == _TO_READ:
                connection.leave("COMMIT")
            else:
                connection.tell("COMMIT")
                connection.settle()
        except BaseException:
            connection.forget()
            if not (connection.closed or connection.idle):
                connection.leave("ROLLBACK")
            raise
        finally:
            if not connection.closed:
                self._idle.append(connection)

    def _connection(self, until_s: float) -> Blocking:
        """Any connection. One that was lost while nobody used it is replaced. Raises psycopg.OperationalError."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_lost():
                return connection
        while True:
            try:
                return connect_blocking(self._url)
            except psycopg.OperationalError:
                if time.monotonic() > until_s:
                    raise
                time.sleep(_AGAIN_S)
