"""The full-text indexes on SQLite: what FTS5 needs to be told.

An index holds no text, only where words are. What is taken out of it has to be named again, word by word, and stays in
the file until steps of `merge` have rewritten the index.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from storage.programs import Program, Rows
from storage.reach import Condition

Index = Literal["word", "passage_word"]
"""Of messages and titles: row 2n is message n, row 2n + 1 the title of session n. Of documents: a row per passage."""

# SQLite's documentation of 'merge': fewer changes than this mean that there was nothing left to do.
_CHANGES_OF_A_MERGE = 2


@dataclass(frozen=True, slots=True)
class Term:
    """Words that are looked for as they follow each other; `open_ended`: the last one may go on."""

    words: tuple[str, ...]
    open_ended: bool = False


def all_of(terms: Iterable[Term]) -> str:
    """What holds each of these, as FTS5 is asked; "" for no terms."""
    return " AND ".join(map(_quoted, terms))


def any_of(terms: Iterable[Term]) -> str:
    """What holds one of these, as FTS5 is asked; "" for no terms."""
    return " OR ".join(map(_quoted, terms))


def one_of(queries: Iterable[str]) -> str:
    """What one of these finds; "" for none."""
    return " OR ".join(f"({query})" for query in queries if query)


def _quoted(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + ("*" if term.open_ended else "")


def add(index: Index, row: int, words: str) -> Program[None]:
    """Take words, separated by spaces, into an index."""
    yield (f"INSERT INTO {index} (rowid, words) VALUES (?, ?)", (row, words))


def remove(index: Index, row: int, words: str) -> Program[None]:
    """Take out of an index exactly what was taken in for this row."""
    yield (f"INSERT INTO {index} ({index}, rowid, words) VALUES ('delete', ?, ?)", (row, words))


def merge(index: Index, pages: int) -> Program[bool]:
    """Write up to so many pages of an index again; below zero: into one piece, however few there are.

    Returns False when there is nothing left to do.
    """
    before = yield ("SELECT total_changes()", ())
    yield (f"INSERT INTO {index} ({index}, rank) VALUES ('merge', ?)", (pages,))
    after = yield ("SELECT total_changes()", ())
    return bool(after[0][0] - before[0][0] >= _CHANGES_OF_A_MERGE)


def messages_with(query: str, most: int, within: Condition, limit: int, offset: int) -> Program[Rows]:
    """In the sessions of a condition, titles before messages, the best first; only the newest `most` uses are read.

    Rows of: session, its title, message (None: the title was found), its author and parts (None as well), moment.
    """
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
            (query, most, *values, limit, offset),
        )
    )


def passages_with(query: str, limit: int) -> Program[Sequence[tuple[int, float]]]:
    """Passages and how well each fits, less is better, the best first."""
    return (
        yield (
            """
            SELECT rowid, rank
            FROM passage_word
            WHERE passage_word MATCH ?
            ORDER BY rank
            LIMIT ?
            """,
            (query, limit),
        )
    )
