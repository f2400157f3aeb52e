"""Reading aloud on the wire, and what it costs."""

import pytest

from bot.contracts.prices import Beside, Tariff
from bot.contracts.provider import Speaker
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import BadCredentials, StreamBroken
from bot.domain.turns import Usage
from bot.rendering.aloud import LONGEST_PIECE
from bot.standins.model import Fault, ModelServer
from bot.standins.speech import LONGEST, spoken
from providers.models import profiles
from tests.providers.asking import OPENAI, Open


async def test_a_text_is_read_by_a_model_with_a_voice(server: ModelServer, open_: Open) -> None:
    provider = open_(OPENAI)
    assert isinstance(provider, Speaker)
    assert await provider.speak("reader", "Good morning.", "alloy") == spoken("Good morning.")
    body = server.requests[-1].body
    assert (body["model"], body["voice"], body["response_format"]) == ("reader", "alloy", "opus")
    assert not server.refused


async def test_a_refusal_is_told_as_any_other(server: ModelServer, open_: Open) -> None:
    provider = open_(OPENAI)
    assert isinstance(provider, Speaker)
    server.fail(Fault("status", status=401))
    with pytest.raises(BadCredentials):
        await provider.speak("reader", "Good morning.", "alloy")


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
