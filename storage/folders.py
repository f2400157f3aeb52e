"""Folders: a person's own drawers for sessions. A session is in one or in none."""

from dataclasses import dataclass

from bot.domain.ids import FolderId, PersonId, UnixMs
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, and how many sessions are in it."""

    id: FolderId
    name: str
    sessions: int = 0


def add(owner: PersonId, name: str, now: UnixMs) -> Program[FolderId]:
    """The folder of that name; created if there is none."""
    yield (
        """
        INSERT INTO folder (owner, name, created_at)
        VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        (owner, name, now),
    )
    rows = yield ("SELECT id FROM folder WHERE owner = ? AND name = ?", (owner, name))
    number: FolderId = rows[0][0]
    return number


def of_owner(owner: PersonId) -> Program[list[Folder]]:
    """A person's folders by name."""
    rows = yield (
        """
        SELECT folder.id, name, COUNT(session.id)
        FROM folder
        LEFT JOIN session
          ON session.folder = folder.id
          AND deleted_at IS NULL
        WHERE folder.owner = ?
        GROUP BY folder.id
        ORDER BY lower(name), folder.id
        """,
        (owner,),
    )
    return [Folder(*row) for row in rows]


def find(owner: PersonId, folder: FolderId) -> Program[Folder | None]:
    """A folder, if it is this person's."""
    rows = yield ("SELECT id, name FROM folder WHERE owner = ? AND id = ?", (owner, folder))
    return Folder(*rows[0]) if rows else None


def rename(owner: PersonId, folder: FolderId, name: str) -> Program[bool]:
    """Rename a folder; False if this person has another one of that name."""
    rows = yield (
        """
        UPDATE folder
        SET name = ?
        WHERE owner = ?
          AND id = ?
          AND NOT EXISTS (
              SELECT 1
              FROM folder AS other
              WHERE other.owner = folder.owner
                AND other.name = ?
                AND other.id <> folder.id
          )
        RETURNING id
        """,
        (name, owner, folder, name),
    )
    return bool(rows)


def delete(owner: PersonId, folder: FolderId) -> Program[None]:
    """Take a folder away. Its sessions stay, in no folder."""
    yield ("DELETE FROM folder WHERE owner = ? AND id = ?", (owner, folder))
