"""Updates that come one by one, in any order, put back into Telegram's own.

Telegram numbers a bot's updates one after the other, and sends several at once. One that comes while a lower number is
missing waits for it, but not for long: a number can be missing forever, since Telegram also begins to count again after
a quiet week. What is missing then is given up: should it still come, it is handed on at once.

One that is known to have come to another process is not missing: it is waited for until that has kept it, or is silent
for so long that it is taken for dead. The same is waited where another may have it that has not said so yet: it may
stand still between being called and telling of it.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

PATIENCE_S = 1.0
"""How long an update waits for those before it, which Telegram has sent already, or sends when another is answered."""

KEPT_WITHIN_S = 10.0
"""How long an update waits for those that have come to others: so long a program may wait to write, or be silent."""

FAR = 1_000
"""A number so far from the last one was not counted on from there; Telegram sends at most 100 updates at once."""


class ReorderBuffer(Generic[T]):
    """What has come and is not kept yet, by its number. `reached`: up to there everything is kept or given up."""

    def __init__(self, reached: int | None = None, vouched_s: float = float("inf")) -> None:
        """`vouched_s`: up to that moment all that came to others is known; there may be none."""
        self.reached = reached
        self._vouched_s = vouched_s
        self._here: dict[int, tuple[float, T]] = {}
        """Each with the moment at which it came."""
        self._elsewhere: set[int] = set()
        """What others have kept that is beyond `reached`."""
        self._coming: dict[int, float] = {}
        """What has come to others beyond `reached`, and until when it is waited for."""

    def __len__(self) -> int:
        return len(self._here)

    def __iter__(self) -> Iterator[T]:
        return (what for _, what in self._here.values())

    def find(self, number: int) -> T | None:
        """What is here under this number."""
        found = self._here.get(number)
        return found[1] if found is not None else None

    def add(self, number: int, what: T, now_s: float) -> None:
        """It has come."""
        self._here[number] = (now_s, what)

    def remove(self, number: int) -> None:
        """It is kept."""
        del self._here[number]

    def note_come(self, number: int, now_s: float) -> None:
        """It has come to another process, which is going to keep it."""
        if self.reached is None or not self._is_passed(number):
            self._coming[number] = now_s + KEPT_WITHIN_S

    def vouch(self, until_s: float) -> None:
        """All that came to others up to this moment is known."""
        self._vouched_s = until_s

    def unvouched_s(self) -> float | None:
        """When the first came that others may have something before; None if there is none."""
        return min((came_s for came_s, _ in self._here.values() if came_s > self._vouched_s), default=None)

    def note_kept(self, number: int) -> None:
        """Another process has kept it: nothing waits for it here."""
        self._coming.pop(number, None)
        if self.reached is None or self._is_far(number):
            self.reached = number
            self._elsewhere.clear()
        elif number > self.reached:
            self._elsewhere.add(number)
        self._pass_by()

    def _pass_by(self) -> None:
        """Count what others have kept as reached."""
        while self.reached is not None and self.reached + 1 in self._elsewhere:
            self.reached += 1
        self._elsewhere = {number for number in self._elsewhere if not self._is_passed(number)}
        self._coming = {number: until_s for number, until_s in self._coming.items() if not self._is_passed(number)}

    def _is_passed(self, number: int) -> bool:
        return self.reached is None or number <= self.reached or self._is_far(number)

    def ready(self, now_s: float) -> list[tuple[int, T]]:
        """What need not wait any longer, in order. It stays until it is removed, and is ready again until then."""
        numbers = sorted(self._here)
        given_up = max((n for n in numbers if self._until_s(n) <= now_s), default=None)
        ready = []
        for number in numbers:
            if not self._is_next(number) and (given_up is None or number > given_up):
                continue
            if self._is_far(number) or self.reached is None or number > self.reached:
                self.reached = number
                self._pass_by()
            ready.append((number, self._here[number][1]))
        return ready

    def next_s(self) -> float | None:
        """When more is ready, if nothing comes until then; None if nothing is here."""
        return min(map(self._until_s, self._here), default=None)

    def _until_s(self, number: int) -> float:
        """How long it waits at most. Asked for in one way alone: two that are equal on paper differ in the last bit."""
        came_s = self._here[number][0]
        patience_s = PATIENCE_S if came_s <= self._vouched_s else KEPT_WITHIN_S
        before = (until_s for other, until_s in self._coming.items() if other < number and other not in self._here)
        return max([came_s + patience_s, *before])

    def _is_next(self, number: int) -> bool:
        """Whether everything before it is kept or given up."""
        return self.reached is not None and number <= self.reached + 1 and not self._is_far(number)

    def _is_far(self, number: int) -> bool:
        return self.reached is not None and abs(number - self.reached) > FAR
