"""What a gateway does for itself, again and again: forgetting what is old, asking how things are.

APScheduler says when, our clock waits: its own schedulers use the machine's clock, which no test can set.
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
    """Fires whenever the wall clock shows a multiple of this many seconds."""
    # Counted from a moment before any clock: a trigger never fires before its start.
    return IntervalTrigger(seconds=seconds, start_date=_moment(UnixMs(0)), timezone=UTC)


async def keep_house(chore: Callable[[], Awaitable[None]], clock: Clock, trigger: BaseTrigger) -> None:
    """Do a chore whenever it is due, until cancelled; if the database cannot be written, it is tried again next time.

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
