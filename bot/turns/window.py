"""Where a model begins to read a branch.

Vendors keep what they have read of a request for some minutes, and charge a tenth or so for as much of the next one as
begins with the same bytes. A window that moves with every message begins with other bytes each time. So this one stays
where it began for as long as it holds no more than it may, and then moves by three quarters of its length. What was
read from where is kept with each answer, so a fork continues from the window of the answer it hangs below.

What leaves is summed up at the message before the new beginning, ahead of the move where that can be foreseen. So a
window that moves begins behind a summary that stands about where it would begin anyway. One that a person has asked
for moves it at once, to where it would move by itself.
"""

from collections.abc import Sequence
from itertools import accumulate

from bot.contracts.provider import PromptMessage
from bot.domain.calls import CallPart, ResultPart
from bot.domain.ids import MessageId
from bot.domain.messages import Author, Message
from bot.domain.summaries import Mark
from bot.llm.fitting import MESSAGE_TOKENS, notes_size, part_size, size_of
from bot.llm.tokens import tokens_in

_KEPT = 4
"""Of how many messages or tokens one is left when a window moves: 9 of 36. It grows for thirteen questions then.

Over 60 questions at the same mean size of a request (`tests.bench.window`) 86 % of a request repeats the one before it;
with 12 of 28 left it is 80 %.
"""

_EARLY = 8
"""A window with less than this part of its tokens free is about to move: the next question may be what does it."""


def from_its_beginning(path: Sequence[Message], most: int, marks: Sequence[Mark] = ()) -> Sequence[Message]:
    """What of a path is read where at most `most` messages are, the question included, which is the last.

    `path` is the newest of a branch, at least `most` messages of it unless it is shorter; `marks` are its summaries.
    """
    newest = path[-most:]
    moved = _moved(newest, most)
    begun = next((message.read_from for message in reversed(newest) if message.read_from is not None), None)
    start = next((i for i, message in enumerate(newest) if message.id == begun), None)
    if start is None and len(newest) == len(path) < most:
        start = 0
    if start is None:
        return newest[_behind_a_summary(newest, moved, marks, moved - most // 2) :]
    asked = [mark for mark in marks if mark.asked]
    return newest[_behind_a_summary(newest, moved, asked, start, otherwise=start) :]


def kept_of(most: int) -> int:
    """How many messages, or tokens, are left of a window that has moved."""
    return max(1, most // _KEPT)


def leaves_next(path: Sequence[Message], most: int) -> MessageId | None:
    """Up to which message a window is left when its next question moves it; None if that one does not.

    `path` is the window with the answer to its last question.
    """
    return foldable(path, most) if len(path) + 1 > most else None


def foldable(path: Sequence[Message], most: int) -> MessageId | None:
    """Up to which message a window is left if it moves with its next question; None if nothing would be left out."""
    # A question's answer is on the way, and the next question comes behind that.
    coming = 2 if path and path[-1].author is Author.USER else 1
    return _last_before(path, kept_of(most) - coming)


def leaves_soon(path: Sequence[Message], free: int, most_tokens: int) -> MessageId | None:
    """The same where `free` of a window's tokens are left before the answer that `path` ends in; None: enough are."""
    if free - _size(path[-1]) > most_tokens // _EARLY:
        return None
    left = kept_of(most_tokens)
    count = sum(size <= left for size in accumulate(map(_size, reversed(path))))
    return _last_before(path, count)


def _size(message: Message) -> int:
    """The tokens of a message by its words and its calls, with what stands around it."""
    called = sum(part_size(part) for part in message.parts if isinstance(part, CallPart | ResultPart))
    return tokens_in(message.text) + called + 2 * MESSAGE_TOKENS


def _last_before(path: Sequence[Message], kept: int) -> MessageId | None:
    """The message before the first question among the last `kept`."""
    start = max(0, len(path) - max(0, kept))
    first = next((i for i in range(start, len(path)) if _is_question(path, i)), len(path))
    return path[first - 1].id if first > 0 else None


def fewer(
    path: Sequence[Message], told: Sequence[PromptMessage], most_tokens: int, marks: Sequence[Mark] = ()
) -> Sequence[Message]:
    """The newest of a path whose messages come to more than `most_tokens`, the question always among them.

    `told` are the same messages as a model reads them, below a system prompt. The person's notes begin what is left.
    """
    spoken = [message for message in told if message.author is not Author.SYSTEM]
    head = sum(map(size_of, told)) - sum(map(size_of, spoken)) + notes_size(told)
    sizes = list(accumulate(size_of(message) for message in reversed(spoken)))
    count = sum(size <= kept_of(most_tokens) - head for size in sizes)
    half = sum(size <= most_tokens // 2 - head for size in sizes)
    moved = _question_from(path, max(0, len(path) - max(1, count)))
    return path[_behind_a_summary(path, moved, marks, len(path) - half - 1) :]


def _moved(newest: Sequence[Message], most: int) -> int:
    return _question_from(newest, max(0, len(newest) - kept_of(most)))


def _behind_a_summary(
    path: Sequence[Message], moved: int, marks: Sequence[Mark], least: int, otherwise: int | None = None
) -> int:
    """Where to begin: behind the newest summary after `least`, up to where a window moves; else as it would be."""
    at = {mark.message for mark in marks}
    found = (i for i in range(moved, max(least, 0), -1) if path[i - 1].id in at and _is_question(path, i))
    return next(found, moved if otherwise is None else otherwise)


def _question_from(path: Sequence[Message], start: int) -> int:
    """Vendors want the first spoken message to be the user's."""
    return next((i for i in range(start, len(path)) if _is_question(path, i)), start)


def _is_question(path: Sequence[Message], number: int) -> bool:
    return path[number].author is Author.USER
