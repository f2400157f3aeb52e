"""The streaming preview against a hand-written platform on a fake clock."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from bot.contracts.command import Form
from bot.contracts.leases import Leases
from bot.contracts.platform import Address, Capabilities, Condition, Host, PreviewTarget
from bot.delivery.preview import IN_FLIGHT_LIMIT_S, Preview
from bot.domain.blocks import Block, Button, Page, plain_page
from bot.domain.errors import (
    NotSent,
    OutcomeUnknown,
    PlatformError,
    RetryAfter,
    Unreachable,
)
from bot.domain.ids import TurnId
from bot.domain.messages import FilePart
from bot.domain.places import Place
from tests.delivery.stage import USUAL
from tests.support.clock import FakeClock, settle

PLACE = Place("nowhere", "1", "chat")


def capabilities(draft_lifetime_s: float | None) -> Capabilities:
    return replace(USUAL, draft_lifetime_s=draft_lifetime_s)


class Deaf:
    """What a platform does beside previews: nothing here."""

    name = "nowhere"
    bot = "1"
    shown_name = "nobody"

    def condition(self) -> Condition:
        raise NotImplementedError

    def measure(self, block: Block) -> int:
        raise NotImplementedError

    def invitation(self, code: str) -> str:
        raise NotImplementedError

    async def open(self) -> None:
        raise NotImplementedError

    async def receive(self, host: Host, leases: Leases) -> None:
        raise NotImplementedError

    async def send(self, place: Place, page: Page, address: Address, *, nonce: str) -> str:
        raise NotImplementedError

    async def ask(self, receipt: str, form: Form) -> None:
        raise NotImplementedError

    async def private_place(self, user_id: str) -> Place:
        raise NotImplementedError

    async def edit(self, place: Place, remote_id: str, page: Page, address: Address) -> None:
        raise NotImplementedError

    async def delete(self, place: Place, remote_id: str) -> None:
        raise NotImplementedError

    async def acknowledge(self, receipt: str, *, answered: bool, private: bool, alert: str = "") -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


@dataclass
class Stage(Deaf):
    """A platform that only knows previews and typing, and notes when each came."""

    clock: FakeClock
    draft_lifetime_s: float | None = None
    log: list[tuple[float, str]] = field(default_factory=list)
    errors: list[PlatformError | None] = field(default_factory=list)
    queue: asyncio.Event | None = None
    """What a call waits for before its time has come."""
    line: asyncio.Event | None = None
    """What a call waits for before it is answered."""
    kept: list[str] = field(default_factory=list)
    shown: list[bool] = field(default_factory=list)
    """For each preview, whether the platform was told that words have been seen before."""

    def capabilities(self, place: Place) -> Capabilities:
        return capabilities(self.draft_lifetime_s)

    async def fetch(self, file: FilePart) -> bytes:
        raise NotImplementedError

    async def typing(self, place: Place) -> None:
        await self._answer("(typing)")

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        if self.queue is not None:
            await self.queue.wait()
        self.shown.append(target.shown)
        await self._answer(latest().text)
        return "77" if target.remote_id is None and self.draft_lifetime_s is None else None

    async def _answer(self, what: str) -> None:
        self.log.append((round(self.clock.monotonic(), 3), what))
        if self.line is not None:
            await self.line.wait()
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error

    async def keep(self, remote_id: str) -> None:
        self.kept.append(remote_id)

    def open_preview(self, remote_id: str | None = None) -> Preview:
        target = PreviewTarget(TurnId(16), remote_id, None, Button("Stop", "stop_turn", ("5",)))
        return Preview(self, PLACE, target, self.clock, draw=plain_page, on_message=self.keep)


@pytest.fixture
def stage() -> Stage:
    return Stage(FakeClock())


async def test_an_answer_that_is_complete_at_once_costs_no_call(stage: Stage) -> None:
    async with stage.open_preview() as preview:
        preview.feed("Hello.")
        await stage.clock.advance(0.19)
    await stage.clock.advance(60)
    assert stage.log == []


async def test_typing_shows_and_is_renewed_until_the_first_word(stage: Stage) -> None:
    async with stage.open_preview() as preview:
        await stage.clock.advance(8.5)
        preview.feed("Hello")
        await stage.clock.advance(60)
    assert stage.log == [(0.3, "(typing)"), (4.3, "(typing)"), (8.3, "(typing)"), (8.7, "Hello")]


async def test_previews_are_paced_and_show_the_newest_text(stage: Stage) -> None:
    async with stage.open_preview() as preview:
        for n in range(30):
            preview.feed(f"{n} ")
            await stage.clock.advance(0.1)
    assert [at for at, _ in stage.log] == pytest.approx([0.2, 1.2, 2.2], abs=0.02)
    assert stage.log[1][1] == "".join(f"{n} " for n in range(12))


async def test_unchanged_text_is_not_shown_again_and_later_text_comes_without_delay(stage: Stage) -> None:
    async with stage.open_preview() as preview:
        preview.feed("Hello")
        await stage.clock.advance(100)
        preview.feed(" again")
        await settle()
        assert stage.log == [(0.2, "Hello"), (100, "Hello again")]


async def test_a_draft_is_renewed_before_it_ends(stage: Stage) -> None:
    stage.draft_lifetime_s = 30
    async with stage.open_preview() as preview:
        preview.feed("Hello")
        await stage.clock.advance(50)
        preview.feed(" again")
        await stage.clock.advance(1)
    assert stage.log == [(0.2, "Hello"), (24.2, "Hello"), (48.2, "Hello"), (50, "Hello again")]
    assert stage.kept == []


async def test_the_first_message_is_kept_and_later_previews_go_there(stage: Stage) -> None:
    async with stage.open_preview() as preview:
        for _ in range(4):
            preview.feed("x")
            await stage.clock.advance(1)
        assert preview.remote_id == "77"
    assert stage.kept == ["77"]


@pytest.mark.parametrize("draft_lifetime_s", [None, 30])
async def test_words_count_as_first_until_a_preview_has_arrived(stage: Stage, draft_lifetime_s: float | None) -> None:
    stage.draft_lifetime_s = draft_lifetime_s
    stage.errors = [NotSent("no connection"), None]
    async with stage.open_preview() as preview:
        for _ in range(4):
            preview.feed("x")
            await stage.clock.advance(1)
    assert stage.shown == [False, False, True, True]


async def test_a_message_from_an_earlier_attempt_is_used_again(stage: Stage) -> None:
    async with stage.open_preview("66") as preview:
        preview.feed("x")
        await stage.clock.advance(1)
        assert preview.remote_id == "66"
    assert stage.kept == []


async def test_one_call_is_in_flight_at_a_time(stage: Stage) -> None:
    stage.line = asyncio.Event()
    async with stage.open_preview() as preview:
        preview.feed("a")
        await stage.clock.advance(10)
        preview.feed("b")
        await stage.clock.advance(10)
        assert stage.log == [(0.2, "a")]
        stage.line.set()
        await settle()
        assert stage.log == [(0.2, "a"), (20, "ab")]


async def test_a_flood_pauses_previews_as_long_as_asked_and_the_text_then_comes(stage: Stage) -> None:
    stage.errors = [RetryAfter("flood", retry_after_s=40)]
    async with stage.open_preview() as preview:
        preview.feed("a")
        await stage.clock.advance(10)
        preview.feed("b")
        await stage.clock.advance(31)
    assert stage.log == [(0.2, "a"), (40.2, "ab")]


async def test_failures_do_not_reach_the_turn_and_slow_the_previews_down(stage: Stage) -> None:
    stage.errors = [NotSent("no line") for _ in range(4)]
    async with stage.open_preview() as preview:
        preview.feed("a")
        await stage.clock.advance(20)
    assert [at for at, _ in stage.log] == pytest.approx([0.2, 1.2, 2.2, 7.2, 12.2], abs=0.01)


async def test_a_failed_typing_indicator_does_not_hold_back_the_answer(stage: Stage) -> None:
    stage.errors = [OutcomeUnknown("lost")]
    async with stage.open_preview() as preview:
        await stage.clock.advance(1)
        preview.feed("a")
        await stage.clock.advance(1)
    assert stage.log == [(0.3, "(typing)"), (1.2, "a")]


@pytest.mark.parametrize("error", [OutcomeUnknown("lost"), Unreachable("blocked")])
async def test_no_second_message_follows_a_first_one_that_may_stand(stage: Stage, error: PlatformError) -> None:
    stage.errors = [error]
    async with stage.open_preview() as preview:
        preview.feed("a")
        await stage.clock.advance(2)
        preview.feed("b")
        await stage.clock.advance(60)
    assert stage.log == [(0.2, "a")]


async def test_close_takes_a_waiting_call_back(stage: Stage) -> None:
    stage.queue = asyncio.Event()
    async with stage.open_preview() as preview:
        preview.feed("a")
        await stage.clock.advance(1)
    stage.queue.set()
    await stage.clock.advance(60)
    assert stage.log == []


async def test_words_that_come_during_the_first_moments_are_not_late(stage: Stage) -> None:
    async with stage.open_preview() as preview:
        await stage.clock.advance(0.15)
        preview.feed("a")
        await stage.clock.advance(1)
    assert stage.log == [(0.35, "a")]


async def test_close_waits_for_a_call_in_flight_and_knows_its_message(stage: Stage) -> None:
    stage.line = asyncio.Event()
    preview = stage.open_preview()
    preview.start()
    preview.feed("a")
    await stage.clock.advance(1)
    preview.feed("b")
    closing = asyncio.create_task(preview.close())
    await settle()
    assert not closing.done()
    stage.line.set()
    await closing
    await stage.clock.advance(60)
    assert preview.remote_id == "77"
    assert stage.kept == ["77"]
    assert stage.log == [(0.2, "a")]


async def test_close_does_not_wait_for_ever(stage: Stage) -> None:
    stage.line = asyncio.Event()
    preview = stage.open_preview()
    preview.start()
    preview.feed("a")
    await stage.clock.advance(1)
    closing = asyncio.create_task(preview.close())
    await stage.clock.advance(IN_FLIGHT_LIMIT_S)
    assert closing.done()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_page_that_cannot_be_drawn_ends_the_previews_and_nothing_else(stage: Stage) -> None:
    def draw(text: str) -> Page:
        raise ValueError(text)

    target = PreviewTarget(TurnId(16), None, None, Button("Stop", "stop_turn", ("5",)))
    async with Preview(stage, PLACE, target, stage.clock, draw=draw, on_message=stage.keep) as preview:
        preview.feed("a")
        await stage.clock.advance(10)
        preview.feed("b")
    assert stage.log == []


async def test_nothing_runs_on_after_close(stage: Stage) -> None:
    async with stage.open_preview() as preview:
        await stage.clock.advance(1)
        preview.feed("a")
        await stage.clock.advance(10)
    preview.feed("too late")
    await stage.clock.advance(60)
    assert stage.log == [(0.3, "(typing)"), (1.2, "a")]
    assert asyncio.all_tasks() == {asyncio.current_task()}
