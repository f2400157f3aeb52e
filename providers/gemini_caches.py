"""Which beginnings of conversations Google is to keep by name.

Most beginnings it finds again by itself, by their bytes, at the same price as in a cache that has a name and without
what making one costs. Where it has not, although a request began as the one before it, the next that begins so once
more makes a cache. That lives for so short a time that keeping it costs less than one request saves that finds it, at
every price Google lists; a conversation that goes on faster than it can be lost pays for its beginning once.

What is known of conversations is a hint: it is lost with the process, and only the newest are known.
"""

from dataclasses import dataclass, replace
from itertools import takewhile

from bot.domain.clock import Clock
from bot.domain.turns import Usage

LIVES_S = 300
"""How long a cache lives."""
LEAST_TOKENS = 32_768
"""Beginnings that are shorter are not worth a request of their own; Google keeps none below 4,096."""
_EARLY_MS = 15_000
"""So long before its end a cache is no longer used: a request takes a while to arrive."""
_MOST = 500
"""Conversations that are known."""

Digest = bytes


@dataclass(frozen=True, slots=True)
class Cache:
    """The beginning of a conversation that Google keeps."""

    name: str
    length: int
    """How many contents it holds, behind what stands before all of them."""
    digests: tuple[Digest, ...]
    until_ms: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A request, as far as its beginning is compared: first what stands before the contents, then each of those."""

    digests: tuple[Digest, ...]
    sizes: tuple[int, ...]
    """Of each, in any unit."""

    def common(self, other: "Shape") -> int:
        """How many of the first digests are the same."""
        pairs = zip(self.digests, other.digests, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a conversation with a model."""

    shape: Shape
    """Of its last request."""
    tokens: int = 0
    """That this request had."""
    lost: bool = False
    """Whether it began as the one before it, at length, and Google did not find that."""
    cache: Cache | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How to send a request."""

    cache: Cache | None = None
    """What holds its beginning."""
    make: int = 0
    """Or how many of its contents to keep first; 0: none."""


class Caches:
    """The conversations with one endpoint."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._without: set[str] = set()
        """Models of which Google keeps nothing for this key."""

    def plan(self, model: str, conversation: str, shape: Shape) -> Plan:
        """How to send the next request of a conversation."""
        known = self._known.get(_key(model, conversation))
        if known is None or not conversation:
            return Plan()
        cache = known.cache
        if cache is not None and self._clock.now() < cache.until_ms and len(cache.digests) < len(shape.digests):
            held = shape.digests[: len(cache.digests)] == cache.digests
            return Plan(cache) if held else Plan()
        same = self._repeated(known, shape)
        return Plan(make=same - 1 if same and known.lost and model not in self._without else 0)

    def made(self, model: str, conversation: str, shape: Shape, length: int, name: str) -> Cache:
        """Google keeps so many contents of a request under this name."""
        until = self._clock.now() + LIVES_S * 1000 - _EARLY_MS
        cache = Cache(name, length, shape.digests[: length + 1], until)
        self._put(_key(model, conversation), replace(self._known[_key(model, conversation)], cache=cache))
        return cache

    def refused(self, model: str) -> None:
        """Google does not keep anything of this model's."""
        self._without.add(model)

    def forget(self, model: str, conversation: str) -> None:
        """A cache is gone."""
        if (known := self._known.get(_key(model, conversation))) is not None:
            self._put(_key(model, conversation), replace(known, cache=None, lost=False))

    def note(self, model: str, conversation: str, shape: Shape, usage: Usage | None) -> None:
        """What a request has used, as its vendor tells it."""
        if not conversation or usage is None:
            return
        before = self._known.get(_key(model, conversation))
        lost = False
        if before is not None and (same := self._repeated(before, shape)):
            lost = usage.cached_tokens < _tokens(before, same) // 2
        cache = before.cache if before is not None else None
        self._put(_key(model, conversation), _Known(shape, usage.input_tokens, lost, cache))

    def _repeated(self, before: _Known, shape: Shape) -> int:
        """How many digests a request has in common with the one before it; 0 if those are not worth keeping.

        The last message of a request is not counted: it says what holds for its moment alone.
        """
        same = min(shape.common(before.shape), len(shape.digests) - 1)
        return same if same > 1 and _tokens(before, same) >= LEAST_TOKENS else 0

    def _put(self, key: str, known: _Known) -> None:
        self._known.pop(key, None)
        self._known[key] = known
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]


def _tokens(known: _Known, same: int) -> int:
    """About how many tokens the first so many of a request's digests stand for."""
    sizes = known.shape.sizes
    return known.tokens * sum(sizes[:same]) // max(1, sum(sizes))


def _key(model: str, conversation: str) -> str:
    return f"{model} {conversation}"


def kept_first(usage: Usage) -> Usage:
    """What a request has used that made the cache which it then read from: see `bot.contracts.prices.Rates.stored`."""
    return replace(usage, cached_tokens=0, stored_tokens=usage.cached_tokens)
