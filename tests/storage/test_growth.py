# ruff: noqa: S608  # Only the schema's own numbers are set into the SQL.
"""What is over costs nothing: what a message or a turn needs is found as fast behind ten thousand others as behind ten.

Each function of `storage` that can be asked for something of somebody is asked twice: where they have said little, and
where they have said ten times as much in the same session. Steps of the database's machine are counted, not time. What
takes more by its nature is named here.
"""

import sqlite3
from functools import cache

import pytest

from bot.domain.errors import StorageError
from storage.drivers.sqlite.connection import run
from storage.programs import Program
from tests.storage.neighbours import ANSWER, SELF, Neighbour, furnished, tables
from tests.storage.test_neighbours import ASKED, FUNCTIONS, calls, database

SHORT, LONG = 40, 400
_FIRST = 2_000
_GROWS = 1.3
"""What a long session may cost, of a short one: the B-trees are deeper."""

_PAST = {
    *("message", "active_child", "turn", "shown", "piece", "usage", "ledger"),
    *("attachment", "document", "document_page", "origin"),
}
"""Tables in which what is over stays."""

_WHOLE = {
    *("archive.tree_of", "attachments.of_session", "belongings.of_person", "erasing.erase_person"),
    *("kept_bytes.let_go", "kept_bytes.of_person", "ledger.join", "linking.join", "places.renumber"),
    *("search.remove_session", "sessions.take_back", "turns.questions_of", "tree.open_through"),
}
"""They read or change all of it: to export, list, move, join or erase it, or the whole path of a branch."""

_RARELY = {
    # A press on /stop, /undo or /tokens, a welcome that is taken back, a schedule that asks: of a person or a session.
    *("open_turns.of_payer", "open_turns.of_payer_at", "tree.last_forgotten", "ledger.last_movements"),
    *("ledger.unused_welcome", "linking.taken_by_joining", "scheduled.spent_since"),
}

_BOUNDED = {
    # What was asked in the last ten minutes; what stands between a message and the summary above it; back to the newest
    # question that was shown, which here is none.
    *("going_on.end_of", "going_on.going_on", "summaries.above", "places.last_asked"),
}


@cache
def _furnished(length: int) -> sqlite3.Connection:
    """Somebody whose question stands at the end of a session of so many, of which all others are answered."""
    shared = frozenset(tables()) - _PAST
    raw = furnished(0, tuple(Neighbour(number, None, shared) for number in range(_FIRST, _FIRST + length)))
    raw.execute(f"UPDATE message SET parent = id - 1 + {ANSWER} WHERE id > {_FIRST} AND id < {_FIRST + length}")
    raw.execute(f"UPDATE message SET parent = {_FIRST + length - 1 + ANSWER} WHERE id = {SELF}")
    raw.execute(f"UPDATE turn SET state = 'delivered', attach = 'attached' WHERE id <> {SELF}")
    return raw


def _steps(raw: sqlite3.Connection, program: Program[object]) -> int:
    """How many steps the database's machine takes for a program, of which nothing stays."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    raw.set_progress_handler(step, 1)
    raw.execute("BEGIN")
    try:
        run(raw, program)
    except (sqlite3.IntegrityError, LookupError, StorageError):
        pass
    finally:
        raw.set_progress_handler(None, 1)
        raw.execute("ROLLBACK")
    return steps


def _grows(name: str) -> str:
    """With what a function takes more steps in a long session; "" if it never does."""
    function = FUNCTIONS[name]
    asked = calls(database(0, ()), function, late=False)
    assert asked is not None, name
    for arguments in asked:
        short, long = (_steps(_furnished(length), function(**arguments)) for length in (SHORT, LONG))
        if long > short * _GROWS + 30:
            return f"{name}({arguments}): {short} steps, {long} where there is ten times as much"
    return ""


@pytest.mark.parametrize("module", sorted({name.split(".")[0] for name in ASKED}))
def test_what_is_over_costs_nothing(module: str) -> None:
    asked = [name for name in ASKED if name.split(".")[0] == module and name not in _WHOLE | _RARELY | _BOUNDED]
    found = [grows for name in asked if (grows := _grows(name))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", sorted(_WHOLE | _RARELY | _BOUNDED))
def test_what_is_named_here_does_grow(name: str) -> None:
    assert _grows(name)
