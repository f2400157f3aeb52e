"""The hours in which messages that nobody waits for arrive without a sound."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Self

_FORM = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-–]\s*(\d{1,2})(?::(\d{2}))?")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begin` until `end`, over midnight where that is earlier; equal: at no time."""

    begin: time = time(0)
    end: time = time(0)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "22:00-07:00" or "22-7"; "none" for no hours. Raises ValueError."""
        if text.strip().lower() in ("", "none"):
            return cls()
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise ValueError(text)
        begin_hour, begin_minute, end_hour, end_minute = (int(part or 0) for part in match.groups())
        return cls(time(begin_hour, begin_minute), time(end_hour, end_minute))

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}" if self.begin != self.end else "none"

    def cover(self, shown: time) -> bool:
        """Whether it is quiet when a clock shows this."""
        if self.begin <= self.end:
            return self.begin <= shown < self.end
        return shown >= self.begin or shown < self.end


NO_QUIET_HOURS = QuietHours()
