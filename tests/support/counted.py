"""Copies of the code's modules in which every step is added up."""

import ast
import importlib.machinery
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import CodeType, ModuleType
from typing import Any

from tests.support.steps import Steps


class _Instrumented(ast.NodeTransformer):
    """A module whose functions tell the counter what they do."""

    def __init__(self) -> None:
        self._inside = 0

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self._inside += 1
        node.body = [made for part in node.body for made in _listed(self.visit(part))]
        self._inside -= 1
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - `ast` names them

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._inside += 1
        node.body = self.visit(node.body)
        self._inside -= 1
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not self._inside or (isinstance(node.func, ast.Name) and node.func.id == "super"):
            return node
        return _told("call", node.func, *node.args, keywords=node.keywords)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        is_copy = isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load)
        return _told("made", node) if self._inside and is_copy else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return _told("made", node) if self._inside and isinstance(node.op, ast.Add | ast.Mult | ast.Mod) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        return _told("made", node) if self._inside else node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node.value = self.visit(node.value)  # What it is formatted by stays a literal.
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if self._inside and isinstance(node.op, ast.Add):
            node.value = _told("made", node.value)  # Text grows in place.
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if not self._inside or len(node.ops) > 1 or not isinstance(node.ops[0], ast.In | ast.NotIn):
            return node
        holds = _told("holds", node.left, node.comparators[0])
        return holds if isinstance(node.ops[0], ast.In) else ast.UnaryOp(ast.Not(), holds)

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        if self._inside:
            node.iter = _told("items", node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        if self._inside and not node.is_async:
            node.iter = _told("items", node.iter)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        if self._inside:
            node.body.insert(0, ast.Expr(_told("tick")))
        return node


def _listed(node: Any) -> list[Any]:
    return node if isinstance(node, list) else [node]


def _told(what: str, *args: Any, keywords: Sequence[ast.keyword] = ()) -> ast.Call:
    teller = ast.Attribute(ast.Name("__steps__", ast.Load()), what, ast.Load())
    return ast.Call(teller, list(args), list(keywords))


class _Loader(importlib.machinery.SourceFileLoader):
    steps: Steps

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        tree = _Instrumented().visit(ast.parse(self.get_data(path)))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__steps__"] = self.steps
        self.steps.modules.append(module)
        super().exec_module(module)


class _Finder:
    """Finds the counted modules before anybody else does."""

    def __init__(self, steps: Steps, roots: Sequence[str]) -> None:
        self._steps = steps
        self._roots = roots

    def find_spec(self, name: str, path: Any = None, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        if not is_below(name, self._roots):
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)
        if found is None or found.origin is None or not isinstance(found.loader, importlib.machinery.SourceFileLoader):
            return found
        found.loader = _Loader(name, found.origin)
        found.loader.steps = self._steps
        return found


def is_below(name: str, roots: Iterable[str]) -> bool:
    """Whether a module is one of these, or within one of them."""
    return any(name == root or name.startswith(f"{root}.") for root in roots)


@contextmanager
def counted(*roots: str) -> Iterator[Steps]:
    """Whatever is imported from these packages and modules meanwhile is a copy that counts; everybody else's stay.

    What of ours is imported for the first time meanwhile, and may hold such copies, is imported anew afterwards.
    """
    steps = Steps()
    known = dict(sys.modules)
    # An import leaves the module in its package as well, where a function of that name may have been.
    held = {name: dict(vars(module)) for name, module in known.items() if is_below(name, (*_OURS, *roots))}
    for name in [name for name in known if is_below(name, roots)]:
        del sys.modules[name]
    finder = _Finder(steps, roots)
    sys.meta_path.insert(0, finder)
    try:
        yield steps
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if is_below(name, (*_OURS, *roots))]:
            del sys.modules[name]
        sys.modules.update((name, module) for name, module in known.items() if name in held)
        for name, was in held.items():
            here = vars(known[name])
            for child in [child for child, value in here.items() if isinstance(value, ModuleType)]:
                if child not in was:
                    del here[child]
            here.update((child, value) for child, value in was.items() if isinstance(here.get(child), ModuleType))


_OURS = ("bot", "handlers", "storage", "providers")
