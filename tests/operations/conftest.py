"""A house with its surroundings, for every test here that asks for one."""

from tests.support.fixtures import alice, bob, clock, house, port, side

__all__ = ["alice", "bob", "clock", "house", "port", "side"]
