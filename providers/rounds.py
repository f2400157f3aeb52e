"""Calls of tools on the wire: what every vendor takes, no matter which model made the calls.

Strict endpoints refuse a call without a result and a result without a call, an id twice (Anthropic) or of another form
than their own (Mistral: nine letters and digits), a name with anything but letters, digits, "_" and "-", arguments
that are no object, and a question right behind a result (Mistral). A model gets back what it has signed, exactly; what
another one has signed is none of its business (Gemini and Anthropic refuse it).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson

from bot.contracts.provider import PromptMessage, PromptPart
from bot.domain.calls import CallPart, ResultPart, rounds_of
from bot.domain.messages import Author, TextPart

NOTHING = "(nothing)"
"""What stands for a result without words."""
_UNANSWERED = TextPart("…")
"""Stands behind results that were never answered from."""
_TAKEN = re.compile(r"[\w.:+/=-]+", re.ASCII)
"""Its own ids a vendor takes back; litellm keeps the signatures of Gemini in them."""
_TAKEN_BY_ANTHROPIC = re.compile(r"[a-zA-Z0-9_-]+")
"""Also from endpoints that only speak its format, and name calls otherwise."""
_NO_NAME_SIGN = re.compile(r"[^a-zA-Z0-9_-]+")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def without_calls(messages: Iterable[PromptMessage]) -> Iterator[PromptMessage]:
    """The messages as they are told to a model that calls nothing: what was said, without what was done for it."""
    for message in messages:
        parts = tuple(part for part in message.parts if not isinstance(part, CallPart | ResultPart))
        if len(parts) == len(message.parts):
            yield message
        elif parts:
            yield replace(message, parts=parts)


def with_calls(messages: Sequence[PromptMessage], made_by: str) -> list[PromptMessage]:
    """The messages with their calls as `made_by` takes them: each round whole, in the order in which it happened."""
    ids = _Ids(made_by)
    return [
        replace(message, parts=tuple(_stepped(message, ids, is_last=number == len(messages) - 1)))
        if message.author is Author.ASSISTANT and any(isinstance(part, CallPart | ResultPart) for part in message.parts)
        else message
        for number, message in enumerate(messages)
    ]


def _stepped(message: PromptMessage, ids: "_Ids", *, is_last: bool) -> Iterator[PromptPart]:
    rounds, rest = rounds_of(message.parts)
    for made in rounds:
        named = [ids.named(call) for call in made.calls]
        yield from made.said
        yield from named
        for call, result in zip(named, made.results, strict=True):
            yield ResultPart(call.id, result.text if result.text.strip() else NOTHING, result.outcome)
    yield from rest or (() if rounds and is_last else (_UNANSWERED,))


def unrolled(message: PromptMessage) -> Iterator[PromptMessage]:
    """An answer with its rounds as messages of their own: what was said and called, its results as the user's, …"""
    rounds, rest = rounds_of(message.parts) if message.author is Author.ASSISTANT else ((), message.parts)
    for made in rounds:
        yield PromptMessage(Author.ASSISTANT, (*made.said, *made.calls))
        yield PromptMessage(Author.USER, made.results)
    if rest or not rounds:
        yield PromptMessage(message.author, rest) if rounds else message


class _Ids:
    """Names the calls of one request."""

    def __init__(self, made_by: str) -> None:
        self._made_by = made_by
        self._form = _TAKEN_BY_ANTHROPIC if made_by.startswith("anthropic/") else _TAKEN
        self._taken: set[str] = set()

    def named(self, call: CallPart) -> CallPart:
        """A call as it is sent."""
        own = call.made_by == self._made_by
        number = (
            call.id if own and self._form.fullmatch(call.id) and call.id not in self._taken else self._made(call.id)
        )
        self._taken.add(number)
        return CallPart(
            number, plain_name(call.tool), object_of(call.arguments), call.made_by, call.opaque if own else ""
        )

    def _made(self, number: str) -> str:
        """Another id: the same in each request that begins alike, so that it is found in the vendor's cache."""
        again = 0
        while True:
            digest = sha256(f"{number}\0{again}".encode(errors="replace")).digest()
            made = "".join(_DIGITS[byte % len(_DIGITS)] for byte in digest[:9])
            if made not in self._taken:
                return made
            again += 1


def plain_name(tool: str) -> str:
    """A tool's name as every vendor takes it; the model may have called it anything."""
    name = _NO_NAME_SIGN.sub("_", tool)[:64]
    return name if name[:1].isalpha() else f"t_{name}"[:64]


def object_of(arguments: str) -> str:
    """Arguments that are a JSON object; without any where the model wrote something else."""
    try:
        found = orjson.loads(arguments)
    except ValueError:
        return "{}"
    return arguments if isinstance(found, dict) else "{}"


def encoded(kept: Mapping[str, Any]) -> str:
    """What an adapter keeps with a call."""
    return orjson.dumps(repaired(kept)).decode()


def repaired(value: Any) -> Any:
    """A JSON value without lone surrogates, which a model may send, and NUL, which not every database takes."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "")
    if isinstance(value, list):
        return [repaired(one) for one in value]
    if isinstance(value, Mapping):
        return {repaired(name): repaired(one) for name, one in value.items()}
    return value


def kept_of(opaque: str) -> dict[str, Any]:
    """What an adapter has kept with a call."""
    try:
        found = orjson.loads(opaque)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
