"""A voice for the stand-in: recordings in Opus and Ogg that any player plays, and that hold silence.

They last as long as somebody would take to say the words, and spend more bytes on a word than on the pause behind it.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any

_PER_S = 48_000
_FRAME = 960
"""Ticks of 20 ms."""
_FRAMES_A_WORD = 15
"""300 ms, the last fifth of it a pause."""
_SKIPPED = 312
"""What an encoder looks ahead: 6.5 ms, which are in the clock and not heard."""
_SILENCE = b"\xff\xfe"
_SERIAL = 7
_MOST_PACKETS = 50
"""On a page: a second."""


LONGEST = 4_096
"""Characters that OpenAI reads at once."""


def wrong_with_speech(body: Mapping[str, Any]) -> str | None:
    """Why OpenAI refuses to read something aloud; None if it does not."""
    if body.get("response_format") != "opus":
        return "The stand-in reads in Opus alone."
    if not body.get("model") or not body.get("voice"):
        return "you must provide a model and a voice parameter"
    if not 1 <= len(str(body.get("input") or "")) <= LONGEST:
        return f"String should have at least 1 and at most {LONGEST} characters"
    return None


def spoken(text: str) -> bytes:
    """A text, as if it was read aloud."""
    packets = list(_packets(text))
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, _SKIPPED, _PER_S, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 6) + b"Parley" + struct.pack("<I", 0)
    pages = [_page([head], 0, 0, kind=2), _page([tags], 0, 1)]
    for begin in range(0, len(packets), _MOST_PACKETS):
        part = packets[begin : begin + _MOST_PACKETS]
        is_last = begin + len(part) == len(packets)
        clock = _FRAME * (begin + len(part))
        pages.append(_page(part, clock, len(pages), kind=4 if is_last else 0))
    return b"".join(pages)


def seconds(text: str) -> float:
    """How long that lasts."""
    return (len(list(_packets(text))) * _FRAME - _SKIPPED) / _PER_S


def _packets(text: str) -> Iterator[bytes]:
    for word in re.findall(r"\S+", text) or ["…"]:
        for number in range(_FRAMES_A_WORD):
            loud = 2 + 8 * len(word) % 120 if number < _FRAMES_A_WORD * 4 // 5 else 2
            # One frame with padding (RFC 6716, 3.2.5), of a band and length that need no state: CELT, 20 ms, mono.
            yield bytes((0xFB, 0x41, loud)) + _SILENCE + bytes(loud)


def _page(packets: list[bytes], clock: int, number: int, *, kind: int = 0) -> bytes:
    sizes = b"".join(bytes([255] * (len(packet) // 255) + [len(packet) % 255]) for packet in packets)
    head = struct.pack("<4sBBqIII", b"OggS", 0, kind, clock, _SERIAL, number, 0) + bytes((len(sizes),)) + sizes
    whole = head + b"".join(packets)
    return whole[:22] + struct.pack("<I", _checked(whole)) + whole[26:]


def _checked(data: bytes) -> int:
    """Ogg's sum (RFC 3533, 6)."""
    found = 0
    for byte in data:
        found ^= byte << 24
        for _ in range(8):
            found = ((found << 1) ^ 0x04C11DB7 if found & 0x80000000 else found << 1) & 0xFFFFFFFF
    return found
