"""Which choices of a stream are ours, where a server sends several.

One is asked for. A server that is set to give more sends theirs among ours, told apart by `index` alone; another counts
one answer's pieces there, or its blocks. So an index that is new is not yet another answer's: it is one where an event
holds several, where the first comes back behind it, or where the first has ended.
"""

from collections.abc import Iterator, Sequence
from typing import Any

Choice = dict[str, Any]

_MOST = 128
"""Answers that OpenAI gives at most to one question; a larger index is none."""


class Choices:
    """Sorts them, event by event."""

    def __init__(self) -> None:
        self._ours: int | None = None
        """The index of what is read."""
        self._others: set[int | None] = set()
        self._held: Choice | None = None
        """The first piece with a new index, until the next shows whose it is."""

    def sorted(self, choices: Sequence[Any], *, ended: bool) -> Iterator[Choice]:
        """What is ours of an event's choices and of what was held; `ended`: our answer has its end."""
        found = [(choice, _index_of(choice)) for choice in choices if isinstance(choice, dict)]
        numbers = [index for _, index in found if index is not None]
        if self._ours is None and numbers:
            self._ours = min(numbers)
        if len(found) > 1:
            self._others.update(index for index in numbers if index != self._ours)
        for choice, index in found:
            yield from self._sorted(choice, index, ended=ended)

    def rest(self) -> Iterator[Choice]:
        """What was held when the stream ended."""
        held, self._held = self._held, None
        if held is not None:
            yield held

    def _sorted(self, choice: Choice, index: int | None, *, ended: bool) -> Iterator[Choice]:
        if index in self._others:
            return
        if self._held is not None and index is not None:
            if index == self._ours:
                self._others.add(_index_of(self._held))
                self._held = None
            else:
                yield from self.rest()
                self._ours = index
        if index is None or index == self._ours:
            yield choice
        elif not ended:
            self._held = choice


def _index_of(choice: Choice) -> int | None:
    index = choice.get("index")
    return index if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < _MOST else None
