"""Engines on this machine: strict about languages, one process for each, and none where there is no work."""

import asyncio
import re
import time
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.beside import NothingMade
from bot.domain.messages import AudioPart
from bot.domain.provider_errors import ContextTooLong, EnglishOnly, ModelMissing, ProviderError, RequestRefused
from bot.files.opus import voice_of
from bot.standins.speech import spoken
from bot.voices import engine
from bot.voices.engine import Engine, made
from bot.voices.english import is_english
from providers import local_speech
from providers.local_speech import LocalSpeech
from tests.support import speech_engine
from tests.support.modules import ROOT
from tests.support.patience import PATIENCE_S
from tests.support.programs import running


@pytest_asyncio.fixture
async def local() -> AsyncIterator[LocalSpeech]:
    local = LocalSpeech()
    yield local
    await local.close()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_START", speech_engine.ENGINE)
    monkeypatch.setattr(local_speech, "find_spec", lambda _: True)


def heard(local: LocalSpeech, recording: bytes, told: list[float]) -> Any:
    return local.transcribe("whisper", AudioPart(recording, "audio/ogg", "voice.ogg"), told.append)


@pytest.mark.usefixtures("stand_in")
async def test_english_is_read_and_written_down(local: LocalSpeech) -> None:
    assert (await local.speak("piper", "It is the tallest mountain.")).data == spoken("It is the tallest mountain.")
    told: list[float] = []
    assert (await heard(local, b"OggS", told)).text == speech_engine.HEARD
    assert told == [0.25]


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("recording", "error"),
    [
        (speech_engine.FOREIGN, EnglishOnly),
        (speech_engine.LONG, ContextTooLong),
        (speech_engine.BROKEN, RequestRefused),
        (speech_engine.DEADLY, ProviderError),
        (b"no voice message", ProviderError),
    ],
)
async def test_what_cannot_be_heard_is_told_and_the_next_recording_is_heard(
    local: LocalSpeech, recording: bytes, error: type[ProviderError]
) -> None:
    with pytest.raises(error):
        await heard(local, recording, [])
    assert (await heard(local, b"OggS", [])).text == speech_engine.HEARD


@pytest.mark.usefixtures("stand_in")
async def test_another_language_is_not_read_as_if_it_were_english(local: LocalSpeech) -> None:
    with pytest.raises(EnglishOnly):
        await local.speak("piper", "Das ist der höchste Berg der Erde.")
    assert not list(running("speech_engine")), "Nothing was started for it."


async def test_what_is_not_installed_or_not_built_in_is_missing(
    local: LocalSpeech, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_speech, "find_spec", lambda _: None)
    with pytest.raises(ModelMissing, match="make speech"):
        await local.speak("piper", "It is here.")
    with pytest.raises(ModelMissing):
        await local.speak("whisper", "It is here.")


@pytest.mark.usefixtures("stand_in")
async def test_a_process_ends_that_has_no_work_or_whose_work_nobody_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "IDLE_S", 0.0)
    hearer = Engine("hear")
    assert await made(hearer, {}, b"OggS")
    assert await asyncio.to_thread(_gone)
    telling = hearer.do({}, speech_engine.ENDLESS)
    assert (await anext(telling)).what["done"] == 0.25
    assert list(running("speech_engine"))
    await telling.aclose()
    assert not list(running("speech_engine"))
    monkeypatch.setattr(engine, "_SILENCE_S", 0.5)
    with pytest.raises(NothingMade, match="TimeoutError"):
        await made(hearer, {}, speech_engine.ENDLESS)
    assert not list(running("speech_engine"))


def _gone() -> bool:
    """Whether no process is left in the end."""
    end = time.monotonic() + PATIENCE_S
    while (left := list(running("speech_engine"))) and time.monotonic() < end:
        time.sleep(0.01)
    return not left


def sentences() -> Iterator[tuple[str, str, str]]:
    """What the bot says that is long enough to have a language: in English, in another one, and in which."""
    for path in sorted(Path(ROOT, "bot", "texts").glob("*.toml")):
        for english, other in flat(tomllib.loads(path.read_text(encoding="utf-8"))):
            said, theirs = (re.sub(r"\{.*?\}|`[^`]*`|[*_]", "", each) for each in (english, other))
            if len(said.split()) >= 6:
                yield said, theirs, path.stem


def flat(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, str):
            yield key, value


def test_english_is_told_from_other_languages() -> None:
    found = list(sentences())
    assert len({language for _, _, language in found}) >= 5 and len(found) > 2_000
    unread = {said for said, _, _ in found if not is_english(said)}
    assert len(unread) <= 2, unread
    for language in {language for _, _, language in found}:
        theirs = [other for _, other, one in found if one == language]
        assert sum(map(is_english, theirs)) <= 0.015 * len(theirs), language


@pytest.mark.parametrize("text", ["Mount Everest, at 8,849 metres.", "Yes.", "The café in Kraków is open today."])
def test_short_answers_and_names_are_english(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "42", "Guten Morgen.", "De trein is in de stad en we zijn op tijd.", "Ya, saya akan datang besok."),
        *("Det er for dyrt at have en bil i byen, men jeg har en.", "Il n'y a pas de place dans le train.", "Да."),
    ],
)
def test_what_nobody_can_tell_to_be_english_is_not(text: str) -> None:
    assert not is_english(text)


@pytest.mark.skipif(find_spec("piper") is None, reason="`make speech` installs the engines.")
async def test_what_the_real_engine_reads_the_other_real_one_writes_down(local: LocalSpeech) -> None:
    recording = await local.speak("piper", "Please remind me to buy some milk tomorrow.")
    assert 1.5 < voice_of(recording.data).seconds < 4.5
    transcript = await heard(local, recording.data, [])
    assert transcript.text == "Please remind me to buy some milk tomorrow."
    assert transcript.seconds == pytest.approx(voice_of(recording.data).seconds, abs=0.1)
