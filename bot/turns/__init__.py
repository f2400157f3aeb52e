"""Asking, the turn's life, branches, titles."""
