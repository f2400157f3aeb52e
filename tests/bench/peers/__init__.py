"""Other bots beside this one, in the same situations: `python -m tests.bench.peers`."""
