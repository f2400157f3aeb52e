"""What models can do and cost, from the table that litellm brings along; litellm itself is not imported."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from bot.contracts.prices import Tariff
from bot.contracts.provider import ModelProfile
from bot.domain.model_names import ModelName
from providers.efforts import counts_thinking, efforts_of
from providers.tariffs import tariff_of

TABLE = "model_prices_and_context_window_backup.json"
CHAT = "/v1/chat/completions"
"""What the table calls the way by which a model answers questions."""
OTHERWISE = re.compile(
    r"embed|whisper|transcri|\btts\b|speech|realtime|\blive\b|native-audio|moderation|safeguard|guard\b|dall-e|imagen"
    r"|\bsora\b|\bveo\b|video|lyria|\bocr\b|rerank|orpheus|\baqa\b|-instruct-\d{4}$|babbage|davinci",
    re.IGNORECASE,
)
"""What the names of models have in them that do something else than answer questions, whatever the table says."""
PAINTS = re.compile(r"\bimage\b", re.IGNORECASE)
"""As above, but some of these answer as well: the table knows which."""
FEW = 8
"""For more models than that all names of the table are looked at once."""
_NAMED = re.compile(rb'("[^"\\\n]+"): \{')
LONGEST_ENTRY = 32 * 1024
"""Bytes of the table that hold any one entry."""


async def profiles(models: Sequence[ModelName]) -> Mapping[ModelName, ModelProfile]:
    """What is known of each of `models` ("provider/model"); nothing for one that the table does not have.

    Only their own entries are parsed: the whole table would hold up everything else for 40 ms and take 14 MB.
    """
    return await asyncio.to_thread(_look_up, models)


async def answering(vendor: str, names: Sequence[str]) -> list[str]:
    """Those models of a vendor that answer questions: by the table, or where that has none, by their names."""
    return await asyncio.to_thread(_answering, vendor, names)


def _answering(vendor: str, names: Sequence[str]) -> list[str]:
    table = _Table(many=len(names) > FEW)
    return [name for name in names if _answers(_found(table, ModelName.joined(vendor, name)), name)]


def _answers(entry: Mapping[str, Any] | None, name: str) -> bool:
    if OTHERWISE.search(name):
        return False
    if entry is None:
        return not PAINTS.search(name)
    return entry.get("mode") in (None, "chat") or CHAT in (entry.get("supported_endpoints") or ())


def _look_up(models: Sequence[ModelName]) -> dict[ModelName, ModelProfile]:
    table = _Table(many=len(models) > FEW)
    return {model: _profile(table, model) for model in models}


class _Table:
    """The table, of which only the entries that are asked for are parsed."""

    def __init__(self, *, many: bool) -> None:
        """`many`: whether it is asked so often that going through it once for all names costs less."""
        path = _table()
        self._bytes = path.read_bytes() if path is not None else b""
        self._places = {match[1]: match.end() - 1 for match in _NAMED.finditer(self._bytes)} if many else None

    def entry(self, name: str) -> dict[str, Any] | None:
        """The object for a name."""
        begins = self._place(name) if name else -1
        if begins < 0:
            return None
        found, _ = json.JSONDecoder().raw_decode(self._bytes[begins : begins + LONGEST_ENTRY].decode(errors="ignore"))
        return found if isinstance(found, dict) else None

    def _place(self, name: str) -> int:
        quoted = orjson.dumps(name)
        if self._places is not None:
            return self._places.get(quoted, -1)
        at = self._bytes.find(quoted + b": {")
        return -1 if at < 0 else self._bytes.index(b"{", at + len(quoted))


def _found(table: _Table, name: ModelName) -> dict[str, Any] | None:
    """The entry of a model."""
    if (entry := table.entry(str(name))) is not None:
        return entry
    # Some vendors' models are listed without the vendor's prefix.
    entry = table.entry(name.model)
    return entry if entry is not None and entry.get("litellm_provider") == name.provider else None


def _profile(table: _Table, model: ModelName) -> ModelProfile:
    if model.is_offline:
        return ModelProfile(tariff=Tariff.flat(0, 0), efforts=())
    entry = _found(table, ModelName(model))
    if entry is None:
        return ModelProfile()
    return ModelProfile(
        sees_images=entry.get("supports_vision") is True,
        calls_tools=_whether(entry.get("supports_function_calling")),
        reads_files=entry.get("supports_pdf_input") is True,
        context_tokens=_whole(entry.get("max_input_tokens", entry.get("max_tokens"))),
        output_tokens=_whole(entry.get("max_output_tokens", entry.get("max_tokens"))),
        cached_from=_whole(entry.get("prompt_cache_min_tokens")),
        efforts=efforts_of(model, entry),
        counts_thinking=counts_thinking(model, entry),
        tariff=tariff_of(model, entry),
    )


def _table() -> Path | None:
    """Where the table is; None if litellm is not installed."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).with_name(TABLE)


def _whether(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    """A count of tokens; the table has some as floats and, in its sample, as prose."""
    return int(value) if isinstance(value, int | float) else None
