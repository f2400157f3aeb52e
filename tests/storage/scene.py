# ruff: noqa: S608  # Only names from the schema are set into the SQL.
"""A scene for statements: rows put beside each other, apart in one respect at a time, and what a program does to them.

In memory and without a loop: a statement that touches its neighbour's row is seen for a millisecond.
"""

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson

from bot.domain.blocks import plain_page
from bot.domain.ids import TurnId
from storage.drivers.sqlite import schema, words
from storage.page_data import page_to_data
from storage.programs import ByItself, Program, Rows, T, Together

_JSON = {"parts": "[]", "args": "[]", "fields": "[]", "content": orjson.dumps(page_to_data(plain_page("x"))).decode()}

Touched = dict[str, set[object]]
"""The first column of rows that are no longer as they were, by their table."""


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """One of several processes, which keeps none of the chats."""

    told: list[TurnId] = field(default_factory=list)

    def assign(self, _: int, __: str | None) -> Program[Rows]:
        yield from ()
        return [(False,)]

    def tell_of_turn(self, turn: TurnId) -> Program[Rows]:
        self.told.append(turn)
        yield from ()
        return []


class Scene:
    """A database with what a test puts into it."""

    def __init__(self, *, kept_elsewhere: bool = False) -> None:
        self._raw = sqlite3.connect(":memory:", isolation_level=None)
        self._raw.deserialize(_empty())
        self._raw.execute("PRAGMA foreign_keys = ON")
        self._elsewhere = _Elsewhere() if kept_elsewhere else None

    @property
    def told(self) -> list[TurnId]:
        """Of which turns another process was told."""
        return self._elsewhere.told if self._elsewhere else []

    def close(self) -> None:
        self._raw.close()

    def put(self, table: str, **values: object) -> int:
        """A row of a table. What has to be there besides is row 1 of another table, or nothing; gives its number."""
        needed = {column: self._usual(table, column, kind) for column, kind in self._needed(table)}
        row = needed | values
        marks = ", ".join("?" * len(row))
        made = self._raw.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        return made.lastrowid or 0

    def rows(self, query: str) -> Rows:
        """What a query finds."""
        return self._raw.execute(query).fetchall()

    def run(self, program: Program[T]) -> T:
        """What a program gives."""
        try:
            statement = next(program)
            while True:
                answer: Any
                if isinstance(statement, tuple):
                    answer = self._raw.execute(*statement).fetchall()
                elif isinstance(statement, Together):
                    answer = [self.run(one) for one in statement.programs]
                elif isinstance(statement, ByItself):
                    answer = []
                else:
                    answer = self.run(statement(self._elsewhere or words))
                statement = program.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result

    def touched(self, program: Program[T]) -> Touched:
        """The rows that a program changes, brings or takes away."""
        before = self._contents()
        self.run(program)
        after = self._contents()
        found: Touched = defaultdict(set)
        for table, row in before ^ after:
            found[table].add(row[0])
        return dict(found)

    def _needed(self, table: str) -> list[tuple[str, str]]:
        found = self._raw.execute(f"PRAGMA table_info('{table}')").fetchall()
        return [(name, kind) for _, name, kind, needed, default, _ in found if needed and default is None]

    def _usual(self, table: str, column: str, kind: str) -> object:
        if kind == "TEXT":
            return _JSON.get(column, "")
        refers = {name for _, _, _, name, *_ in self._raw.execute(f"PRAGMA foreign_key_list('{table}')")}
        return int(column in refers)

    def _contents(self) -> set[tuple[str, tuple[object, ...]]]:
        tables = (
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'"
        )
        return {(table, row) for (table,) in self.rows(tables) for row in self.rows(f"SELECT * FROM {table}")}


@cache
def _empty() -> bytes:
    """A database with the schema of today."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(raw)
    made = raw.serialize()
    raw.close()
    return made
