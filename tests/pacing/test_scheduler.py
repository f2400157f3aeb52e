"""The send scheduler on a fake clock: order, buckets, pauses, cancelling, memory."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest

from bot.domain.errors import NotSent, RetryAfter
from bot.pacing import UNLIMITED, Limits, Rate, Scheduler, Urgency
from tests.support.clock import FakeClock, settle

OPEN = Rate(burst=1000, every_s=0.0)
LIMITS = Limits(
    bot=OPEN,
    chat=Rate(burst=2, every_s=1.0),
    group=Rate(burst=5, every_s=4.0, reserve=2),
    group_preview=Rate(burst=1, every_s=3.0),
    margin_s=0.5,
)


class Wire:
    """A platform that notes when each call came; a call may be held open, or answered with an error."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.clock = FakeClock()
        self.scheduler = Scheduler(limits, self.clock)
        self.log: list[tuple[float, str]] = []
        self.answers: dict[str, list[Exception]] = {}
        self.held: dict[str, asyncio.Event] = {}

    def start(self, chat: str, urgency: Urgency, name: str, *, group: bool = False) -> asyncio.Task[str]:
        return asyncio.create_task(self.scheduler.run(chat, urgency, self._call(name), group=group))

    async def run(self, chat: str, urgency: Urgency, name: str, *, group: bool = False) -> str:
        return await self.scheduler.run(chat, urgency, self._call(name), group=group)

    def _call(self, name: str) -> Callable[[], Awaitable[str]]:
        async def call() -> str:
            self.log.append((self.clock.monotonic(), name))
            if name in self.held:
                await self.held[name].wait()
            if self.answers.get(name):
                raise self.answers[name].pop(0)
            return name

        return call

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.log]


FINAL, FIRST, PREVIEW, TYPING = Urgency


async def test_a_call_that_is_due_runs_at_once_and_returns_its_result() -> None:
    wire = Wire()
    before = asyncio.all_tasks()
    assert await wire.run("a", FINAL, "hello") == "hello"
    assert asyncio.all_tasks() == before


async def test_an_error_comes_through_unchanged_and_frees_the_chat() -> None:
    wire = Wire()
    wire.answers["x"] = [NotSent("no line")]
    with pytest.raises(NotSent):
        await wire.run("a", FINAL, "x")
    assert await wire.run("a", FINAL, "y") == "y"


async def test_a_chat_has_one_call_in_flight_without_blocking_other_chats() -> None:
    wire = Wire()
    wire.held["a1"] = asyncio.Event()
    first, second = wire.start("a", FINAL, "a1"), wire.start("a", FINAL, "a2")
    await settle()
    await wire.run("b", FINAL, "b1")
    assert wire.names == ["a1", "b1"]
    wire.held["a1"].set()
    assert [await first, await second] == ["a1", "a2"]


async def test_within_a_chat_the_more_urgent_overtakes_and_equals_keep_their_order() -> None:
    wire = Wire(UNLIMITED)
    wire.held["held"] = asyncio.Event()
    order = [("t", TYPING), ("p1", PREVIEW), ("f1", FINAL), ("p2", PREVIEW), ("w", FIRST), ("f2", FINAL)]
    tasks = [wire.start("a", FINAL, "held")]
    await settle()
    for name, urgency in order:
        tasks.append(wire.start("a", urgency, name))
        await settle()
    wire.held["held"].set()
    await asyncio.gather(*tasks)
    assert wire.names == ["held", "f1", "f2", "w", "p1", "p2", "t"]


async def test_across_chats_finals_take_the_bots_tokens_first() -> None:
    wire = Wire(Limits(bot=Rate(1, 1.0), chat=OPEN, group=OPEN, group_preview=OPEN))
    await wire.run("z", FINAL, "takes the token")
    order = [("a", TYPING), ("b", PREVIEW), ("c", PREVIEW), ("d", FIRST), ("e", FINAL), ("f", FINAL)]
    tasks = []
    for chat, urgency in order:
        tasks.append(wire.start(chat, urgency, chat))
        await settle()
    await wire.clock.advance(6)
    await asyncio.gather(*tasks)
    assert wire.log[1:] == [(1, "e"), (2, "f"), (3, "d"), (4, "b"), (5, "c"), (6, "a")]


async def test_a_call_that_was_overtaken_waits_for_the_chats_next_token() -> None:
    wire = Wire(Limits(bot=Rate(1, 1.0), chat=Rate(1, 5.0), group=OPEN, group_preview=OPEN))
    await wire.run("z", FINAL, "takes the token")
    tasks = [wire.start("a", PREVIEW, "p")]
    await settle()
    tasks.append(wire.start("a", FINAL, "f"))
    await wire.clock.advance(10)
    await asyncio.gather(*tasks)
    assert wire.log[1:] == [(1, "f"), (6, "p")]


async def test_a_chat_gets_a_burst_and_then_its_rate() -> None:
    wire = Wire()
    tasks = [wire.start("a", FINAL, str(n)) for n in range(5)]
    await wire.clock.advance(10)
    await asyncio.gather(*tasks)
    assert wire.log == [(0, "0"), (0, "1"), (1, "2"), (2, "3"), (3, "4")]


async def test_a_group_has_a_rate_of_its_own_beside_its_chats() -> None:
    wire = Wire()
    tasks = [wire.start("g", FINAL, str(n), group=True) for n in range(8)]
    await wire.clock.advance(20)
    await asyncio.gather(*tasks)
    assert [at for at, _ in wire.log] == [0, 0, 1, 2, 3, 4, 8, 12]


async def test_previews_in_a_group_leave_tokens_for_the_final() -> None:
    wire = Wire()
    previews = [wire.start("g", PREVIEW, f"p{n}", group=True) for n in range(8)]
    await wire.clock.advance(20)
    moments = [at for at, _ in wire.log]
    assert all(later - earlier >= 3 for earlier, later in itertools.pairwise(moments))
    pages = [wire.start("g", FINAL, f"f{n}", group=True) for n in range(2)]
    await settle()
    assert wire.log[-2:] == [(20, "f0"), (20, "f1")]
    await wire.clock.advance(60)
    await asyncio.gather(*previews, *pages)


async def test_a_flooded_final_is_repeated_after_the_pause_before_all_others() -> None:
    wire = Wire()
    wire.answers["f1"] = [RetryAfter("flood", retry_after_s=7), RetryAfter("flood", retry_after_s=2)]
    tasks = [wire.start("a", FINAL, "f1"), wire.start("a", FINAL, "f2")]
    await wire.clock.advance(20)
    await asyncio.gather(*tasks)
    assert wire.log == [(0, "f1"), (7.5, "f1"), (10, "f1"), (11, "f2")]


@pytest.mark.parametrize("urgency", [FIRST, PREVIEW, TYPING])
async def test_a_flooded_preview_is_given_up_and_its_chat_is_silent_until_the_pause_ends(urgency: Urgency) -> None:
    wire = Wire()
    wire.answers["p"] = [RetryAfter("flood", retry_after_s=7)]
    with pytest.raises(RetryAfter) as flooded:
        await wire.run("a", urgency, "p")
    assert flooded.value.retry_after_s == 7.5
    final = wire.start("a", FINAL, "f")
    await wire.clock.advance(5)
    with pytest.raises(RetryAfter) as refused:
        await wire.run("a", urgency, "again")
    assert refused.value.retry_after_s == pytest.approx(2.5)
    await wire.run("b", urgency, "other chat")
    await wire.clock.advance(5)
    await final
    assert wire.log == [(0, "p"), (5, "other chat"), (7.5, "f")]


async def test_a_pause_gives_up_previews_that_already_wait() -> None:
    wire = Wire()
    wire.held["f"] = asyncio.Event()
    wire.answers["f"] = [RetryAfter("flood", retry_after_s=7)]
    final = wire.start("a", FINAL, "f")
    await settle()
    preview = wire.start("a", PREVIEW, "p")
    await settle()
    wire.held["f"].set()
    await settle()
    assert isinstance(preview.exception(), RetryAfter)
    await wire.clock.advance(8)
    assert await final == "f"


async def test_a_flood_on_a_call_without_a_chat_pauses_the_whole_bot() -> None:
    wire = Wire(Limits(bot=Rate(1, 1.0), chat=OPEN, group=OPEN, group_preview=OPEN, margin_s=0))
    wire.answers["seen"] = [RetryAfter("flood", retry_after_s=5)]
    wire.held["seen"] = asyncio.Event()
    first = wire.start("", FIRST, "seen")
    waiting = wire.start("", FIRST, "seen too")
    final = wire.start("a", FINAL, "f")
    await settle()
    wire.held["seen"].set()
    await settle()
    for each in (first, waiting):
        assert isinstance(each.exception(), RetryAfter)
    with pytest.raises(RetryAfter):
        await wire.run("b", PREVIEW, "p")
    await wire.clock.advance(6)
    await final
    assert wire.log == [(0, "seen"), (5, "f")]


async def test_calls_without_a_chat_run_beside_each_other() -> None:
    wire = Wire()
    wire.held = {name: asyncio.Event() for name in ("x", "y")}
    tasks = [wire.start("", FIRST, name) for name in wire.held]
    await settle()
    assert wire.names == ["x", "y"]
    for event in wire.held.values():
        event.set()
    await asyncio.gather(*tasks)


async def test_cancelling_a_waiting_call_takes_it_out() -> None:
    wire = Wire()
    wire.held["held"] = asyncio.Event()
    held, gone, stays = (wire.start("a", FINAL, name) for name in ("held", "gone", "stays"))
    await settle()
    wire.held["held"].set()
    gone.cancel()  # In the same moment, so that the turn comes to a call that is just leaving.
    assert await held == "held"
    assert await stays == "stays"
    assert gone.cancelled()
    assert wire.names == ["held", "stays"]


async def test_cancelling_a_call_whose_turn_has_just_come_hands_the_turn_on() -> None:
    wire = Wire()
    wire.held["first"] = asyncio.Event()
    calls = [wire.start("a", FINAL, name) for name in ("first", "gone", "stays")]
    await settle()
    wire.held["first"].set()
    await asyncio.sleep(0)  # The first has run to its end; the second has its turn and has not woken.
    calls[1].cancel()
    await wire.clock.advance(5)
    assert await calls[2] == "stays"
    assert calls[1].cancelled()
    assert wire.names == ["first", "stays"]


async def test_cancelling_a_call_in_flight_frees_the_chat() -> None:
    wire = Wire()
    wire.held["held"] = asyncio.Event()
    held, waits = wire.start("a", FINAL, "held"), wire.start("a", FINAL, "waits")
    await settle()
    held.cancel()
    assert await waits == "waits"


async def test_nothing_is_left_running_when_nothing_waits() -> None:
    wire = Wire()
    before = asyncio.all_tasks()
    tasks = [wire.start("a", FINAL, str(n)) for n in range(4)]
    await settle()
    for task in tasks:
        task.cancel()
    await settle()
    assert asyncio.all_tasks() == before


async def test_memory_does_not_grow_with_the_chats_ever_seen() -> None:
    wire = Wire()
    for n in range(20_000):
        await wire.run(f"chat {n}", FINAL, "x")
        if n % 100 == 0:
            await wire.clock.advance(3)
    assert len(wire.scheduler._chats) <= 1024


async def test_a_stopped_flood_does_not_end_in_a_burst() -> None:
    wire = Wire()
    wire.answers["0"] = [RetryAfter("flood", retry_after_s=9.5)]
    tasks = [wire.start("a", FINAL, str(n)) for n in range(3)]
    await wire.clock.advance(20)
    await asyncio.gather(*tasks)
    assert wire.log == [(0, "0"), (10, "0"), (11, "1"), (12, "2")]


async def test_a_stopped_flood_of_the_whole_bot_does_not_end_in_a_burst() -> None:
    limits = Limits(bot=Rate(burst=3, every_s=1.0), chat=OPEN, group=OPEN, group_preview=OPEN, margin_s=0.5)
    wire = Wire(limits)
    wire.answers["0"] = [RetryAfter("flood", retry_after_s=9.5)]
    tasks = [wire.start("", FINAL, "0")]
    await settle()
    tasks += [wire.start(chat, FINAL, chat) for chat in "abc"]
    await wire.clock.advance(20)
    await asyncio.gather(*tasks)
    assert wire.log == [(0, "0"), (10, "0"), (11, "a"), (12, "b"), (13, "c")]


async def test_several_processes_have_equal_parts_of_the_bots_rate() -> None:
    limits = Limits(bot=Rate(burst=4, every_s=1.0), chat=OPEN, group=OPEN, group_preview=OPEN)
    wire = Wire()
    wire.scheduler = Scheduler(limits, wire.clock, processes=lambda: 2)
    tasks = [wire.start(chat, FINAL, chat) for chat in "abcde"]
    await wire.clock.advance(20)
    await asyncio.gather(*tasks)
    assert [at for at, _ in wire.log] == [0, 0, 2, 4, 6]


@pytest.mark.parametrize("chat", ["a", ""])
async def test_a_pause_holds_everyone_who_speaks_for_the_bot(chat: str) -> None:
    clock, made = FakeClock(), []
    other = Scheduler(LIMITS, clock, on_pause=lambda *_: pytest.fail("What was heard is not told again."))
    one = Scheduler(LIMITS, clock, on_pause=other.pause)
    refusals = [RetryAfter("Slow down.", retry_after_s=30.0)]

    async def refused() -> None:
        if refusals:
            raise refusals.pop()

    async def call() -> None:
        made.append(clock.monotonic())

    told = asyncio.create_task(one.run(chat, FINAL, refused))
    await settle()
    with pytest.raises(RetryAfter):
        await other.run("a", PREVIEW, call)
    held = asyncio.create_task(other.run("a", FINAL, call))
    await settle()
    assert not made
    if chat:
        await other.run("b", FINAL, call)
        assert made.pop() == 0, "Another chat goes on."
    await clock.advance(60)
    await asyncio.gather(told, held)
    assert 30 <= made[0] < 32
    assert (one.floods, other.floods) == (1, 0)
