"""Whether a platform is back is asked of the bots that run, and of no others."""

import asyncio

from bot.contracts.bots import Bots
from bot.delivery.lines import ASK_EVERY_S, Lines
from bot.domain.places import Place
from tests.support.clock import FakeClock


async def test_a_bot_that_runs_no_longer_is_not_asked() -> None:
    clock = FakeClock()
    waits = asyncio.create_task(Lines(Bots(), clock).wait(Place("p", "b", "c"), 2.5 * ASK_EVERY_S))
    for _ in range(3):
        await clock.advance(ASK_EVERY_S)
    await waits
