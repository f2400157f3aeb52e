"""Where a text may be cut.

A cut is a position: the piece before it ends there, and the next begins behind the white space that follows. Cuts
come in levels, from harmless to desperate; a level is tried only where those before it found no piece that fits.
"""

from bisect import bisect_right
from typing import Protocol

import regex  # type: ignore[import-untyped]

from bot.domain.blocks import Span

# White space that does not hold a word together and carries no mark. In a reverse search a run is found as a whole.
_SPACE = r"[^\S\u00a0\u2007\u202f]+(?![\p{M}\u200d])"
# Chinese and Japanese need no space between words; a closing mark stays with what it closes.
_BETWEEN_SIGNS = (
    r"(?<=[\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\p{Han}\p{Hiragana}\p{Katakana}])"
    r"(?![\p{M}\p{Pe}\p{Pf}\u200d\u3001\u3002\u30fc\uff01\uff0c\uff0e\uff1a\uff1b\uff1f])"
)
_AFTER_SPACES = regex.compile(_SPACE)
_LINE = regex.compile(r"(?r)\n")
_SENTENCE = regex.compile(
    r"(?r)(?<=[.!?…:;][\p{Pe}\p{Pf}\"'*]?)" + _SPACE + r"|(?<=[\u3002\uff01\uff1f])(?![\p{M}\p{Pe}\p{Pf}])"
)
_WORD_BACK = regex.compile(f"(?r){_SPACE}|{_BETWEEN_SIGNS}")
_WORD = regex.compile(f"{_SPACE}|{_BETWEEN_SIGNS}")
_OUTER_LINE = regex.compile(r"(?r)\n(?=[^\s)\]}])")
_CODE_SPACE_BACK = regex.compile(r"(?r)(?<=[ \t])(?=[^\s\p{M}\u200d])")
_CODE_SPACE = regex.compile(r"(?<=[ \t])(?=[^\s\p{M}\u200d])")
_GRAPHEME = regex.compile(r"\X")


class Level(Protocol):
    """One way of cutting."""

    def last(self, start: int, end: int) -> int | None:
        """The best cut with `start < cut <= end`."""

    def first(self, start: int) -> int | None:
        """The first cut behind `start`."""


def behind_spaces(text: str, cut: int) -> int:
    """Where the next piece begins if white space at the cut is left out."""
    spaces = _AFTER_SPACES.match(text, cut)
    return int(spaces.end()) if spaces else cut


class Atoms:
    """Spans that are not cut: links and formulas."""

    def __init__(self, spans: tuple[Span, ...]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for span in sorted(spans, key=lambda span: span.start):
            if self._ends and span.start < self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], span.end)
            else:
                self._starts.append(span.start)
                self._ends.append(span.end)
        self.borders = sorted({*self._starts, *self._ends})

    def inside(self, position: int) -> bool:
        """Whether a cut here would part one."""
        return self.leave(position) != position

    def leave(self, position: int) -> int:
        """The position, or the end of the atom around it."""
        index = bisect_right(self._starts, position - 1) - 1
        return max(position, self._ends[index]) if index >= 0 else position


class Words:
    """Between words; better between sentences, better still between lines, if the page does not lose half for it."""

    def __init__(self, text: str, atoms: Atoms, reach: int) -> None:
        self._text = text
        self._atoms = atoms
        self._reach = reach
        """How far to look ahead; a first word longer than this fits no page."""

    def last(self, start: int, end: int) -> int | None:
        if end >= len(self._text):
            return len(self._text)
        half = (start + end) // 2
        for pattern, least in ((_LINE, half), (_SENTENCE, half), (_WORD_BACK, start)):
            for found in pattern.finditer(self._text, least + 1, end + 1):
                cut = found.start()
                if least < cut <= end and not self._atoms.inside(cut):
                    return int(cut)
        return None

    def first(self, start: int) -> int | None:
        for found in _WORD.finditer(self._text, start + 1, start + self._reach + 2):
            if not self._atoms.inside(found.start()):
                return int(found.start())
        return len(self._text)


class Lines:
    """Behind lines of code; where half a page allows, before one that is not indented."""

    def __init__(self, text: str, reach: int) -> None:
        self._text = text
        self._reach = reach

    def last(self, start: int, end: int) -> int | None:
        if end >= len(self._text):
            return len(self._text)
        for found in _OUTER_LINE.finditer(self._text, (start + end) // 2 + 1, end + 1):
            return int(found.start())
        cut = self._text.rfind("\n", start + 1, end + 1)
        return cut if cut > start else None

    def first(self, start: int) -> int | None:
        cut = self._text.find("\n", start + 1, start + self._reach + 2)
        return cut if cut >= 0 else len(self._text)


class Borders:
    """Where a link or formula touches the word beside it."""

    def __init__(self, atoms: Atoms) -> None:
        self._borders = atoms.borders

    def last(self, start: int, end: int) -> int | None:
        index = bisect_right(self._borders, end) - 1
        return self._borders[index] if index >= 0 and self._borders[index] > start else None

    def first(self, start: int) -> int | None:
        index = bisect_right(self._borders, start)
        return self._borders[index] if index < len(self._borders) else None


class CodeWords:
    """Behind spaces within a long line of code."""

    def __init__(self, text: str, reach: int) -> None:
        self._text = text
        self._reach = reach

    def last(self, start: int, end: int) -> int | None:
        for found in _CODE_SPACE_BACK.finditer(self._text, start + 1, end + 1):
            if start < found.start() <= end:
                return int(found.start())
        return None

    def first(self, start: int) -> int | None:
        found = _CODE_SPACE.search(self._text, start + 1, start + self._reach + 2)
        return int(found.start()) if found else None


class Graphemes:
    """Between what people see as characters."""

    def __init__(self, text: str) -> None:
        self._text = text

    def last(self, start: int, end: int) -> int | None:
        cut = None
        for found in _GRAPHEME.finditer(self._text, start):
            if found.end() > end:
                break
            cut = int(found.end())
        return cut

    def first(self, start: int) -> int | None:
        found = _GRAPHEME.match(self._text, start)
        return int(found.end()) if found else None

    def at_or_after(self, position: int) -> int:
        """The first border that is not before `position`."""
        # A grapheme that began further back than this is no longer one to a reader.
        begin = max(position - 100, 0)
        for found in _GRAPHEME.finditer(self._text, begin):
            if found.start() >= position:
                return int(found.start())
        return len(self._text)


class CodePoints:
    """Anywhere, for a grapheme longer than a page."""

    def __init__(self, text: str) -> None:
        self._text = text

    def last(self, start: int, end: int) -> int | None:
        return end if end > start else None

    def first(self, start: int) -> int | None:
        return start + 1 if start < len(self._text) else None
