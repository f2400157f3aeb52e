"""Telegram calls the gateway: everything that holds where it is asked instead holds here."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.operations.doctor import printed
from bot.standins.telegram.webhook import SECRET_HEADER
from handlers.telegram.door import MOST_BYTES, secret_of
from tests.operations.test_doctor import findings
from tests.support.ports import free_port
from tests.support.sides import WebhookSide
from tests.support.world import House, Someone

pytestmark = pytest.mark.parametrize("side", ["webhook"], indirect=True)

Post = Callable[..., Coroutine[Any, Any, int]]


def at(house: House) -> WebhookSide:
    assert isinstance(house.side, WebhookSide)
    return house.side


def address(house: House) -> str:
    return str(at(house).settings()["telegram_webhook_url"])


@asynccontextmanager
async def calling(house: House) -> AsyncIterator[Post]:
    """What posts to the webhook as Telegram does; gives the status."""

    async def post(body: Any, secret: str | None = None) -> int:
        headers = {SECRET_HEADER: secret_of(at(house).bot.token) if secret is None else secret}
        async with session.post(address(house), data=body, headers=headers) as answer:
            assert await answer.read() == b"", "An answer that is lost must lose nothing."
            return answer.status

    async with aiohttp.ClientSession() as session:
        yield post


def asked(house: House, of: str) -> list[str]:
    """What the model was asked of somebody's, in order."""
    questions = [str(request.body["messages"][-1]["content"]) for request in house.model.requests]
    return [question for question in questions if question.startswith(of)]


async def test_many_at_once_in_any_order_are_answered_in_theirs(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    await at(house).taken()
    alice.says("hello")
    await alice.sees("Yes.", hurried=True)
    for number in range(5):
        alice.says(f"a{number}")
        bob.says(f"b{number}")
    # If time ran fast, what is still on its way would be given up.
    await alice.sees("Yes.", times=6)
    await bob.sees("Yes.", times=5)
    assert asked(house, "a") == [f"a{number}" for number in range(5)]
    assert asked(house, "b") == [f"b{number}" for number in range(5)]


async def test_what_was_said_while_the_gateway_was_down_comes_in_order(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("a0")
    await alice.sees("Yes.", hurried=True)
    await house.stop()
    webhook = at(house).bot.webhook
    assert webhook is not None
    posts = webhook.posts
    for number in range(1, 6):
        alice.says(f"a{number}")
    await house.until(lambda: webhook.last_error and webhook.posts >= posts + 5)
    await house.start()
    await at(house).taken()
    # All come at once: one that came long after those behind it would be given up.
    webhook.hurry()
    await alice.sees("Yes.", times=6)
    assert asked(house, "a") == [f"a{number}" for number in range(6)]


async def test_copies_that_come_at_once_are_one_turn(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    await house.until(lambda: house.side.calls("setWebhook"))
    number = at(house).people.say(alice.person, alice.person, "first")
    await alice.sees("Yes.", hurried=True)
    message = at(house).people.chat(alice.person).messages[number]
    update = {
        "update_id": 77,
        "message": {
            "message_id": 1000,
            "date": message.date,
            "chat": {"id": alice.person, "type": "private", "first_name": "Alice"},
            "from": {"id": alice.person, "is_bot": False, "first_name": "Alice"},
            "text": "again and again",
        },
    }
    async with calling(house) as post:
        copies = [asyncio.create_task(post(json.dumps(update))) for _ in range(5)]
        await alice.sees("Yes.", times=2, hurried=True)
        assert await asyncio.gather(*copies) == [200] * 5
        assert await post(json.dumps(update)) == 200
    assert len(house.model.requests) == 2


async def test_only_who_knows_the_secret_is_heard_and_only_so_much(house: House, alice: Someone) -> None:
    await house.start()
    alice.says("hello")
    await alice.sees("", hurried=True)
    async with calling(house) as post:
        assert await post("{}", "") == 401
        assert await post("{}", "ünknown") == 401
        assert await post(io.BytesIO(b"x" * (MOST_BYTES + 1)), "wrong") == 401
        assert await post(io.BytesIO(b"x" * (MOST_BYTES + 1))) == 413
        for strange in ("{}", "[]", "7", "null", "not JSON", "[" * 100_000, '{"update_id": "x"}', b"\xff\xfe"):
            assert await post(strange) == 200, f"{strange[:20]!r} would come again for ever."


async def test_an_update_that_cannot_be_read_is_set_aside(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    at(house).bot.updates.push_raw({"message": {"strange": True}})
    alice.says("hello")
    await alice.sees("Yes.", hurried=True)
    await house.until(lambda: not at(house).bot.updates.pending)
    await house.stop()

    def aside() -> Any:
        return (yield ("SELECT COUNT(*) FROM dead_letter", ()))

    assert (await house.read(aside()))[0][0] == 1


async def test_without_the_setting_the_webhook_is_removed_and_nothing_with_it(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    await house.until(lambda: house.side.calls("setWebhook"))
    await house.stop()
    alice.says("meanwhile")
    await house.start(telegram_webhook_url=None)
    await alice.sees("Yes.", hurried=True)
    assert at(house).bot.webhook is None
    await house.stop()
    alice.says("and back")
    await house.start(telegram_webhook_url=address(house))
    await alice.sees("Yes.", times=2, hurried=True)
    told = at(house).stand_in.calls.of("setWebhook", "deleteWebhook")
    assert {str(call.params.get("drop_pending_updates", False)).lower() for call in told} == {"false"}


async def test_each_of_several_bots_has_an_address_of_its_own(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    side = at(house)
    second = side.people.add_bot()
    await house.start(telegram_bot_token=f"{side.bot.token},{second.token}")
    await house.until(lambda: side.bot.webhook and second.webhook)
    urls = [bot.webhook.url for bot in (side.bot, second) if bot.webhook is not None]
    assert urls == [f"{address(house)}/{bot.id}" for bot in (side.bot, second)]
    side.people.say(alice.person, alice.person, "to the first", bot=side.bot.id)
    side.people.open_private(alice.person, bot=second.id)
    side.people.say(alice.person, alice.person, "to the second", bot=second.id)
    await house.until(lambda: len(house.model.requests) == 2, hurried=True)
    await house.until(lambda: not (side.bot.updates.pending or second.updates.pending))


async def test_admins_hear_that_telegram_cannot_deliver(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(admins=f"telegram:user:{alice.person}")
    alice.says("hello")
    await alice.sees("Yes.", hurried=True)
    side = at(house)
    assert side.bot.webhook is not None
    side.bot.webhook.url = f"http://127.0.0.1:{free_port()}/nobody"
    alice.says("lost?")
    await alice.sees("It says: Connection refused", hurried=True)


async def test_doctor_tells_what_telegram_says_of_the_webhook(house: House, alice: Someone) -> None:
    async def found() -> str:
        return "\n".join(printed(finding) for finding in await findings(house))

    assert "Telegram does not call the gateway yet." in await found()
    await house.start()
    await house.until(lambda: house.side.calls("setWebhook"))
    assert "Telegram calls 127.0.0.1, at 127.0.0.1." in await found()
    await house.stop()
    alice.says("nobody listens")
    webhook = at(house).bot.webhook
    assert webhook is not None
    await house.until(lambda: webhook.last_error)
    told = await found()
    assert "Telegram last failed to deliver at 20" in told
    assert "Connection refused" in told
    assert "Waiting to be fetched: 1 update." in told
    webhook.url = "http://127.0.0.1:1/theirs"
    assert "the gateway sets its own when it starts" in await found()
