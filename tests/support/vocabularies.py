"""The vocabularies that litellm brings along, to check what is reckoned without any; run, it writes `pieces.txt`."""

import os
import re
import string
from collections.abc import Callable, Iterator, Mapping, Sized
from functools import cache, partial
from importlib import resources
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from unittest.mock import patch

WORDS = 3000
"""The first of these, by rank, are two thirds of what English prose is made of."""
_TIKTOKEN = ("cl100k_base", "o200k_base", "p50k_base")
_TOKENIZERS = ("anthropic", "deepseek")
_CYRILLIC = range(0x400, 0x530)
_WIDE = (range(0x900, 0x980), range(0x3041, 0x3100), range(0x4E00, 0xA000))
"""Devanagari, kana, Han: what has more than two and a half times as many bytes as tokens."""
_MARKS = "。、「」，！？：（）《》；"


@cache
def vocabularies() -> Mapping[str, Callable[[str], int]]:
    """How many tokens a text has, by the name of the vocabulary."""
    import tiktoken
    import tokenizers

    spec = find_spec("litellm")
    assert spec is not None and spec.origin is not None
    files = Path(spec.origin).parent / "litellm_core_utils" / "tokenizers"
    counts: dict[str, Callable[[str], int]] = {}
    with patch.dict(os.environ, TIKTOKEN_CACHE_DIR=str(files)):
        for name in _TIKTOKEN:
            encoding = tiktoken.get_encoding(name)
            counts[name] = partial(_count, partial(encoding.encode, disallowed_special=()))
    for name in _TOKENIZERS:
        tokenizer = tokenizers.Tokenizer.from_file(str(files / f"{name}_tokenizer.json"))
        counts[name] = partial(_count, partial(tokenizer.encode, add_special_tokens=False))
    return counts


def _count(encode: Callable[[str], Sized], text: str) -> int:
    return len(encode(text))


def most_in(text: str) -> int:
    """How many tokens a text has in the vocabulary in which it has most."""
    return max(count(text) for count in vocabularies().values())


def _words() -> Iterator[str]:
    """Single tokens behind a blank, the commonest first: a vocabulary is made in that order."""
    import tiktoken

    encoding = tiktoken.get_encoding("p50k_base")
    for rank in range(encoding.n_vocab - 1000):
        word = encoding.decode([rank])
        if re.fullmatch(r" [A-Za-z]+", word) and most_in(word) == 1:
            yield word[1:]


def _pairs() -> Iterator[str]:
    for first, second in product(string.ascii_lowercase, repeat=2):
        if most_in(first + second) == most_in(f" {first}{second}") == 1:
            yield first + second


def _pieces() -> str:
    words = [word for word, _ in zip(_words(), range(WORDS), strict=False)]
    cyrillic = [sign for sign in map(chr, _CYRILLIC) if most_in(sign) == 1]
    signs = [sign for signs in _WIDE for sign in map(chr, signs) if sign.isprintable()]
    wide = [sign for sign in (*signs, *_MARKS) if most_in(sign) <= 2]
    return "\n".join((" ".join(words), " ".join(_pairs()), "".join(cyrillic), "".join(wide)))


if __name__ == "__main__":
    vocabularies()
    Path(str(resources.files("bot.llm") / "pieces.txt")).write_text(_pieces() + "\n", "utf-8")
