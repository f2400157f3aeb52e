"""How long one answer may still take."""

import asyncio

from bot.errors import ProviderTimeout
from bot.provider import TimeLimits


class Patience:
    """Counts from the moment it is made. Each wait is its own `asyncio.timeout`: none may span a `yield`."""

    def __init__(self, limits: TimeLimits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + limits.total_s
        self._first_end = self._loop.time() + limits.first_byte_s
        self.has_begun = False
        """Whether anything has come."""

    def wait(self) -> asyncio.Timeout:
        """A time limit for waiting once: until the first byte, or for the next one."""
        gap_end = self._loop.time() + self._limits.between_s if self.has_begun else self._first_end
        return asyncio.timeout_at(min(self._end, gap_end))

    def begun(self) -> None:
        """The first byte is there: from now on, gaps count."""
        self.has_begun = True

    def spent(self) -> ProviderTimeout:
        """The error for a wait that took too long."""
        if self._loop.time() >= self._end:
            return ProviderTimeout(f"No end of the answer within {self._limits.total_s:g} s.")
        if self.has_begun:
            return ProviderTimeout(f"Nothing more of the answer for {self._limits.between_s:g} s.")
        return ProviderTimeout(f"No answer within {self._limits.first_byte_s:g} s.")
