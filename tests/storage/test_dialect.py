"""Every statement of the storage reads the same on two databases; what only one of them knows is its driver's own."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

STORAGE = Path(__file__).parent.parent.parent / "storage"
PROGRAMS = sorted(path.stem for path in STORAGE.glob("*.py") if path.stem not in ("__init__", "programs"))

STATEMENT = re.compile(r"^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
CLAUSE = re.compile(r"\b(FROM|JOIN|WHERE|SET|VALUES|GROUP BY|HAVING|ORDER BY|LIMIT|ON CONFLICT|RETURNING)\b")

# What SQLite alone understands, or understands in its own way.
OF_ONE_DATABASE = re.compile(
    r"\b(INSERT|UPDATE) OR \w+|\bREPLACE INTO\b|\b(NOT )?INDEXED BY\b|\b(PRAGMA|GLOB|MATCH|VACUUM|rowid|sqlite_\w+)\b"
    r"|\b(datetime|strftime|julianday|unixepoch|json_\w+|ifnull|iif|instr|hex|randomblob|total_changes|printf|typeof"
    r"|group_concat|last_insert_rowid)\(|\|\||\bIS (NOT )?(\?|\w+\.\w+)|\?\d|= [01]\b(?! \+)|\bCROSS JOIN\b",
    re.IGNORECASE,
)
COUNTS = re.compile(r"\b(attempt|COUNT\(\*\)) = \d")
"""These are numbers, not truths."""

FUNCTIONS = (exp.Coalesce, exp.Count, exp.Exists, exp.Length, exp.Lower, exp.Max, exp.Min, exp.Substring, exp.Sum)
"""Those that both databases have, with the same meaning. `MAX` and `MIN` of one argument only."""
SYNTAX = (exp.And, exp.Or, exp.Case, exp.Cast, exp.If)
"""What sqlglot counts among the functions and is none."""


class Unreadable(Exception):
    """A statement that is not written where it is run."""


def template(module: object, node: ast.expr) -> str:
    """A statement as it is written: fragments that are constants are filled in, everything else is a parameter."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values):
            return "".join(template(module, value) for value in values)
        case ast.FormattedValue(ast.Name(name)) if isinstance(constant := getattr(module, name, None), str):
            return constant
        case ast.FormattedValue():
            return "?"
        case ast.Name(name) if isinstance(constant := getattr(module, name, None), str):
            return constant
    raise Unreadable(ast.unparse(node))


def statements(name: str) -> Iterator[str]:
    """All that the programs of a module yield. Each is written at its `yield`, so that this finds it."""
    module = importlib.import_module(f"storage.{name}")
    tree = ast.parse((STORAGE / f"{name}.py").read_text(encoding="utf-8"))
    programs = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.returns and ast.unparse(node.returns).startswith("Program[")
    )
    for program in programs:
        for node in ast.walk(program):
            # What it asks of the driver is in statements of one database.
            if isinstance(node, ast.Yield) and ast.unparse(node.value or node) != "asked":
                assert isinstance(node.value, ast.Tuple), f"storage.{name}.{program.name} yields no statement."
                yield template(module, node.value.elts[0])


def strings(name: str) -> Iterator[str]:
    """Every piece of SQL that a module holds, fragments among them; no docstrings."""
    tree = ast.parse((STORAGE / f"{name}.py").read_text(encoding="utf-8"))
    explained = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
            yield node.value


STATEMENTS = [(name, text) for name in PROGRAMS for text in statements(name)]


def read(text: str, dialect: str) -> exp.Expression:
    """A statement as a database reads it, except for where it sorts NULL: nothing is sorted by what may be that."""
    tree = sqlglot.parse_one(text, read=dialect)
    for order in tree.find_all(exp.Ordered):
        order.set("nulls_first", None)
    return tree.transform(_plain)


def _plain(node: exp.Expression) -> exp.Expression:
    """sqlglot writes `?` and `IS NOT NULL` in a form of its own for each database."""
    match node:
        case exp.Placeholder() | exp.Parameter():
            return exp.Placeholder()
        case exp.Is() if node.args.get("negate"):
            node.set("negate", None)
            return exp.Not(this=node)
    return node


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_one_database_alone_knows_is_said_by_its_driver(name: str) -> None:
    for text in strings(name):
        if found := OF_ONE_DATABASE.search(COUNTS.sub("", text)) if re.search(r"[A-Z]{2}", text) else None:
            pytest.fail(f"storage/{name}.py says {found[0]!r}: {text.strip()[:80]}")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_statement_means_the_same_on_both_databases(name: str) -> None:
    for of, text in STATEMENTS:
        if of == name:
            assert read(text, "sqlite").sql() == read(text, "postgres").sql(), text


@pytest.mark.parametrize("name", PROGRAMS)
def test_functions_are_those_that_both_databases_have(name: str) -> None:
    for of, text in STATEMENTS:
        for call in read(text, "postgres").find_all(exp.Func) if of == name else ():
            assert isinstance(call, (*FUNCTIONS, *SYNTAX)), f"{call.sql()} in {text}"
            if isinstance(call, exp.Max | exp.Min):
                assert not call.expressions, f"{call.sql()} of several values in {text}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_parameter_alone_has_a_type(name: str) -> None:
    """PostgreSQL must know what `?` is before it sees a value: `? IS NULL` does not say."""
    for of, text in STATEMENTS:
        for test in read(text, "postgres").find_all(exp.Is) if of == name else ():
            assert not isinstance(test.this, exp.Placeholder), text


@pytest.mark.parametrize("name", [path.relative_to(STORAGE).as_posix() for path in sorted(STORAGE.rglob("*.py"))])
def test_a_long_statement_has_one_clause_a_line(name: str) -> None:
    tree = ast.parse((STORAGE / name).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            text = ast.unparse(node) if isinstance(node, ast.JoinedStr) else node.value
            if not isinstance(text, str) or not STATEMENT.match(text.removeprefix("f").strip("'\"")):
                continue
            for line in text.replace("\\n", "\n").splitlines():
                alone = re.sub(r"\([^()]*\)", "", line.strip())
                assert len(line.strip()) <= 100 and (len(alone) <= 90 or len(CLAUSE.findall(alone)) <= 1), line
