"""Speech in Opus: as long as its samples, with a wave, by a process that is gone afterwards."""

import io
from collections.abc import AsyncIterator

import orjson
import pytest
import pytest_asyncio
import soundfile

from bot.files.opus import voice_of
from bot.standins.speech import sounded
from bot.voices import engine
from bot.voices.encoding import Encoder, NotEncoded
from providers.gemini_speech import asked, heard
from tests.support.programs import running

SAID = heard(orjson.dumps(sounded("tts", orjson.loads(asked("Good morning to everybody in here.", "")))), "").data


@pytest_asyncio.fixture
async def encoder() -> AsyncIterator[Encoder]:
    encoder = Encoder()
    yield encoder
    await encoder.close()
    assert not list(running("bot.voices")), "It has ended, and its memory is given back."


async def test_samples_become_a_voice_message_of_their_length(encoder: Encoder) -> None:
    data = await encoder.encoded(SAID + b"\1", 24_000)
    voice = voice_of(data)
    assert voice.seconds == pytest.approx(len(SAID) / 2 / 24_000, abs=0.001), "Nothing is added at its end."
    assert len(set(voice.wave)) > 2, "Words are louder than the pauses between them."
    told = soundfile.info(io.BytesIO(data))
    assert (told.format, told.subtype, told.channels) == ("OGG", "OPUS", 1)
    assert len(data) * 8 / voice.seconds < 64_000
    (process,) = running("bot.voices")
    assert voice_of(await encoder.encoded(SAID + b"\1", 24_000)) == voice
    assert list(running("bot.voices")) == [process], "Who speaks again finds it there."


async def test_where_the_last_recording_was_encoded_the_next_finds_a_process_that_has_started(encoder: Encoder) -> None:
    await encoder.prepare()
    assert not list(running("bot.voices")), "Nobody knows yet that it is needed."
    with pytest.raises(NotEncoded):
        await encoder.encoded(SAID, 44_100)
    await encoder.prepare()
    assert not list(running("bot.voices")), "What is refused needs none."
    await encoder.encoded(SAID, 24_000)
    await encoder.close()
    await encoder.prepare()
    (process,) = running("bot.voices")
    await encoder.encoded(SAID, 24_000)
    assert list(running("bot.voices")) == [process]


@pytest.mark.parametrize(("samples", "samples_per_s"), [(b"", 24_000), (b"\1", 24_000), (b"\1\0", 44_100)])
async def test_what_opus_does_not_take_is_not_encoded(encoder: Encoder, samples: bytes, samples_per_s: int) -> None:
    with pytest.raises(NotEncoded):
        await encoder.encoded(samples, samples_per_s)


async def test_a_process_that_fails_says_so(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_START", "import sys; sys.exit(3)")
    with pytest.raises(NotEncoded):
        await encoder.encoded(b"\1\0", 24_000)
