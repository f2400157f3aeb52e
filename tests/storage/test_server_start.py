"""A database on a server that cannot be used is one sentence at the start, and nothing of it is half done."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from bot.domain.errors import DatabaseAway, DatabaseBusy, DataDirError
from storage.database import Database, open_database
from storage.drivers.postgres import blocking, connection, inspection, readers, schema
from storage.drivers.postgres.connection import connect
from storage.drivers.postgres.refusals import unusable
from storage.programs import Program
from tests.support.line import Line
from tests.support.postgres import GIVEN, LOCKED

EMPTIED = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC"


def run(url: str, *statements: str) -> None:
    writing = "-c default_transaction_read_only=off"
    with psycopg.connect(url, autocommit=True, options=writing) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def shape(url: str) -> list[tuple[object, ...]]:
    """Every table, column, constraint and index."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            """
            SELECT relname, relkind, attname, format_type(atttypid, atttypmod), attnotnull
            FROM pg_class
            JOIN pg_attribute ON attrelid = pg_class.oid
            WHERE relnamespace = to_regnamespace('public')
              AND attnum > 0
              AND NOT attisdropped
            ORDER BY relname, attname
            """
        ).fetchall()


def as_user(url: str, user: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}").geturl()


@pytest.fixture(scope="module")
def url(postgres_server: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """One database for all: each test leaves it as it was, or empty."""
    with postgres_server() as made:
        yield made


@pytest.fixture
def stranger(url: str) -> Iterator[str]:
    """A role that may do nothing here, by its name."""
    name = f"stranger_{os.getpid()}"
    run(url, f"CREATE ROLE {name} LOGIN PASSWORD 'right'")
    yield name
    run(url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


async def refused(directory: Path, url: str) -> str:
    """What the start says, which the doctor and a dry run say as well; nothing is changed by any of them."""
    with pytest.raises(DataDirError) as caught:
        await open_database(directory, url=url)
    assert await inspection.find_trouble(url) == str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "back", "sentence"),
    [
        (
            "INSERT INTO migration VALUES (999)",
            "DELETE FROM migration WHERE number = 999",
            "schema 999, but this program knows only",
        ),
        (
            "ALTER DATABASE {name} SET default_transaction_read_only = on",
            "ALTER DATABASE {name} RESET default_transaction_read_only",
            "can only be read",
        ),
        (
            "ALTER SCHEMA public RENAME TO away; CREATE SCHEMA public; CREATE TABLE other (id INT)",
            "DROP SCHEMA public CASCADE; ALTER SCHEMA away RENAME TO public",
            "tables of another program",
        ),
        ("ALTER SCHEMA public RENAME TO away", "ALTER SCHEMA away RENAME TO public", "too few rights"),
    ],
)
async def test_a_database_that_does_not_fit_is_left_as_it_was(
    tmp_path: Path, url: str, change: str, back: str, sentence: str
) -> None:
    name = urlsplit(url).path[1:]
    run(url, change.format(name=name))
    before = shape(url)
    assert sentence in await refused(tmp_path, url)
    assert shape(url) == before
    run(url, back.format(name=name))
    async with await open_database(tmp_path, url=url):
        pass


@pytest.mark.parametrize(
    "granted",
    [
        "SELECT 1",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {stranger}",
        "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {stranger}",
    ],
)
async def test_a_user_without_the_rights_is_told_who_needs_them(
    tmp_path: Path, url: str, stranger: str, granted: str
) -> None:
    run(url, granted.format(stranger=stranger))
    assert "Make that user the owner" in await refused(tmp_path, as_user(url, stranger))


async def test_who_may_use_every_table_may_not_therefore_take_the_next_step(
    tmp_path: Path, url: str, stranger: str
) -> None:
    run(url, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {stranger}")
    async with await open_database(tmp_path, url=as_user(url, stranger)):
        pass
    run(url, "DELETE FROM migration WHERE number = (SELECT MAX(number) FROM migration)")
    assert "Make that user the owner" in await refused(tmp_path, as_user(url, stranger))
    run(url, "INSERT INTO migration SELECT MAX(number) + 1 FROM migration")


async def test_a_pooler_that_keeps_no_sessions_is_refused(tmp_path: Path, url: str) -> None:
    """It names another process while connecting than the one that answers, and lends that to two connections."""
    name = urlsplit(url).path[1:]
    run(
        url,
        "CREATE FUNCTION public.pg_backend_pid() RETURNS INT LANGUAGE sql AS 'SELECT 4711'",
        f"ALTER DATABASE {name} SET search_path = public, pg_catalog",
    )
    assert "pool_mode = session" in await refused(tmp_path, url)
    run(url, f"ALTER DATABASE {name} RESET search_path", "DROP FUNCTION public.pg_backend_pid()")


async def test_a_pooler_whose_connections_are_all_in_use_is_told_so(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Line(url) as line:
        database = await open_database(tmp_path, url=line.url)
        line.is_full = True
        for where, seconds in (
            ((connection, "ANSWERS_WITHIN_S"), 0.05),
            ((blocking, "ANSWERS_WITHIN_S"), 0.05),
            ((readers, "_WITHIN_S"), 0.05),
        ):
            monkeypatch.setattr(*where, seconds)
        assert "default_pool_size" in await refused(tmp_path / "another", line.url)
        async with asyncio.TaskGroup() as everybody:
            found = [everybody.create_task(_read(database)) for _ in range(8)]
        assert any("default_pool_size" in task.result() for task in found)
        # What waits for the pooler does not hold up its end.
        await database.close()


def _asked() -> Program[None]:
    yield ("SELECT pg_sleep(0.1)", ())


async def _read(database: Database) -> str:
    try:
        await database.read(_asked())
    except DatabaseBusy as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("option", "sentence"),
    [("schema=public", "does not know: 'schema'"), ("sslmode", "Write it like"), ("sslmode=requir", "`sslmode`")],
)
async def test_an_option_that_postgresql_does_not_have_is_named(
    tmp_path: Path, url: str, option: str, sentence: str
) -> None:
    assert sentence in await refused(tmp_path, f"{url}&{option}" if "?" in url else f"{url}?{option}")


@pytest.mark.parametrize(
    ("said", "sentence", "passes"),
    [
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", "more conn", True),
        ('FATAL:  too many connections for role "parley"', "no more connections", True),
        ("FATAL:  the database system is in recovery mode", "Wait for it", True),
        ("FATAL:  the database system is shutting down", "Start it again", True),
        ('FATAL:  permission denied for database "parley"', "owner of the database", False),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.5", user "parley", no encryption', "sslmode=require", False),
        ('FATAL:  Peer authentication failed for user "parley"', "user or the password", False),
        ("FATAL:  no such database: parley", "no database of that name", False),
        ('root certificate file "/etc/parley/.postgresql/root.crt" does not exist', "root.crt", False),
        ("SSL error: certificate verify failed", "`sslrootcert`", False),
        ("SSL connection has been closed unexpectedly", "b.example:6432/parley' cannot be reached", True),
    ],
)
def test_what_helps_fits_what_a_server_or_a_pooler_says_while_connecting(
    said: str, sentence: str, passes: bool
) -> None:
    error = psycopg.OperationalError(f'connection to server at "10.0.0.1", port 5432 failed: {said}')
    told = unusable(error, "postgresql://parley:secret@a.example:5432,b.example:6432/parley")
    assert sentence in str(told)
    assert isinstance(told, DatabaseAway) is passes


async def test_who_is_not_let_in_is_told_why(tmp_path: Path, url: str, stranger: str) -> None:
    name = urlsplit(url).path
    assert "no database of that name" in await refused(tmp_path, url.replace(name, f"{name}_not"))
    assert "user or the password" in await refused(tmp_path, as_user(url, f"{stranger}_not"))
    run(url, f"ALTER DATABASE {name[1:]} CONNECTION LIMIT 0")
    assert "no more connections" in await refused(tmp_path, as_user(url, stranger))
    run(url, f"ALTER DATABASE {name[1:]} CONNECTION LIMIT -1")


@pytest.mark.skipif(GIVEN in os.environ, reason="whom it asks for a password is its operator's")
async def test_a_wrong_password_is_named(tmp_path: Path, url: str, stranger: str) -> None:
    run(url, f"GRANT {LOCKED} TO {stranger}")
    for wrong in (stranger, f"{stranger}:wrong"):
        sentence = await refused(tmp_path, as_user(url, wrong))
        assert "user or the password" in sentence
        assert "wrong" not in sentence


async def test_a_server_that_is_not_there_is_named_with_the_cause(tmp_path: Path, url: str) -> None:
    async with Line(url) as line:
        gone = line.url
    assert "cannot be reached (Connection refused)" in await refused(tmp_path, gone)
    async with Line(url) as line:
        line.is_down = True
        assert "cannot be reached (server closed the connection" in await refused(tmp_path, line.url)


async def test_a_server_that_is_too_old_is_told_what_is_needed(tmp_path: Path, url: str) -> None:
    """The line makes the server look older than it is."""
    with psycopg.connect(url) as connection:
        major = connection.info.server_version // 10_000
    async with Line(url) as line:
        line.instead = (f"server_version\0{major}".encode(), b"server_version\x0014")
        assert "too old. Update it to 16" in await refused(tmp_path, line.url)


async def test_an_encoding_that_does_not_hold_every_message_is_refused(tmp_path: Path, url: str) -> None:
    name = f"latin_{os.getpid()}"
    run(url, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        latin = urlsplit(url)._replace(path=f"/{name}").geturl()
        assert "encoded as LATIN1" in await refused(tmp_path, latin)
    finally:
        run(url, f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_step_without_room_leaves_the_schema_that_was(tmp_path: Path, url: str) -> None:
    """The server says that its disk is full, in the middle of the last step of several."""
    newest = schema.newest()
    run(
        url,
        EMPTIED,
        """
        CREATE FUNCTION no_room() RETURNS event_trigger AS $$
        BEGIN
            RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
        END $$ LANGUAGE plpgsql
        """,
        "CREATE EVENT TRIGGER full_disk ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION no_room()",
    )
    with pytest.raises(DataDirError, match="disk of the database is full"):
        await open_database(tmp_path, url=url)
    assert shape(url) == []
    run(url, "DROP EVENT TRIGGER full_disk")
    async with await open_database(tmp_path, url=url):
        assert (await inspection.outlook(url)).before == newest


async def test_of_several_that_start_at_once_one_changes_the_schema(url: str) -> None:
    run(url, EMPTIED)

    async def migrate() -> None:
        async with await connect(url) as connection:
            await schema.migrate(connection)

    await asyncio.gather(*(migrate() for _ in range(5)))
    assert (await inspection.outlook(url)).missing == ()
