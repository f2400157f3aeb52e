"""The full-text indexes on SQLite: what FTS5 needs to be told.

An index holds no text, only where words are. What is taken out of it has to be named again, word by word, and stays in
the file until steps of `merge` have rewritten the index.
"""

from storage.drivers.sqlite.keepers import assign as assign
from storage.drivers.sqlite.keepers import ours as ours
from storage.drivers.sqlite.keepers import tell_of_turn as tell_of_turn
from storage.drivers.sqlite.keepers import tell_others as tell_others
from storage.programs import Program, Rows
from storage.reach import Condition
from storage.words import Index, Query, Term

# SQLite's documentation of 'merge': fewer changes than this mean that there was nothing left to do.
_CHANGES_OF_A_MERGE = 2


def _matching(query: Query) -> str:
    """What FTS5 is asked."""
    return " OR ".join(f"({' AND '.join(map(_quoted, terms))})" for terms in query)


def _quoted(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + ("*" if term.open_ended else "")


def add(index: Index, row: int, words: str) -> Program[Rows]:
    """Take words into an index."""
    return (yield (f"INSERT INTO {index} (rowid, words) VALUES (?, ?)", (row, words)))


def remove(index: Index, row: int, words: str) -> Program[Rows]:
    """Take words out of an index."""
    return (yield (f"INSERT INTO {index} ({index}, rowid, words) VALUES ('delete', ?, ?)", (row, words)))


def merge(index: Index, pages: int) -> Program[Rows]:
    """One step of merging; a row that says whether it did anything."""
    before = yield ("SELECT total_changes()", ())
    yield (f"INSERT INTO {index} ({index}, rank) VALUES ('merge', ?)", (pages,))
    after = yield ("SELECT total_changes()", ())
    return [(after[0][0] - before[0][0] >= _CHANGES_OF_A_MERGE,)]


def messages_with(query: Query, most: int, within: Condition, limit: int, offset: int) -> Program[Rows]:
    """Messages and titles, the best first."""
    condition, values = within
    return (
        yield (
            f"""
            SELECT session.id, title, message.id, author, parts, COALESCE(message.created_at, updated_at)
            FROM (
                SELECT rowid, rank
                FROM word
                WHERE word MATCH ?
                ORDER BY rowid DESC
                LIMIT ?
            ) AS hit
            LEFT JOIN message ON hit.rowid % 2 = 0 AND message.id = hit.rowid / 2
            JOIN session ON session.id = CASE hit.rowid % 2 WHEN 1 THEN hit.rowid / 2 ELSE message.session END
            WHERE deleted_at IS NULL
              AND message.forgotten_at IS NULL
              AND {condition}
            ORDER BY hit.rowid % 2 DESC, hit.rank, hit.rowid DESC
            LIMIT ? OFFSET ?
            """,
            (_matching(query), most, *values, limit, offset),
        )
    )


def passages_with(query: Query, limit: int) -> Program[Rows]:
    """Passages and their ranks, the best first."""
    return (
        yield (
            """
            SELECT rowid, rank
            FROM passage_word
            WHERE passage_word MATCH ?
            ORDER BY rank
            LIMIT ?
            """,
            (_matching(query), limit),
        )
    )
