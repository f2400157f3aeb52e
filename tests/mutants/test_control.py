"""Tests of the rules that are broken before every run of `make mutants`."""

from threading import Event

from tests.mutants.control import counted, may, opened, size


def test_of_age_from_a_day_on() -> None:
    assert (may(17), may(18), may(19)) == (False, True, True)


def test_how_large_a_number_is() -> None:
    assert (size(-2), size(0), size(2)) == (2, 0, 2)


def test_counted_to_the_next_odd_number() -> None:
    assert (counted(1), counted(2), counted(4)) == (1, 3, 5)


def test_an_open_door() -> None:
    assert opened(Event(), asked=True)
