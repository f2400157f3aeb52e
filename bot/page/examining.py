"""What `parley doctor` finds, as it stands: looked for beside the page, which shows what was found last, and when."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.contracts.findings import Finding, Verdict
from bot.domain.clock import Clock
from bot.domain.ids import UnixMs
from bot.texts import said_later

log = structlog.get_logger(__name__)

VERDICTS = {
    Verdict.BAD: said_later("Does not work"),
    Verdict.NOTE: said_later("Could be better"),
    Verdict.GOOD: said_later("All right"),
}
"""The worst first: so they are listed."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one look has found."""

    findings: Sequence[Finding]
    at: UnixMs


class Checks:
    """Looks when it is asked to, one look at a time, and keeps what the last one found."""

    def __init__(self, examine: Callable[[], AsyncIterator[Finding]], clock: Clock) -> None:
        self._examine = examine
        self._clock = clock
        self._look: asyncio.Task[None] | None = None
        self.found: Found | None = None

    @property
    def is_looking(self) -> bool:
        """Whether a look is under way."""
        return self._look is not None and not self._look.done()

    def look(self) -> None:
        """Begin to look, unless that is under way."""
        if not self.is_looking:
            self._look = asyncio.create_task(self._looked(), name="page-checks")

    async def _looked(self) -> None:
        try:
            findings = [finding async for finding in self._examine()]
        except Exception as error:
            # The border of a check: a defect in one must not leave the page looking forever.
            log.exception("checks_broke", error=type(error).__name__)
            return
        order = list(VERDICTS)
        self.found = Found(sorted(findings, key=lambda one: order.index(one.verdict)), self._clock.now())

    async def rest(self) -> None:
        """Wait until the look that is under way has ended."""
        if self._look is not None:
            await asyncio.wait((self._look,))

    async def close(self) -> None:
        """End it."""
        if self._look is not None:
            self._look.cancel()
            await self.rest()
