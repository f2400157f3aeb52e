"""Every price of the table is one that a request is reckoned by, or is left out here by name and for a reason."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bot.contracts.prices import MILLION, Beside, Rates, Tariff
from bot.domain.turns import Usage
from providers import tariffs
from providers.models import _table
from providers.tariffs import ABOVE, RATES, tariff_of

USED = frozenset(
    (
        *RATES.values(),
        *tariffs.SECONDS,
        tariffs.PICTURE,
        tariffs.SEEN,
        tariffs.REQUEST,
        tariffs.SEARCH,
        tariffs.TIERS,
        tariffs.CACHED_BEFORE,
    )
)

LEFT_OUT = {
    r".*_(batches|flex|priority|ultrafast|decisions|balanced)": "kinds of service that nobody asks for here",
    r".*_above_(1hr|12hr)(_above_[0-9]+k_tokens)?": "caches that are kept for hours, which nobody asks for here",
    r"off_peak_pricing": "lower prices at some hours; the full one is the most that it can be",
    r"explicit_cache_read_input_token_cost": "caches made beforehand at vendors where nobody does so here",
    r"cache_creation_input_audio_token_cost|cache_read_input_(audio|image)_token_cost": "Realtime",
    r"citation_cost_per_token": "counted by one vendor for one model, which tells it only beside its usage",
    r"google_maps_grounding_cost_per_query|(file_search|computer_use|code_interpreter|vector_store)_.*": "tools",
    r"annotation_cost.*|ocr_cost.*|guardrail_cost.*|input_cost_per_query|.*per_text_message": "no models that answer",
    r".*_dbu_cost_per_token": "the same price in another currency",
    r"(in|out)put_cost_per_character.*": "models that speak, or the same price again for ones that count tokens",
    r"(input_cost_per_image|input_cost_per_audio_per_second)_above_128k_tokens": "0 in all that have it",
    r"(in|out)put_cost_per_pixel|output_cost_per_image(_.*)?|output_cost_per_second_.*": "models that draw or film",
    r".*video.*|output_cost_per_audio_token": "nobody asks for a film or a spoken answer, or shows a model a film",
    r"cost_per_second": "a machine that is rented for a month",
}
"""Names of the table that are prices and are not used, and why."""


def _entries() -> dict[str, dict[str, Any]]:
    path = _table()
    assert path is not None
    table: dict[str, dict[str, Any]] = json.loads(path.read_bytes())
    return table


TABLE = _entries()
ANSWERING = {
    model: entry
    for model, entry in TABLE.items()
    if entry.get("mode") in ("chat", "responses") and model != "sample_spec"
}


def _prices(entry: Mapping[str, Any]) -> Iterator[str]:
    for key, value in entry.items():
        if re.search(r"cost|pric", key):
            yield key
        for within in value if isinstance(value, list) else ():
            yield from _prices(within) if isinstance(within, dict) else ()


def test_each_kind_of_price_is_used_or_left_out_for_a_reason() -> None:
    unknown = set()
    for entry in TABLE.values():
        for key in _prices(entry):
            match = ABOVE.fullmatch(key)
            if match["name"] not in RATES.values() if match else key not in USED:
                unknown.add(key)
    unexplained = {key for key in unknown if not any(re.fullmatch(pattern, key) for pattern in LEFT_OUT)}
    assert not unexplained, "A new kind of price: use it in providers/tariffs.py, or say here why not."
    needless = [pattern for pattern in LEFT_OUT if not any(re.fullmatch(pattern, key) for key in unknown)]
    assert not needless


def test_pictures_are_tokens_like_others() -> None:
    for entry in ANSWERING.values():
        assert entry.get("input_cost_per_image_token") in (None, entry.get("input_cost_per_token"))


def test_each_step_of_the_table_is_a_step_here() -> None:
    steps = 0
    for model, entry in ANSWERING.items():
        above = {match["tokens"] + match["thousands"] for key in entry if (match := ABOVE.fullmatch(key))}
        tariff = tariff_of(model, entry)
        if above and entry.get("input_cost_per_token") is not None:
            assert tariff is not None
            assert len(tariff.steps) == 1 + len(above), model
            steps += 1
        if tariff is not None and tariff.steps:
            assert tariff.steps[0].since == 0
            assert [step.since for step in tariff.steps] == sorted({step.since for step in tariff.steps})
    assert steps > 200


def priced(model: str, usage: Usage) -> int | None:
    tariff = tariff_of(model, TABLE[model])
    assert tariff is not None
    return tariff.cost(usage, Beside())


@pytest.mark.parametrize(
    ("model", "read", "microusd"),
    [
        ("claude-haiku-5-5", 100_000, 10_000),
        ("claude-haiku-5-5", 100_001, 50_001),
        ("gemini/gemini-2.5-pro", 200_000, 250_000),
        ("gemini/gemini-2.5-pro", 200_001, 500_003),
        ("dashscope/qwen-flash", 256_000, 12_800),
        ("dashscope/qwen-flash", 256_001, 64_001),
        ("dashscope/qwen-flash", 2_000_000, 500_000),
    ],
)
def test_the_whole_request_costs_what_its_step_costs(model: str, read: int, microusd: int) -> None:
    assert priced(model, Usage(read, 0)) == microusd


def test_what_a_model_reads_to_draw_counts_as_what_costs_more() -> None:
    # 5 $ for a million tokens of text, 8 $ for those of pictures, 30 $ for what is drawn.
    assert priced("gpt-image-2", Usage(1_000_000, 0)) == 8_000_000
    assert priced("gpt-image-2", Usage(0, 1_000_000, drawn_tokens=1_000_000)) == 30_000_000
    assert priced("gemini/gemini-3.1-flash-image", Usage(1_000_000, 0)) == 500_000


def test_some_vendors_steps_begin_where_the_others_end() -> None:
    (model,) = [m for m, e in ANSWERING.items() if e["litellm_provider"] == "xai" and any(map(ABOVE.fullmatch, e))][:1]
    tariff = tariff_of(model, TABLE[model])
    assert tariff is not None
    assert tariff.steps[1].since % 1000 == 0


def test_each_token_costs_what_its_kind_costs() -> None:
    used = Usage(1_000_000, 1_000_000, cached_tokens=500_000, stored_tokens=300_000)
    # 0.5 $ in, 2.5 $ out, 0.05 $ cached, 0.625 $ stored, as all of it is above 100,000 tokens.
    assert priced("claude-haiku-5-5", used) == 100_000 + 25_000 + 187_500 + 2_500_000
    thought = Usage(0, 1_000_000, thought_tokens=900_000)
    assert priced("dashscope/qwen-turbo", thought) == 20_000 + 450_000
    assert priced("gemini-2.5-flash-image", Usage(0, 1_000_000, drawn_tokens=900_000)) == 250_000 + 27_000_000


def test_a_search_is_paid_for_where_there_is_always_one() -> None:
    assert priced("perplexity/sonar", Usage(0, 0)) == 5_000
    assert priced("gpt-4o-search-preview", Usage(0, 0)) == 25_000
    assert priced("gpt-4o", Usage(0, 0)) == 0


@pytest.mark.parametrize(("model", "microusd"), [("whisper-1", 6_000), ("groq/whisper-large-v3-turbo", 667)])
def test_a_recording_is_paid_by_the_second(model: str, microusd: int) -> None:
    tariff = tariff_of(model, TABLE[model])
    assert tariff is not None
    assert tariff.cost(None, Beside(seconds=60)) == microusd


def test_what_is_free_to_be_stored_is_read_all_the_same() -> None:
    assert Tariff((Rates(MILLION, 0, stored=0),)).cost(Usage(10, 0, stored_tokens=10), Beside()) == 10


def test_the_most_is_never_less_than_what_it_comes_to() -> None:
    """Over all models of the table, both sides of each step, and whatever the tokens turn out to be."""
    for model, entry in ANSWERING.items():
        tariff = tariff_of(model, entry)
        if tariff is None or not tariff.steps:
            continue
        for read in {5_000, *(step.since for step in tariff.steps[1:])}:
            most = tariff.most(Usage(read, 900, sound_tokens=100), Beside())
            assert most is not None
            for less in (0, 1, 4_000):
                whole = read - less
                for used in (
                    Usage(whole, 900),
                    Usage(whole, 900, stored_tokens=whole - 100, sound_tokens=100),
                    Usage(whole, 900, cached_tokens=whole, thought_tokens=900),
                    Usage(whole, 900, sound_tokens=100, drawn_tokens=900),
                ):
                    assert (tariff.cost(used, Beside()) or 0) <= most, model


TOLD = ("input_cost_per_token", "cache_read_input_token_cost", "output_cost_per_token")


def _by_step(entry: Mapping[str, Any]) -> dict[str, dict[int, float]]:
    """The prices of the table by name and by how much a request has to read for them."""
    found: dict[str, dict[int, float]] = {name: {0: entry[name]} for name in TOLD if entry.get(name) is not None}
    for key, value in entry.items():
        match = ABOVE.fullmatch(key)
        if match and match["name"] in found:
            found[match["name"]][int(match["tokens"]) * (1000 if match["thousands"] else 1)] = value
    return found


def test_above_each_step_everything_costs_what_the_table_says_for_it() -> None:
    """Reckoned again from the table's own names: what is read, read from a cache, and written."""
    reckoned = 0
    for model, entry in ANSWERING.items():
        prices, tariff = _by_step(entry), tariff_of(model, entry)
        steps = {above for told in prices.values() for above in told} - {0}
        if not steps or tariff is None or tariffs.TIERS in entry:
            continue
        for read in (read for above in steps for read in (above // 2, above + 1)):
            reading, cached, writing = (_of_step(prices.get(name), read) for name in TOLD)
            assert_costs(tariff.cost(Usage(read, 0), Beside()), read * (reading or 0), model)
            if cached is not None:
                assert_costs(tariff.cost(Usage(read, 0, cached_tokens=read), Beside()), read * cached, model)
            written = read * (reading or 0) + 1_000 * (writing or 0)
            assert_costs(tariff.cost(Usage(read, 1_000), Beside()), written, model)
            reckoned += 1
    assert reckoned > 400


def _of_step(told: Mapping[int, float] | None, read: int) -> float | None:
    return None if told is None else told[max(above for above in told if above < read)]


def assert_costs(microusd: int | None, dollars: float, model: str) -> None:
    """Rounded up; floating point says the last of many digits otherwise."""
    assert microusd is not None
    assert abs(microusd - dollars * 1_000_000) <= 1.001 + dollars, model
