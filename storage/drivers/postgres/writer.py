"""Who writes: a thread with the connection of this process that does, through which all programs go.

One program writes after the other, as on SQLite: the programs were written for that, none meets another halfway, and
none has to be repeated. Among several processes an advisory lock, taken at the beginning of each transaction, lets one
at a time. Whatever waits once the lock is had goes into it, each program behind its own savepoint: the lock, the commit
and the wait for the disk are shared, so that a process which has to wait for others does more at a time. What several
sessions are at goes side by side in it, so that all of them together wait for the server as often as one would.

Nobody holds the lock while waiting for the disk. The transaction is committed without that wait, and the connection
then waits until all that it has written is on the disk, before anybody is told. What others have built upon it
meanwhile is behind it in the log: where the server dies and forgets the one, it forgets the other, and has told nobody
of either.

In the same breath each transaction of one that shares the database looks whether it is still among those in the table
`process`: it no longer writes to what others have taken over, whenever and wherever it was stopped.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import psycopg

from bot.domain.errors import Replaced
from bot.domain.ids import SessionId
from storage.drivers.postgres.blocking import Blocking
from storage.drivers.postgres.home import ON_DISK, Home
from storage.drivers.postgres.refusals import meaning
from storage.programs import Program, Rows, T, each

LOCK = 0x7772697465
"""The advisory lock of who writes, "write"."""

_TAKE_LOCK = "SELECT pg_advisory_xact_lock(?)"
_LOOK = """
    SELECT CAST(pg_current_xact_id() AS TEXT), EXISTS (SELECT 1 FROM process WHERE name = ?),
        set_config('synchronous_commit', 'off', TRUE)
    """
"""What is looked at after the lock is as the last one left it."""

_TOGETHER = 60
"""So many programs share a transaction at most. PostgreSQL keeps the numbers of 64 savepoints at hand."""


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """A program to run, and who waits for what it returns."""

    make: Callable[[], Program[Any]]
    """Where it has a session, as often as it is needed."""
    end: asyncio.Future[Any]
    session: SessionId | None = None
    """Whose programs go side by side with those of others."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a program ended with instead of a result; nothing of it is kept."""

    error: BaseException


class Writer:
    """Runs programs until it is closed."""

    def __init__(self, url: str, home: Home) -> None:
        self._url = url
        self._home = home
        self._loop = asyncio.get_running_loop()
        self._fenced = False
        self._transaction = ""
        """The number of the one that has begun, "" until it is known."""
        self._wanted: SimpleQueue[_Wanted | None] = SimpleQueue()
        """None: the last one."""
        # No connection that was left open keeps the interpreter from its end: the server undoes what is not kept.
        self._thread = Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def write(self, program: Program[T]) -> Awaitable[T]:
        """Run the program, after all earlier ones. A caller that is cancelled does not tear what was begun."""
        return self._want(lambda: program, None)

    def write_of(self, session: SessionId, make: Callable[[], Program[T]]) -> Awaitable[T]:
        """Run what `make` makes, beside those of other sessions. See `Database.write_of`."""
        return self._want(make, session)

    def _want(self, make: Callable[[], Program[T]], session: SessionId | None) -> Awaitable[T]:
        end: asyncio.Future[T] = self._loop.create_future()
        self._wanted.put(_Wanted(make, end, session))
        return end

    def fence(self) -> None:
        """Keep nothing from now on unless this process is among those that share the database."""
        self._fenced = True

    async def close(self) -> None:
        """Finish what is queued."""
        self._wanted.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while (first := self._wanted.get()) is not None:
            together = [first]
            ends = self._together(together)
            self._loop.call_soon_threadsafe(_tell, together, ends)

    def _take_along(self, together: list[_Wanted]) -> None:
        """Add what waits by now."""
        with contextlib.suppress(Empty):
            while len(together) < _TOGETHER:
                if (wanted := self._wanted.get_nowait()) is None:
                    self._wanted.put(None)  # Nothing comes behind the last one.
                    return
                together.append(wanted)

    def _together(self, together: list[_Wanted]) -> list[Any]:
        """Run a program, and what waits once it is this process's turn, in one transaction.

        For each its result, or `_Failed`.
        """
        ends: list[Any] = []
        try:
            connection = self._begin()
            try:
                # With what it asks for first it waits for its turn. Where it fails nothing else has been begun.
                ends.append(_run(connection, together[0].make()))
                self._take_along(together)
                if len(together) > 1 and connection.has_told:
                    connection.settle()
                ends += _run_all(connection, together[1:])
                self._commit(connection)
            except BaseException:
                _roll_back(connection)
                raise
        except BaseException as error:  # noqa: BLE001  # Whoever waits is told.
            ends += [None] * (len(together) - len(ends))
            return [end if isinstance(end, _Failed) else _Failed(self._meaning(error)) for end in ends]
        return [_Failed(self._meaning(end.error)) if isinstance(end, _Failed) else end for end in ends]

    def _meaning(self, error: BaseException) -> BaseException:
        """What to tell one of those who wait."""
        if not isinstance(error, psycopg.Error):
            return error
        told = meaning(error, self._url)
        told.__cause__ = error
        return told

    def _begin(self) -> Blocking:
        """The writing connection, which is to begin a transaction as one of the processes. Raises psycopg.Error."""
        connection = self._home.connection()
        if connection.is_lost():
            # While nobody used it: the server was restarted.
            connection.close()
            connection = self._home.connection()
        self._transaction = ""
        connection.tell("BEGIN")
        connection.tell(_TAKE_LOCK, (LOCK,))
        connection.tell(_LOOK, (self._home.process,), self._begun)
        return connection

    def _begun(self, found: Rows) -> None:
        """Note the transaction's number. Raises Replaced."""
        [(number, is_member, _)] = found
        if self._fenced and not is_member:
            raise Replaced
        self._transaction = str(number)

    def _commit(self, connection: Blocking) -> None:
        if not self._transaction:
            connection.settle()
        try:
            connection.tell("COMMIT")
            connection.ask(ON_DISK)
        except psycopg.OperationalError:
            # Lost on the way: it may have been kept, and only the server knows.
            if not connection.closed or not self._home.committed(self._transaction):
                raise


def _run_all(connection: Blocking, together: Sequence[_Wanted]) -> list[Any]:
    """Run programs within a transaction: of the first of each session side by side, then one after the other.

    For each its result, or `_Failed`: what it has written is undone, and nothing else.
    """
    ends: dict[int, Any] = {}
    first = {wanted.session: number for number, wanted in reversed([*enumerate(together)])}
    numbers = sorted(number for session, number in first.items() if session is not None)
    if len(numbers) > 1:
        side_by_side = _within(connection, each([together[number].make() for number in numbers]))
        if not isinstance(side_by_side, _Failed):
            ends |= zip(numbers, side_by_side, strict=True)
    for number, wanted in enumerate(together):
        if number not in ends:
            ends[number] = _within(connection, wanted.make())
    return [ends[number] for number in range(len(together))]


def _within(connection: Blocking, program: Program[Any]) -> Any:
    """The program's result, or `_Failed`, which undoes what it has written and nothing else."""
    connection.tell("SAVEPOINT one")
    try:
        result = _run(connection, program)
        if connection.has_told:
            connection.settle()
        connection.tell("RELEASE SAVEPOINT one")
    except BaseException as error:
        # Where it failed by itself its savepoint may not be on its way yet.
        with contextlib.suppress(psycopg.Error):
            connection.settle()
        if connection.closed:
            raise
        connection.tell("ROLLBACK TO SAVEPOINT one")
        connection.tell("RELEASE SAVEPOINT one")
        connection.settle()
        return _Failed(error)
    return result


def _run(connection: Blocking, program: Program[T]) -> T:
    with contextlib.closing(program):
        return connection.run(program)


def _roll_back(connection: Blocking) -> None:
    connection.forget()
    connection.tell("ROLLBACK")
    with contextlib.suppress(psycopg.Error):
        connection.settle()


def _tell(together: Sequence[_Wanted], ends: Sequence[Any]) -> None:
    for wanted, end in zip(together, ends, strict=True):
        if wanted.end.cancelled():
            continue
        if isinstance(end, _Failed):
            wanted.end.set_exception(end.error)
        else:
            wanted.end.set_result(end)
