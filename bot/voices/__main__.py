"""The program that encodes speech: plain samples from its input become Opus in Ogg on its output.

    python -m bot.voices 24000 <samples >voice.ogg

Samples are of 16 bits, little-endian, of one channel. Libraries that encode Opus, weighed on 28 s of speech, a process
each (Python 3.11, 30 November 2026; CPU, memory, and megabytes on disk that they add): soundfile 0.14: 0.64 s, 37 MB,
64 MB with numpy, which it imports (0.35 s and 30 MB as the gateway starts it); av 18.1: 0.35 s, 50 MB, 103 MB;
imageio-ffmpeg 0.8, a program: 0.39 s, 46 MB, 165 MB; opuscodec 0.1 has no wheels for Python 3.12 and later.
"""

import io
import resource
import sys

import soundfile

_MEMORY_BYTES = 1024 << 20
_CPU_S = 60
_COMPRESSION = 0.8
"""48 kbit/s where 0 is 256 and 1 is 6. At 38 and less the codec takes 2.5 times as much CPU."""


def main(samples_per_s: int) -> int:
    """Encode what comes, within limits."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    encoded = io.BytesIO()
    with soundfile.SoundFile(
        encoded,
        "w",
        samplerate=samples_per_s,
        channels=1,
        format="OGG",
        subtype="OPUS",
        compression_level=_COMPRESSION,
    ) as voice:
        voice.buffer_write(sys.stdin.buffer.read(), dtype="int16")
    sys.stdout.buffer.write(encoded.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
