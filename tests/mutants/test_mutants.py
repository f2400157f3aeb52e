"""What `make mutants` makes of a source: programs still, each with one rule broken, and tried by who runs it."""

import ast
import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.__main__ import ROOT
from tests.mutants.exchange import exchange, functions_of
from tests.mutants.mutations import mutations_of, named
from tests.mutants.places import lines_naming, place_of
from tests.mutants.reach import reached
from tests.mutants.targets import TARGETS

SOURCE = b'''from functools import cache

LIMIT = 18
NAMES = {1: "one"}

def may(person, limit):
    """Whether a person may, if NOT blocked AND known."""
    if person.blocked or person.age < LIMIT:
        return False
    if limit:
        log.info("asked", new=not person.new)
        return person not in limit and not person.new
    return "SELECT id FROM session WHERE id = ? AND (place = ? OR owner = ?) AND NOT deleted"


@dataclass(frozen=True, slots=True)
class Person:
    age: Literal[18, 19] = 3

    @cache
    def adult(self):
        return f"AND {self.age > 18} OR {self.age}"
'''


def test_every_rule_of_a_source_is_broken_once() -> None:
    made = [(m.line, m.was.strip(), m.now) for m in mutations_of(SOURCE)]
    assert made == [
        (4, "1", "2"),
        (8, "or", "and"),
        (8, "<", "<="),
        (9, "False", "True"),
        (10, "limit", "not (limit)"),
        (12, "not in", "in"),
        (12, "and", "or"),
        (12, "not", ""),
        (13, "WHERE id = ?", "WHERE (id = ? OR TRUE)"),
        (13, "AND (place = ? OR owner = ?)", "AND ((place = ? OR owner = ?) OR TRUE)"),
        (13, "OR owner = ?", "OR (owner = ? AND FALSE)"),
        (13, "AND NOT deleted", "AND (NOT deleted OR TRUE)"),
        (18, "3", "4"),
        (22, "AND {self.age > 18}", "AND ({self.age > 18} OR TRUE)"),
        (22, "OR {self.age}", "OR ({self.age} AND FALSE)"),
    ]


@pytest.mark.parametrize(
    ("line", "lines", "function", "names"),
    [
        (4, [4], None, {"NAMES"}),
        (8, [8], "may", set()),
        (13, [13], "may", set()),
        (16, [16, 17], None, {"Person"}),
        (18, [18], None, {"age"}),
        (22, [22], "Person.adult", set()),
    ],
)
def test_a_change_lies_in_a_statement_of_a_function(
    line: int, lines: list[int], function: str | None, names: set[str]
) -> None:
    place = place_of(ast.parse(SOURCE), line)
    assert (list(place.lines), place.function, set(place.names)) == (lines, function, names)


def test_what_is_named_on_import_matters_where_it_is_used() -> None:
    assert lines_naming(ast.parse(SOURCE), frozenset({"LIMIT"})) == {8}
    assert lines_naming(ast.parse(SOURCE), frozenset({"age"})) == {8, 22}
    # What a function has as a default matters to who runs it.
    assert lines_naming(ast.parse(SOURCE), frozenset({"may"})) == set(range(6, 14))


COUNTING = '''from functools import lru_cache


@lru_cache
def larger(one, other):
    """Which is larger."""
    if one > other:
        return one
    return other


class Pair:
    def __init__(self, one, other):
        self.both = one, other

    @property
    def smaller(self):
        return min(self.both, key=lambda one: one * 1)
'''


@pytest.fixture
def counting(tmp_path: Path) -> ModuleType:
    file = tmp_path / "counting.py"
    file.write_text(COUNTING, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("counting", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_test_reaches_the_lines_that_it_runs(counting: ModuleType) -> None:
    file = str(counting.__file__)
    with reached(frozenset({file})) as lines:
        counting.larger(2, 1)
    assert {7, 8} <= lines[file] and not {9, 13, 17} & lines[file]


def test_who_holds_a_function_runs_its_changed_code(counting: ModuleType) -> None:
    file, larger, pair = str(counting.__file__), counting.larger, counting.Pair(2, 1)
    changed = COUNTING.replace("one > other", "one < other").replace("* 1", "* -1").encode()
    functions = functions_of([file])[file]
    assert exchange(functions, changed, file, "larger") == 1
    assert (larger(2, 1), pair.smaller) == (1, 1)
    # A function that is made in another comes with it.
    assert exchange(functions, changed, file, "Pair.smaller") == 1
    assert pair.smaller == 2
    assert exchange(functions, changed, file, "Pair.larger") == 0


def test_every_target_and_its_tests_exist() -> None:
    named_here = {*TARGETS, *(tests for of in TARGETS.values() for tests in of)}
    assert not {path for path in named_here if not (ROOT / path).exists()}


def test_whoever_is_judged_is_still_made() -> None:
    judged = tomllib.loads((ROOT / "tests/mutants/judged.toml").read_text(encoding="utf-8"))
    gone = {path: set(names) - _made(path) for path, names in judged.items()}
    assert not any(gone.values()), gone


def _made(path: str) -> set[str]:
    return set(named((ROOT / path).read_bytes())) if path in TARGETS else set()
