"""Rate limits as Discord announces and enforces them."""

import hashlib
import math
from dataclasses import dataclass, field

from bot.domain.clock import Clock
from bot.standins.discord.errors import Json
from bot.standins.discord.limits import Limits, Rate


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may pass. `headers` go out with its answer either way."""

    headers: dict[str, str] = field(default_factory=dict)
    retry_after_s: float | None = None
    """Set where the call is refused."""
    body: Json = field(default_factory=dict)


class RateLimited(Exception):
    """A limit that no header announced has refused the call."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("a hidden limit is reached")
        self.verdict = verdict


@dataclass(slots=True)
class _Window:
    ends_s: float
    left: int


class RateLimits:
    """Counts calls in windows. `on` switches everything; `via` is False if a proxy refuses instead (no `Via`).

    `clock` is the wire's: the client waits in real time. `refused` counts the 429s that the bot's haste has caused.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}
        self._hashes = {name: hashlib.sha256(name.encode()).hexdigest()[:32] for name in limits.buckets}
        self.on = True
        self.via = True
        self.refused = 0

    def take(self, name: str, major: str, *, counts_overall: bool) -> Verdict:
        """Count a call. `major` is the channel, guild or webhook it goes to."""
        if not self.on:
            return Verdict()
        if counts_overall:
            wait_s = self._spend(("", ""), self._limits.overall)
            if wait_s is not None:
                return self._refusal(
                    wait_s, {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}, overall=True
                )
        rate = self._limits.buckets.get(name)
        if rate is None:
            return Verdict()
        wait_s = self._spend((name, major), rate)
        headers = self._headers(name, major, rate)
        if wait_s is not None:
            return self._refusal(wait_s, {**headers, "X-RateLimit-Scope": "user"})
        return Verdict(headers)

    def take_hidden(self, name: str, major: str, *, code: int | None = None, message: str = "") -> None:
        """Count a call against a limit without headers. Raises `RateLimited`."""
        if not self.on:
            return
        wait_s = self._spend((name, major), self._limits.hidden[name])
        if wait_s is not None:
            verdict = self._refusal(wait_s, {"X-RateLimit-Scope": "user"})
            if code is not None:
                verdict.body.update(code=code, message=message)
            raise RateLimited(verdict)

    def refusal(self, retry_after_s: float) -> Verdict:
        """A 429 out of nowhere."""
        return self._refusal(retry_after_s, {"X-RateLimit-Scope": "user"})

    def _spend(self, key: tuple[str, str], rate: Rate) -> float | None:
        now = self._clock.monotonic()
        window = self._windows.get(key)
        if window is None or now >= window.ends_s:
            window = self._windows[key] = _Window(now + rate.per_s, rate.limit)
        if window.left <= 0:
            self.refused += 1
            return window.ends_s - now
        window.left -= 1
        return None

    def _headers(self, name: str, major: str, rate: Rate) -> dict[str, str]:
        window = self._windows[name, major]
        rest_s = max(0.0, window.ends_s - self._clock.monotonic())
        return {
            "X-RateLimit-Bucket": self._hashes[name],
            "X-RateLimit-Limit": str(rate.limit),
            "X-RateLimit-Remaining": str(window.left),
            "X-RateLimit-Reset": f"{self._clock.now() / 1000 + rest_s:.3f}",
            "X-RateLimit-Reset-After": f"{rest_s:.3f}",
        }

    def _refusal(self, wait_s: float, headers: dict[str, str], *, overall: bool = False) -> Verdict:
        all_headers = {**headers, "Retry-After": str(math.ceil(wait_s))}
        # discord.py takes a 429 without `Via` for a ban by Cloudflare.
        if self.via:
            all_headers["Via"] = "1.1 google"
        body = {"message": "You are being rate limited.", "retry_after": round(wait_s, 3), "global": overall}
        return Verdict(all_headers, wait_s, body)
