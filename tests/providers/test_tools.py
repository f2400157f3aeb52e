"""Tools on the wire: offered, called in whatever pieces, and answered such that every vendor takes it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.contracts.provider import Prompt, PromptMessage, PromptPart, ToolOffer
from bot.domain import provider_errors
from bot.domain.calls import CallPart, Outcome, ResultPart
from bot.domain.events import ToolCalled
from bot.domain.messages import Author, ImagePart, InstructionPart, TextPart
from bot.standins.anthropic import wrong_with
from bot.standins.dialects import Called
from bot.standins.model import Fault, ModelServer, Reply
from bot.standins.tool_rules import wrong_with_chat, wrong_with_contents
from providers.anthropic_request import body_of
from providers.calls import Calls
from providers.chat import chat_messages
from providers.gemini_request import contents_of
from providers.habits import Habits
from providers.shape import shaped
from tests.providers.asking import OPENAI, WIRED, Open, Vendor

WEATHER = ToolOffer(
    "weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}, "required": []}
)
ASKED = PromptMessage(Author.USER, (TextPart("How is the weather in Rome and Oslo?"),))
BOTH = (Called("weather", '{"city": "Rome"}'), Called("weather", '{"city": "Oslo"}'))


async def called(open_: Open, vendor: Vendor, prompt: Prompt) -> tuple[list[CallPart], str]:
    provider, calls, text = open_(vendor), list[CallPart](), ""
    async for event in provider.stream(prompt):
        if isinstance(event, ToolCalled):
            calls.append(event.call)
        text += getattr(event, "text", "")
    return calls, text


@pytest.mark.parametrize("vendor", WIRED, ids=lambda vendor: vendor.kind)
async def test_parallel_calls_come_whole_and_their_results_are_taken(
    vendor: Vendor, server: ModelServer, open_: Open
) -> None:
    server.replies.extend([Reply("Let me see. ", "Two cities.", calls=BOTH), Reply("Sun and snow.")])
    prompt = Prompt("some-model", (ASKED,), tools=(WEATHER,))
    calls, text = await called(open_, vendor, prompt)
    assert "Let me see." in text
    assert [(call.tool, json.loads(call.arguments)) for call in calls] == [
        ("weather", {"city": "Rome"}),
        ("weather", {"city": "Oslo"}),
    ]
    assert len({call.id for call in calls}) == 2
    results = (ResultPart(calls[0].id, "Sun"), ResultPart(calls[1].id, "No such city", Outcome.FAILED))
    step = PromptMessage(Author.ASSISTANT, (TextPart("Let me see."), *calls, *results))
    again, text = await called(open_, vendor, Prompt("some-model", (ASKED, step), tools=(WEATHER,), may_call=False))
    assert (again, text, server.refused) == ([], "Sun and snow.", [])
    sent = json.dumps(server.requests[-1].body)
    assert "Tells the weather." in sent
    assert "No such city" in sent
    if vendor.kind in ("anthropic", "gemini"):
        assert "c2lnbmVkIGJ5IHRoZSBzdGFuZC1pbg==" in sent, "What was signed goes back."


async def test_a_model_that_takes_no_tools_is_asked_without(server: ModelServer, open_: Open) -> None:
    server.fail(Fault("status", status=400, body={"error": {"message": "llama2 does not support tools"}}))
    provider = open_(OPENAI)
    step = PromptMessage(Author.ASSISTANT, (CallPart("a", "weather", "{}"), ResultPart("a", "Sun"), TextPart("Sun.")))
    prompt = Prompt("llama2", (ASKED, step, ASKED), tools=(WEATHER,))
    with pytest.raises(provider_errors.NotTaken):
        [_ async for _ in provider.stream(prompt)]
    assert [_ async for _ in provider.stream(prompt)]
    body = server.requests[-1].body
    assert "tools" not in body
    assert [message["content"] for message in body["messages"]][1] == "Sun."


# --- whatever happened, what is sent is taken ---

_texts = st.sampled_from(("", " \n", "one", "two words ", "ab\ud83d"))
_ids = st.sampled_from(("", "a", "call_1", "call_1", "functions.x:0", "toolu_01", "x" * 70, "ü"))
_calls = st.builds(
    CallPart, _ids, st.sampled_from(("weather", "", "do it!", "9lives", "ä" * 80)),
    st.sampled_from(("{}", "", "{", "[1]", '{"city": "Rome"}', "null")),
    st.sampled_from(("", "openai/m", "gemini/m", "anthropic/m")),
    st.sampled_from((
        "", "oops", '{"call": {"signature": "c2ln"}}', '{"blocks": []}', '{"message": {"reasoning_content": "x"}}',
    )),
)  # fmt: skip
_results = st.builds(ResultPart, _ids, _texts, st.sampled_from(Outcome))
_answers = st.lists(st.one_of(st.builds(TextPart, _texts), _calls, _results), max_size=6)
_questions: st.SearchStrategy[list[PromptPart]] = st.lists(
    st.one_of(
        st.builds(TextPart, _texts),
        st.builds(InstructionPart, _texts),
        st.just(ImagePart(b"\xff\xd8", "image/png")),
    ),
    max_size=3,
)
_messages = st.one_of(
    _questions.map(lambda parts: PromptMessage(Author.USER, tuple(parts))),
    _answers.map(lambda parts: PromptMessage(Author.ASSISTANT, tuple(parts))),
)


@given(st.lists(_messages, min_size=1, max_size=8), st.booleans(), st.sampled_from(("m", "mistral-small")))
@settings(max_examples=200, deadline=None)
def test_whatever_happened_every_vendor_takes_what_is_sent(
    messages: list[PromptMessage], offers: bool, model: str
) -> None:
    tools = (WEATHER,) if offers else ()
    for cut in range(len(messages)):
        prompt = Prompt(model, tuple(messages[cut:]), tools=tools)
        chat = {"model": model, "messages": chat_messages(shaped(prompt, Habits(), "openai/another"))}
        assert wrong_with_chat(chat) is None, chat
        chat = {"model": "m", "messages": chat_messages(shaped(prompt, Habits(), "openai/m"))}
        assert wrong_with_chat({**chat, "messages": _short_ids(chat["messages"])}) is None, chat
        body = body_of(shaped(prompt, Habits(), "anthropic/m"), 2_000, 1, streams=True)
        assert wrong_with({"anthropic-version": "1"}, body) is None, body
        contents = [
            content.model_dump(exclude_none=True, by_alias=True)
            for content in contents_of(shaped(prompt, Habits(), "gemini/m"))
        ]
        assert wrong_with_contents({"contents": contents}) is None, contents


def test_only_mistral_refuses_a_question_right_behind_a_result() -> None:
    call = {"id": "a1b2c3d4e", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "And in Rome?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "Sun."},
        {"role": "user", "content": "In short, please."},
    ]
    assert (
        wrong_with_chat({"model": "mistral-small", "messages": messages}) == "Unexpected role 'user' after role 'tool'"
    )
    assert wrong_with_chat({"model": "gpt-6-luna", "messages": messages}) is None


def _short_ids(messages: Any) -> Any:
    """A vendor's own ids may be longer than another's."""
    return json.loads(json.dumps(messages).replace("x" * 70, "x" * 40))


# --- pieces ---

PIECES = {
    "as documented": [(0, "a", "f", '{"x"'), (0, None, None, ":1}"), (1, "b", "g", "{}")],
    "ids with every piece": [(0, "a", "f", '{"x"'), (0, "a", "f", ":1}"), (1, "b", "g", "{}")],
    "without any id": [(0, None, "f", '{"x"'), (0, None, None, ":1}"), (1, None, "g", "{}")],
    "another id with every piece": [(0, "a", "f", '{"x"'), (0, "c", None, ":1}"), (1, "b", "g", "{}")],
    "index always 0": [(0, "a", "f", '{"x":1}'), (0, "b", "g", "{}")],
    "no index": [(None, "a", "f", '{"x":1}'), (None, "b", "g", "{}")],
    "no index, in pieces": [(None, "a", "f", '{"x"'), (None, None, None, ":1}"), (None, "b", "g", "{}")],
    "an object": [(0, "a", "f", {"x": 1}), (1, "b", "g", None)],
    "by turns": [(0, "a", "f", ""), (1, "b", "g", ""), (0, None, None, '{"x":1}'), (1, None, None, "{}")],
    "with nonsense between": [(0, "a", "f", '{"x":1}'), (0, 7, [], 3.5), (1, "b", "g", "{}")],
}


@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
def test_calls_are_put_together_from_whatever_pieces(pieces: list[tuple[Any, Any, Any, Any]]) -> None:
    calls = Calls()
    for piece in pieces:
        calls.piece(*piece)
    made = calls.made("openai/m")
    assert [(call.tool, json.loads(call.arguments)) for call in made] == [("f", {"x": 1}), ("g", {})]
    assert len({call.id for call in made}) == 2
