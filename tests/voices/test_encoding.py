"""Speech in Opus: as long as its samples, with a wave, by a process that is gone afterwards."""

import io

import orjson
import pytest
import soundfile

from bot.files.opus import voice_of
from bot.standins.speech import sounded
from bot.voices import encoding
from bot.voices.encoding import NotEncoded, encoded
from providers.gemini_speech import asked, heard
from tests.support.programs import running

SAID = heard(orjson.dumps(sounded("tts", orjson.loads(asked("Good morning to everybody in here.", "")))), "").data


async def test_samples_become_a_voice_message_of_their_length() -> None:
    data = await encoded(SAID + b"\1", 24_000)
    voice = voice_of(data)
    assert voice.seconds == pytest.approx(len(SAID) / 2 / 24_000, abs=0.001), "Nothing is added at its end."
    assert len(set(voice.wave)) > 2, "Words are louder than the pauses between them."
    told = soundfile.info(io.BytesIO(data))
    assert (told.format, told.subtype, told.channels) == ("OGG", "OPUS", 1)
    assert len(data) * 8 / voice.seconds < 64_000
    assert not list(running("bot.voices")), "It has ended, and its memory is given back."


@pytest.mark.parametrize(("samples", "samples_per_s"), [(b"", 24_000), (b"\1", 24_000), (b"\1\0", 44_100)])
async def test_what_opus_does_not_take_is_not_encoded(samples: bytes, samples_per_s: int) -> None:
    with pytest.raises(NotEncoded):
        await encoded(samples, samples_per_s)


async def test_a_process_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_START", "import sys; sys.exit(3)")
    with pytest.raises(NotEncoded, match="3"):
        await encoded(b"\1\0", 24_000)
