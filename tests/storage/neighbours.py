# ruff: noqa: S608  # Only names from the schema are set into the SQL.
"""A database in which somebody has a row of everything, and neighbours who have the same.

All of it is made from the schema alone. A neighbour has rows of their own throughout, or shares the somebody's person
and place, or their session as well; their names differ in all, or in one respect: the platform, the bot, the chat, the
thread. What may be in several states is in each of them with some neighbour.
"""

import itertools
import sqlite3
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache

import orjson

from bot.domain.blocks import plain_page
from bot.domain.calls import CallPart
from bot.domain.turns import TurnState
from storage.drivers.sqlite import schema
from storage.page_data import page_to_data
from storage.parts import parts_to_json

SELF = 50
"""The number of every row of theirs, but for the answer's."""
ANSWER = 1_000
"""What an answer's number is above its question's."""
AT = 5_000
"""When everything was."""
MOODS = 3
"""How many ways there are in which their rows are: the states of a turn, what is there and what is not."""
BARE, ABSENT = MOODS, MOODS + 1
"""Beside those: they have nothing in a session but a message; or nothing at all."""

_NEXT = 10_000
"""The number of what comes new, whoever is there."""
_USED_AGAIN = {"code_event", "spending", "waiting"}
_KEYS = {
    *("platform", "bot", "chat", "thread", "user_id", "event_key", "remote_id", "name", "process", "worker"),
    *("mode", "origin", "period", "key", "folded", "album", "model", "default_model", "speaker"),
}
"""What rows are found by, and may have in common; everything else tells whose it is."""

_ALWAYS = {"platform", "bot", "chat", "thread", "user_id", "event_key", "name", "remote_id", "process", "worker"}
_JSON = {
    "parts": '[{"text":"words"}]',
    "args": '["x"]',
    "fields": '["y"]',
    "content": orjson.dumps(page_to_data(plain_page("x"))).decode(),
    "call": parts_to_json((CallPart("c", "t", "{}"),)),
    "result": None,
    "problem": "",
}
_KINDS: Mapping[tuple[str, str], tuple[object, ...]] = {
    ("turn", "state"): tuple(state.value for state in TurnState),
    ("turn", "attach"): ("tip", "parent", "attached"),
    ("outbox", "state"): ("queued", "sending"),
    ("given_up", "reason"): ("unreachable", "rejected"),
    ("missed", "reason"): ("unreachable", "no_bot"),
    ("broadcast", "state"): ("going", "draft", "done"),
    ("broadcast", "role"): ("member", "admin", ""),
    ("attachment", "state"): ("waiting", "kept", "read", "refused"),
    ("attachment", "kind"): ("", "pdf"),
    ("ledger", "kind"): ("reserve", "grant", "settle", "refill"),
    ("ledger", "cause"): ("welcome", "refill", "gift"),
    ("code_event", "kind"): ("wrong", "mailed"),
    ("place", "kind"): ("private", "group", "group_thread", "private_thread"),
    ("place", "own_replies"): ("threads", None),
    ("person", "role"): ("member", "stranger", "blocked", "admin"),
    ("identity", "own_role"): ("member", None),
    ("invite", "role"): ("member", "admin"),
    ("session", "title_by"): ("words", "model", "person"),
    ("session", "owner"): (SELF, None),
    ("session", "effort"): ("low", None),
    ("person", "effort"): ("low", None),
    ("person", "rich"): ("auto", None),
    ("person", "previews"): ("edits", None),
    ("person", "steering"): ("wait",),
    ("person", "tools_shown"): ("line",),
    ("message", "indexed"): (0,),
    ("session", "indexed_title"): (None,),
    ("message", "finish"): ("complete",),
    ("summary", "text"): ("summed up", ""),
}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Whose rows have this number, but for what is shared; their names are the somebody's but for these columns."""

    number: int
    differs: Set[str] | None = None
    """None: every name."""
    shares: Set[str] = frozenset()
    """Tables of which they have no row of their own."""


_PERSON = frozenset(
    {"person", "place", "folder", "endpoint", "identity", "keeper", "lease", "process", "consent", "ledger"}
)
_SESSION = _PERSON | {"session", "brought", "active_session"}
_ALL = _SESSION | {"message", "active_child", "turn"}
STRANGERS = (
    *(Neighbour(number) for number in (*range(1, 4), *range(94, 97))),
    *(
        Neighbour(number + further, frozenset(differs))
        for further in (0, 30)
        for number, differs in (
            (31, {"platform"}),
            (32, {"bot", "user_id"}),
            (33, {"chat", "user_id", "event_key", "name"}),
            (34, {"thread", "user_id", "event_key", "remote_id", "name"}),
        )
    ),
)
"""They share nothing."""
IN_OTHER_SESSIONS = tuple(Neighbour(number, None, _PERSON) for number in (*range(12, 15), *range(81, 84)))
"""They are the somebody, in other sessions."""
IN_THE_SESSION = tuple(Neighbour(number, None, _SESSION) for number in (*range(24, 27), *range(75, 78)))
"""They are the somebody in the same session, at other messages."""

AT_HAND = tuple(Neighbour(number, None, _ALL - {"folder", "endpoint"}) for number in (*range(41, 44), *range(97, 100)))
"""They are the somebody, with more of everything that has no message or turn of its own."""


def furnished(mood: int, neighbours: Sequence[Neighbour]) -> sqlite3.Connection:
    """A database with the somebody, in one of `MOODS`, and these neighbours."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    raw.deserialize(_empty())
    raw.execute("PRAGMA foreign_keys = OFF")
    everything = frozenset(tables())
    lacks = {BARE: everything - _PERSON - {"session", "message", "code_event"}, ABSENT: everything}.get(
        mood, frozenset()
    )
    for one in (Neighbour(SELF, None, lacks), *neighbours):
        for table in tables():
            if table not in one.shares:
                for row in _rows(table, one, mood):
                    marks = ", ".join("?" * len(row))
                    raw.execute(
                        f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
                    )
    raw.execute("DELETE FROM sqlite_sequence")
    counted = "SELECT name, ? FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    raw.execute(f"INSERT INTO sqlite_sequence (name, seq) {counted}", (_NEXT,))
    assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("CREATE TEMP TABLE touched (name TEXT)")
    for table, kind in itertools.product(tables(), ("INSERT", "UPDATE", "DELETE")):
        noted = f"BEGIN INSERT INTO touched VALUES ('{table}'); END"
        raw.execute(f"CREATE TEMP TRIGGER {table}_{kind} AFTER {kind} ON main.{table} {noted}")
    return raw


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    kind: str
    needed: bool
    key: bool
    refers: str
    """The table that it refers to."""
    default: str | None


@cache
def _empty() -> bytes:
    raw = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(raw)
    made = raw.serialize()
    raw.close()
    return made


@cache
def tables() -> Mapping[str, list[Column]]:
    """Every table with its columns."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    raw.deserialize(_empty())
    found: dict[str, list[Column]] = {}
    for name, kind in raw.execute("SELECT name, type FROM pragma_table_list WHERE schema = 'main'").fetchall():
        if kind == "table" and not name.startswith("sqlite_") and name not in {"life", "salt"}:
            refers = {row[3]: row[2] for row in raw.execute(f"PRAGMA foreign_key_list('{name}')")}
            found[name] = [
                Column(column, type_, bool(needed), bool(key), refers.get(column, ""), default)
                for _, column, type_, needed, default, key in raw.execute(f"PRAGMA table_info('{name}')")
            ]
    raw.close()
    return found


def _rows(table: str, one: Neighbour, mood: int) -> Iterator[dict[str, object]]:
    row = {column.name: _value(table, column, one, mood) for column in tables()[table]}
    own = SELF if "session" in one.shares else one.number
    answer = (SELF if "message" in one.shares else one.number) + ANSWER
    match table:
        case "message":
            yield row | {"parent": None, "author": "user", "session": own}
            yield row | {"id": one.number + ANSWER, "parent": one.number, "author": "assistant", "session": own}
        case "active_child":
            yield row | {"child": one.number + ANSWER}
        case "turn":
            # A session runs one turn at a time.
            running = own == SELF and one.number != SELF and row["state"] == "running"
            state = "queued" if running else row["state"]
            yield row | {"answer": one.number + ANSWER, "parent": None, "state": state}
        case "outbox" | "summary" | "shown":
            yield row | {"message": answer}
        case "session":
            yield row | {"tip": one.number + ANSWER}
        case _:
            yield row


def _value(table: str, column: Column, one: Neighbour, mood: int) -> object:
    turned = one.number + mood
    if (table, column.name) in _KINDS:
        kinds = _KINDS[table, column.name]
        kind = kinds[turned % len(kinds)]
        return _own(column.refers, one) if kind == SELF else kind
    if column.refers or column.name in {"begun_by", "deleted_by", "forgotten_by"}:
        return _own(column.refers or "person", one)
    if column.name in _JSON:
        return _JSON[column.name]
    if not column.needed and not column.key and column.name not in _ALWAYS and (turned + len(column.name)) % 2:
        return None
    if column.kind == "TEXT":
        if column.default is not None and column.name not in _KEYS:
            # A column that was added later may hold anything: what it holds where nothing is said is read at least.
            return column.default.strip("'")
        same = one.differs is not None and column.name in _KEYS - one.differs and not _is_name_of(table)
        return f"{column.name} {SELF if same else one.number}"
    if column.kind == "REAL":
        return 0.5
    if column.key or column.name == "turn":
        # Where numbers are used again, what comes new would have another one among neighbours above.
        return one.number - 100 if table in _USED_AGAIN and one.number > SELF else one.number
    if column.name == "at" or column.name.endswith(("_at", "_after")):
        return AT
    return (turned + len(column.name)) % 2


def _own(table: str, one: Neighbour) -> int:
    return SELF if table in one.shares else one.number


def _is_name_of(table: str) -> bool:
    """Whether rows of a table are told apart by their names alone."""
    return table in {"lease", "process", "trouble"}


Rows = Set[tuple[object, ...]]


def touched(raw: sqlite3.Connection) -> set[str]:
    """The tables in which a transaction has changed rows."""
    return {name for (name,) in raw.execute("SELECT DISTINCT name FROM touched")}


def contents(raw: sqlite3.Connection, table: str) -> Rows:
    """All rows of a table."""
    return frozenset(raw.execute(f"SELECT * FROM {table}").fetchall())
