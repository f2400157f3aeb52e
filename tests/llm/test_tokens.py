"""No vocabulary makes more tokens of a text than we reckon, and of prose we do not reckon much more."""

import base64
import random
import string
import tomllib
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.contracts.provider import PromptMessage
from bot.domain.messages import Author, PassagePart
from bot.llm import tokens
from bot.llm.fitting import size_of
from bot.llm.tokens import tokens_in
from tests.support.vocabularies import most_in, vocabularies

PROSE: dict[str, str] = tomllib.loads((Path(__file__).parent / "prose.toml").read_text("utf-8"))
_DRAWN = random.Random(17)
_ROWS = [f"{_DRAWN.random():.6f};{_DRAWN.randrange(10**9)};{_DRAWN.choice('abc')}" for _ in range(40)]
DENSE = {
    "digits": str(_DRAWN.randrange(10**400)),
    "spaced digits": " ".join(str(10**400 // 7)),
    "csv": "\n".join(_ROWS),
    "tsv": "\n".join(_ROWS).replace(";", "\t"),
    "uuids": "\n".join(str(uuid.UUID(int=_DRAWN.getrandbits(128))) for _ in range(20)),
    "base64": base64.b64encode(_DRAWN.randbytes(600)).decode(),
    "hex": _DRAWN.randbytes(400).hex(),
    "HEX": _DRAWN.randbytes(400).hex().upper(),
    "formulas": r"$$\\int_{0}^{\\infty} \\frac{x^{3}}{e^{x}-1}\\,dx = \\frac{\\pi^{4}}{15}$$ a²+b²=c², ∑ᵢxᵢ ≤ √n ∀x∈ℝ"
    * 5,
    "minified": "!function(e,t){for(var n=0,r=t.length;n<r;n++)e[t[n]]=function(e){return!!e&&e.x}}(q,[1,2,3]);" * 5,
    "json": '{"a":[1,2.5,null,true],"bC":{"d_e":"f\\u00e9","g":[[],{}]}}' * 10,
    "capitals": "THIS IS NOT WHAT WE HAD AGREED UPON LAST WEEK. " * 5,
    "blanks": " \n\t\r\n  \t\t \n\n \r" * 20,
    "controls": "".join(map(chr, range(32))) * 5,
    "emoji": "👨‍👩‍👧‍👦🏳️‍🌈👍🏽🇺🇦1️⃣" * 10,
    "zalgo": "Z̴̢̛͎a̷̧͙l̶̰̈́g̵̱̈́o̴͍͐" * 10,
    "one sign that is a sentence": "ﷺ" * 20,
    "characters of another form": "㎞㈱ﬃⅧ①𝐀𝓑ｆｕｌｌ½™" * 10,
    "rare scripts": "ᚠᚢᚦ ᎠᎡᎢ ꦲꦏ ꯃꯤ 𐌰𐌱 𓀀𓂀 ꀀꀁ ߊߋ ᠮᠣᠩ" * 5,
    "rare han": "䶮𠀀𪚥龘靐齉爩灪麤" * 10,
    "half a pair": "a\udc00b",
}


@pytest.mark.parametrize("kind", DENSE)
def test_what_is_dense_is_never_reckoned_too_low(kind: str) -> None:
    real = DENSE[kind].encode(errors="replace").decode()
    assert tokens_in(DENSE[kind]) >= most_in(real)


def test_prose_is_never_too_low_and_never_much_too_high() -> None:
    for language, text in PROSE.items():
        assert most_in(text) <= tokens_in(text) <= 2.5 * most_in(text), language
        ours = max(count(text) for name, count in vocabularies().items() if name != "p50k_base")
        assert tokens_in(text) <= 2.5 * ours, f"{language}, without the oldest vocabulary"


_WORDS = st.sampled_from([word for text in PROSE.values() for word in text.split()])
_SIGNS = st.sampled_from("".join(PROSE.values()))
_LETTERS = st.text(string.ascii_letters, max_size=40)
_ASCII = st.text(string.printable, max_size=40)
_PIECES = st.sampled_from(sorted(tokens._pieces().pairs | tokens._pieces().words) + list(tokens._pieces().characters))
_KINDS = (_WORDS, _SIGNS, _LETTERS, _ASCII, _PIECES, st.sampled_from([" ", "\n", "'", "’", "-"]))


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80), *(st.lists(kind, max_size=60).map("".join) for kind in (*_KINDS, st.one_of(_KINDS)))
    )
)
def test_no_text_has_more_tokens_than_are_reckoned(text: str) -> None:
    text = text.encode(errors="replace").decode()
    assert tokens_in(text) >= most_in(text)


def test_pairs_that_follow_each_other_are_never_fewer_tokens_than_are_reckoned() -> None:
    pairs = sorted(tokens._pieces().pairs)
    for _ in range(1500):
        word = _DRAWN.choice(pairs)
        for _ in range(_DRAWN.randrange(8)):
            word += _DRAWN.choice([pair[1] for pair in pairs if pair[0] == word[-1]] or [""])
        assert tokens_in(word) >= most_in(word), word


def test_each_piece_is_what_it_is_taken_for_in_every_vocabulary() -> None:
    known = tokens._pieces()
    assert all(most_in(word) == 1 for word in known.words)
    assert all(most_in(pair) == most_in(f" {pair}") == 1 for pair in known.pairs)
    assert all(most_in(sign) <= count for sign, count in known.characters.items())


def test_a_passage_is_reckoned_with_the_marks_around_it() -> None:
    name = "1234-5678_" * 20
    passage = PassagePart(name, 3, "<document>" * 50)
    assert size_of(PromptMessage(Author.USER, (passage,))) > len(name) + 50 * 4


def test_a_text_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    count = tokens._count

    def noted(text: str) -> int:
        counted.append(text)
        return count(text)

    monkeypatch.setattr(tokens, "_counted", {})
    monkeypatch.setattr(tokens, "_count", noted)
    said = [f"The {number}th of them." for number in range(tokens.REMEMBERED + 5)]
    for text in said:
        assert tokens_in(text) == tokens_in(str(text.encode(), "ascii")) == count(text)
    assert counted == said
    assert len(tokens._counted) <= tokens.REMEMBERED, "however many there have been"
