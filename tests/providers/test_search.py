"""Vendors' own search of the web: asked for in each vendor's form, counted, its pages read whatever else comes."""

import json

import pytest
from google.genai import types

from bot.contracts.provider import Provider, Searcher
from bot.contracts.web import Findings, Hit
from bot.domain.provider_errors import EmptyAnswer, ProviderError, RequestRefused, StreamBroken
from bot.domain.turns import Usage
from bot.standins.model import Fault, ModelServer
from bot.standins.searching import READ, Finding
from providers import anthropic_search, openai_search
from providers.gemini_search import Grounds
from providers.gemini_wire import cleaned
from providers.loose import Halves
from providers.own_search import MOST_SEARCHES
from tests.providers.asking import ANTHROPIC, GEMINI, LITELLM, OFFLINE, OPENAI, Open, Vendor

TIDES, MOON = ("Tides", "https://example.org/tides"), ("Moon", "https://example.org/moon")
SEARCHING = (OPENAI, GEMINI, ANTHROPIC)


async def searched(provider: Provider, words: str = "when is high tide?") -> Findings:
    assert isinstance(provider, Searcher)
    return await provider.search("some-model", words)


@pytest.mark.parametrize("vendor", SEARCHING)
async def test_what_is_found_comes_with_its_pages_and_the_number_of_searches(
    open_: Open, server: ModelServer, vendor: Vendor
) -> None:
    server.finding = Finding("Twice a day.", (TIDES, MOON, TIDES), searches=2)
    found = await searched(open_(vendor))
    assert found.text.startswith("Twice a day.")
    assert {(page.title, page.url) for page in found.pages} == {TIDES, MOON}
    assert len(found.pages) == 2
    assert found.searches == 2
    queries = [f"words {number}" for number in range(2)] if vendor is GEMINI else []
    results = [(query, f"https://www.google.com/search?q={query.replace(' ', '+')}") for query in queries]
    assert [(each.words, each.url) for each in found.suggested] == results, "Google's terms want them shown."
    assert found.usage is not None
    assert found.usage.input_tokens >= 3 * READ
    assert server.refused == []
    assert "when is high tide?" in json.dumps(server.requests[-1].body)


async def test_a_search_that_is_paused_goes_on(open_: Open, server: ModelServer) -> None:
    server.finding = Finding("Twice a day.", (TIDES,), pauses=2)
    found = await searched(open_(ANTHROPIC))
    # Each of the three responses has searched once, and is paid for.
    assert (found.text, found.searches) == ("Twice a day.", 3)
    assert found.usage == Usage(3 * READ, 9)
    assert len(server.requests) == 3
    assert server.refused == []
    assert server.requests[0].body["tools"][0]["max_uses"] == MOST_SEARCHES


@pytest.mark.parametrize("vendor", SEARCHING)
async def test_a_refusal_is_the_vendors(open_: Open, server: ModelServer, vendor: Vendor) -> None:
    server.searchless = {"some-model"}
    with pytest.raises(RequestRefused):
        await searched(open_(vendor))
    server.fail(Fault("status", status=429))
    with pytest.raises(ProviderError) as caught:
        await searched(open_(vendor))
    assert caught.value.worth_retrying


@pytest.mark.parametrize("vendor", SEARCHING)
async def test_where_nothing_is_said_and_nothing_found_there_is_nothing(
    open_: Open, server: ModelServer, vendor: Vendor
) -> None:
    server.finding = Finding("", ())
    with pytest.raises(EmptyAnswer):
        await searched(open_(vendor))


@pytest.mark.parametrize("vendor", [OFFLINE, LITELLM])
async def test_others_have_no_search(open_: Open, vendor: Vendor) -> None:
    assert not isinstance(open_(vendor), Searcher)


ODD: tuple[object, ...] = ([], {}, {"output": None, "content": None}, "words", {"output": 3, "content": "words"})


@pytest.mark.parametrize("answer", ODD)
def test_what_is_no_answer_is_none(answer: object) -> None:
    data = json.dumps(answer).encode()
    with pytest.raises(StreamBroken):
        openai_search.found(data, "stand-in")
    with pytest.raises(StreamBroken):
        anthropic_search.AnthropicSearch("m", "words", "stand-in").take(data)


def test_what_is_of_another_form_costs_nothing_but_itself() -> None:
    note = {"type": "url_citation", "url": "https://example.org/", "title": None}
    odd_notes = [note, None, {"type": "url_citation", "url": "javascript:alert(1)"}, {"type": "file_citation"}]
    said = {"type": "message", "content": [{"text": "Yes.", "annotations": odd_notes}, "odd", {"annotations": 3}]}
    calls = [{"type": "web_search_call"}, {"type": "web_search_call", "action": {"type": "find_in_page"}}, None]
    found = openai_search.found(json.dumps({"output": [*calls, said], "usage": "much"}).encode(), "stand-in")
    assert found == Findings("Yes.", (Hit("", "https://example.org/", ""),), 1)
    search = anthropic_search.AnthropicSearch("m", "words", "stand-in")
    failed = {"type": "web_search_tool_result", "content": {"error_code": "max_uses_exceeded"}}
    blocks = [failed, {"type": "text", "text": "Yes.", "citations": [3, {"url": 4}]}, {"text": None}, 7]
    counts = {"input_tokens": 5, "output_tokens": 1, "server_tool_use": {"web_search_requests": True}}
    search.take(json.dumps({"content": blocks, "usage": counts, "stop_reason": "end_turn"}).encode())
    assert search.over
    assert search.found() == Findings("Yes.", (), 0, Usage(5, 1))


def test_grounds_of_another_form_cost_nothing_but_themselves() -> None:
    for told in (3, {"webSearchQueries": "q", "groundingChunks": [None, {"web": 3}, {"web": {"uri": 4}}]}, {}):
        event = {"candidates": [{"content": {"parts": [{"text": "Yes."}]}, "groundingMetadata": told}]}
        grounds = Grounds()
        grounds.take(types.GenerateContentResponse.model_validate(cleaned(event, Halves())))
        assert not any(page.url for page in grounds.pages)
