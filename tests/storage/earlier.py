# ruff: noqa: S608  # Only names from the schema are set into the SQL.
"""Databases of earlier schemas: made by the migrations themselves, filled, and compared before and after."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.drivers.sqlite.schema import migrations

ROWS = 3
"""In every table. The second has nothing in every column that may be empty."""

RENAMED: Mapping[str, Mapping[str, str]] = {
    "turn": {"hang": "attach", "joint": "separator"},
    "piece": {"joint": "separator"},
    "tool_call": {"reads": "repeatable"},
}
"""Columns by their earlier names."""

REPLACED: Mapping[str, Mapping[str, str]] = {
    "person": {"streaming": "previews"},
    "turn": {"lease_until": "worker"},
}
"""Columns that are gone, and those that hold by now what they meant: a test of its own says how."""

Table = tuple[Mapping[str, object], ...]
Contents = Mapping[str, Table]


def make(path: Path, version: int) -> sqlite3.Connection:
    """An empty database of this schema; keys are not enforced while it is filled."""
    path.write_bytes(_file(version))
    return _open(path)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous = OFF")  # No machine fails here, and a busy disk takes a second for each step.
    return database


@cache
def _file(version: int) -> bytes:
    """The file of a database of this schema, made once per process: the one before it, and one step more."""
    if version == 0:
        return b""
    step = migrations()[version - 1]
    with TemporaryDirectory() as directory:
        path = Path(directory) / "earlier.db"
        path.write_bytes(_file(version - 1))
        with closing(_open(path)) as raw:
            raw.executescript(f"BEGIN; {step.sql}; PRAGMA user_version = {step.number}; COMMIT;")
        return path.read_bytes()


def columns(raw: sqlite3.Connection, table: str) -> list[str]:
    """The names of a table's columns."""
    return [name for _, name, *_ in raw.execute(f"PRAGMA table_info('{table}')")]


def tables(raw: sqlite3.Connection) -> list[str]:
    """All tables of ours; full-text indexes are apart, see `words`."""
    found = raw.execute("SELECT name, type FROM pragma_table_list WHERE schema = 'main'").fetchall()
    return sorted(name for name, kind in found if kind == "table" and not name.startswith("sqlite_"))


def indexes(raw: sqlite3.Connection) -> list[str]:
    """The full-text indexes."""
    return [name for (name,) in raw.execute("SELECT name FROM pragma_table_list WHERE type = 'virtual'")]


def fill(raw: sqlite3.Connection) -> None:
    """Rows for every table, made from the schema alone. Row n refers to row n of the others."""
    raw.execute("PRAGMA foreign_keys = OFF")
    for table in tables(raw):
        raw.execute(f"DELETE FROM {table}")
        for number in range(1, ROWS + 1):
            row = dict(_row(raw, table, number))
            marks = ", ".join("?" * len(row))
            raw.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    for index in indexes(raw):
        for number in range(1, ROWS + 1):
            raw.execute(f"INSERT INTO {index} (rowid, words) VALUES (?, ?)", (number, f"kept{number}"))
    assert raw.execute("PRAGMA foreign_key_check").fetchall() == []


def _row(raw: sqlite3.Connection, table: str, number: int) -> Iterator[tuple[str, object]]:
    referring = {column for _, _, _, column, *_ in raw.execute(f"PRAGMA foreign_key_list('{table}')")}
    for _, name, kind, needed, _, key in raw.execute(f"PRAGMA table_info('{table}')"):
        if number == 2 and not needed and not key:
            continue
        if kind == "TEXT":
            yield name, f"{table} {name} {number} ü🙂"
        elif kind == "REAL":
            yield name, number + 0.5
        else:
            # A number that no other column has, unless it refers to a row or names one.
            yield name, number if name in referring or key else 1_000 * len(name) + 10 * number


def contents(raw: sqlite3.Connection) -> Contents:
    """Everything that the tables hold, row by row in the order of their first columns."""
    return {table: _rows(raw, table, columns(raw, table)) for table in tables(raw)}


def _rows(raw: sqlite3.Connection, table: str, names: Sequence[str]) -> Table:
    found = raw.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {', '.join(names)}")
    return tuple(dict(zip(names, row, strict=True)) for row in found)


def lost(before: Contents, raw: sqlite3.Connection) -> list[str]:
    """What a database no longer holds of what it held, by table and column."""
    missing = []
    for table, rows in before.items():
        if table not in tables(raw):
            missing.append(table)
            continue
        there = set(columns(raw, table))
        gone = {name for name, by in REPLACED.get(table, {}).items() if by in there}
        now = {name: _name_in(there, table, name) for name in (rows[0] if rows else ()) if name not in gone}
        missing += [f"{table}.{name}" for name in now if now[name] not in there]
        kept = [name for name in now if now[name] in there]
        if sorted(_rows(raw, table, [now[name] for name in kept]), key=repr) != sorted(
            ({now[name]: row[name] for name in kept} for row in rows), key=repr
        ):
            missing.append(table)
    return missing


def _name_in(there: set[str], table: str, name: str) -> str:
    """What a column is called by now, if it has been renamed."""
    return name if name in there else RENAMED.get(table, {}).get(name, name)


def words(raw: sqlite3.Connection) -> list[str]:
    """The full-text indexes in which not every word is found at its row."""
    query = "SELECT rowid FROM {index} WHERE {index} MATCH ?"
    return [
        index
        for index in indexes(raw)
        for number in range(1, ROWS + 1)
        if raw.execute(query.format(index=index), (f"kept{number}",)).fetchall() != [(number,)]
    ]


def copy_into(raw: sqlite3.Connection, source: Path) -> None:
    """Fill a database of an earlier schema with what a newer one holds, as far as it has tables and columns for it."""
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("ATTACH DATABASE ? AS newer", (str(source),))
    for table in tables(raw):
        there = {name for _, name, *_ in raw.execute(f"PRAGMA newer.table_info('{table}')")}
        now = {name: _name_in(there, table, name) for name in columns(raw, table)}
        names = ", ".join(name for name in now if now[name] in there)
        values = ", ".join(now[name] for name in now if now[name] in there)
        raw.execute(f"DELETE FROM {table}")
        raw.execute(f"INSERT INTO main.{table} ({names}) SELECT {values} FROM newer.{table}")
    # The words are indexed again.
    raw.execute("UPDATE message SET indexed = 0")
    raw.execute("UPDATE session SET indexed_title = NULL")
    raw.execute("DETACH DATABASE newer")
    assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
