"""What people take with them is all that the database holds of them, and nothing of anybody else."""

# ruff: noqa: S608  # Only names from the schema are set into the SQL.

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.ids import PersonId
from storage.belongings import BELONGINGS, of_person
from storage.database import open_database
from tests.support.new_data import open_new

BY_NAME = ("person", "owner", "payer")
LEFT_OUT = {
    "session.owner": "sessions are taken whole, with their trees",
    "session.deleted_by": "of what they deleted themselves, erased within minutes",
    "message.forgotten_by": "of what they took back themselves, erased within minutes",
    "upload.person": "a page that is open for an hour; only the hash of its link is kept",
    "summary.payer": "summaries are given with the sessions that they are of",
    "link_code.person": "a proof that is good for minutes; only its hash is kept",
    "act.admin": "what they did as an admin, in the operator's log",
    "broadcast.admin": "what they told many people as an admin, in the operator's list",
    "page_key.person": "a link or a browser that is logged in; only a hash is kept",
    "outbox.person": "pages on their way into the chat, gone once they are there",
    "given_up.person": "pages that no chat took, sent again or gone within days; answers are given with their sessions",
}
COLUMNS_LEFT_OUT = {
    "summary.payer": "whoever asked before it was made; what they paid stands in the ledger",
    "act.admin": "whoever did it is another person",
    "schedule.awaited": "how the work is done, about schedules that are given",
    "schedule.refusal_told_at": "how the work is done, about schedules that are given",
    "turn.asked_after": "how the work is done, about messages that are given",
    "turn.left_cards": "how the work is done, about messages that are given",
    "fact.folded": "made of the text that is given",
    "brought.tip": "how the work is done, about messages that are given",
    "endpoint.sealed_key": "a key is shown to nobody, not even to whose it is",
    "own_server.login": "a login is shown to nobody, not even to whose it is",
    "own_server.begun": "a login that is open for minutes, sealed",
    **dict.fromkeys(
        (f"turn.{name}" for name in ("attach", "parent", "reply_to", "preview", "album", "separator", "receipt")),
        "how the work is done, about messages that are given",
    ),
    **dict.fromkeys(
        (f"turn.{name}" for name in ("run_after", "said_at", "urgency", "stop_requested", "worker")),
        "how the work is done, about the machine",
    ),
}


@pytest.fixture
async def data(tmp_path: Path) -> AsyncIterator[tuple[Path, sqlite3.Connection]]:
    """A new database, and SQLite's own hands on it."""
    async with await open_new(tmp_path):
        pass
    raw = sqlite3.connect(tmp_path / "parley.db")
    yield tmp_path, raw
    raw.close()


def columns(raw: sqlite3.Connection, table: str) -> dict[str, str]:
    return {name: kind for _, name, kind, _, _, _ in raw.execute(f"PRAGMA table_info('{table}')")}


def pointing(raw: sqlite3.Connection) -> set[str]:
    """Every column that says of a row that it is somebody's."""
    tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found = set()
    for table in tables:
        refers = {row[3] for row in raw.execute(f"PRAGMA foreign_key_list('{table}')") if row[2] == "person"}
        named = {name for name in columns(raw, table) if name in BY_NAME or name.endswith("_by")}
        found |= {f"{table}.{name}" for name in refers | named}
    # The one says "person" or "model", not who; the other names platforms.
    return found - {"session.title_by", "outbox.refused_by"}


async def test_every_table_that_points_to_a_person_is_taken_along_or_named(
    data: tuple[Path, sqlite3.Connection],
) -> None:
    given = {f"{each.table}.{each.column}" for each in BELONGINGS}
    assert pointing(data[1]) == (given | set(LEFT_OUT)) - {
        "person.id",
        "own_model.endpoint",
        "brought.session",
        "summary.session",
        "overheard.user_id",
    }


async def test_every_column_of_these_is_taken_along_or_named(data: tuple[Path, sqlite3.Connection]) -> None:
    lacking = {
        f"{each.table}.{name}"
        for each in BELONGINGS
        # The tree of a session comes whole; of one that is a group's only that they began it.
        if each.table != "session"
        for name in columns(data[1], each.table)
        if name not in each.kept and name != each.column
    }
    assert lacking == set(COLUMNS_LEFT_OUT)


def fill(raw: sqlite3.Connection, person: int) -> None:
    """One row in every table for this person, each of its texts marked as theirs."""
    raw.execute("PRAGMA foreign_keys = OFF")
    for each in BELONGINGS:
        kinds = columns(raw, each.table)
        values = {name: f"mark{person}-{name}" if kind == "TEXT" else person for name, kind in kinds.items()}
        if "parts" in values:
            values["parts"] = "[]"
        names, places = ", ".join(values), ", ".join("?" * len(values))
        raw.execute(f"INSERT INTO {each.table} ({names}) VALUES ({places})", tuple(values.values()))
    raw.commit()


async def test_rows_are_given_to_whose_they_are_and_to_nobody_else(data: tuple[Path, sqlite3.Connection]) -> None:
    directory, raw = data
    for person in (1, 2):
        fill(raw, person)
    async with await open_database(directory) as database:
        for person, other in ((1, 2), (2, 1)):
            taken = await database.read(of_person(PersonId(person)))
            for each in BELONGINGS:
                (row,) = taken[each.table]
                assert tuple(row) == each.kept
            assert f"mark{person}-" in str(taken)
            assert f"mark{other}-" not in str(taken)
            assert "sealed_key" not in str(taken)
