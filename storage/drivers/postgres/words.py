"""The full-text indexes on PostgreSQL: words as `tsvector`, ranked as FTS5 ranks them.

Nothing is left to a configuration of languages: the words come folded, and stand in the index as they come.
PostgreSQL's bounds: a position is at most 16,383, of which a word keeps 256 in one text; a word has at most 2,046
bytes; a text has at most one megabyte of words. So positions begin again in a very long text, which only matters for
characters that are found by what follows them, and the end of an endless text is not found.
"""

from collections.abc import Iterator

from storage.drivers.postgres.keepers import assign as assign
from storage.drivers.postgres.keepers import ours as ours
from storage.drivers.postgres.keepers import tell_of_turn as tell_of_turn
from storage.drivers.postgres.keepers import tell_others as tell_others
from storage.programs import Program, Rows
from storage.reach import Condition
from storage.words import Index, Query, Term

_LAST_POSITION = 16_383
_POSITIONS_OF_A_WORD = 256
_LONGEST_WORD_BYTES = 2_000
_MOST_BYTES = 700_000

_COUNTED = 10_000
"""How many uses of a word are counted to tell how rare it is."""

# BM25 as SQLite's documentation gives it (k1 = 1.2, b = 0.75): rare words count for more, and so do many in
# little text. A term is held where all its words stand side by side, each at its place.
_RANKED = """
    WITH term (number, place, lexeme, size, rarity) AS (
        SELECT *
        FROM unnest(
            CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS TEXT[]), CAST(? AS BIGINT[]),
            CAST(? AS DOUBLE PRECISION[])
        )
    ),
    held AS (
        SELECT id, length, number, rarity, position - place AS begins
        FROM hit
        CROSS JOIN LATERAL unnest(hit.words) AS one (lexeme, positions, weights)
        JOIN term ON {same}
        CROSS JOIN LATERAL unnest(one.positions) AS at (position)
        GROUP BY id, length, number, rarity, size, begins
        HAVING COUNT(*) = size
    ),
    often AS (
        SELECT id, length, number, rarity, COUNT(*) AS times
        FROM held
        GROUP BY id, length, number, rarity
    ),
    ranked AS (
        SELECT id, -SUM(rarity * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * length / average))) AS rank
        FROM often
        CROSS JOIN (
            SELECT CAST(? AS DOUBLE PRECISION) AS average
        ) AS every
        GROUP BY id
    )
    """


def add(index: Index, row: int, words: str) -> Program[Rows]:
    """Take words into an index."""
    length = words.count(" ") + 1
    yield (
        f"""
        INSERT INTO {index} (id, length, words)
        VALUES (?, ?, CAST(? AS TSVECTOR))
        """,
        (row, length, _vector(words)),
    )
    return (yield ("UPDATE index_size SET texts = texts + 1, words = words + ? WHERE name = ?", (length, index)))


def remove(index: Index, row: int, words: str) -> Program[Rows]:
    """Take words out of an index."""
    gone = yield (f"DELETE FROM {index} WHERE id = ? RETURNING length", (row,))
    for (length,) in gone:
        yield ("UPDATE index_size SET texts = texts - 1, words = words - ? WHERE name = ?", (length, index))
    return []


def merge(index: Index, pages: int) -> Program[Rows]:
    """Nothing: PostgreSQL tidies its indexes up by itself."""
    yield from ()
    return [(False,)]


def messages_with(query: Query, most: int, within: Condition, limit: int, offset: int) -> Program[Rows]:
    """Messages and titles, the best first."""
    condition, values = within
    terms = [term for group in query for term in group]
    weighed = yield from _weighed("word", terms)
    return (
        yield (
            f"""
            WITH hit AS MATERIALIZED (
                SELECT id, length, words
                FROM word
                WHERE words @@ CAST(? AS TSQUERY)
                ORDER BY id DESC
                LIMIT ?
            ),
            {_ranking(terms)}
            SELECT session.id, title, message.id, author, parts, COALESCE(message.created_at, updated_at)
            FROM ranked
            LEFT JOIN message ON ranked.id % 2 = 0 AND message.id = ranked.id / 2
            JOIN session ON session.id = CASE ranked.id % 2 WHEN 1 THEN ranked.id / 2 ELSE message.session END
            WHERE deleted_at IS NULL
              AND message.forgotten_at IS NULL
              AND {condition}
            ORDER BY ranked.id % 2 DESC, ranked.rank, ranked.id DESC
            LIMIT ? OFFSET ?
            """,
            (_matching(query), most, *weighed, *values, limit, offset),
        )
    )


def passages_with(query: Query, limit: int) -> Program[Rows]:
    """Passages and their ranks, the best first."""
    terms = [term for group in query for term in group]
    weighed = yield from _weighed("passage_word", terms)
    return (
        yield (
            f"""
            WITH hit AS (
                SELECT id, length, words
                FROM passage_word
                WHERE words @@ CAST(? AS TSQUERY)
            ),
            {_ranking(terms)}
            SELECT id, rank
            FROM ranked
            ORDER BY rank, id
            LIMIT ?
            """,
            (_matching(query), *weighed, limit),
        )
    )


def _ranking(terms: list[Term]) -> str:
    """The ranks of what `hit` gives. Whole words are compared as such, which is much the quicker."""
    same = "one.lexeme ^@ term.lexeme" if any(term.open_ended for term in terms) else "one.lexeme = term.lexeme"
    return _RANKED.replace("WITH ", "", 1).format(same=same)


def _weighed(index: Index, terms: list[Term]) -> Program[tuple[object, ...]]:
    """What `_RANKED` is told: each word of each term, how rare the term is, and how long a text is on average."""
    [(texts, words)] = yield ("SELECT texts, words FROM index_size WHERE name = ?", (index,))
    counts = yield (
        f"""
        SELECT ln(GREATEST(? - uses + 0.5, 0.5) / (uses + 0.5))
        FROM unnest(CAST(? AS TEXT[])) WITH ORDINALITY AS term (query, number)
        CROSS JOIN LATERAL (
            SELECT CAST(COUNT(*) AS DOUBLE PRECISION) AS uses
            FROM (
                SELECT 1
                FROM {index}
                WHERE words @@ CAST(query AS TSQUERY)
                LIMIT {_COUNTED}
            ) AS used
        ) AS counted
        ORDER BY number
        """,
        (texts, [_quoted(term) for term in terms]),
    )
    rows = [
        (number, place, _cut(word), len(term.words), max(rarity, 1e-6))
        for number, (term, (rarity,)) in enumerate(zip(terms, counts, strict=True))
        for place, word in enumerate(term.words)
    ]
    return (*map(list, zip(*rows, strict=True)), words / max(texts, 1) or 1.0)


def _matching(query: Query) -> str:
    """What `@@` is asked."""
    return " | ".join(f"({' & '.join(map(_quoted, terms))})" for terms in query)


def _quoted(term: Term) -> str:
    return " <-> ".join(f"'{_cut(word)}'" for word in term.words) + (":*" if term.open_ended else "")


def _vector(words: str) -> str:
    """The words as a `tsvector` is written: each once, with all its positions."""
    at: dict[str, list[int]] = {}
    for position, word in _positions(words):
        places = at.setdefault(word, [])
        if len(places) < _POSITIONS_OF_A_WORD:
            places.append(position)
    return " ".join(f"'{word}':{','.join(map(str, places))}" for word, places in at.items())


def _positions(words: str) -> Iterator[tuple[int, str]]:
    left = _MOST_BYTES
    for number, word in enumerate(words.split(" ")):
        cut = _cut(word)
        left -= len(cut.encode()) + 2
        if left < 0:
            return
        yield number % _LAST_POSITION + 1, cut


def _cut(word: str) -> str:
    """A word within PostgreSQL's bound."""
    if len(word) * 4 <= _LONGEST_WORD_BYTES:
        return word
    return word.encode()[:_LONGEST_WORD_BYTES].decode(errors="ignore")
