"""Whatever comes from outside raises nothing past its border."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.contracts.command import call_from_data
from bot.contracts.provider import Endpoint, Prompt, PromptMessage, TimeLimits
from bot.domain.clock import SystemClock
from bot.domain.errors import SettingsError
from bot.domain.ids import UnixMs
from bot.domain.messages import Author, TextPart
from bot.domain.places import Place, PlaceKind
from bot.domain.provider_errors import ProviderError
from bot.domain.sessions import Reach, TitleBy
from bot.settings import Settings, load_settings
from handlers.telegram import rich_inbound
from providers.openai_compatible import OpenAICompatible
from storage import messages, places, search, sessions
from storage.programs import Program
from tests.handlers.discord.test_chat import stand_in
from tests.support import material
from tests.support.new_data import open_new
from tests.support.world import House, Someone

# Unicode at its worst: signs without width, from right to left, combining without end, outside the first plane, halves.
WORST = st.text(
    alphabet=st.sampled_from(
        "a\u0301\u200d\u202e\u2066\ufe0f\u0000\ufeff👨👩🏽\U0010ffff\ufdd0\u0600שلا﷽\u1160ｱ|*_`[]()<>$\\\n\t"
    ),
    max_size=40,
)
NUMBERS = st.integers(-(2**65), 2**65) | st.floats()
NAMES = st.sampled_from(
    (
        *("choices", "delta", "content", "text", "type", "id", "author", "blocks", "items", "usage", "error"),
        *("index", "finish_reason", "role", "reasoning", "images", "message", "code", "cells", "url", "guild_id"),
    )
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORST,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | WORST, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(JSON | st.binary(max_size=30), max_size=6))
def test_a_model_may_stream_anything(frames: list[Any]) -> None:
    """What comes is text, or one `ProviderError`."""
    asyncio.run(_stream(frames))


async def _stream(frames: list[Any]) -> None:
    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for frame in frames:
            try:
                body = frame if isinstance(frame, bytes) else orjson.dumps(frame)
            except TypeError:  # JSON has no such number.
                body = b"-1e999"
            await response.write(b"data: " + body + b"\n\n")
        return response

    app = web.Application()
    app.router.add_post("/v1/chat/completions", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    provider = OpenAICompatible(Endpoint("x", "openai_compatible", url, "k"), TimeLimits(5, 5, 5), SystemClock())
    prompt = Prompt("m", (PromptMessage(Author.USER, (TextPart("hi"),)),))
    try:
        async for _ in provider.stream(prompt):
            pass
    except ProviderError:
        pass
    finally:
        await provider.close()
        await runner.cleanup()


@given(st.dictionaries(st.sampled_from([name.upper() for name in Settings.model_fields]), WORST | st.text(max_size=20)))
@settings(deadline=None, max_examples=200)
def test_settings_may_hold_anything(environ: dict[str, str]) -> None:
    """They work, or one sentence says which is wrong."""
    environ.pop("DATA_DIR", None)
    with tempfile.TemporaryDirectory() as directory:
        try:
            load_settings({name: value.replace("\0", "") for name, value in environ.items()}, Path(directory))
        except SettingsError as error:
            assert any(name in str(error) or name.lower() in str(error) for name in environ), str(error)


@given(WORST)
def test_a_button_may_send_anything(data: str) -> None:
    called = call_from_data(data)
    assert called is None or called[0].isidentifier()


@given(st.lists(JSON, max_size=4))
def test_a_rich_message_may_hold_anything(blocks: list[Any]) -> None:
    """What is not shaped like one is refused in a way that the border of reading knows."""
    try:
        text = rich_inbound.to_markdown(blocks)
    except (AttributeError, TypeError, ValueError, KeyError):
        return
    assert isinstance(text, str)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(WORST | st.text(max_size=30), WORST | st.text(max_size=12)), max_size=12))
def test_a_search_may_ask_anything_and_finds_ones_own(pairs: list[tuple[str, str]]) -> None:
    asyncio.run(_search(pairs))


async def _search(pairs: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with await open_new(Path(directory) / "data") as database:
            for text, words in pairs:
                await database.write(_say(text))
                for hit in await database.read(search.find(Reach(place=1), words, 10)):
                    folded = [token.word for token in search.tokens(hit.text + " " + hit.title)]
                    for token in search.tokens(words):
                        assert any(word.startswith(token.word) for word in folded)


def _say(text: str) -> Program[None]:
    now = UnixMs(1)
    place, known = yield from places.open_place(Place("x", "1", "1", "", PlaceKind.GROUP), "")
    if known is None:
        session = yield from sessions.add(None, place, "regular", text[:20], TitleBy.WORDS, None, now)
        known = session.id
        yield from places.show_session(place, known, "regular")
    yield from messages.add_question(known, (TextPart(text),), "", now)
    while (yield from search.index_pending()):
        continue


DOCUMENTS = {
    "empty": b"",
    "a pdf's head": b"%PDF-1.7\n",
    "half a pdf": material.pdf(["one", "two"])[:700],
    "a pdf of zeros": b"%PDF-1.7\n" + bytes(5000),
    "half a zip": b"PK\x03\x04" + bytes(range(256)),
    "a picture's head": b"\x89PNG\r\n\x1a\n" + b"\x00" * 30,
    "a gif of nothing": b"GIF89a\xff\xff\xff\xff",
    "text that is none": bytes(range(128, 256)) * 20,
    "utf-16 halves": b"\xff\xfe\x00\xd8\x00\xd8",
    "deep html": b"<div>" * 20_000,
    "deep json": b"[" * 100_000,
}


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_document_may_be_anything(house: House, alice: Someone) -> None:
    house.model.reply = "Here I am."
    await house.start()
    for number, (name, data) in enumerate(DOCUMENTS.items()):
        alice.sends_file(f"{name}.bin", data, f"what is this, {number}?")
    await house.until(lambda: len(alice.answers()) >= len(DOCUMENTS), hurried=True)
    alice.says("still there?")
    await house.until(lambda: alice.answers()[-1].text.endswith("Here I am."), hurried=True)


@pytest.fixture
async def talking(house: House, alice: Someone) -> AsyncIterator[Someone]:
    house.model.reply = "Here I am."
    await house.start()
    alice.says("hi")
    await alice.sees("Here I am.")
    yield alice


EVENTS = (
    "MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "INTERACTION_CREATE", "THREAD_UPDATE", "THREAD_CREATE",
    "CHANNEL_UPDATE", "GUILD_CREATE", "GUILD_DELETE", "TYPING_START", "NOBODY_KNOWS",
)  # fmt: skip


@pytest.mark.parametrize("side", ["discord"], indirect=True)
async def test_discords_gateway_may_send_anything(house: House, talking: Someone) -> None:
    examples: list[tuple[str, Any]] = []

    @settings(max_examples=60, database=None)
    @given(st.sampled_from(EVENTS), JSON)
    def collect(event: str, data: Any) -> None:
        examples.append((event, data))

    collect()
    for event, data in examples:
        try:
            orjson.dumps(data)
        except TypeError:
            continue
        stand_in(house).gateway.dispatch_raw(event, data)
    await house.until(house.side.hears, hurried=True)
    talking.says("still there?")
    await house.until(lambda: len(talking.answers()) >= 2, hurried=True)
