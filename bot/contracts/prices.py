"""What models cost, and what one request comes to.

Each price is in millionths of a dollar for a million of its unit: tokens, pictures, seconds, requests. Vendors charge
steps: a request that reads many tokens costs more for each of its tokens, the answer's among them.
"""

import math
from dataclasses import dataclass
from typing import Self

from bot.domain.turns import Usage

MILLION = 1_000_000

PerMillion = int
"""Millionths of a dollar for a million of something."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What tokens cost in one step. None: what is read costs `read`, what is written `write`."""

    read: PerMillion
    write: PerMillion
    cached: PerMillion | None = None
    """Read from the vendor's cache."""
    stored: PerMillion | None = None
    """Read, and put into the vendor's cache."""
    stored_long: PerMillion | None = None
    """The same, to be kept longer than usual."""
    sound: PerMillion | None = None
    """Of a recording."""
    thought: PerMillion | None = None
    """Written as thinking."""
    drawn: PerMillion | None = None
    """Written as a picture."""
    since: int = 0
    """How many tokens a request reads at least that is in this step."""

    def cost(self, usage: Usage) -> int:
        """Of these tokens, in millionths of a millionth of a dollar."""
        counts = (
            (usage.cached_tokens, self._read(self.cached)),
            (usage.stored_tokens - usage.stored_long_tokens, self._stored),
            (usage.stored_long_tokens, self._stored_long),
            (usage.sound_tokens, self._read(self.sound)),
            (usage.plain_input_tokens, self.read),
            (usage.thought_tokens, self._written(self.thought)),
            (usage.drawn_tokens, self._written(self.drawn)),
            (usage.plain_output_tokens, self.write),
        )
        return sum(count * price for count, price in counts)

    def most(self, usage: Usage) -> int:
        """At most, for this many tokens of whatever kind; as `cost`. Only a recording's are known as such."""
        dearest = max(self.write, self._written(self.thought), self._written(self.drawn))
        sound = max(self.read, self._read(self.sound))
        return (
            (usage.input_tokens - usage.sound_tokens) * self._stored
            + usage.sound_tokens * sound
            + usage.output_tokens * dearest
        )

    @property
    def _stored(self) -> PerMillion:
        # Some tables have 0 for what costs nothing beyond reading it.
        return max(self.read, self._read(self.stored))

    @property
    def _stored_long(self) -> PerMillion:
        return max(self._stored, self._read(self.stored_long))

    def _read(self, price: PerMillion | None) -> PerMillion:
        return self.read if price is None else price

    def _written(self, price: PerMillion | None) -> PerMillion:
        return self.write if price is None else price


@dataclass(frozen=True, slots=True)
class Beside:
    """What a request contains besides text."""

    pictures: int = 0
    seconds: float = 0.0
    """Of a recording."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """All that is known of what a model costs: by tokens, by seconds of a recording, or both."""

    steps: tuple[Rates, ...] = ()
    """By `since`, the first from 0; none for a model that is paid by the second."""
    second: PerMillion | None = None
    """Of a recording, where no tokens are counted for it."""
    picture: PerMillion = 0
    """Beside the tokens that it counts as."""
    request: PerMillion = 0
    """For each request, whatever is in it."""

    @classmethod
    def flat(cls, read: PerMillion, write: PerMillion) -> Self:
        """The same price for everything that is read, and for everything that is written."""
        return cls((Rates(read, write),))

    def cost(self, usage: Usage | None, beside: Beside) -> int | None:
        """What a request has cost that used this, in millionths of a dollar, rounded up; None if that is unknown.

        `usage` is None for a recording whose tokens nobody told.
        """
        if usage is not None and self.steps:
            return self._whole(self._step(usage.input_tokens).cost(usage), beside)
        return None if self.second is None else self._whole(0, beside, self.second)

    def most(self, usage: Usage, beside: Beside) -> int | None:
        """What a request costs at most that uses no more than this, in millionths of a dollar; None as in `cost`."""
        # It may read less and be in any step below, and a step is not always dearer than the one before.
        tokens = [step.most(usage) for step in self.steps if step.since <= usage.input_tokens]
        if not tokens and self.second is None:
            return None
        return max(self._whole(max(tokens, default=0), beside), self._whole(0, beside, self.second or 0))

    def _step(self, read: int) -> Rates:
        return next(step for step in reversed(self.steps) if step.since <= read)

    def _whole(self, tokens: int, beside: Beside, second: PerMillion = 0) -> int:
        other = self.request + beside.pictures * self.picture + math.ceil(beside.seconds * second)
        return -(-(tokens + other) // MILLION)
