"""Models that have something done while they answer, as it is seen in the chat."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from bot.contracts.provider import ToolOffer
from bot.standins.dialects import Called
from bot.standins.model import Reply
from bot.standins.searching import Finding
from bot.tools import reading, toolbox
from bot.tools.tool import Asker, Tool
from tests.support.web import small_web
from tests.support.world import House, Someone

SEARCH = Called("search_sessions", '{"words": "tides"}')


def told(house: House) -> list[dict[str, Any]]:
    """The messages of the last request that the model was asked with."""
    messages: list[dict[str, Any]] = house.model.requests[-1].body["messages"]
    return messages


async def test_a_model_searches_earlier_sessions_and_answers_from_them(house: House, alice: Someone) -> None:
    house.model.reply = "The Moon makes the tides."
    await house.start(tools="reading", titles=False)
    alice.says("what makes the tides?")
    await alice.sees("The Moon makes the tides.")
    await alice.commands("new")
    await alice.sees("A new session is open")
    house.model.reply = "You asked me that before."
    house.model.replies.append(Reply("Let me look.", calls=(SEARCH, Called("fly_away", "oops"))))
    alice.says("have I asked about tides?")
    shown = await alice.sees("You asked me that before.")
    assert "Let me look." in shown.text
    assert "🔧 Used: your sessions, fly_away" in shown.text
    results = [message["content"] for message in told(house) if message["role"] == "tool"]
    assert "The Moon makes the tides." in results[0]
    assert "There is no tool of that name" in results[1]
    assert house.rows("SELECT COUNT(*) FROM tool_call") == [(0,)]
    ((parts,),) = house.rows("SELECT parts FROM message WHERE author = 'assistant' ORDER BY id DESC LIMIT 1")
    kinds = [next(iter(part)) for part in orjson.loads(parts)]
    assert sorted(kinds) == ["call", "call", "result", "result", "text", "text"]
    assert [kinds[0], kinds[-1]] == ["text", "text"]
    await alice.commands("history")
    await alice.sees("Used: your sessions, fly_away")
    # The next question is read with all of it, in the order in which it happened.
    house.model.reply = "Never the Moon."
    alice.says("and the Moon?")
    await alice.sees("Never the Moon.")
    roles = [message["role"] for message in told(house) if message["role"] != "system"]
    assert roles == ["user", "assistant", "tool", "tool", "assistant", "user"]
    assert not house.model.refused

    # A model that calls for ever is asked to answer with what it has.
    def calls_for_ever(body: Mapping[str, Any]) -> Reply:
        return Reply("Enough.") if body.get("tool_choice") == "none" else Reply("", calls=(SEARCH,))

    house.model.reply = calls_for_ever
    await house.stop()
    await house.start(tool_calls=2)
    before = len(house.model.requests)
    alice.says("search until you drop")
    await alice.sees("Enough.")
    assert len(house.model.requests) == before + 3


async def test_without_tools_nothing_is_offered_and_nothing_called(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("hi")
    await alice.sees("Yes.")
    assert "tools" not in house.model.requests[-1].body


async def test_a_model_searches_the_web_and_reads_what_it_found(house: House, alice: Someone) -> None:
    async with small_web() as web:
        house.model.reply = "Twice a day."
        await house.start(tools="web", searxng_url=web.url, endpoint_addresses="any")
        address = orjson.dumps({"address": f"{web.url}/tides"}).decode()
        house.model.replies += [
            # What it makes up is not opened: it could carry away what was said.
            Reply("", calls=(Called("read_link", address), Called("web_search", '{"words": "tides"}'))),
            Reply("", calls=(Called("read_link", address),)),
        ]
        alice.says("how often does the sea rise?")
        await alice.sees("Twice a day.")
        results = [message["content"] for message in told(house) if message["role"] == "tool"]
        assert "stands neither in the conversation" in results[0]
        assert results[1] == f"Tides\n{web.url}/tides\nThe Moon."
        assert "twice a day it rises.\n\n[The bay at noon]" in results[2]
        assert web.asked[0].startswith("/search")
        assert web.asked.count("/tides") == 1
        assert house.rows("SELECT model, microusd FROM spending WHERE model = 'search/searxng'") == [
            ("search/searxng", 0)
        ]
        # What is said in a video is a document as well, with its times.
        film = orjson.dumps({"address": f"{web.url}/film"}).decode()
        house.model.replies.append(Reply("", calls=(Called("read_link", film),)))
        alice.says(f"what is said in {web.url}/film?")
        await alice.sees("Twice a day.", times=2)
        assert "A film." in str(told(house))
        assert "[1:02] The Moon pulls." in str(told(house))
        # So are the frames of a page that says nothing itself, and a feed, entry by entry.
        framed, feed = ({"address": f"{web.url}/{name}"} for name in ("framed", "feed"))
        calls = tuple(Called("read_link", orjson.dumps(one).decode()) for one in (framed, feed))
        # Where a page leads can be read next.
        followed = Called("read_link", orjson.dumps({"address": f"{web.url}/news"}).decode())
        house.model.replies += [Reply("", calls=calls), Reply("", calls=(followed,))]
        alice.says(f"and in {web.url}/framed and {web.url}/feed?")
        await alice.sees("Twice a day.", times=3)
        frames, entries, news = [message["content"] for message in told(house) if message["role"] == "tool"][-3:]
        assert "High water and low water." in frames
        assert f"Links of {web.url.removeprefix('http://')}/inner/menu.html" in frames
        assert f"\nlow water: {web.url}/news\n</document>" in frames
        assert "Shown anew." in news
        assert "The Moon pulls the sea" in frames
        assert "## Spring tide" in entries
        assert "https://sea.example/spring?utm=1&x=2" in entries
        # It is a document of the session, by its address.
        await alice.commands("documents")
        listed = await alice.sees("/film (transcript).txt")
        assert f"{web.url.removeprefix('http://')}/tides" in listed.text


@pytest.mark.parametrize("vendor", ["openai", "gemini", "anthropic"])
async def test_a_vendor_of_models_searches_for_any_model(house: House, alice: Someone, vendor: str) -> None:
    house.model.finding = Finding("The Moon pulls.", (("Tides", "https://example.org/tides"),))
    house.model.reply = "Twice a day."
    key = "google_api_key" if vendor == "gemini" else f"{vendor}_api_key"
    root = f"{house.model.url}/v1" if vendor == "openai" else house.model.url
    await house.start(
        tools="web", usd_per_day=5, titles=False, **{key: "key-of-the-scenario", f"{vendor}_base_url": root}
    )
    house.model.replies.append(Reply("", calls=(Called("web_search", '{"words": "tides"}'),)))
    alice.says("how often does the sea rise?")
    shown = await alice.sees("Twice a day.")
    # Google's terms ask for what it suggests to be shown with what it has found.
    assert ("Search suggestions: words 0" in titles_of_links(shown.text)) is (vendor == "gemini")
    (result,) = [message["content"] for message in told(house) if message["role"] == "tool"]
    assert result.startswith("The Moon pulls.")
    assert "Tides\nhttps://example.org/tides" in result
    paid = dict(house.rows("SELECT model, microusd FROM spending WHERE model NOT LIKE 'mistral/%'"))
    assert [(model.partition("/")[0], cost >= 10_000) for model, cost in paid.items()] == [(vendor, True)]
    await alice.commands("tools")
    await alice.sees(f"web_search ({vendor}/")
    await alice.commands("status")
    await alice.sees(f"Web search: {vendor}/")
    # Another model of that vendor has none: the answer comes without, and nobody is offered it any longer.
    house.model.searchless = {house.model.requests[1].model}
    house.model.replies.append(Reply("", calls=(Called("web_search", '{"words": "tides"}'),)))
    alice.says("and now?")
    await alice.sees("Twice a day.", times=2)
    assert "does not work now" in str(told(house))
    await alice.commands("tools")
    await house.until(lambda: sum("read_link" in message.text for message in alice.answers()) == 2)
    assert "web_search" not in alice.answers()[-1].text
    assert house.model.refused == []
    if vendor == "gemini":
        await its_suggestions_come_along(house, alice)


async def its_suggestions_come_along(house: House, alice: Someone) -> None:
    """Wherever else the answer is shown."""
    await alice.commands("history")
    await house.until(lambda: "Search suggestions: words 0" in titles_of_links(alice.answers()[-1].text))
    for form in ("markdown", "html"):
        await alice.commands("export", form, "session")
    exported = await house.until(lambda: found if len(found := house.side.files(alice.room)) == 2 else None)
    for _, data in exported or ():
        assert data.count(b"Search suggestions:") == 1
        assert b"words 0" in data.partition(b"Search suggestions:")[2]


def titles_of_links(text: str) -> str:
    """As people see it: Discord's links are told as they are written."""
    return re.sub(r"\[([^]]*)\]\(<[^>]*>\)", r"\1", text)


async def test_sources_stand_below_an_answer_only_where_they_were_found_or_read(house: House, alice: Someone) -> None:
    pages = (("Tides", "https://example.org/tides"), ("Moon", "https://example.org/moon"), ("Sea", "https://sea.org/"))
    house.model.finding = Finding("The Moon pulls.", pages)
    await house.start(
        tools="web", titles=False, openai_api_key="key-of-the-scenario", openai_base_url=f"{house.model.url}/v1"
    )
    house.model.replies += [
        Reply("", calls=(Called("web_search", '{"words": "tides"}'),)),
        "Twice a day (https://sea.org), as [the Moon](https://example.org/moon/far) and "
        "[others](https://example.org/tides) say.",
    ]
    alice.says("how often does the sea rise?")
    shown = await alice.sees("Twice a day")
    # What it makes up is no source, though what it begins with is one.
    assert "Sources: 1. Sea · 2. Tides\n" in f"{titles_of_links(shown.text)}\n"
    house.model.replies += ["Never."]
    await alice.presses("Regenerate", on=shown)
    await alice.sees("Never.")
    await alice.presses("‹")
    again = await alice.sees("Twice a day")
    assert "Sources: 1. Sea · 2. Tides" in titles_of_links(again.text), "another version's are its own"
    # What was found earlier in the session can still be cited; of what was found now nothing has to be.
    house.model.replies += ["See https://example.org/moon."]
    alice.says("and where is that?")
    assert "Sources: 1. Moon" in titles_of_links((await alice.sees("See https://example.org/moon")).text)
    house.model.replies += ["It is known."]
    alice.says("who says so?")
    assert "Sources" not in (await alice.sees("It is known.")).text


async def test_a_person_decides_how_much_of_tools_they_see(house: House, alice: Someone) -> None:
    house.model.reply = "Nothing."
    await house.start(tools="reading")
    for label, times, shows in (("each call", 1, "🔧 your sessions: tides ✓"), ("not shown", 2, "")):
        await alice.commands("settings")
        await alice.presses("Tools that a model uses")
        await alice.presses(label)
        await alice.sees(f"Tools that a model uses: {label}")
        house.model.replies.append(Reply("", calls=(SEARCH,)))
        alice.says("look it up")
        answer = await alice.sees("Nothing.", times=times)
        assert shows in answer.text
        assert ("🔧" in answer.text) is bool(shows)


async def test_a_line_tells_what_tools_are_at_below_what_was_said(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = asyncio.Event()

    async def look(_: Asker, arguments: Mapping[str, Any]) -> str:
        if arguments:
            await closed.wait()
        return "Seen."

    offer = ToolOffer("look", "Looks.", {"type": "object", "properties": {}})
    slow = Tool(offer, reads=True, suits=lambda _: True, call=look)
    monkeypatch.setattr(toolbox, "reading_tools", lambda database: (*reading.reading_tools(database), slow))
    house.model.reply = "All seen."
    calls = (Called("look", "{}"), Called("look", '{"for": "long"}'), SEARCH)
    house.model.replies.append(Reply("Let me look.", calls=calls))
    await house.start(tools="reading")
    alice.says("what is there?")
    await alice.sees_growing("Let me look.\n\n🔧 look 2 of 2")
    house.clock.advance(14)
    await alice.sees_growing("🔧 look 2 of 2 · 14 s")
    closed.set()
    answer = await alice.sees("All seen.")
    assert "🔧 Used: look ×2, your sessions" in answer.text
