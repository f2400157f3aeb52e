"""Discord's ids: milliseconds since 2015 in the upper bits, so that ids sort by time."""

from datetime import UTC, datetime

from bot.domain.clock import Clock
from bot.domain.ids import UnixMs

EPOCH_MS = 1_420_070_400_000


class Snowflakes:
    """Returns ids that always grow, also while the clock stands still."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """An id that was never given before."""
        self._last = max(self._last + 1, (self._clock.now() - EPOCH_MS) << 22)
        return self._last


def created_ms(snowflake: int) -> UnixMs:
    """When the id was given."""
    return UnixMs((snowflake >> 22) + EPOCH_MS)


def iso(moment: int) -> str:
    """A moment in milliseconds as Discord writes it."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="microseconds")
