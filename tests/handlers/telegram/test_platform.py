"""The sending side of Telegram: a real aiogram bot against the stand-in."""

import asyncio

import pytest

from bot.contracts.abilities import Threads
from bot.contracts.leases import ALONE
from bot.contracts.platform import Address, Platform
from bot.domain.blocks import Block, BlockKind, Button, Page, Span, SpanKind, plain_page
from bot.domain.errors import (
    MessageGone,
    Rejected,
)
from bot.domain.incoming import Inbound
from bot.domain.messages import TextPart
from bot.domain.places import PlaceKind
from handlers.telegram.platform import TelegramPlatform
from tests.handlers.telegram.scene import BOLD, HELP, Listener, Scene, growing, page, scene, scene_of
from tests.support.clock import FakeClock

__all__ = ["scene"]


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
