"""What discord.py keeps of each bucket: an interaction has one of its own, and a busy bot thousands at a time."""

import asyncio
import random
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import aiohttp
import discord
import pytest
from discord.http import Ratelimit

from bot.domain.clock import RemoteTime
from handlers.discord.client import Client
from tests.support.clock import FakeClock

INTERACTIONS = 4_000


@pytest.fixture
async def client() -> Client:
    """One that calls nobody."""
    clock = FakeClock()
    client = Client(clock, random.Random(1), api_url="http://127.0.0.1:9", time=RemoteTime(clock))
    client.http.loop = asyncio.get_running_loop()  # As a login sets it.
    return client


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Ratelimit]:
    """The buckets that were looked at."""
    seen: list[Ratelimit] = []
    look: Callable[[Ratelimit], bool] = Ratelimit.is_inactive

    def noted(bucket: Ratelimit) -> bool:
        seen.append(bucket)
        return look(bucket)

    monkeypatch.setattr(Ratelimit, "is_inactive", noted)
    return seen


async def test_an_interaction_costs_the_same_however_many_there_were(client: Client, looks: list[Ratelimit]) -> None:
    for number in range(INTERACTIONS):
        client.http.get_ratelimit(f"callback of {number}")
    assert len(looks) <= 2 * INTERACTIONS


async def test_those_of_five_minutes_ago_are_let_go(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.http.get_ratelimit("the first callback")
    for number in range(INTERACTIONS):
        client.http.get_ratelimit(f"callback of {number}")
    assert client.http.get_ratelimit("the first callback") is first
    later = time.monotonic() + 400
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: later)
    for number in range(INTERACTIONS):
        client.http.get_ratelimit(f"later callback of {number}")
    assert client.http.get_ratelimit("the first callback") is not first


async def test_what_is_left_of_a_long_window_is_used(client: Client) -> None:
    bucket = client.http.get_ratelimit("threads of a channel")
    headers = {"X-Ratelimit-Limit": "50", "X-Ratelimit-Remaining": "2", "X-Ratelimit-Reset-After": "300.000"}
    async with bucket:
        second = asyncio.create_task(bucket.acquire())
        await asyncio.sleep(0)
        bucket.update(cast(aiohttp.ClientResponse, SimpleNamespace(headers=headers)))
    await second
    await bucket.acquire()
    with pytest.raises(discord.RateLimited, match="300"):
        await bucket.acquire()
