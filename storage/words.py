"""The full-text indexes, which each database keeps in its own way, and how a program asks for them.

An index holds no text, only where words are; what is taken out of it is named again, word by word.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from storage.programs import Program, Rows
from storage.reach import Condition

Index = Literal["word", "passage_word"]
"""Of messages and titles: row 2n is message n, row 2n + 1 the title of session n. Of documents: a row per passage."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that are looked for as they follow each other; `open_ended`: the last one may go on."""

    words: tuple[str, ...]
    open_ended: bool = False


Query = tuple[tuple[Term, ...], ...]
"""What is looked for: all terms of one of these."""


class Words(Protocol):
    """The indexes of one database. Every method is a program in statements of that database alone."""

    def add(self, index: Index, row: int, words: str) -> Program[Rows]: ...

    def remove(self, index: Index, row: int, words: str) -> Program[Rows]: ...

    def merge(self, index: Index, pages: int) -> Program[Rows]: ...

    def messages_with(self, query: Query, most: int, within: Condition, limit: int, offset: int) -> Program[Rows]: ...

    def passages_with(self, query: Query, limit: int) -> Program[Rows]: ...


def any_of(terms: Iterable[Term]) -> Query:
    """What holds one of these."""
    return tuple((term,) for term in terms)


def add(index: Index, row: int, words: str) -> Program[None]:
    """Take words, separated by spaces, into an index."""

    def asked(own: Words) -> Program[Rows]:
        return own.add(index, row, words)

    yield asked


def remove(index: Index, row: int, words: str) -> Program[None]:
    """Take out of an index exactly what was taken in for this row."""

    def asked(own: Words) -> Program[Rows]:
        return own.remove(index, row, words)

    yield asked


def merge(index: Index, pages: int) -> Program[bool]:
    """Write up to that many pages of an index again; below zero: into one piece, however few there are.

    Returns False when there is nothing left to do.
    """

    def asked(own: Words) -> Program[Rows]:
        return own.merge(index, pages)

    rows = yield asked
    return bool(rows[0][0])


def messages_with(query: Query, most: int, within: Condition, limit: int, offset: int) -> Program[Rows]:
    """In the sessions of a condition, titles before messages, the best first; only the newest `most` uses are read.

    Rows of: session, its title, message (None: the title was found), its author and parts (None as well), moment.
    """

    def asked(own: Words) -> Program[Rows]:
        return own.messages_with(query, most, within, limit, offset)

    return (yield asked)


def passages_with(query: Query, limit: int) -> Program[list[tuple[int, float]]]:
    """Passages and how well each fits, less is better, the best first."""

    def asked(own: Words) -> Program[Rows]:
        return own.passages_with(query, limit)

    rows = yield asked
    return [(passage, rank) for passage, rank in rows]
