"""The polling loop against the stand-in: what is confirmed when, and what it lives through."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.methods import TelegramMethod
from aiohttp import BytesPayload
from hypothesis import given
from hypothesis import strategies as st
from structlog.typing import EventDict

from bot.contracts.leases import FOREVER
from bot.domain.clock import RemoteTime, SystemClock
from bot.domain.errors import SettingsError, StorageError
from bot.domain.ids import UnixMs
from bot.domain.incoming import Inbound, Incoming, Unreadable
from bot.domain.messages import TextPart
from bot.domain.places import nothing_chosen
from bot.standins import faults
from bot.standins.faults import Fault
from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.server import TelegramStandIn
from handlers.telegram import polling
from handlers.telegram.calls import Call, Session
from handlers.telegram.essentials import KINDS
from handlers.telegram.origins import Me
from handlers.telegram.polling import poll
from handlers.telegram.trouble import LONGEST_WAIT_S, Trouble
from tests.support.clock import FakeClock
from tests.support.patience import PATIENCE_S

RNG_SEED = 5
SECRET = "a person's words"


class HurriedClock:
    """A clock on which waiting takes no time, and which notes how long it would have been."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._waited = asyncio.Event()

    def now(self) -> UnixMs:
        return UnixMs(int(self.monotonic() * 1000))

    def monotonic(self) -> float:
        return sum(self.waits)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._waited.set()
        await asyncio.sleep(0)

    async def until_waited(self, times: int) -> None:
        while len(self.waits) < times:
            self._waited.clear()
            await self._waited.wait()


class Ear:
    """What takes the updates in the gateway's place: it can fail, and it can take its time."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Incoming]] = []
        """Every batch that was handed in, also those that were not kept."""
        self.kept: list[Incoming] = []
        self.failures: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()
        self._changed = asyncio.Event()

    async def receive(self, batch: Sequence[Incoming]) -> None:
        self.batches.append(batch)
        self._changed.set()
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.kept.extend(batch)
        self._changed.set()

    customs = staticmethod(nothing_chosen)

    @property
    def texts(self) -> list[str]:
        parts = [part for said in self.kept if isinstance(said, Inbound) for part in said.parts]
        return [part.text for part in parts if isinstance(part, TextPart)]

    async def until(self, look: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not look():
                self._changed.clear()
                await self._changed.wait()

    async def hears(self, *texts: str) -> None:
        """Wait until exactly these have been kept, in this order."""
        await self.until(lambda: len(self.texts) >= len(texts))
        assert self.texts == list(texts)


@dataclass(slots=True)
class Scene:
    telegram: TelegramStandIn
    account: BotAccount
    bot: Bot
    alice: int
    ear: Ear = field(default_factory=Ear)
    clock: HurriedClock = field(default_factory=HurriedClock)
    logs: list[EventDict] = field(default_factory=list)

    def say(self, *texts: str) -> None:
        for text in texts:
            self.telegram.people.say(self.alice, self.alice, text)

    def push(self, update: dict[str, Any]) -> int:
        return self.account.updates.push_raw(update)

    @property
    def pending(self) -> list[int]:
        """The updates that have not been confirmed."""
        return [update.number for update in self.account.updates.pending]

    @property
    def polls(self) -> int:
        return self.telegram.calls.counts["getUpdates"]

    async def confirmed(self) -> None:
        await self.telegram.wait_for(lambda: not self.pending and self.polls)

    def start(self) -> asyncio.Task[None]:
        me = Me(str(self.account.id), self.account.username, frozenset())
        trouble = Trouble(self.clock, random.Random(RNG_SEED))
        return asyncio.create_task(poll(self.bot, me, self.ear.receive, trouble, FOREVER, "`TELEGRAM_BOT_TOKEN`"))

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[asyncio.Task[None]]:
        task = self.start()
        try:
            yield task
        finally:
            await stopped(task)

    def told(self, event: str) -> list[EventDict]:
        return [line for line in self.logs if line["event"] == event]


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with TelegramStandIn(clock=FakeClock()) as telegram:
        account = telegram.people.add_bot()
        alice = telegram.people.open_person("Alice")
        telegram.people.open_private(alice)
        bot = Bot(account.token, session=Session(telegram.url, RemoteTime(SystemClock())))
        with structlog.testing.capture_logs() as logs:
            scene = Scene(telegram, account, bot, alice)
            scene.logs = logs
            yield scene
        await bot.session.close()
        written = repr(logs)
        assert SECRET not in written
        assert account.token not in written


# What is confirmed when


async def test_updates_come_in_order_and_are_asked_for_by_name(scene: Scene) -> None:
    async with scene.polling():
        await scene.telegram.wait_for(lambda: scene.polls)
        scene.say("one", "two", "three")
        await scene.ear.hears("one", "two", "three")
        await scene.confirmed()
    assert scene.account.updates.allowed == frozenset(KINDS)


async def test_nothing_is_confirmed_before_it_is_kept(scene: Scene) -> None:
    scene.ear.open.clear()
    scene.say("one")
    async with scene.polling():
        await scene.ear.until(lambda: len(scene.ear.batches) == 1)
        assert (len(scene.pending), scene.polls) == (1, 1)
        scene.ear.open.set()
        await scene.confirmed()


async def test_what_a_crash_interrupts_is_delivered_again(scene: Scene) -> None:
    scene.ear.open.clear()
    scene.say("one")
    async with scene.polling():
        await scene.ear.until(lambda: len(scene.ear.batches) == 1)
    scene.ear.open.set()
    async with scene.polling():
        await scene.ear.hears("one")
    assert scene.ear.batches[0] == scene.ear.batches[1]


async def test_a_batch_that_is_not_kept_is_handed_in_again_and_never_skipped(scene: Scene) -> None:
    scene.ear.failures = [StorageError("full"), StorageError("full"), RuntimeError("a bug")]
    scene.say("one", "two")
    async with scene.polling():
        await scene.ear.hears("one", "two")
        scene.say("three")
        await scene.ear.hears("one", "two", "three")
    assert [len(batch) for batch in scene.ear.batches] == [2, 2, 2, 2, 1]
    assert len(scene.clock.waits) == 3
    assert [line["kind"] for line in scene.told("receiving_disturbed")] == ["updates_not_kept"]
    assert [line["failures"] for line in scene.told("receiving_again")] == [3]


async def test_updates_that_mean_nothing_to_us_are_confirmed(scene: Scene) -> None:
    scene.push({"a_kind_of_tomorrow": {"x": 1}})
    scene.push({"poll": {"id": "1"}})
    async with scene.polling():
        await scene.confirmed()
    assert scene.ear.batches == []


# What cannot be read


def private_message(chat: int, **fields: Any) -> dict[str, Any]:
    person = {"id": chat, "is_bot": False, "first_name": "Alice"}
    return {"message_id": 9, "date": 1, "chat": {"id": chat, "type": "private"}, "from": person, **fields}


async def test_an_update_that_cannot_be_read_is_set_aside_and_holds_up_no_other(scene: Scene) -> None:
    scene.say("one")
    photo = [{"width": 1, "height": 1}]
    bad = scene.push({"message": private_message(scene.alice, photo=photo, caption=SECRET)})
    scene.say("two")
    async with scene.polling():
        await scene.ear.hears("one", "two")
        await scene.confirmed()
    (letter,) = [one for one in scene.ear.kept if isinstance(one, Unreadable)]
    assert (letter.event_key, letter.platform, letter.bot) == (str(bad), "telegram", str(scene.account.id))
    assert json.loads(letter.raw)["message"]["photo"] == photo
    assert "file_id" in letter.reason
    assert SECRET not in letter.reason
    # Whoever sent it is told that it could not be read.
    (told,) = [one for one in scene.ear.kept if isinstance(one, Inbound) and one.unread]
    assert (told.parts, told.event_key) == ((), f"{bad}/unread")


async def test_a_rich_block_of_tomorrow_is_read_as_far_as_it_says_something(scene: Scene) -> None:
    blocks = [{"type": "paragraph", "text": "hi"}, {"type": "a_kind_of_tomorrow", "text": "there"}]
    scene.push({"message": private_message(scene.alice, rich_message={"blocks": blocks})})
    async with scene.polling():
        await scene.ear.hears("hi\n\nthere")


async def test_news_around_a_message_do_not_make_it_unreadable(scene: Scene) -> None:
    earlier = private_message(scene.alice, rich_message={"blocks": [{"type": "a_kind_of_tomorrow"}]})
    news = {"a_note_of_tomorrow": {"type": "a_kind"}, "reply_to_message": earlier}
    scene.push({"message": private_message(scene.alice, text="hi", **news)})
    async with scene.polling():
        await scene.ear.hears("hi")


class Script(BaseSession):
    """A Bot API server that answers `getUpdates` with these results, then never again."""

    def __init__(self, results: Sequence[object]) -> None:
        super().__init__()
        self.results = list(results)
        self.offsets: list[int] = []
        self.done = asyncio.Event()

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], *args: Any, **kwargs: Any) -> Any:
        assert isinstance(method, Call)
        body = method.body()
        assert isinstance(body, BytesPayload)
        self.offsets.append(json.loads(body.decode())["offset"])
        if not self.results:
            self.done.set()
            await asyncio.Future()
        return self.check_response(bot, method, 200, json.dumps({"ok": True, "result": self.results.pop(0)})).result

    async def close(self) -> None:
        """Nothing is open."""

    def stream_content(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


async def play(results: Sequence[object]) -> tuple[Script, Ear]:
    script, ear = Script(results), Ear()
    me = Me("42", "parley_bot", frozenset())
    trouble = Trouble(HurriedClock(), random.Random(1))
    task = asyncio.create_task(
        poll(Bot("42:T", session=script), me, ear.receive, trouble, FOREVER, "`TELEGRAM_BOT_TOKEN`")
    )
    done = asyncio.create_task(script.done.wait())
    await asyncio.wait([task, done], timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    assert done.done(), task
    await stopped(task)
    return script, ear


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(leaves, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3))
messages = st.dictionaries(
    st.sampled_from(["message_id", "date", "chat", "from", "text", "entities", "reply_to_message", "photo", "data"]),
    values,
)
oddities = st.dictionaries(st.sampled_from(["update_id", *KINDS]), values | messages, max_size=4)


@given(st.lists(values | st.lists(values | oddities, max_size=4), max_size=3))
def test_no_batch_of_whatever_shape_ends_the_loop(results: list[object]) -> None:
    asyncio.run(play(results))


@given(st.lists(oddities, max_size=4), st.lists(oddities, max_size=4))
def test_a_readable_update_is_read_among_any_others(before: list[Any], after: list[Any]) -> None:
    update = {"update_id": 2**62, "message": private_message(7, text="hi")}
    script, ear = asyncio.run(play([[*before, update, *after]]))
    assert "hi" in ear.texts
    assert script.offsets[-1] > 2**62


def test_updates_without_a_number_are_kept_under_a_name_of_their_own() -> None:
    numbered = {"update_id": 5, "message": private_message(7, text="hi")}
    _, ear = asyncio.run(play([[{"message": {}}, {"message": {"x": 1}}, numbered]]))
    first, second = (one.event_key for one in ear.kept if isinstance(one, Unreadable))
    assert first.startswith("unnumbered-")
    assert first != second


# What it lives through


@pytest.mark.parametrize(
    "fault",
    [
        faults.html_page(502),
        faults.error(500),
        faults.error(404),
        faults.reset(),
        faults.answer_lost(),
        faults.malformed(),
        faults.truncated(),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
async def test_a_poll_that_fails_is_tried_again_and_loses_nothing(scene: Scene, fault: Fault) -> None:
    scene.telegram.faults.add(fault, method="getUpdates", times=3)
    scene.say(SECRET)
    async with scene.polling():
        await scene.ear.hears(SECRET)
        await scene.confirmed()
    assert len(scene.clock.waits) == 3
    assert len(scene.told("receiving_disturbed")) == 1
    assert [line["failures"] for line in scene.told("receiving_again")] == [3]


async def test_hours_without_network_cost_one_line_and_end_with_another(scene: Scene) -> None:
    port = int(scene.telegram.url.rpartition(":")[2])
    await scene.telegram.stop()
    async with scene.polling():
        await scene.clock.until_waited(400)
        assert len(scene.told("receiving_disturbed")) == 1
        await scene.telegram.start(port)
        scene.say("still here?")
        await scene.ear.hears("still here?")
    assert len(scene.told("receiving_disturbed")) == 1
    assert len(scene.told("receiving_again")) == 1
    assert scene.clock.waits[:3] == sorted(scene.clock.waits[:3])
    assert all(LONGEST_WAIT_S / 2 <= wait <= LONGEST_WAIT_S for wait in scene.clock.waits[10:400])
    assert len(set(scene.clock.waits[10:400])) > 300, "without jitter many gateways come back at the same moment"


async def test_after_a_success_the_waits_begin_short_again(scene: Scene) -> None:
    scene.telegram.faults.add(faults.error(500), method="getUpdates", times=8)
    scene.say("one")
    async with scene.polling():
        await scene.ear.hears("one")
        scene.telegram.faults.add(faults.error(500), method="getUpdates", times=1)
        scene.say("two")
        await scene.ear.hears("one", "two")
        await scene.clock.until_waited(9)
    assert scene.clock.waits[7] > 10
    assert scene.clock.waits[8] <= 0.5


async def test_silence_that_telegram_asks_for_is_kept(scene: Scene) -> None:
    scene.telegram.faults.add(faults.flood(17), method="getUpdates")
    scene.say("one")
    async with scene.polling():
        await scene.ear.hears("one")
    assert scene.clock.waits == [17.0]


async def test_a_dead_connection_is_given_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert polling.LONG_POLL_S < polling.REQUEST_TIMEOUT_S
    monkeypatch.setattr(polling, "REQUEST_TIMEOUT_S", 0.2)
    scene.telegram.faults.add(faults.stall(done=False), method="getUpdates")
    scene.say("one")
    async with scene.polling():
        await scene.ear.hears("one")
    assert len(scene.clock.waits) >= 1


async def test_another_poller_is_named_in_the_log_and_outlived(scene: Scene) -> None:
    other = Bot(scene.account.token, session=Session(scene.telegram.url, RemoteTime(SystemClock())))
    async with scene.polling():
        await scene.telegram.wait_for(lambda: scene.polls)
        theirs = asyncio.create_task(other.get_updates(timeout=50))
        await scene.clock.until_waited(1)
        await asyncio.wait([theirs])
        scene.say("one")
        await scene.ear.hears("one")
    await other.session.close()
    assert theirs.exception() is not None, "the newest poll wins"
    (line,) = scene.told("receiving_disturbed")
    assert line["kind"] == "another_program_receives"
    assert "Another program receives with this bot's token. Stop it" in line["cure"]


async def test_a_leftover_webhook_is_removed_with_nothing_that_waits_for_it(scene: Scene) -> None:
    await scene.bot.set_webhook("http://127.0.0.1:1/hook")
    scene.say("one")
    async with scene.polling():
        await scene.ear.hears("one")
        await scene.bot.set_webhook("http://127.0.0.1:1/hook")
        scene.say("two")
        await scene.ear.hears("one", "two")
    assert scene.account.webhook is None
    assert {line["kind"] for line in scene.told("receiving_disturbed")} == {"webhook_removed"}


async def test_a_webhook_that_cannot_be_removed_yet_is_removed_later(scene: Scene) -> None:
    await scene.bot.set_webhook("http://127.0.0.1:1/hook")
    scene.telegram.faults.add(faults.html_page(502), method="deleteWebhook", times=2)
    scene.say("one")
    async with scene.polling():
        await scene.ear.hears("one")


async def test_a_revoked_token_ends_it_with_the_cure(scene: Scene) -> None:
    async with scene.polling() as task:
        await scene.telegram.wait_for(lambda: scene.polls)
        scene.say("one")
        await scene.ear.hears("one")
        await scene.confirmed()
        del scene.telegram.world.bots[scene.account.token]
        scene.account.updates.terminate("Unauthorized")
        await asyncio.wait([task], timeout=PATIENCE_S)
        with pytest.raises(SettingsError, match="TELEGRAM_BOT_TOKEN"):
            task.result()
