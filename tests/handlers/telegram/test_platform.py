"""The sending side of Telegram: a real aiogram bot against the stand-in."""

import asyncio
import gc
import traceback
import weakref
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiogram.methods import Response
from aiohttp import web

from bot.contracts.abilities import Threads
from bot.contracts.command import Choice, Command, View, command
from bot.contracts.leases import ALONE
from bot.contracts.platform import Address, Platform, PreviewTarget
from bot.domain.blocks import Block, BlockKind, Button, Page, Span, SpanKind, plain_page
from bot.domain.errors import (
    ChatMoved,
    MessageGone,
    NotSent,
    OutcomeUnknown,
    PlatformError,
    Rejected,
    RetryAfter,
    SettingsError,
    Unreachable,
)
from bot.domain.ids import TurnId
from bot.domain.incoming import Inbound, Incoming, Invocation
from bot.domain.messages import FilePart, TextPart
from bot.domain.places import NO_CUSTOMS, Customs, Place, PlaceKind
from bot.pacing import Scheduler, Urgency
from bot.standins import faults
from bot.standins.telegram.flood import FloodGate, FloodLimits
from bot.standins.telegram.server import TelegramStandIn
from bot.standins.telegram.transcript import Transcript
from handlers.telegram.capabilities import LIMITS
from handlers.telegram.platform import TelegramPlatform
from tests.support.clock import FakeClock, settle

BOLD = Page((Block(BlockKind.PARAGRAPH, "Hello 👍🏽 world", (Span(9, 14, SpanKind.BOLD),)),))


@command("help", "Say what I can do")
async def HELP(call: object) -> View:  # noqa: N802  # The decorator makes it a constant.
    return View("")


class Listener:
    """A host that only takes what is said."""

    def __init__(self) -> None:
        self.batches: asyncio.Queue[Sequence[Incoming]] = asyncio.Queue()

    async def receive(self, batch: Sequence[Incoming]) -> None:
        self.batches.put_nowait(batch)

    async def choices(self, invocation: Invocation, param: str, typed: str) -> Sequence[Choice]:
        raise NotImplementedError

    def customs(self, place: Place) -> Customs:
        return NO_CUSTOMS

    async def heard(self, platform: str, bot: str) -> Sequence[tuple[Place, str]]:
        raise NotImplementedError

    async def bookmarks(self, platform: str, bot: str) -> Mapping[str, str]:
        raise NotImplementedError


class Scene:
    """A bot, Alice's private chat with it, and a group."""

    def __init__(self, server: TelegramStandIn, platform: TelegramPlatform, clock: FakeClock) -> None:
        self.server = server
        self.clock = clock
        self.platform = platform
        self.people = server.people
        self.alice = self.people.open_person("Alice")
        self.private = self.place(self.people.open_private(self.alice), PlaceKind.PRIVATE)
        self.group = self.place(self.people.open_group("Group", [self.alice], admin=True), PlaceKind.GROUP)

    def place(self, chat: int, kind: PlaceKind, thread: str = "") -> Place:
        return Place("telegram", self.platform.bot, str(chat), thread, kind)

    def sees(self, place: Place) -> Transcript:
        return self.server.transcript(int(place.chat))

    async def send(self, place: Place, text: str = "Hello") -> str:
        return await self.platform.send(place, plain_page(text), Address(), nonce="n")


@asynccontextmanager
async def scene_of(
    *, pacing: bool = False, topics: bool = False, commands: tuple[Command, ...] = ()
) -> AsyncIterator[Scene]:
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TelegramStandIn(clock=clock, limits=FloodLimits() if pacing else None))
        bot = server.people.add_bot(has_topics_enabled=topics)
        platform = TelegramPlatform(bot.token, api_url=server.url, pacing=pacing, clock=clock, commands=commands)
        stack.push_async_callback(platform.close)
        await platform.open()
        yield Scene(server, platform, clock)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with scene_of() as made:
        yield made


def growing(turn: int = 9, remote_id: str | None = None, reply_to: str | None = None) -> PreviewTarget:
    return PreviewTarget(TurnId(turn), remote_id, reply_to, Button("Stop", "stop_turn", (str(turn),)))


def page(text: str) -> Callable[[], Page]:
    return lambda: plain_page(text)


def test_it_is_a_platform_with_threads() -> None:
    platform = TelegramPlatform("42:TEST", api_url="http://127.0.0.1:1", pacing=True, clock=FakeClock())
    whole: Platform = platform
    assert isinstance(whole, Threads)
    assert (whole.name, whole.bot) == ("telegram", "42")


# Messages


async def test_a_message_arrives_with_its_formatting_and_buttons(scene: Scene) -> None:
    shown = Page(BOLD.blocks, ((Button("Again", "regenerate", ("5",)),),))
    remote_id = await scene.platform.send(scene.private, shown, Address(), nonce="n")
    [message] = scene.sees(scene.private).messages
    assert (str(message.id), message.text) == (remote_id, "Hello 👍🏽 world")
    # Telegram counts UTF-16 units: the thumb has four.
    assert message.entities == [{"type": "bold", "offset": 11, "length": 5}]
    assert message.labels == ["Again"]


async def test_a_reply_stands_below_its_question_and_a_vanished_question_does_no_harm(scene: Scene) -> None:
    question = scene.people.say(scene.alice, int(scene.private.chat), "Hi")
    await scene.platform.send(scene.private, plain_page("Hello"), Address(reply_to=str(question)), nonce="n")
    await scene.platform.send(scene.private, plain_page("Hello?"), Address(reply_to="4711"), nonce="m")
    assert [message.reply_to for message in scene.sees(scene.private).messages] == [None, question, None]


async def test_links_show_no_preview(scene: Scene) -> None:
    remote_id = await scene.send(scene.private, "https://example.org")
    await scene.platform.edit(scene.private, remote_id, plain_page("https://example.com"), Address())
    calls = scene.server.calls.of("sendMessage", "editMessageText")
    assert [call.params["link_preview_options"] for call in calls] == [{"is_disabled": True}] * 2


async def test_an_edit_gives_the_final_content_and_can_be_repeated(scene: Scene) -> None:
    remote_id = await scene.send(scene.private, "Hel")
    for _ in range(2):
        await scene.platform.edit(scene.private, remote_id, BOLD, Address())
    [message] = scene.sees(scene.private).messages
    assert message.text == "Hello 👍🏽 world"
    assert message.entities


async def test_editing_a_message_that_is_gone_says_so(scene: Scene) -> None:
    remote_id = await scene.send(scene.group)
    scene.people.delete(scene.alice, int(scene.private.chat), int(await scene.send(scene.private)))
    await scene.platform.delete(scene.group, remote_id)
    with pytest.raises(MessageGone):
        await scene.platform.edit(scene.group, remote_id, BOLD, Address())


async def test_deleting_twice_is_a_success(scene: Scene) -> None:
    remote_id = await scene.send(scene.private)
    await scene.platform.delete(scene.private, remote_id)
    await scene.platform.delete(scene.private, remote_id)
    assert not scene.sees(scene.private).messages


async def test_formatting_that_is_refused_is_left_out(scene: Scene) -> None:
    # A link without an address is what the server does not take.
    link = Page((Block(BlockKind.PARAGRAPH, "a link", (Span(2, 6, SpanKind.LINK, " "),)),))
    await scene.platform.send(scene.private, link, Address(), nonce="n")
    [message] = scene.sees(scene.private).messages
    assert (message.text, message.entities) == ("a link", [])


async def test_a_text_that_is_too_long_is_rejected(scene: Scene) -> None:
    with pytest.raises(Rejected):
        await scene.send(scene.private, "x" * 4097)


# Previews


async def test_in_a_private_chat_an_answer_grows_as_one_draft_that_can_be_stopped(scene: Scene) -> None:
    for text in ("Hel", "Hello"):
        assert await scene.platform.preview(scene.private, growing(), page(text)) is None
    [draft] = scene.sees(scene.private).drafts
    assert (draft.id, draft.text, draft.can_stop) == (9, "Hello", True)
    assert [version.text for version in draft.versions] == ["Hel", "Hello"]
    await scene.send(scene.private, "Hello!")
    assert not scene.sees(scene.private).drafts


async def test_a_stopped_draft_stays_until_the_answer(scene: Scene) -> None:
    await scene.platform.preview(scene.private, growing(), page("Hel"))
    scene.people.stop(scene.alice, int(scene.private.chat))
    assert [draft.text for draft in scene.sees(scene.private).drafts] == ["Hel"]


async def test_in_a_group_an_answer_grows_as_one_message_with_a_stop_button(scene: Scene) -> None:
    question = scene.people.say(scene.alice, int(scene.group.chat), "Hi")
    remote_id = await scene.platform.preview(scene.group, growing(reply_to=str(question)), page("Hel"))
    assert remote_id is not None
    for _ in range(2):
        assert await scene.platform.preview(scene.group, growing(remote_id=remote_id), page("Hello")) is None
    *_, message = scene.sees(scene.group).messages
    assert (str(message.id), message.text, message.reply_to, message.labels) == (remote_id, "Hello", question, ["Stop"])
    await scene.platform.edit(scene.group, remote_id, plain_page("Hello!"), Address())
    assert scene.sees(scene.group).messages[-1].labels == []


async def test_typing_shows(scene: Scene) -> None:
    await scene.platform.typing(scene.private)
    assert [call.params["action"] for call in scene.server.calls.of("sendChatAction")] == ["typing"]


async def test_a_press_is_acknowledged_and_an_old_one_does_no_harm(scene: Scene) -> None:
    shown = Page(BOLD.blocks, ((Button("Again", "regenerate", ("5",)),),))
    remote_id = await scene.platform.send(scene.private, shown, Address(), nonce="n")
    receipt = scene.people.press(scene.alice, int(scene.private.chat), int(remote_id), label="Again")
    await scene.platform.acknowledge(receipt, answered=True, private=False)
    await scene.platform.acknowledge("4711", answered=False, private=False)
    first, second = scene.server.calls.of("answerCallbackQuery")
    assert first.ok
    assert not second.ok


# Threads


async def test_a_topic_is_opened_renamed_and_written_to() -> None:
    async with scene_of(topics=True) as scene:
        assert scene.platform.capabilities(scene.private).creates_threads
        thread = await scene.platform.open_thread(scene.private, "t" * 200, "1")
        assert thread.kind is PlaceKind.PRIVATE_THREAD
        for _ in range(2):
            await scene.platform.rename_thread(thread, "Plans")
        await scene.platform.preview(thread, growing(), page("Hel"))
        await scene.platform.typing(thread)
        await scene.send(thread)
        seen = scene.sees(scene.private)
        assert [(str(topic.id), topic.name) for topic in seen.topics] == [(thread.thread, "Plans")]
        assert (seen.messages[-1].text, str(seen.messages[-1].thread)) == ("Hello", thread.thread)


async def test_without_topics_private_chats_offer_none(scene: Scene) -> None:
    assert not scene.platform.capabilities(scene.private).creates_threads
    with pytest.raises(Rejected):
        await scene.platform.open_thread(scene.private, "Plans", "1")


# Receiving


async def test_receiving_shows_the_menu_and_hands_over_what_is_said() -> None:
    async with scene_of(commands=(HELP,)) as scene:
        host = Listener()
        receiving = asyncio.create_task(scene.platform.receive(host, ALONE))
        scene.people.say(scene.alice, int(scene.private.chat), "Hi")
        [*_, said] = await host.batches.get()
        assert isinstance(said, Inbound)
        assert (said.place, said.parts) == (scene.private, (TextPart("Hi"),))
        menus = scene.people.bot().commands
        await scene.server.wait_for(lambda: len(menus) == 2)
        shown = [command for menu in menus.values() for command in menu]
        assert shown == [{"command": "help", "description": "Say what I can do"}] * 2
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)


# Errors


@pytest.mark.parametrize(
    ("fault", "expected", "stands"),
    [
        (faults.answer_lost(), OutcomeUnknown, True),
        (faults.reset(), OutcomeUnknown, False),
        (faults.error(500), OutcomeUnknown, False),
        (faults.error(502, done=True), OutcomeUnknown, True),
        (faults.html_page(), OutcomeUnknown, False),
        (faults.malformed(), OutcomeUnknown, True),
        (faults.truncated(), OutcomeUnknown, True),
    ],
    ids=lambda value: value.kind.value if isinstance(value, faults.Fault) else None,
)
async def test_a_call_without_a_clear_answer_has_an_unknown_outcome(
    scene: Scene, fault: faults.Fault, expected: type[PlatformError], stands: bool
) -> None:
    scene.server.faults.add(fault, method="sendMessage")
    with pytest.raises(expected):
        await scene.send(scene.private)
    assert bool(scene.sees(scene.private).messages) is stands
    await scene.send(scene.private)


async def test_an_answer_in_a_form_newer_than_the_library_is_no_failure(scene: Scene) -> None:
    scene.people.bot().first_name = ""
    assert await scene.send(scene.private)


async def test_without_a_connection_nothing_was_sent() -> None:
    platform = TelegramPlatform("42:TEST", api_url="http://127.0.0.1:1", pacing=False, clock=FakeClock())
    try:
        with pytest.raises(NotSent):
            await platform.send(Place("telegram", "42", "7"), BOLD, Address(), nonce="n")
    finally:
        await platform.close()


async def test_an_invitation_is_a_link_that_opens_the_bot_with_the_code(scene: Scene) -> None:
    assert scene.platform.invitation("abc") == f"https://t.me/{scene.people.bot().username}?start=abc"


@pytest.mark.parametrize("chat", [-1_001_999_999_999, 4711])
async def test_an_unknown_chat_is_unreachable(scene: Scene, chat: int) -> None:
    with pytest.raises(Unreachable):
        await scene.send(scene.place(chat, PlaceKind.GROUP))


async def test_who_blocked_the_bot_is_unreachable(scene: Scene) -> None:
    scene.people.block(scene.alice)
    with pytest.raises(Unreachable):
        await scene.send(scene.private)


async def test_a_deleted_topic_is_unreachable() -> None:
    async with scene_of(topics=True) as scene:
        thread = await scene.platform.open_thread(scene.private, "Plans", "1")
        scene.people.delete_topic(scene.alice, int(scene.private.chat), int(thread.thread))
        with pytest.raises(Unreachable):
            await scene.send(thread)


async def test_a_group_that_moved_is_told_with_its_new_id(scene: Scene) -> None:
    old = scene.people.open_group("Old", [scene.alice], kind="group")
    new = scene.people.migrate(scene.alice, old)
    with pytest.raises(ChatMoved) as moved:
        await scene.send(scene.place(old, PlaceKind.GROUP))
    assert moved.value.chat == str(new)


@pytest.mark.parametrize("token", ["42:WRONG", "no token"])
async def test_a_wrong_token_is_reported_with_its_fix(scene: Scene, token: str) -> None:
    with pytest.raises(SettingsError, match="BotFather") as told:
        platform = TelegramPlatform(token, api_url=scene.server.url, pacing=False, clock=FakeClock())
        try:
            await platform.open()
        finally:
            await platform.close()
    assert token not in str(told.value)


@pytest.mark.parametrize("fault", [faults.malformed(), faults.reset(), faults.html_page()])
async def test_errors_name_neither_texts_nor_the_token(scene: Scene, fault: faults.Fault) -> None:
    scene.server.faults.add(fault, method="sendMessage")
    with pytest.raises(OutcomeUnknown) as raised:
        await scene.send(scene.private, "a secret")
    shown = "".join(traceback.format_exception(raised.value))
    assert "secret" not in shown.replace('"a secret"', "")
    assert scene.people.bot().token not in shown


# Floods


async def test_a_flooded_preview_gives_up_and_a_final_waits_for_the_end(scene: Scene) -> None:
    scene.server.faults.add(faults.flood(7), method="sendMessageDraft")
    with pytest.raises(RetryAfter):
        await scene.platform.preview(scene.private, growing(), page("Hel"))
    final = asyncio.create_task(scene.send(scene.private))
    await scene.clock.advance(7)
    assert scene.server.calls.counts["sendMessage"] == 0
    await scene.clock.advance(1)
    await final
    assert scene.server.calls_in_penalty == 0


async def test_a_throttled_final_is_repeated_and_shows_once(scene: Scene) -> None:
    scene.server.faults.add(faults.flood(7), method="sendMessage")
    final = asyncio.create_task(scene.send(scene.private))
    await scene.server.wait_for(lambda: any(call.outcome for call in scene.server.calls.of("sendMessage")))
    while not final.done():
        await scene.clock.advance(1)
    assert [message.text for message in scene.sees(scene.private).messages] == ["Hello"]
    assert scene.server.calls_in_penalty == 0


async def test_with_pacing_a_hasty_bot_waits_instead_of_being_refused() -> None:
    async with scene_of(pacing=True) as scene:
        messages = [asyncio.create_task(scene.send(scene.private, str(n))) for n in range(7)]
        await asyncio.gather(*messages[:4])
        await settle()
        assert not any(message.done() for message in messages[4:])
        for _ in range(3):
            await scene.clock.advance(1)
            await scene.server.wait_for(lambda: all(call.ok for call in scene.server.calls.of("sendMessage")))
        await asyncio.gather(*messages)
        assert [message.text for message in scene.sees(scene.private).messages] == list("0123456")


async def test_the_limits_of_the_scheduler_stay_within_telegrams() -> None:
    clock = FakeClock()
    gate, scheduler = FloodGate(FloodLimits(), clock), Scheduler(LIMITS, clock)
    refusals: list[tuple[float, int]] = []

    async def call(chat: int) -> None:
        if gate.admit(chat, group=chat < 0):
            refusals.append((clock.monotonic(), chat))

    async def hurry(chat: int, urgency: Urgency) -> None:
        for _ in range(40):
            await scheduler.run(str(chat), urgency, lambda: call(chat), group=chat < 0)

    chats = (*range(1, 20), *range(-20, 0))
    tasks = [
        asyncio.create_task(hurry(chat, urgency)) for chat in chats for urgency in (Urgency.FINAL, Urgency.PREVIEW)
    ]
    await clock.advance(600)
    await asyncio.gather(*tasks)
    assert refusals == []


async def test_no_answer_waits_for_the_menu() -> None:
    async with scene_of(pacing=True, commands=(HELP,)) as scene:
        scene.server.faults.add(faults.flood(60), method="getMyCommands")
        receiving = asyncio.create_task(scene.platform.receive(Listener(), ALONE))
        await scene.server.wait_for(lambda: scene.server.calls.counts["getMyCommands"])
        await settle()
        await scene.send(scene.private, "at once")
        assert scene.sees(scene.private).messages[-1].text == "at once"
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)


# Files


async def test_a_file_over_telegrams_limit_is_not_asked_for(scene: Scene) -> None:
    limit = scene.platform.capabilities(scene.private).download_limit_bytes
    with pytest.raises(Rejected):
        await scene.platform.fetch(FilePart("F", "film.bin", "application/octet-stream", limit + 1))
    assert not scene.server.calls.counts["getFile"]


async def test_a_server_of_ones_own_takes_large_files_and_gives_them_as_paths(tmp_path: Path) -> None:
    lying = tmp_path / "file"
    lying.write_bytes(b"on this disk")

    async def get_file(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": {"file_id": "F", "file_path": str(lying)}})

    app = web.Application()
    app.router.add_post("/bot42:TEST/getFile", get_file)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    platform = TelegramPlatform("42:TEST", api_url=url, own_server=True, pacing=False, clock=FakeClock())
    try:
        place = Place("telegram", "42", "1")
        assert platform.capabilities(place).download_limit_bytes == 2_000_000_000
        assert await platform.fetch(FilePart("F", "a.bin", "x/y", 300_000_000)) == b"on this disk"
    finally:
        await platform.close()
        await runner.cleanup()


def test_what_reads_each_answer_outlives_a_collection_of_garbage() -> None:
    """It would be built anew for the next answer."""
    read_with = weakref.ref(Response[Any])
    gc.collect()
    assert read_with() is not None
