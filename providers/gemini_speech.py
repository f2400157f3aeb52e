"""Reading aloud by Gemini's models: https://ai.google.dev/gemini-api/docs/speech-generation, November 2026.

They return plain samples in one piece, as base64: too long for what reads answers, and not for the library to check.
"""

import re
from base64 import b64decode
from binascii import Error
from typing import Any

import orjson

from bot.contracts.provider import Recording
from bot.domain.provider_errors import RequestRefused, StreamBroken
from providers.loose import dicts_in, values_in

LONGEST = 64 * 1024 * 1024
"""Bytes of an answer that are read: a quarter of an hour of speech."""
VOICE = "Kore"
"""Read with where nobody has chosen one."""
SAMPLES_PER_S = 24_000
"""Where the type of the answer does not say."""
_ORDER = "Read this aloud, word for word, in its own language:"
"""A text alone may be answered in words, which these models refuse with an error."""
_RATE = re.compile(r"\brate=(\d+)")


def asked(text: str, voice: str) -> bytes:
    """The body of a request to read a text aloud."""
    spoken_by = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice or VOICE}}}
    return orjson.dumps(
        {
            "contents": [{"role": "user", "parts": [{"text": f"{_ORDER}\n\n{text}"}]}],
            "generationConfig": {"responseModalities": ["AUDIO"], "speechConfig": spoken_by},
        }
    )


def heard(data: bytes, endpoint: str) -> Recording:
    """The recording in an answer.

    Raises:
        RequestRefused: the text was blocked.
        StreamBroken: there is none.
    """
    said = next(iter(values_in(data)[0]), None)
    said = said if isinstance(said, dict) else {}
    if isinstance(feedback := said.get("promptFeedback"), dict) and (reason := feedback.get("blockReason")):
        raise RequestRefused(f"{endpoint!r} does not read this aloud: {str(reason)[:100]}.")
    blobs = [blob for part in _parts(said) if isinstance(blob := part.get("inlineData"), dict)]
    samples = b"".join(map(_samples, blobs))
    if not samples:
        raise StreamBroken(f"{endpoint!r} returned no recording.")
    told = _RATE.search(str(blobs[0].get("mimeType")))
    return Recording(samples, int(told[1]) if told else SAMPLES_PER_S)


def _parts(said: dict[str, Any]) -> list[dict[str, Any]]:
    contents = [candidate.get("content") for candidate in dicts_in(said.get("candidates"))]
    return [part for content in dicts_in(contents) for part in dicts_in(content.get("parts"))]


def _samples(blob: dict[str, Any]) -> bytes:
    try:
        return b64decode(str(blob.get("data") or ""), validate=True)
    except (Error, ValueError):
        return b""
