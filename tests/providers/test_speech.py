"""Reading aloud on the wire, and what it costs."""

from base64 import b64encode
from typing import Any

import orjson
import pytest

from bot.contracts.prices import Beside, Tariff
from bot.contracts.provider import Recording, Speaker
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import BadCredentials, ProviderError, RequestRefused, StreamBroken
from bot.domain.turns import Usage
from bot.llm.sound import seconds_of
from bot.rendering.aloud import LONGEST_PIECE
from bot.standins.model import Fault, ModelServer
from bot.standins.speech import LONGEST, SAMPLES_PER_S, seconds, spoken
from providers import gemini_speech
from providers.models import profiles
from tests.providers.asking import GEMINI, OPENAI, Open, Vendor


async def test_a_text_is_read_by_a_model_with_a_voice(server: ModelServer, open_: Open) -> None:
    provider = open_(OPENAI)
    assert isinstance(provider, Speaker)
    assert await provider.speak("reader", "Good morning.", "nova") == Recording(spoken("Good morning."))
    body = server.requests[-1].body
    assert (body["model"], body["voice"], body["response_format"]) == ("reader", "nova", "opus")
    assert not server.refused


async def test_gemini_reads_in_plain_samples(server: ModelServer, open_: Open) -> None:
    provider = open_(GEMINI)
    assert isinstance(provider, Speaker)
    recording = await provider.speak("gemini-3.8-flash-tts", "Good morning.", "Puck")
    assert recording.samples_per_s == SAMPLES_PER_S
    assert seconds_of(recording) == pytest.approx(seconds("Good morning."), abs=0.01)
    asked = server.requests[-1]
    assert asked.headers["x-goog-api-key"]
    assert asked.body["contents"][0]["parts"][0]["text"].endswith("\n\nGood morning.")
    config = asked.body["generationConfig"]
    assert config["responseModalities"] == ["AUDIO"]
    assert config["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"] == "Puck"
    assert not server.refused


@pytest.mark.parametrize("vendor", [OPENAI, GEMINI])
async def test_who_has_chosen_no_voice_hears_the_vendors_usual_one(
    server: ModelServer, open_: Open, vendor: Vendor
) -> None:
    provider = open_(vendor)
    assert isinstance(provider, Speaker)
    await provider.speak("some-tts", "Good morning.", "")
    assert not server.refused


@pytest.mark.parametrize("vendor", [OPENAI, GEMINI])
async def test_a_refusal_is_told_as_any_other(server: ModelServer, open_: Open, vendor: Vendor) -> None:
    provider = open_(vendor)
    assert isinstance(provider, Speaker)
    server.fail(Fault("status", status=401))
    with pytest.raises(BadCredentials):
        await provider.speak("some-tts", "Good morning.", "")


def _with(part: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [part]}}]}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", StreamBroken),
        (b"<html>Log in</html>", StreamBroken),
        (b"[1]", StreamBroken),
        ({"candidates": [{"finishReason": "OTHER"}]}, StreamBroken),
        (_with({"text": "I would rather write."}), StreamBroken),
        (_with({"inlineData": {"data": "no base64!", "mimeType": "audio/L16"}}), StreamBroken),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, RequestRefused),
    ],
)
def test_what_gemini_says_instead_is_no_recording(said: Any, error: type[ProviderError]) -> None:
    with pytest.raises(error):
        gemini_speech.heard(said if isinstance(said, bytes) else orjson.dumps(said), "gemini")


def test_gemini_says_how_many_samples_a_second_has() -> None:
    def heard(kind: str) -> int | None:
        blob = {"data": b64encode(b"\0\0").decode(), "mimeType": kind}
        return gemini_speech.heard(orjson.dumps(_with({"inlineData": blob})), "gemini").samples_per_s

    assert heard("audio/L16;codec=pcm;rate=16000") == 16_000
    assert heard("audio/pcm") == 24_000


async def test_what_is_no_recording_is_none(server: ModelServer, open_: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.standins.model.server.spoken", lambda _: b"<html>Log in</html>")
    provider = open_(OPENAI)
    assert isinstance(provider, Speaker)
    with pytest.raises(StreamBroken):
        await provider.speak("reader", "Good morning.", "alloy")


def test_no_piece_is_longer_than_vendors_read() -> None:
    assert LONGEST_PIECE <= LONGEST


async def test_some_are_paid_by_what_they_say_and_some_by_what_they_are_given() -> None:
    by_token, by_letter = map(ModelName, ("openai/gpt-4o-mini-tts", "openai/tts-1"))
    known = await profiles([by_token, by_letter])
    said, given = Usage(250, 1_500), Beside(letters=1_000)
    # 0.60 dollars for a million tokens of text and 12 of sound; 15 dollars for a million characters.
    assert _tariff(known[by_token].tariff).cost(said, given) == 150 + 18_000
    assert _tariff(known[by_letter].tariff).cost(said, given) == 15_000
    assert _tariff(known[by_letter].tariff).most(said, given) == 15_000


def _tariff(tariff: Tariff | None) -> Tariff:
    assert tariff is not None
    return tariff
