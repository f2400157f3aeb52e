"""Pictures by OpenAI's way: `/images/generations` and, from other pictures, `/images/edits`.

Facts that shape this module (https://platform.openai.com/docs/api-reference/images, November 2026): the gpt-image
models always return base64 and refuse `response_format`, the older ones and most servers that speak alike return an
address unless they are asked for it; what they drew is counted in tokens by the former alone.
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from bot.contracts.provider import Prompt
from bot.domain.events import ImageMade
from bot.domain.messages import ImagePart, TextPart
from bot.domain.pictures import Format, PictureWish
from bot.domain.provider_errors import StreamBroken
from bot.domain.turns import Usage
from providers.loose import values_in

_SIZES = {Format.SQUARE: "1024x1024", Format.WIDE: "1536x1024", Format.TALL: "1024x1536"}
_COUNTED = re.compile(r"(?:chat)?gpt-image\b")
_KINDS = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"))
LARGEST_PICTURE = 64 * 1024 * 1024
"""Bytes of an answer that are read."""


def asked(prompt: Prompt, wish: PictureWish) -> tuple[str, bytes | aiohttp.FormData]:
    """The path of a request for a picture, and its body."""
    fields, files = fields_of(prompt, wish)
    if not files:
        return "/images/generations", orjson.dumps(fields)
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, value)
    for filename, data, media_type in files:
        form.add_field("image[]", data, filename=filename, content_type=media_type)
    return "/images/edits", form


def fields_of(prompt: Prompt, wish: PictureWish) -> tuple[dict[str, str], list[tuple[str, bytes, str]]]:
    """What a request for a picture says, and the files it is made from: name, bytes, type."""
    last = prompt.messages[-1].parts
    sources = [part for part in last if isinstance(part, ImagePart)]
    fields = {"model": prompt.model, "prompt": "\n".join(part.text for part in last if isinstance(part, TextPart))}
    if wish.format is not None:
        fields["size"] = _SIZES[wish.format]
    if not _COUNTED.match(prompt.model):
        fields["response_format"] = "b64_json"
    elif prompt.unfiltered:
        # As little as there is: https://platform.openai.com/docs/api-reference/images/create
        fields["moderation"] = "low"
    names = (f"{number}.{source.media_type.removeprefix('image/')}" for number, source in enumerate(sources, 1))
    return fields, [(name, source.data, source.media_type) for name, source in zip(names, sources, strict=True)]


def drawn(data: bytes, endpoint: str) -> tuple[ImageMade, Usage | None]:
    """The picture in an answer, and what it used. Raises StreamBroken if there is none."""
    said = next(iter(values_in(data)[0]), None)
    pictures = said.get("data") if isinstance(said, dict) else None
    first = pictures[0] if isinstance(pictures, list) and pictures else None
    encoded = first.get("b64_json") if isinstance(first, dict) else None
    try:
        picture = b64decode(encoded, validate=True) if isinstance(encoded, str) else b""
    except (Error, ValueError):
        picture = b""
    kind = next((kind for signature, kind in _KINDS if picture.startswith(signature)), None)
    if kind is None or not isinstance(said, dict):
        raise StreamBroken(f"{endpoint!r} returned no picture.")
    return ImageMade(picture, kind), _usage(said.get("usage"))


def _usage(counts: object) -> Usage | None:
    if not isinstance(counts, dict):
        return None
    read, written = _count(counts, "input_tokens"), _count(counts, "output_tokens")
    return Usage(read, written, drawn_tokens=written) if read or written else None


def _count(counts: Mapping[str, Any], name: str) -> int:
    count = counts.get(name)
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0
