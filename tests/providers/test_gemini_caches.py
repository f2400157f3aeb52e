"""The beginnings that Google keeps by name: only those that it does not find by itself."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.contracts.prices import Beside, Tariff
from bot.contracts.provider import Endpoint, Prompt, PromptMessage, Provider
from bot.domain.messages import Author, InstructionPart, TextPart
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import NotTaken
from bot.domain.turns import Usage
from bot.standins.model import Fault, ModelServer, Reply
from providers import open_provider
from providers.gemini_caches import LEAST_TOKENS, LIVES_S
from providers.models import profiles
from tests.providers.asking import KEY, PATIENT, Heard, hear
from tests.support.clock import FakeClock

BOOK = "tide " * (LEAST_TOKENS + 100)
MODEL = "gemini-3.8-flash"


def asked(turns: int, *, book: str = BOOK, may_call: bool = True) -> Prompt:
    """The prompt of a conversation about a book, at its last question."""
    said = [PromptMessage(Author.SYSTEM, (TextPart("Be kind."),)), PromptMessage(Author.USER, (TextPart(book),))]
    for number in range(turns):
        said.append(PromptMessage(Author.ASSISTANT, (TextPart(f"Answer {number}."),)))
        moment = (InstructionPart(f"[now: 12:{number:02}]"),) if number == turns - 1 else ()
        said.append(PromptMessage(Author.USER, (TextPart(f"Question {number}."), *moment)))
    return Prompt(MODEL, tuple(said), conversation="7", may_call=may_call)


def words_in(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(words_in, value.values()))
    if isinstance(value, list):
        return sum(map(words_in, value))
    return len(value.split()) if isinstance(value, str) else 0


class Google:
    """The stand-in, telling what it has read; `finds`: it finds beginnings by itself."""

    def __init__(self, server: ModelServer, *, finds: bool = False) -> None:
        self.server, self.clock, self.finds = server, FakeClock(), finds
        self.kept = server.kept.kept
        server.reply = self._reply

    def _reply(self, body: Mapping[str, Any]) -> Reply:
        own = words_in(body["contents"])
        named = words_in(self.kept[body["cachedContent"]]["contents"]) if "cachedContent" in body else 0
        return Reply("Yes.", usage=Usage(own + named, 1, cached_tokens=own if self.finds else named))

    def paths(self) -> list[str]:
        """What was asked for, without what is in it: "keep", or "ask" with or without a name."""
        return [
            "keep" if each.path.endswith("cachedContents") else "named" if "cachedContent" in each.body else "ask"
            for each in self.server.requests
        ]


@pytest.fixture
async def google(server: ModelServer) -> Google:
    return Google(server)


@pytest.fixture
async def gemini(google: Google) -> AsyncIterator[Provider]:
    provider = open_provider(Endpoint("gemini", "gemini", google.server.url, KEY), PATIENT, google.clock)
    yield provider
    await provider.close()


async def talk(provider: Provider, *turns: int) -> list[Heard]:
    return [await hear(provider, asked(number)) for number in turns]


async def test_what_is_lost_twice_is_kept_and_said_no_more(google: Google, gemini: Provider) -> None:
    heard = await talk(gemini, 1, 2, 3, 4)
    assert [each.text for each in heard] == ["Yes."] * 4
    assert google.paths() == ["ask", "ask", "keep", "named", "named"]
    kept, third, _ = list(google.server.requests)[2:]
    assert kept.body["ttl"] == f"{LIVES_S}s"
    assert [content["parts"][-1]["text"] for content in kept.body["contents"]][1:] == [
        "Answer 0.",
        "Question 0.",
        "Answer 1.",
    ]
    assert words_in(third.body["contents"]) < 20
    assert "[now: 12:02]" in str(third.body["contents"]), "What holds for its moment is kept by nobody."
    making, reading = (each.finished.usage for each in heard[2:] if each.finished and each.finished.usage)
    assert (making.cached_tokens, making.stored_tokens > LEAST_TOKENS) == (0, True)
    assert (reading.cached_tokens > LEAST_TOKENS, reading.stored_tokens) == (True, 0)


async def test_a_question_that_is_asked_again_is_still_said(google: Google, gemini: Provider) -> None:
    await talk(gemini, 2, 2, 2)
    assert google.paths() == ["ask", "ask", "keep", "named"]
    (said,) = google.server.requests[-1].body["contents"]
    assert "Question 1." in str(said)


async def test_what_google_finds_by_itself_is_never_kept_by_name(google: Google, gemini: Provider) -> None:
    google.finds = True
    await talk(gemini, *range(1, 6))
    assert set(google.paths()) == {"ask"}


async def test_what_is_short_or_changes_is_not_kept(google: Google, gemini: Provider) -> None:
    for number in range(1, 5):
        await hear(gemini, asked(number, book="short"))
        await hear(gemini, replace(asked(number, book=f"{number} {BOOK}"), conversation="8"))
        await hear(gemini, replace(asked(number), conversation=""))
    assert set(google.paths()) == {"ask"}


async def test_what_has_come_to_its_end_is_asked_about_whole_at_once(google: Google, gemini: Provider) -> None:
    await talk(gemini, 1, 2, 3)
    google.kept.clear()
    (lost,) = await talk(gemini, 4)
    assert isinstance(lost.error, NotTaken), "The engine asks again at once."
    (again,) = await talk(gemini, 4)
    assert again.text == "Yes."
    assert google.paths()[-2:] == ["named", "ask"]


async def test_a_cache_is_left_before_its_end_and_made_anew_where_it_is_missed(
    google: Google, gemini: Provider
) -> None:
    await talk(gemini, 1, 2, 3)
    await google.clock.advance(LIVES_S)
    await talk(gemini, 4, 5)
    assert google.paths()[4:] == ["ask", "keep", "named"]


async def test_who_is_refused_a_cache_is_answered_and_asks_for_none_again(google: Google, gemini: Provider) -> None:
    await talk(gemini, 1, 2)
    google.server.fail(Fault("status", status=429))
    heard = await talk(gemini, 3, 4, 5)
    assert [each.text for each in heard] == ["Yes."] * 3
    assert google.paths() == ["ask", "ask", "keep", "ask", "ask", "ask"]


async def test_a_branch_that_begins_otherwise_is_asked_about_whole(google: Google, gemini: Provider) -> None:
    await talk(gemini, 1, 2, 3)
    other = asked(3, book=f"another {BOOK}")
    assert (await hear(gemini, other)).text == "Yes."
    assert google.paths()[-1] == "ask"


async def test_who_may_not_call_tools_any_more_is_asked_whole(google: Google, gemini: Provider) -> None:
    await talk(gemini, 1, 2, 3)
    await hear(gemini, asked(4, may_call=False))
    assert google.paths()[-1] == "ask", "Nothing about tools may stand beside a cache."


async def test_two_requests_that_find_it_save_more_than_keeping_costs() -> None:
    names = [ModelName(f"gemini/{name}") for name in ("gemini-2.5-flash-lite", MODEL, "gemini-3.1-pro-preview")]
    for name, profile in (await profiles(names)).items():
        tariff = profile.tariff
        assert tariff is not None, name
        plain, making = Usage(50_000, 1), Usage(50_000, 1, stored_tokens=50_000)
        found = Usage(50_000, 1, cached_tokens=50_000)
        assert _cost(tariff, making, found, found) < _cost(tariff, plain, plain, plain), name
        assert _cost(tariff, making) > _cost(tariff, plain), name


def _cost(tariff: Tariff, *requests: Usage) -> int:
    return sum(tariff.cost(usage, Beside()) or 0 for usage in requests)
