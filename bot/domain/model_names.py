"""Names of models that mean something to Parley itself."""

OFFLINE = "offline"
OWN = "own"
"""Stands before the slash where a model is a person's own."""
