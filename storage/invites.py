"""Invitations: codes by which people come in. Only their hashes are kept."""

import hashlib
from dataclasses import dataclass

from bot.domain.ids import UnixMs
from bot.domain.people import Role
from storage.programs import Program


def _hashed(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def add(code: str, role: Role, uses: int, now: UnixMs) -> Program[None]:
    """A code that lets `uses` people in with this role. Only its hash is kept."""
    yield (
        "INSERT INTO invite (code_hash, role, uses_left, created_at) VALUES (?, ?, ?, ?)",
        (_hashed(code), role.value, uses, now),
    )


def use(code: str, only: Role | None) -> Program[Role | None]:
    """Use a code once; None if it is unknown, used up, or grants another role than `only`."""
    rows = yield (
        """
        UPDATE invite
        SET uses_left = uses_left - 1
        WHERE code_hash = ?
          AND uses_left > 0
          AND role = COALESCE(?, role)
        RETURNING role
        """,
        (_hashed(code), only.value if only else None),
    )
    return Role(rows[0][0]) if rows else None


@dataclass(frozen=True, slots=True)
class Invite:
    """A code that has been made, by its hash."""

    code_hash: str
    uses_left: int
    created_at: UnixMs


def every_open() -> Program[list[Invite]]:
    """The codes that still let members in, the newest first."""
    rows = yield (
        """
        SELECT code_hash, uses_left, created_at
        FROM invite
        WHERE uses_left > 0
          AND role = 'member'
        ORDER BY created_at DESC, code_hash
        """,
        (),
    )
    return [Invite(*row) for row in rows]


def withdraw(code_hash: str) -> Program[bool]:
    """Whether there was such a code of members'; it lets nobody in any longer."""
    rows = yield ("DELETE FROM invite WHERE code_hash = ? AND role = 'member' RETURNING code_hash", (code_hash,))
    return bool(rows)


def drop_for_admins() -> Program[None]:
    """Forget operator links that no one used, before a new one is printed."""
    yield ("DELETE FROM invite WHERE role = ?", (Role.ADMIN.value,))
