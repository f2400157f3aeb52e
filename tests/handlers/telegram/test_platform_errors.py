"""What Telegram refuses, and what comes of a call whose answer is lost."""

import traceback

import pytest

from bot.contracts.platform import Address
from bot.domain.errors import (
    ChatMoved,
    FileRefused,
    NotSent,
    OutcomeUnknown,
    PlatformError,
    SettingsError,
    Unreachable,
)
from bot.domain.places import Place, PlaceKind
from bot.standins import faults
from handlers.telegram.platform import TelegramPlatform
from tests.handlers.telegram.scene import BOLD, Scene, scene, scene_of
from tests.support.clock import FakeClock

__all__ = ["scene"]


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


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("not enough rights to send voice notes to the chat", FileRefused),
        ("not enough rights to send documents to the chat", FileRefused),
        ("CHAT_SEND_VOICES_FORBIDDEN", FileRefused),
        ("not enough rights to send text messages to the chat", Unreachable),
        ("have no rights to send a message", Unreachable),
        ("CHAT_SEND_PLAIN_FORBIDDEN", Unreachable),
        ("need administrator rights in the channel chat", Unreachable),
    ],
)
async def test_a_kind_of_file_that_is_refused_is_not_a_chat_that_is(
    scene: Scene, reason: str, expected: type[PlatformError]
) -> None:
    scene.server.faults.add(faults.refusal(f"Bad Request: {reason}"), method="sendMessage")
    with pytest.raises(PlatformError) as refused:
        await scene.send(scene.private)
    assert type(refused.value) is expected


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
