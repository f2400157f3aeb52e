"""What the built-in model can play: one piece for each form that an answer can have, chosen by the question's words."""

import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum


class Piece(StrEnum):
    """A form of an answer."""

    TIDES = "tides"
    PRIMES = "primes"
    TABLE = "table"
    FORMULA = "formula"
    CODE = "code"
    LIST = "list"
    QUOTE = "quote"
    PICTURE = "picture"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Played:
    """A question's answer, and of which pieces it is made."""

    text: str
    pieces: tuple[Piece, ...]


MOST_PIECES = 4

PLAYABLE = (
    "I can play what answers look like. Ask for a *table*, a *formula*, *code*, a *list*, a *quote*, a *picture* or a "
    "*long answer*, or for several at once."
)

_WORDS = {
    Piece.TIDES: ("tide", "tides"),
    Piece.PRIMES: ("prime", "primes"),
    Piece.TABLE: ("table", "tables", "compare", "comparison"),
    Piece.FORMULA: ("formula", "formulas", "equation", "equations", "maths", "math", "latex"),
    Piece.CODE: ("code", "python", "function", "program", "script"),
    Piece.LIST: ("list", "lists", "steps", "checklist"),
    Piece.QUOTE: ("quote", "quotes", "quotation", "blockquote"),
    Piece.PICTURE: ("picture", "pictures", "image", "images", "draw", "drawing"),
    Piece.LONG: ("long", "essay", "story"),
}

# The two questions that a newcomer is offered are understood in each language that they are offered in.
_STEMS = {Piece.TIDES: ("gezeiten", "marea", "прилив", "приплив"), Piece.PRIMES: ("primzahl", "primo", "прост")}
_SIGNS = {Piece.TIDES: ("潮",), Piece.PRIMES: ("质数", "素数")}

_SIEVE = """```python
def primes(limit: int) -> list[int]:
    sieve = bytearray([1]) * (limit + 1)
    for n in range(2, int(limit**0.5) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(sieve[n * n :: n]))
    return [n for n in range(2, limit + 1) if sieve[n]]
```"""

_TEXTS = {
    Piece.TIDES: (
        "The **Moon** pulls at the sea, and the side that faces it rises a little. "
        "On the far side the pull is weaker than on the Earth as a whole, so the water stays behind and rises as well. "
        "As the Earth turns below these two bulges, most coasts see *two* high tides a day, about `12 h 25 min` apart."
    ),
    Piece.PRIMES: f"Here is one with a sieve:\n\n{_SIEVE}\n\nIt crosses out whole slices, so `primes(100)` is instant.",
    Piece.TABLE: (
        "| Planet | Diameter (km) | Moons |\n|:--|--:|--:|\n| Mercury | 4,879 | 0 |\n| Earth | 12,756 | 1 |\n"
        "| Mars | 6,792 | 2 |"
    ),
    Piece.FORMULA: (
        "A circle of radius $r$ has the area $A = \\pi r^2$. The roots of a quadratic equation are\n\n"
        "$$x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$$"
    ),
    Piece.CODE: f"A function in Python:\n\n{_SIEVE}",
    Piece.LIST: (
        "1. Boil the water.\n2. Warm the pot:\n   - pour in a little,\n   - swirl it, and pour it out.\n"
        "3. Add the tea, and wait *four* minutes."
    ),
    Piece.QUOTE: "> A journey of a thousand miles begins with a single step.\n\nThe line is ascribed to **Lao Tzu**.",
    Piece.PICTURE: "Here is a sunset of my own, pixel by pixel:",
    Piece.LONG: "",
}


def play(question: str) -> Played | None:
    """The pieces that a question names, in their order there; None if it names none."""
    words = "".join(sign if sign.isalnum() else " " for sign in question.lower()).split()
    found: dict[Piece, int] = {}
    for piece, names in _WORDS.items():
        places = [at for at, word in enumerate(words) if word in names or word.startswith(_STEMS.get(piece, ()))]
        if places or any(sign in question for sign in _SIGNS.get(piece, ())):
            found[piece] = min(places, default=len(words))
    if Piece.PRIMES in found:
        found.pop(Piece.CODE, None)
    pieces = tuple(sorted(found, key=lambda piece: found[piece]))[:MOST_PIECES]
    if not pieces:
        return None
    return Played("\n\n".join(_long() if piece is Piece.LONG else _TEXTS[piece] for piece in pieces), pieces)


def _long() -> str:
    """Longer than any platform takes in one message, so that it is seen to be cut."""
    paragraph = (
        "The sea wears the rock away on one side and lays down its sand on the other. What the waves take in a winter "
        "the tides bring back in the calm of summer, a little further along, and finer than before."
    )
    sections = (f"## {number}. Along the coast\n\n{paragraph}\n\n{paragraph}" for number in range(1, 13))
    return "\n\n".join(sections)


def picture(width: int = 320, height: int = 200) -> bytes:
    """A sunset above the sea, as PNG."""
    rows = (b"\0" + b"".join(_pixel(x, y, width, height) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(rows), 6)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _pixel(x: int, y: int, width: int, height: int) -> bytes:
    horizon = height * 3 // 5
    if y < horizon:
        if (x - width // 2) ** 2 + (y - horizon) ** 2 < (height // 4) ** 2:
            return bytes((255, 214, 110))
        share = y / horizon
        return bytes((int(70 + 175 * share), int(60 + 80 * share), int(130 - 30 * share)))
    share = (y - horizon) / (height - horizon)
    glitter = abs(x - width // 2) < height // 6 and y % 6 < 2
    return bytes((235, 170, 100)) if glitter else bytes((int(60 - 30 * share), int(70 - 30 * share), 110))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
