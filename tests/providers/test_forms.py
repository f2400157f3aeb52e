"""The form of a conversation, and what stands beside the words: one contract for every provider."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis.strategies import lists, sampled_from, tuples

from bot.contracts.provider import Prompt, PromptMessage, TimeLimits
from bot.domain import provider_errors
from bot.domain.messages import Author, TextPart
from bot.standins.model import Fault, ModelServer
from providers.chat import words_of
from providers.habits import Habits
from providers.shape import shaped
from tests.providers.asking import (
    ANTHROPIC,
    GEMINI,
    OPENAI,
    WIRED,
    Open,
    Vendor,
    hear,
)
from tests.providers.contract import HASTY_S, openai_error, over

# litellm 1.106 with today's pydantic.
pytestmark = pytest.mark.filterwarnings("ignore:Item .* on TypedDict class")


SAID = Author.USER, Author.ASSISTANT, Author.SYSTEM


def conversation(*said: tuple[Author, str]) -> Prompt:
    messages = tuple(PromptMessage(author, (TextPart(text),)) for author, text in said)
    return Prompt("some-model", messages, temperature=0.5, max_output_tokens=700)


def roles_in(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Role and words of each message on the wire, in whichever of the three formats."""
    found = []
    for message in body.get("messages") or body["contents"]:
        content = message.get("content", message.get("parts"))
        words = content if isinstance(content, str) else "\n".join(part.get("text", "[picture]") for part in content)
        found.append((message["role"], words))
    return found


@given(said=lists(tuples(sampled_from(SAID), sampled_from(("", " \n", "one", "two words"))), min_size=1, max_size=12))
@settings(max_examples=300)
def test_every_conversation_takes_turns_on_the_wire(said: list[tuple[Author, str]]) -> None:
    messages = (*said, (Author.USER, "the question"))
    for keeps_system in (True, False):
        shape = shaped(conversation(*messages), Habits(system=keeps_system)).messages
        head = shape[:1] if shape[0].author is Author.SYSTEM else ()
        spoken = shape[len(head) :]
        assert keeps_system or not head
        assert [message.author for message in spoken] == [SAID[number % 2] for number in range(len(spoken))]
        assert spoken[-1].author is Author.USER
        assert all(words_of(message).strip() for message in shape)
        assert words_of(spoken[-1]).endswith("the question")


@over(*WIRED)
async def test_neighbours_of_one_role_are_one_message(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    user, model = Author.USER, Author.ASSISTANT
    asked = conversation((user, "A"), (user, "B"), (model, "C"), (model, ""), (model, "D"), (user, "E"), (user, "F"))
    await hear(open_(vendor), asked)
    sent = roles_in(server.requests[0].body)
    assert [role for role, _ in sent][::2] == ["user", "user"]
    assert [words for _, words in sent] == ["A\n\nB", "C\n\nD", "E\n\nF"]


TEMPERATURE_REFUSALS = (
    "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
    "Unsupported parameter: 'temperature' is not supported with this model.",
    "`temperature` is deprecated for this model.",
    "temperature: range: 0..1",
)
LENGTH_REFUSALS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    "max_tokens: 700 > 512, which is the maximum allowed number of output tokens for this model",
    "max_tokens is too large: 700. This model supports at most 512 completion tokens, whereas you provided 700.",
    '{"detail":[{"type":"extra_forbidden","loc":["body","max_tokens"],"msg":"Extra inputs are not permitted"}]}',
)
SYSTEM_REFUSALS = (
    "System role not supported",
    "Developer instruction is not enabled for models/gemma-3-27b-it",
    "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
    "Conversation roles must alternate user/assistant/user/assistant/...",
    "unknown variant `system`, expected `user` or `assistant`",
)
STREAM_REFUSALS = (
    "Your organization must be verified to stream this model.",
    "Streaming is not supported for this model",
    "This model does not support streaming.",
    "Unsupported value: 'stream' is not supported with this model",
)


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        *((words, ("0.5",)) for words in TEMPERATURE_REFUSALS),
        *((words, ('"max_tokens":700', "maxOutputTokens")) for words in LENGTH_REFUSALS),
        *((words, ('"system"', "systemInstruction")) for words in SYSTEM_REFUSALS),
        *((words, ('"stream":true', "streamGenerateContent")) for words in STREAM_REFUSALS),
        ("Unknown parameter: 'stream_options'.", ("stream_options",)),
    ],
)
@over(*WIRED)
async def test_what_is_refused_beside_the_words_is_left_out_from_then_on(
    vendor: Vendor, words: str, gone: tuple[str, ...], server: ModelServer, open_: Open
) -> None:
    if gone == ("stream_options",) and vendor is not OPENAI:
        pytest.skip("Only OpenAI's format has it.")
    provider = open_(vendor)
    body = words if words.startswith("{") else {"error": {"message": words, "type": "invalid_request_error"}}
    server.reply = "Here you are."
    server.fail(Fault("status", status=400, body=orjson.loads(body) if isinstance(body, str) else body))
    refused = await hear(provider)
    assert type(refused.error) is provider_errors.NotTaken
    for _ in range(2):
        heard = await hear(provider)
        assert (heard.text, heard.error) == ("Here you are.", None)
        sent = orjson.dumps(server.requests[-1].body).decode() + server.requests[-1].path
        assert not any(name in sent for name in gone)
        assert "Be kind." in sent


async def test_the_longest_answer_has_two_names_and_one_that_is_refused_twice_has_none(
    server: ModelServer, open_: Open
) -> None:
    provider = open_(OPENAI)
    for words in LENGTH_REFUSALS[0], "Unknown parameter: 'max_completion_tokens'":
        server.fail(Fault("status", status=400, body=openai_error("unsupported_parameter", words)))
        assert type((await hear(provider)).error) is provider_errors.NotTaken
    assert (await hear(provider)).error is None
    lengths = [[name for name in request.body if "tokens" in name] for request in server.requests]
    assert lengths == [["max_tokens"], ["max_completion_tokens"], []]


@over(*WIRED)
async def test_after_the_vendors_last_word_only_a_moment_is_waited(
    vendor: Vendor, server: ModelServer, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.patience.FOR_COUNTS_S", HASTY_S)
    server.reply = "Done."
    server.fail(Fault("hanging"))
    heard = await asyncio.wait_for(hear(open_(vendor)), 60)
    assert (heard.text, heard.error) == ("Done.", None)


@over(OPENAI, GEMINI, ANTHROPIC)  # litellm keeps its bytes to itself
async def test_a_sign_of_life_extends_the_wait_up_to_the_total(
    vendor: Vendor, server: ModelServer, open_: Open
) -> None:
    await hear(open_(vendor))  # what libraries do once, at their first call, must not count
    server.reply = "At last."
    server.fail(Fault("thinking", delay_s=HASTY_S / 4, after_tokens=12))
    heard = await hear(open_(vendor, TimeLimits(HASTY_S * 2.5, HASTY_S * 2.5, 20)))
    assert (heard.text, heard.error) == ("At last.", None)
    server.fail(Fault("thinking", delay_s=HASTY_S / 4, after_tokens=1000))
    heard = await hear(open_(vendor, TimeLimits(HASTY_S, HASTY_S, HASTY_S * 4)))
    assert type(heard.error) is provider_errors.ProviderTimeout
