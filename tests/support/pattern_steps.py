"""How many steps a search for a regular expression takes, counted instead of timed.

`re` tells nobody how far it looked before it gave up, and that is where patterns become quadratic. So the same search
is done once more here, by backtracking as `re` does, with each comparison counted.
"""

import importlib
import re
from collections.abc import Callable
from functools import cache
from typing import Any

_parser: Any = importlib.import_module("re._parser")

Then = Callable[[int], bool]
"""What comes behind a piece of a pattern: whether it matches from a position on."""
Piece = Callable[[int, Then], bool]

_CLASSES = {
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_EDGES = {
    "AT_BEGINNING": "^",
    "AT_BEGINNING_STRING": r"\A",
    "AT_END": "$",
    "AT_END_STRING": r"\Z",
    "AT_BOUNDARY": r"\b",
    "AT_NON_BOUNDARY": r"\B",
}
_ONE_SIGN = {"LITERAL", "NOT_LITERAL", "ANY", "IN"}


@cache
def search_for(pattern: "re.Pattern[str]") -> "Search":
    """Its searches, counted."""
    return Search(pattern)


class Search:
    """How one pattern is looked for."""

    def __init__(self, pattern: "re.Pattern[str]") -> None:
        self._flags = pattern.flags
        self._text, self._end, self._steps = "", 0, 0
        self._groups: dict[int, str] = {}
        self._whole = self._row(_parser.parse(pattern.pattern, pattern.flags))

    def steps(self, how: str, text: str, start: int = 0, end: int | None = None) -> int:
        """What it takes to `match`, `fullmatch` or `search` from `start` on, or to find out that nothing does."""
        self._text, self._end, self._steps = text, len(text) if end is None else min(end, len(text)), 0
        if how == "search":
            any(self._whole(at, _found) for at in range(start, self._end + 1))
        else:
            self._whole(start, _found if how == "match" else lambda at: at == self._end)
        return self._steps

    def _row(self, parsed: Any) -> Piece:
        pieces = [self._piece(str(name), value) for name, value in parsed]

        def from_piece(number: int, at: int, then: Then) -> bool:
            if number == len(pieces):
                return then(at)
            return pieces[number](at, lambda behind: from_piece(number + 1, behind, then))

        return pieces[0] if len(pieces) == 1 else lambda at, then: from_piece(0, at, then)

    def _piece(self, name: str, value: Any) -> Piece:
        if name in _ONE_SIGN:
            return self._one(_fits(name, value, self._flags))
        match name:
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeat(*value, lazy=name == "MIN_REPEAT", kept=name == "POSSESSIVE_REPEAT")
            case "BRANCH":
                return self._branch([self._row(each) for each in value[1]])
            case "SUBPATTERN":
                return self._group(value[0], self._row(value[3]))
            case "ATOMIC_GROUP":
                return self._atomic(self._row(value))
            case "ASSERT" | "ASSERT_NOT":
                return self._look(value[0], value[1], wanted=name == "ASSERT")
            case "AT":
                edge = re.compile(_EDGES[str(value)], self._flags & re.MULTILINE)
                return lambda at, then: self._step() and bool(edge.match(self._text, at, self._end)) and then(at)
            case "GROUPREF":
                return self._again(value)
            case _:
                raise NotImplementedError(name)

    def _step(self) -> bool:
        self._steps += 1
        return True

    def _one(self, fits: Callable[[str], bool]) -> Piece:
        def piece(at: int, then: Then) -> bool:
            self._steps += 1
            return at < self._end and fits(self._text[at]) and then(at + 1)

        return piece

    def _branch(self, ways: list[Piece]) -> Piece:
        return lambda at, then: self._step() and any(way(at, then) for way in ways)

    def _group(self, number: int | None, inner: Piece) -> Piece:
        if number is None:
            return inner

        def piece(at: int, then: Then) -> bool:
            def close(behind: int) -> bool:
                self._groups[number] = self._text[at:behind]
                return then(behind)

            return inner(at, close)

        return piece

    def _again(self, number: int) -> Piece:
        def piece(at: int, then: Then) -> bool:
            said = self._groups.get(number)
            self._steps += 1 + len(said or "")
            return said is not None and self._text.startswith(said, at, self._end) and then(at + len(said))

        return piece

    def _atomic(self, inner: Piece) -> Piece:
        def piece(at: int, then: Then) -> bool:
            ends: list[int] = []

            def end(behind: int) -> bool:
                ends.append(behind)
                return True

            return inner(at, end) and then(ends[0])

        return piece

    def _look(self, direction: int, parsed: Any, *, wanted: bool) -> Piece:
        inner, width = self._row(parsed), parsed.getwidth()[1] if direction < 0 else 0

        def piece(at: int, then: Then) -> bool:
            self._steps += 1
            return (at >= width and inner(at - width, _found)) is wanted and then(at)

        return piece

    def _repeat(self, least: int, most: int, parsed: Any, *, lazy: bool, kept: bool) -> Piece:
        if len(parsed) == 1 and str(parsed[0][0]) in _ONE_SIGN and not lazy:
            return self._run(least, int(most), _fits(str(parsed[0][0]), parsed[0][1], self._flags), kept=kept)
        inner = self._row(parsed)

        def once_more(count: int, at: int, then: Then) -> bool:
            return count < most and inner(
                at, lambda behind: (behind > at or count < least) and repeated(count + 1, behind, then)
            )

        def repeated(count: int, at: int, then: Then) -> bool:
            self._steps += 1
            if count < least:
                return once_more(count, at, then)
            if lazy:
                return then(at) or once_more(count, at, then)
            return once_more(count, at, then) or then(at)

        whole: Piece = lambda at, then: repeated(0, at, then)  # noqa: E731
        return self._atomic(whole) if kept else whole

    def _run(self, least: int, most: int, fits: Callable[[str], bool], *, kept: bool) -> Piece:
        """A sign again and again, which is most of what patterns repeat: without a call for each."""

        def piece(at: int, then: Then) -> bool:
            last = min(self._end, at + most)
            behind = at
            while behind < last and fits(self._text[behind]):
                behind += 1
            self._steps += behind - at + 1
            for place in range(behind, (behind if kept else at + least) - 1, -1):
                self._steps += 1
                if place >= at + least and then(place):
                    return True
            return False

        return piece


def _found(_at: int) -> bool:
    return True


def _fits(name: str, value: Any, flags: int) -> Callable[[str], bool]:
    """Whether a sign is one that this piece takes."""
    match name:
        case "ANY":
            return (lambda _: True) if flags & re.DOTALL else (lambda sign: sign != "\n")
        case "LITERAL" | "NOT_LITERAL":
            members = ((_parser.LITERAL, value),)
            return _set(members, flags, negated=name == "NOT_LITERAL")
        case _:
            negated = str(value[0][0]) == "NEGATE"
            return _set(tuple(value[negated:]), flags, negated=negated)


@cache
def _set(members: tuple[tuple[Any, Any], ...], flags: int, *, negated: bool) -> Callable[[str], bool]:
    def holds(sign: str) -> bool:
        return any(_is_in(member, value, ord(sign)) for member, value in members)

    @cache
    def fits(sign: str) -> bool:
        cases = {sign, sign.lower()[:1], sign.upper()[:1]} if flags & re.IGNORECASE else {sign}
        return any(map(holds, cases)) is not negated

    return fits


def _is_in(member: Any, value: Any, code: int) -> bool:
    match str(member):
        case "LITERAL":
            return bool(code == value)
        case "RANGE":
            return bool(value[0] <= code <= value[1])
        case "CATEGORY":
            return re.match(_CLASSES[str(value)], chr(code)) is not None
        case other:
            raise NotImplementedError(other)
