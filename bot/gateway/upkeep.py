"""What one process does for all, every minute: what nobody decided about in time ends, what has had its time goes."""

from collections.abc import Callable, Iterable

from bot.files.store import FileStore
from bot.parts import Parts
from bot.retention import Retention
from bot.turns.unfinished import Unfinished
from bot.watching.alarm import Alarm
from bot.watching.budget import BudgetWatch
from storage.outbox import OutboxPage


class Upkeep:
    """Does it."""

    def __init__(
        self,
        parts: Parts,
        alarm: Alarm,
        store: FileStore,
        unfinished: Unfinished,
        deliver: Callable[[Iterable[OutboxPage]], None],
    ) -> None:
        database, policy, clock = parts.database, parts.policy, parts.clock
        self._database = database
        self._alarm = alarm
        self._unfinished = unfinished
        self._deliver = deliver
        self._retention = Retention(database, store, clock, undo_minutes=policy.undo_minutes, listens=policy.listen)
        self._budget = BudgetWatch(parts.alerts, database, policy, clock)

    async def run(self) -> None:
        """Do it once. Raises StorageError."""
        await self._alarm.learn()
        self._deliver(await self._database.write(self._unfinished.expired()))
        await self._retention.enforce()
        await self._budget.look()
