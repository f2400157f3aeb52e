"""The house of the scenarios, for lies that are told to a whole gateway."""

from tests.scenario.conftest import alice, bob, clock, database_url, house, side

__all__ = ["alice", "bob", "clock", "database_url", "house", "side"]
