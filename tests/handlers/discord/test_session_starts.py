"""When shards begin their sessions: as many at once as Discord allows, and no more in a day."""

import asyncio
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.discord.session_starts import SessionStarts
from tests.support.clock import FakeClock

DISCORD_S = 5.0


async def begun(shards: list[int], *, at_once: int, left: int = 1000, reset_s: float = 3600.0) -> dict[int, float]:
    """When each of these shards may begin, all of them asking at the same moment."""
    clock = FakeClock()
    starts = SessionStarts(clock)
    starts.learn({"max_concurrency": at_once, "remaining": left, "reset_after": int(reset_s * 1000)})
    when: dict[int, float] = {}

    async def begin(shard: int) -> None:
        await starts.turn(shard)
        when[shard] = clock.monotonic()

    tasks = [asyncio.create_task(begin(shard)) for shard in shards]
    await clock.advance(reset_s + len(shards) * 2 * DISCORD_S)
    for task in tasks:
        assert task.done()
        task.result()
    return when


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)), st.integers(1, 7))
def test_a_bucket_begins_one_in_five_seconds_and_others_do_not_wait(shards: list[int], at_once: int) -> None:
    when = asyncio.run(begun(shards, at_once=at_once))
    for bucket in range(at_once):
        times = sorted(at_s for shard, at_s in when.items() if shard % at_once == bucket)
        assert all(later - sooner >= DISCORD_S for sooner, later in itertools.pairwise(times))
        assert not times or times[0] == 0.0
        assert not times or times[-1] <= (len(times) - 1) * (DISCORD_S + 0.2)


async def test_none_begins_where_the_day_has_none_left() -> None:
    when = await begun([0, 1], at_once=1, left=1, reset_s=600.0)
    assert when[0] == 0.0
    assert when[1] >= 600.0
