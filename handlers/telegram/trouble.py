"""Failures of receiving, one after the other: how long to wait, and what the log says of them."""

import random

import structlog
from aiogram.exceptions import AiogramError

from bot.domain.clock import Clock
from bot.domain.errors import RetryAfter
from handlers.telegram.errors import translated

log = structlog.get_logger(__name__)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


class Trouble:
    """A stretch of failures: ever longer waits, one line in the log for each kind of failure, and one at the end."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._failures = 0
        self._began_s = 0.0
        self._kinds: set[str] = set()
        self.why = ""
        """What the operator has to know of the last failure; "" where it needs nobody, or nothing fails."""

    @property
    def stands(self) -> bool:
        """Whether the last attempt failed."""
        return self._failures > 0

    async def wait(self, kind: str, *, at_least_s: float = 0.0, why: str = "", **details: object) -> None:
        """Wait before the next attempt, `at_least_s` or longer; `details` say in the log what happened, and `why` says
        it to the operator, in sentences."""
        self.why = why
        if why:
            details["cure"] = why
        if not self._failures:
            self._began_s = self._clock.monotonic()
        if kind not in self._kinds:
            self._kinds.add(kind)
            log.warning("receiving_disturbed", kind=kind, **details)
        wait_s = min(FIRST_WAIT_S * 2 ** min(self._failures, 10), LONGEST_WAIT_S)
        self._failures += 1
        # Many gateways that lost Telegram at the same moment must not come back at the same moment.
        await self._clock.sleep(max(at_least_s, wait_s * self._rng.uniform(0.5, 1.0)))

    def over(self) -> None:
        """It works again."""
        if self._failures:
            lasted_s = round(self._clock.monotonic() - self._began_s, 1)
            log.info("receiving_again", failures=self._failures, lasted_s=lasted_s)
        self._failures = 0
        self._kinds.clear()
        self.why = ""


async def wait_out(error: AiogramError | UnicodeDecodeError | OSError, method: str, trouble: Trouble) -> None:
    """Wait after a call that failed, for as long as Telegram asks for at the least."""
    if isinstance(error, OSError):
        await trouble.wait(type(error).__name__, detail=error.strerror)
        return
    known = translated(error, method)
    at_least_s = known.retry_after_s if isinstance(known, RetryAfter) else 0.0
    await trouble.wait(type(error).__name__, at_least_s=at_least_s, detail=str(known))
