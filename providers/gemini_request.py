"""A prompt in Gemini's words."""

import hashlib
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping

import orjson
from google.genai import types

from bot.contracts.passages import announced, shown
from bot.contracts.provider import Prompt, PromptMessage, PromptPart, ToolOffer
from bot.domain.calls import CallPart, Outcome, ResultPart
from bot.domain.efforts import Effort
from bot.domain.messages import Author, ImagePart, InstructionPart, PassagePart, PdfPart, TextPart
from bot.domain.pictures import Format, PictureWish
from providers.chat import words_of
from providers.efforts import BUDGETS
from providers.gemini_caches import LIVES_S, Cache, Shape
from providers.rounds import kept_of, unrolled

_LEVELS = {
    Effort.NONE: types.ThinkingLevel.MINIMAL,
    Effort.MINIMAL: types.ThinkingLevel.MINIMAL,
    Effort.LOW: types.ThinkingLevel.LOW,
    Effort.MEDIUM: types.ThinkingLevel.MEDIUM,
    Effort.HIGH: types.ThinkingLevel.HIGH,
    Effort.XHIGH: types.ThinkingLevel.XHIGH,
    Effort.MAX: types.ThinkingLevel.XHIGH,
}
_NO_CALL = types.ToolConfig(
    function_calling_config=types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.NONE)
)
_RATIOS = {Format.SQUARE: "1:1", Format.WIDE: "3:2", Format.TALL: "2:3"}
_UNFILTERED: list[types.SafetySetting] = [
    types.SafetySetting(category=category, threshold=types.HarmBlockThreshold.OFF)
    for category in (
        types.HarmCategory.HARM_CATEGORY_HARASSMENT,
        types.HarmCategory.HARM_CATEGORY_HATE_SPEECH,
        types.HarmCategory.HARM_CATEGORY_SEXUALLY_EXPLICIT,
        types.HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT,
    )
]
"""The filters that Google lets one leave out: https://ai.google.dev/gemini-api/docs/safety-settings"""
_SIGNS = re.compile(r"(?:models/)?(?:gemini-[12]\b|gemma)")
"""Models before Gemini 3 sign calls, and do not insist on it."""
_ANOTHERS = b"skip_thought_signature_validator"
"""Google's word for a call that another model has made: https://ai.google.dev/gemini-api/docs/thought-signatures"""


def thinking(effort: Effort, *, budgeted: bool) -> types.ThinkingConfig:
    """How much to think. `budgeted`: the model takes a number of tokens, not a level.

    The thoughts come along: they are paid for anyway, and a sign of life meanwhile.
    """
    thinks = effort is not Effort.NONE
    if budgeted:
        return types.ThinkingConfig(include_thoughts=thinks, thinking_budget=BUDGETS[effort])
    return types.ThinkingConfig(include_thoughts=thinks, thinking_level=_LEVELS[effort])


def config_of(prompt: Prompt, thinking: types.ThinkingConfig | None) -> types.GenerateContentConfig:
    """How to answer a shaped prompt."""
    return types.GenerateContentConfig(
        system_instruction=_system(prompt),
        temperature=prompt.temperature,
        max_output_tokens=prompt.max_output_tokens,
        thinking_config=thinking,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
        tools=[*_tools(prompt)] or None,
        response_modalities=["TEXT", "IMAGE"] if prompt.picture is not None else None,
        image_config=_image(prompt.picture),
        safety_settings=_UNFILTERED if prompt.unfiltered else None,
        tool_config=_NO_CALL if prompt.tools and not prompt.may_call else None,
    )


def _image(wish: PictureWish | None) -> types.ImageConfig | None:
    """The shape of the picture that is wanted: https://ai.google.dev/gemini-api/docs/image-generation"""
    if wish is None or wish.format is None:
        return None
    return types.ImageConfig(aspect_ratio=_RATIOS[wish.format])


def _system(prompt: Prompt) -> str | None:
    return "\n\n".join(words_of(each) for each in prompt.messages if each.author is Author.SYSTEM) or None


def _tools(prompt: Prompt) -> list[types.Tool]:
    return [types.Tool(function_declarations=[_declared(tool) for tool in prompt.tools])] if prompt.tools else []


def _declared(tool: ToolOffer) -> types.FunctionDeclaration:
    schema = {name: value for name, value in tool.schema.items() if name != "$schema"}
    return types.FunctionDeclaration(name=tool.name, description=tool.description, parameters_json_schema=schema)


def contents_of(prompt: Prompt) -> list[types.Content]:
    """A prompt that is shaped, as Gemini reads it; the system prompt stands elsewhere."""
    called = {part.id: part for message in prompt.messages for part in message.parts if isinstance(part, CallPart)}
    return [
        types.Content(
            role="model" if message.author is Author.ASSISTANT else "user",
            parts=_parts(message, called, signs=_SIGNS.match(prompt.model) is None),
        )
        for each in prompt.messages
        if each.author is not Author.SYSTEM
        for message in unrolled(each)
    ]


def shape_of(prompt: Prompt, contents: list[types.Content]) -> Shape:
    """What of a request is compared with the one before it."""
    head = types.GenerateContentConfig(system_instruction=_system(prompt), tools=[*_tools(prompt)])
    pieces = [each.model_dump_json(exclude_none=True).encode() for each in (head, *contents)]
    return Shape(tuple(hashlib.sha256(piece).digest() for piece in pieces), tuple(map(len, pieces)))


def keeping(prompt: Prompt, contents: list[types.Content]) -> types.CreateCachedContentConfig:
    """Have Google keep these contents, with what stands before them."""
    return types.CreateCachedContentConfig(
        system_instruction=_system(prompt), tools=_tools(prompt) or None, contents=[*contents], ttl=f"{LIVES_S}s"
    )


def behind(
    cache: Cache | None, config: types.GenerateContentConfig, contents: list[types.Content]
) -> tuple[list[types.Content], types.GenerateContentConfig]:
    """What is sent of a request whose beginning Google keeps: nothing that is kept may be said again."""
    if cache is None:
        return contents, config
    rest = config.model_copy(update={"cached_content": cache.name, "system_instruction": None, "tools": None})
    return contents[cache.length :], rest


def _parts(message: PromptMessage, called: Mapping[str, CallPart], *, signs: bool) -> list[types.Part]:
    """The parts of a message; `signs`: whether the model refuses a round that begins with a call without signature."""
    parts = [made for part in message.parts for made in _parts_of(part, called)]
    first = next((part for part in parts if part.function_call is not None), None)
    if signs and first is not None and first.thought_signature is None:
        first.thought_signature = _ANOTHERS
    return parts


def _parts_of(part: PromptPart, called: Mapping[str, CallPart]) -> Iterator[types.Part]:
    match part:
        case CallPart(_, tool, arguments, _, opaque):
            kept = _kept(opaque)
            call = types.FunctionCall(id=kept.get("id"), name=tool, args=orjson.loads(arguments))
            signature = kept.get("signature")
            yield types.Part(function_call=call, thought_signature=b64decode(signature) if signature else None)
        case ResultPart(call_id, text, outcome):
            call_of, word = called[call_id], "error" if outcome is Outcome.FAILED else "result"
            response = types.FunctionResponse(
                id=_kept(call_of.opaque).get("id"), name=call_of.tool, response={word: text}
            )
            yield types.Part(function_response=response)
        case TextPart(text) | InstructionPart(text):
            yield types.Part(text=text)
        case PassagePart():
            yield types.Part(text=shown(part))
        case ImagePart(data, media_type):
            yield types.Part.from_bytes(data=data, mime_type=media_type)
        case PdfPart(data=data):
            # https://ai.google.dev/gemini-api/docs/document-processing
            yield types.Part(text=announced(part))
            yield types.Part.from_bytes(data=data, mime_type="application/pdf")


def _kept(opaque: str) -> dict[str, str]:
    kept = kept_of(opaque).get("call")
    return kept if isinstance(kept, dict) else {}
