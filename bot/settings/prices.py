"""Model prices that the operator sets, in dollars: `openai/gpt=2/8+cached=0.2+above200k=4/12+cached=0.4`.

In and out are per million tokens, and so are `cached`, `stored`, `stored_long`, `sound`, `thought` and `drawn`, as in
`bot.contracts.prices.Rates`. What follows `aboveN=in/out` applies to requests that read more than N tokens.
`picture`, `second` (of a recording) and `request` are per unit.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.contracts.prices import PerMillion, Rates, Tariff
from bot.contracts.provider import Price

_DOLLARS = r"[0-9]{1,6}(?:\.[0-9]{1,9})?"
_BOTH = re.compile(rf"(?P<read>{_DOLLARS})/(?P<write>{_DOLLARS})", re.ASCII)
_MODELS = re.compile(r"(?P<models>[^\s=]+/[^\s=]+)=(?P<prices>\S+)", re.ASCII)
_ABOVE = re.compile(r"above(?P<tokens>[0-9]{1,7})(?P<thousands>k?)", re.ASCII)
_IN_STEPS = frozenset(("cached", "stored", "stored_long", "sound", "thought", "drawn"))
_FOR_ONE = frozenset(("picture", "second", "request"))


def price(text: str) -> Price:
    """Parse a price.

    Raises:
        ValueError: it is none.
    """
    match = _MODELS.fullmatch(text)
    if match is None:
        raise ValueError(text)
    first, *more = match["prices"].split("+")
    tariff = Tariff((_rates(first, 0),))
    for written in more:
        tariff = _with(tariff, *written.split("=", 1))
    return Price(match["models"], tariff)


def written(price: Price) -> str:
    """What stands behind the "=" of a price that was parsed."""
    first, *more = price.tariff.steps
    parts = [f"{_dollars(first.read)}/{_dollars(first.write)}", *_other_rates(first)]
    for step in more:
        parts += [f"above{step.since - 1}={_dollars(step.read)}/{_dollars(step.write)}", *_other_rates(step)]
    for name in sorted(_FOR_ONE):
        if value := getattr(price.tariff, name):
            parts.append(f"{name}={_dollars(value, 1e12)}")
    return "+".join(parts)


def _other_rates(step: Rates) -> Iterator[str]:
    for name in sorted(_IN_STEPS):
        if (value := getattr(step, name)) is not None:
            yield f"{name}={_dollars(value)}"


def _dollars(value: PerMillion, unit: float = 1e6) -> str:
    return f"{value / unit:.9f}".rstrip("0").rstrip(".")


def _with(tariff: Tariff, name: str, value: str = "") -> Tariff:
    last = tariff.steps[-1]
    if above := _ABOVE.fullmatch(name):
        step = _rates(value, int(above["tokens"]) * (1000 if above["thousands"] else 1) + 1)
        if step.since <= last.since:
            raise ValueError(name)
        return replace(tariff, steps=(*tariff.steps, step))
    if name in _IN_STEPS:
        return replace(tariff, steps=(*tariff.steps[:-1], replace(last, **{name: _per_million(value)})))
    if name in _FOR_ONE:
        other: dict[str, Any] = {name: _per_million(value, 1e12)}
        return replace(tariff, **other)
    raise ValueError(name)


def _rates(both: str, since: int) -> Rates:
    match = _BOTH.fullmatch(both)
    if match is None:
        raise ValueError(both)
    return Rates(_per_million(match["read"]), _per_million(match["write"]), since=since)


def _per_million(dollars: str, unit: float = 1e6) -> PerMillion:
    """`unit`: how many millionths of a dollar for a million one dollar is, as it is written."""
    if re.fullmatch(_DOLLARS, dollars, re.ASCII) is None:
        raise ValueError(dollars)
    return round(float(dollars) * unit)
