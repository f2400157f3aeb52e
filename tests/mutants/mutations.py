"""Small changes to a source that break a rule in it: a comparison, a condition, a limit, part of a `WHERE`.

Left alone is what no rule can lie in: docstrings, annotations, what is logged, and how a dataclass is made; and a
figure that a module gives a name to: it has been chosen, and tests read it there. How it is applied is a rule.
"""

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
_SQL = re.compile(r"\b(SELECT|UPDATE|DELETE|INSERT|WHERE|AND)\b")
_CONDITION = re.compile(r"\b(WHERE|AND|OR) ")
# What ends a condition at its own level.
_NEXT = re.compile(r'[()\n;"]|\s(?:AND|OR|ORDER|GROUP|LIMIT|RETURNING|ON CONFLICT)\b')
_WITHOUT = {"WHERE": "WHERE ({} OR TRUE)", "AND": "AND ({} OR TRUE)", "OR": "OR ({} AND FALSE)"}
"""A condition that decides nothing any more; the values of its question marks still have their place."""


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

    def __str__(self) -> str:
        return f"{' '.join(self.was.split())} -> {self.now}"


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


def _telling(node: ast.AST) -> Iterator[ast.AST]:
    """What rules can lie in, of a node and everything in it."""
    yield node
    for name, inside in ast.iter_fields(node):
        if name in {"annotation", "returns"}:
            continue
        for child in inside if isinstance(inside, list) else [inside]:
            if isinstance(child, ast.AST) and not _says_nothing(child):
                yield from _telling(child)


def _says_nothing(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log"))):
            return True
        case ast.Call(func=ast.Name(id="dataclass")):
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.isupper():
            return all(_is_figure(part) for part in ast.walk(value))
        case ast.FormattedValue():
            # Before Python 3.12 the places of what stands in a string are not those in the source.
            return True
        case _:
            return False


def _is_figure(part: ast.AST) -> bool:
    if isinstance(part, ast.Constant):
        return isinstance(part.value, int | float) and not isinstance(part.value, bool)
    return isinstance(part, ast.BinOp | ast.UnaryOp | ast.operator | ast.unaryop)


class _Finder:
    def __init__(self, source: bytes, tree: ast.Module) -> None:
        self._source = source
        self._tree = tree
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def found(self) -> Iterator[Mutation]:
        for node in _telling(self._tree):
            match node:
                case ast.Compare(left=left, comparators=[right, *_]):
                    yield from self._comparison(left, right)
                case ast.BoolOp(op=op, values=values):
                    word, other = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
                    for left, right in pairwise(values):
                        yield from self._between(left, right, re.compile(rf"\b{word}\b"), {word: other})
                case ast.UnaryOp(op=ast.Not(), operand=operand):
                    yield self._change(self._start(node), self._start(operand), "")
                case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(
                    test, ast.Compare | ast.BoolOp | ast.UnaryOp
                ):
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
        if not _SQL.search(text):
            return
        for word in _CONDITION.finditer(text):
            rule = _rule(text[word.end() :])
            if rule:
                at = start + len(text[: word.start()].encode())
                was = f"{word[0]}{rule}"
                yield self._change(at, at + len(was.encode()), _WITHOUT[word[1]].format(rule))

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


def _rule(text: str) -> str:
    """The condition that a text begins with; nothing, where it opens a bracket that it does not close."""
    depth = 0
    for sign in _NEXT.finditer(text):
        depth += {"(": 1, ")": -1}.get(sign[0], 0)
        if depth < 0 or (depth == 0 and sign[0] not in "()"):
            return text[: sign.start()].strip()
    return "" if depth else text.strip()


def named(source: bytes) -> dict[str, Mutation]:
    """The mutations by names that stay when lines move: what stands on the line, and what becomes of it."""
    lines = source.decode().splitlines()
    found: dict[str, Mutation] = {}
    for mutation in mutations_of(source):
        name = once = f"{lines[mutation.line - 1].strip()} | {mutation}"
        count = 1
        while name in found:
            count += 1
            name = f"{once} | {count}"
        found[name] = mutation
    return found
