"""Strict stand-ins for the platforms and the models."""
