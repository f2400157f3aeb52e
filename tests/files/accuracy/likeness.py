"""How much of a text arrived, and in which order."""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_SEVERAL = 4
"""Letters that a word has at least when it is looked for inside others, where blanks fell differently."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Letters of a reference and how many of them are there; shares are 0 to 1, None where there is nothing to tell."""

    letters: int
    kept: int
    order: float | None
    on_page: int | None
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """Letters kept."""
        return self.kept / self.letters if self.letters else 1.0


def compared(read: Sequence[str], meant: Sequence[str], *, paged: bool) -> Likeness:
    """Pages as they were read beside pages as they are meant."""
    got, want = words_of("\n".join(read)), words_of("\n".join(meant))
    lost = _lost(got, want)
    letters = sum(map(len, want))
    on_page = None
    if paged and len(meant) > 1:
        pages = [words_of(page) for page in read] + [[]] * max(0, len(meant) - len(read))
        on_page = letters - sum(_weight(_lost(pages[n], words_of(page))) for n, page in enumerate(meant))
    return Likeness(letters, letters - _weight(lost), in_order(got, want), on_page, tuple(lost)[:20])


def words_of(text: str) -> list[str]:
    """The words and numbers of a text, without what differs between two ways to write one."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text.replace("\xad", "")).casefold())


def _lost(got: Sequence[str], want: Sequence[str]) -> Counter[str]:
    lost = Counter(want) - Counter(got)
    if not lost:
        return lost
    # Where blanks fell differently, a word stands inside another one or across two.
    rest = "".join((Counter(got) - Counter(want)).elements())
    together = "".join(got)
    return Counter(
        {word: n for word, n in lost.items() if len(word) < _SEVERAL or (word not in rest and together.count(word) < n)}
    )


def _weight(words: Counter[str]) -> int:
    return sum(len(word) * count for word, count in words.items())


def in_order(got: Sequence[str], want: Sequence[str]) -> float | None:
    """Of the words that stand once in both, the share that follow one another as they should."""
    once = {word for word, count in Counter(got).items() if count == 1}
    once &= {word for word, count in Counter(want).items() if count == 1}
    if not once:
        return None
    place = {word: number for number, word in enumerate(want) if word in once}
    rising: list[int] = []
    for word in got:
        if word in once:
            at = bisect_left(rising, place[word])
            rising[at : at + 1] = [place[word]]
    return len(rising) / len(once)
