"""Has speech encoded, a process for each recording."""

from bot import beside

RATES = frozenset((8_000, 12_000, 16_000, 24_000, 48_000))
"""Samples a second that Opus takes (RFC 6716, 2)."""
_START = "import sys; from bot.voices.__main__ import main; sys.exit(main(int(sys.argv[1])))"
_LONGEST_S = 60.0


class NotEncoded(Exception):
    """There is no voice message."""


async def encoded(samples: bytes, samples_per_s: int) -> bytes:
    """Plain samples (16 bits, little-endian, one channel) as Opus in Ogg. Raises `NotEncoded`."""
    # Half a sample at the end is none.
    whole = samples[: len(samples) // 2 * 2]
    if samples_per_s not in RATES or not whole:
        raise NotEncoded(f"There are {len(whole)} bytes of {samples_per_s} samples a second.")
    # Its linear algebra, which is not needed, would reserve memory for each core.
    environment = beside.environment(OPENBLAS_NUM_THREADS="1")
    try:
        # Somebody is about to hear it: it comes behind nobody.
        return await beside.made(
            whole, _START, str(samples_per_s), environment=environment, longest_s=_LONGEST_S, niceness=0
        )
    except beside.NothingMade as error:
        raise NotEncoded(str(error)) from error
