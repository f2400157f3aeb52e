"""The Telegram stand-in: updates are kept until confirmed, and people see what bots do."""

import asyncio
import base64
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson
import pytest
from aiogram.exceptions import ClientDecodeError, TelegramBadRequest, TelegramConflictError
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    EphemeralMessageParameters,
    ReplyParameters,
    Update,
)
from aiohttp import web

from bot.standins.telegram.rooms import CannotDo
from bot.standins.telegram.webhook import SECRET_HEADER
from tests.support.patience import PATIENCE_S
from tests.support.telegram_client import Desk, client, desk, keyboard, said


@pytest.fixture
async def at() -> AsyncIterator[Desk]:
    async with desk() as opened:
        yield opened


def ids(updates: list[Update]) -> list[int]:
    return [update.update_id for update in updates]


# Receiving


async def test_an_update_stays_until_a_higher_offset_confirms_it(at: Desk) -> None:
    for text in "abc":
        at.people.say(at.alice, at.chat, text)
    first = await at.bot.get_updates()
    assert said(first) == ["a", "b", "c"]
    assert ids(await at.bot.get_updates()) == ids(first)
    assert said(await at.bot.get_updates(offset=first[1].update_id)) == ["b", "c"]
    assert said(await at.bot.get_updates()) == ["b", "c"]
    assert await at.bot.get_updates(offset=first[2].update_id + 1) == []
    assert await at.bot.get_updates() == []


async def test_limit_and_a_negative_offset(at: Desk) -> None:
    for text in "abcd":
        at.people.say(at.alice, at.chat, text)
    assert said(await at.bot.get_updates(limit=2)) == ["a", "b"]
    assert said(await at.bot.get_updates(offset=-1)) == ["d"]
    assert said(await at.bot.get_updates()) == ["d"]


async def test_a_long_poll_ends_with_the_first_update(at: Desk) -> None:
    poll = asyncio.create_task(at.bot.get_updates(timeout=30))
    await at.telegram.wait_for(lambda: at.telegram.calls.of("getUpdates"))
    at.people.say(at.alice, at.chat, "hi")
    assert said(await poll) == ["hi"]


async def test_a_long_poll_ends_empty_after_its_time(at: Desk) -> None:
    poll = asyncio.create_task(at.bot.get_updates(timeout=30))
    await at.telegram.wait_for(lambda: at.telegram.calls.of("getUpdates"))
    await at.clock.advance(29)
    assert not poll.done()
    await at.clock.advance(1)
    assert await poll == []


async def test_a_second_poller_ends_the_first_with_a_conflict(at: Desk) -> None:
    first = asyncio.create_task(at.bot.get_updates(timeout=30))
    await at.telegram.wait_for(lambda: len(at.telegram.calls.of("getUpdates")) == 1)
    second = asyncio.create_task(at.bot.get_updates(timeout=30))
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await first
    at.people.say(at.alice, at.chat, "hi")
    assert said(await second) == ["hi"]


async def test_only_allowed_kinds_arrive_and_the_choice_is_remembered(at: Desk) -> None:
    await at.bot.get_updates(allowed_updates=["callback_query"])
    at.people.say(at.alice, at.chat, "unheard")
    sent = await at.bot.send_message(at.chat, "?", reply_markup=keyboard(Yes="y"))
    at.people.press(at.alice, at.chat, sent.message_id, label="Yes")
    (update,) = await at.bot.get_updates()
    assert update.callback_query is not None


async def test_an_update_of_any_shape_can_come_also_twice(at: Desk) -> None:
    at.account.updates.push_raw({"update_id": 5, "message": {"strange": True}})
    with pytest.raises(ClientDecodeError):
        await at.bot.get_updates()
    assert await at.bot.get_updates(offset=6) == []
    for _ in range(2):
        at.account.updates.push_raw({"update_id": 7, "news_from_the_future": {}})
    assert ids(await at.bot.get_updates()) == [7, 7]


async def test_a_webhook_is_tried_until_it_takes_the_update(at: Desk) -> None:
    taken: list[dict[str, Any]] = []
    secrets: list[str | None] = []
    statuses = [500, 503, 200]

    async def receive(request: web.Request) -> web.Response:
        secrets.append(request.headers.get(SECRET_HEADER))
        taken.append(orjson.loads(await request.read()))
        return web.Response(status=statuses.pop(0))

    application = web.Application()
    application.router.add_post("/hook", receive)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        await at.bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="shh")
        with pytest.raises(TelegramConflictError, match="can't use getUpdates method while webhook is active"):
            await at.bot.get_updates()
        at.people.say(at.alice, at.chat, "hi")
        await _turn_until(at, lambda: not at.account.updates.pending)
        assert [update["message"]["text"] for update in taken] == ["hi"] * 3
        assert secrets == ["shh"] * 3
        assert (await at.bot.get_webhook_info()).last_error_message == (
            "Wrong response from the webhook: 503 Service Unavailable"
        )
        await at.bot.delete_webhook()
        assert await at.bot.get_updates() == []
    finally:
        await runner.cleanup()


async def _turn_until(at: Desk, done: Any) -> None:
    """Let a second pass at each change until `done`."""
    async with asyncio.timeout(PATIENCE_S):
        while not done():
            await at.clock.advance(1)


# Groups and privacy


async def test_privacy_mode_lets_commands_replies_and_service_messages_pass(at: Desk) -> None:
    group = at.group()
    sent = await at.bot.send_message(group, "hello")
    at.people.say(at.alice, group, "just talk")
    at.people.say(at.alice, group, "@parley_bot what is this?")
    at.people.say(at.alice, group, "/help@other_bot")
    at.people.say(at.alice, group, "/help")
    at.people.say(at.alice, group, "/help@parley_bot")
    at.people.say(at.alice, group, "an answer", reply_to=sent.message_id)
    updates = await at.updates()
    assert said(updates) == ["/help", "/help@parley_bot", "an answer"]
    assert any(update.message and update.message.new_chat_members for update in updates)
    assert any(update.my_chat_member for update in updates)


async def test_without_privacy_mode_everything_arrives_with_its_mention(at: Desk) -> None:
    at.account.can_read_all_group_messages = True
    group = at.group()
    at.people.say(at.alice, group, "👍 @parley_bot hi")
    message = (await at.updates())[-1].message
    assert message is not None
    assert message.text == "👍 @parley_bot hi"
    assert [(entity.type, entity.offset, entity.length) for entity in message.entities or []] == [("mention", 3, 11)]


async def test_a_message_in_a_forum_points_at_its_topic(at: Desk) -> None:
    forum = at.group(forum=True)
    topic = at.people.open_topic(at.alice, forum, "News")
    sent = await at.bot.send_message(forum, "x", message_thread_id=topic)
    assert sent.is_topic_message
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.forum_topic_created is not None


async def test_replies_in_a_plain_supergroup_carry_a_thread_that_is_no_topic(at: Desk) -> None:
    group = at.group()
    first = at.people.say(at.alice, group, "/ask")
    sent = await at.bot.send_message(group, "x", reply_parameters=ReplyParameters(message_id=first))
    at.people.say(at.alice, group, "and?", reply_to=sent.message_id)
    last = (await at.updates())[-1].message
    assert last is not None
    assert (last.message_thread_id, last.is_topic_message) == (first, None)
    assert (await at.bot.send_message(group, "y", message_thread_id=first)).message_thread_id == first


async def test_an_ephemeral_message_is_seen_by_its_receiver_only(at: Desk) -> None:
    bob = at.people.open_person("Bob")
    group = at.people.open_group("Group", [at.alice, bob])
    to_alice = EphemeralMessageParameters(receiver_user_id=at.alice)
    with pytest.raises(TelegramBadRequest):
        await at.bot.send_message(group, "unasked", ephemeral_message_parameters=to_alice)
    with pytest.raises(CannotDo):
        at.people.say_alone(at.alice, group, "/mine")
    scope = BotCommandScopeAllGroupChats()
    await at.bot.set_my_commands([BotCommand(command="mine", description="d", is_ephemeral=True)], scope)
    at.people.say_alone(at.alice, group, "/mine")
    asked = (await at.updates())[-1].message
    assert asked is not None
    assert (asked.message_id, asked.text) == (0, "/mine")
    sent = await at.bot.send_message(
        group,
        "psst",
        ephemeral_message_parameters=to_alice,
        reply_parameters=ReplyParameters(ephemeral_message_id=asked.ephemeral_message_id),
    )
    with pytest.raises(TelegramBadRequest):
        await at.bot.edit_message_text("hush", chat_id=group, message_id=sent.ephemeral_message_id)
    await at.clock.advance(16)
    with pytest.raises(TelegramBadRequest):
        await at.bot.send_message(
            group,
            "late",
            ephemeral_message_parameters=to_alice,
            reply_parameters=ReplyParameters(ephemeral_message_id=asked.ephemeral_message_id),
        )
    assert at.telegram.transcript(group, viewer=at.alice).texts == ["/mine", "psst"]
    assert at.telegram.transcript(group, viewer=bob).texts == []
    number = sent.ephemeral_message_id
    assert number is not None
    await at.bot.edit_ephemeral_message_text(group, at.alice, number, text="hush")
    assert at.telegram.transcript(group, viewer=at.alice).texts == ["/mine", "hush"]
    await at.bot.delete_ephemeral_message(group, at.alice, number)
    assert at.telegram.transcript(group, viewer=at.alice).texts == ["/mine"]
    at.people.set_rights(at.alice, group, "administrator", [])
    await at.bot.send_message(group, "unasked", ephemeral_message_parameters=to_alice)
    assert at.telegram.transcript(group, viewer=bob).texts == []


# From outside


async def test_control_does_what_people_do(at: Desk) -> None:
    async with aiohttp.ClientSession(at.telegram.url) as session:

        async def do(**deed: Any) -> Any:
            async with session.post("/control", json=deed) as answer:
                body = await answer.json()
                assert body["ok"] is (answer.status == 200)
                return body.get("result", body.get("error"))

        async with session.post("/control", data=b'{"do": "clear_faults"}') as foreign:
            assert foreign.status == 400, "What a foreign web page can send is not taken."
        bob = await do(do="open_person", name="Bob")
        chat = await do(do="open_private", person=bob)
        said_id = await do(do="say", person=bob, chat=chat, text="/start")
        file = {"data": base64.b64encode(b"x").decode(), "name": "x.txt", "media_type": "text/plain"}
        await do(do="send_document", person=bob, chat=chat, document=file)
        await do(do="fault", fault={"kind": "flood", "retry_after_s": 2}, method="sendMessage")
        assert "no chat" in await do(do="say", person=bob, chat=1, text="x")
        assert "KeyError" in await do(do="juggle")
        assert len(at.telegram.faults.pending) == 1
        async with session.get("/control/state", params={"chat": chat}) as answer:
            shown = (await answer.json())["chat"]
        assert [message["id"] for message in shown["messages"]] == [said_id, said_id + 1]
        async with session.get("/control/state") as answer:
            state = await answer.json()
        assert {person["id"] for person in state["people"]} == {at.alice, bob}
        waiting = asyncio.create_task(session.get("/control/state", params={"after": state["version"]}))
        await at.bot.get_me()
        async with await waiting as answer:
            assert (await answer.json())["version"] > state["version"]


async def test_the_log_of_calls_is_bounded_and_holds_no_token() -> None:
    async with desk(call_log_size=2) as at:
        for text in "abc":
            await at.bot.send_message(at.chat, text)
        calls = at.telegram.calls.of("sendMessage", chat=at.chat)
        assert [(call.params["text"], call.outcome) for call in calls] == [("b", "ok"), ("c", "ok")]
        assert at.telegram.calls.counts["sendMessage"] == 3
        assert at.account.token not in repr(calls)


async def test_it_runs_as_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.standins.telegram", "--limits", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = orjson.loads(await process.stdout.readline())
        async with client(line["url"], line["token"]) as bot:
            assert (await bot.get_me()).is_bot
    finally:
        process.terminate()
        assert await process.wait() == 0
