"""What each vendor's word for the end means: with an answer before it, and without one.

The words come from the installed libraries, so that a new one fails here until somebody has judged it.
"""

import ast
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import orjson
import pytest
from google.genai import types

from bot.domain import provider_errors
from bot.domain.turns import FinishReason
from bot.standins.model import Fault, ModelServer
from providers.answer import Answer
from providers.chat import finish_reason, plain_word
from providers.gemini_events import take
from providers.gemini_wire import cleaned
from providers.loose import Halves
from tests.providers.asking import OPENAI, Heard, Open, hear

DONE, FULL, HELD, CUT = FinishReason.COMPLETE, FinishReason.LENGTH, FinishReason.FILTERED, FinishReason.CUT
GEMINI: dict[str, tuple[FinishReason | None, type[provider_errors.ProviderError], str]] = {
    "FINISH_REASON_UNSPECIFIED": (None, provider_errors.StreamBroken, "broke off"),
    "STOP": (DONE, provider_errors.EmptyAnswer, "empty answer"),
    "MAX_TOKENS": (FULL, provider_errors.LimitSpent, "limit for one answer"),
    "CONTINUATION": (FULL, provider_errors.LimitSpent, "limit for one answer"),
    "SAFETY": (HELD, provider_errors.RequestRefused, "refused"),
    "RECITATION": (HELD, provider_errors.SourceRepeated, "word for word"),
    "LANGUAGE": (HELD, provider_errors.LanguageRefused, "this language"),
    "BLOCKLIST": (HELD, provider_errors.RequestRefused, "refused"),
    "PROHIBITED_CONTENT": (HELD, provider_errors.RequestRefused, "refused"),
    "SPII": (HELD, provider_errors.RequestRefused, "refused"),
    "ESCALATION": (HELD, provider_errors.RequestRefused, "refused"),
    "MODEL_ARMOR": (HELD, provider_errors.RequestRefused, "refused"),
    "IMAGE_SAFETY": (HELD, provider_errors.RequestRefused, "refused"),
    "IMAGE_PROHIBITED_CONTENT": (HELD, provider_errors.RequestRefused, "refused"),
    "IMAGE_RECITATION": (HELD, provider_errors.RequestRefused, "refused"),
    "PUP_LIMITED_DISABLED": (HELD, provider_errors.NotAllowed, "operator"),
    "MALFORMED_FUNCTION_CALL": (CUT, provider_errors.ToolWanted, "tool"),
    "UNEXPECTED_TOOL_CALL": (CUT, provider_errors.ToolWanted, "tool"),
    "TOO_MANY_TOOL_CALLS": (CUT, provider_errors.ToolWanted, "tool"),
    "OTHER": (CUT, provider_errors.StreamBroken, "broke off"),
    "IMAGE_OTHER": (CUT, provider_errors.StreamBroken, "broke off"),
    "NO_IMAGE": (CUT, provider_errors.StreamBroken, "broke off"),
    "MISSING_THOUGHT_SIGNATURE": (CUT, provider_errors.StreamBroken, "broke off"),
    "MALFORMED_RESPONSE": (CUT, provider_errors.StreamBroken, "broke off"),
}


def ending(text: str, *, thought: str = "", **event: object) -> Heard:
    """What an event of Gemini's comes to as a whole answer."""
    parts = [{"text": thought, "thought": True}, {"text": text}]
    data = {"candidates": [{"content": {"parts": parts}, "finishReason": event.pop("reason", None)}], **event}
    answer, heard = Answer(), Heard()
    take(types.GenerateContentResponse.model_validate(cleaned(orjson.loads(orjson.dumps(data)), Halves())), answer)
    answer.end()
    answer.take()
    try:
        heard.finished = answer.finished()
    except provider_errors.ProviderError as error:
        heard.error = error
    return heard


def test_each_end_that_gemini_knows_has_been_judged() -> None:
    assert set(GEMINI) == set(types.FinishReason.__members__)


@pytest.mark.parametrize("name", GEMINI)
@pytest.mark.parametrize("spelled", [str.upper, str.lower], ids=["upper", "lower"])
def test_an_end_of_geminis_means_what_it_says(name: str, spelled: Callable[[str], str]) -> None:
    reason, kind, said = GEMINI[name]
    heard = ending("As far as it", reason=spelled(name))
    assert (None if heard.finished is None else heard.finished.reason) is reason
    silent = ending("", reason=spelled(name))
    assert isinstance(silent.error, provider_errors.ProviderError)
    assert type(silent.error) is kind and said in silent.error.tell


def test_an_end_of_tomorrow_is_cut() -> None:
    heard = ending("As far as it", reason="A_WORD_OF_TOMORROW")
    assert heard.finished is not None and heard.finished.reason is CUT


@pytest.mark.parametrize("name", [*types.BlockedReason.__members__, "A_WORD_OF_TOMORROW"])
def test_a_prompt_that_is_blocked_is_refused(name: str) -> None:
    heard = ending("", promptFeedback={"blockReason": name})
    unsaid = name == "BLOCKED_REASON_UNSPECIFIED"
    assert type(heard.error) is (provider_errors.StreamBroken if unsaid else provider_errors.RequestRefused)


def test_only_thinking_is_no_answer_and_says_so() -> None:
    for reason, kind in (("STOP", provider_errors.ThoughtOnly), ("MAX_TOKENS", provider_errors.LimitSpent)):
        assert type(ending("", thought="Hm.", reason=reason).error) is kind


JUDGED = {
    DONE: "stop stop_sequence STOP_SEQUENCE end_turn COMPLETE eos eos_token STOP endTurn stopSequence",
    FULL: "length max_tokens MAX_TOKENS CONTINUATION compaction model_context_window_exceeded maxTokens token_limit",
    HELD: """refusal ERROR_TOXIC SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY ESCALATION
        IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION sensitive guardrail_intervened content_filter content_filtered
        content-filter contentFilter""",
    CUT: """tool_use pause_turn TOOL_CALL ERROR MALFORMED_FUNCTION_CALL OTHER TOO_MANY_TOOL_CALLS MALFORMED_RESPONSE
        NO_IMAGE IMAGE_OTHER UNEXPECTED_TOOL_CALL MISSING_THOUGHT_SIGNATURE network_error tool_calls function_call
        error insufficient_system_resource cancelled timeout a_word_of_tomorrow""",
    None: "FINISH_REASON_UNSPECIFIED null NOT_FINISHED",
}


def known_to_litellm() -> set[str]:
    """The words of its table, read without loading it."""
    spec = find_spec("litellm")
    assert spec is not None and spec.origin is not None
    tree = ast.parse((Path(spec.origin).parent / "litellm_core_utils" / "core_helpers.py").read_text())
    for node in ast.walk(tree):
        named = (
            node.target
            if isinstance(node, ast.AnnAssign)
            else node.targets[0]
            if isinstance(node, ast.Assign)
            else None
        )
        if isinstance(named, ast.Name) and named.id == "_FINISH_REASON_MAP":
            return {key.value for key in ast.walk(node) if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    raise AssertionError("litellm keeps its words elsewhere.")


def test_each_end_that_litellm_knows_has_been_judged() -> None:
    judged = {word for words in JUDGED.values() for word in words.split()}
    assert known_to_litellm() <= judged


def test_an_end_means_the_same_in_each_spelling() -> None:
    for reason, words in JUDGED.items():
        for word in words.split():
            assert finish_reason(word) is reason, word
            assert plain_word(word) == plain_word(word.replace("_", "-")) == plain_word(f" {word} ")


CALL = [{"index": 0, "id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}]


@pytest.mark.parametrize(
    ("delta", "finish", "kind"),
    [
        ({"tool_calls": CALL}, "tool_calls", provider_errors.ToolWanted),
        ({"tool_calls": CALL}, "stop", provider_errors.ToolWanted),
        ({"function_call": {"name": "search", "arguments": "{}"}}, "function_call", provider_errors.ToolWanted),
        ({"tool_calls": []}, "stop", provider_errors.EmptyAnswer),
        ({"reasoning_content": "Hm.", "tool_calls": CALL}, "tool_calls", provider_errors.ToolWanted),
        ({"reasoning_content": "Hm."}, "stop", provider_errors.ThoughtOnly),
        ({"content": "<think>Hm.</think>"}, "stop", provider_errors.ThoughtOnly),
        ({"reasoning_content": "Hm."}, "length", provider_errors.LimitSpent),
    ],
)
async def test_what_came_instead_of_an_answer_is_named(
    delta: object, finish: str, kind: type[provider_errors.ProviderError], server: ModelServer, open_: Open
) -> None:
    event = {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    body = b"".join(b"data: " + orjson.dumps(each) + b"\n\n" for each in (event, last)) + b"data: [DONE]\n\n"
    server.fail(Fault("status", status=200, body=body))
    assert type((await hear(open_(OPENAI))).error) is kind


async def test_a_tool_that_nobody_offered_costs_no_word_that_was_said(server: ModelServer, open_: Open) -> None:
    event = {
        "choices": [
            {"index": 0, "delta": {"content": "Let me look.", "tool_calls": CALL}, "finish_reason": "tool_calls"}
        ]
    }
    server.fail(Fault("status", status=200, body=b"data: " + orjson.dumps(event) + b"\n\ndata: [DONE]\n\n"))
    heard = await hear(open_(OPENAI))
    assert heard.text == "Let me look."
    assert heard.finished is not None and heard.finished.reason is CUT


@pytest.mark.parametrize("part", [{"functionCall": {"name": "search", "args": {}}}, {"function_call": {"name": 7}}])
def test_a_tool_that_gemini_was_not_offered_is_named(part: object) -> None:
    data = {"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]}
    answer = Answer()
    take(types.GenerateContentResponse.model_validate(cleaned(data, Halves())), answer)
    with pytest.raises(provider_errors.ToolWanted):
        answer.finished()
