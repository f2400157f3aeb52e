"""How long a recording is at most, from its bytes: where it does not say so, as long as the thinnest sound there is."""

from collections.abc import Callable
from typing import Literal

from bot.contracts.provider import Recording

FEWEST_BYTES_PER_S = 500
"""Speech in 4 kbit/s; telephones have no less."""
MOST_BYTES_PER_S = 768_000
"""Sound of the finest kind, eight channels of 24 bits: no file is shorter than that, whatever it says of itself."""
_OPUS_PER_S = 48_000


def seconds_in(recording: bytes) -> float:
    """The length of a recording, at most. Voice messages of both platforms are Opus in Ogg."""
    told = next((read(recording) for sign, read in _READERS if sign in recording[:64]), 0.0)
    return max(told, len(recording) / MOST_BYTES_PER_S) if told else len(recording) / FEWEST_BYTES_PER_S


def seconds_of(recording: Recording) -> float:
    """The length of what a model read aloud."""
    if recording.samples_per_s is None:
        return seconds_in(recording.data)
    return len(recording.data) / 2 / recording.samples_per_s


def _opus(recording: bytes) -> float:
    """The last page of Ogg has the number of samples up to its end; -1 where nothing ends on it."""
    at = recording.rfind(b"OggS")
    return max(_number(recording, at + 6, 8, "little", signed=True), 0) / _OPUS_PER_S


def _wave(recording: bytes) -> float:
    rate = _number(recording, 28, 4, "little")
    return len(recording) / rate if rate else 0.0


def _mp4(recording: bytes) -> float:
    """The movie's header: ticks in a second, and how many there are; wider numbers in its second version."""
    at = recording.find(b"mvhd") + 4
    if at < 4:
        return 0.0
    times, width = (at + 20, 8) if recording[at : at + 1] == b"\1" else (at + 12, 4)
    ticks_per_s = _number(recording, times, 4, "big")
    return _number(recording, times + 4, width, "big") / ticks_per_s if ticks_per_s else 0.0


_Reader = Callable[[bytes], float]
"""How long a recording says that it is, in seconds; 0 if it does not."""
_READERS: tuple[tuple[bytes, _Reader], ...] = ((b"OpusHead", _opus), (b"WAVEfmt ", _wave), (b"ftyp", _mp4))
"""By what stands at the beginning."""


def _number(data: bytes, at: int, width: int, order: Literal["big", "little"], *, signed: bool = False) -> int:
    return int.from_bytes(data[at : at + width], order, signed=signed)
