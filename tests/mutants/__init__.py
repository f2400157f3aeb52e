"""Rules are broken on purpose, one at a time, and the tests must see it: `python -m tests.mutants`."""
