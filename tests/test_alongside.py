"""What runs beside receiving goes on, whatever breaks in it."""

import asyncio
from collections.abc import Iterator

from structlog.testing import capture_logs

from bot.alongside import see_to
from tests.support.clock import FakeClock, settle


async def test_what_breaks_is_told_and_begun_again() -> None:
    clock, ends = FakeClock(), iter([RuntimeError("no loop"), None])

    async def work(ends: Iterator[Exception | None] = ends) -> None:
        if (error := next(ends)) is not None:
            raise error

    with capture_logs() as logs:
        seeing = asyncio.create_task(see_to("broadcasts", work, clock))
        await settle()
        assert [(one["event"], one["work"]) for one in logs] == [("work_broke", "broadcasts")]
        assert not seeing.done()
        await clock.advance(60)
        await seeing
    assert len(logs) == 1
