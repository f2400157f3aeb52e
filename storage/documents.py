"""What was read of files: pages with their text, and the passages in which it is found.

A document belongs to bytes, not to people: who sends the same bytes finds them read. A person reaches it only through
an attachment of a session of theirs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.ids import DocumentId, UnixMs
from storage import search
from storage import words as index
from storage.programs import Program
from storage.words import Term

PASSAGE_LENGTH = 900
"""Characters of a passage, about: a few paragraphs, small enough that a dozen tell much."""

INDEXED_AT_ONCE = 20
"""Passages of one transaction: some milliseconds of the only writer."""

MOST_WORDS = 40
"""Of a question; a whole pasted text as a question must not become a query of ten thousand words."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was read of some bytes. `pages`: how many it has; `most`: how many of them were to be read."""

    id: DocumentId
    sha256: str
    pages: int
    most: int
    complete: bool


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One page; `confidence` 0 to 1, None if the method does not say."""

    number: int
    text: str
    method: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """A passage: `text` is that of its page from `begins` to `ends`."""

    document: DocumentId
    page: int
    begins: int
    ends: int
    text: str


_COLUMNS = "id, sha256, pages, most, complete"

_FOUND = """
        SELECT passage.document, page, begins, ends,
            SUBSTR(text, CAST(begins + 1 AS INTEGER), CAST(ends - begins AS INTEGER))
        FROM passage
        JOIN document_page
          ON document_page.document = passage.document
          AND number = page
        """
"""The columns of `Found`, of every passage."""

# reading


def begin(sha256: str, pages: int, most: int, now: UnixMs) -> Program[Document]:
    """The document of some bytes; created if there is none."""
    yield (
        """
        INSERT INTO document (sha256, pages, most, created_at)
        VALUES (?, ?, ?, ?)
        ON CONFLICT (sha256) DO UPDATE SET pages = excluded.pages, most = excluded.most
        """,
        (sha256, pages, most, now),
    )
    rows = yield (f"SELECT {_COLUMNS} FROM document WHERE sha256 = ?", (sha256,))
    return _document(rows[0])


def of_bytes(sha256: str) -> Program[Document | None]:
    """What was read of these bytes, complete or not."""
    rows = yield (f"SELECT {_COLUMNS} FROM document WHERE sha256 = ?", (sha256,))
    return _document(rows[0]) if rows else None


def _document(row: tuple[Any, ...]) -> Document:
    number, sha256, pages, most, complete = row
    return Document(number, sha256, pages, most, bool(complete))


def add_page(document: DocumentId, page: DocumentPage) -> Program[None]:
    """Keep what was read of a page."""
    yield (
        """
        INSERT INTO document_page (document, number, text, method, confidence)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        (document, page.number, page.text, page.method, page.confidence),
    )


def numbers_read(document: DocumentId) -> Program[set[int]]:
    """The pages that have been read."""
    rows = yield ("SELECT number FROM document_page WHERE document = ?", (document,))
    return {number for (number,) in rows}


def pages(document: DocumentId) -> Program[list[DocumentPage]]:
    """Its pages, in order."""
    rows = yield (
        """
        SELECT number, text, method, confidence
        FROM document_page
        WHERE document = ?
        ORDER BY number
        """,
        (document,),
    )
    return [DocumentPage(*row) for row in rows]


def length(document: DocumentId) -> Program[int]:
    """How many characters were read."""
    rows = yield ("SELECT COALESCE(SUM(LENGTH(text)), 0) FROM document_page WHERE document = ?", (document,))
    total: int = rows[0][0]
    return total


def finish(document: DocumentId) -> Program[None]:
    """Everything that should be read has been, and can be found."""
    yield ("UPDATE document SET complete = TRUE WHERE id = ?", (document,))


# finding


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Where the passages of a page begin and end: cut at paragraphs, else lines, else words, never twice the length."""
    start = 0
    while start < len(text):
        end = min(len(text), start + PASSAGE_LENGTH)
        if end < len(text):
            least = start + PASSAGE_LENGTH // 2
            cuts = (text.rfind(sign, least, end) + len(sign) for sign in ("\n\n", "\n", ". ", " "))
            end = next((cut for cut in cuts if cut > least), end)
        yield start, end
        start = end


def index_some(document: DocumentId) -> Program[bool]:
    """Make a few more of its passages findable; False when all are."""
    rows = yield (
        """
        SELECT number, text
        FROM document_page AS own
        WHERE document = ?
          AND NOT EXISTS (
              SELECT 1
              FROM passage
              WHERE passage.document = own.document
                AND page = number
          )
        ORDER BY number
        LIMIT ?
        """,
        (document, INDEXED_AT_ONCE),
    )
    count = 0
    for number, text in rows:
        if count >= INDEXED_AT_ONCE:
            break
        for begins, ends in pieces(text) if text else ((0, 0),):
            made = yield (
                """
                INSERT INTO passage (document, page, begins, ends)
                VALUES (?, ?, ?, ?)
                RETURNING id
                """,
                (document, number, begins, ends),
            )
            if words := _indexed(document, text[begins:ends]):
                yield from index.add("passage_word", made[0][0], words)
            count += 1
    return bool(rows)


def index_again(after: int, most: int) -> Program[int | None]:
    """Make up to `most` passages behind one findable, in an index that holds none of them; returns the last, if any."""
    rows = yield (
        """
        SELECT passage.id, passage.document,
            SUBSTR(text, CAST(begins + 1 AS INTEGER), CAST(ends - begins AS INTEGER))
        FROM passage
        JOIN document_page
          ON document_page.document = passage.document
          AND number = page
        WHERE passage.id > ?
        ORDER BY passage.id
        LIMIT ?
        """,
        (after, most),
    )
    for passage, document, text in rows:
        if words := _indexed(document, text):
            yield from index.add("passage_word", passage, words)
    return rows[-1][0] if rows else None


def find(documents: Sequence[DocumentId], words: str, limit: int) -> Program[list[Found]]:
    """The passages that hold the rarest and the most of the words, best first."""
    asked = list(dict.fromkeys(token.word for token in search.tokens(words)))[:MOST_WORDS]
    found: list[tuple[float, Found]] = []
    for document in documents:
        query = index.any_of(Term((_mark(document) + word,)) for word in asked)
        if not query:
            continue
        for passage, rank in (yield from index.passages_with(query, limit)):
            found.extend((rank, each) for each in (yield from _found(passage)))
    return [passage for _, passage in sorted(found, key=lambda each: each[0])[:limit]]


def _found(passage: int) -> Program[list[Found]]:
    rows = yield (
        f"""
        {_FOUND}
        WHERE passage.id = ?
        """,
        (passage,),
    )
    return [Found(*row) for row in rows]


def neighbours(passage: Found) -> Program[list[Found]]:
    """The passages before and behind one, on its page or the next."""
    rows = yield (
        f"""
        {_FOUND}
        WHERE passage.document = ?
          AND (page, begins) IN (
              SELECT page, begins
              FROM (
                  SELECT page, begins
                  FROM passage
                  WHERE document = ?
                    AND (page, begins) < (?, ?)
                  ORDER BY page DESC, begins DESC
                  LIMIT 1
              ) AS neighbour
              UNION ALL
              SELECT page, begins
              FROM (
                  SELECT page, begins
                  FROM passage
                  WHERE document = ?
                    AND (page, begins) > (?, ?)
                  ORDER BY page, begins
                  LIMIT 1
              ) AS neighbour
          )
        """,
        (passage.document, *2 * (passage.document, passage.page, passage.begins)),
    )
    return [Found(*row) for row in rows]


def _mark(document: DocumentId) -> str:
    return f"d{document}x"


def _indexed(document: DocumentId, text: str) -> str:
    mark = _mark(document)
    return " ".join(mark + token.word for token in search.tokens(text))


# letting go


def unused() -> Program[list[DocumentId]]:
    """Documents that no attachment refers to any longer."""
    rows = yield (
        """
        SELECT id
        FROM document
        WHERE NOT EXISTS (
            SELECT 1 FROM attachment WHERE attachment.sha256 = document.sha256
        )
        """,
        (),
    )
    return [number for (number,) in rows]


def erase(document: DocumentId) -> Program[None]:
    """Erase a document with its pages, and take its words out of the index."""
    rows = yield (
        """
        SELECT passage.id, SUBSTR(text, CAST(begins + 1 AS INTEGER), CAST(ends - begins AS INTEGER))
        FROM passage
        JOIN document_page
          ON document_page.document = passage.document
          AND number = page
        WHERE passage.document = ?
        """,
        (document,),
    )
    for passage, text in rows:
        if words := _indexed(document, text):
            yield from index.remove("passage_word", passage, words)
    yield ("DELETE FROM document WHERE id = ?", (document,))


def merge() -> Program[bool]:
    """One small step towards an index without anything that was taken out of it; False when it is there."""
    return (yield from index.merge("passage_word", -search.MERGED_PAGES))
