"""Sessions as files: what is written is read back as it was, and a broken file says where it is broken."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import archive
from bot.archive import Archive, ArchivedFile, ArchivedMessage, ArchivedSession, ImportFault
from bot.archive.values import ArchivedCall, ArchivedRound, ArchivedSummary, in_order
from bot.domain.calls import Outcome
from bot.domain.efforts import Effort
from bot.domain.ids import UnixMs
from bot.domain.messages import GO_ON, Author
from bot.texts import say_in
from tests.support.exports import conversation, packed, read, read_json

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
said = st.text("words", min_size=1, max_size=40)
moments = st.integers(0, 2**45).map(UnixMs)


@st.composite
def trees(draw: st.DrawFn) -> tuple[ArchivedMessage, ...]:
    """Messages that hang below earlier ones, laid out as `read` orders them."""
    count = draw(st.integers(0, 6))
    parents = [draw(st.one_of(st.none(), st.integers(0, n - 1))) if n else None for n in range(count)]
    messages = [
        ArchivedMessage(
            key=f"k{n}",
            parent=None if parent is None else f"k{parent}",
            author=draw(st.sampled_from(Author)),
            text=draw(words),
            files=tuple(map(ArchivedFile, draw(st.lists(words, max_size=2)))),
            model=draw(words),
            finish=draw(words),
            speaker=draw(words),
            created_at=draw(moments),
            summary=draw(
                st.none() | st.builds(ArchivedSummary, said, asked=st.booleans(), wish=words, created_at=moments)
            ),
        )
        for n, parent in enumerate(parents)
    ]
    return in_order(messages)


@st.composite
def archives(draw: st.DrawFn) -> Archive:
    found = []
    for messages in draw(st.lists(trees(), min_size=1, max_size=3)):
        tip = draw(st.sampled_from([message.key for message in messages])) if messages else None
        found.append(
            ArchivedSession(
                title=draw(words),
                messages=messages,
                tip=tip,
                mode=draw(words),
                model=draw(st.none() | words),
                system_prompt=draw(st.none() | words),
                temperature=draw(st.none() | st.floats(0, 2)),
                effort=draw(st.none() | st.sampled_from(Effort)),
                folder=draw(words),
                created_at=draw(moments),
                updated_at=draw(moments),
            )
        )
    return Archive(tuple(found))


@given(archives())
def test_json_is_read_back_as_it_was(original: Archive) -> None:
    brought = read(archive.to_json(original))
    assert (brought.broken, brought.damaged) == ((), ())
    again = sorted(original.sessions, key=lambda session: -session.updated_at)
    assert [replace(session, origin="") for session in brought.sessions] == again


@given(archives(), st.data())
def test_a_broken_file_is_a_sentence_and_nothing_else(original: Archive, data: st.DataObject) -> None:
    written = bytearray(archive.to_json(original))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(written) - 1))
        written[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=4))
    try:
        read(bytes(written))
    except ImportFault as fault:
        assert say_in("en")(fault.tell, **fault.values)


@given(archives())
def test_pages_hold_no_markup_of_what_was_said(original: Archive) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    session = replace(
        original.sessions[0],
        title=evil,
        messages=(ArchivedMessage("x", None, Author.USER, evil, files=(ArchivedFile(evil),), speaker=evil),),
        tip="x",
    )
    page = archive.to_html(Archive((session, *original.sessions))).decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "src=" not in page.replace("src=x onerror=alert(1)&gt;", "")


def test_the_zip_that_chatgpt_sends_is_read() -> None:
    assert read(packed({"chat.html": "<html>", "conversations.json": [conversation()]})).sessions[0].title == "Cats"


def bomb() -> bytes:
    return packed({"conversations.json": b" " * (101 * 1024 * 1024)})


def sessions(*found: dict[str, Any]) -> bytes:
    return json.dumps({"format": "parley", "version": 1, "sessions": found}).encode()


def session(*messages: dict[str, Any], **changes: Any) -> bytes:
    return sessions(
        {"title": "t", "messages": [{"key": "a", "author": "user", "text": ""} | m for m in messages]} | changes
    )


BROKEN: list[tuple[Callable[[], bytes], str]] = [
    (lambda: b"", "line 1"),
    (lambda: b"hello", "line 1, column 1"),
    (lambda: b'{"format": "parley",\n  "version" 1}', "line 2"),
    (lambda: b"\xff\xfe\x00", "not text in UTF-8"),
    (lambda: b"[" * 200_000, "not readable JSON"),
    (lambda: b"[" * 2_000 + b"]" * 1_999 + b"}", "not readable JSON"),
    (lambda: b"[]", "do not recognise this export"),
    (lambda: b'{"a": 1}', "do not recognise this export"),
    (lambda: b'{"format": "parley", "version": 9, "sessions": []}', "version"),
    (lambda: b'{"format": "parley", "version": 1, "sessions": []}', "no sessions"),
    (lambda: sessions({"title": "t", "messages": [{"key": "a", "author": "user"}]}), "messages.1.text"),
    (lambda: session({"author": "me"}), "messages.1.author"),
    (lambda: session({}, tip="zz"), "“zz” is missing"),
    (lambda: session({"parent": "b"}, {"key": "b", "parent": "a"}), "their own ancestors"),
    (lambda: session({"parent": "gone"}), "The message “gone” is missing"),
    (lambda: session({}, {}), "Two messages are called “a”"),
    (lambda: json.dumps([{"title": "x", "mapping": 3}]).encode(), "no “mapping”"),
    (
        lambda: json.dumps([conversation(mapping={"q": {"message": {"author": 1}}})]).encode(),
        "Nothing in it can be read",
    ),
    (bomb, "larger than 100 MB"),
    (lambda: b"PK\x03\x04 broken", "cannot be unpacked"),
]


@pytest.mark.parametrize(("make", "said"), BROKEN, ids=[said for _, said in BROKEN])
def test_what_is_wrong_is_said_with_the_place(make: Callable[[], bytes], said: str) -> None:
    with pytest.raises(ImportFault) as fault:
        read(make())
    assert said in say_in("en")(fault.value.tell, **fault.value.values)


def test_long_chains_are_read() -> None:
    messages = [
        {"key": str(n), "parent": str(n - 1) if n else None, "author": "user", "text": "x"} for n in range(20_000)
    ]
    [found] = read(sessions({"title": "t", "messages": messages})).sessions
    assert len(found.branch()) == 20_000


@given(archives(), st.sampled_from(["openwebui", "librechat"]))
def test_what_others_read_comes_back_with_its_tree(original: Archive, kind: str) -> None:
    """By our own readers of their formats, which are held against exports that they have written."""
    whole = Archive(tuple(_told(session) for session in original.sessions))
    data = archive.to_openwebui(whole) if kind == "openwebui" else archive.to_librechat(whole)
    spoken = [[m for m in s.messages if m.author is not Author.SYSTEM] for s in whole.sessions]
    if not any(spoken):
        return
    found = read(data).sessions
    assert sorted(map(_shape, found)) == sorted(
        _shape(replace(s, messages=tuple(m))) for s, m in zip(whole.sessions, spoken, strict=True) if m
    )


def _told(session: ArchivedSession) -> ArchivedSession:
    """With words in every message, as others want it, and times in order; nothing hangs below a note."""
    notes = {message.key for message in session.messages if message.author is Author.SYSTEM}
    messages = tuple(
        replace(
            message,
            text=f"{number} said",
            parent=None if message.parent in notes else message.parent,
            files=(),
            created_at=UnixMs(1_000_000 + number * 1_000),
        )
        for number, message in enumerate(session.messages)
    )
    return replace(session, messages=messages, tip=messages[-1].key if messages else None)


def _shape(session: ArchivedSession) -> list[tuple[str, str, str]]:
    texts = {message.key: message.text for message in session.messages}
    return sorted((m.text, m.author.value, texts.get(m.parent or "", "")) for m in session.messages)


def _plain(number: int, message: ArchivedMessage) -> ArchivedMessage:
    """The same message with words of its own everywhere, none of which any format changes."""
    asked = ArchivedCall("c", f"tool{number}", "{}", "found", Outcome.DONE)
    return replace(
        message,
        text=f"text{number}",
        files=tuple(ArchivedFile(f"file{number}x{n}") for n in range(len(message.files))),
        model=f"model{number}",
        speaker=f"speaker{number}",
        rounds=(ArchivedRound("", (asked,)),) if message.author is Author.ASSISTANT else (),
        summary=replace(message.summary, text=f"sum{number}", model=f"by{number}") if message.summary else None,
    )


def _seen_in_history(message: ArchivedMessage) -> set[str]:
    who = message.model if message.author is Author.ASSISTANT else message.speaker
    told = {message.summary.text, message.summary.model} if message.summary is not None else set()
    return {message.text, who, *(file.name for file in message.files), *filter(None, (message.used,)), *told}


@given(archives())
def test_whatever_history_shows_stands_in_every_export(original: Archive) -> None:
    sessions = tuple(
        replace(session, messages=tuple(_plain(n, message) for n, message in enumerate(session.messages)))
        for session in original.sessions
    )
    for written in archive.to_markdown(Archive(sessions)), archive.to_html(Archive(sessions)):
        seen = {word for session in sessions for message in session.branch() for word in _seen_in_history(message)}
        assert seen <= set(re.findall(r"\w+", written.decode()))
        summed_up = [message for session in sessions for message in session.branch() if message.summary is not None]
        assert written.decode().count("Summary of what comes before") == len(summed_up)


def test_a_summary_in_markdown_stays_a_quotation_whatever_it_holds() -> None:
    summary = ArchivedSummary("First.\n\n# Not a heading\n- item", model="m")
    said = ArchivedMessage("x", None, Author.USER, GO_ON.text, summary=summary)
    session = replace(next(iter(read_json([conversation()]).sessions)), messages=(said,), tip="x")
    text = archive.to_markdown(Archive((session,))).decode()
    assert "\n> First.\n>\n> # Not a heading\n> - item\n" in text
    assert "Continue" in text
    assert GO_ON.text not in text + archive.to_html(Archive((session,))).decode()


def test_markdown_shows_the_open_branch() -> None:
    text = archive.to_markdown(Archive(read_json([conversation()]).sessions)).decode()
    assert text.startswith("# Cats")
    assert "Cats are lovely." in text
    assert "Cats are fine." not in text
