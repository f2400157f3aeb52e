"""The stand-in for the vendors can be told what to do from another process."""

import asyncio
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.patience import PATIENCE_S

QUESTION = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.standins.model", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    yield (await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)).decode().strip()
    process.terminate()
    await process.communicate()


async def test_it_is_told_over_http(url: str) -> None:
    assert url.startswith("http://127.0.0.1:")
    async with aiohttp.ClientSession(url) as session:
        told = {
            "reply": {"text": "Told so."},
            "pace": {"token_s": 0.001},
            "faults": [{"kind": "status", "status": 429}],
        }
        async with session.post("/control", json=told) as response:
            assert response.status == 200
        async with session.post("/v1/chat/completions", json=QUESTION) as response:
            assert response.status == 429
        async with session.post("/v1/chat/completions", json=QUESTION) as response:
            assert (await response.json())["choices"][0]["message"]["content"] == "Told so."
        version = {"anthropic-version": "2023-06-01"}
        async with session.post("/v1/messages", json=QUESTION, headers=version) as response:
            assert "max_tokens: Field required" in (await response.text())
        async with session.post("/v1/messages", json=QUESTION | {"max_tokens": 9}, headers=version) as response:
            assert (await response.json())["content"][0]["text"] == "Told so."
        gemini = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
        async with session.post("/v1beta/models/m:generateContent", json=gemini) as response:
            assert (await response.json())["candidates"][0]["content"]["parts"][0]["text"] == "Told so."
        async with session.get("/control") as response:
            requests = (await response.json())["requests"]
    assert [request["dialect"] for request in requests] == ["openai", "openai", "anthropic", "gemini"]
    assert [request["state"] for request in requests] == ["spoiled", "answered", "answered", "answered"]
    assert requests[0]["body"] == QUESTION
