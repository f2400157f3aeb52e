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


MADE: dict[str, Callable[[Words], dict[str, Any]]] = {
    "chatgpt": chatgpt,
    "claude": claude,
    "openwebui": openwebui,
    "librechat": librechat,
}
FORMS = pytest.mark.parametrize("make", MADE.values(), ids=MADE)


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


@FORMS
@settings(max_examples=15, deadline=None)
@given(count=st.integers(2, 6), value=NO_TEXT, data=st.data())
def test_what_stands_where_a_text_should_is_counted_and_costs_no_other(
    make: Callable[[Words], dict[str, Any]], count: int, value: Any, data: st.DataObject
) -> None:
    words = [f"word{number}" for number in range(count)]
    document = make(words)
    word = data.draw(st.sampled_from(words))
    way = data.draw(st.sampled_from([way for way in spots(document) if at(document, way) == word]))
    # The text itself, or what holds it: its part, the list of those.
    put(document, way[: len(way) - data.draw(st.integers(0, len(way) - _place_of_message(way) - 1))], value)
    brought = read_json(document)
    assert texts(brought) >= {*words} - {word}
    assert brought.losses.kinds[UNREADABLE] or brought.losses.unknown


def _place_of_message(way: tuple[Any, ...]) -> int:
    """How many steps lead to the message that a text stands in, and to its field."""
    return next(n for n, key in enumerate(way) if key in ("content", "text"))


@FORMS
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_message_that_is_none_is_counted(make: Callable[[Words], dict[str, Any]], data: st.DataObject) -> None:
    words = ["first", "second", "third"]
    document = make(words)
    way = next(way for way in spots(document) if at(document, way) == "second")
    end = next(n + (key == "message") for n, key in enumerate(way) if key in ("message", "content", "text"))
    put(document, way[:end], data.draw(NO_TEXT))
    brought = read_json(document)
    assert texts(brought) == {"first", "third"}
    assert brought.losses.kinds[UNREADABLE] + brought.losses.kinds[LOOSE]


@FORMS
@settings(max_examples=15, deadline=None)
@given(words=st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=7, unique=True), turned=st.booleans())
def test_the_same_conversation_in_several_files_comes_once_in_all_its_parts(
    make: Callable[[Words], dict[str, Any]], words: Words, turned: bool
) -> None:
    """Every message of the longer one is there, whichever file is read first; the origin is what makes them one."""
    files = [make(words), make(words[:1])]
    brought = read(
        packed({f"conversations-00{n}.json": [each] for n, each in enumerate(files[::-1] if turned else files)})
    )
    assert texts(brought) == {*words}
    assert len({session.origin for session in brought.sessions}) == 1


@FORMS
def test_a_conversation_of_nothing_but_damage_is_named_and_the_rest_comes(
    make: Callable[[Words], dict[str, Any]],
) -> None:
    sound, broken = make(["sound"]), make(["x"])
    broken["title" if "title" in broken else "name"] = "The broken one"
    way = next(way for way in spots(broken) if at(broken, way) == "x")
    put(broken, way, 7)
    brought = read_json(broken, sound)
    assert texts(brought) == {"sound"}
    assert [each.title for each in brought.broken] == ["The broken one"]
    with pytest.raises(ImportFault):
        read_json(broken)
