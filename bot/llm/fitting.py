"""Making a conversation fit into what a model can read: whole messages only, the oldest are dropped first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from unicodedata import is_normalized

from bot.contracts.passages import announced, shown
from bot.contracts.provider import ModelProfile, PromptMessage, PromptPart
from bot.domain.calls import CallPart, ResultPart
from bot.domain.messages import (
    Author,
    ImagePart,
    InstructionPart,
    NotesPart,
    PassagePart,
    PdfPart,
    SummaryPart,
    TextPart,
)
from bot.domain.provider_errors import ContextTooLong
from bot.domain.turns import Usage
from bot.llm.tokens import tokens_in
from bot.texts import said_later

UNKNOWN_WINDOW = 32_768
"""Tokens that an unknown model is assumed to read."""

SMALLEST_WINDOW = 1_536
"""Tokens that every model can read, with room for its answer: the smallest that answer at all read 2,048."""

ANSWER_ROOM = 4_096
"""Tokens of the window that are left for the answer; at most a quarter of it."""

IMAGE_TOKENS = 1_600
"""A picture of the largest size that is sent, at the vendors that count most."""

PAGE_TOKENS = 4_784
"""The picture that a vendor makes of a PDF's page, where it counts most: Anthropic's newer models look at 2,576 pixels
(platform.claude.com/docs, Vision). Gemini counts 258 to 1,120 of a page."""

MESSAGE_TOKENS = 8
"""What stands around each message on the wire."""

BYTES_PER_CHARACTER = 4
BYTES_PER_OTHER_CHARACTER = 33
"""Where a vendor takes a text in another form, in which a character is many: U+FDFA is a sentence."""

_SHORT = 1_000
"""Characters of a result that is never cut."""
_LEFT_OUT = "(The rest was left out: it is too long to read.)"
_UNSEEN = "[A picture that you cannot see]"

_TOO_LONG = said_later(
    "Your message is longer than the model can read. Send a shorter one, or choose another model: /model."
)


def usage_at_most(messages: Sequence[PromptMessage], texts: Iterable[str]) -> Usage:
    """The most a model can have used, if its vendor does not say."""
    return Usage(sum(map(size_of, messages)), sum(map(tokens_in, texts)))


def size_of(message: PromptMessage) -> int:
    """The tokens of a message at most."""
    return MESSAGE_TOKENS + sum(part_size(part) for part in message.parts)


def part_size(part: PromptPart) -> int:
    """The tokens of a part at most."""
    match part:
        case ImagePart():
            return IMAGE_TOKENS
        case PdfPart(pages=pages, text_tokens=text_tokens):
            return pages * PAGE_TOKENS + text_tokens + tokens_in(announced(part)) + 2 * MESSAGE_TOKENS
        case PassagePart():
            return tokens_in(shown(part)) + MESSAGE_TOKENS
        case TextPart(text) | InstructionPart(text) | ResultPart(_, text):
            return tokens_in(text) + MESSAGE_TOKENS
        case CallPart(arguments=arguments, opaque=opaque):
            return tokens_in(arguments) + tokens_in(opaque) + 2 * MESSAGE_TOKENS


def budget_of(profile: ModelProfile) -> int:
    """The tokens that a prompt for this model may have."""
    window = profile.context_tokens or UNKNOWN_WINDOW
    return window - min(profile.output_tokens or ANSWER_ROOM, ANSWER_ROOM, window // 4)


def is_small(messages: Sequence[PromptMessage], limit: int) -> bool:
    """Whether these are certainly less than `limit` tokens: no text has more tokens than bytes.

    Nearly every prompt is; it costs next to nothing to see that, and nobody has to be asked how much a model reads.
    """
    return sum(MESSAGE_TOKENS + sum(_certainly(part, limit) for part in message.parts) for message in messages) < limit


def _certainly(part: PromptPart, limit: int) -> int:
    if isinstance(part, ImagePart | PassagePart | PdfPart):
        return limit
    text = f"{part.arguments}{part.opaque}" if isinstance(part, CallPart) else part.text
    if text.isascii():
        return 2 * MESSAGE_TOKENS + len(text)
    character = BYTES_PER_CHARACTER if is_normalized("NFKC", text) else BYTES_PER_OTHER_CHARACTER
    return 2 * MESSAGE_TOKENS + len(text) * character


def fit(messages: Sequence[PromptMessage], budget: int) -> tuple[PromptMessage, ...]:
    """The system prompt, and as many of the newest messages as fit into `budget` tokens.

    PDFs themselves are what is left out first: their text is there.

    Raises:
        ContextTooLong: the newest message alone does not fit; `tell` says so.
    """
    if sum(map(size_of, messages)) > budget:
        messages = without_pdfs(messages)
    head, spoken = _split(messages)
    recalled, bare = _recalled(spoken)
    left = budget - sum(map(size_of, head))
    before, last = _before_last(bare)
    asked = sum(map(size_of, last))
    if recalled and (room := left - sum(map(part_size, recalled))) >= asked:
        left = room
    else:
        recalled = ()
    if asked > left and spoken:
        raise ContextTooLong("The newest message alone is too long.", tell=_TOO_LONG)
    kept = sum(size <= left - asked for size in accumulate(size_of(message) for message in reversed(before)))
    return (*head, *_with(recalled, _from_a_question((*before[len(before) - kept :], *last))))


def fewer_within(messages: Sequence[PromptMessage], window: int) -> tuple[PromptMessage, ...] | None:
    """As many of the newest as a model certainly reads that reads `window` tokens; None if that leaves none out."""
    try:
        fitted = fit(messages, budget_of(ModelProfile(context_tokens=window)))
    except ContextTooLong:
        # By estimate: the newest message alone may well be read.
        fitted = newest(messages)
    return fitted if len(fitted) < len(messages) else None


def newest(messages: Sequence[PromptMessage]) -> tuple[PromptMessage, ...]:
    """The system prompt and the newest message, with what has been done for it so far."""
    head, spoken = _split(messages)
    return (*head, *_before_last(spoken)[1])


def halved(messages: Sequence[PromptMessage]) -> tuple[PromptMessage, ...] | None:
    """About half of the conversation, the newer one; of the last question alone, half of what was read for it.

    None if there is nothing left to leave out.
    """
    head, spoken = _split(messages)
    recalled, bare = _recalled(spoken)
    before, last = _before_last(bare)
    if before:
        return (*head, *_with(recalled, _from_a_question((*before[(len(bare) + 1) // 2 :], *last))))
    if recalled:
        return (*head, *bare)
    passages = [part for message in last for part in message.parts if isinstance(part, PassagePart)]
    results = any(len(part.text) > _SHORT for message in last for part in message.parts if isinstance(part, ResultPart))
    if not passages and not results:
        return None
    fewer = passages[: len(passages) // 2]
    return (*head, *(replace(message, parts=tuple(_halved(message.parts, fewer))) for message in last))


def _halved(parts: Iterable[PromptPart], passages: Sequence[PassagePart]) -> Iterator[PromptPart]:
    """Of the passages only these, of long results the first half."""
    for part in parts:
        if isinstance(part, ResultPart) and len(part.text) > _SHORT:
            yield replace(part, text=f"{part.text[: len(part.text) // 2]}\n{_LEFT_OUT}")
        elif not isinstance(part, PassagePart) or part in passages:
            yield part


def too_long(error: ContextTooLong) -> ContextTooLong:
    """`error` of a model that does not even take the newest message; it says so."""
    error.tell = _TOO_LONG
    return error


def without_older_pictures(messages: Sequence[PromptMessage]) -> tuple[PromptMessage, ...] | None:
    """The conversation with words in the place of its pictures, but those of the newest message; None without any."""
    if not any(isinstance(part, ImagePart) for message in messages[:-1] for part in message.parts):
        return None
    return (*map(_in_words, messages[:-1]), messages[-1])


def without_pdfs(messages: Sequence[PromptMessage], refused: frozenset[str] | None = None) -> tuple[PromptMessage, ...]:
    """The conversation without its PDFs themselves, or without those of these hashes; their text stays."""
    return tuple(
        replace(message, parts=tuple(part for part in message.parts if not _is_pdf(part, refused)))
        for message in messages
    )


def _is_pdf(part: PromptPart, of: frozenset[str] | None) -> bool:
    return isinstance(part, PdfPart) and (of is None or part.sha256 in of)


def pdfs_in(messages: Sequence[PromptMessage]) -> frozenset[str]:
    """The PDFs that go along themselves, by their bytes' hashes."""
    return frozenset(part.sha256 for message in messages for part in message.parts if isinstance(part, PdfPart))


def _in_words(message: PromptMessage) -> PromptMessage:
    parts = tuple(TextPart(_UNSEEN) if isinstance(part, ImagePart) else part for part in message.parts)
    return PromptMessage(message.author, parts)


def _before_last(
    spoken: Sequence[PromptMessage],
) -> tuple[Sequence[PromptMessage], Sequence[PromptMessage]]:
    """The messages before the newest one, and that: a question stays with what has been done for it so far."""
    asked = range(len(spoken) - 1, -1, -1)
    at = next((i for i in asked if spoken[i].author is Author.USER), max(0, len(spoken) - 1))
    return spoken[:at], spoken[at:]


def _split(messages: Sequence[PromptMessage]) -> tuple[Sequence[PromptMessage], Sequence[PromptMessage]]:
    count = next((i for i, message in enumerate(messages) if message.author is not Author.SYSTEM), len(messages))
    return messages[:count], messages[count:]


def notes_size(messages: Sequence[PromptMessage]) -> int:
    """The tokens, at most, of what the person chose to have remembered, which begins whatever is read."""
    return sum(part_size(part) for message in messages for part in message.parts if isinstance(part, NotesPart))


def _recalled(spoken: Sequence[PromptMessage]) -> tuple[tuple[InstructionPart, ...], Sequence[PromptMessage]]:
    """The person's notes and the summary at the first message, whatever is left out; the messages without these."""
    recalled = tuple(part for part in spoken[0].parts if isinstance(part, NotesPart | SummaryPart)) if spoken else ()
    if not recalled:
        return (), spoken
    first = replace(spoken[0], parts=tuple(part for part in spoken[0].parts if part not in recalled))
    return recalled, (first, *spoken[1:])


def _with(recalled: tuple[InstructionPart, ...], spoken: Sequence[PromptMessage]) -> Sequence[PromptMessage]:
    return (replace(spoken[0], parts=(*recalled, *spoken[0].parts)), *spoken[1:]) if recalled else spoken


def _from_a_question(spoken: Sequence[PromptMessage]) -> Sequence[PromptMessage]:
    # Vendors want the first spoken message to be the user's.
    first = next((i for i, message in enumerate(spoken) if message.author is Author.USER), 0)
    return spoken[first:]
