"""What vendors are paid for models, in millionths of a dollar: held before a request, then what it came to."""

from storage.programs import Program

SpendingId = int


def hold(model: str, most: int, cap: int, since: int, now: int) -> Program[SpendingId | None]:
    """Hold the most that a request can cost; None if that would be more than `cap` since a moment."""
    rows = yield (
        """
        INSERT INTO spending (model, microusd, at)
        SELECT ?, ?, ?
        WHERE (SELECT COALESCE(SUM(microusd), 0) FROM spending WHERE at >= ?) + ? <= ?
        RETURNING id
        """,
        (model, most, now, since, most, cap),
    )
    return rows[0][0] if rows else None


def settle(held: SpendingId, microusd: int) -> Program[None]:
    """What the request came to."""
    yield ("UPDATE spending SET microusd = ?, settled = TRUE WHERE id = ?", (microusd, held))


def spent_since(moment: int) -> Program[int]:
    """What was spent since a moment, or is held; what a crash left open stays held, for it may have been paid."""
    rows = yield ("SELECT COALESCE(SUM(microusd), 0) FROM spending WHERE at >= ?", (moment,))
    total: int = rows[0][0]
    return total


def forget_before(moment: int) -> Program[None]:
    """Forget what is too old for any limit."""
    yield ("DELETE FROM spending WHERE at < ?", (moment,))
