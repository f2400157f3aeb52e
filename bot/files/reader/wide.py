"""UTF-16 and UTF-32 without a mark, told by what their zero bytes and control characters become.

The standard library alone: the gateway itself asks this of every file that comes in.
"""

import unicodedata

PLAIN_CONTROLS = frozenset(b"\t\n\v\f\r\x1b")
"""Control characters that texts have: the last begins the colours of a terminal's log."""

_WIDTHS = (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2))
_NO_TEXT = frozenset(("Cn", "Co", "Cs", "Cc"))
"""Categories of what no text holds: unassigned, private, halves of pairs, control characters."""

_LOOKED_AT = 4096


def controls(data: bytes) -> int:
    """How many bytes no text in an encoding of eight bits would have."""
    return sum(data.count(bytes((sign,))) for sign in range(32) if sign not in PLAIN_CONTROLS)


def looks_wide(data: bytes) -> bool:
    """Whether halves of letters look through: of Devanagari's and Telugu's they are tabs and ends of lines."""
    return bool(controls(data)) and 5 * sum(data.count(bytes((sign,))) for sign in range(27)) > len(data)


def wide_encoding(data: bytes) -> str | None:
    """The encoding of such a text; None if this is none."""
    beginning = data[:_LOOKED_AT]
    if not controls(beginning) or (beginning.isascii() and not _has_halves(beginning)):
        return None
    fitting = [(_strangeness(text), name) for name, width in _WIDTHS if (text := _decoded(beginning, name, width))]
    return min(fitting)[1] if fitting else None


def _has_halves(beginning: bytes) -> bool:
    """Whether every other byte is mostly one that letters do not have: the other halves of letters that have others.
    A table with a zero in it is none for that."""
    halves = (beginning[start::2] for start in (0, 1))
    return any(2 * sum(sign < 27 for sign in half) >= len(half) for half in halves)


def _decoded(beginning: bytes, encoding: str, width: int) -> str:
    """The beginning in this encoding, "" where no text comes out of it. The last character may be cut."""
    whole = beginning[: len(beginning) // width * width]
    try:
        text = whole.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(whole) - 2:
            return ""
        text = whole[: error.start].decode(encoding)
    odd = sum(unicodedata.category(sign) in _NO_TEXT and sign not in "\t\n\v\f\r\x1b" for sign in text)
    return "" if odd > len(text) // 200 else text


def _strangeness(text: str) -> int:
    """The alphabets that meet in a text, and the lack of blanks: read in the wrong order, it has many of one, few of
    the other."""
    blocks = {ord(sign) >> 8 for sign in text}
    return len(blocks) - 4 * sum(text.count(sign) for sign in " \n\u3000、。，")
