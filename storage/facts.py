"""What people chose to have remembered. Whoever changes one names it by its id, which a change gives another:

what was changed elsewhere in the meantime is then no longer there under that id, and nothing of it is overwritten.
"""

from enum import Enum

from bot.domain import facts
from bot.domain.facts import Fact
from bot.domain.ids import FactId, PersonId, UnixMs
from storage.programs import Program


class Kept(Enum):
    """What became of a fact that somebody wants kept."""

    NEW = "new"
    KNOWN = "known"
    """They have it already."""
    FULL = "full"
    """They have as many as one may have."""
    BESIDE = "beside"
    """The one that it was to replace is gone or was changed meanwhile: it is kept beside what is there."""


def of_person(person: PersonId) -> Program[list[Fact]]:
    """All of a person: what is pinned first, then the newest."""
    rows = yield (
        """
        SELECT id, text, pinned
        FROM fact
        WHERE person = ?
        ORDER BY pinned DESC, id DESC
        """,
        (person,),
    )
    return [Fact(number, text, bool(pinned)) for number, text, pinned in rows]


def find(person: PersonId, fact: FactId) -> Program[Fact | None]:
    """A fact, if it is this person's and still there."""
    rows = yield ("SELECT id, text, pinned FROM fact WHERE person = ? AND id = ?", (person, fact))
    return Fact(rows[0][0], rows[0][1], bool(rows[0][2])) if rows else None


def knows(person: PersonId, text: str) -> Program[bool]:
    """Whether they have this fact."""
    rows = yield ("SELECT 1 FROM fact WHERE person = ? AND folded = ?", (person, facts.folded(text)))
    return bool(rows)


def add(person: PersonId, text: str, now: UnixMs, *, pinned: bool = False) -> Program[Kept]:
    """Keep a fact. `text` is clean and not too long."""
    if (yield from knows(person, text)):
        return Kept.KNOWN
    rows = yield ("SELECT COUNT(*) FROM fact WHERE person = ?", (person,))
    if rows[0][0] >= facts.MOST_FACTS:
        return Kept.FULL
    return (yield from _put(person, text, now, pinned=pinned))


def _put(person: PersonId, text: str, now: UnixMs, *, pinned: bool) -> Program[Kept]:
    rows = yield (
        """
        INSERT INTO fact (person, text, folded, pinned, created_at)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        (person, text, facts.folded(text), pinned, now),
    )
    return Kept.NEW if rows else Kept.KNOWN


def edit(person: PersonId, fact: FactId, text: str, now: UnixMs) -> Program[Kept]:
    """Put another text in the place of a fact."""
    rows = yield ("DELETE FROM fact WHERE person = ? AND id = ? RETURNING pinned", (person, fact))
    if rows:
        return (yield from _put(person, text, now, pinned=bool(rows[0][0])))
    kept = yield from add(person, text, now)
    return Kept.BESIDE if kept is Kept.NEW else kept


def set_pinned(person: PersonId, fact: FactId, pinned: bool) -> Program[None]:
    """Tell models of it before others, or no longer."""
    yield ("UPDATE fact SET pinned = ? WHERE person = ? AND id = ?", (pinned, person, fact))


def erase(person: PersonId, fact: FactId) -> Program[bool]:
    """Erase a fact; False if it is gone, or was changed since that id was shown."""
    rows = yield ("DELETE FROM fact WHERE person = ? AND id = ? RETURNING id", (person, fact))
    return bool(rows)


def erase_all(person: PersonId, newest: FactId) -> Program[int]:
    """Erase all that there were when `newest` was the newest; says how many. What came or changed since stays."""
    rows = yield ("DELETE FROM fact WHERE person = ? AND id <= ? RETURNING id", (person, newest))
    return len(rows)


def join(survivor: PersonId, gone: PersonId) -> Program[None]:
    """All of one account to another, each once; pinned where either has it pinned."""
    yield (
        """
        UPDATE fact
        SET pinned = TRUE
        WHERE person = ?
          AND folded IN (SELECT folded FROM fact WHERE person = ? AND pinned)
        """,
        (survivor, gone),
    )
    yield (
        """
        UPDATE fact
        SET person = ?
        WHERE person = ?
          AND folded NOT IN (SELECT folded FROM fact WHERE person = ?)
        """,
        (survivor, gone, survivor),
    )
