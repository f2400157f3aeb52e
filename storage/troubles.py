"""Which troubles the admins were told about, so that a restart reports none of them twice."""

from storage.programs import Program


def put(name: str, times: int, ended_at: int | None) -> Program[bool]:
    """The admins are told that this ails, or (`ended_at`, UnixMs) that it is well again; `times` how often lately.

    False if they know already, from another process.
    """
    rows = yield (
        """
        INSERT INTO trouble (name, times, ended_at)
        VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET times = excluded.times, ended_at = excluded.ended_at
        WHERE (trouble.ended_at IS NULL) <> (excluded.ended_at IS NULL)
        RETURNING name
        """,
        (name, times, ended_at),
    )
    return bool(rows)


def told() -> Program[list[tuple[str, int, int | None]]]:
    """All of them: name, times, and when it ended (None: it is not known to have)."""
    rows = yield ("SELECT name, times, ended_at FROM trouble", ())
    return [(name, times, ended_at) for name, times, ended_at in rows]
