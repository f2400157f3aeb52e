"""Balances that are brought back to an amount at the start of each week or month, in UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.domain.ids import UnixMs

_WRITTEN = re.compile(r"(?P<every>weekly|monthly)\s*:\s*(?P<amount>[1-9][0-9]{0,8})", re.ASCII)
_NONE = frozenset({"none", "off", "no", "never"})


@dataclass(frozen=True, slots=True)
class Refill:
    """Anyone with less than `amount` is topped up to it when a week or month begins."""

    every: Literal["none", "weekly", "monthly"] = "none"
    amount: int = 0

    @classmethod
    def parse(cls, text: str) -> "Refill":
        """Reads "none", "weekly:N" or "monthly:N". Raises ValueError for anything else."""
        text = text.strip().lower()
        if text in _NONE:
            return NO_REFILL
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError("not a refill")
        return cls("weekly" if found["every"] == "weekly" else "monthly", int(found["amount"]))

    def __str__(self) -> str:
        return f"{self.every}:{self.amount}" if self else self.every

    def __bool__(self) -> bool:
        return self.every != "none"

    def period(self, now: UnixMs) -> str:
        """The name of the week or month that this moment is in, such as "2026-W48" or "2026-11"."""
        today = _day(now)
        if self.every == "weekly":
            year, week, _ = today.isocalendar()
            return f"{year}-W{week:02}"
        return f"{today:%Y-%m}"

    def next_start(self, now: UnixMs) -> UnixMs:
        """When the next week or month begins. Weeks begin on Monday."""
        today = _day(now)
        if self.every == "weekly":
            start = today + timedelta(days=7 - today.weekday())
        else:
            start = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        return UnixMs(int(start.timestamp() * 1000))


NO_REFILL = Refill()


def _day(now: UnixMs) -> datetime:
    return datetime.fromtimestamp(now / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
