"""The form of a conversation on the wire, the same for every format.

Strict servers (chat templates of open models, Mistral, Anthropic, Gemini) refuse two messages of one role in a row, an
empty one, a system's message in the middle, and an answer at the beginning. A question that was never answered, an
answer that was only a picture, would close such a conversation forever; so none of these leaves this program.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.contracts.provider import Prompt, PromptMessage, PromptPart
from bot.domain.calls import CallPart, ResultPart
from bot.domain.efforts import nearest
from bot.domain.messages import Author, ImagePart, PdfPart, TextPart
from providers.habits import Habits
from providers.rounds import with_calls, without_calls

_WORDLESS = (ImagePart, PdfPart, CallPart, ResultPart)


def shaped(prompt: Prompt, habits: Habits, made_by: str = "") -> Prompt:
    """`prompt` as it is sent to a model with these habits; `made_by` as in `CallPart`."""
    tools = prompt.tools if habits.tools else ()
    told = prompt.messages if tools else without_calls(prompt.messages)
    messages = _in_turns(list(told), keep_system=habits.system)
    return replace(
        prompt,
        messages=tuple(with_calls(messages, made_by) if tools else messages),
        tools=tools,
        temperature=prompt.temperature if habits.temperature else None,
        max_output_tokens=prompt.max_output_tokens if habits.length else None,
        effort=nearest(prompt.effort, habits.efforts),
    )


def _in_turns(messages: Sequence[PromptMessage], *, keep_system: bool) -> list[PromptMessage]:
    """At most one system's message, then question and answer by turns, the first of them a question."""
    system: list[PromptPart] = []
    spoken: list[PromptMessage] = []
    for message in _said(messages):
        if message.author is Author.SYSTEM and not spoken:
            system = list(_joined(system, message.parts))
            continue
        # A system message in the middle (a document's text) is read as the person's.
        author = Author.USER if message.author is Author.SYSTEM else message.author
        if not spoken and author is Author.ASSISTANT:
            continue
        if spoken and spoken[-1].author is author:
            spoken[-1] = PromptMessage(author, tuple(_joined(spoken[-1].parts, message.parts)))
        else:
            spoken.append(PromptMessage(author, message.parts))
    if not system:
        return spoken
    if keep_system or not spoken:
        return [PromptMessage(Author.SYSTEM, tuple(system)), *spoken]
    first = spoken[0]
    return [PromptMessage(first.author, tuple(_joined(system, first.parts))), *spoken[1:]]


def _said(messages: Sequence[PromptMessage]) -> Iterable[PromptMessage]:
    """The messages that say something, each without its empty parts; the last one in any case."""
    for number, message in enumerate(messages):
        parts = tuple(part for part in message.parts if isinstance(part, _WORDLESS) or part.text.strip())
        if parts:
            yield message if len(parts) == len(message.parts) else PromptMessage(message.author, parts)
        elif number == len(messages) - 1:
            yield message


def _joined(first: Sequence[PromptPart], second: Sequence[PromptPart]) -> Iterable[PromptPart]:
    if first and second and isinstance(first[-1], TextPart) and isinstance(second[0], TextPart):
        return (*first[:-1], TextPart(f"{first[-1].text}\n\n{second[0].text}"), *second[1:])
    return (*first, *second)
