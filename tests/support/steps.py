"""Work that is counted instead of timed.

A step is a round of a loop, a call, or a sign or element that Python itself touches in one go: what a slice copies, how
far a search looks, what is joined. Time would depend on the machine and on what else it does; these numbers are the
same on every run.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import BuiltinFunctionType, BuiltinMethodType, MethodType, ModuleType
from typing import Any

from tests.support.pattern_steps import search_for

_DEEP = 1_000_000
"""Patterns are followed by recursion; Python does that without the machine's stack."""
_SIZED = (str, bytes, bytearray, list, tuple, dict, set, frozenset)
_LOOKS_AT_NOTHING = frozenset((
    "len", "isinstance", "issubclass", "iter", "next", "type", "id", "ord", "chr", "bool", "hash", "getattr",
    "setattr", "hasattr", "callable", "range", "enumerate", "zip", "reversed", "map", "filter", "super", "object",
    "append", "appendleft", "popleft", "get", "setdefault", "add", "discard", "items", "keys", "values", "cast",
    "bisect_right", "bisect_left", "start", "end", "span",
))  # fmt: skip
"""Of builtin functions: those whose work does not grow with what they are given."""
_OF_RE = (re.match, re.search, re.fullmatch, re.finditer, re.findall, re.sub, re.subn, re.split)
_AT_AN_END = frozenset(("startswith", "endswith", "removeprefix", "removesuffix"))
_FINDS = frozenset(("find", "index", "rfind", "rindex"))


class Steps:
    """The counter, and what a counted module's own expressions become (`tests.support.counted`)."""

    def __init__(self) -> None:
        self.count = 0
        self.modules: list[ModuleType] = []
        """Those that tell."""

    def of(self, work: Callable[[], object]) -> int:
        """How many steps a piece of work takes if nothing like it has been done before."""
        self._forget()
        before, self.count = self.count, 0
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(_DEEP)
        try:
            work()
            return self.count
        finally:
            sys.setrecursionlimit(limit)
            self.count = before

    def _forget(self) -> None:
        """Empty the modules' caches; what is made once for all texts stays."""
        for module in self.modules:
            for each in vars(module).values():
                if hasattr(each, "cache_clear") and each.__wrapped__.__code__.co_argcount:
                    each.cache_clear()

    def tick(self) -> None:
        self.count += 1

    def items(self, every: Iterable[Any]) -> Iterator[Any]:
        for item in every:
            self.count += 1
            yield item

    def made(self, value: Any) -> Any:
        """A slice, a sum, a formatted text: its length was copied."""
        self.count += _size(value)
        return value

    def holds(self, held: Any, place: Any) -> bool:
        """`held in place`."""
        if isinstance(place, str | bytes):
            at = place.find(held)
            self.count += at if at >= 0 else len(place)
        elif isinstance(place, list | tuple):
            self.count += len(place)
        return held in place

    def call(self, function: Any, /, *args: Any, **named: Any) -> Any:
        self.count += 1
        owner = getattr(function, "__self__", None)
        if isinstance(owner, re.Pattern):
            return self._searched(owner, function, *args, **named)
        if function in _OF_RE:
            compiled = re.compile(args[0])
            return self._searched(compiled, getattr(compiled, function.__name__), *args[1:], **named)
        result = function(*args, **named)
        if isinstance(function, BuiltinFunctionType | BuiltinMethodType | MethodType | type):
            self.count += _looked_at(function, owner, args, result)
        return result

    def _searched(self, pattern: "re.Pattern[str]", function: Any, *args: Any, **named: Any) -> Any:
        name = function.__name__
        if name in ("match", "search", "fullmatch"):
            self.count += search_for(pattern).steps(name, *args, **named)
            return function(*args, **named)
        if name == "finditer":
            return self._found(pattern, *args, **named)
        text = args[1] if name in ("sub", "subn") else args[0]
        self.count += len(text)
        for _ in self._found(pattern, text):
            pass
        return function(*args, **named)

    def _found(self, pattern: "re.Pattern[str]", text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Any]:
        for found in pattern.finditer(text, start, end):
            self.count += search_for(pattern).steps("search", text, start, end)
            yield found
            start = max(found.end(), found.start() + 1)
        self.count += search_for(pattern).steps("search", text, start, end)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, _SIZED) else 0


def _looked_at(function: Any, owner: Any, args: Sequence[Any], result: Any) -> int:
    """The elements that one call of a builtin function touches."""
    name = function.__name__
    if name in _LOOKS_AT_NOTHING:
        return 0
    if isinstance(owner, str | bytes | bytearray):
        return _looked_at_in_text(name, owner, args, result)
    if type(owner).__module__ == "_regex":
        return _looked_at_by_regex(name, args, result)
    if isinstance(function, MethodType):
        return 0
    if isinstance(owner, list) and name in ("insert", "remove", "index", "pop"):
        return 0 if name == "pop" and not args else len(owner)
    if isinstance(owner, dict) and name == "pop":
        return 0
    return _size(result) + sum(map(_size, args))


def _looked_at_by_regex(name: str, args: Sequence[Any], result: Any) -> int:
    """The `regex` library's patterns are not followed sign by sign: what they found, or looked through in vain."""
    if name == "finditer":
        return 0
    start, end = _stretch(args, len(args[0]))
    if result is not None:
        return abs(int(result.end()) - start)
    return 1 if name == "match" else end - start


def _stretch(args: Sequence[Any], length: int) -> tuple[int, int]:
    """From where to where it is looked, of arguments whose second and third may say so."""
    start, end = (int(args[n]) if len(args) > n else usual for n, usual in ((1, 0), (2, length)))
    return start, max(start, min(length, end))


def _looked_at_in_text(name: str, owner: Any, args: Sequence[Any], result: Any) -> int:
    if name in _AT_AN_END:
        return 0
    if name in _FINDS:
        start, end = _stretch(args, len(owner))
        if result < 0:
            return end - start
        return int(result) - start if name in ("find", "index") else end - int(result)
    return len(owner) + sum(map(_size, args))
