"""What vendors refuse of calls, their results and files, in the words of OpenAI's, Mistral's and Gemini's real APIs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from bot.standins.pdf_rules import wrong_with_file, wrong_with_inline

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
LONGEST_ID = 40
"""Characters of a call's id at OpenAI."""
MISTRALS_ID = re.compile("[a-zA-Z0-9]{9}")
SKIPPED = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""In the place of a signature at Google, for a call that another model has made."""


def wrong_with_chat(body: Mapping[str, Any]) -> str | None:
    """Why chat completions refuse a request; None if they take it."""
    return next(_wrong_chat(body), None)


def _wrong_chat(body: Mapping[str, Any]) -> Iterator[str]:
    of_mistral = str(body.get("model")).startswith("mistral")
    waiting: set[str] = set()
    before = ""
    for number, message in enumerate(body["messages"]):
        role = message.get("role")
        for part in message["content"] if isinstance(message.get("content"), list) else ():
            if part.get("type") == "file":
                yield from wrong_with_file(part, f"messages[{number}].content", str(role))
        if role == "tool":
            if (call := message.get("tool_call_id")) not in waiting:
                yield "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
            waiting.discard(str(call))
        elif waiting:
            yield (
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. The following tool_call_ids did not have response messages: {sorted(waiting)}"
            )
        if of_mistral and role == "user" and before == "tool":
            yield "Unexpected role 'user' after role 'tool'"
        for call in message.get("tool_calls") or ():
            yield from _wrong_call(call, f"messages.{number}", of_mistral=of_mistral)
            waiting.add(call["id"])
        before = str(role)
    if waiting:
        yield f"'tool_calls' without response messages: {sorted(waiting)}"


def _wrong_call(call: Mapping[str, Any], place: str, *, of_mistral: bool) -> Iterator[str]:
    function, number = call.get("function") or {}, str(call.get("id"))
    if len(number) > LONGEST_ID:
        yield f"{place}: string too long. Expected a string with maximum length {LONGEST_ID}."
    if of_mistral and not MISTRALS_ID.fullmatch(number):
        yield f"Tool call id was {number} but must be a-z, A-Z, 0-9, with a length of 9."
    if not NAME.fullmatch(str(function.get("name"))):
        yield f"{place}: function name does not match '^[a-zA-Z0-9_-]+$'"
    try:
        is_object = isinstance(orjson.loads(function.get("arguments") or ""), dict)
    except ValueError:
        is_object = False
    if not is_object:
        yield f"{place}: arguments of {function.get('name')} are no JSON object"


def wrong_with_contents(body: Mapping[str, Any]) -> str | None:
    """Why Gemini refuses a request; None if it is taken."""
    return next(_wrong_contents(body), None)


def _wrong_contents(body: Mapping[str, Any]) -> Iterator[str]:
    called: list[str] = []
    for number, content in enumerate(body["contents"]):
        parts = content.get("parts") or ()
        for part in parts:
            yield from wrong_with_inline(part)
        answered = [part["functionResponse"]["name"] for part in parts if "functionResponse" in part]
        if answered != called:
            yield (
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
        calls = [part for part in parts if "functionCall" in part]
        if calls and content.get("role") != "model":
            yield "Please ensure that function call turn comes immediately after a user turn."
        if calls and not calls[0].get("thoughtSignature"):
            yield f"Function call is missing a thought_signature in functionCall parts. contents.{number}"
        called = [part["functionCall"]["name"] for part in calls]
    if called:
        yield "The last function calls have no responses."
