"""The machine's clock as everything asks it, also what runs in a thread of a database."""

import asyncio

from bot.domain.clock import SystemClock


async def test_durations_are_measured_from_any_thread() -> None:
    clock = SystemClock()
    began_s = clock.monotonic()
    assert began_s <= await asyncio.to_thread(clock.monotonic) <= clock.monotonic()
