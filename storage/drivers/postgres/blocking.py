"""A connection that blocks, for one thread at a time, and how a program runs on it.

What gives no rows is not waited for: it goes to the server together with the next statement that does, and so do the
words that begin and end a transaction. Nobody misses its outcome meanwhile: where a statement is refused, the server
leaves out what was sent behind it, and the whole program fails.

A thread that comes back from a wait needs the interpreter, and waits for that up to its switch interval while others
compute; with the writing thread everybody waits who wants to write, in every process. So one way to the server is one
wait, however many statements go along (measured beside a busy loop: eight take 0.14 ms, one after the other 3.6 ms;
idle: 1.5 µs of CPU each for 4.1). Values are still psycopg's to adapt.

The server keeps the plan of a prepared statement until it has taken stock of a table anew, which it does about a minute
after that has filled. One that was made while a table was empty may read all of it from then on: of equals, an index
with nothing in it was the cheapest. So each connection has its plans made anew whenever it has run twice as many
statements as the last time: none outlives more than one doubling of what it has seen, and few are made in all.
"""

import select
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import RawCursor
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from storage.drivers.postgres.connection import (
    ANSWERS_WITHIN_S,
    BOUNDS,
    gives_rows,
    no_answer,
    numbered,
    settings,
    steps,
)
from storage.programs import Program, Rows, Statement, T

_STATEMENTS_PREPARED = 1_000
"""More than the programs have: what falls out of it is parsed and planned again."""

_FIRST_PLANS = 500
"""So many statements a connection runs until its plans are made anew for the first time: some four turns take that."""

_NEVER: tuple[int, ...] = ()

_Key = tuple[str, tuple[int, ...]]
"""A statement with the types of its values."""


Seen = Callable[[Rows], None]
"""Takes what a statement finds. What it raises ends the way to the server that it went along with."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the server is going to answer: a statement, or that one is prepared."""

    prepares: _Key | None = None
    seen: Seen | None = None
    """Who wants its rows."""


class Blocking:
    """One connection to PostgreSQL. What waits for the server raises psycopg.Error."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._server = connection.pgconn
        self._server.enter_pipeline_mode()
        self._readable, self._movable = select.poll(), select.poll()
        self._readable.register(self._server.socket, select.POLLIN)
        self._movable.register(self._server.socket, select.POLLIN | select.POLLOUT)
        self._adapting = Transformer(connection)
        self._known: OrderedDict[_Key, bytes] = OrderedDict()
        """Statements, the last one used last: the name of each, "" after its first use.

        One that is never asked again, such as with a list of its own length, is not worth preparing.
        """
        self._named = 0
        self._ran = 0
        self._plans_end_at = _FIRST_PLANS
        self._told: list[tuple[str, Sequence[object], Seen | None]] = []
        """What goes along with the next that is waited for."""
        self._patience_ms: float | None = None
        """How long the server may be silent; None: as long as the line is open."""
        self._unread = 0
        """How often the server will say that it has come to the end of what nobody waits for."""

    @property
    def closed(self) -> bool:
        """Whether it was lost, or closed, as far as is known."""
        return self._server.status == ConnStatus.BAD

    @property
    def idle(self) -> bool:
        """Whether it is within no transaction."""
        return self._server.transaction_status == TransactionStatus.IDLE

    @property
    def has_told(self) -> bool:
        """Whether something was told whose outcome nobody waits for yet."""
        return bool(self._told)

    def is_lost(self) -> bool:
        """Look whether the server has ended it while nobody used it."""
        try:
            if self._readable.poll(0):
                self._server.consume_input()
        except psycopg.OperationalError:
            return True
        return self.closed

    def close(self) -> None:
        """Let go of it; what is not kept is undone."""
        self._connection.close()

    def tell(self, sql: str, values: Sequence[object] = (), seen: Seen | None = None) -> None:
        """Have a statement run before the next one that is waited for; `seen` gets what it finds before that is had."""
        self._told.append((sql, values, seen))

    def ask(self, sql: str, values: Sequence[object] = ()) -> Rows:
        """Run a statement with `?` for each of the values; what it finds."""
        [rows] = self.ask_all([(sql, values)])
        return rows

    def ask_all(self, asked: Sequence[Statement]) -> list[Rows]:
        """Run statements of which none needs what another finds; what each finds."""
        found: list[Rows] = []
        sent = self._send_all(asked, found.append)
        while self._unread:
            self._results()
            self._unread -= 1
        self._answered(sent, self._results())
        return found

    def introduce(self, first: Sequence[str], within_s: float) -> None:
        """Have the first statements run. Raises psycopg.OperationalError where nobody answers them."""
        self._patience_ms = within_s * 1000
        for sql in first:
            self.tell(sql)
        self.settle()
        # Asked once, they are not worth a place among what may be prepared.
        self._known.clear()
        self._patience_ms = None

    def settle(self) -> None:
        """Wait until all that was told has been done."""
        self.ask_all(())

    def leave(self, sql: str) -> None:
        """Have a statement run after all that was told, and wait neither for it nor for what comes of it."""
        self.tell(sql)
        self._send_all((), None)
        self._unread += 1

    def forget(self) -> None:
        """What was told, and is not on its way yet, is not done."""
        self._told.clear()

    def _send_all(self, asked: Sequence[Statement], seen: Seen | None) -> list[_Sent]:
        told, self._told = [*self._told, *((sql, values, seen) for sql, values in asked)], []
        self._forget_plans()
        sent = [entry for one in told for entry in self._send(*one)]
        self._server.pipeline_sync()
        self._ran += len(told)
        return sent

    def _forget_plans(self) -> None:
        """Have plans made anew, if it is time for that."""
        # In a transaction that has failed the server takes nothing but its end.
        if self._ran < self._plans_end_at or self._server.transaction_status == TransactionStatus.INERROR:
            return
        self._plans_end_at = 2 * self._ran
        self._server.send_query_params(b"DISCARD PLANS", None)
        # By itself: as the first of a transaction it would take its snapshot before that says how it is isolated.
        self._server.pipeline_sync()
        self._unread += 1

    def _send(self, sql: str, values: Sequence[object], seen: Seen | None) -> list[_Sent]:
        # None among them is a NULL, which the types of a prepared statement forget.
        given: Any = self._adapting.dump_sequence(values, (PyFormat.AUTO,) * len(values)) if values else None
        types = self._adapting.types or _NEVER if values else _NEVER
        formats = self._adapting.formats if values else None
        key = (sql, types)
        sent = []
        name = self._known.get(key)
        if name == b"":
            self._named += 1
            self._known[key] = name = b"s%d" % self._named
            self._server.send_prepare(name, wire(sql).text, types)
            sent.append(_Sent(prepares=key))
        if name:
            self._known.move_to_end(key)
            self._server.send_query_prepared(name, given, formats)
        else:
            self._server.send_query_params(wire(sql).text, given, types, formats)
        sent.append(_Sent(seen=seen))
        if name is None:
            sent += self._note(key)
        return sent

    def _note(self, key: _Key) -> list[_Sent]:
        """A statement came for the first time: it takes the place of that which was not used for the longest time."""
        self._known[key] = b""
        if len(self._known) <= _STATEMENTS_PREPARED:
            return []
        _, oldest = self._known.popitem(last=False)
        if not oldest:
            return []
        # Where it is refused with what it goes along with, the name stays taken until the connection ends.
        self._server.send_query_params(b"DEALLOCATE " + oldest, None)
        return [_Sent()]

    def _answered(self, sent: Sequence[_Sent], results: Sequence[PGresult]) -> None:
        """Hand on the rows that are wanted of what was sent."""
        refused: PGresult | None = None
        for entry, result in zip(sent, results, strict=False):
            if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
                if entry.seen is not None:
                    entry.seen(self._rows(result))
                continue
            refused = refused or result
            if entry.prepares is not None and entry.prepares in self._known:
                self._known[entry.prepares] = b""
        if refused is not None or self.closed or len(results) < len(sent):
            raise self._error(refused)

    def _error(self, refused: PGresult | None) -> psycopg.Error:
        if refused is None:
            return psycopg.OperationalError("the connection is lost")
        error = error_from_result(refused)
        if not self.closed or isinstance(error, psycopg.OperationalError):
            return error
        lost = psycopg.OperationalError(str(error))
        lost.__cause__ = error
        return lost

    def _results(self) -> list[PGresult]:
        """What the server answers up to its next end, in order. What is left out, because another was refused, too."""
        results: list[PGresult] = []
        while not self.closed:
            result = self._next()
            if result is None:
                continue  # Nothing more of this one.
            if result.status == ExecStatus.PIPELINE_SYNC:
                return results
            results.append(result)
        return results

    def _next(self) -> PGresult | None:
        server = self._server
        while server.flush():
            if any(event & ~select.POLLOUT for _, event in self._wait(self._movable)):
                server.consume_input()
        while server.is_busy():
            self._wait(self._readable)
            server.consume_input()
        return server.get_result()

    def _wait(self, for_what: select.poll) -> list[tuple[int, int]]:
        if not (events := for_what.poll(self._patience_ms)):
            raise no_answer()
        return events

    def _rows(self, result: PGresult) -> Rows:
        if result.status == ExecStatus.COMMAND_OK:
            return []
        self._adapting.set_pgresult(result)
        return self._adapting.load_rows(0, result.ntuples, tuple)

    def run(self, program: Program[T]) -> T:
        """Run a program. The last of what it does may only have been told: see `settle`."""
        run = steps(program)
        try:
            asked = next(run)
            while True:
                if asked is None:
                    found = []
                elif any(wire(sql).gives_rows for sql, _ in asked):
                    found = self.ask_all(asked)
                else:
                    self._told += ((sql, values, None) for sql, values in asked)
                    found = [[] for _ in asked]
                asked = run.send(found)
        except StopIteration as done:
            result: T = done.value
            return result


def connect_blocking(url: str) -> Blocking:
    """A connection that begins no transaction by itself. Raises psycopg.Error."""
    with ExitStack() as unless_made:
        connection = psycopg.Connection.connect(url, cursor_factory=RawCursor, **settings())
        unless_made.callback(connection.close)
        made = Blocking(connection)
        made.introduce(BOUNDS, ANSWERS_WITHIN_S)
        unless_made.pop_all()
    return made


@dataclass(frozen=True, slots=True)
class Wire:
    """A statement as the server takes it."""

    text: bytes
    gives_rows: bool


@lru_cache(maxsize=_STATEMENTS_PREPARED)
def wire(sql: str) -> Wire:
    """Read a statement."""
    return Wire(numbered(sql).encode(), gives_rows(sql))
