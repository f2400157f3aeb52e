"""Which bytes of files are kept: a row for each, which comes before them and goes after them.

    announce   the row, before the bytes are put where they are kept (`storage.blobs`)
    attach     an attachment has them, in the transaction that says so
    leave      nobody has them any longer: from here on they are removed, and announced by nobody until
    forget     they are gone, and their row with them

What is announced and not attached is left alone for an hour; after that its process was killed. So whenever
a process dies, what is attached is there, and what is there has a row, which housekeeping finds.
"""

from collections.abc import Sequence

from bot.domain.errors import StorageError
from bot.domain.ids import PersonId, UnixMs
from storage.programs import Program

ANNOUNCED_FOR_MS = 3_600_000
"""Within this, what is announced is put and attached."""


def announce(sha256: str, size_bytes: int, now: UnixMs) -> Program[bool]:
    """Whether bytes may be put now; if not, the same are just being removed."""
    rows = yield (
        """
        INSERT INTO blob (sha256, size_bytes, created_at, holds)
        VALUES (?, ?, ?, 1)
        ON CONFLICT (sha256) DO UPDATE SET holds = blob.holds + 1, created_at = excluded.created_at
        WHERE NOT blob.leaving
        RETURNING sha256
        """,
        (sha256, size_bytes, now),
    )
    return bool(rows)


def attach(sha256: str) -> Program[None]:
    """What was announced is attached now. Raises StorageError if it was removed: more than an hour has passed."""
    rows = yield (
        """
        UPDATE blob
        SET holds = CASE WHEN holds > 0 THEN holds - 1 ELSE 0 END
        WHERE sha256 = ?
          AND NOT leaving
        RETURNING sha256
        """,
        (sha256,),
    )
    if not rows:
        raise StorageError("A file was removed before it was attached.")


def leave(hashes: Sequence[str], now: UnixMs) -> Program[None]:
    """Remove these, but for what somebody is just about to attach."""
    for sha256 in hashes:
        yield (
            "UPDATE blob SET leaving = TRUE WHERE sha256 = ? AND NOT (holds > 0 AND created_at > ?)",
            (sha256, now - ANNOUNCED_FOR_MS),
        )


def leaving() -> Program[list[str]]:
    """What has to be removed, including what an interrupted removal has left."""
    rows = yield ("SELECT sha256 FROM blob WHERE leaving ORDER BY sha256", ())
    return [sha256 for (sha256,) in rows]


def every() -> Program[list[str]]:
    """All that are kept."""
    rows = yield ("SELECT sha256 FROM blob WHERE NOT leaving ORDER BY sha256", ())
    return [sha256 for (sha256,) in rows]


def forget(sha256: str) -> Program[None]:
    """These bytes are gone."""
    yield ("DELETE FROM blob WHERE sha256 = ? AND leaving", (sha256,))


def of_person(person: PersonId) -> Program[int]:
    """How many bytes of this person's are kept; the same ones count once."""
    rows = yield (
        """
        SELECT COALESCE(SUM(size_bytes), 0)
        FROM blob
        WHERE sha256 IN (
            SELECT sha256 FROM attachment WHERE person = ? AND sha256 IS NOT NULL
        )
        """,
        (person,),
    )
    total: int = rows[0][0]
    return total


def people_over(quota_bytes: int) -> Program[list[PersonId]]:
    """Who keeps more than that many bytes."""
    rows = yield (
        """
        SELECT person
        FROM (
            SELECT DISTINCT person, sha256 FROM attachment WHERE sha256 IS NOT NULL
        ) AS own
        JOIN blob USING (sha256)
        WHERE person IS NOT NULL
        GROUP BY person
        HAVING SUM(size_bytes) > ?
        """,
        (quota_bytes,),
    )
    return [person for (person,) in rows]


def oldest_of_person(person: PersonId) -> Program[str | None]:
    """What this person sent longest ago, of what is still kept."""
    rows = yield (
        """
        SELECT sha256
        FROM attachment
        JOIN blob USING (sha256)
        WHERE person = ?
        ORDER BY attachment.id
        LIMIT 1
        """,
        (person,),
    )
    return rows[0][0] if rows else None


def let_go(person: PersonId, sha256: str) -> Program[None]:
    """This person's attachments no longer refer to these bytes; what was read of them stays in the sessions."""
    yield ("UPDATE attachment SET person = NULL WHERE person = ? AND sha256 = ?", (person, sha256))


def sent_before(moment: UnixMs) -> Program[list[str]]:
    """The bytes that no one has sent since a moment."""
    rows = yield (
        """
        SELECT sha256
        FROM blob
        WHERE NOT EXISTS (
            SELECT 1
            FROM attachment
            WHERE attachment.sha256 = blob.sha256
              AND attachment.created_at >= ?
        )
        """,
        (moment,),
    )
    return [sha256 for (sha256,) in rows]


def of_nobody() -> Program[list[str]]:
    """The bytes that no attachment refers to any longer, or none that counts towards anyone's quota."""
    rows = yield (
        """
        SELECT sha256
        FROM blob
        WHERE NOT EXISTS (
            SELECT 1
            FROM attachment
            WHERE attachment.sha256 = blob.sha256
              AND person IS NOT NULL
        )
        """,
        (),
    )
    return [sha256 for (sha256,) in rows]
