"""Sessions as files: what is written is read back as it was, and a broken file says where it is broken."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import archive
from bot.archive import Archive, ArchivedMessage, ArchivedSession, ImportFault
from bot.archive.values import in_order
from bot.domain.ids import UnixMs
from bot.domain.messages import Author
from bot.texts import say_in

words = st.text(max_size=40)
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
            files=tuple(draw(st.lists(words, max_size=2))),
            model=draw(words),
            finish=draw(words),
            speaker=draw(words),
            created_at=draw(moments),
        )
        for n, parent in enumerate(parents)
    ]
    return in_order(messages, "test")


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
                folder=draw(words),
                created_at=draw(moments),
                updated_at=draw(moments),
            )
        )
    return Archive(tuple(found))


@given(archives())
def test_json_is_read_back_as_it_was(original: Archive) -> None:
    assert archive.read(archive.to_json(original)) == original


@given(archives(), st.data())
def test_a_broken_file_is_a_sentence_and_nothing_else(original: Archive, data: st.DataObject) -> None:
    written = bytearray(archive.to_json(original))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(written) - 1))
        written[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=4))
    try:
        archive.read(bytes(written))
    except ImportFault as fault:
        assert say_in("en")(fault.tell, **fault.values)


@given(archives())
def test_pages_hold_no_markup_of_what_was_said(original: Archive) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    session = replace(
        original.sessions[0],
        title=evil,
        messages=(ArchivedMessage("x", None, Author.USER, evil, files=(evil,), speaker=evil),),
        tip="x",
    )
    page = archive.to_html(Archive((session, *original.sessions))).decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "src=" not in page.replace("src=x onerror=alert(1)&gt;", "")


def parley(**changes: Any) -> dict[str, Any]:
    message = {"key": "a", "author": "user", "text": "hi"}
    session = {"title": "t", "messages": [message]} | changes
    return {"format": "parley", "version": 1, "sessions": [{"title": "fine", "messages": []}, session]}


def conversation(**changes: Any) -> dict[str, Any]:
    def node(key: str, parent: str | None, role: str, text: str) -> dict[str, Any]:
        content = {"content_type": "text", "parts": [text]}
        message = {"author": {"role": role}, "content": content, "create_time": 1_700_000_000.5}
        return {"id": key, "parent": parent, "children": [], "message": message if role else None}

    mapping = {
        "root": node("root", None, "", ""),
        "sys": node("sys", "root", "system", "You are ChatGPT"),
        "q": node("q", "sys", "user", "cats?"),
        "tool": node("tool", "q", "tool", "searching"),
        "a1": node("a1", "tool", "assistant", "Cats are fine."),
        "a2": node("a2", "q", "assistant", "Cats are lovely."),
    }
    return {"title": "Cats", "mapping": mapping, "current_node": "a2", "create_time": 1_700_000_000} | changes


def test_chatgpts_export_comes_with_its_branches() -> None:
    [session] = archive.read(json.dumps([conversation()]).encode()).sessions
    assert session.title == "Cats"
    assert [(m.key, m.parent) for m in session.messages] == [("q", None), ("a1", "q"), ("a2", "q")]
    assert [m.text for m in session.branch()] == ["cats?", "Cats are lovely."]
    assert session.messages[0].created_at == 1_700_000_000_500


def test_the_zip_that_chatgpt_sends_is_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("chat.html", "<html>")
        file.writestr("conversations.json", json.dumps([conversation()]))
    assert archive.read(packed.getvalue()).sessions[0].title == "Cats"


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("conversations.json", b" " * (101 * 1024 * 1024))
    return packed.getvalue()


BROKEN: list[tuple[Callable[[], bytes], str]] = [
    (lambda: b"", "line 1"),
    (lambda: b"hello", "line 1, column 1"),
    (lambda: b'{"format": "parley",\n  "version" 1}', "line 2"),
    (lambda: b"\xff\xfe\x00", "not text in UTF-8"),
    (lambda: b"[" * 200_000, "not readable JSON"),
    (lambda: b"[]", "neither"),
    (lambda: b'{"a": 1}', "neither"),
    (lambda: b'{"format": "parley", "version": 9, "sessions": []}', "version"),
    (lambda: b'{"format": "parley", "version": 1, "sessions": []}', "no sessions"),
    (lambda: json.dumps(parley(messages=[{"key": "a", "author": "user"}])).encode(), "sessions.2.messages.1.text"),
    (lambda: json.dumps(parley(messages=[{"key": "a", "author": "me", "text": ""}])).encode(), "messages.1.author"),
    (lambda: json.dumps(parley(tip="zz")).encode(), "“zz” is missing"),
    (
        lambda: json.dumps(
            parley(
                messages=[{"key": k, "parent": p, "author": "user", "text": ""} for k, p in (("a", "b"), ("b", "a"))]
            )
        ).encode(),
        "their own ancestors",
    ),
    (
        lambda: json.dumps(parley(messages=[{"key": "a", "parent": "gone", "author": "user", "text": ""}])).encode(),
        "sessions.2: the message “gone” is missing",
    ),
    (
        lambda: json.dumps(parley(messages=[{"key": "a", "author": "user", "text": ""}] * 2)).encode(),
        "two messages are called “a”",
    ),
    (lambda: json.dumps([conversation(), {"title": "x", "mapping": 3}]).encode(), "conversation 2"),
    (
        lambda: json.dumps([conversation(mapping={"q": {"message": {"author": 1}, "parent": None}})]).encode(),
        "conversation 1, “Cats”: the message “q” cannot be read",
    ),
    (bomb, "larger than 100 MB"),
    (lambda: b"PK\x03\x04 broken", "cannot be unpacked"),
]


@pytest.mark.parametrize(("make", "said"), BROKEN, ids=[said for _, said in BROKEN])
def test_what_is_wrong_is_said_with_the_place(make: Callable[[], bytes], said: str) -> None:
    with pytest.raises(ImportFault) as fault:
        archive.read(make())
    assert said in say_in("en")(fault.value.tell, **fault.value.values)


def test_long_chains_are_read() -> None:
    messages = [
        {"key": str(n), "parent": str(n - 1) if n else None, "author": "user", "text": "x"} for n in range(20_000)
    ]
    [_, session] = archive.read(json.dumps(parley(messages=messages)).encode()).sessions
    assert len(session.branch()) == 20_000


def test_markdown_shows_the_open_branch() -> None:
    [session] = archive.read(json.dumps([conversation()]).encode()).sessions
    text = archive.to_markdown(Archive((session,))).decode()
    assert text.startswith("# Cats")
    assert "Cats are lovely." in text
    assert "Cats are fine." not in text
