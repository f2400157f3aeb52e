"""What models can do and cost, from the table that litellm brings along; litellm itself is not imported."""

import asyncio
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from bot.provider import ModelProfile

TABLE = "model_prices_and_context_window_backup.json"
MICROUSD_PER_MILLION = 1e12
"""The table counts dollars per token; we count millionths of a dollar per million tokens."""


async def profiles(models: Sequence[str]) -> Mapping[str, ModelProfile]:
    """What is known of each of `models` ("provider/model"); nothing for one that the table does not have.

    Each call reads the whole table (12 ms in a thread, 14 MB for that long) and keeps nothing of it: ask once.
    """
    return await asyncio.to_thread(_look_up, models)


def _look_up(models: Sequence[str]) -> dict[str, ModelProfile]:
    path = _table()
    table: dict[str, dict[str, Any]] = orjson.loads(path.read_bytes()) if path is not None else {}
    return {model: _profile(table, model) for model in models}


def _profile(table: dict[str, dict[str, Any]], model: str) -> ModelProfile:
    entry = table.get(model)
    if entry is None:
        # Some vendors' models stand there without the vendor in front.
        vendor, _, name = model.partition("/")
        entry = table.get(name)
        if entry is None or entry.get("litellm_provider") != vendor:
            return ModelProfile()
    return ModelProfile(
        sees_images=entry.get("supports_vision") is True,
        reads_files=entry.get("supports_pdf_input") is True,
        context_tokens=_whole(entry.get("max_input_tokens", entry.get("max_tokens"))),
        output_tokens=_whole(entry.get("max_output_tokens", entry.get("max_tokens"))),
        input_microusd_per_million=_price(entry.get("input_cost_per_token")),
        output_microusd_per_million=_price(entry.get("output_cost_per_token")),
    )


def _table() -> Path | None:
    """Where the table lies; None where litellm is not installed."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).with_name(TABLE)


def _whole(value: object) -> int | None:
    """A count of tokens; the table has some as floats and, in its sample, as prose."""
    return int(value) if isinstance(value, int | float) else None


def _price(value: object) -> int | None:
    return round(value * MICROUSD_PER_MILLION) if isinstance(value, int | float) else None
