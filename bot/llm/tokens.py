"""How many tokens a text has at most, whichever vendor counts, without the vocabulary of any.

A token is one byte at least, so no text has more tokens than bytes. That is four times what prose has, and so the bytes
are joined where every vocabulary joins them, by `pieces.txt`: words that are one token behind a blank, pairs of letters
that are one token wherever they meet, characters that are fewer tokens than bytes. It holds what the vocabularies that
vendors have published have in common; `python -m tests.support.vocabularies` writes it.
"""

import re
from collections import Counter
from functools import cache, lru_cache
from importlib import resources
from math import ceil
from typing import NamedTuple
from unicodedata import normalize

_WORD = re.compile(r" ?[A-Za-z]++[^\x00-\x7f]?")
"""A word of ASCII letters with the blank before it, which costs nothing, and what it goes on with."""
_NOT_SINGLE = 2 / 3
"""Where two letters meet that are one token, two of three of them remain at most: no two stand alone side by side."""

REMEMBERED = 10_000
"""Texts whose tokens are remembered: 1 MB, as nothing is kept of a text but its hash and its length."""
_counted: dict[tuple[int, int], int] = {}


class _Pieces(NamedTuple):
    words: frozenset[str]
    """With their blank."""
    pairs: frozenset[str]
    characters: dict[str, int]
    """Their tokens."""


@cache
def _pieces() -> _Pieces:
    words, pairs, ones, twos = (
        resources.files(__package__).joinpath("pieces.txt").read_text("utf-8").rstrip("\n").split("\n")
    )
    characters = dict.fromkeys(ones, 1) | dict.fromkeys(twos, 2)
    return _Pieces(frozenset(f" {word}" for word in words.split()), frozenset(pairs.split()), characters)


def tokens_in(text: str) -> int:
    """How many tokens a text has at most.

    A conversation is counted several times in each of its turns, and anew in the next.
    """
    key = hash(text), len(text)
    counted = _counted.get(key)
    if counted is None:
        if len(_counted) >= REMEMBERED:
            _counted.clear()
        counted = _counted[key] = _count(text)
    return counted


def _count(text: str) -> int:
    if text.isascii():
        return _most(text)
    # Some vendors take texts in another form, in which one character can be many.
    other = normalize("NFKC", text)
    return _most(text) if other == text else max(_most(text), _most(other))


def _most(text: str) -> int:
    words = Counter(_WORD.findall(text))
    most = sum(times * _of_word(word) for word, times in words.items())
    others = len(text) - sum(times * len(word) for word, times in words.items())
    if not text.isascii():
        characters = Counter(character for character in text if character > "\x7f")
        others += sum(times * (_of_character(character) - 1) for character, times in characters.items())
    return others + ceil(most)


@lru_cache(maxsize=20_000)
def _of_word(word: str) -> float:
    """Of a match of `_WORD`; the character that it goes on with counts as one."""
    known = _pieces()
    if word in known.words:
        return 1
    letters = word.strip(" ") if word.isascii() else word[:-1].strip(" ")
    pairs = (letters[at : at + 2] for at in range(len(letters) - 1))
    return 1 + sum(_NOT_SINGLE if pair in known.pairs else 1 for pair in pairs) + (not word.isascii())


def _of_character(character: str) -> int:
    known = _pieces().characters.get(character)
    return len(character.encode("utf-8", "surrogatepass")) if known is None else known
