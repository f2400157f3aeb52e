"""A house with its surroundings, for every test here that asks for one."""

from tests.support.fixtures import alice, bob, clock, database_url, house, port, side

__all__ = ["alice", "bob", "clock", "database_url", "house", "port", "side"]
