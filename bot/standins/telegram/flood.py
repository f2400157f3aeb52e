"""How fast a bot may talk: a bucket per chat, a window per group, and one bucket for the whole bot.

The figures are those of Telegram's Bots FAQ. Who passes one is in penalty for that chat: every further call there is
refused until the penalty is over, and counted, so that a test can hold that there was none.
"""

import math
from collections import deque
from dataclasses import dataclass

from bot.domain.clock import Clock


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """What a bot may send: messages, edits and drafts together."""

    chat_per_s: float = 1.0
    chat_burst: int = 5
    group_per_min: int = 20
    overall_per_s: float = 30.0
    penalty_s: int = 3
    """The least time a penalty lasts."""


class Bucket:
    """Tokens that come back at `rate_per_s` up to `size`."""

    __slots__ = ("_at_s", "_level", "_rate", "_size")

    def __init__(self, rate_per_s: float, size: float, now_s: float) -> None:
        self._rate = rate_per_s
        self._size = size
        self._level = size
        self._at_s = now_s

    def take(self, now_s: float) -> float:
        """Take a token. Returns 0, or the seconds until there is one (and takes nothing)."""
        self._level = min(self._size, self._level + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        # The sum of many small refills must not miss a whole token by a rounding error.
        if self._level >= 1 - 1e-9:
            self._level -= 1
            return 0.0
        return (1 - self._level) / self._rate


class FloodGate:
    """The limits of one bot. With `limits` None nothing is limited, but a penalty given by `punish` still holds."""

    def __init__(self, limits: FloodLimits | None, clock: Clock) -> None:
        self.limits = limits
        self.calls_in_penalty = 0
        self._clock = clock
        self._penalty_until: dict[int, float] = {}
        self._chats: dict[int, Bucket] = {}
        self._groups: dict[int, deque[float]] = {}
        self._all: Bucket | None = None

    def punish(self, chat: int, retry_after_s: float) -> None:
        """Refuse every call to `chat` for that long."""
        until = self._clock.monotonic() + retry_after_s
        self._penalty_until[chat] = max(until, self._penalty_until.get(chat, 0.0))

    def in_penalty(self, chat: int) -> int | None:
        """Whole seconds that the chat's penalty still lasts; asking counts as a call in penalty."""
        until = self._penalty_until.get(chat)
        if until is None:
            return None
        left = until - self._clock.monotonic()
        if left <= 1e-9:
            del self._penalty_until[chat]
            return None
        self.calls_in_penalty += 1
        return math.ceil(left)

    def admit(self, chat: int, *, group: bool) -> int | None:
        """Let one message, edit or draft pass, or give the penalty in seconds that begins now."""
        if self.limits is None:
            return None
        wait_s = self._wait_s(self.limits, chat, group=group)
        if not wait_s:
            return None
        retry_after_s = max(self.limits.penalty_s, math.ceil(wait_s))
        self.punish(chat, retry_after_s)
        return retry_after_s

    def _wait_s(self, limits: FloodLimits, chat: int, *, group: bool) -> float:
        now = self._clock.monotonic()
        bucket = self._chats.get(chat)
        if bucket is None:
            bucket = self._chats[chat] = Bucket(limits.chat_per_s, limits.chat_burst, now)
        if wait_s := bucket.take(now):
            return wait_s
        if group:
            sent = self._groups.setdefault(chat, deque())
            while sent and sent[0] <= now - 60:
                sent.popleft()
            if len(sent) >= limits.group_per_min:
                return sent[0] + 60 - now
            sent.append(now)
        if self._all is None:
            self._all = Bucket(limits.overall_per_s, limits.overall_per_s, now)
        return self._all.take(now)
