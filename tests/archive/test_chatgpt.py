"""ChatGPT's export: what a person saw comes with its branches, and of the rest it is counted what was left out."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.archive import ArchivedSession, Brought, losses
from bot.archive.values import ArchivedMessage
from bot.domain.messages import Author
from tests.support.exports import conversation, mapped, node, packed, read, read_json

PNG = b"\x89PNG\r\n\x1a\n not a real one"


def only(*nodes: dict[str, Any], **changes: Any) -> ArchivedSession:
    [session] = read_json([mapped("t", *nodes, **changes)]).sessions
    return session


def texts(session: ArchivedSession) -> list[str]:
    return [message.text for message in session.branch()]


def test_it_comes_with_its_branches() -> None:
    [session] = read_json([conversation()]).sessions
    assert session.title == "Cats"
    assert [(m.key, m.parent) for m in session.messages] == [("q", None), ("a1", "q"), ("a2", "q")]
    assert [m.text for m in session.branch()] == ["cats?", "Cats are lovely."]
    assert session.messages[0].created_at == 1_700_000_000_500


def test_versions_are_in_the_order_of_their_parent_and_not_of_the_file() -> None:
    found = conversation()
    found["mapping"]["q"]["children"] = ["a2", "tool"]
    [session] = read_json([found]).sessions
    assert [m.key for m in session.messages] == ["q", "a2", "a1"]


def test_every_part_of_the_export_is_read_at_any_path() -> None:
    parts = [mapped("one", node("", "user", "1")), mapped("two", node("", "user", "2"))]
    apart = {f"export/conversations-00{n}.json": [part] for n, part in enumerate(parts)}
    whole = read(packed({**apart, "user.json": {"id": "u"}, "chat.html": "<html></html>"}))
    assert {session.title for session in whole.sessions} == {"one", "two"}
    assert {session.title for session in read_json(*([part] for part in parts)).sessions} == {"one", "two"}
    assert {session.title for session in read_json({"conversations": parts}).sessions} == {"one", "two"}


def test_what_was_said_aloud_is_what_was_written_down() -> None:
    pointer: dict[str, Any] = {"content_type": "real_time_user_audio_video_asset_pointer", "frames_asset_pointers": []}
    pointer["audio_asset_pointer"] = {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://file_ab"}
    heard = {"content_type": "audio_transcription", "text": "Is it raining?", "direction": "in"}
    spoken = node("", "user", {"content_type": "multimodal_text", "parts": [heard, pointer]})
    [message] = only(spoken).messages
    assert message.text == "Is it raining?"
    assert read_json([mapped("t", spoken)]).losses.kinds == {losses.RECORDINGS: 1}


def test_tool_calls_are_not_answers_and_code_is_part_of_the_next_answer() -> None:
    code = "print('```')\nprint('````')"
    session = only(
        node("", "user", "count"),
        node("", "assistant", {"content_type": "thoughts", "thoughts": [{"summary": "Plan", "content": "I will."}]}),
        node("", "assistant", {"content_type": "reasoning_recap", "content": "Thought for 5s"}),
        node("", "assistant", {"content_type": "code", "language": "unknown", "text": '{"q": 1}'}, recipient="web.run"),
        node("", "tool", {"content_type": "sonic_webpage", "text": "page"}),
        node("", "assistant", {"content_type": "code", "language": "python", "text": code}, recipient="python"),
        node("", "tool", {"content_type": "execution_output", "text": "``` it said"}),
        node("", "assistant", "It printed."),
        node("", "user", "thanks"),
    )
    question, answer, thanks = session.branch()
    assert (question.text, answer.author, thanks.text) == ("count", Author.ASSISTANT, "thanks")
    assert answer.text == (
        "<details>\n<summary>Thought for 5s</summary>\n\n**Plan**\n\nI will.\n\n</details>\n\n"
        f"`````python\n{code}\n`````\n\n````text\n``` it said\n````\n\nIt printed."
    )


def test_canvases_are_shown_with_their_edits() -> None:
    def call(name: str, given: Any) -> dict[str, Any]:
        return node("", "assistant", json.dumps(given), recipient=f"canmore.{name}_textdoc")

    plain = [{"pattern": "winter\\.", "multiple": False, "replacement": "spring."}]
    risky = [{"pattern": "(a+)+$", "multiple": True, "replacement": ""}]
    found = mapped(
        "t",
        node("", "user", "write"),
        call("create", {"name": "Letter", "type": "document", "content": "See you in winter."}),
        node("", "tool", "Successfully created"),
        node("", "assistant", "Here it is."),
        node("", "user", "later"),
        call("update", {"updates": plain}),
        call("update", {"updates": risky}),
        node("", "assistant", "Done."),
    )
    brought = read_json([found])
    assert texts(brought.sessions[0]) == [
        "write",
        "**Letter**\n\nSee you in winter.\n\nHere it is.",
        "later",
        "**Letter**\n\nSee you in spring.\n\nDone.",
    ]
    assert brought.losses.kinds[losses.CANVAS] == 1


CITE = "\ue200cite\ue202turn0search1\ue202turn0news2\ue201"
WEBPAGES = {
    "matched_text": CITE,
    "type": "grouped_webpages",
    "items": [{"title": "A [b]", "url": "https://a.example/x(1)"}, {"title": "evil", "url": "javascript:alert(1)"}],
}
CITED = [
    (f"Yes {CITE}.", {"content_references": [WEBPAGES]}, "Yes [A b](https://a.example/x%281%29).", 0),
    (f"Yes {CITE}.", {}, "Yes.", 1),
    ("In \ue200entity\ue202[\"city\",\"Paris\",\"capital\"]\ue201 now", {}, "In Paris now", 0),
    ("\ue203Bold\ue204 claim \ue200cite\ue202turn0", {}, "Bold claim", 1),
    ("So it is【4†source】.", {"citations": [{"start_ix": 8, "end_ix": 18, "metadata": {
        "type": "webpage", "title": "B", "url": "https://b.example"}}]}, "So it is [B](https://b.example).", 0),
    ("So【4:0†plan.pdf】", {"citations": [{"metadata": {"title": "C", "url": "http://c.example", "extra": {
        "cited_message_idx": 4}}}]}, "So [C](http://c.example)", 0),
    ("So【4†source】", {"citations": [{"start_ix": "x", "metadata": 3}]}, "So", 1),
]  # fmt: skip


@pytest.mark.parametrize(("written", "metadata", "read_as", "lost"), CITED)
def test_citations_are_links_or_gone(written: str, metadata: dict[str, Any], read_as: str, lost: int) -> None:
    brought = read_json([mapped("t", node("", "assistant", written, metadata=metadata))])
    assert texts(brought.sessions[0]) == [read_as]
    assert brought.losses.kinds[losses.CITATIONS] == lost


def test_pictures_and_files_of_the_zip_come_along() -> None:
    pointer = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_0ab1"}
    drawn = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-XyZ"}
    attached = [
        {"id": "file_0ab1", "name": "cat.png"},
        {"id": "file-Doc", "name": "plan.pdf"},
        {"id": "file-No", "name": "b.pdf"},
    ]
    found = mapped(
        "t",
        node(
            "",
            "user",
            {"content_type": "multimodal_text", "parts": [pointer, "this?"]},
            metadata={"attachments": attached},
        ),
        node("", "tool", {"content_type": "multimodal_text", "parts": [drawn]}),
    )
    files = {
        "conversations-000.json": [found],
        "conversation_asset_file_names.json": {"file-XyZ.dat": "drawn.webp"},
        "file_0ab1-sanitized.png": PNG,
        "user-1/file-XyZ.dat": PNG,
        "file-Doc-plan.pdf": b"%PDF-1.4",
    }
    brought = read(packed(files))
    question, picture = brought.sessions[0].messages
    assert [(f.name, f.entry) for f in question.files] == [
        ("cat.png", "file_0ab1-sanitized.png"), ("plan.pdf", "file-Doc-plan.pdf"), ("b.pdf", ""),
    ]  # fmt: skip
    assert (picture.author, [(f.name, f.entry) for f in picture.files]) == (
        Author.ASSISTANT, [("drawn.webp", "user-1/file-XyZ.dat")],
    )  # fmt: skip
    assert brought.losses.kinds == {losses.FILES: 1}


def test_custom_instructions_are_kept_apart() -> None:
    told = {"about_user_message": "I sail.", "about_model_message": "Be brief."}
    hidden = node("", "user", {"content_type": "user_editable_context", "user_profile": "x"}, metadata={
        "is_user_system_message": True, "is_visually_hidden_from_conversation": True, "user_context_message_data": told,
    })  # fmt: skip
    session = only(hidden, node("", "user", "hi"))
    assert (session.instructions, texts(session)) == ("I sail.\n\nBe brief.", ["hi"])


def test_what_is_not_known_is_counted_by_its_name_and_never_shown() -> None:
    odd = {"content_type": "hologram", "data": {"secret": 1}}
    parts = {"content_type": "multimodal_text", "parts": ["see", {"content_type": "smell", "of": "roses"}]}
    brought = read_json([mapped("t", node("", "assistant", odd), node("", "user", parts), node("", "tool", odd))])
    assert dict(brought.losses.unknown) == {"hologram": 2, "smell": 1}
    assert texts(brought.sessions[0]) == ["see"]


# damage


JSONS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), st.text(max_size=3), st.just("\ud800"),
    st.just([]), st.just({}), st.just([None]), st.just({"a": []}), st.just("n0"), st.just([["n0"]]),
)  # fmt: skip


def rich() -> dict[str, Any]:
    """A conversation with everything that there can be."""
    pointer = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_0ab1"}
    canvas = json.dumps({"name": "L", "type": "code/python", "content": "x = 1"})
    update = json.dumps({"updates": [{"pattern": ".*", "multiple": False, "replacement": "y"}]})
    return mapped(
        "rich",
        node(None, "", ""),
        node("", "user", {"content_type": "user_editable_context", "user_profile": "me", "user_instructions": "so"}),
        node(
            "",
            "user",
            {"content_type": "multimodal_text", "parts": ["a", pointer]},
            metadata={"attachments": [{"id": "f"}]},
        ),
        node("", "assistant", {"content_type": "thoughts", "thoughts": [{"summary": "s", "content": "c"}]}),
        node("", "assistant", canvas, recipient="canmore.create_textdoc"),
        node("", "assistant", update, recipient="canmore.update_textdoc"),
        node(
            "",
            "assistant",
            f"Yes {CITE}【1†a】",
            metadata={"content_references": [copy.deepcopy(WEBPAGES)], "citations": [{"metadata": {}}]},
        ),
        node("n2", "assistant", "or no"),
        node("n2", "tool", {"content_type": "execution_output", "text": "1"}),
    )


def spots(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in below:
        yield (*way, key)
        yield from spots(each, (*way, key))


def damage(document: Any, way: tuple[Any, ...], value: Any) -> None:
    """Put something else at a place of a document, or take it away, if that place is still there."""
    place, last = document, way[-1]
    try:
        for key in way[:-1]:
            place = place[key]
        if value == "gone":
            del place[last]
        elif place[last] is not None or isinstance(place, dict):
            place[last] = value
    except (KeyError, IndexError, TypeError):
        return  # An earlier damage has taken it.


SPOTS = list(spots(rich()))


@given(st.lists(st.tuples(st.sampled_from(SPOTS), st.one_of(JSONS, st.just("gone"))), min_size=1, max_size=3))
def test_damage_to_one_conversation_costs_no_other(damages: list[tuple[tuple[Any, ...], Any]]) -> None:
    broken = rich()
    for way, value in damages:
        damage(broken, way, value)
    brought = read_json([mapped("before", node("", "user", "1")), broken, mapped("after", node("", "user", "2"))])
    sound = {session.title: texts(session) for session in brought.sessions}
    assert (sound["before"], sound["after"]) == (["1"], ["2"])
    assert len(brought.sessions) + len(brought.broken) + brought.losses.kinds[losses.EMPTY] == 3
    check(brought)


def check(brought: Brought) -> None:
    """What holds of everything that is read: parents come first, and it can be written down."""
    for session in brought.sessions:
        seen: set[str] = set()
        for message in session.messages:
            assert message.parent is None or message.parent in seen
            assert message.key not in seen
            seen.add(message.key)
            writable(message)
        assert session.tip is None or session.tip in seen
        session.branch()
        (session.title + session.instructions).encode()


def writable(message: ArchivedMessage) -> None:
    assert "\ue200" not in message.text
    (message.text + message.key + message.model + "".join(file.name for file in message.files)).encode()


def test_a_parent_that_is_missing_and_a_circle_cost_nothing_but_their_place() -> None:
    lost = mapped("lost", node("nowhere", "user", "one"), node("", "assistant", "two"))
    circle = mapped("circle", node("n1", "user", "one"), node("n0", "assistant", "two"))
    brought = read_json([lost, circle])
    assert [texts(session) for session in brought.sessions] == [["one", "two"], ["one", "two"]]
    assert brought.damaged == ("lost", "circle")
    assert brought.losses.kinds == {losses.LOOSE: 2}


def test_a_conversation_without_a_tree_is_left_out_and_named() -> None:
    brought = read_json([{"title": "No tree"}, mapped("fine", node("", "user", "1")), 7])
    assert [session.title for session in brought.sessions] == ["fine"]
    assert [each.title for each in brought.broken] == ["No tree", "3"]
