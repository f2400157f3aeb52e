"""Encodes speech: plain samples become Opus in Ogg.

Samples are of 16 bits, little-endian, of one channel. Libraries that encode Opus, weighed on 28 s of speech, a process
each (Python 3.11, 30 November 2026; CPU, memory, and megabytes on disk that they add): soundfile 0.14: 0.64 s, 37 MB,
64 MB with numpy, which it imports (0.35 s and 30 MB as the gateway starts it); av 18.1: 0.35 s, 50 MB, 103 MB;
imageio-ffmpeg 0.8, a program: 0.39 s, 46 MB, 165 MB; opuscodec 0.1 has no wheels for Python 3.12 and later.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import soundfile

from bot.voices.job import Frame, Job

_COMPRESSION = 0.8
"""48 kbit/s where 0 is 256 and 1 is 6. At 38 and less the codec takes 2.5 times as much CPU."""


def ready() -> Job:
    """What encodes."""
    return _encode


def _encode(asked: Mapping[str, Any], samples: bytes) -> Iterator[Frame]:
    encoded = io.BytesIO()
    with opened(encoded, asked["samples_per_s"]) as voice:
        voice.buffer_write(samples, dtype="int16")
    yield {}, encoded.getvalue()


def opened(target: io.BytesIO, samples_per_s: int) -> Any:
    """A voice message that samples can be written to."""
    return soundfile.SoundFile(
        target,
        "w",
        samplerate=samples_per_s,
        channels=1,
        format="OGG",
        subtype="OPUS",
        compression_level=_COMPRESSION,
    )
