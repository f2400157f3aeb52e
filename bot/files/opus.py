"""Recordings of speech as both platforms take them for voice messages: Opus in Ogg (RFC 7845), looked at, not decoded.

How loud a voice is at a moment shows in how many bytes the codec has spent on it: what is said takes more than a pause.
That is what the wave of a voice message is drawn from.
"""

from collections.abc import Iterator
from itertools import accumulate

from bot.domain.blocks import Voice

MOST_POINTS = 256
"""Of a wave: Discord takes no more."""
_PER_S = 48_000
"""Ticks of Ogg's clock, whatever the recording was sampled with."""
_CONTINUED = 1
_PAGE = 27
"""Bytes of a page's head before the table of its pieces."""


def voice_of(recording: bytes) -> Voice:
    """How long a recording lasts, and its wave.

    Raises:
        ValueError: it is no speech in Opus, or not whole.
    """
    packets, end = _read(recording)
    head, *sound = packets
    if not head.startswith(b"OpusHead") or len(head) < 12 or len(sound) < 2:
        raise ValueError("It is no recording in Opus.")
    # The decoder's first samples are none of the recording's; they are in the clock, and are not heard.
    skipped = int.from_bytes(head[10:12], "little")
    ticks = end - skipped
    if ticks <= 0:
        raise ValueError("It lasts no time.")
    return Voice(ticks / _PER_S, _wave([len(packet) for packet in sound[1:]]))


def _read(recording: bytes) -> tuple[list[bytes], int]:
    """The packets, and the clock at their end."""
    packets, rest, end = [], b"", 0
    for pieces, told, continued in _pages(recording):
        rest = rest if continued else b""
        for piece, is_last in pieces:
            rest += piece
            if is_last:
                packets.append(rest)
                rest = b""
        end = max(end, told)
    if not packets:
        raise ValueError("It is not in Ogg.")
    return packets, end


def _pages(recording: bytes) -> Iterator[tuple[list[tuple[bytes, bool]], int, bool]]:
    """Each page: its pieces, each with whether a packet ends with it; its clock; whether it begins inside a packet."""
    at = 0
    while at < len(recording):
        if recording[at : at + 4] != b"OggS" or len(recording) < at + _PAGE:
            raise ValueError("It is not in Ogg.")
        told = int.from_bytes(recording[at + 6 : at + 14], "little", signed=True)
        sizes = recording[at + _PAGE : at + _PAGE + recording[at + 26]]
        begin = at + _PAGE + len(sizes)
        ends = [begin, *(begin + size for size in accumulate(sizes))]
        if ends[-1] > len(recording):
            raise ValueError("It is not whole.")
        pieces = [(recording[first:last], size < 255) for first, last, size in zip(ends, ends[1:], sizes, strict=False)]
        yield pieces, told, bool(recording[at + 5] & _CONTINUED)
        at = ends[-1]


def _wave(sizes: list[int]) -> bytes:
    """At most so many points of one byte each, the loudest moment being 255."""
    step = max(1, -(-len(sizes) // MOST_POINTS))
    means = [sum(part) / len(part) for i in range(0, len(sizes), step) if (part := sizes[i : i + step])]
    loudest = max(means) or 1
    return bytes(round(255 * mean / loudest) for mean in means)
