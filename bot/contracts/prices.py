"""What models cost, and what one request costs.

Each price is in millionths of a dollar per million of its unit: tokens, pictures, seconds, requests. Vendors charge
tiers: a request that reads many tokens pays more for each of its tokens, including the answer's.
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
    """Token prices of one tier. Fields that are None cost `read` for input and `write` for output."""

    read: PerMillion
    write: PerMillion
    cached: PerMillion | None = None
    """Read from the vendor's cache."""
    stored: PerMillion | None = None
    """Read and written to the vendor's cache."""
    stored_long: PerMillion | None = None
    """The same, with a longer lifetime than usual."""
    sound: PerMillion | None = None
    """Of a recording."""
    thought: PerMillion | None = None
    """Written as thinking."""
    drawn: PerMillion | None = None
    """Written as a picture."""
    since: int = 0
    """The tier applies from this many input tokens on."""

    def cost(self, usage: Usage) -> int:
        """The cost of these tokens, in millionths of a millionth of a dollar."""
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
        """The most that so many tokens can cost, in the unit of `cost`. Only the recording's tokens are known apart."""
        dearest = max(self.write, self._written(self.thought), self._written(self.drawn))
        sound = max(self.read, self._read(self.sound))
        return (
            (usage.input_tokens - usage.sound_tokens) * self._stored
            + usage.sound_tokens * sound
            + usage.output_tokens * dearest
        )

    @property
    def _stored(self) -> PerMillion:
        # Some tables say 0 for what costs no more than reading it.
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
    letters: int = 0
    """Characters that are to be read aloud."""
    searches: int = 0
    """Of the web, by the vendor."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """All that is known of what a model costs: by tokens, by seconds of a recording, or both."""

    steps: tuple[Rates, ...] = ()
    """By `since`, the first from 0; empty for a model that is billed by the second."""
    second: PerMillion | None = None
    """Per second of a recording whose tokens are not counted."""
    picture: PerMillion = 0
    """In addition to the tokens that it counts as."""
    request: PerMillion = 0
    """Per request, whatever it contains."""
    letter: PerMillion | None = None
    """Per character that is read aloud, of models that are billed so."""
    search: PerMillion = 0
    """Per search of the web by the vendor, beside the tokens that are read of what it finds."""

    @classmethod
    def flat(cls, read: PerMillion, write: PerMillion) -> Self:
        """One price for all input, and one for all output."""
        return cls((Rates(read, write),))

    def cost(self, usage: Usage | None, beside: Beside) -> int | None:
        """The cost of a request with this usage, in millionths of a dollar, rounded up; None if unknown.

        `usage` is None for a recording whose tokens were not reported.
        """
        if usage is not None and self.steps:
            return self._whole(self._step(usage.input_tokens).cost(usage), beside)
        if self.letter is not None:
            return self._whole(0, beside)
        return None if self.second is None else self._whole(0, beside, self.second)

    def most(self, usage: Usage, beside: Beside) -> int | None:
        """The most that a request within these bounds can cost, in millionths of a dollar; None as in `cost`."""
        # It may read less and fall into any lower tier, and a higher tier is not always dearer.
        tokens = [step.most(usage) for step in self.steps if step.since <= usage.input_tokens]
        if not tokens and self.second is None and self.letter is None:
            return None
        return max(self._whole(max(tokens, default=0), beside), self._whole(0, beside, self.second or 0))

    def _step(self, read: int) -> Rates:
        return next(step for step in reversed(self.steps) if step.since <= read)

    def _whole(self, tokens: int, beside: Beside, second: PerMillion = 0) -> int:
        other = self.request + beside.pictures * self.picture + math.ceil(beside.seconds * second)
        other += beside.letters * (self.letter or 0) + beside.searches * self.search
        return -(-(tokens + other) // MILLION)
