"""For every test: nothing is timed. A busy machine must not fail what is right; `make bench` measures."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
