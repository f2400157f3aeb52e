"""A connection that blocks: statements are prepared when they come again, and a lost connection is told as one."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import NoReturn

import psycopg
import pytest
from psycopg import AsyncConnection

from storage.drivers.postgres import blocking
from storage.drivers.postgres.blocking import Blocking, connect_blocking
from storage.drivers.postgres.connection import connect
from storage.drivers.postgres.home import Home

_PREPARED = "SELECT COUNT(*) FROM pg_prepared_statements"


@pytest.fixture
def connection(postgres_url: str) -> Iterator[Blocking]:
    with closing(connect_blocking(postgres_url)) as connection:
        yield connection


def test_a_statement_that_comes_again_is_prepared(connection: Blocking) -> None:
    asked = [(connection.ask("SELECT ? + 1", (number,)), connection.tell(_PREPARED)) for number in range(4)]
    assert [rows for rows, _ in asked] == [[(1,)], [(2,)], [(3,)], [(4,)]]
    assert [count for _, [(count,)] in asked] == [0, 1, 1, 1]


def test_values_of_other_types_are_other_statements(connection: Blocking) -> None:
    values = [1, None, "one", None, 1, "two", b"\0three", 2.5, True, [1, 2]]
    for _ in range(3):
        assert [connection.ask("SELECT ?", (value,))[0][0] for value in values] == values


def test_few_are_kept_prepared_and_the_last_used_ones(connection: Blocking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "_STATEMENTS_PREPARED", 3)
    for number in (1, 2, 3, 1, 2, 1, 4, 5):
        assert connection.ask(f"SELECT {number}", ()) == [(number,)]
    assert connection.tell("SELECT statement FROM pg_prepared_statements ORDER BY 1") == [("SELECT 1",)]


def test_what_the_server_refuses_is_said_with_its_code(connection: Blocking) -> None:
    connection.tell("BEGIN")
    for _ in range(3):
        connection.tell("SAVEPOINT one")
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.ask("SELECT 1 / ?", (0,))
        connection.tell("ROLLBACK TO one")
    assert not connection.idle
    connection.tell("COMMIT")
    assert connection.idle


def test_a_connection_that_the_server_ends_is_closed(connection: Blocking, postgres_url: str) -> None:
    [(pid,)] = connection.tell("SELECT pg_backend_pid()")
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with pytest.raises(psycopg.OperationalError):
        connection.ask("SELECT ?", (1,))
    assert connection.closed
    with pytest.raises(psycopg.OperationalError):
        connection.tell("SELECT 1")


@pytest.mark.parametrize("error", [asyncio.CancelledError, psycopg.OperationalError])
async def test_who_is_interrupted_while_connecting_leaves_no_connection_open(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    made: list[Blocking | AsyncConnection] = []

    def interrupted(connection: Blocking | AsyncConnection, _: object) -> NoReturn:
        made.append(connection)
        raise error

    monkeypatch.setattr(AsyncConnection, "execute", interrupted)
    monkeypatch.setattr(Blocking, "tell", interrupted)
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
