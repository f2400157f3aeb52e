"""Telegram's limits, with pacing and without; and its files."""

import asyncio
import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
from aiogram.methods import Response
from aiohttp import web

from bot.contracts.leases import ALONE
from bot.domain.errors import (
    Rejected,
    RetryAfter,
)
from bot.domain.messages import FilePart
from bot.domain.places import Place
from bot.pacing import Scheduler, Urgency
from bot.standins import faults
from bot.standins.telegram.flood import FloodGate, FloodLimits
from handlers.telegram.capabilities import LIMITS
from handlers.telegram.platform import TelegramPlatform
from tests.handlers.telegram.scene import HELP, Listener, Scene, growing, page, scene, scene_of
from tests.support.clock import FakeClock, settle

__all__ = ["scene"]


async def test_a_flooded_preview_gives_up_and_a_final_waits_for_the_end(scene: Scene) -> None:
    scene.server.faults.add(faults.flood(7), method="sendMessageDraft")
    with pytest.raises(RetryAfter):
        await scene.platform.preview(scene.private, growing(), page("Hel"))
    final = asyncio.create_task(scene.send(scene.private))
    await scene.clock.advance(7)
    assert scene.server.calls.counts["sendMessage"] == 0
    await scene.clock.advance(1)
    await final
    assert scene.server.calls_in_penalty == 0


async def test_a_throttled_final_is_repeated_and_shows_once(scene: Scene) -> None:
    scene.server.faults.add(faults.flood(7), method="sendMessage")
    final = asyncio.create_task(scene.send(scene.private))
    await scene.server.wait_for(lambda: any(call.outcome for call in scene.server.calls.of("sendMessage")))
    while not final.done():
        await scene.clock.advance(1)
    assert [message.text for message in scene.sees(scene.private).messages] == ["Hello"]
    assert scene.server.calls_in_penalty == 0


async def test_with_pacing_a_hasty_bot_waits_instead_of_being_refused() -> None:
    async with scene_of(pacing=True) as scene:
        messages = [asyncio.create_task(scene.send(scene.private, str(n))) for n in range(7)]
        await asyncio.gather(*messages[:4])
        await settle()
        assert not any(message.done() for message in messages[4:])
        for _ in range(3):
            await scene.clock.advance(1)
            await scene.server.wait_for(lambda: all(call.ok for call in scene.server.calls.of("sendMessage")))
        await asyncio.gather(*messages)
        assert [message.text for message in scene.sees(scene.private).messages] == list("0123456")


async def test_the_limits_of_the_scheduler_stay_within_telegrams() -> None:
    clock = FakeClock()
    gate, scheduler = FloodGate(FloodLimits(), clock), Scheduler(LIMITS, clock)
    refusals: list[tuple[float, int]] = []

    async def call(chat: int) -> None:
        if gate.admit(chat, group=chat < 0):
            refusals.append((clock.monotonic(), chat))

    async def hurry(chat: int, urgency: Urgency) -> None:
        for _ in range(40):
            await scheduler.run(str(chat), urgency, lambda: call(chat), group=chat < 0)

    chats = (*range(1, 20), *range(-20, 0))
    tasks = [
        asyncio.create_task(hurry(chat, urgency)) for chat in chats for urgency in (Urgency.FINAL, Urgency.PREVIEW)
    ]
    await clock.advance(600)
    await asyncio.gather(*tasks)
    assert refusals == []


async def test_no_answer_waits_for_the_menu() -> None:
    async with scene_of(pacing=True, commands=(HELP,)) as scene:
        scene.server.faults.add(faults.flood(60), method="getMyCommands")
        receiving = asyncio.create_task(scene.platform.receive(Listener(), ALONE))
        await scene.server.wait_for(lambda: scene.server.calls.counts["getMyCommands"])
        await settle()
        await scene.send(scene.private, "at once")
        assert scene.sees(scene.private).messages[-1].text == "at once"
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)


# Files


async def test_a_file_over_telegrams_limit_is_not_asked_for(scene: Scene) -> None:
    limit = scene.platform.capabilities(scene.private).download_limit_bytes
    with pytest.raises(Rejected):
        await scene.platform.fetch(FilePart("F", "film.bin", "application/octet-stream", limit + 1))
    assert not scene.server.calls.counts["getFile"]


async def test_a_server_of_ones_own_takes_large_files_and_gives_them_as_paths(tmp_path: Path) -> None:
    lying = tmp_path / "file"
    lying.write_bytes(b"on this disk")

    async def get_file(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": {"file_id": "F", "file_path": str(lying)}})

    app = web.Application()
    app.router.add_post("/bot42:TEST/getFile", get_file)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    platform = TelegramPlatform("42:TEST", api_url=url, own_server=True, pacing=False, clock=FakeClock())
    try:
        place = Place("telegram", "42", "1")
        assert platform.capabilities(place).download_limit_bytes == 2_000_000_000
        assert await platform.fetch(FilePart("F", "a.bin", "x/y", 300_000_000)) == b"on this disk"
    finally:
        await platform.close()
        await runner.cleanup()


def test_what_reads_each_answer_outlives_a_collection_of_garbage() -> None:
    """It would be built anew for the next answer."""
    read_with = weakref.ref(Response[Any])
    gc.collect()
    assert read_with() is not None
