"""A connection that blocks: statements are prepared when they come again, and a lost connection is told as one."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import NoReturn

import psycopg
import pytest
from psycopg import AsyncConnection

from storage.drivers.postgres import blocking
from storage.drivers.postgres.blocking import Blocking, Seen, _Sent, connect_blocking
from storage.drivers.postgres.connection import connect
from storage.drivers.postgres.home import Home
from storage.programs import Program, Rows, Statement, by_itself, each, together

_PREPARED = "SELECT COUNT(*) FROM pg_prepared_statements"


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many statements went to the server each time."""
    ways: list[int] = []
    real = Blocking._send_all

    def counted(connection: Blocking, asked: Sequence[Statement], seen: Seen | None) -> list[_Sent]:
        ways.append(len(connection._told) + len(asked))
        return real(connection, asked, seen)

    monkeypatch.setattr(Blocking, "_send_all", counted)
    return ways


@pytest.fixture
def connection(postgres_url: str) -> Iterator[Blocking]:
    with closing(connect_blocking(postgres_url)) as connection:
        yield connection


def test_a_statement_that_comes_again_is_prepared(connection: Blocking) -> None:
    asked = [(connection.ask("SELECT ? + 1", (number,)), connection.ask(_PREPARED)) for number in range(4)]
    assert [rows for rows, _ in asked] == [[(1,)], [(2,)], [(3,)], [(4,)]]
    assert [count for _, [(count,)] in asked] == [0, 2, 2, 2]


def test_values_of_other_types_are_other_statements(connection: Blocking) -> None:
    values = [1, None, "one", None, 1, "two", b"\0three", 2.5, True, [1, 2]]
    for _ in range(3):
        assert [connection.ask("SELECT ?", (value,))[0][0] for value in values] == values


def test_few_are_kept_prepared_and_the_last_used_ones(connection: Blocking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "_STATEMENTS_PREPARED", 3)
    for number in (1, 2, 3, 1, 2, 1, 4, 5):
        assert connection.ask(f"SELECT {number}", ()) == [(number,)]
    assert connection.ask("SELECT statement FROM pg_prepared_statements ORDER BY 1") == [("SELECT 1",)]


def test_what_the_server_refuses_is_said_with_its_code(connection: Blocking) -> None:
    connection.tell("BEGIN")
    for _ in range(3):
        connection.tell("SAVEPOINT one")
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.ask("SELECT 1 / ?", (0,))
        connection.tell("ROLLBACK TO one")
    assert not connection.idle
    connection.tell("COMMIT")
    connection.settle()
    assert connection.idle


def test_what_gives_no_rows_goes_along_with_what_does(connection: Blocking, ways: list[int]) -> None:
    connection.ask("CREATE TEMPORARY TABLE one (id BIGINT PRIMARY KEY)")

    def added() -> Program[Rows]:
        for number in range(3):
            assert (yield ("INSERT INTO one (id) VALUES (?)", (number,))) == []
        return (yield ("SELECT id FROM one ORDER BY id", ()))

    assert connection.run(added()) == [(0,), (1,), (2,)]
    assert ways == [1, 4]


def test_what_goes_along_and_is_refused_fails_what_is_waited_for(connection: Blocking) -> None:
    connection.ask("CREATE TEMPORARY TABLE one (id BIGINT PRIMARY KEY)")
    for _ in range(3):
        connection.tell("INSERT INTO one (id) VALUES (?)", (1,))
        connection.tell("INSERT INTO one (id) VALUES (?)", (1,))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.ask("SELECT 1")
        assert connection.idle
        assert connection.ask("SELECT COUNT(*) FROM one") == [(0,)]


def test_programs_that_go_side_by_side_go_together_to_the_server(connection: Blocking, ways: list[int]) -> None:
    def counted(numbers: Sequence[int]) -> Program[int]:
        total = 0
        for number in numbers:
            [(more,)] = yield ("SELECT CAST(? AS BIGINT)", (number,))
            total += more
        return total

    def all_of_them() -> Program[tuple[int, int, int, int]]:
        return (yield from together(counted([1, 2, 3]), counted([]), counted([4]), nested([5, 6])))

    def nested(numbers: Sequence[int]) -> Program[int]:
        one, other = yield from together(counted(numbers), counted(numbers))
        return one * other

    assert connection.run(all_of_them()) == (6, 0, 4, 121)
    assert ways == [4, 3, 1]


def test_who_goes_by_itself_waits_until_all_beside_it_have_ended(connection: Blocking) -> None:
    steps: list[str] = []

    def one(name: str, *pauses: bool) -> Program[None]:
        for pause in pauses:
            if pause:
                yield from by_itself()
            steps.append(name)
            yield ("SELECT 1", ())

    def within(name: str) -> Program[None]:
        yield from together(one(name.upper(), False), one(name, False, True, False))
        steps.append(name)

    connection.run(each([one("a", False, True, False), within("b"), one("c", True), one("d", False, False, False)]))
    assert "".join(steps) == "aBbdddcaabbb"


def test_what_nobody_waits_for_is_done_before_what_comes_next(connection: Blocking) -> None:
    for _ in range(3):
        connection.tell("BEGIN")
        assert connection.ask("SELECT 1") == [(1,)]
        connection.leave("COMMIT")
    assert connection.ask("SELECT 2") == [(2,)]
    assert connection.idle


def test_what_is_larger_than_any_buffer_comes_through_both_ways(connection: Blocking) -> None:
    large = "x" * 3_000_000
    connection.tell("SELECT CAST(? AS TEXT)", (large,))
    assert [rows[0][0] for rows in connection.ask_all([("SELECT CAST(? AS TEXT)", (large,))] * 2)] == [large, large]


def test_a_connection_that_the_server_ends_is_closed(connection: Blocking, postgres_url: str) -> None:
    [(pid,)] = connection.ask("SELECT pg_backend_pid()")
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with pytest.raises(psycopg.OperationalError):
        connection.ask("SELECT ?", (1,))
    assert connection.closed
    with pytest.raises(psycopg.OperationalError):
        connection.ask("SELECT 1")


@pytest.mark.parametrize("error", [asyncio.CancelledError, psycopg.OperationalError])
async def test_who_is_interrupted_while_connecting_leaves_no_connection_open(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    made: list[psycopg.Connection | AsyncConnection] = []

    def interrupted(connection: psycopg.Connection | AsyncConnection, _: object) -> NoReturn:
        made.append(connection)
        raise error

    monkeypatch.setattr(AsyncConnection, "execute", interrupted)
    monkeypatch.setattr(Blocking, "introduce", lambda made, *first: interrupted(made._connection, first))
    with pytest.raises(error):
        await connect(postgres_url)
    with pytest.raises(error):
        connect_blocking(postgres_url)
    assert [connection.closed for connection in made] == [True, True]


def test_who_comes_just_after_another_has_left_waits_until_the_server_has_let_go(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving, coming = Home(postgres_url, "one that leaves"), Home(postgres_url, "")
    leaving.open()
    monkeypatch.setattr("storage.drivers.postgres.home.time.sleep", lambda _: leaving.close())
    with closing(coming.open()) as alone:
        assert alone.idle
