"""Has speech encoded as voice messages."""

from bot.beside import NothingMade
from bot.voices.engine import Engine, made

RATES = frozenset((8_000, 12_000, 16_000, 24_000, 48_000))
"""Samples a second that Opus takes (RFC 6716, 2)."""


class NotEncoded(Exception):
    """There is no voice message."""


class Encoder:
    """Encodes one recording after the other."""

    def __init__(self) -> None:
        # Somebody is about to hear it: it comes behind nobody.
        self._engine = Engine("encode")
        self._is_needed = False

    async def prepare(self) -> None:
        """A recording has been asked for: where the last one was to be encoded, this one will be."""
        if self._is_needed:
            await self._engine.warm()

    async def encoded(self, samples: bytes, samples_per_s: int) -> bytes:
        """Plain samples (16 bits, little-endian, one channel) as Opus in Ogg. Raises `NotEncoded`."""
        # Half a sample at the end is none.
        whole = samples[: len(samples) // 2 * 2]
        if samples_per_s not in RATES or not whole:
            raise NotEncoded(f"There are {len(whole)} bytes of {samples_per_s} samples a second.")
        self._is_needed = True
        try:
            return await made(self._engine, {"samples_per_s": samples_per_s}, whole)
        except NothingMade as error:
            raise NotEncoded(str(error)) from error

    async def close(self) -> None:
        """End its process."""
        await self._engine.close()
