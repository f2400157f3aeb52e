"""What a request used, in the words of each vendor, is one count of what was read and written and its parts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.turns import Usage
from providers.usage import chat_usage, seconds_of

TOLD = {
    "openai": (
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 10},
            "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 0},
        },
        Usage(100, 50, cached_tokens=64, sound_tokens=10, thought_tokens=30),
    ),
    "openai's responses": (
        {
            "input_tokens": 100,
            "output_tokens": 50,
            "input_tokens_details": {"cached_tokens": 64},
            "output_tokens_details": {"reasoning_tokens": 30},
        },
        Usage(100, 50, cached_tokens=64, thought_tokens=30),
    ),
    "openai's transcripts": (
        {
            "type": "tokens",
            "input_tokens": 100,
            "output_tokens": 5,
            "total_tokens": 105,
            "input_token_details": {"text_tokens": 0, "audio_tokens": 100},
        },
        Usage(100, 5, sound_tokens=100),
    ),
    "openrouter": (
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 70},
        },
        Usage(100, 50, cached_tokens=20, stored_tokens=70),
    ),
    "deepseek": (
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "prompt_cache_hit_tokens": 64,
            "prompt_cache_miss_tokens": 36,
            "prompt_tokens_details": None,
        },
        Usage(100, 50, cached_tokens=64),
    ),
    "moonshot": (
        {"prompt_tokens": 100, "completion_tokens": 50, "cached_tokens": 64},
        Usage(100, 50, cached_tokens=64),
    ),
    "a gateway to anthropic": (
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "cache_read_input_tokens": 64,
            "cache_creation_input_tokens": 30,
        },
        Usage(100, 50, cached_tokens=64, stored_tokens=30),
    ),
    "anthropic": (
        {"input_tokens": 6, "output_tokens": 50, "cache_read_input_tokens": 64, "cache_creation_input_tokens": 30},
        Usage(100, 50, cached_tokens=64, stored_tokens=30),
    ),
    "xai": (
        {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 150,
            "completion_tokens_details": {"reasoning_tokens": 30},
        },
        Usage(100, 50, thought_tokens=30),
    ),
    "google in openai's clothes": (
        {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 150},
        Usage(100, 50),
    ),
    "nulls": (
        {
            "prompt_tokens": 1,
            "completion_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": None},
            "cached_tokens": 1,
        },
        Usage(1, 2, cached_tokens=1),
    ),
}


@pytest.mark.parametrize("vendor", TOLD)
def test_each_vendors_counts_are_understood(vendor: str) -> None:
    told, meant = TOLD[vendor]
    assert chat_usage(told) == meant


_NAMES = (
    *("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens", "cached_tokens"),
    *("cache_read_input_tokens", "cache_creation_input_tokens", "reasoning_tokens", "audio_tokens", "image_tokens"),
)
_counts = st.one_of(
    st.integers(-5, 20_000_000), st.none(), st.booleans(), st.floats(), st.text(max_size=3), st.lists(st.integers())
)
_fields = st.dictionaries(st.sampled_from(_NAMES), _counts, max_size=8)


@given(_fields, st.one_of(_fields, _counts), st.one_of(_fields, _counts))
def test_whatever_is_told_no_part_is_more_than_its_whole(told: dict[str, Any], read: Any, written: Any) -> None:
    used = chat_usage({**told, "prompt_tokens_details": read, "completion_tokens_details": written})
    if used is not None:
        assert min(used.cached_tokens, used.stored_tokens, used.sound_tokens, used.plain_input_tokens) >= 0
        assert min(used.thought_tokens, used.drawn_tokens, used.plain_output_tokens) >= 0


@pytest.mark.parametrize(
    ("transcript", "seconds"),
    [
        ({"text": "Hi", "usage": {"type": "duration", "seconds": 7}}, 7),
        ({"text": "Hi", "usage": {"prompt_audio_seconds": 7, "prompt_tokens": 4, "completion_tokens": 2}}, 7),
        ({"text": "Hi", "duration": 7.25}, 7.25),
        ({"text": "Hi", "duration": -1}, None),
        ({"text": "Hi", "duration": float("nan")}, None),
        ({"text": "Hi"}, None),
    ],
)
def test_the_length_of_a_recording_is_understood(transcript: dict[str, Any], seconds: float | None) -> None:
    assert seconds_of(transcript) == seconds
