"""Words that were hyphenated at a line's end, joined again, so that they can be found."""

import re

_PARTED = re.compile(r"(?P<left>\w[\w-]*)(?:\u00ad[ \t]*\n?|[\x02\ufffe][ \t]*\n?|-[ \t]*\n)(?P<right>\w+)")
"""PDFium writes U+0002 or U+FFFE for a hyphen that ends a line, with the line's end or without."""

_OTHERS = re.compile(r"[\x02\ufffe]")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_COMPOUNDS = frozenset("well self non twenty thirty forty fifty sixty seventy eighty ninety".split())  # noqa: SIM905
"""Beginnings whose hyphen is nearly always one of spelling."""

_MOST_WORDS = 200_000


class Hyphens:
    """Tells a hyphen of spelling from one of the line's end, by how the word is written elsewhere in the document."""

    def __init__(self) -> None:
        self._words: set[str] = set()

    def joined(self, text: str) -> str:
        """The same with every hyphenated word joined. Pages come one after the other: each teaches the next."""
        if len(self._words) < _MOST_WORDS:
            self._words.update(word.casefold() for word in _WORDS.findall(text))
        whole = _PARTED.sub(self._word, text)
        # A word may be hyphenated more than once, in a narrow column.
        whole = _PARTED.sub(self._word, whole) if whole != text else whole
        return _OTHERS.sub("-", whole).replace("\u00ad", "")

    def _word(self, found: re.Match[str]) -> str:
        left, right = found["left"], found["right"]
        if "\u00ad" in found[0][len(left) : len(found[0]) - len(right)]:
            return left + right
        return left + right if self._is_one(left, right) else f"{left}-{right}"

    def _is_one(self, left: str, right: str) -> bool:
        if f"{left}{right}".casefold() in self._words:
            return True
        if f"{left}-{right}".casefold() in self._words:
            return False
        is_compound = len(left) == 1 or "-" in left or left.casefold() in _COMPOUNDS
        return right[:1].islower() and left[-1:].islower() and not is_compound
