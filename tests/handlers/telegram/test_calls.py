"""Commands and presses are invocations."""

import pytest

from bot.domain.ids import TurnId
from bot.domain.incoming import Inbound, Invocation, StopRequest
from bot.domain.messages import QuotedPart, TextPart
from bot.domain.people import Identity
from bot.domain.places import Place, PlaceKind
from tests.handlers.telegram.updates import (
    BOB,
    BOT,
    DATE,
    FORUM,
    GROUP,
    PRIVATE,
    SIZES,
    Json,
    command,
    entity,
    hear,
    invoked,
    message,
    pressed,
    said,
    text_of,
)


@pytest.mark.parametrize(
    ("content", "name", "args"),
    [
        (command("/new"), "new", ()),
        (command("/New  Plans for\nthe holidays "), "new", ("Plans for\nthe holidays",)),
        (command("/start CODE-1"), "start", ("CODE-1",)),
        (command("/start@parley_bot CODE"), "start", ("CODE",)),
        (command("/unheard_of"), "unheard_of", ()),
        (command("/new", GROUP), "new", ()),
        (command("/new@PARLEY_BOT", GROUP), "new", ()),
        (command("/unheard_of@parley_bot x", GROUP), "unheard_of", ("x",)),
    ],
)
def test_a_command_is_an_invocation(content: Json, name: str, args: tuple[str, ...]) -> None:
    heard = invoked(content)
    assert (heard.command, heard.args, heard.origin, heard.remote_id) == (name, args, "typed", "5")


@pytest.mark.parametrize(
    "content",
    [command("/new@other_bot", GROUP), command("/unheard_of", GROUP), command("/new@other_bot")],
)
def test_a_command_for_another_bot_is_left_to_it(content: Json) -> None:
    assert hear(content) is None


def test_a_command_in_a_caption_comes_with_the_file_and_further_on_it_is_only_text() -> None:
    assert (
        text_of(said(message(text="type /new", entities=[entity("bot_command", "type /new", "/new")]))) == "type /new"
    )
    caption = message(photo=SIZES, caption="/new it", caption_entities=[entity("bot_command", "/new it", "/new")])
    assert (invoked(caption).args, [file.name for file in invoked(caption).files]) == (("it",), ["photo-5.jpg"])


def test_a_command_that_is_forwarded_is_what_somebody_else_said() -> None:
    theirs = command("/delete", forward_origin={"type": "user", "date": DATE, "sender_user": BOB})
    assert said(theirs).parts == (QuotedPart("Forwarded from Bob", "/delete"),)


def test_a_command_can_be_a_reply_and_an_edit_does_not_run_it() -> None:
    assert invoked(command("/new", reply_to_message=message(text="old", message_id=3))).reply_to == "3"
    edited = hear(command("/ask: why?", edit_date=DATE), "edited_message")
    assert isinstance(edited, Inbound)
    assert (edited.parts, edited.edited, edited.addressed) == ((TextPart("why?"),), True, False)


def test_a_press_is_the_command_on_the_button() -> None:
    topic = {"message_thread_id": 9, "is_topic_message": True}
    under = message(FORUM, message_id=70, rich_message={"blocks": [{"type": "tomorrow"}]}, **topic, **{"from": BOT})
    assert hear(pressed("switch|4", under), "callback_query") == Invocation(
        event_key="1",
        place=Place("telegram", "42", "-200", "9", PlaceKind.GROUP_THREAD),
        sender=Identity("telegram", "7", "Alice Ames", "de"),
        command="switch",
        args=("4",),
        origin="button",
        remote_id="70",
        receipt="Q",
        place_title="Forum",
    )


def test_a_press_below_a_message_too_old_to_see_still_works() -> None:
    heard = invoked(pressed("switch|4", {"chat": PRIVATE, "message_id": 70, "date": 0}), "callback_query")
    assert (heard.place.chat, heard.remote_id, heard.args) == ("7", "70", ("4",))


@pytest.mark.parametrize("query", [pressed(None, message(text="x")), pressed("Not Ours!", message(text="x"))])
def test_a_press_that_means_nothing_is_that_of_a_command_that_nobody_has(query: Json) -> None:
    heard = invoked(query, "callback_query")
    assert (heard.command, heard.args, heard.receipt) == ("?", (), "Q")


def test_a_press_without_a_message_is_not_read() -> None:
    assert hear(pressed("switch", None), "callback_query") is None


def test_the_stop_control_names_the_turn() -> None:
    # The server has been seen to write the id as text.
    stop = {"chat": PRIVATE, "draft_id": "12", "message_thread_id": 3}
    place = Place("telegram", "42", "7", "3", PlaceKind.PRIVATE_THREAD)
    assert hear(stop, "stopped_message_generation") == StopRequest("1", place, TurnId(12))
