"""What `make mutants` makes of a source: programs still, each with one rule broken."""

import pytest

from tests.mutants.__main__ import ROOT, TARGETS
from tests.mutants.mutations import mutations_of

SOURCE = b"""def may(person, limit):
    if person.blocked or person.age < 18:
        return False
    if limit:
        return person not in limit and not person.new
    return "SELECT id FROM session WHERE id = ? AND (place = ? OR owner = ?) AND NOT deleted"
"""


def test_every_rule_of_a_source_is_broken_once() -> None:
    made = [(m.line, m.was.strip(), m.now) for m in mutations_of(SOURCE)]
    assert made == [
        (2, "or", "and"),
        (2, "<", "<="),
        (2, "18", "19"),
        (3, "False", "True"),
        (4, "limit", "not (limit)"),
        (5, "not in", "in"),
        (5, "and", "or"),
        (5, "not", ""),
        (6, "AND NOT deleted", ""),
    ]


@pytest.mark.parametrize("path", TARGETS)
def test_every_target_and_its_tests_exist(path: str) -> None:
    assert mutations_of((ROOT / path).read_bytes())
    assert all((ROOT / tests).exists() for tests in TARGETS[path])
