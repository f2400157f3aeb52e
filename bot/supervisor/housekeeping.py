"""What a gateway does for itself, again and again: forgetting what is old, asking how things are.

APScheduler says when, our clock waits: its own schedulers live by the machine's clock, which no test can turn.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.domain.clock import Clock
from bot.domain.errors import StorageError
from bot.domain.ids import UnixMs

log = structlog.get_logger(__name__)

EVERY_S = 60
"""How often what is old is forgotten."""


def every(seconds: int) -> BaseTrigger:
    """Fires whenever the wall's clock shows a multiple of that many seconds."""
    # Counted from a moment that no clock is set back behind: before its start it would not fire at all.
    return IntervalTrigger(seconds=seconds, start_date=_moment(UnixMs(0)), timezone=UTC)


async def keep_house(chore: Callable[[], Awaitable[None]], clock: Clock, trigger: BaseTrigger) -> None:
    """Do a chore whenever it is due, until cancelled; a database that cannot be written now is met again next time.

    What was due while the machine slept, or while the chore itself took long, is done once.
    """
    done = None
    while True:
        now = _moment(clock.now())
        # Counted from now, not from the last time: after the clock was set back, that would be hours away.
        due = trigger.get_next_fire_time(None, now)
        if due == done:
            due = trigger.get_next_fire_time(due, now)
        if due is None:
            return
        await clock.sleep((due - now).total_seconds())
        done = due
        try:
            await chore()
        except StorageError as error:
            log.error("housekeeping_waits", error=error)


def _moment(at: UnixMs) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
