"""Voice messages by engines of this machine: heard and answered aloud without a vendor, in English alone."""

from typing import Any

import pytest

from bot.domain.blocks import OutFile
from bot.voices import engine
from providers import local_speech
from tests.scenario.test_aloud import LONG, SHORT, hears, read
from tests.support import speech_engine
from tests.support.programs import running
from tests.support.world import House, Someone

GERMAN = " ".join(f"Der Satz Nummer {number} ist nicht der letzte." for number in range(60))
LOCAL = {"transcription_model": "offline/whisper", "speech_model": "offline/piper"}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_START", speech_engine.ENGINE)
    monkeypatch.setattr(local_speech, "find_spec", lambda _: True)


def voice(recording: bytes = b"OggS") -> OutFile:
    return OutFile("voice-message.ogg", "audio/ogg", recording)


def sounds_sent(house: House) -> list[str]:
    return [request.path for request in house.model.requests if "/audio/" in request.path]


async def test_what_is_said_and_its_answer_need_no_vendor_for_speech(house: House, alice: Someone) -> None:
    house.model.reply = SHORT
    await house.start(**LOCAL)
    alice.sends(voice())
    await alice.sees(f"🎤 {speech_engine.HEARD}")
    await alice.sees(SHORT)
    await hears(alice, SHORT)
    alice.sends(voice(speech_engine.FOREIGN))
    await alice.sees("only English is understood here")
    assert not sounds_sent(house)
    await house.stop()
    assert not list(running("speech_engine"))


async def test_what_is_not_english_stays_in_words_unless_a_vendor_reads_it(house: House, alice: Someone) -> None:
    house.model.reply = GERMAN
    await house.start(**LOCAL)
    alice.sends(voice())
    answer = await alice.sees("Der Satz Nummer 59")
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM speech") == [(0,)])
    await alice.presses("Read all of it aloud", on=answer)
    await alice.sees("I can read only English aloud here.")
    assert not house.side.voices(alice.room)
    await house.stop()
    vendor: dict[str, Any] = {"openai_api_key": "key", "openai_base_url": f"{house.model.url}/v1"}
    await house.start(**vendor, speech_model="offline/piper,openai/gpt-4o-mini-tts")
    await alice.presses("Read all of it aloud", on=answer)
    await house.until(lambda: house.side.voices(alice.room))
    assert "Der Satz Nummer 59" in read(house)[-1]


async def test_how_far_hearing_has_come_is_shown_and_stop_ends_it(house: House, alice: Someone) -> None:
    house.model.reply = LONG
    await house.start(**LOCAL)
    alice.sends(voice(speech_engine.ENDLESS))

    def is_shown() -> bool:
        house.clock.advance(1)
        return any("Listening to" in words and "25 %" in words for words in house.side.growing(alice.room))

    await house.until(is_shown)
    assert list(running("speech_engine"))
    await alice.commands("stop")
    await house.until(lambda: not list(running("speech_engine")))
    await house.rests()
