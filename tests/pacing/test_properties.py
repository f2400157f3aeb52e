"""What the scheduler promises whatever arrives: no limit is ever exceeded, every final gets through, nobody starves."""

import asyncio
import itertools
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import RetryAfter
from bot.pacing import Limits, Rate, Scheduler, Urgency
from tests.support.clock import FakeClock

LIMITS = Limits(
    bot=Rate(burst=3, every_s=0.1),
    chat=Rate(burst=2, every_s=1.0, reserve=1),
    group=Rate(burst=4, every_s=4.0, reserve=2),
    group_preview=Rate(burst=1, every_s=3.0),
    margin_s=0.5,
)
CHATS = {"private": False, "other": False, "group": True, "group 2": True}
ROUNDING_S = 0.001


@dataclass(frozen=True)
class Arrival:
    after_s: float
    chat: str
    urgency: Urgency
    takes_s: float
    flood_s: float


@dataclass
class Recorder:
    """The platform: notes who called when, and that no chat has two calls at once."""

    clock: FakeClock
    calls: list[tuple[float, str, Urgency]] = field(default_factory=list)
    pauses: dict[str, float] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)

    async def call(self, arrival: Arrival, floods: list[float]) -> None:
        now, chat = self.clock.monotonic(), arrival.chat
        assert chat not in self.busy
        assert now >= self.pauses.get(chat, 0)
        self.calls.append((now, chat, arrival.urgency))
        self.busy.add(chat)
        if arrival.takes_s:
            await self.clock.sleep(arrival.takes_s)
        self.busy.remove(chat)
        if floods and (flood := floods.pop()):
            self.pauses[chat] = self.clock.monotonic() + flood
            raise RetryAfter("flood", retry_after_s=flood)


arrivals = st.builds(
    Arrival,
    after_s=st.sampled_from([0.0, 0.0, 0.01, 0.3, 1.0, 5.0]),
    chat=st.sampled_from(sorted(CHATS)),
    urgency=st.sampled_from(list(Urgency)),
    takes_s=st.sampled_from([0.0, 0.0, 0.05, 2.0]),
    flood_s=st.sampled_from([0.0, 0.0, 0.0, 0.0, 3.0, 30.0]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(arrivals, min_size=1, max_size=80))
def test_limits_hold_in_every_window_and_every_call_ends(plan: list[Arrival]) -> None:
    asyncio.run(check(plan))


async def check(plan: list[Arrival]) -> None:
    recorder = Recorder(FakeClock())
    scheduler = Scheduler(LIMITS, recorder.clock)
    tasks = []
    for arrival in plan:
        await recorder.clock.advance(arrival.after_s)
        tasks.append(asyncio.create_task(one(scheduler, recorder, arrival)))
    # Long enough for every call in the slowest bucket, and for each flood.
    await recorder.clock.advance(len(plan) * 40 + 10)
    for arrival, task in zip(plan, tasks, strict=True):
        assert task.done(), f"starved: {arrival}"
        assert task.result() or arrival.urgency, f"a final was given up: {arrival}"
    assert_within_limits(recorder.calls)


async def one(scheduler: Scheduler, recorder: Recorder, arrival: Arrival) -> bool:
    floods = [arrival.flood_s]
    try:
        await scheduler.run(
            arrival.chat, arrival.urgency, lambda: recorder.call(arrival, floods), group=CHATS[arrival.chat]
        )
    except RetryAfter:
        return False
    return True


def assert_within_limits(calls: list[tuple[float, str, Urgency]]) -> None:
    assert_rate(LIMITS.bot, [at for at, _, _ in calls])
    for chat, group in CHATS.items():
        mine = [(at, urgency) for at, name, urgency in calls if name == chat]
        spared = [at for at, urgency in mine if urgency is not Urgency.FINAL]
        later = [at for at, urgency in mine if urgency > Urgency.FIRST]
        for rate in (LIMITS.chat, LIMITS.group) if group else (LIMITS.chat,):
            assert_rate(rate, [at for at, _ in mine])
            assert_rate(Rate(rate.burst - max(rate.reserve - 1, 0), rate.every_s), spared)
            assert_rate(Rate(rate.burst - rate.reserve, rate.every_s), later)
        if group:
            assert_rate(LIMITS.group_preview, [at for at, urgency in mine if urgency >= Urgency.PREVIEW])


def assert_rate(rate: Rate, moments: list[float]) -> None:
    for (i, start), (j, end) in itertools.combinations(enumerate(moments), 2):
        assert j - i + 1 <= rate.burst + (end - start + ROUNDING_S) / rate.every_s


@settings(max_examples=20, deadline=None)
@given(st.integers(min_value=2, max_value=30))
def test_chats_of_one_urgency_share_the_bots_tokens_in_turn(chats: int) -> None:
    asyncio.run(check_shares(chats))


async def check_shares(chats: int) -> None:
    clock = FakeClock()
    scheduler = Scheduler(
        Limits(bot=Rate(1, 1.0), chat=Rate(1, 0.0), group=Rate(1, 0.0), group_preview=Rate(1, 0.0)), clock
    )
    seen: list[int] = []

    async def stream(chat: int) -> None:
        for _ in range(3):
            await scheduler.run(str(chat), Urgency.PREVIEW, lambda: note(chat))

    async def note(chat: int) -> None:
        seen.append(chat)
        await asyncio.sleep(0)  # The others are asking by now.

    tasks = [asyncio.create_task(stream(chat)) for chat in range(chats)]
    await clock.advance(chats * 3)
    await asyncio.gather(*tasks)
    assert seen == list(range(chats)) * 3
