"""Every module of the project, and what it imports and says."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("bot", "handlers", "storage", "providers")


class _Modules(Mapping[str, ast.Module]):
    """Reads a module when it is asked for: every worker imports the tests that ask, and one of them runs them."""

    def __init__(self) -> None:
        self._paths = dict(_paths())

    def __getitem__(self, name: str) -> ast.Module:
        return _syntax(self._paths[name])

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _paths() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


@cache
def _syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


MODULES: Mapping[str, ast.Module] = _Modules()
"""Their syntax by their names."""


def fits(name: str, prefix: str) -> bool:
    """Whether a module is this one, or stands in this package."""
    return name == prefix or name.startswith(prefix + ".")


def imports_of(tree: ast.Module, *, at_start: bool = False) -> Iterator[str]:
    """What a module imports; `at_start` leaves out what is imported only when a function runs."""
    for node in tree.body if at_start else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module is not None, "Imports are written whole, not relative."
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module


def code_words(tree: ast.Module) -> Iterator[str]:
    """Names and strings of a module, without its docstrings."""
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if id(node) not in docstrings:
                yield text
            case ast.Name(id=text) | ast.Attribute(attr=text):
                yield text
