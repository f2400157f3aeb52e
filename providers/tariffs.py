"""What a model costs, from its entry in litellm's table: dollars for one token, second, picture or request."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.contracts.prices import MILLION, PerMillion, Rates, Tariff
from providers.gemini_caches import LIVES_S

PER_MILLION = 1e12
"""Millionths of a dollar for a million of what the table has in dollars for one."""
RATES = {
    "read": "input_cost_per_token",
    "write": "output_cost_per_token",
    "cached": "cache_read_input_token_cost",
    "stored": "cache_creation_input_token_cost",
    "stored_long": "cache_creation_input_token_cost_above_1hr",
    "sound": "input_cost_per_audio_token",
    "thought": "output_cost_per_reasoning_token",
    "drawn": "output_cost_per_image_token",
}
"""The names in the table of the prices in `Rates`."""
SECONDS = ("input_cost_per_second", "output_cost_per_second", "input_cost_per_audio_per_second")
"""Some have the one price of a recording under two of them."""
PICTURE = "input_cost_per_image"
SEEN = "input_cost_per_image_token"
DRAWS = "image_generation"
"""As its mode: the model draws pictures."""
REQUEST = "input_cost_per_request"
SEARCH = "search_context_cost_per_query"
SPEAKING = "audio_speech"
LETTER = "input_cost_per_character"
SPOKEN = "output_cost_per_audio_token"
TIERS = "tiered_pricing"
CACHED_BEFORE = "input_cost_per_token_cache_hit"
"""The older name of "cached"."""
ABOVE = re.compile(r"(?P<name>.+)_above_(?P<tokens>[0-9]+)(?P<thousands>k?)_tokens")
"""A price that holds for requests that read more tokens than that."""

KEPT_AN_HOUR = {"pro": 4_500_000, "": 1_000_000}
"""What Google takes for keeping a million tokens for an hour, by a word in the model's name, in millionths of a dollar:
https://ai.google.dev/gemini-api/docs/pricing, November 2026."""

PUBLISHED_SEARCHES = {"openai": 10_000 * MILLION, "anthropic": 10_000 * MILLION, "gemini": 14_000 * MILLION}
"""What a search costs where the table does not say: 10 dollars for a thousand, Google 14. The vendors' pages
of November 2026: developers.openai.com/api/docs/pricing, platform.claude.com/docs/en/about-claude/pricing,
ai.google.dev/gemini-api/docs/pricing."""

_REACHED = frozenset(("xai",))
"""Vendors whose steps begin with the token at which the others' end."""
_SEARCHING = re.compile(r"perplexity/sonar|-search-")
"""Models that search the web for each answer, asked to or not."""


def tariff_of(model: str, entry: Mapping[str, Any]) -> Tariff | None:
    """The prices of an entry; None if it has none by which an answer or a transcript is paid for."""
    if entry.get("mode") == SPEAKING:
        return _of_speech(entry)
    steps = _tiers(entry) or _steps(entry)
    if entry.get("litellm_provider") == "gemini":
        steps = tuple(_keeping(model, step) for step in steps)
    seconds = [price for key in SECONDS if (price := _price(entry.get(key))) is not None]
    second = max(seconds, default=None) if entry.get("mode") == "audio_transcription" else None
    if not steps and second is None:
        return None
    request, search, always = _price(entry.get(REQUEST)) or 0, _search(entry), _SEARCHING.search(model) is not None
    return Tariff(steps, second, _picture(entry), request + (search if always else 0), search=0 if always else search)


def _of_speech(entry: Mapping[str, Any]) -> Tariff | None:
    """Of a model that reads aloud: by the tokens of what it says, or by the characters that it is given."""
    letter, read = _price(entry.get(LETTER)), _price(entry.get(RATES["read"]))
    write = _price(entry.get(SPOKEN)) or _price(entry.get(RATES["write"]))
    if read is not None and write is not None:
        return Tariff.flat(read, write)
    return None if letter is None else Tariff(letter=letter)


def _keeping(model: str, step: Rates) -> Rates:
    """With what a token costs that is read, kept for as long as is asked for, and read from there."""
    kept = next(price for word, price in KEPT_AN_HOUR.items() if word in model)
    cached = step.read if step.cached is None else step.cached
    return replace(step, stored=step.read + cached + kept * LIVES_S // 3600)


def _picture(entry: Mapping[str, Any]) -> PerMillion:
    # Google's is that of the tokens that a picture counts as, and those are in what it says was used.
    counted = str(entry.get("litellm_provider")).startswith(("gemini", "vertex_ai"))
    return 0 if counted else _price(entry.get(PICTURE)) or 0


def _search(entry: Mapping[str, Any]) -> PerMillion:
    # The least context is what vendors use if none is asked for.
    listed = _price((entry.get(SEARCH) or {}).get("search_context_size_low"))
    return PUBLISHED_SEARCHES.get(str(entry.get("litellm_provider")), 0) if listed is None else listed


def _tiers(entry: Mapping[str, Any]) -> tuple[Rates, ...]:
    """A list of complete steps, "range" being the tokens that they are above and up to."""
    listed = [tier for tier in entry.get(TIERS) or () if "range" in tier]
    rates = [_rates({RATES["write"]: entry.get(RATES["write"]), **tier}, _since(tier["range"][0])) for tier in listed]
    return tuple(sorted((step for step in rates if step is not None), key=lambda step: step.since))


def _steps(entry: Mapping[str, Any]) -> tuple[Rates, ...]:
    """The prices for any request, then for each number of tokens above which some are others."""
    above: dict[int, dict[str, Any]] = {}
    for key, price in entry.items():
        if (match := ABOVE.fullmatch(key)) and match["name"] in RATES.values():
            tokens = int(match["tokens"]) * (1000 if match["thousands"] else 1)
            above.setdefault(tokens, {})[match["name"]] = price
    prices = {key: entry.get(key) for key in (*RATES.values(), "mode", SEEN)}
    if prices[RATES["cached"]] is None:
        prices[RATES["cached"]] = entry.get(CACHED_BEFORE)
    steps = [_rates(prices)]
    for tokens in sorted(above):
        prices |= above[tokens]
        steps.append(_rates(prices, tokens if entry.get("litellm_provider") in _REACHED else _since(tokens)))
    return tuple(step for step in steps if step is not None)


def _since(above: float) -> int:
    return int(above) + 1 if above else 0


def _rates(prices: Mapping[str, Any], since: int = 0) -> Rates | None:
    found = {name: _price(prices.get(key)) for name, key in RATES.items()}
    # Of some that listen, only the price of what they hear is known.
    read, write = found.pop("read"), found.pop("write")
    read = found["sound"] if read is None else read
    if prices.get("mode") == DRAWS:
        # Its usage does not say which of its tokens were pictures: they count as what costs more.
        read = max(read or 0, _price(prices.get(SEEN)) or 0) or None
        write = found["drawn"] if write is None else write
    return None if read is None or write is None else Rates(read, write, **found, since=since)


def _price(value: object) -> PerMillion | None:
    return round(value * PER_MILLION) if isinstance(value, int | float) else None
