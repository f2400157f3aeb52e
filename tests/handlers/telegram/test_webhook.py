"""The webhook against the stand-in: what is answered when, what is set, and what it lives through."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import aiohttp
import pytest

from bot.contracts.leases import ALONE
from bot.contracts.news import Detail
from bot.contracts.platform import Host
from bot.domain.errors import SettingsError, StorageError
from bot.domain.incoming import Bookmarks, Incoming
from bot.standins import faults
from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.server import TelegramStandIn
from bot.web.hooks import hook_routes
from bot.web.serving import serving
from handlers.telegram.door import SECRET_HEADER, secret_of
from handlers.telegram.platform import TelegramPlatform
from handlers.telegram.registration import LOOK_EVERY_S, RECENT_S
from handlers.telegram.reorder_buffer import PATIENCE_S
from handlers.telegram.webhook import Address
from tests.handlers.telegram.test_polling import Ear, stopped
from tests.support.clock import TurnedClock, settle
from tests.support.ports import free_port


class Noting(Ear):
    """An ear that also keeps bookmarks, and may be unable to look them up."""

    unreadable = 0

    async def bookmarks(self, platform: str, bot: str) -> Mapping[str, str]:
        if self.unreadable:
            self.unreadable -= 1
            raise StorageError("damaged")
        kept = [one.marks for one in self.kept if isinstance(one, Bookmarks)]
        return {name: text for marks in kept for name, text in marks.items() if text is not None}


@dataclass
class Scene:
    telegram: TelegramStandIn
    account: BotAccount
    alice: int
    clock: TurnedClock
    ear: Noting
    port: int
    receiver: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def say(self, *texts: str) -> None:
        for text in texts:
            self.telegram.people.say(self.alice, self.alice, text)

    @asynccontextmanager
    async def receiving(self) -> AsyncIterator[TelegramPlatform]:
        platform = TelegramPlatform(
            self.account.token,
            api_url=self.telegram.url,
            pacing=False,
            clock=self.clock,
            webhook=Address(self.url, "/hook"),
        )
        hook = platform.hook
        assert hook is not None
        async with serving(hook_routes(lambda: [hook]), "127.0.0.1", self.port):
            await platform.open()
            self.receiver = task = asyncio.create_task(platform.receive(cast(Host, self.ear), ALONE))
            try:
                yield platform
            finally:
                await stopped(task)
                await platform.close()
        if not task.cancelled():
            task.result()

    async def hears(self, *texts: str) -> None:
        """Wait until exactly these are kept, in this order, some maybe twice; time runs fast meanwhile."""
        await self.until(lambda: len(set(self.ear.texts)) >= len(texts))
        assert list(dict.fromkeys(self.ear.texts)) == list(texts)

    async def until(self, look: Any) -> Any:
        """Look until there is something, while time runs fast; the test's own limit ends it."""
        while not (found := look()):
            await asyncio.sleep(0.005)
            self.clock.advance(0.2)
        return found

    async def ended(self) -> None:
        """Wait until it no longer receives, by itself."""
        assert self.receiver is not None
        await asyncio.wait([self.receiver])

    async def told(self, method: str, times: int = 1) -> None:
        await self.until(lambda: self.telegram.calls.counts[method] >= times)

    @property
    def webhook(self) -> Any:
        return self.account.webhook


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with TelegramStandIn(clock=clock) as telegram:
        account = telegram.people.add_bot()
        alice = telegram.people.open_person("Alice")
        telegram.people.open_private(alice)
        yield Scene(telegram, account, alice, clock, Noting(), free_port())


async def test_what_cannot_be_kept_is_refused_and_goes_before_what_comes_later(scene: Scene) -> None:
    async with scene.receiving():
        scene.say("a0")
        await scene.hears("a0")
        scene.ear.failures = [StorageError("full"), OSError("strange")]
        scene.say("a1", "a2")
        await scene.until(lambda: not scene.ear.failures)
        assert len(scene.account.updates.pending) == 2, "Telegram keeps what we could not."
        scene.say("a3")
        await scene.hears("a0", "a1", "a2", "a3")
        assert "503" in scene.webhook.last_error
        await scene.until(lambda: not scene.account.updates.pending)


@dataclass
class Neighbour:
    """One of two processes that tell each other news."""

    heeded: dict[str, Callable[..., None]] = field(default_factory=dict)
    other: "Neighbour | None" = None
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    """Unless it stands still."""
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    """Unless all of what it is called with is not there yet."""
    called: asyncio.Event = field(default_factory=asyncio.Event)
    ready: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.goes_on.set()
        self.reads.set()

    async def roll_call(self) -> None:
        assert self.other is not None
        await self.other.goes_on.wait()
        for ready in self.other.ready.values():
            await ready()

    def answer_after(self, about: str, ready: Callable[[], Awaitable[None]]) -> None:
        self.ready[about] = ready

    def tell(self, about: str, *details: Detail) -> None:
        assert self.other is not None
        if (hear := self.other.heeded.get(about)) is not None:
            asyncio.get_running_loop().call_soon(hear, *details)

    def heed(self, about: str, hear: Callable[..., None]) -> None:
        self.heeded[about] = hear


class Slow:
    """One process's way to what all of them keep, which may be held up."""

    def __init__(self, ear: Noting) -> None:
        self._ear = ear
        self.open, self.asked = asyncio.Event(), asyncio.Event()
        self.open.set()
        self.bookmarks, self.customs = ear.bookmarks, ear.customs

    async def receive(self, batch: Sequence[Incoming]) -> None:
        if not self.open.is_set():
            self.asked.set()
        await self.open.wait()
        await self._ear.receive(batch)


@asynccontextmanager
async def two_processes(scene: Scene, *hosts: Host) -> AsyncIterator[Neighbour]:
    """Two that receive for these, called in turns unless what is said names one; with the first of them."""
    one = Neighbour()
    one.other = Neighbour(other=one)
    address = Address(scene.url, "/hook")
    async with AsyncExitStack() as stack:
        platforms = []
        for news in (one, one.other):
            platform = TelegramPlatform(
                scene.account.token,
                api_url=scene.telegram.url,
                pacing=False,
                clock=scene.clock,
                webhook=address,
                news=news,
            )
            stack.push_async_callback(platform.close)
            platforms.append(platform)
        hooks = [platform.hook for platform in platforms if platform.hook is not None]
        both = list(zip(hooks, (one, one.other), strict=True))
        turns = itertools.cycle(both)

        async def take(body: bytes) -> bool:
            number = 0 if b"to the first" in body else 1 if b"to the second" in body else None
            hook, process = both[number] if number is not None else next(turns)
            with hook.reading():
                process.called.set()
                await process.goes_on.wait()
                await process.reads.wait()
            return await hook.take(body)

        await stack.enter_async_context(
            serving(hook_routes(lambda: [replace(hooks[0], take=take)]), "127.0.0.1", scene.port)
        )
        for platform, host in zip(platforms, hosts, strict=True):
            await platform.open()
            receiving = asyncio.create_task(platform.receive(host, ALONE))
            stack.push_async_callback(stopped, receiving)
        yield one


async def test_what_comes_to_two_processes_is_kept_in_order_without_a_wait(scene: Scene) -> None:
    ear = cast(Host, scene.ear)
    async with two_processes(scene, ear, ear):
        scene.say("first")
        await scene.hears("first")
        # From here on no time passes: what waits for its time would wait forever.
        texts = [f"a{number}" for number in range(20)]
        scene.say(*texts)
        while len(scene.ear.texts) < 21:
            await settle()
        assert scene.ear.texts == ["first", *texts]


async def test_what_one_process_keeps_late_is_not_overtaken_in_another(scene: Scene) -> None:
    slow = Slow(scene.ear)
    async with two_processes(scene, cast(Host, slow), cast(Host, scene.ear)):
        scene.say("first")
        await scene.hears("first")
        slow.open.clear()
        texts = [f"a{number}" for number in range(4)]
        scene.say(*texts)
        await slow.asked.wait()
        await settle()
        for _ in range(5):
            scene.clock.advance(PATIENCE_S)
            await settle()
        kept_meanwhile = list(scene.ear.texts)
        slow.open.set()
        await scene.hears("first", *texts)
        assert scene.ear.texts == ["first", *texts]
        assert len(kept_meanwhile) < 5


@pytest.mark.parametrize("waits", ["goes_on", "reads"])
async def test_what_a_process_that_stands_still_or_is_reading_was_called_with_is_not_overtaken(
    scene: Scene, waits: str
) -> None:
    ear = cast(Host, scene.ear)
    async with two_processes(scene, ear, ear) as first:
        scene.say("first")
        await scene.hears("first")
        assert first.other is not None
        for process in (first, first.other):
            process.called.clear()
        held_up: asyncio.Event = getattr(first, waits)
        held_up.clear()
        scene.say("to the first", "to the second")
        for process in (first, first.other):
            await process.called.wait()
        for _ in range(9):
            scene.clock.advance(PATIENCE_S)
            await settle()
        kept_meanwhile = list(scene.ear.texts)
        held_up.set()
        await scene.hears("first", "to the first", "to the second")
        assert kept_meanwhile == ["first"]


async def test_what_is_still_being_read_is_not_overtaken(scene: Scene) -> None:
    there = asyncio.Event()

    async def slowly(body: bytes) -> AsyncIterator[bytes]:
        yield body[:10]
        await there.wait()
        yield body[10:]

    def update(number: int, text: str) -> bytes:
        person = {"id": scene.alice, "is_bot": False, "first_name": "Alice"}
        message = {"message_id": number, "date": 1, "chat": {"id": scene.alice, "type": "private"}, "from": person}
        return json.dumps({"update_id": number, "message": message | {"text": text}}).encode()

    headers = {SECRET_HEADER: secret_of(scene.account.token)}
    async with scene.receiving(), aiohttp.ClientSession(headers=headers) as session:
        while (await session.post(scene.url, data=update(1, "first"))).status != 200:
            await settle()  # It is not receiving yet.
        posts = [
            asyncio.create_task(session.post(scene.url, data=slowly(update(2, "one")))),
            asyncio.create_task(session.post(scene.url, data=update(3, "two"))),
        ]
        for _ in range(9):
            await settle()
            scene.clock.advance(PATIENCE_S)
        assert scene.ear.texts == ["first"]
        there.set()
        assert [answer.status for answer in await asyncio.gather(*posts)] == [200, 200]
        assert scene.ear.texts == ["first", "one", "two"]


async def test_it_is_answered_only_once_it_is_kept(scene: Scene) -> None:
    scene.ear.open.clear()
    async with scene.receiving():
        scene.say("hi")
        await scene.until(lambda: scene.ear.batches)
        assert len(scene.account.updates.pending) == 1
    assert scene.ear.texts == []
    assert len(scene.account.updates.pending) == 1, "Cut off in the middle, it is not confirmed."
    scene.ear.open.set()
    async with scene.receiving():
        await scene.hears("hi")
        await scene.until(lambda: not scene.account.updates.pending)


async def test_a_new_start_takes_up_telegrams_order(scene: Scene) -> None:
    async with scene.receiving():
        scene.say("a0")
        await scene.hears("a0")
    async with scene.receiving():
        await scene.told("getWebhookInfo", 2)
    assert scene.telegram.calls.counts["setWebhook"] == 1, "What is as wanted is left alone."
    texts = [f"a{number}" for number in range(1, 20)]
    scene.say(*texts)
    tried = scene.webhook
    await scene.until(lambda: tried.posts > 100)
    async with scene.receiving():
        await scene.told("getWebhookInfo", 3)
        # The others wait for their next attempt by now, up to a minute.
        scene.say("a20")
        await scene.hears("a0", *texts, "a20")


async def test_it_is_set_anew_where_somebody_changes_it_or_telegram_has_another_secret(scene: Scene) -> None:
    async with scene.receiving() as platform:
        await scene.told("setWebhook")
        ours = scene.webhook
        ours.url = "http://127.0.0.1:1/theirs"
        scene.clock.advance(LOOK_EVERY_S)
        await scene.told("setWebhook", 2)
        await scene.until(lambda: scene.webhook is not ours and platform.condition().connected)
        scene.webhook._headers["X-Telegram-Bot-Api-Secret-Token"] = "another"
        scene.say("hi")
        await scene.until(lambda: "401" in scene.webhook.last_error)
        scene.clock.advance(LOOK_EVERY_S)
        await scene.told("setWebhook", 3)
        await scene.hears("hi")
    for call in scene.telegram.calls.of("setWebhook"):
        assert call.params["drop_pending_updates"] is False


async def test_telegrams_failures_to_deliver_are_known_until_they_are_over(scene: Scene) -> None:
    async with scene.receiving() as platform:
        await scene.told("setWebhook")
        scene.ear.failures = [StorageError("full")] * 3
        scene.say("hi")
        await scene.until(lambda: scene.webhook.last_error)
        scene.clock.advance(LOOK_EVERY_S)
        await scene.until(lambda: "503" in platform.condition().failing)
        await scene.hears("hi")
        scene.clock.advance(RECENT_S)
        await scene.until(lambda: not platform.condition().failing)


async def test_an_address_that_telegram_refuses_is_an_error_of_the_settings(scene: Scene) -> None:
    refusal = faults.refusal("Bad Request: bad webhook: HTTPS url must be provided for webhook", status=400)
    scene.telegram.faults.add(refusal, method="setWebhook")
    with pytest.raises(SettingsError, match="TELEGRAM_WEBHOOK_URL"):
        async with scene.receiving():
            await scene.ended()


async def test_it_begins_late_where_the_database_cannot_be_read_yet(scene: Scene) -> None:
    scene.ear.unreadable = 2
    async with scene.receiving():
        scene.say("hi")
        await scene.hears("hi")


async def test_trouble_with_telegram_is_waited_out(scene: Scene) -> None:
    scene.telegram.faults.add(
        faults.refusal("Bad Request: bad webhook: Failed to resolve host", status=400), method="setWebhook"
    )
    scene.telegram.faults.add(faults.refusal("Bad Gateway", status=502), method="getWebhookInfo")
    async with scene.receiving() as platform:
        assert not platform.condition().connected
        await scene.told("setWebhook", 2)
        await scene.until(lambda: platform.condition().connected)
        scene.say("hi")
        await scene.hears("hi")
