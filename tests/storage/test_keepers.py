"""Who keeps a chat is looked up for that chat, however many there are, and however new the tables are to the server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.domain.places import Place
from storage import claims, keepers, outbox, places, processes, speech
from storage.database import open_database
from storage.programs import Program
from tests.storage.conftest import NOW

_CHATS = 100

_READ = """
    SELECT CAST(COALESCE(SUM(COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0)), 0) AS BIGINT)
    FROM pg_stat_xact_user_tables
    WHERE relname IN ('place', 'keeper')
    """
"""How many rows of both were read within this transaction."""


def furnish(process: str) -> Program[None]:
    """Chats that one process keeps."""
    yield from processes.join(process, "", NOW)
    for number in range(_CHATS):
        row, _ = yield from places.open_place(Place("x", "1", str(number)), "")
        assert (yield from keepers.is_ours(row))


def rows_read(program: Program[Any]) -> Program[int]:
    before = yield (_READ, ())
    yield from program
    after = yield (_READ, ())
    return int(after[0][0] - before[0][0])


def asked(process: str, chat: str | None) -> Iterator[Program[Any]]:
    for ask in (outbox.of_bot, claims.sessions_with_queued, speech.wanted):
        yield ask("x", "1", process, chat)


async def test_one_chat_is_found_among_many(postgres_url: str, tmp_path: Path) -> None:
    async with await open_database(tmp_path, url=postgres_url, shared=True) as database:
        process = database.process
        await database.write(furnish(process))
        for program in (keepers.is_ours(_CHATS // 2), *asked(process, "7")):
            assert await database.write(rows_read(program)) <= 4, program
        for program in asked(process, None):
            assert await database.write(rows_read(program)) <= 2 * _CHATS, program
