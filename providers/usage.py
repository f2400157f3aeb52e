"""What a request used, as vendors of the chat format say it: one number has many names, and some counts hold others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from typing import Any, TypeGuard

from bot.domain.turns import Usage

MOST_TOKENS = 10_000_000
"""No request uses more, in or out: a count above it is a mistake, and no one must pay for that."""
_INPUT, _OUTPUT = ("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")
_INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")
_CACHED = ("cached_tokens", "cache_read_tokens", "cache_read_input_tokens", "prompt_cache_hit_tokens")
"""OpenAI's in its details, Moonshot's beside them; Anthropic's and those of gateways to it; DeepSeek's."""
_STORED = ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens")
_STORED_LONG = "ephemeral_1h_input_tokens"
"""Of what was stored, in Anthropic's `cache_creation`: for an hour instead of five minutes."""
_SECONDS = ("seconds", "prompt_audio_seconds", "duration")
"""OpenAI's and Mistral's counts; the length of the recording itself."""


def usage_of(
    asked: object,
    said: object,
    *,
    cached: object = 0,
    stored: object = 0,
    stored_long: object = 0,
    sound: object = 0,
    thought: object = 0,
    drawn: object = 0,
) -> Usage | None:
    """The counts of a vendor; None, as if there were none, when `asked` and `said` cannot be true.

    Of the others, which are parts of these two, what cannot be true counts as nothing. Cached sound counts as cached.
    """
    if not _can_be(asked) or not _can_be(said):
        return None
    read, kept, heard = _parts(asked, (cached, stored, sound))
    (kept_long,) = _parts(kept, (stored_long,))
    thinking, pictures = _parts(said, (thought, drawn))
    return Usage(asked, said, read, kept, heard, thinking, pictures, kept_long)


def chat_usage(usage: Any) -> Usage | None:
    """The counts in the `usage` of a chat completion, a response or a transcript; None if there are none."""
    counts = _fields(usage)
    asked, said = _first(counts, _INPUT), _first(counts, _OUTPUT)
    read, written = _details(counts, _INPUT_DETAILS), _details(counts, _OUTPUT_DETAILS)
    cached, stored = (_first(_given(read, counts), names) for names in (_CACHED, _STORED))
    if counts.get("prompt_tokens") is None and not read and _can_be(asked):
        # Anthropic's own form, in which no count holds another.
        asked += sum(count for count in (cached, stored) if _can_be(count))
    if _can_be(asked) and _can_be(said) and _can_be(total := counts.get("total_tokens")):
        # xAI, and Google in OpenAI's clothes, leave thinking out of what was written, but not out of the sum.
        said = max(said, total - asked)
    return usage_of(
        asked,
        said,
        cached=cached,
        stored=stored,
        stored_long=_details(counts, ("cache_creation",)).get(_STORED_LONG),
        sound=read.get("audio_tokens"),
        thought=_first(written, ("reasoning_tokens", "thinking_tokens")),
        drawn=written.get("image_tokens"),
    )


def together(parts: Sequence[Usage | None]) -> Usage | None:
    """The counts of all requests for one answer; None if those of one are not known."""
    known = [astuple(part) for part in parts if part is not None]
    return Usage(*map(sum, zip(*known, strict=True))) if known and len(known) == len(parts) else None


def seconds_of(transcript: Mapping[str, Any]) -> float | None:
    """How long a recording was, in the answer that holds its words; None if it does not say."""
    counts = _fields(transcript.get("usage"))
    seconds = _first(counts | {"duration": transcript.get("duration")}, _SECONDS)
    return float(seconds) if isinstance(seconds, int | float) and 0 <= seconds <= MOST_TOKENS else None


def _can_be(count: object) -> TypeGuard[int]:
    return isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MOST_TOKENS


def _parts(whole: int, parts: Iterable[object]) -> Iterable[int]:
    left = whole
    for part in parts:
        count = min(part, left) if _can_be(part) and part <= whole else 0
        left -= count
        yield count


def _given(details: Mapping[str, Any], counts: Mapping[str, Any]) -> Mapping[str, Any]:
    """All fields that are given; those of the details count where both have one."""
    return {name: value for fields in (counts, details) for name, value in fields.items() if value is not None}


def _fields(value: Any) -> dict[str, Any]:
    """Of JSON, or of the object that litellm makes of it."""
    return dict(value) if isinstance(value, Mapping) or hasattr(value, "model_dump") else {}


def _details(counts: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return _fields(_first(counts, names))


def _first(counts: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((counts[name] for name in names if counts.get(name) is not None), None)
