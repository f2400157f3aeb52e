"""What goes wrong on the Telegram stand-in goes wrong as it does on the real wire, and the flood limits hold."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)

from bot.standins.faults import (
    Fault,
    FaultPlan,
    answer_lost,
    error,
    fault_from_data,
    flood,
    html_page,
    malformed,
    reset,
    slow,
    stall,
    truncated,
)
from bot.standins.telegram.flood import FloodLimits
from tests.support.telegram_client import Desk, desk


@pytest.fixture
async def at() -> AsyncIterator[Desk]:
    async with desk() as opened:
        yield opened


@pytest.fixture
async def limited() -> AsyncIterator[Desk]:
    async with desk(limits=FloodLimits()) as opened:
        yield opened


async def send(at: Desk, text: str = "x") -> None:
    await at.bot.send_message(at.chat, text)


@pytest.mark.parametrize(
    ("fault", "raised", "arrives"),
    [
        (error(500), TelegramServerError, False),
        (error(502, done=True), TelegramServerError, True),
        (html_page(), ClientDecodeError, False),
        (reset(), TelegramNetworkError, False),
        (answer_lost(), TelegramNetworkError, True),
        (malformed(), ClientDecodeError, True),
        (truncated(), TelegramNetworkError, True),
    ],
    ids=["500", "done, then 502", "proxy page", "reset", "answer lost", "malformed", "truncated"],
)
async def test_a_fault_meets_one_call(at: Desk, fault: Fault, raised: type[Exception], arrives: bool) -> None:
    at.telegram.faults.add(fault, method="sendMessage")
    await at.bot.get_me()
    with pytest.raises(raised):
        await send(at, "first")
    await send(at, "second")
    assert at.texts() == (["first", "second"] if arrives else ["second"])
    call = at.telegram.calls.of("sendMessage")[0]
    assert call.ok is arrives
    assert call.fault == fault.kind.value


async def test_a_stalled_answer_runs_into_the_clients_time_limit() -> None:
    async with desk(timeout_s=0.2) as at:
        at.telegram.faults.add(stall(), method="sendMessage")
        with pytest.raises(TelegramNetworkError, match="timeout"):
            await send(at)
        assert at.texts() == ["x"]


async def test_a_slow_call_waits_on_the_clock(at: Desk) -> None:
    at.telegram.faults.add(slow(5))
    call = asyncio.create_task(send(at))
    await at.telegram.wait_for(lambda: at.telegram.calls.of("sendMessage"))
    await at.clock.advance(4)
    assert at.texts() == []
    await at.clock.advance(1)
    await call
    assert at.texts() == ["x"]


async def test_a_rule_counts_the_calls_it_matches(at: Desk) -> None:
    bob = at.people.open_private(at.people.open_person("Bob"))
    at.telegram.faults.add(error(), method="sendMessage", chat=at.chat, nth=2, times=2)
    outcomes = []
    for _ in range(4):
        await at.bot.send_message(bob, "x")
        try:
            await send(at)
            outcomes.append("ok")
        except TelegramServerError:
            outcomes.append("error")
    assert outcomes == ["ok", "error", "error", "ok"]
    assert at.telegram.faults.pending == ()


async def test_a_flood_fault_begins_a_penalty_that_counts_who_does_not_wait(at: Desk) -> None:
    at.telegram.faults.add(flood(5), method="editMessageText")
    sent = await at.bot.send_message(at.chat, "old")
    with pytest.raises(TelegramRetryAfter) as refused:
        await at.bot.edit_message_text("new", chat_id=at.chat, message_id=sent.message_id)
    assert refused.value.retry_after == 5
    await at.clock.advance(2)
    with pytest.raises(TelegramRetryAfter) as refused:
        await send(at)
    assert refused.value.retry_after == 3
    assert at.telegram.calls_in_penalty == 1
    await at.clock.advance(3)
    await send(at)
    assert at.telegram.calls_in_penalty == 1


def test_the_same_seed_gives_the_same_faults() -> None:
    def drawn(seed: int) -> list[Fault | None]:
        plan = FaultPlan()
        plan.randomly({reset(): 0.2, flood(1): 0.2}, methods=("sendMessage",), seed=seed)
        return [plan.draw("sendMessage") for _ in range(100)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert {fault.kind.value for fault in drawn(1) if fault} == {"reset", "flood"}


def test_chance_spares_other_methods_and_clear_ends_it() -> None:
    plan = FaultPlan()
    plan.randomly({reset(): 1.0}, methods=("sendMessage",))
    assert plan.draw("getUpdates") is None
    assert plan.draw("sendMessage") == reset()
    plan.clear()
    assert plan.draw("sendMessage") is None


def test_faults_come_from_json_by_name() -> None:
    assert fault_from_data({"kind": "lost"}) == answer_lost()
    assert fault_from_data({"kind": "flood", "retry_after_s": 3}) == flood(3)
    with pytest.raises(ValueError, match="no kind of fault"):
        fault_from_data({"kind": "earthquake"})
    with pytest.raises(ValueError, match="no such field"):
        fault_from_data({"kind": "flood", "seconds": 3})


async def test_a_chat_takes_a_burst_then_one_message_a_second(limited: Desk) -> None:
    at = limited
    for _ in range(5):
        await send(at)
    await at.clock.advance(1)
    await send(at)
    with pytest.raises(TelegramRetryAfter) as refused:
        await send(at)
    assert refused.value.retry_after == 3
    await at.clock.advance(3)
    await send(at)
    assert at.telegram.calls_in_penalty == 0


async def test_edits_and_drafts_count_and_typing_does_not(limited: Desk) -> None:
    at = limited
    sent = await at.bot.send_message(at.chat, "0")
    for number in range(2):
        await at.bot.edit_message_text(f"{number + 1}", chat_id=at.chat, message_id=sent.message_id)
        await at.bot.send_message_draft(chat_id=at.chat, draft_id=1, text=f"{number}")
    await at.bot.send_chat_action(at.chat, "typing")
    with pytest.raises(TelegramRetryAfter):
        await at.bot.send_message_draft(chat_id=at.chat, draft_id=1, text="more")
    with pytest.raises(TelegramRetryAfter):
        await at.bot.send_chat_action(at.chat, "typing")
    assert at.telegram.calls_in_penalty == 1


async def test_a_group_takes_twenty_a_minute(limited: Desk) -> None:
    at = limited
    group = at.group()
    for _ in range(20):
        await at.bot.send_message(group, "x")
        await at.clock.advance(1)
    with pytest.raises(TelegramRetryAfter) as refused:
        await at.bot.send_message(group, "x")
    assert refused.value.retry_after == 40
    await at.clock.advance(40)
    await at.bot.send_message(group, "x")


async def test_a_bot_sends_thirty_a_second_over_all_chats(limited: Desk) -> None:
    at = limited
    chats = [at.people.open_private(at.people.open_person(f"P{number}")) for number in range(31)]
    for chat in chats[:30]:
        await at.bot.send_message(chat, "x")
    with pytest.raises(TelegramRetryAfter):
        await at.bot.send_message(chats[30], "x")
