"""Strict stand-ins for the platforms' servers and for the models, also for other bots' tests."""
