"""What must hold of a data directory whatever has happened to its gateway. Read from a backup, as an operator would."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import psycopg

from storage import search
from storage.drivers.sqlite.backup import check_database


def troubles(database: Path, files: Path) -> Iterator[str]:
    """Everything that is wrong with a database that nobody uses, and with the files beside it."""
    check_database(database)
    with closing(sqlite3.connect(database)) as reader:
        yield from _open_ends(reader)
        yield from _ledger(reader)
        yield from _tree(reader)
        yield from _index(reader)
        yield from _files(reader, files)


def troubles_on_server(url: str, files: Path) -> Iterator[str]:
    """Everything that is wrong with a database on PostgreSQL that nobody uses, and with the files of its gateways."""
    with psycopg.connect(url, autocommit=True) as reader:
        yield from _open_ends(reader)
        yield from _ledger(reader)
        yield from _tree(reader)
        yield from _files(reader, files)


class Reader(Protocol):
    """A connection to either database, for statements that mean the same to both."""

    def execute(self, sql: Any, values: Any = ..., /) -> Any: ...


def _open_ends(reader: Reader) -> Iterator[str]:
    for name, sql in {
        "turns that have not ended": "SELECT COUNT(*) FROM turn WHERE ended_at IS NULL",
        "pages that are not shown": "SELECT COUNT(*) FROM outbox",
        "delivered turns without an answer": "SELECT COUNT(*) FROM turn WHERE state = 'delivered' AND answer IS NULL",
        "answers of turns that failed": "SELECT COUNT(*) FROM turn WHERE state = 'failed' AND answer IS NOT NULL",
        "failed turns without a reference": "SELECT COUNT(*) FROM turn WHERE state = 'failed' AND reference IS NULL",
    }.items():
        (count,) = reader.execute(sql).fetchone()
        if count:
            yield f"{count} {name}"


def _ledger(reader: Reader) -> Iterator[str]:
    for person, total in reader.execute("SELECT person, SUM(amount) FROM ledger GROUP BY person"):
        (last,) = reader.execute(
            f"SELECT balance FROM ledger WHERE person = {person} ORDER BY id DESC LIMIT 1"  # noqa: S608
        ).fetchone()
        if last != total:
            yield f"the ledger of person {person} says {last} and sums up to {total}"
        if total < 0:
            yield f"person {person} has {total}"
    entries: defaultdict[int, set[str]] = defaultdict(set)
    for turn, kind in reader.execute("SELECT turn, kind FROM ledger WHERE turn IS NOT NULL"):
        entries[turn].add(kind)
    states = reader.execute("SELECT id, state FROM turn WHERE reserved > 0 ORDER BY id").fetchall()
    for turn, state in states:
        kinds = entries[turn]
        wanted = {"reserve", "settle"} if state == "delivered" else {"reserve", "release"}
        if kinds - {"refund"} != wanted:
            yield f"turn {turn} is {state} and its ledger says {sorted(kinds)}"


def _tree(reader: Reader) -> Iterator[str]:
    for name, sql in {
        "tips that are not there": "SELECT COUNT(*) FROM session LEFT JOIN message ON message.id = tip"
        " WHERE tip IS NOT NULL AND (message.id IS NULL OR message.session <> session.id)",
        "messages below one of another session": "SELECT COUNT(*) FROM message JOIN message AS above"
        " ON above.id = message.parent WHERE above.session <> message.session",
        "answers that hang below nothing": "SELECT COUNT(*) FROM message WHERE author = 'assistant' AND parent IS NULL",
        "answers whose turn answers something else": "SELECT COUNT(*) FROM turn JOIN message ON message.id = answer"
        " WHERE message.parent <> turn.question",
        "messages above themselves": "WITH RECURSIVE up (start, at) AS (SELECT id, parent FROM message UNION"
        " SELECT start, parent FROM up JOIN message ON message.id = at WHERE at <> start)"
        " SELECT COUNT(*) FROM up WHERE at = start",
    }.items():
        (count,) = reader.execute(sql).fetchone()
        if count:
            yield f"{count} {name}"


def _index(reader: sqlite3.Connection) -> Iterator[str]:
    """The full-text index, word by word, beside what the messages and titles say."""
    wanted: set[tuple[int, str]] = set()
    rows = reader.execute(
        "SELECT message.id, parts, owner, session.place FROM message JOIN session ON session.id = message.session"
        " WHERE indexed = 1"
    )
    for number, parts, owner, place in rows:
        text = search.text_of_parts(parts)
        wanted.update((2 * number, search.mark_of(owner, place) + token.word) for token in search.tokens(text))
    rows = reader.execute("SELECT id, indexed_title, owner, place FROM session WHERE indexed_title IS NOT NULL")
    for number, title, owner, place in rows:
        wanted.update((2 * number + 1, search.mark_of(owner, place) + token.word) for token in search.tokens(title))
    reader.execute("CREATE VIRTUAL TABLE temp.indexed USING fts5vocab(main, word, instance)")
    found = set(reader.execute("SELECT doc, term FROM temp.indexed"))
    if found != wanted:
        yield f"the index has {len(found - wanted)} words too many and lacks {len(wanted - found)}"
    (pending,) = reader.execute("SELECT COUNT(*) FROM message WHERE indexed = 0 AND forgotten_at IS NULL").fetchone()
    if pending:
        yield f"{pending} messages are not in the index"


def _files(reader: Reader, files: Path) -> Iterator[str]:
    kept = {sha256 for (sha256,) in reader.execute("SELECT sha256 FROM blob")}
    named = {sha256 for (sha256,) in reader.execute("SELECT sha256 FROM attachment WHERE sha256 IS NOT NULL")}
    # What was just being written in `new` when its process was killed has no name yet, and goes within the hour.
    there = {path.name for path in files.glob("??/*") if path.suffix == ""}
    if missing := kept - there:
        yield f"{len(missing)} files are lost"
    if strange := there - kept:
        yield f"{len(strange)} files belong to nothing"
    if dangling := kept - named:
        yield f"{len(dangling)} files are kept for nobody"
