"""Full-text search over titles and messages, in any language.

Every word is kept under whose it is: in the index it stands behind a mark such as "p17x" (person 17) or "l5x" (place
5), so that somebody's words lie side by side, a search walks through nobody else's, and even the rank of a word is that
among one's own. Words are found by their beginnings, without regard to case and accents. Scripts that are written
without spaces, and emoji, are kept character by character and found as phrases.

The index holds no text, only where words stand; what is taken out of it has to be named again, word by word. Taken out
words stay in the file until `merge` has folded the index.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.ids import MessageId, PersonId, SessionId, UnixMs
from bot.domain.messages import text_of
from bot.domain.sessions import Elsewhere, Reach
from storage import words as index
from storage.parts import parts_from_json
from storage.programs import Program
from storage.reach import begun_in, either, within
from storage.words import Term

MOST_HITS = 200
MOST_PLACES = 100
"""How many other places somebody has begun sessions in are searched."""
PENDING_AT_ONCE = 40
"""One step takes some 6 ms of the only writer; others write between the steps."""
PENDING_LENGTH = 30_000
"""The same in characters of text, for messages that are whole documents."""
TIDIED_PAGES = 8
MERGED_PAGES = 64
"""Pages of the index that one step of `merge` may write: a few milliseconds."""

# Chinese and Japanese, Thai to Burmese and Khmer, and everything that is a symbol (emoji are).
_SIGN = (
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    r"\u2190-\u2bff\U0001f000-\U0001faff\U00020000-\U0003ffff]"
)
_TOKEN = re.compile(rf"{_SIGN}|(?:(?!{_SIGN})[^\W_])+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a character that is a word: folded, and where it is in its text."""

    word: str
    start: int
    end: int
    is_sign: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found; `message` None: the title of the session."""

    session: SessionId
    title: str
    message: MessageId | None
    author: str
    text: str
    at: UnixMs


def tokens(text: str) -> Iterator[Token]:
    """The words of a text, as the index knows them."""
    for found in _TOKEN.finditer(text):
        word = found[0]
        is_sign = len(word) == 1 and re.fullmatch(_SIGN, word) is not None
        yield Token(_folded(word), found.start(), found.end(), is_sign)


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character)) or word


# keeping the index


def index_pending(most: int = PENDING_AT_ONCE) -> Program[int]:
    """Take up to `most` messages and titles into the index that are not there yet; says how many it were.

    What is said is not indexed in the transaction that keeps it: each such transaction would write a piece of index of
    its own, and merging them held up the answers of others (30 ms, once in a hundred). So it is done in batches: every
    minute, and before a search.
    """
    rows = yield (
        """
        SELECT message.id, parts, owner, session.place
        FROM message
        JOIN session ON session.id = message.session
        WHERE NOT indexed
        ORDER BY message.id
        LIMIT ?
        """,
        (most,),
    )
    left = PENDING_LENGTH
    for number, parts, owner, place in rows:
        yield from _add(2 * number, mark_of(owner, place), text_of_parts(parts))
        yield ("UPDATE message SET indexed = TRUE WHERE id = ?", (number,))
        left -= len(parts)
        if left < 0:
            break
    titles = yield (
        """
        SELECT id, title, indexed_title, owner, place
        FROM session
        WHERE indexed_title IS DISTINCT FROM title
        LIMIT ?
        """,
        (most,),
    )
    for number, title, indexed, owner, place in titles:
        if indexed is not None:
            yield from _remove(2 * number + 1, mark_of(owner, place), indexed)
        yield from _add(2 * number + 1, mark_of(owner, place), title)
        yield ("UPDATE session SET indexed_title = title WHERE id = ?", (number,))
    return len(rows) + len(titles)


def remove_message(message: MessageId) -> Program[None]:
    """Take a message out of the index, if it is there."""
    rows = yield (
        """
        SELECT parts, owner, session.place
        FROM message
        JOIN session ON session.id = message.session
        WHERE message.id = ?
          AND indexed
        """,
        (message,),
    )
    for parts, owner, place in rows:
        yield from _remove(2 * message, mark_of(owner, place), text_of_parts(parts))
        yield ("UPDATE message SET indexed = FALSE WHERE id = ?", (message,))


def remove_session(session: SessionId) -> Program[None]:
    """Take a session out of the index, with its title and all its messages."""
    rows = yield ("SELECT indexed_title, owner, place FROM session WHERE id = ?", (session,))
    for title, owner, place in rows:
        if title is not None:
            yield from _remove(2 * session + 1, mark_of(owner, place), title)
            yield ("UPDATE session SET indexed_title = NULL WHERE id = ?", (session,))
    messages = yield ("SELECT id FROM message WHERE session = ? AND indexed", (session,))
    for (message,) in messages:
        yield from remove_message(message)


def mark_of(owner: PersonId | None, place: int) -> str:
    """The mark under which the words of a session are indexed."""
    return f"p{owner}x" if owner is not None else f"l{place}x"


def _mark_within(reach: Reach) -> str:
    return mark_of(reach.owner, reach.place or 0)


def _add(row: int, mark: str, text: str) -> Program[None]:
    if indexed := _indexed(mark, text):
        yield from index.add("word", row, indexed)


def _remove(row: int, mark: str, text: str) -> Program[None]:
    if indexed := _indexed(mark, text):
        yield from index.remove("word", row, indexed)


def _indexed(mark: str, text: str) -> str:
    return " ".join(mark + token.word for token in tokens(text))


def tidy() -> Program[bool]:
    """One small step towards an index in few pieces; False when it is there.

    SQLite would do that by itself within the transaction of somebody who happens to write, at 50 ms.
    """
    return (yield from index.merge("word", TIDIED_PAGES))


def merge() -> Program[bool]:
    """One small step towards an index without anything that was taken out of it; False when it is there."""
    return (yield from index.merge("word", -MERGED_PAGES))


# searching


def find(
    reach: Reach, words: str, limit: int, offset: int = 0, elsewhere: Elsewhere | None = None
) -> Program[list[Hit]]:
    """What within `reach` and `elsewhere` holds all the words, best first, of very common words only the newest uses.

    Titles come before messages, much of the words in little text before the rest.
    """
    marks, condition = [_mark_within(reach)], within(reach)
    if elsewhere is not None:
        marks += yield from _marks_of(elsewhere)
        condition = either(condition, begun_in(elsewhere))
    query = tuple(terms for mark in marks if (terms := _terms(mark, words)))
    if not query:
        return []
    rows = yield from index.messages_with(query, MOST_HITS, condition, limit, offset)
    return [
        Hit(session, title, message, author or "", text_of_parts(parts), at)
        for session, title, message, author, parts, at in rows
    ]


def _marks_of(elsewhere: Elsewhere) -> Program[list[str]]:
    """The marks of the places where somebody has begun sessions, the last used first."""
    condition, values = begun_in(elsewhere)
    rows = yield (
        f"""
        SELECT place
        FROM session
        WHERE {condition}
          AND deleted_at IS NULL
        GROUP BY place
        ORDER BY MAX(updated_at) DESC
        LIMIT ?
        """,
        (*values, MOST_PLACES),
    )
    return [mark_of(None, place) for (place,) in rows]


def text_of_parts(parts: str | None) -> str:
    """What of a message's parts (as they are kept) is in the index."""
    return text_of(parts_from_json(parts)) if parts else ""


def _terms(mark: str, words: str) -> tuple[Term, ...]:
    """What was typed: each word by its beginning, characters side by side as a phrase."""
    terms: list[Term] = []
    phrase: list[str] = []
    end = -1
    for token in tokens(words):
        if phrase and not (token.is_sign and token.start == end):
            terms.append(Term(tuple(phrase)))
            phrase = []
        if token.is_sign:
            phrase.append(mark + token.word)
        else:
            terms.append(Term((mark + token.word,), open_ended=True))
        end = token.end
    if phrase:
        terms.append(Term(tuple(phrase)))
    return tuple(terms)
