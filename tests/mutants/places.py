"""Where in a source a change lies: the lines of its statement, and the function that would have to be exchanged."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Place:
    lines: range
    """Those of the innermost statement; of one that holds others, its head."""
    function: str | None
    """The qualified name of the outermost function whose body it lies in; `None` for what runs on import."""
    names: frozenset[str]
    """What the statement gives a name to, if it runs on import."""


def place_of(tree: ast.Module, line: int) -> Place:
    """The place of what stands on a line, counted from 1."""
    function: list[str] = []
    inside = None
    innermost: ast.stmt = tree.body[0]
    within: ast.AST = tree
    while step := next((s for s in _statements(within) if _first(s) <= line <= (s.end_lineno or s.lineno)), None):
        if inside is None and isinstance(step, _Function | ast.ClassDef):
            function.append(step.name)
            if isinstance(step, _Function) and line >= _head_end(step):
                inside = ".".join(function)
        innermost = within = step
    lines = range(_first(innermost), _head_end(innermost))
    return Place(lines, inside, frozenset() if inside else _given(innermost))


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from _statements(child)


def _first(statement: ast.stmt) -> int:
    decorators = statement.decorator_list if isinstance(statement, _Function | ast.ClassDef) else []
    return min([statement.lineno, *(one.lineno for one in decorators)])


def _head_end(statement: ast.stmt) -> int:
    """The line after the head of a statement that holds others, else after the statement."""
    held = [_first(inner) for inner in _statements(statement)]
    return max(min(held), statement.lineno + 1) if held else (statement.end_lineno or statement.lineno) + 1


def _given(statement: ast.stmt) -> frozenset[str]:
    if isinstance(statement, _Function | ast.ClassDef):
        return frozenset({statement.name})
    return frozenset(
        node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


def lines_naming(tree: ast.Module, names: frozenset[str]) -> set[int]:
    """The lines that use one of these names, as a variable or of something, or that lie in a function of that name."""
    used = {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and (node.id if isinstance(node, ast.Name) else node.attr) in names
    }
    called = (node for node in ast.walk(tree) if isinstance(node, _Function) and node.name in names)
    return used.union(*(range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in called))
