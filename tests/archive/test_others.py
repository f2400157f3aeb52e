"""The exports of Claude, Open WebUI, LibreChat and Gemini, and character cards."""

# ruff: noqa: E501  # Exports, as they are written.

import base64
import json
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.archive import ArchivedSession, ImportFault, losses
from bot.archive.fields import MOST_TEXT
from bot.domain.efforts import Effort
from bot.domain.messages import Author
from tests.archive.test_chatgpt import JSONS, check, damage, rich, spots
from tests.support.exports import mapped, node, packed, read, read_json

USER, ASSISTANT = Author.USER, Author.ASSISTANT


def said(session: ArchivedSession) -> list[tuple[Author, str]]:
    return [(message.author, message.text) for message in session.branch()]


# Claude

ROOT = "00000000-0000-4000-8000-000000000000"


def claude() -> dict[str, Any]:
    def message(key: str, parent: str, sender: str, text: str = "", **more: Any) -> dict[str, Any]:
        at = f"2026-01-0{len(key)}T10:00:00.5Z"
        return {"uuid": key, "parent_message_uuid": parent, "sender": sender, "text": text, "created_at": at} | more

    made = {
        "command": "create",
        "id": "x",
        "type": "application/vnd.ant.code",
        "language": "python",
        "title": "Sum",
        "content": "1 + 1",
    }
    changed = {"command": "update", "id": "x", "old_str": "1 + 1", "new_str": "2"}
    blocks = [
        {"type": "thinking", "thinking": "Let me add.", "summaries": [{"summary": "Adding"}]},
        {
            "type": "text",
            "text": "It is two.",
            "citations": [{"end_index": 9, "details": {"url": "https://a.example"}}],
        },
        {"type": "tool_use", "name": "artifacts", "input": made},
        {"type": "tool_result", "name": "artifacts", "content": []},
        {"type": "tool_use", "name": "artifacts", "input": changed},
        {"type": "tool_use", "name": "web_search", "input": {"query": "1+1"}},
        {"type": "token_budget"},
        {"type": "hologram"},
    ]
    attached = [{"file_name": "notes.txt", "extracted_content": "two ships"}]
    return {
        "uuid": "c1", "name": "Sums", "created_at": "2026-01-01T10:00:00Z", "updated_at": "2026-01-09T10:00:00Z",
        "chat_messages": [
            message("a", ROOT, "human", "1+1?", attachments=attached, files=[{"file_name": "cat.png"}]),
            message("bb", "a", "assistant", "```\nThis block is not supported.\n```", content=blocks),
            message("bbb", "a", "assistant", "Two."),
            message("e", "bb", "human", ""),
            message("cccc", "e", "human", "thanks"),
        ],
    }  # fmt: skip


def test_claudes_export_comes_with_branches_blocks_and_what_was_read_of_files() -> None:
    brought = read(packed({"conversations.json": [claude()], "users.json": [], "projects.json": [{"uuid": "p"}]}))
    [session] = brought.sessions
    answer = (
        "<details>\n<summary>Adding</summary>\n\nLet me add.\n\n</details>\n\nIt is two [a.example](https://a.example).\n\n"
        "**Sum**\n\n```python\n1 + 1\n```\n\n**Sum**\n\n```python\n2\n```"
    )
    assert (session.title, session.origin, brought.damaged) == ("Sums", "claude/c1", ())
    assert said(session) == [(USER, "1+1?"), (ASSISTANT, answer), (USER, "thanks")]
    assert [message.text for message in session.messages if message.parent == "a"] == [answer, "Two."]
    assert [(f.name, f.data, f.is_text) for f in session.messages[0].files] == [
        ("notes.txt", b"two ships", True), ("cat.png", None, False),
    ]  # fmt: skip
    assert brought.losses.kinds == {losses.TOOLS: 1, losses.FILES: 1}
    assert dict(brought.losses.unknown) == {"hologram": 1}


@pytest.mark.parametrize("at", [{}, {"created_at": "2026-01-01T10:00:00Z"}, {"created_at": None}])
def test_without_parents_one_message_follows_the_other(at: dict[str, Any]) -> None:
    found = claude()
    for message in found["chat_messages"]:
        del message["parent_message_uuid"]
        message |= at
    [session] = read_json([found]).sessions
    assert [message.key for message in session.branch()] == ["a", "bb", "bbb", "cccc"]


# Open WebUI

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n...").decode()


def openwebui() -> dict[str, Any]:
    folded = '<details type="reasoning" done="true" duration="5">\n<summary>Thought for 5 seconds</summary>\n&gt; Hm.\n</details>\n'
    called = '<details type="tool_calls" done="true" name="f" arguments="{&quot;a&quot;: 1}">\n<summary>Ran</summary>\n</details>\n'
    sources = [{"source": {"name": "A"}, "metadata": [{"source": "https://a.example"}]}]
    messages = {
        "q": {"id": "q", "parentId": None, "childrenIds": ["a2", "a1"], "role": "user", "content": "hi", "timestamp": 1_700_000_000,
              "files": [{"type": "image", "url": f"data:image/png;base64,{PIXEL}"},
                        {"type": "file", "name": "n.txt", "file": {"data": {"content": "read"}}}]},
        "a1": {"id": "a1", "parentId": "q", "childrenIds": [], "role": "assistant", "content": f"{folded}{called}Yes [1][2].",
               "model": "llama3", "sources": sources, "timestamp": 1_700_000_001},
        "a2": {"id": "a2", "parentId": "q", "childrenIds": [], "role": "assistant", "content": "No.", "model": "qwen"},
    }  # fmt: skip
    chat = {
        "title": "Greeting",
        "params": {"system": "Be kind.", "temperature": 0.3, "reasoning_effort": "low"},
        "history": {"currentId": "a1", "messages": messages},
    }
    return {"id": "w1", "title": "Greeting", "chat": chat, "created_at": 1_700_000_000, "updated_at": 1_700_000_009}


def test_open_webuis_export_comes_with_its_tree_files_and_prompt() -> None:
    brought = read_json([openwebui()])
    [session] = brought.sessions
    assert said(session) == [
        (USER, "hi"),
        (ASSISTANT, "<details>\n<summary>Thought for 5 seconds</summary>\n\nHm.\n\n</details>\n\nYes [A](https://a.example)."),
    ]  # fmt: skip
    assert [message.key for message in session.messages] == ["q", "a2", "a1"]
    assert (session.system_prompt, session.temperature, session.messages[2].model) == ("Be kind.", 0.3, "llama3")
    assert session.effort is Effort.LOW
    assert [(f.name, f.data) for f in session.messages[0].files] == [
        ("picture", b"\x89PNG\r\n\x1a\n..."), ("n.txt", b"read"),
    ]  # fmt: skip
    assert session.updated_at == 1_700_000_009_000
    assert brought.losses.kinds == {losses.TOOLS: 1, losses.CITATIONS: 1}


# LibreChat


def librechat() -> dict[str, Any]:
    parts = [
        {"type": "think", "think": "Hm."},
        {"type": "text", "text": {"value": "Yes."}},
        {"type": "tool_call", "tool_call": {}},
    ]
    answers = [
        {"messageId": "a1", "sender": "GPT-5", "model": "gpt-5", "text": "", "content": parts, "createdAt": "2026-01-01T10:00:01Z"},
        {"messageId": "a2", "sender": "GPT-5", "text": "No.", "createdAt": "2026-01-01T10:00:00Z", "files": [{"filename": "f.pdf"}]},
    ]  # fmt: skip
    question = {
        "messageId": "q", "parentMessageId": "00000000-0000-0000-0000-000000000000", "isCreatedByUser": True,
        "sender": "User", "text": "hi", "createdAt": "2026-01-01T09:00:00Z", "children": answers,
    }  # fmt: skip
    return {
        "conversationId": "l1",
        "title": "Lib",
        "options": {"promptPrefix": "Be dry."},
        "recursive": True,
        "messages": [question],
    }


def test_librechats_export_is_read_nested_and_flat() -> None:
    nested = librechat()
    flat = librechat()
    [question] = flat["messages"]
    below = question.pop("children")
    flat["messages"] = [question, *({**each, "parentMessageId": "q"} for each in below)]
    for found in (nested, flat):
        brought = read_json(found)
        [session] = brought.sessions
        fold = "<details>\n<summary>Thoughts</summary>\n\nHm.\n\n</details>"
        assert said(session) == [(USER, "hi"), (ASSISTANT, f"{fold}\n\nYes.")]
        assert len(session.messages) == 3
        assert (session.title, session.system_prompt) == ("Lib", "Be dry.")
        assert brought.losses.kinds == {losses.TOOLS: 1, losses.FILES: 1}


def test_of_what_came_at_one_time_the_last_is_where_librechats_branch_ends() -> None:
    found = librechat()
    for each in (question := found["messages"][0])["children"]:
        each["createdAt"] = question["createdAt"]
    [session] = read_json(found).sessions
    assert said(session) == [(USER, "hi"), (ASSISTANT, "No.")]


def test_a_conversation_that_is_nested_as_deep_as_it_is_long_is_read() -> None:
    depth = 3_000
    inner = "".join(f'{{"messageId": "{n}", "text": "{n}", "createdAt": "x", "children": [' for n in range(depth))
    data = f'{{"conversationId": "d", "title": "deep", "messages": [{inner}{"]}" * depth}]}}'
    [session] = read(data.encode()).sessions
    assert len(session.branch()) == depth


# Gemini

DAY = 24 * 3600


def gemini() -> list[dict[str, Any]]:
    def record(title: str, time: str, *answers: str, **more: Any) -> dict[str, Any]:
        about = {"header": "Gemini Apps", "title": title, "time": time, "products": ["Gemini Apps"]}
        return about | ({"safeHtmlItem": [{"html": answer} for answer in answers]} if answers else {}) | more

    attached = [{"name": "Attached 1 file."}, {"name": "-\N{NO-BREAK SPACE}cat.png", "url": "cat-1.png"}]
    return [
        record("Prompted and tomorrow?", "2026-02-02T08:00:00Z", "<p>Rain.</p>"),
        record("Gave feedback: Good response", "2026-02-01T09:30:00Z"),
        record("Prompted this?", "2026-02-01T09:00:00Z", "<p>A <b>cat</b>.</p>", "<p>A dog.</p>", subtitles=attached),
        record("Prompted hello", "2026-02-01T08:00:00.123Z", "<ul><li>Hi</li><li>there</li></ul>"),
    ]


def test_geminis_activities_become_a_session_a_day_with_versions() -> None:
    brought = read(packed({"Takeout/MyActivity.json": gemini(), "Takeout/cat-1.png": b"\x89PNG\r\n\x1a\n"}))
    tomorrow, today = brought.sessions
    assert (today.title, tomorrow.title) == ("Gemini 2026-02-01", "Gemini 2026-02-02")
    assert said(today) == [(USER, "hello"), (ASSISTANT, "- Hi\n- there"), (USER, "this?"), (ASSISTANT, "A dog.")]
    assert [message.text for message in today.messages][-2:] == ["A **cat**.", "A dog."]
    assert [(f.name, f.entry) for f in today.messages[2].files] == [("cat-1.png", "Takeout/cat-1.png")]
    assert brought.losses.kinds == {losses.ACTIVITIES: 1}
    assert "one day became one session" in brought.notes[0]


def test_the_verb_of_another_language_is_left_out() -> None:
    found = [{**each, "title": each["title"].replace("Prompted", "Eingegebener Prompt:")} for each in gemini()]
    assert said(read_json(found).sessions[1])[0] == (USER, "hello")


DATES = ["Feb 1, 2026, 8:00:00\N{NARROW NO-BREAK SPACE}PM CET", "1 Feb 2026, 20:00:00 CET", "01.02.2026, 20:00:00 MEZ",
         "2026年2月1日 20:00:00 JST", "2026/02/01 20:00:00 JST", "2/1/2026, 8:00:00 PM EST"]  # fmt: skip


@pytest.mark.parametrize("date", DATES)
def test_takeouts_page_is_read_whatever_its_date_looks_like(date: str) -> None:
    def cell(question: str, answer: str) -> str:
        return (
            '<div class="outer-cell mdl-cell"><div class="mdl-grid"><div class="header-cell"><p class="mdl-typography--title">'
            'Gemini Apps<br></p></div><div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">'
            f"Prompted&nbsp;{question}<br>Attached 1 file.<br>-&nbsp; plan.pdf<br>{date}<br>{answer}</div>"
            '<div class="content-cell mdl-cell"></div></div></div>'
        )

    code = '<pre><code class="language-python">print(1)\n</code></pre><table><tr><th>a</th></tr><tr><td>b</td></tr></table>'
    page = (
        f"<html><body>{cell('2 &lt; 3?', f'<p>Yes<div>so</div></p>{code}')}{cell('hello', '<p>Hi</p>')}</body></html>"
    )
    [session] = read(page.encode()).sessions
    assert said(session) == [
        (USER, "hello"),
        (ASSISTANT, "Hi"),
        (USER, "2 < 3?"),
        (ASSISTANT, "Yes\n\nso\n\n```python\nprint(1)\n```\n\n| a |\n| --- |\n| b |"),
    ]
    assert session.created_at == datetime(2026, 2, 1, 20, tzinfo=UTC).timestamp() * 1000
    assert [file.name for file in session.messages[0].files] == ["plan.pdf"]


# characters


def card(**changes: Any) -> dict[str, Any]:
    data = {
        "name": "Ada Marlow", "nickname": "Ada", "description": "{{char}} keeps a lighthouse. {{// secret}}", "personality": "dry",
        "scenario": "{{user}} is shipwrecked.", "first_mes": "*{{char}} looks up* Hello, {{user}}.",
        "alternate_greetings": ["You again, <USER>?", ""], "mes_example": "<START>\n{{user}}: hi\n{{char}}: hm",
        "system_prompt": "{{original}} Be brief.", "post_history_instructions": "Never say {{unheard::of}}goodbye.",
        "character_book": {"entries": [{}, {}]}, "creator_notes": "mine",
    }  # fmt: skip
    return {"spec": "chara_card_v3", "spec_version": "3.0", "data": data | changes}


def png(**texts: Any) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    written = (
        chunk(b"tEXt", name.encode() + b"\0" + base64.b64encode(json.dumps(value).encode()))
        for name, value in texts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0" * 13) + b"".join(written) + chunk(b"IEND", b"")


CARDS = [
    lambda: json.dumps(card()).encode(),
    lambda: png(chara=card(nickname="Old"), ccv3=card()),
    lambda: packed({"card.json": card(), "assets/icon/image/1.png": png()}),
    lambda: b"\xff\xd8\xff a picture" + packed({"card.json": card()}),
]


@pytest.mark.parametrize("make", CARDS)
def test_a_character_becomes_a_session_in_which_it_has_spoken(make: Any) -> None:
    brought = read(make())
    [session] = brought.sessions
    assert session.title == "Ada Marlow"
    assert session.system_prompt == (
        "Write the next words of Ada in a conversation with the user. Stay in character. Be brief.\n\nAda keeps a lighthouse. \n\n"
        "Personality of Ada: dry\n\nScenario: the user is shipwrecked.\n\nHow Ada talks, for example:\nthe user: hi\nAda: hm\n\n"
        "Never say goodbye."
    )
    assert [(m.parent, m.author, m.text) for m in session.messages] == [
        (None, ASSISTANT, "*Ada looks up* Hello, the user."), (None, ASSISTANT, "You again, the user?"),
    ]  # fmt: skip
    assert said(session) == [(ASSISTANT, "*Ada looks up* Hello, the user.")]
    assert brought.losses.kinds == {losses.LOREBOOK: 2, losses.MAKER: 1}
    assert dict(brought.losses.unknown) == {"{{unheard}}": 1}


def test_an_old_card_has_no_envelope() -> None:
    [session] = read(png(chara=card()["data"] | {"name": "V1", "nickname": ""})).sessions
    assert session.title == "V1"


def test_a_persona_that_is_too_long_loses_its_examples_first() -> None:
    brought = read_json(card(description="x" * 11_000, mes_example="y" * 9_000))
    assert brought.losses.kinds[losses.EXAMPLES] == 1
    assert (brought.sessions[0].system_prompt or "").endswith("Never say goodbye.")
    brought = read_json(card(description="word. " * 4_000))
    assert len(brought.sessions[0].system_prompt or "") <= 12_000
    assert brought.losses.kinds[losses.PERSONA] == 1


# size


def test_what_never_ends_takes_no_longer_than_what_does() -> None:
    """Each of these took minutes, or a gigabyte, where a pattern or a parser looked back at all that was open."""
    begun = json.dumps({"name": "n", "type": "document", "content": "a" * 1000})
    grown = json.dumps({"updates": [{"pattern": "a", "multiple": True, "replacement": "a" * 1000}]})
    calls = [node("", "assistant", grown, recipient="canmore.update_textdoc") for _ in range(20)]
    canvas = mapped("c", node("", "assistant", begun, recipient="canmore.create_textdoc"), *calls)
    cited = mapped("d", node("", "assistant", "\ue200cite" * 50_000 + "【" * 50_000))
    asked = {"header": "Gemini Apps", "title": "Prompted x", "time": "2026-01-01T00:00:00Z"}
    opened = [("<!--", 100_000), ("<a href='x'>", 20_000), ("<ul><li>", 20_000), ("<![CDATA[", 20_000)]
    days = [asked | {"safeHtmlItem": [{"html": "".join(tag * count for tag, count in opened)}]}]
    brought = read_json([canvas, cited], days, card(first_mes="{{" * 200_000))
    assert len(brought.sessions) == 4
    assert max(len(m.text) for s in brought.sessions for m in s.messages) <= MOST_TEXT


def test_a_message_that_is_too_long_is_cut_and_counted() -> None:
    brought = read_json([mapped("long", node("", "user", "x" * 2_000_000))])
    assert len(brought.sessions[0].messages[0].text) == MOST_TEXT
    assert brought.losses.kinds == {losses.CUT: 1}
    assert brought.damaged == ("long",)


# SillyTavern


def sillytavern() -> list[dict[str, Any]]:
    def message(name: str, text: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "is_user": name == "Ann", "is_system": False, "mes": text} | more

    swiped = {
        "swipes": ["Good day.", "*nods* Come\u2028in.", "Hm?"],
        "swipe_id": 1,
        "swipe_info": [{"extra": {"model": "one"}}, {}, {"extra": {"reasoning": "Who is it?"}}],
        "extra": {"model": "two"},
    }
    return [
        {"user_name": "unused", "character_name": "unused", "chat_metadata": {"integrity": "4c0f"}},
        message("Ada", "*looks up*", send_date="2026-3-1 @21h 14m 2s 77ms", extra={"file": {"name": "map.txt"}}),
        message("Ann", "Hello!", send_date="March 1, 2026 9:15pm"),
        message("Ada", "*nods* Come\u2028in, then.", send_date="2026-03-01T21:16:00.000Z", **swiped),
        message("System", "Hidden.", is_system=True, extra={}),
        message("Ann", "Thanks.", send_date=1772399820000),
    ]


def lines(documents: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in documents).encode()


def test_a_chat_of_sillytavern_is_read_with_the_versions_of_its_answers() -> None:
    brought = read(lines(sillytavern()) + b"\n")
    (session,) = brought.sessions
    assert (session.title, session.origin) == ("Ada", "sillytavern/4c0f")
    answer = "*nods* Come\u2028in, then."
    told = [(ASSISTANT, "*looks up*"), (USER, "Hello!"), (ASSISTANT, answer), (USER, "Thanks.")]
    assert said(session) == told
    hello = session.messages[1].key
    versions = {each.text: each.model for each in session.messages if each.parent == hello}
    thought = "<details>\n<summary>Thoughts</summary>\n\nWho is it?\n\n</details>\n\nHm?"
    assert versions == {"Good day.": "one", thought: "", answer: "two"}
    minutes = [datetime.fromtimestamp(each.created_at / 1000, UTC).strftime("%H:%M") for each in session.branch()]
    assert minutes == ["21:14", "21:15", "21:16", "21:17"]
    assert session.messages[0].files[0].name == "map.txt"
    assert brought.losses.kinds == {losses.HIDDEN: 1, losses.FILES: 1}


def test_a_line_that_is_no_json_is_named() -> None:
    with pytest.raises(ImportFault) as caught:
        read(lines(sillytavern()[:3]) + b'\n{"mes": }')
    assert caught.value.values == {"line": 4, "column": 9}


# damage

WHOLE: dict[str, Callable[[], Any]] = {
    "claude": claude,
    "openwebui": openwebui,
    "librechat": librechat,
    "gemini": lambda: gemini()[2],
    "card": card,
    "sillytavern": sillytavern,
}
PLACES = [(name, way) for name, make in WHOLE.items() for way in spots(make())]


VALUES: list[Any] = ["\ud800\0x", None, True, -1, 10**400, 1.5, [], {}, [[]], {"a": []}, "gone"]


@pytest.mark.parametrize("name", [*WHOLE, "chatgpt"])
def test_whatever_stands_in_whatever_place_costs_no_other(name: str) -> None:
    """Every place of every format, with a value of every type, beside a conversation that is sound."""
    make: Callable[[], Any] = WHOLE.get(name, rich)
    alone = name in ("librechat", "card", "sillytavern")
    for way in spots(make()):
        for value in VALUES:
            broken = make()
            damage(broken, way, value)
            sound = gemini()[3] if name == "gemini" else openwebui() if alone else make()
            brought = read_json(broken, [sound]) if alone else read_json([sound, broken])
            assert brought.sessions, (way, value)
            check(brought)


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.one_of(JSONS, st.just("gone"))), min_size=1, max_size=3))
def test_damage_is_left_out_or_read_around(damages: list[tuple[tuple[str, tuple[Any, ...]], Any]]) -> None:
    name = damages[0][0][0]
    broken: Any = WHOLE[name]()
    for (other, way), value in damages:
        if other == name:
            damage(broken, way, value)
    beside: list[Any] = [] if name in ("librechat", "card", "sillytavern") else [WHOLE[name]()]
    if name == "gemini":
        beside = gemini()[:1]
    sound = beside or [openwebui()]
    brought = read_json(broken, sound) if not beside else read_json([*sound, broken, *sound])
    assert brought.sessions
    check(brought)
