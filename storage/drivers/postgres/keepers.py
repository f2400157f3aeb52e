"""Who keeps a chat, and being told of work: NOTIFY, on a channel of each process, is sent when the transaction is kept.

A connection says of which process it is in `parley.process`; a process needs no telling of its own work.
"""

from collections.abc import Sequence

from bot.domain.ids import TurnId
from storage.keepers import kept_by
from storage.programs import Program, Rows

OURS = "parley.process"
"""The setting of a connection that names its process."""

CHANNEL = "parley_"
"""With the name of a process: what that listens to."""


def ours(place: str) -> str:
    """As SQL, whether this process keeps the chat of a row of `place` that goes by this name, and is one of them."""
    return f"""EXISTS (
        SELECT 1
        FROM process
        WHERE name = current_setting('{OURS}', TRUE)
          AND name = {kept_by(place)}
    )"""


_IS_OURS = f"SELECT {ours('place')} FROM place WHERE id = ?"
"""What holds nearly always, at a fifth of the cost of the whole."""

_ASSIGN = f"""
    WITH here AS (
        SELECT platform, bot, chat
        FROM place
        WHERE id = ?
    ),
    kept AS (
        SELECT keeper.process
        FROM here
        JOIN keeper USING (platform, bot, chat)
        JOIN process ON process.name = keeper.process
    ),
    -- Whoever keeps the fewest; among equals the one that asks.
    chosen AS (
        SELECT name
        FROM process
        WHERE NOT leaving
          AND NOT EXISTS (SELECT 1 FROM kept)
        ORDER BY (SELECT COUNT(*) FROM keeper WHERE keeper.process = process.name),
            name <> current_setting('{OURS}', TRUE), name
        LIMIT 1
    ),
    given AS (
        INSERT INTO keeper (platform, bot, chat, process)
        SELECT platform, bot, chat, name
        FROM here
        CROSS JOIN chosen
        ON CONFLICT (platform, bot, chat) DO UPDATE SET process = excluded.process
        RETURNING process
    ),
    now_kept AS (
        SELECT platform, bot, chat, process, process = current_setting('{OURS}', TRUE) AS ours
        FROM here
        CROSS JOIN (SELECT process FROM kept UNION ALL SELECT process FROM given) AS one
    )
    SELECT ours, CASE WHEN NOT ours THEN
        pg_notify(
            '{CHANNEL}' || process,
            COALESCE(CAST(? AS TEXT), CAST(json_build_array('chat', platform, bot, chat) AS TEXT))
        )
    END
    FROM now_kept
    """

_TELL_OF_TURN = f"""
    SELECT pg_notify('{CHANNEL}' || worker, CAST(json_build_array('turn', turn.id) AS TEXT))
    FROM turn
    JOIN process ON process.name = worker
    WHERE turn.id = ?
      AND state = 'running'
      AND worker <> current_setting('{OURS}', TRUE)
    """

_TELL_OTHERS = f"""
    SELECT pg_notify('{CHANNEL}' || name, told)
    FROM process
    CROSS JOIN unnest(CAST(? AS TEXT[])) WITH ORDINALITY AS each (told, number)
    WHERE name <> ?
    ORDER BY number
    """


def assign(place: int, told: str | None) -> Program[Rows]:
    """One row: whether this process keeps the chat of a place. None if no processes share the database.

    `told`: what another one that does hears; None: in which chat there is something to do.
    """
    if (yield (_IS_OURS, (place,))) == [(True,)]:
        return [(True,)]
    rows = yield (_ASSIGN, (place, told))
    return [(ours,) for ours, _ in rows]


def tell_of_turn(turn: TurnId) -> Program[Rows]:
    """Tell the process that runs a turn to look at it, if that is another one."""
    return (yield (_TELL_OF_TURN, (turn,)))


def tell_others(process: str, told: Sequence[str]) -> Program[Rows]:
    """Tell every process but this one."""
    return (yield (_TELL_OTHERS, (list(told), process)))
