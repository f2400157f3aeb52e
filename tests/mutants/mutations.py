"""Small changes to a source that break a rule in it: a comparison, a condition, a limit, part of a `WHERE`."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_COMPARISONS = {
    "==": "!=",
    "!=": "==",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}
_COMPARISON = re.compile(r"==|!=|<=|>=|<|>|\bnot\s+in\b|\bin\b|\bis\s+not\b|\bis\b")
# A condition of SQL, up to whatever comes next at its own level; one that opens a bracket it does not close is left.
_CONDITION = re.compile(r"\b(AND|OR) (?:(?! AND\b| OR\b| ORDER\b| GROUP\b| LIMIT\b| RETURNING\b)[^\"\n;])+")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: what stands at `start` to `end` (bytes of the source) becomes `now`."""

    line: int
    start: int
    end: int
    was: str
    now: str

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.now.encode() + source[self.end :]


def mutations_of(source: bytes) -> list[Mutation]:
    """Every change whose result is still a program, in the order of the lines."""
    tree = ast.parse(source)
    found = {(m.start, m.end, m.now): m for m in _Finder(source, tree).found()}
    return [m for _, m in sorted(found.items()) if _is_program(m.applied(source))]


def _is_program(source: bytes) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


class _Finder:
    def __init__(self, source: bytes, tree: ast.Module) -> None:
        self._source = source
        self._tree = tree
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def found(self) -> Iterator[Mutation]:
        for node in ast.walk(self._tree):
            match node:
                case ast.Compare(left=left, comparators=[right, *_]):
                    yield from self._comparison(left, right)
                case ast.BoolOp(op=op, values=values):
                    word, other = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
                    for left, right in pairwise(values):
                        yield from self._between(left, right, re.compile(rf"\b{word}\b"), {word: other})
                case ast.UnaryOp(op=ast.Not(), operand=operand):
                    yield self._change(self._start(node), self._start(operand), "")
                case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.Compare | ast.BoolOp):
                    yield self._change(self._start(test), self._end(test), f"not ({self._text(test)})")
                case ast.Constant(value=bool() as value):
                    yield self._change(self._start(node), self._end(node), str(not value))
                case ast.Constant(value=int() as number) if number > 0:
                    yield self._change(self._start(node), self._end(node), str(number + 1))
                case ast.Constant(value=str()) | ast.JoinedStr():
                    yield from self._conditions(node)

    def _comparison(self, left: ast.expr, right: ast.expr) -> Iterator[Mutation]:
        yield from self._between(left, right, _COMPARISON, _COMPARISONS)

    def _between(
        self, left: ast.expr, right: ast.expr, word: re.Pattern[str], others: dict[str, str]
    ) -> Iterator[Mutation]:
        start, end = self._end(left), self._start(right)
        found = word.search(self._source[start:end].decode())
        if found:
            yield self._change(start + found.start(), start + found.end(), others[" ".join(found[0].split())])

    def _conditions(self, node: ast.expr) -> Iterator[Mutation]:
        start = self._start(node)
        text = self._text(node)
        if not re.search(r"\b(SELECT|UPDATE|DELETE|INSERT|WHERE|AND)\b", text):
            return
        for condition in _CONDITION.finditer(text):
            if condition[0].count("(") == condition[0].count(")"):
                before = len(text[: condition.start()].encode())
                yield self._change(start + before, start + before + len(condition[0].encode()), "")

    def _start(self, node: ast.expr) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr) -> int:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._lines[node.end_lineno - 1] + node.end_col_offset

    def _text(self, node: ast.expr) -> str:
        return self._source[self._start(node) : self._end(node)].decode()

    def _change(self, start: int, end: int, now: str) -> Mutation:
        line = self._source.count(b"\n", 0, start) + 1
        return Mutation(line, start, end, self._source[start:end].decode(), now)
