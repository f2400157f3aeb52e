"""Whether a text is English: what a voice that knows only that may read without making nonsense of it."""

import re
import tomllib
from functools import cache
from pathlib import Path

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LEAST_SHARE = 0.2
"""Of words that are among the commonest. In English it is nearly half; where other languages share a few, a tenth."""
_MOST_FOREIGN = 0.02
"""Share of letters that English does not have: names may hold some."""


def is_english(text: str) -> bool:
    """Whether it is; a few names or numbers alone are not taken for it."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    letters = "".join(words).replace("'", "")
    foreign = sum(not letter.isascii() for letter in letters)
    if not words or foreign > _MOST_FOREIGN * len(letters) + 2:
        return False
    english, elsewhere = (sum(word in common for word in words) for common in _common())
    return english >= _LEAST_SHARE * len(words) and english > elsewhere


@cache
def _common() -> tuple[frozenset[str], frozenset[str]]:
    told = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    return frozenset(told["english"].split()), frozenset(told["elsewhere"].split())
