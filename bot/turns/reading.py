"""Where a model begins to read a branch.

Vendors keep what they have read of a request for some minutes, and charge a tenth or so for as much of the next one as
begins with the same bytes. A window that moves with every message begins with other bytes each time. So this one stays
where it began for as long as it holds no more than it may, and then moves by three quarters of its length. What was
read from where is kept with each answer, so a fork goes on from the window of the answer it hangs below.
"""

from collections.abc import Sequence
from itertools import accumulate

from bot.contracts.provider import PromptMessage
from bot.domain.messages import Author, Message
from bot.llm.fitting import size_of

_KEPT = 4
"""Of how many messages or tokens one is left when a window moves: 9 of 36. It grows for thirteen questions then.

Over 60 questions at the same mean size of a request (`tests.bench.window`) 86 % of a request repeats the one before it;
with 12 of 28 left it is 80 %.
"""


def from_its_beginning(path: Sequence[Message], most: int) -> Sequence[Message]:
    """What of a path is read where at most `most` messages are, the question included, which is the last.

    `path` is the newest of a branch, at least `most` messages of it unless it is shorter.
    """
    newest = path[-most:]
    begun = next((message.read_from for message in reversed(newest) if message.read_from is not None), None)
    start = next((i for i, message in enumerate(newest) if message.id == begun), None)
    if start is None and len(newest) == len(path) < most:
        return newest
    return newest[start:] if start is not None else _from_a_question(newest[-kept_of(most) :])


def kept_of(most: int) -> int:
    """How many messages, or tokens, are left of a window that has moved."""
    return max(1, most // _KEPT)


def fewer(path: Sequence[Message], told: Sequence[PromptMessage], most_tokens: int) -> Sequence[Message]:
    """The newest of a path whose messages come to more than `most_tokens`, the question always among them.

    `told` are the same messages as a model reads them, below a system prompt.
    """
    spoken = [message for message in told if message.author is not Author.SYSTEM]
    left = kept_of(most_tokens) - sum(map(size_of, told)) + sum(map(size_of, spoken))
    count = sum(size <= left for size in accumulate(size_of(message) for message in reversed(spoken)))
    return _from_a_question(path[-max(1, count) :])


def _from_a_question(path: Sequence[Message]) -> Sequence[Message]:
    """Vendors want the first spoken message to be the user's."""
    first = next((i for i, message in enumerate(path) if message.author is Author.USER), 0)
    return path[first:]
