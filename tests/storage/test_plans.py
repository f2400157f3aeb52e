"""A plan that PostgreSQL has made while a table was empty does not stay: it may read the whole of what fills it."""

from contextlib import closing

from bot.domain.ids import SessionId
from storage import sessions
from storage.drivers.postgres import blocking
from storage.drivers.postgres.blocking import connect_blocking
from storage.programs import Program

_MANY = 2_000
"""Sessions that come within the minute until the server takes stock by itself, which that of the tests never does."""

_READ = """
    SELECT CAST(COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0) AS BIGINT)
    FROM pg_stat_xact_user_tables
    WHERE relname = 'session'
    """
_FILL = """
    INSERT INTO session (owner, place, title, title_by, mode, created_at, updated_at)
    SELECT 1, 1, '', 'words', 'regular', 1, 1
    FROM generate_series(1, ?)
    """


def rows_read() -> Program[int]:
    """How many rows one session is found among."""
    [(before,)] = yield (_READ, ())
    assert (yield from sessions.get(SessionId(_MANY))) is not None
    [(after,)] = yield (_READ, ())
    return int(after - before)


def test_a_plan_made_on_an_empty_table_is_not_kept(postgres_url: str) -> None:
    with closing(connect_blocking(postgres_url)) as connection:
        connection.tell("INSERT INTO person (id, role, name, created_at) VALUES (1, 'member', '', 1)")
        connection.tell(
            "INSERT INTO place (id, platform, bot, chat, thread, kind) VALUES (1, 'x', '1', '1', '', 'private')"
        )
        for _ in range(8):  # The sixth time the server keeps its plan.
            assert connection.run(sessions.get(SessionId(1))) is None
        connection.tell(_FILL, (_MANY,))
        connection.tell("BEGIN")
        assert connection.run(rows_read()) == _MANY
        for _ in range(blocking._FIRST_PLANS):
            connection.tell("SELECT 1")
        connection.settle()
        assert connection.run(rows_read()) == 1
