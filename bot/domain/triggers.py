"""Words and short phrases that call the bot where its name is not said: found whole, however they are written.

Letters are the same in capitals and small, with and without accents, points or vowel signs above the line, in whatever
form of Unicode. A word ends where no letter or digit follows; in scripts that put no spaces between words, anywhere.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from unicodedata import category, combining, normalize

MOST = 20
"""For one place."""
LONGEST = 40
"""Code points of one of them."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai and Lao, Burmese, Khmer, kana and Han."""

_BETWEEN = re.compile(r"[,;\n،؛、，；]+")


def listed(text: str) -> tuple[str, ...]:
    """The triggers that somebody lists, separated by commas or lines, each once and in its order.

    What holds no letter and no digit is left out.
    """
    found = {folded(one): " ".join(one.split()) for one in _BETWEEN.split(text)}
    return tuple(one for key, one in found.items() if any(map(str.isalnum, key)))


def is_called(triggers: Sequence[str], text: str) -> bool:
    """Whether a text holds one of them as a whole word."""
    if not triggers:
        return False
    said = folded(text)
    return any(_holds(said, trigger) for trigger in _folded(tuple(triggers)))


def folded(text: str) -> str:
    """A text as it is compared: without what does not tell words apart."""
    letters = normalize("NFKD", normalize("NFKD", text).casefold())
    kept = "".join(letter for letter in letters if not _is_accent(letter) and category(letter) != "Cf")
    return " ".join(normalize("NFC", kept).split())


@lru_cache(maxsize=1_000)
def _folded(triggers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(folded, triggers))


def _is_accent(letter: str) -> bool:
    """Whether a sign may be left out: marks above and below, points of Hebrew and Arabic.

    Other combining classes hold what makes another letter: vowels of India and Thailand, the voicing of kana.
    """
    kind = combining(letter)
    return 10 <= kind <= 36 or kind >= 200


def _holds(said: str, trigger: str) -> bool:
    at = said.find(trigger)
    while at >= 0:
        end = at + len(trigger)
        if _parts(said[at - 1 : at], said[at]) and _parts(said[end - 1], said[end : end + 1]):
            return True
        at = said.find(trigger, at + 1)
    return False


def _parts(before: str, after: str) -> bool:
    """Whether two neighbours, of which one may be "", belong to different words."""
    pair = before + after
    return len(pair) < 2 or not all(map(_is_of_word, pair)) or _UNSPACED.search(pair) is not None


def _is_of_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_" or category(letter)[0] == "M"


def lines(triggers: Iterable[str]) -> str:
    """They, one a line: `listed` reads them again."""
    return "\n".join(triggers)
