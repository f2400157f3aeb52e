"""What comes and what is counted as lost is all that there is: nothing that people would read goes without a word."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.archive import Brought, ImportFault
from bot.archive.losses import LOOSE, UNREADABLE
from tests.archive.test_chatgpt import spots
from tests.archive.test_others import ROOT
from tests.support.exports import mapped, node, packed, read, read_json

Words = list[str]
Reads = Callable[[Any], Brought]

NO_TEXT: st.SearchStrategy[Any] = st.sampled_from([True, 7, 1.5, 10**400, {"a": "b"}, [["x"]], [7]])


def chatgpt(words: Words) -> dict[str, Any]:
    return mapped("t", *(node("", "user" if number % 2 else "assistant", word) for number, word in enumerate(words)))


def claude(words: Words) -> dict[str, Any]:
    def message(number: int, word: str) -> dict[str, Any]:
        before = f"m{number - 1}" if number else ROOT
        said: dict[str, Any] = {"text": word} if number % 2 else {"content": [{"type": "text", "text": word}]}
        return {"uuid": f"m{number}", "parent_message_uuid": before, "sender": "human"} | said

    return {"uuid": "c", "name": "t", "chat_messages": [message(*each) for each in enumerate(words)]}


def openwebui(words: Words) -> dict[str, Any]:
    messages = {
        f"m{number}": {
            "id": f"m{number}",
            "parentId": f"m{number - 1}" if number else None,
            "role": "user",
            "content": word if number % 2 else [{"type": "text", "text": word}],
        }
        for number, word in enumerate(words)
    }
    return {"id": "o", "title": "t", "chat": {"history": {"messages": messages}}}


def librechat(words: Words) -> dict[str, Any]:
    said = [
        {"messageId": f"m{number}", "parentMessageId": f"m{number - 1}" if number else ""}
        | ({"text": word} if number % 2 else {"content": [{"type": "text", "text": {"value": word}}]})
        for number, word in enumerate(words)
    ]
    return {"conversationId": "l", "title": "t", "messages": said}


def gemini(words: Words) -> list[dict[str, Any]]:
    def record(number: int, word: str) -> dict[str, Any]:
        said = {"title": "", "safeHtmlItem": [{"html": word}]} if number % 2 else {"title": f"Prompted {word}"}
        return {"header": "Gemini Apps", "time": f"2026-02-01T08:00:{59 - number:02}Z"} | said

    return [record(*each) for each in enumerate(words)]


def card(words: Words) -> dict[str, Any]:
    first, *others = words
    spoken = {"name": "Ada", "first_mes": first, "alternate_greetings": others}
    return {"spec": "chara_card_v3", "data": spoken}


def sillytavern(words: Words) -> list[dict[str, Any]]:
    return [{"name": "Ada", "is_user": False, "swipes": [], "mes": word} for word in words]


Makes = Callable[[Words], Any]

OF_CONVERSATIONS: dict[str, Makes] = {
    "chatgpt": chatgpt,
    "claude": claude,
    "openwebui": openwebui,
    "librechat": librechat,
}
THAT_GROW = OF_CONVERSATIONS | {"gemini": gemini, "sillytavern": sillytavern}
"""A card that says more is another one."""

ALL = THAT_GROW | {"card": card}
MESSAGE = ("message", "content", "text", "title", "safeHtmlItem", "mes")
"""The fields that hold a message, or what is said in it."""


def forms(made: dict[str, Makes]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("make", made.values(), ids=made)


def listed(document: Any) -> list[Any]:
    return document if isinstance(document, list) else [document]


def spots_of(document: Any, word: str) -> list[tuple[Any, ...]]:
    """Where a word stands, alone or at the end."""
    return [way for way in spots(document) if str(at(document, way)).endswith(word)]


def put(document: Any, way: tuple[Any, ...], value: Any) -> None:
    for key in way[:-1]:
        document = document[key]
    document[way[-1]] = value


def at(document: Any, way: tuple[Any, ...]) -> Any:
    for key in way:
        document = document[key]
    return document


def texts(brought: Brought) -> set[str]:
    return {message.text for session in brought.sessions for message in session.messages}


@forms(ALL)
@settings(max_examples=15, deadline=None)
@given(count=st.integers(2, 6), value=NO_TEXT, data=st.data())
def test_what_stands_where_a_text_should_is_counted_and_costs_no_other(
    make: Makes, count: int, value: Any, data: st.DataObject
) -> None:
    words = [f"word{number}" for number in range(count)]
    document = make(words)
    word = data.draw(st.sampled_from(words))
    way = data.draw(st.sampled_from(spots_of(document, word)))
    # The text itself, or what holds it: its part, the list of those.
    put(document, way[: len(way) - data.draw(st.integers(0, len(way) - _place_of_message(way) - 1))], value)
    brought = read_json(document)
    assert texts(brought) >= {*words} - {word}
    assert brought.losses.kinds[UNREADABLE] or brought.losses.unknown


def _place_of_message(way: tuple[Any, ...]) -> int:
    """How many steps lead to the message that a text stands in, and to its field."""
    return next((n for n, key in enumerate(way) if key in MESSAGE[1:]), len(way) - 1)


@forms(THAT_GROW)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_message_that_is_none_is_counted(make: Makes, data: st.DataObject) -> None:
    words = ["first", "second", "third"]
    document = make(words)
    [way] = spots_of(document, "second")
    end = next(n + (key == "message") for n, key in enumerate(way) if key in MESSAGE)
    put(document, way[:end], data.draw(NO_TEXT))
    brought = read_json(document)
    assert texts(brought) == {"first", "third"}
    assert brought.losses.kinds[UNREADABLE] + brought.losses.kinds[LOOSE]


@forms(THAT_GROW)
@settings(max_examples=15, deadline=None)
@given(words=st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=7, unique=True), turned=st.booleans())
def test_the_same_conversation_in_several_files_comes_once_in_all_its_parts(
    make: Makes, words: Words, turned: bool
) -> None:
    """Every message of the longer one is there, whichever file is read first; the origin is what makes them one."""
    files = [make(words), make(words[:1])]
    brought = read(
        packed({f"conversations-00{n}.json": listed(each) for n, each in enumerate(files[::-1] if turned else files)})
    )
    assert texts(brought) == {*words}
    assert len({session.origin for session in brought.sessions}) == 1


@forms(ALL)
def test_the_same_file_says_the_same_twice(make: Makes) -> None:
    words = ["one", "two", "three"]
    assert read_json(make(words)).sessions == read_json(make(words)).sessions


@forms(OF_CONVERSATIONS)
def test_a_conversation_of_nothing_but_damage_is_named_and_the_rest_comes(
    make: Makes,
) -> None:
    sound, broken = make(["sound"]), make(["x"])
    broken["title" if "title" in broken else "name"] = "The broken one"
    put(broken, spots_of(broken, "x")[0], 7)
    brought = read_json(broken, sound)
    assert texts(brought) == {"sound"}
    assert [each.title for each in brought.broken] == ["The broken one"]
    with pytest.raises(ImportFault):
        read_json(broken)


def test_a_character_whose_words_are_damaged_still_comes_with_its_persona() -> None:
    told = {"name": "Ada", "description": "Keeps a lighthouse.", "first_mes": 7, "scenario": 1.5}
    brought = read_json({"spec": "chara_card_v3", "data": told})
    assert "Keeps a lighthouse." in (brought.sessions[0].system_prompt or "")
    assert brought.losses.kinds == {UNREADABLE: 2}
    assert brought.damaged == ("1",)
