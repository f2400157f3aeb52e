"""Pictures as OpenAI's endpoint draws them: strict in what it takes, and one colour each time.

Source: https://platform.openai.com/docs/api-reference/images, November 2026.
"""

import struct
import zlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIZES = frozenset(("auto", "1024x1024", "1536x1024", "1024x1536"))
KINDS = frozenset(("image/png", "image/jpeg", "image/webp"))
MOST_SOURCES = 16
LONGEST_PROMPT = 32_000
FIELDS = frozenset(
    ("model", "prompt", "n", "size", "quality", "background", "moderation", "output_format", "output_compression",
     "user", "stream", "partial_images", "image", "image[]", "mask", "input_fidelity")
)  # fmt: skip
FORBIDDEN = "forbidden"
"""A word that the vendor's filter refuses."""
READ, DRAWN = 50, 1056
"""Tokens of each picture: a square one of medium quality, as OpenAI counts them."""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture that came along."""

    media_type: str
    data: bytes


class NotDrawn(Exception):
    """The endpoint refuses; the code and the words are the vendor's."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def drawn(number: int, fields: Mapping[str, Any], sources: list[Source], *, edits: bool) -> dict[str, Any]:
    """The answer to the request of this number. Raises `NotDrawn`."""
    for name in fields:
        if name not in FIELDS:
            raise NotDrawn("unknown_parameter", f"Unknown parameter: '{name}'.")
    prompt = fields.get("prompt")
    if not isinstance(prompt, str) or not 0 < len(prompt) <= LONGEST_PROMPT:
        raise NotDrawn("missing_required_parameter", "Missing required parameter: 'prompt'.")
    if fields.get("size", "auto") not in SIZES:
        raise NotDrawn("invalid_value", f"Invalid value: '{fields['size']}'.")
    if edits and not 0 < len(sources) <= MOST_SOURCES:
        raise NotDrawn("missing_required_parameter", "Missing required parameter: 'image'.")
    if wrong := next((one for one in sources if one.media_type not in KINDS or not one.data), None):
        raise NotDrawn("unsupported_file_mimetype", f"Unsupported mimetype ('{wrong.media_type}').")
    if FORBIDDEN in prompt:
        raise NotDrawn("moderation_blocked", "Your request was rejected by the safety system.")
    read = READ * (1 + len(sources))
    return {
        "created": 1_795_000_000,
        "data": [{"b64_json": b64encode(square(number)).decode()}],
        "usage": {
            "input_tokens": read,
            "output_tokens": DRAWN,
            "total_tokens": read + DRAWN,
            "input_tokens_details": {"text_tokens": READ, "image_tokens": read - READ},
        },
    }


def square(number: int, side: int = 64) -> bytes:
    """A PNG of one colour; another one for each number."""
    colour = bytes((number * 67 % 256, number * 151 % 256, 200))
    rows = zlib.compress((b"\0" + colour * side) * side)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
